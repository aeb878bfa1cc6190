package reports

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
)

// schema is the version of the JSON report; it changes when a field changes its meaning.
const schema = 1

// A Document is a report as data: what every format but the text is made from, and what the JSON report holds. What a server
// sent is in it as it came; each format escapes it in its own way.
type Document struct {
	Schema     int        `json:"schema"`
	Tool       Tool       `json:"tool"`
	Command    string     `json:"command"`
	Run        string     `json:"run"` // what was judged: check, chaos or edge; gate for what a gate says of its own files
	Target     Target     `json:"target"`
	Began      string     `json:"began"`
	DurationMS float64    `json:"duration_ms"`
	Requests   int        `json:"requests"`
	Seed       int64      `json:"seed"`
	Partial    bool       `json:"partial,omitempty"`
	FailOn     string     `json:"fail_on,omitempty"` // the level from which on a failure decides, or never
	Exit       int        `json:"exit"`
	Why        string     `json:"why,omitempty"`
	Summary    Counts     `json:"summary"`
	Answer     []string   `json:"answer,omitempty"` // how the target answered, in a few words each
	Stream     []string   `json:"stream,omitempty"` // what its stream did, in a few words each
	Results    []Result   `json:"results"`
	Chaos      []Trial    `json:"chaos,omitzero"` // only where answers were interrupted
	Page       *Readers   `json:"page,omitempty"` // only where another origin was declared
	Remedies   []Remedy   `json:"remedies,omitempty"`
	Edge       *Edge      `json:"edge,omitempty"` // only of the command edge
	Noise      *Noise     `json:"control_noise_ms,omitempty"`
	Unshown    int        `json:"timelines_left_out,omitempty"` // exchanges that have no timeline, for the size of it
	Timelines  []Timeline `json:"timelines,omitempty"`
}

// A Tool is the program that judged.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// A Target is what was judged, and by what.
type Target struct {
	URL      string   `json:"url"`
	Name     string   `json:"name"`
	Profile  string   `json:"profile"`
	Method   string   `json:"method,omitempty"` // other than GET
	Promises []string `json:"promises"`
	Source   *Source  `json:"source,omitempty"` // where it stands in a configuration file; nil for none
}

// A Source is a place in a configuration file, counted from 1.
type Source struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Counts says how many rules have each verdict.
type Counts struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	NotApplicable int `json:"not-applicable"`
	Inconclusive  int `json:"inconclusive"`
	Broken        int `json:"broken"`
	Waived        int `json:"waived"`
	Expected      int `json:"expected"`
	Judged        int `json:"judged"`
	Rules         int `json:"rules"`
}

// A Result is a rule and its verdict.
type Result struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Level    string    `json:"level"`
	Declared string    `json:"declared_level,omitempty"` // the rule's own level, where a promise or the configuration gives it another one
	Verdict  string    `json:"verdict"`
	Required bool      `json:"required,omitempty"` // inconclusive is not good enough
	Runs     *Runs     `json:"runs,omitempty"`     // where it was repeated
	Excuse   *Excuse   `json:"excuse,omitempty"`   // why a failure does not count
	Seen     int       `json:"seen"`
	Reason   string    `json:"reason"`
	Clause   Clause    `json:"clause"`
	Findings []Finding `json:"findings"`
	InAll    int       `json:"findings_in_all,omitempty"` // where there are more than these
	Fix      string    `json:"fix,omitempty"`
}

// Runs says in how many of some runs a rule failed.
type Runs struct {
	Failed int `json:"failed"`
	Of     int `json:"of"`
}

// An Excuse says why a failure does not count.
type Excuse struct {
	Kind   string `json:"kind"` // waiver, baseline or known-flaky
	Reason string `json:"reason,omitempty"`
	Owner  string `json:"owner,omitempty"`
	Until  string `json:"until,omitempty"` // the last day, such as 2026-12-31
	At     string `json:"at,omitempty"`    // where it is written: file, line, column
}

// A Clause is where a rule is written.
type Clause struct {
	Spec    string `json:"spec"`
	Section string `json:"section"`
	URL     string `json:"url"`
}

// A Finding is one thing that is wrong, and the bytes that show it.
type Finding struct {
	Message string  `json:"message"`
	Where   Where   `json:"where"`
	AtMS    float64 `json:"at_ms"`
	Excerpt string  `json:"excerpt"` // in quotes, ASCII only
	Hex     string  `json:"hex"`
}

// A Where counts bytes; where part is "head", fields. All is empty for what has no place.
type Where struct {
	Scene    string `json:"scene"`
	Exchange int    `json:"exchange"`
	Part     string `json:"part"` // body, raw or head
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	Event    int    `json:"event,omitempty"` // counted from 1
}

// A Noise is how late this machine itself was.
type Noise struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Document returns the report as data.
func (r *Report) Document() *Document {
	b := r.Evidence.Bundle
	out := &Document{
		Schema: schema, Tool: Tool{"ssespec", r.Version}, Command: r.Command, Run: b.Command,
		Target:     Target{URL: b.Target.URL, Name: b.Name, Profile: r.Evidence.Profile(), Promises: b.Promises, Source: r.Source},
		DurationMS: ms(b.Duration), Requests: b.Requests, Seed: b.Seed, Partial: r.Partial,
		FailOn: r.FailOn, Exit: r.Exit, Why: r.Why, Summary: r.Summary().counts(), Answer: answer(r.face()), Stream: r.gist(),
		Results: []Result{}, Chaos: r.trialsJSON(), Page: r.pageJSON(), Remedies: r.remediesJSON(), Edge: r.edgeJSON(),
	}
	if m := r.Evidence.Method(); m != "GET" {
		out.Target.Method = m
	}
	if !b.Began.IsZero() {
		out.Began = b.Began.UTC().Format(time.RFC3339Nano)
	}
	if out.Target.Promises == nil {
		out.Target.Promises = []string{}
	}
	for _, x := range r.Results {
		out.Results = append(out.Results, resultJSON(r.Evidence, x))
	}
	if n := b.Noise; n != nil {
		out.Noise = &Noise{ms(n.P50), ms(n.P99)}
	}
	out.Timelines, out.Unshown = r.timelines()
	return out
}

// gist says what the control stream did; nil where there was none.
func (r *Report) gist() []string {
	if v := r.control(); v != nil && v.Status == 200 {
		return gist(v)
	}
	return nil
}

func (s Summary) counts() Counts {
	v := s.Verdicts
	return Counts{Pass: v[checks.Pass], Fail: v[checks.Fail], NotApplicable: v[checks.NotApplicable],
		Inconclusive: v[checks.Inconclusive], Broken: v[checks.Broken], Waived: v[checks.Waived],
		Expected: v[checks.Expected], Judged: s.Judged, Rules: s.Rules}
}

func resultJSON(ev *checks.Evidence, x checks.Result) Result {
	out := Result{
		ID: x.ID, Title: x.Title, Level: x.Level.String(), Verdict: x.Verdict.String(), Required: x.Required, Seen: x.Seen,
		Reason: x.Reason, Clause: Clause{x.Clause.Spec, x.Clause.Section, x.Clause.URL}, Findings: []Finding{},
	}
	if x.Level != x.Check.Level {
		out.Declared = x.Check.Level.String()
	}
	if x.Runs != nil {
		out.Runs = &Runs{x.Runs.Failed, x.Runs.Of}
	}
	if e := x.Excuse; e != nil {
		out.Excuse = &Excuse{e.Kind, e.Reason, e.Owner, e.Until, e.At}
	}
	for _, f := range x.Findings {
		out.Findings = append(out.Findings, findingJSON(ev, f))
	}
	if n := inAll(x); n > len(x.Findings) {
		out.InAll = n
	}
	if x.Verdict == checks.Fail {
		out.Fix = x.Fix
	}
	return out
}

// inAll is how many findings there are: only the first are kept, and the reason counts the others behind the first one's words.
func inAll(x checks.Result) int {
	n := len(x.Findings)
	if n == 0 {
		return 0
	}
	if rest, ok := strings.CutPrefix(x.Reason, x.Findings[0].Message); ok {
		var more int
		if _, err := fmt.Sscanf(rest, " (and %d more)", &more); err == nil {
			return max(n, more+1)
		}
	}
	return n
}

func findingJSON(ev *checks.Evidence, f checks.Finding) Finding {
	out := Finding{Message: f.Message, AtMS: ms(f.At), Where: whereJSON(f)}
	if e, ok := find(ev, f.Where); ok {
		out.Excerpt, out.Hex = e.quote(), e.hex()
	}
	return out
}

func whereJSON(f checks.Finding) Where {
	w := f.Where
	return Where{string(w.Scene), w.Exchange, string(w.Part), w.Lo, w.Hi - w.Lo, f.Event}
}

func ms(d time.Duration) float64 { return math.Round(float64(d)/1e3)/1e3 + 0 } // + 0: -0 is no number for a report
