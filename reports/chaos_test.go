package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// word is event n of the answer that is interrupted here: six events, ids 1 to 6.
func word(n int) string {
	if n == 6 {
		return "id: 6\nevent: done\ndata: bye\n\n"
	}
	return fmt.Sprintf("id: %d\ndata: word %d\n\n", n, n)
}

// piece makes an exchange of what a reader was given on one connection. 4 is event 4, 4! event 4 with other
// content, ? an event that is not of this answer, open a stream that stays open, and a number of three digits a
// status in place of a stream.
func piece(at time.Duration, given string) *wire.Exchange {
	x := &wire.Exchange{
		Request: wire.Request{Method: "GET", URL: "http://127.0.0.1:8080/answer", Proto: "HTTP/1.1"}, Began: began.Add(at),
		Proto: "HTTP/1.1", Status: 200, Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}},
		End: wire.End{Kind: wire.Complete, At: 20 * time.Millisecond},
	}
	for i, w := range strings.Fields(given) {
		n, err := strconv.Atoi(strings.TrimSuffix(w, "!"))
		event := word(n)
		switch {
		case w == "open":
			x.End = wire.End{Kind: wire.HungUp, At: 9 * time.Second}
			continue
		case n >= 100:
			x.Status, x.Header = n, nil
			continue
		case w == "?":
			event = "id: z9\ndata: of somebody else\n\n"
		case strings.HasSuffix(w, "!"):
			event = fmt.Sprintf("id: %d\ndata: another word\n\n", n)
		case err != nil:
			panic(w)
		}
		x.Body = append(x.Body, wire.Chunk{At: time.Duration(i+1) * time.Millisecond, Data: []byte(event)})
	}
	return x
}

// aims are the kinds of fault that steps of a schedule name.
var aims = map[string]wire.FaultKind{"rst": wire.RST, "fin": wire.FIN, "stall": wire.Stall, "half-close": wire.HalfShut}

// attempt is the recording of one trial: given is what came on each connection, with a bar for each cut.
func attempt(n int, schedule, given string) *wire.Recording {
	r := &wire.Recording{Scene: wire.Scene(fmt.Sprintf("trial-%d", n)),
		Trial: &wire.Trial{Name: "cut-after-event", Schedule: schedule, Resume: "last-event-id", Mode: wire.ExactMode}}
	pieces := strings.Split(given, "|")
	steps := strings.Split(schedule, ",")
	cursor := ""
	for i, p := range pieces {
		x := piece(time.Duration(n)*time.Second+time.Duration(i)*500*time.Millisecond, p)
		x.Cursor = cursor
		if i < len(pieces)-1 {
			_, fault, _ := strings.Cut(steps[i], "/")
			x.Fault = &wire.Fault{Kind: aims[fault], Aim: steps[i], Landed: len(x.BodyBytes()), Seen: string(aims[fault])}
			x.End = wire.End{Kind: wire.Reset, At: 10 * time.Millisecond}
		}
		for w := range strings.FieldsSeq(p) {
			cursor = strings.Trim(w, "!")
		}
		r.Exchanges = append(r.Exchanges, x)
	}
	return r
}

// unjudged is a trial that was not carried through.
func unjudged(n int, schedule, gap string, moot bool) *wire.Recording {
	return &wire.Recording{Scene: wire.Scene(fmt.Sprintf("trial-%d", n)),
		Trial: &wire.Trial{Name: "cut", Schedule: schedule, Resume: "last-event-id", Mode: wire.ExactMode, Gap: gap, Moot: moot}}
}

// withoutWayBack is a trial of a reader that does not come back.
func withoutWayBack(n int) *wire.Recording {
	r := attempt(n, "event:3/rst", "1 2 3 |")
	r.Trial.Resume, r.Exchanges = "none", r.Exchanges[:1]
	return r
}

// chaotic is a bundle of trials behind two undisturbed answers.
func chaotic(trials ...*wire.Recording) *wire.Bundle {
	return &wire.Bundle{
		Command: "chaos", Target: wire.Request{Method: "GET", URL: "http://127.0.0.1:8080/answer"}, Profile: "eventsource",
		Began: began, Duration: 1500 * time.Millisecond, Requests: 2 + 2*len(trials), Seed: 42,
		Recordings: append([]*wire.Recording{
			{Scene: wire.Control, Exchanges: []*wire.Exchange{piece(0, "1 2 3 4 5 6")}},
			{Scene: wire.Again, Exchanges: []*wire.Exchange{piece(100*time.Millisecond, "1 2 3 4 5 6")}},
		}, trials...),
	}
}

// comesBackWhole is a rule that every trial with a wrong verdict breaks. The real ones are worded elsewhere.
var comesBackWhole = &checks.Check{
	ID: "demo/whole", Title: "An interrupted answer must come back whole", Level: checks.Must, Since: "0.1", Needs: []wire.Scene{wire.Control},
	Clause: checks.HTML("9.2.4", "the-last-event-id-header", "The last event ID is sent."), Doc: "A reader sees less.", Fix: "Keep what was sent.",
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		all := recovery.Judge(ev)
		for _, j := range all {
			if j.Verdict.Wrong() {
				a := j.Anomalies[0]
				found = append(found, checks.Finding{Message: j.Did() + ": " + j.Reason, Where: a.Where, Event: a.Event, At: a.At})
			}
		}
		return checks.Judged(max(1, len(all)), found, "%d trials", len(all))
	},
}

// interrupted reports on trials.
func interrupted(b *wire.Bundle) *Report {
	ev := checks.NewEvidence(b)
	r := &Report{Version: "0.1.0", Command: "chaos", Evidence: ev, Results: checks.Suite{comesBackWhole}.Judge(ev)}
	if r.Results[0].Verdict == checks.Fail {
		r.Exit, r.Why = 1, "1 rule failed at or above level must"
	}
	return r
}

// ends are trials, one for each verdict, and what came on each connection.
var ends = []struct {
	verdict recovery.Verdict
	given   string
}{
	{recovery.Whole, "1 2 3 | 4 5 6"},
	{recovery.Duplicated, "1 2 3 | 3 4 5 6"},
	{recovery.Lost, "1 2 3 | 5 6"},
	{recovery.Reordered, "1 2 3 | 5 4 6"},
	{recovery.Foreign, "1 2 3 | ? 4 5 6"},
	{recovery.Corrupted, "1 2 3 | 4! 5 6"},
	{recovery.Restarted, "1 2 3 | 1 2 3 4 5 6"},
	{recovery.FalseEnd, "1 2 3 | 6"},
	{recovery.SilentLoss, "1 2 3 | "},
	{recovery.Hung, "1 2 3 | 4 open"},
	{recovery.Refused, "1 2 3 | 503"},
	{recovery.Expired, "1 2 3 | 410"},
}

func oneOfEach() *wire.Bundle {
	var all []*wire.Recording
	for i, e := range ends {
		all = append(all, attempt(i+1, "event:3/rst", e.given))
	}
	n := len(all)
	return chaotic(append(all, withoutWayBack(n+1),
		unjudged(n+2, "event:99/rst", "the answer ended before event:99 was reached", false),
		unjudged(n+3, "inside-crlf/rst", "the stream has no such place: inside-crlf", true))...)
}

func allWhole() *wire.Bundle {
	return chaotic(
		attempt(1, "event:1/rst", "1 | 2 3 4 5 6"), attempt(2, "event:3/rst", "1 2 3 | 4 5 6"), attempt(3, "event:3/fin", "1 2 3 | 4 5 6"),
		attempt(4, "event:2/rst,event:2/fin", "1 2 | 3 4 | 5 6"))
}

// swept is a sweep of 300 cuts, of which every tenth loses an event.
func swept() *wire.Bundle {
	var all []*wire.Recording
	for i := range 300 {
		given := "1 2 3 | 4 5 6"
		if i%10 == 9 {
			given = "1 2 3 | 5 6"
		}
		r := attempt(i+1, fmt.Sprintf("byte:%d/rst", i+1), given)
		f := r.Exchanges[0].Fault
		f.Landed = min(f.Landed, i+1)
		all = append(all, r)
	}
	return chaotic(all...)
}

func TestEachVerdictIsMade(t *testing.T) {
	t.Parallel()
	got := recovery.Judge(checks.NewEvidence(oneOfEach()))
	want := []recovery.Verdict{}
	for _, e := range ends {
		want = append(want, e.verdict)
	}
	want = append(want, recovery.Unsupported, recovery.Inconclusive, recovery.Inconclusive)
	for i, w := range want {
		if got[i].Verdict != w {
			t.Errorf("trial %d: got %s (%s), want %s", i+1, got[i].Verdict, got[i].Reason, w)
		}
	}
	if !got[len(got)-1].Moot || got[len(got)-2].Moot {
		t.Errorf("the last trial is moot, and the last but one is not: got %v and %v", got[len(got)-1].Moot, got[len(got)-2].Moot)
	}
}

func TestTextOfInterruptedAnswers(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]func() *wire.Bundle{
		"chaos-whole": allWhole, "chaos-each": oneOfEach, "chaos-sweep": swept,
		"chaos-moot": func() *wire.Bundle {
			return chaotic(unjudged(1, "inside-crlf/rst", "the stream has no such place: inside-crlf", true))
		},
		"chaos-unjudged": func() *wire.Bundle {
			return chaotic(unjudged(1, "event:99/rst", "the answer ended before event:99 was reached", false))
		},
		"chaos-none": func() *wire.Bundle { return chaotic() },
	} {
		for _, width := range []int{80, 120} {
			golden(t, fmt.Sprintf("%s-%d", name, width), text(t, Text{Width: width}, interrupted(b())))
		}
	}
	golden(t, "chaos-each-color", text(t, Text{Color: true}, interrupted(oneOfEach())))
	golden(t, "chaos-each-verbose", text(t, Text{Verbose: true}, interrupted(oneOfEach())))
	golden(t, "chaos-sweep-verbose", text(t, Text{Verbose: true}, interrupted(swept())))
	golden(t, "chaos-each-json", string(jsonOf(t, interrupted(oneOfEach()))))
}

func TestTextSaysHowTheEvidenceIsJudgedAgain(t *testing.T) {
	t.Parallel()
	r := interrupted(oneOfEach())
	r.Kept = "it's mine.rec"
	if want := `ssespec judge 'it'\''s mine.rec'`; !strings.Contains(text(t, Text{}, r), want) {
		t.Errorf("the text does not say %s", want)
	}
}

func TestReportsOnTrialsAreAFunctionOfTheEvidence(t *testing.T) {
	t.Parallel()
	for _, make := range []func() *wire.Bundle{allWhole, oneOfEach, swept} {
		var stored bytes.Buffer
		if err := wire.Encode(&stored, make()); err != nil {
			t.Fatal(err)
		}
		read := func() *wire.Bundle {
			b, err := wire.Decode(bytes.NewReader(stored.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		all := func(b *wire.Bundle) string {
			r := interrupted(b)
			return string(jsonOf(t, r)) + text(t, Text{Verbose: true, Bytes: true, Color: true}, r)
		}
		first := all(read())
		if second := all(read()); second != first {
			t.Error("two judgements of the same evidence differ")
		}
		// What is stored is read back as chunks of a connection, so only what was judged is compared.
		if got, want := string(jsonOf(t, interrupted(read()))), string(jsonOf(t, interrupted(make()))); got != want {
			t.Errorf("judged again from the file: got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestColorChangesNothingOfTrialsButTheColor(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 80, 200} {
		for _, b := range []func() *wire.Bundle{oneOfEach, swept} {
			plain := text(t, Text{Width: width}, interrupted(b()))
			if got := uncolored(text(t, Text{Width: width, Color: true}, interrupted(b()))); got != plain {
				t.Errorf("at width %d the colored text differs:\n%s\n%s", width, got, plain)
			}
		}
	}
}

// A command that takes more than a line is the one thing that may be wider.
func TestLinesAboutTrialsFitTheWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 60, 80, 120, 200} {
		for _, b := range []func() *wire.Bundle{allWhole, oneOfEach, swept} {
			for l := range strings.Lines(text(t, Text{Width: width, Verbose: true}, interrupted(b()))) {
				if l = strings.TrimSuffix(l, "\n"); columns(l) > width && !strings.Contains(l, "://") {
					t.Errorf("at width %d a line takes %d columns: %q", width, columns(l), l)
				}
				if strings.TrimRight(l, " ") != l {
					t.Errorf("at width %d a line ends with spaces: %q", width, l)
				}
			}
		}
	}
}

// heatOf returns the heat strip of a report and the line below it, or nothing.
func heatOf(t *testing.T, width int, b *wire.Bundle) (cells, scale string) {
	t.Helper()
	p := Text{Width: width}.page(interrupted(b))
	p.heat(p.r.trials())
	lines := strings.Split(p.b.String(), "\n")
	if len(lines) < 2 {
		return "", ""
	}
	return strings.TrimPrefix(lines[0], "  "), strings.TrimPrefix(lines[1], "  ")
}

// landing is a trial that was cut at an offset of the body.
func landing(n, at int, given string) *wire.Recording {
	r := attempt(n, fmt.Sprintf("byte:%d/rst", at), given)
	r.Exchanges[0].Fault.Landed = at
	return r
}

// unread makes a trial one whose answer was not read to its end.
func unread(r *wire.Recording) *wire.Recording {
	r.Exchanges[len(r.Exchanges)-1].End.Note = wire.TimeSpent
	return r
}

func TestHeatStripHasExactlyTheCellsOfItsCuts(t *testing.T) {
	t.Parallel()
	const fine, loses = "1 2 3 | 4 5 6", "1 2 3 | 5 6"
	size := len(piece(0, "1 2 3 4 5 6").BodyBytes())
	strip := func(width int, marks map[int]string) string {
		out := strings.Split(strings.Repeat("·", width), "")
		for at, m := range marks {
			out[at] = m
		}
		return strings.Join(out, "")
	}
	cell := func(width, at int) int { return min(width-1, at*width/size) }
	for _, width := range []int{40, 80, 200} {
		w := width - 4
		for _, tc := range []struct {
			name   string
			trials []*wire.Recording
			want   map[int]string
		}{
			{"the first byte and the last", []*wire.Recording{landing(1, 0, fine), landing(2, size, fine)}, map[int]string{0: "━", w - 1: "━"}},
			{"a loss in the middle", []*wire.Recording{landing(1, size/2, loses)}, map[int]string{cell(w, size/2): "✗"}},
			{"one that is lost outweighs one that is not", []*wire.Recording{landing(1, 50, fine), landing(2, 50, loses), landing(3, 50, fine)}, map[int]string{cell(w, 50): "✗"}},
			{"one that began again", []*wire.Recording{landing(1, 50, "1 2 3 | 1 2 3 4 5 6")}, map[int]string{cell(w, 50): "✗"}},
			{"one that was refused", []*wire.Recording{landing(1, 50, "1 2 3 | 503")}, map[int]string{cell(w, 50): "✗"}},
			{"an answer that is gone did not come back whole", []*wire.Recording{landing(1, 50, "1 2 3 | 410")}, map[int]string{cell(w, 50): "✗"}},
			{"one that was not judged", []*wire.Recording{unread(landing(1, 50, fine))}, map[int]string{cell(w, 50): "?"}},
			{"one that was not judged, and one that was", []*wire.Recording{unread(landing(1, 50, fine)), landing(2, 50, fine)}, map[int]string{cell(w, 50): "━"}},
		} {
			t.Run(fmt.Sprintf("%s at width %d", tc.name, width), func(t *testing.T) {
				t.Parallel()
				cells, scale := heatOf(t, width, chaotic(tc.trials...))
				if want := strip(w, tc.want); cells != want {
					t.Errorf("got\n|%s|, want\n|%s|", cells, want)
				}
				if columns(scale) != w || !strings.HasPrefix(scale, "0") || !strings.HasSuffix(scale, "6 events") {
					t.Errorf("the scale is %q and takes %d columns, want %d", scale, columns(scale), w)
				}
			})
		}
	}
}

func TestHeatStripOfOddAnswers(t *testing.T) {
	t.Parallel()
	tiny := func(body string, trials ...*wire.Recording) *wire.Bundle {
		b := chaotic(trials...)
		for _, r := range b.Recordings[:2] {
			r.Exchanges[0].Body = nil
			if body != "" {
				r.Exchanges[0].Body = []wire.Chunk{at(time.Millisecond, body)}
			}
		}
		return b
	}
	for _, tc := range []struct {
		name string
		b    *wire.Bundle
		want string
	}{
		{"no byte", tiny("", landing(1, 0, "|")), ""},
		{"one byte, cut before it", tiny("\n", landing(1, 0, "|")), "?" + strings.Repeat("·", 35)},
		{"one byte, cut behind it", tiny("\n", landing(1, 1, "|")), strings.Repeat("·", 35) + "?"},
		{"an offset behind the end", chaotic(landing(1, 1<<40, "1 2 3 | 4 5 6")), strings.Repeat("·", 35) + "━"},
		{"an offset that would overflow", chaotic(landing(1, 1<<61, "1 2 3 | 4 5 6")), strings.Repeat("·", 35) + "━"},
		{"an offset that no answer has", chaotic(landing(1, math.MaxInt, "1 2 3 | 4 5 6")), strings.Repeat("·", 35) + "━"},
		{"no trial", chaotic(), ""},
		{"no cut landed", chaotic(unjudged(1, "event:99/rst", "it ended before", false)), ""},
		{"nobody comes back", chaotic(withoutWayBack(1)), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if cells, _ := heatOf(t, 40, tc.b); cells != tc.want {
				t.Errorf("got\n|%s|, want\n|%s|", cells, tc.want)
			}
		})
	}
	for width := 20; width < 40; width++ {
		text(t, Text{Width: width}, interrupted(allWhole())) // must not panic
	}
}

// A contractTrial is one element of the contract's chaos array, in the order of its keys.
type contractTrial struct {
	Experiment string `json:"experiment"`
	Fault      struct {
		Kind string `json:"kind"`
		Aim  string `json:"aim"`
	} `json:"fault"`
	Landed *struct {
		SeenAs string `json:"seen_as"`
		Offset int    `json:"offset"`
		Event  int    `json:"event"`
	} `json:"landed"`
	Verdict   string `json:"verdict"`
	Oracle    string `json:"oracle"`
	Anomalies []struct {
		Kind    string   `json:"kind"`
		Events  []string `json:"events"`
		Witness string   `json:"witness"`
	} `json:"anomalies"`
	RecoveryMS float64 `json:"recovery_ms"`
	Reproduce  string  `json:"reproduce"`
}

// trialsOf returns the chaos array, each element also as its keys in order.
func trialsOf(t *testing.T, r *Report) (trials []contractTrial, keys [][]string) {
	t.Helper()
	var v struct{ Chaos []json.RawMessage }
	if err := json.Unmarshal(jsonOf(t, r), &v); err != nil {
		t.Fatal(err)
	}
	for _, raw := range v.Chaos {
		var c contractTrial
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		trials, keys = append(trials, c), append(keys, keysOf(t, raw))
	}
	return trials, keys
}

// keysOf returns the keys of a JSON object in the order in which they stand.
func keysOf(t *testing.T, raw []byte) (keys []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
	}
	return keys
}

func TestJSONOfTrialsHasTheContractsKeysInOrder(t *testing.T) {
	t.Parallel()
	want := []string{"experiment", "fault", "landed", "verdict", "oracle", "anomalies", "recovery_ms", "reproduce"}
	_, keys := trialsOf(t, interrupted(oneOfEach()))
	if len(keys) != len(ends)+3 {
		t.Fatalf("got %d trials, want %d", len(keys), len(ends)+3)
	}
	for i, all := range keys {
		got := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return !slices.Contains(want, k) })
		if !slices.Equal(got, want) {
			t.Errorf("trial %d: got the keys %v of %v, want %v in this order", i+1, got, all, want)
		}
	}
}

func TestJSONOfTrialsSaysWhatWasJudged(t *testing.T) {
	t.Parallel()
	trials, _ := trialsOf(t, interrupted(oneOfEach()))
	lost := trials[2]
	if lost.Fault.Kind != "reset" || lost.Fault.Aim != "event:3/rst" || lost.Landed.SeenAs != "reset" || lost.Landed.Event != 3 || lost.Landed.Offset != 3*len(word(1)) {
		t.Errorf("fault and place are %+v, %+v", lost.Fault, lost.Landed)
	}
	if lost.Verdict != "lost" || lost.Oracle != "numbered-ids" || len(lost.Anomalies) != 1 || lost.Anomalies[0].Kind != "lost" ||
		!slices.Equal(lost.Anomalies[0].Events, []string{"4"}) || lost.Anomalies[0].Witness != "the server answered 200 and continued at 5" {
		t.Errorf("the loss is told as %+v", lost)
	}
	if lost.RecoveryMS != 491 {
		t.Errorf("recovery took %v ms, want 491", lost.RecoveryMS)
	}
	if want := "ssespec chaos http://127.0.0.1:8080/answer --replay event:3/rst"; lost.Reproduce != want {
		t.Errorf("got  %s\nwant %s", lost.Reproduce, want)
	}
	for i, x := range trials {
		wrong := recovery.Verdict(x.Verdict).Wrong()
		if wrong != (len(x.Anomalies) > 0) {
			t.Errorf("trial %d is %s with the anomalies %+v", i+1, x.Verdict, x.Anomalies)
		}
		for _, a := range x.Anomalies {
			if a.Witness == "" || a.Events == nil {
				t.Errorf("trial %d: the anomaly %+v has no witness, or null for its events", i+1, a)
			}
		}
		if whole := x.Verdict == "whole"; (whole || wrong) && x.Oracle == "" {
			t.Errorf("trial %d is %s, and no oracle is named", i+1, x.Verdict)
		}
	}
	if last := trials[len(trials)-2]; last.Landed != nil || last.Fault.Aim != "event:99/rst" {
		t.Errorf("a fault that did not land is told as %+v, landed %+v", last.Fault, last.Landed)
	}
}

func TestChaosIsInTheJSONOfChaosOnly(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{"check": false, "": false, "chaos": true} {
		b := chaotic()
		b.Command = command
		if got := slices.Contains(keysOf(t, jsonOf(t, interrupted(b))), "chaos"); got != want {
			t.Errorf("%q: chaos is there: %v, want %v", command, got, want)
		}
	}
}

// tricks are what a shell would obey.
var tricks = map[string]string{
	"a quote": "it's", "a quote that closes": "'; echo pwned; '", "substitution": "$(echo pwned)", "backquotes": "`echo pwned`",
	"spaces": "a b  c", "double quotes": `"a" "b"`, "a backslash": `a\`, "glob and tilde": "~/* ?[a]", "operators": "a;b&c|d>e<f",
	"a comment": "a #b", "history": "!!", "variables": "$HOME ${x}", "a line feed": "a\necho pwned", "braces": "{a,b}", "an assignment": "x=y", "nothing": "",
}

// tricky is a failing trial with s in every place that its command is made of, and what the shell must make of it.
func tricky(s string) (b *wire.Bundle, want []string) {
	b = chaotic(attempt(1, "event:3/rst", "1 2 3 | 5 6"))
	b.Target = wire.Request{Method: "PUT" + s, URL: "http://127.0.0.1:8080/" + s, Header: wire.Header{{Name: "X-" + s, Value: s}}, Body: []byte("b" + s)}
	b.Sequence = "n" + s
	trial := b.Recordings[2].Trial
	trial.Resume, trial.Schedule = "header:"+s, "event:3/rst,"+s
	return b, []string{"chaos", "http://127.0.0.1:8080/" + s, "-H", "X-" + s + ": " + s, "-X", "PUT" + s, "-d", "b" + s, "--repeat-post",
		"--resume", "header:" + s, "--seq", "n" + s, "--replay", "event:3/rst," + s}
}

// shell returns the words that a shell passes on for a command line, and fails where it does anything else.
func shell(t *testing.T, line string) []string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell here")
	}
	cmd := exec.Command(sh, "-c", `ssespec() { printf '%s\0' "$@"; printf '\0'; }`+"\n"+line)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	words := strings.Split(string(out), "\x00")
	if n := len(words); n < 3 || words[n-1] != "" || words[n-2] != "" {
		t.Fatalf("%s\nthe shell did something else: %q", line, out)
	}
	return words[:len(words)-2]
}

func TestACommandToReproduceIsSafeToPaste(t *testing.T) {
	t.Parallel()
	for name, s := range tricks {
		b, want := tricky(s)
		trials, _ := trialsOf(t, interrupted(b))
		if got := shell(t, trials[0].Reproduce); !slices.Equal(got, want) {
			t.Errorf("%s: the shell makes\n%q of\n%s\nwant\n%q", name, got, trials[0].Reproduce, want)
		}
	}
}

func TestACommandToReproduceMakesTheSameRequest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		target wire.Request
		want   string
	}{
		{"a GET", wire.Request{Method: "GET", URL: "http://h/"}, "http://h/"},
		{"no method", wire.Request{URL: "http://h/"}, "http://h/"},
		{"a POST with its body", wire.Request{Method: "POST", URL: "http://h/", Header: wire.Header{{Name: "Content-Type", Value: "application/json"}}, Body: []byte(`{"a":1}`)},
			`http://h/ -H 'Content-Type: application/json' -X POST -d '{"a":1}' --repeat-post`},
		{"a HEAD may be repeated", wire.Request{Method: "HEAD", URL: "http://h/"}, "http://h/ -X HEAD"},
		{"a body that -d would take for a file", wire.Request{Method: "POST", URL: "http://h/", Body: []byte("@/etc/passwd")}, "http://h/ -X POST -d @- --repeat-post"},
		{"a body that no shell can write", wire.Request{Method: "POST", URL: "http://h/", Body: []byte("a\x00b")}, "http://h/ -X POST -d @- --repeat-post"},
	} {
		b := chaotic(attempt(1, "event:3/rst", "1 2 3 | 5 6"))
		b.Target = tc.target
		trials, _ := trialsOf(t, interrupted(b))
		if got, want := trials[0].Reproduce, "ssespec chaos "+tc.want+" --replay event:3/rst"; got != want {
			t.Errorf("%s: got\n%s, want\n%s", tc.name, got, want)
		}
	}
}

func TestACommandToReproduceHoldsNoSecret(t *testing.T) {
	t.Parallel()
	b := chaotic(attempt(1, "event:3/rst", "1 2 3 | 5 6"))
	b.Target.URL = "http://127.0.0.1:8080/answer?token=***"
	b.Target.Header = wire.Header{{Name: "Authorization", Value: "Bearer ***"}}
	trials, _ := trialsOf(t, interrupted(b))
	want := "ssespec chaos 'http://127.0.0.1:8080/answer?token=***' -H 'Authorization: Bearer ***' --replay event:3/rst"
	if got := trials[0].Reproduce; got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

// disturbing puts an attack into every place of trials that a server, or a recording from elsewhere, can reach.
func disturbing(s string) *wire.Bundle {
	id := strings.NewReplacer("\n", "", "\r", "").Replace(s)
	names := strings.NewReplacer("\n", " ", "\r", " ", "\x00", "")
	events := func(n ...string) (out []wire.Chunk) {
		for i, x := range n {
			out = append(out, at(time.Duration(i+1)*time.Millisecond, "id: "+x+id+"\nevent: "+names.Replace(s)+"\ndata: "+x+names.Replace(s)+"\n\n"))
		}
		return out
	}
	b := chaotic(attempt(1, "event:3/rst", "1 2 3 | 5 6"), attempt(2, "event:3/rst", "1 2 3 | 4 5 6"), attempt(3, "event:3/rst", "1 2 3 | 4! 5 6"),
		attempt(4, "event:3/rst", "1 2 3 | ? 5 6"), attempt(5, "event:3/rst", "1 2 3 | 503"), attempt(6, "event:3/rst,cursor:unknown", "1 2 3 |"),
		unjudged(7, "event:9/rst", s, false), unjudged(8, "event:9/rst", s, true))
	b.Name, b.Profile, b.Sequence, b.Promises = s, s, "", []string{s}
	b.Target = wire.Request{Method: "GET" + s, URL: "http://127.0.0.1/" + s, Header: wire.Header{{Name: "X-" + s, Value: s}}, Body: []byte(s)}
	for i, r := range b.Recordings {
		if r.Trial != nil {
			r.Trial.Name += s
			r.Trial.Schedule += "," + s
			r.Trial.Mode = wire.Mode(s)
		}
		if i == 3 {
			r.Trial.Resume = s
		}
		for k, x := range r.Exchanges {
			x.Address, x.Header, x.Cursor = s, append(x.Header, wire.Field{Name: "X-" + s, Value: s}), x.Cursor+s
			if x.Status != 200 {
				x.Header = append(x.Header, wire.Field{Name: "Content-Type", Value: s})
			}
			if x.Fault != nil {
				x.Fault.Aim, x.Fault.Seen = x.Fault.Aim+s, s
			}
			x.End.Note = s
			switch {
			case i < 2:
				x.Body = events("1", "2", "3", "4", "5", "6")
			case k == 0:
				x.Body = events("1", "2", "3")
			case len(x.Body) > 0:
				x.Body = append(events(map[int][]string{2: {"5"}, 3: {"4", "5"}, 4: {"4!", "5"}, 5: {"?", "5"}}[i]...), events("6")...)
			}
		}
	}
	return b
}

func TestTrialsCannotDriveATerminal(t *testing.T) {
	t.Parallel()
	for name, s := range attacks {
		r := interrupted(disturbing(s))
		for _, form := range forms {
			for _, form.Verbose = range []bool{false, true} {
				out := text(t, form, r)
				if form.Color {
					out = uncolored(out)
				}
				harmless(t, name, out)
				for l := range strings.Lines(out) {
					if strings.HasPrefix(l, "PASS") || strings.HasPrefix(l, "✓") {
						t.Errorf("%s: the server wrote a line of the report: %q", name, l)
					}
				}
			}
		}
		raw := jsonOf(t, r)
		harmless(t, name, strings.ReplaceAll(string(raw), "\ufffd", "")) // which encoding/json puts for what is no UTF-8
		trials, _ := trialsOf(t, r)
		if len(trials) != 8 {
			t.Errorf("%s: got %d trials, want 8", name, len(trials))
		}
	}
}

// A server that words its data as the report does must not be able to change what is said of it.
func TestWordsOfAServerAreNotTakenForTheReportsOwn(t *testing.T) {
	t.Parallel()
	b := chaotic(attempt(1, "event:3/rst", "1 2 3 | 4! 5 6"), attempt(2, "event:3/fin", "1 2 3 | 4! 5 6"))
	for _, r := range b.Recordings[2:] {
		r.Exchanges[1].Body[0].Data = []byte("id: 4\ndata: resumed after 1s, nothing lost\n\n")
	}
	out := strings.Join(strings.Fields(text(t, Text{Width: 200}, interrupted(b))), " ")
	if want := `Event 4 came as "resumed after 1s, nothing lost" on connection 2, and is "word 4" (2 times)`; !strings.Contains(out, want) {
		t.Errorf("the text does not say %s:\n%s", want, out)
	}
	if regexp.MustCompile(`Resumed after \d+ms`).MatchString(out) {
		t.Errorf("the text says that an answer with other content was resumed:\n%s", out)
	}
}

func TestASentenceBeginsWithACapital(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"": "", "lost": "Lost", "ärger": "Ärger", "東京": "東京", "event:5/rst": "event:5/rst", "\xff": "\ufffd"} {
		if got := capital(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestHeatStripExplainsItsMarks(t *testing.T) {
	t.Parallel()
	_, scale := heatOf(t, 100, chaotic(unread(landing(1, 50, "1 2 3 | 4 5 6"))))
	if want := "? not judged"; !strings.Contains(scale, want) {
		t.Errorf("got %q, want %q in it", scale, want)
	}
	_, scale = heatOf(t, 100, chaotic(landing(1, 50, "1 2 3 | 4 5 6")))
	if strings.Contains(scale, "?") {
		t.Errorf("got %q, want no mark that does not occur", scale)
	}
}

func TestASweepDoesNotFlood(t *testing.T) {
	t.Parallel()
	out := text(t, Text{Width: 80}, interrupted(swept()))
	if n := strings.Count(out, "\n"); n > 80 {
		t.Errorf("300 trials make %d lines", n)
	}
	for _, want := range []string{"Interrupted 300 times", "(270 times)", "(30 times)"} {
		if !strings.Contains(out, want) {
			t.Errorf("the text does not say %q:\n%s", want, out)
		}
	}
	trials, _ := trialsOf(t, interrupted(swept()))
	if len(trials) != 300 {
		t.Errorf("got %d trials in the JSON, want all 300", len(trials))
	}
}

// Where every cut loses another event no two outcomes are the same.
func TestManyOutcomesDoNotFlood(t *testing.T) {
	t.Parallel()
	var all []*wire.Recording
	for i := range 60 {
		given := []string{"1 | 3 4 5 6", "1 2 | 4 5 6", "1 2 3 | 5 6", "1 | 4 5 6", "1 | 5 6", "1 2 | 5 6", "1 | 3 5 6", "1 | 2 4 5 6", "1 | 2 5 6", "1 | 2 3 5 6", "1 2 | 3 5 6", "1 2 | 4 6", "1 | 3 4 6", "1 2 3 | 4 6"}[i%14]
		all = append(all, attempt(i+1, fmt.Sprintf("event:%d/rst", i+1), given))
	}
	r := interrupted(chaotic(all...))
	few, each := text(t, Text{}, r), text(t, Text{Verbose: true}, r)
	told := strings.Count(few, "  ✗ ")
	more := regexp.MustCompile(`and (\d+) more that ended \S+ in (\d+) other ways? \(-v\)`).FindStringSubmatch(few)
	if more == nil || strings.Contains(each, "other way") {
		t.Fatalf("what is left out is not said, or something is though all is asked for:\n%s", few)
	}
	if ways, _ := strconv.Atoi(more[2]); told+ways != strings.Count(each, "  ✗ ") {
		t.Errorf("%d outcomes are told and %s left out, of %d", told, more[2], strings.Count(each, "  ✗ "))
	}
}

// FuzzTrials reports on recordings of trials that were made up.
func FuzzTrials(f *testing.F) {
	for _, b := range []*wire.Bundle{allWhole(), oneOfEach(), disturbing(attacks["escape sequences"])} {
		var out bytes.Buffer
		if err := wire.Encode(&out, b); err != nil {
			f.Fatal(err)
		}
		f.Add(out.String())
	}
	f.Fuzz(func(t *testing.T, rec string) {
		b, err := wire.Decode(strings.NewReader(rec))
		if err != nil {
			return
		}
		r := interrupted(b)
		harmless(t, "a recording", text(t, Text{Width: 60, Verbose: true}, r))
		if out := jsonOf(t, r); !json.Valid(out) {
			t.Errorf("the JSON report is not JSON: %s", out)
		}
	})
}
