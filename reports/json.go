package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks"
)

// schema is the version of the JSON report; it changes when a field changes its meaning.
const schema = 1

type jsonReport struct {
	Schema     int          `json:"schema"`
	Tool       jsonTool     `json:"tool"`
	Command    string       `json:"command"`
	Target     jsonTarget   `json:"target"`
	Began      string       `json:"began"`
	DurationMS float64      `json:"duration_ms"`
	Requests   int          `json:"requests"`
	Seed       int64        `json:"seed"`
	Partial    bool         `json:"partial,omitempty"`
	Exit       int          `json:"exit"`
	Why        string       `json:"why,omitempty"`
	Summary    jsonSummary  `json:"summary"`
	Results    []jsonResult `json:"results"`
	Chaos      []jsonTrial  `json:"chaos,omitzero"` // only where answers were interrupted
	Page       *jsonPage    `json:"page,omitempty"` // only where another origin was declared
	Remedies   []jsonRemedy `json:"remedies,omitempty"`
	Edge       *jsonEdge    `json:"edge,omitempty"` // only of the command edge
	Noise      *jsonNoise   `json:"control_noise_ms,omitempty"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonTarget struct {
	URL      string   `json:"url"`
	Name     string   `json:"name"`
	Profile  string   `json:"profile"`
	Promises []string `json:"promises"`
}

type jsonSummary struct {
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

type jsonResult struct {
	ID       string        `json:"id"`
	Title    string        `json:"title"`
	Level    string        `json:"level"`
	Verdict  string        `json:"verdict"`
	Seen     int           `json:"seen"`
	Reason   string        `json:"reason"`
	Clause   jsonClause    `json:"clause"`
	Findings []jsonFinding `json:"findings"`
	Fix      string        `json:"fix,omitempty"`
}

type jsonClause struct {
	Spec    string `json:"spec"`
	Section string `json:"section"`
	URL     string `json:"url"`
}

type jsonFinding struct {
	Message string    `json:"message"`
	Where   jsonWhere `json:"where"`
	AtMS    float64   `json:"at_ms"`
	Excerpt string    `json:"excerpt"`
	Hex     string    `json:"hex"`
}

// A jsonWhere counts bytes; where part is "head", fields. All is empty for what has no place.
type jsonWhere struct {
	Scene    string `json:"scene"`
	Exchange int    `json:"exchange"`
	Part     string `json:"part"` // body, raw or head
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	Event    int    `json:"event,omitempty"`
}

type jsonNoise struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// JSON writes one report as one JSON object.
func JSON(w io.Writer, r *Report) error { return encode(w, r.json()) }

// JSONArray writes the reports of several targets as one JSON array.
func JSONArray(w io.Writer, rs []*Report) error {
	all := make([]jsonReport, 0, len(rs))
	for _, r := range rs {
		all = append(all, r.json())
	}
	return encode(w, all)
}

func encode(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(visibly(b.Bytes()))
	return err
}

// visibly escapes what JSON lets stand in a string but a terminal may obey: DEL, the C1 controls, marks
// that turn text around. It means the same to every reader of JSON.
func visibly(b []byte) []byte {
	risky := func(r rune) bool { return r > '~' && !strconv.IsPrint(r) }
	if bytes.IndexFunc(b, risky) < 0 {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	for _, r := range string(b) {
		if !risky(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, u)
		}
	}
	return out
}

func (r *Report) json() jsonReport {
	b := r.Evidence.Bundle
	out := jsonReport{
		Schema: schema, Tool: jsonTool{"ssespec", r.Version}, Command: r.Command,
		Target:     jsonTarget{URL: b.Target.URL, Name: b.Name, Profile: r.Evidence.Profile(), Promises: b.Promises},
		DurationMS: ms(b.Duration), Requests: b.Requests, Seed: b.Seed, Partial: r.Partial,
		Exit: r.Exit, Why: r.Why, Summary: r.Summary().json(), Results: []jsonResult{}, Chaos: r.trialsJSON(), Page: r.pageJSON(), Remedies: r.remediesJSON(), Edge: r.edgeJSON(),
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
		out.Noise = &jsonNoise{ms(n.P50), ms(n.P99)}
	}
	return out
}

func (s Summary) json() jsonSummary {
	v := s.Verdicts
	return jsonSummary{Pass: v[checks.Pass], Fail: v[checks.Fail], NotApplicable: v[checks.NotApplicable],
		Inconclusive: v[checks.Inconclusive], Broken: v[checks.Broken], Waived: v[checks.Waived],
		Expected: v[checks.Expected], Judged: s.Judged, Rules: s.Rules}
}

func resultJSON(ev *checks.Evidence, x checks.Result) jsonResult {
	out := jsonResult{
		ID: x.ID, Title: x.Title, Level: x.Level.String(), Verdict: x.Verdict.String(), Seen: x.Seen,
		Reason: x.Reason, Clause: jsonClause{x.Clause.Spec, x.Clause.Section, x.Clause.URL}, Findings: []jsonFinding{},
	}
	for _, f := range x.Findings {
		out.Findings = append(out.Findings, findingJSON(ev, f))
	}
	if x.Verdict == checks.Fail {
		out.Fix = x.Fix
	}
	return out
}

func findingJSON(ev *checks.Evidence, f checks.Finding) jsonFinding {
	out := jsonFinding{Message: f.Message, AtMS: ms(f.At), Where: whereJSON(f)}
	if e, ok := find(ev, f.Where); ok {
		out.Excerpt, out.Hex = e.quote(), e.hex()
	}
	return out
}

func whereJSON(f checks.Finding) jsonWhere {
	w := f.Where
	return jsonWhere{string(w.Scene), w.Exchange, string(w.Part), w.Lo, w.Hi - w.Lo, f.Event}
}

// ms returns milliseconds, to the microsecond.
func ms(d time.Duration) float64 { return math.Round(float64(d)/1e3)/1e3 + 0 } // + 0: -0 is no number for a report
