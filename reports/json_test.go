package reports

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// The contract's JSON report, written down a second time and apart from the code, in the order of its keys.
type contractReport struct {
	Schema     int              `json:"schema"`
	Tool       contractTool     `json:"tool"`
	Command    string           `json:"command"`
	Run        string           `json:"run"`
	Target     contractTarget   `json:"target"`
	Began      string           `json:"began"`
	DurationMS float64          `json:"duration_ms"`
	Requests   int              `json:"requests"`
	Seed       int64            `json:"seed"`
	Partial    bool             `json:"partial,omitempty"`
	FailOn     string           `json:"fail_on,omitempty"`
	Exit       int              `json:"exit"`
	Why        string           `json:"why,omitempty"`
	Summary    contractSummary  `json:"summary"`
	Answer     []string         `json:"answer,omitempty"`
	Stream     []string         `json:"stream,omitempty"`
	Results    []contractResult `json:"results"`
	Noise      *contractNoise   `json:"control_noise_ms,omitempty"`
	Unshown    int              `json:"timelines_left_out,omitempty"`
	Timelines  []Timeline       `json:"timelines,omitempty"`
}

type contractTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type contractTarget struct {
	URL      string   `json:"url"`
	Name     string   `json:"name"`
	Profile  string   `json:"profile"`
	Method   string   `json:"method,omitempty"`
	Promises []string `json:"promises"`
	Source   *Source  `json:"source,omitempty"`
}

type contractSummary struct {
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

type contractResult struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Level    string            `json:"level"`
	Declared string            `json:"declared_level,omitempty"`
	Verdict  string            `json:"verdict"`
	Required bool              `json:"required,omitempty"`
	Runs     *Runs             `json:"runs,omitempty"`
	Excuse   *Excuse           `json:"excuse,omitempty"`
	Seen     int               `json:"seen"`
	Reason   string            `json:"reason"`
	Clause   contractClause    `json:"clause"`
	Findings []contractFinding `json:"findings"`
	Fix      string            `json:"fix,omitempty"`
}

type contractClause struct {
	Spec    string `json:"spec"`
	Section string `json:"section"`
	URL     string `json:"url"`
}

type contractFinding struct {
	Message string        `json:"message"`
	Where   contractWhere `json:"where"`
	AtMS    float64       `json:"at_ms"`
	Excerpt string        `json:"excerpt"`
	Hex     string        `json:"hex"`
}

type contractWhere struct {
	Scene    string `json:"scene"`
	Exchange int    `json:"exchange"`
	Part     string `json:"part"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	Event    int    `json:"event,omitempty"`
}

type contractNoise struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// strictly decodes all of b into v and refuses keys that v does not have.
func strictly(t *testing.T, b []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("something stands behind the report: %v", err)
	}
}

func jsonOf(t *testing.T, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, []*Document{r.Document()}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Decoded into the contract's types and encoded again, a report must be the same bytes: then it has
// exactly these keys, in exactly this order.
func TestJSONHasTheContractsKeysInOrder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"full", "empty", "no-answer", "no-head", "redirect", "http2"} {
		r := report(bundle(t, name))
		r.Exit, r.Why, r.Partial = 130, "interrupted", true
		got := jsonOf(t, r)
		var v contractReport
		strictly(t, got, &v)
		var again bytes.Buffer
		e := json.NewEncoder(&again)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		if got, want := closely(t, got), closely(t, again.Bytes()); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// closely takes the white space out of JSON: timelines have less of it.
func closely(t *testing.T, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestJSONSaysWhatTheReportSays(t *testing.T) {
	t.Parallel()
	r := failing(t)
	var v contractReport
	strictly(t, jsonOf(t, r), &v)
	if v.Schema != 1 || v.Tool.Name != "ssespec" || v.Command != "check" || v.Exit != 1 || v.Began != "2026-01-02T03:04:05Z" || v.DurationMS != 6812 || v.Seed != 42 {
		t.Errorf("the head of the report is %+v", v)
	}
	count := map[string]int{}
	for i, x := range v.Results {
		count[x.Verdict]++
		if (x.Fix != "") != (x.Verdict == "fail") {
			t.Errorf("%s: %s has the fix %q", x.ID, x.Verdict, x.Fix)
		}
		if want := len(r.Results[i].Findings); x.Findings == nil || len(x.Findings) != want {
			t.Errorf("%s: %d findings, want all %d", x.ID, len(x.Findings), want)
		}
		for _, f := range x.Findings {
			if math.IsNaN(f.AtMS) || math.IsInf(f.AtMS, 0) {
				t.Errorf("%s: at_ms is %v", x.ID, f.AtMS)
			}
		}
	}
	s := v.Summary
	got := []int{s.Pass, s.Fail, s.NotApplicable, s.Inconclusive, s.Broken, s.Waived, s.Expected}
	var want []int
	for _, verdict := range checks.Verdicts {
		want = append(want, count[verdict.String()])
	}
	if !slices.Equal(got, want) || slices.Contains(want, 0) {
		t.Errorf("the summary counts %v, the results are %v, and each must occur", got, want)
	}
	if s.Judged != s.Pass+s.Fail+s.Waived+s.Expected || s.Rules != len(v.Results) {
		t.Errorf("%d judged of %d rules: %+v", s.Judged, s.Rules, s)
	}
}

func TestJSONOfSeveralTargetsIsAnArray(t *testing.T) {
	t.Parallel()
	gated := failing(t)
	gated.Command = "gate"
	for _, ds := range [][]*Document{{}, {gated.Document()}, {failing(t).Document(), sound(t).Document(), failing(t).Document()}} {
		var b bytes.Buffer
		if err := JSON(&b, ds); err != nil {
			t.Fatal(err)
		}
		var v []contractReport
		strictly(t, b.Bytes(), &v)
		if len(v) != len(ds) || !strings.HasPrefix(b.String(), "[") {
			t.Errorf("%d reports are written as\n%s", len(ds), b.String())
		}
	}
}

func TestJSONIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, ds := range [][]*Document{{failing(t).Document()}, {failing(t).Document(), sound(t).Document()}, {crossing(t).Document()}} {
		var once, twice bytes.Buffer
		if err := JSON(&once, ds); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := JSON(&twice, again); err != nil {
			t.Fatal(err)
		}
		if once.String() != twice.String() {
			t.Errorf("the report\n%s\nis written anew as\n%s", once.String(), twice.String())
		}
	}
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "unexpected end",
		"{}":                                     "no report of ssespec",
		"[null]":                                 "no report of ssespec",
		`{"tool":{"name":"ssespec"},"schema":2}`: "its schema is 2",
		`{"tool":{"name":"ssespec"},"schema":1}`: "it has no results",
		`{"tool":{"name":"ssespec"},"schema":1,"results":[],"exit":5}`:                                     "5 is no exit code",
		`{"tool":{"name":"ssespec"},"schema":1,"results":[{"verdict":"fine"}]}`:                            `"fine" is no verdict`,
		`{"tool":{"name":"ssespec"},"schema":1,"results":[{"verdict":"fail","level":"shall"}]}`:            `"shall" is no level`,
		`{"tool":{"name":"ssespec"},"schema":1,"results":[],"chaos":[{"verdict":"whole"},{"verdict":""}]}`: `"" is no verdict on an interrupted answer`,
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want one that says %q", text, err, want)
		}
	}
}

// Nothing of a report may be null, and no number out of range, however little or odd the evidence.
func TestJSONOfOddEvidence(t *testing.T) {
	t.Parallel()
	odd := &wire.Bundle{Duration: math.MaxInt64, Seed: math.MinInt64, Noise: &wire.Noise{P50: math.MinInt64, P99: math.MaxInt64}}
	for _, b := range []*wire.Bundle{{}, odd} {
		ev := checks.NewEvidence(b)
		c := &checks.Check{ID: "demo/odd"}
		f := checks.Finding{Message: "m", At: -1, Where: wire.Span{Lo: -1, Hi: math.MaxInt}}
		for _, r := range []*Report{{Evidence: ev}, {Evidence: ev, Results: []checks.Result{{Check: c, Outcome: checks.Outcome{Verdict: checks.Fail, Findings: []checks.Finding{f}}}}}} {
			out := jsonOf(t, r)
			var v contractReport
			strictly(t, out, &v)
			if bytes.Contains(out, []byte("null")) || bytes.Contains(out, []byte("-0,")) {
				t.Errorf("the report holds a null or -0:\n%s", out)
			}
			text(t, Text{Verbose: true, Bytes: true}, r)
		}
	}
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]float64{0: 0, 1: 0, -1: 0, 431200 * time.Microsecond: 431.2, 1234567: 1.235, time.Hour: 3.6e6} {
		if got := ms(d); got != want || math.Signbit(got) {
			t.Errorf("%d ns are %v ms, want %v", d, got, want)
		}
	}
}
