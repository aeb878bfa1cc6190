package reports

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

// trials returns the verdicts on interrupted answers, or nil where none was interrupted.
func (r *Report) trials() []recovery.Judgment { return recovery.Judge(r.Evidence) }

// trial returns the verdict on the trial that a scene is, or nil.
func (r *Report) trial(s wire.Scene) *recovery.Judgment {
	all := r.trials()
	for i := range all {
		if all[i].Recording.Scene == s {
			return &all[i]
		}
	}
	return nil
}

// trials shows where the answer was interrupted and what came of it.
func (p *page) trials() {
	all := p.r.trials()
	if len(all) == 0 {
		return
	}
	p.title("Interrupted " + plural(len(all), "time", "times"))
	p.heat(all)
	groups := outcomes(all)
	for _, v := range recovery.Verdicts {
		p.outcomes(v, groups)
	}
}

// mostOutcomes is how many outcomes of one verdict are told: where every cut loses another event, each is an outcome.
const mostOutcomes = 10

// outcomes writes those of one verdict.
func (p *page) outcomes(v recovery.Verdict, groups []*outcome) {
	n, left := 0, 0
	for _, g := range groups {
		if g.first.Verdict != v || g.first.Moot && !p.Verbose {
			continue
		}
		if n++; n <= mostOutcomes || p.Verbose {
			p.outcome(g)
		} else {
			left += len(g.all)
		}
	}
	if left > 0 {
		p.line("    %s", p.paint(fmt.Sprintf("and %s that ended %s in %s (-v)", plural(left, "more", "more"), v, plural(n-mostOutcomes, "other way", "other ways")), faint))
	}
}

// methods says how the rest of interrupted answers was asked for, and what the verdicts rest on.
func (p *page) methods() []string {
	all := p.r.trials()
	if len(all) == 0 {
		return nil
	}
	words := []string{"resume " + all[0].Trial().Resume}
	var used []string
	for i := range all {
		if o := string(all[i].Oracle); o != "" && !slices.Contains(used, o) {
			used = append(used, o)
		}
	}
	if len(used) > 0 {
		words = append(words, "proved by "+strings.Join(used, ", "))
	}
	return append(words, fmt.Sprintf("seed %d", p.r.Evidence.Bundle.Seed))
}

// An outcome is trials of which the same came.
type outcome struct {
	first     *recovery.Judgment
	all       []*recovery.Judgment
	low, high time.Duration // how soon the reader had events again; 0 where none waited
}

// outcomes puts trials together of which the same came, how long it took aside.
func outcomes(all []recovery.Judgment) []*outcome {
	var out []*outcome
	by := map[string]*outcome{}
	for i := range all {
		j := &all[i]
		key := fmt.Sprint(j.Verdict, j.Moot, j.Reason != plainly(j), plainly(j))
		g := by[key]
		if g == nil {
			g = &outcome{first: j, low: j.Recovery, high: j.Recovery}
			by[key] = g
			out = append(out, g)
		}
		g.all = append(g.all, j)
		if j.Recovery > 0 && (g.low == 0 || j.Recovery < g.low) {
			g.low = j.Recovery
		}
		g.high = max(g.high, j.Recovery)
	}
	return out
}

// plainly is the reason without the time that it took.
func plainly(j *recovery.Judgment) string {
	if after, ok := strings.CutPrefix(j.Reason, "resumed after "); ok { // elsewhere these are a server's words
		if _, rest, ok := strings.Cut(after, ", "); ok {
			return rest
		}
	}
	return j.Reason
}

// outcome writes what came of some trials, and which they were.
func (p *page) outcome(g *outcome) {
	mark, st := "  ✓ ", good
	switch j := g.first; {
	case j.Moot:
		mark, st = "  - ", faint
	case j.Verdict == recovery.Inconclusive:
		mark, st = "  ? ", warn
	case j.Verdict.Wrong():
		mark, st = "  ✗ ", bad
	case j.Verdict != recovery.Whole:
		mark, st = "  · ", note
	}
	if len(g.all) == 1 {
		p.tell(mark, st, capital(g.first.Did())+": "+g.first.Reason, plain)
		return
	}
	words := capital(plainly(g.first))
	if g.high > 0 && words != capital(g.first.Reason) {
		words = fmt.Sprintf("Resumed after %s, %s", between(g.low, g.high), plainly(g.first))
	}
	p.tell(mark, st, fmt.Sprintf("%s (%d times)", words, len(g.all)), plain)
	var did []string
	for _, j := range g.all {
		if d := j.Did(); !slices.Contains(did, d) {
			did = append(did, d)
		}
	}
	if most := 40; len(did) > most && !p.Verbose {
		did = append(did[:most], fmt.Sprintf("and %d more", len(did)-most))
	}
	p.items("      ", faintly(did...)...)
}

// between writes the span from one duration to another.
func between(low, high time.Duration) string {
	a, b := round(low.Round(10*time.Millisecond)), round(high.Round(10*time.Millisecond))
	if a == b {
		return b.String()
	}
	return fmt.Sprintf("%v to %v", a, b)
}

// capital makes a sentence of words; a schedule stays as it is written.
func capital(s string) string {
	if s == "" || strings.Contains(s, "/") && !strings.Contains(s, " ") {
		return s
	}
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

// The cells of a heat strip.
const (
	unharmed = '━' // every cut here was survived
	harmed   = '✗' // one was not
	untold   = '?' // none was judged
	uncut    = '·'
)

// heat draws the undisturbed answer from its first byte to its last, and how each part of it bears a cut.
func (p *page) heat(all []recovery.Judgment) {
	v := p.r.control()
	if v == nil || len(v.Text.Bytes) == 0 {
		return
	}
	width := p.Width - 4
	cells := make([]rune, width)
	for i := range cells {
		cells[i] = uncut
	}
	for i := range all {
		j := &all[i]
		if len(j.Cuts) == 0 || !j.Cuts[0].Fault.Kind.Cuts() || j.Verdict == recovery.Unsupported || strings.Contains(j.Trial().Schedule, "cursor:") {
			continue
		}
		at := min(width-1, min(j.Cuts[0].Fault.Landed, len(v.Text.Bytes))*width/len(v.Text.Bytes))
		if m := mark(j); cells[at] != harmed && (cells[at] != unharmed || m == harmed) {
			cells[at] = m
		}
	}
	if strings.Trim(string(cells), string(uncut)) == "" {
		return
	}
	p.line("  %s", p.heatLine(cells))
	right := plural(len(v.Stream.Events), "event", "events")
	key := "━ whole after a cut here, ✗ not, · not cut"
	if slices.Contains(cells, untold) {
		key = "━ whole after a cut here, ✗ not, ? not judged, · not cut"
	}
	room := width - 1 - len(right) - columns(key)
	if room < 4 {
		key, room = "", width-1-len(right)
	}
	p.line("  %s", p.paint("0"+strings.Repeat(" ", room/2)+key+strings.Repeat(" ", room-room/2)+right, faint))
}

func mark(j *recovery.Judgment) rune {
	switch {
	case j.Verdict.Wrong(), j.Verdict == recovery.Refused, j.Verdict == recovery.Expired:
		return harmed
	case j.Verdict == recovery.Inconclusive:
		return untold
	}
	return unharmed
}

// heatLine paints runs of equal cells.
func (p *page) heatLine(cells []rune) string {
	look := map[rune]style{unharmed: good, harmed: bad, untold: warn, uncut: faint}
	var b strings.Builder
	for i := 0; i < len(cells); {
		k := i
		for k < len(cells) && cells[k] == cells[i] {
			k++
		}
		b.WriteString(p.paint(string(cells[i:k]), look[cells[i]]))
		i = k
	}
	return b.String()
}

// again returns the command that makes a trial once more.
func (r *Report) again(j *recovery.Judgment) string {
	b, t := r.Evidence.Bundle, j.Trial()
	words := []string{"ssespec", "chaos", quoteShell(b.Target.URL)}
	for _, f := range b.Target.Header {
		words = append(words, "-H", quoteShell(f.Name+": "+f.Value))
	}
	if b.Target.Method != "GET" && b.Target.Method != "" {
		words = append(words, "-X", quoteShell(b.Target.Method))
	}
	if len(b.Target.Body) > 0 {
		words = append(words, "-d", quoteShell(data(b.Target.Body)))
	}
	if m := b.Target.Method; m != "GET" && m != "HEAD" && m != "" && len(j.Recording.Exchanges) > 0 { // it was repeated, so that was allowed
		words = append(words, "--repeat-post")
	}
	if t.Resume != "none" && t.Resume != "last-event-id" {
		words = append(words, "--resume", quoteShell(t.Resume))
	}
	if b.Sequence != "" {
		words = append(words, "--seq", quoteShell(b.Sequence))
	}
	return strings.Join(append(words, "--replay", quoteShell(t.Schedule)), " ")
}

// data is a request body as -d takes it. What -d would take for a file's name, or no word can hold, is to come
// from standard input.
func data(body []byte) string {
	if body[0] == '@' || bytes.IndexByte(body, 0) >= 0 || !utf8.Valid(body) {
		return "@-"
	}
	return string(body)
}

// quoteShell quotes a word for a POSIX shell where it must be.
func quoteShell(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// A Trial is one interrupted answer and what came of it.
type Trial struct {
	Experiment string    `json:"experiment"`
	Schedule   string    `json:"schedule"`
	Resume     string    `json:"resume"`
	Mode       string    `json:"mode"`
	Fault      Fault     `json:"fault"`
	Landed     *Landed   `json:"landed"`
	Further    []Further `json:"further,omitempty"`
	Verdict    string    `json:"verdict"`
	Oracle     string    `json:"oracle"`
	Reason     string    `json:"reason"`
	Anomalies  []Anomaly `json:"anomalies"`
	RecoveryMS float64   `json:"recovery_ms"`
	Scene      string    `json:"scene"`
	Reproduce  string    `json:"reproduce"`
}

// A Fault is what is done to an answer, and the step of the schedule that says where.
type Fault struct {
	Kind string `json:"kind"`
	Aim  string `json:"aim"`
}

// A Landed says how and where a reader saw a fault: an offset in its body, and an event counted from 1.
type Landed struct {
	SeenAs string `json:"seen_as"`
	Offset int    `json:"offset"`
	Event  int    `json:"event"`
}

// A Further is a fault behind the first one of a trial.
type Further struct {
	Fault  Fault   `json:"fault"`
	Landed *Landed `json:"landed"`
}

// An Anomaly is one way in which an answer came back otherwise than it was, with its smallest witness.
type Anomaly struct {
	Kind    string   `json:"kind"`
	Oracle  string   `json:"oracle"`
	Events  []string `json:"events"`
	Witness string   `json:"witness"`
	Where   Where    `json:"where"`
}

func (r *Report) trialsJSON() []Trial {
	if r.Evidence.Bundle.Command != "chaos" {
		return nil
	}
	out := []Trial{}
	for _, j := range r.trials() {
		out = append(out, r.trialJSON(&j))
	}
	return out
}

func (r *Report) trialJSON(j *recovery.Judgment) Trial {
	t := j.Trial()
	out := Trial{
		Experiment: t.Name, Schedule: t.Schedule, Resume: t.Resume, Mode: string(t.Mode), Verdict: string(j.Verdict), Oracle: string(j.Oracle),
		Reason: j.Reason, Anomalies: []Anomaly{}, RecoveryMS: ms(j.Recovery), Scene: string(j.Recording.Scene), Reproduce: r.again(j),
	}
	out.Fault.Aim, _, _ = strings.Cut(t.Schedule, ",")
	out.Fault.Kind = kindOf(out.Fault.Aim)
	for i, c := range j.Cuts {
		f, l := cutJSON(c)
		if i == 0 {
			out.Fault, out.Landed = f, l
		} else {
			out.Further = append(out.Further, Further{f, l})
		}
	}
	for _, a := range j.Anomalies {
		events := a.Events
		if events == nil {
			events = []string{}
		}
		w := Where{string(a.Where.Scene), a.Where.Exchange, string(a.Where.Part), a.Where.Lo, a.Where.Hi - a.Where.Lo, a.Event}
		out.Anomalies = append(out.Anomalies, Anomaly{string(a.Kind), string(a.Oracle), events, a.Witness, w})
	}
	return out
}

// kindOf returns the kind of fault that a step asks for, whether it happened or not.
func kindOf(step string) string {
	word, _, _ := strings.Cut(step[strings.LastIndexByte(step, '/')+1:], ":")
	if word == "rst" {
		return string(wire.RST)
	}
	return word
}

func cutJSON(c recovery.Cut) (Fault, *Landed) {
	return Fault{string(c.Fault.Kind), c.Fault.Aim}, &Landed{c.Fault.Seen, c.Fault.Landed, c.Event}
}
