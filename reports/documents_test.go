package reports

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// gated is what a gate over three targets gives: one is sound, one is not, one is not there. Of the second there are two runs.
func gated(t testing.TB) []*Document {
	t.Helper()
	out := []*Document{
		placed(sound(t).Document(), "sound", 3),
		placed(broken(t), "broken", 9),
		placed(interrupted(oneOfEach()).Document(), "broken", 9),
		placed(unreachable(t), "unreachable", 21),
		ofItsFiles(),
	}
	for _, d := range out {
		d.Command = "gate"
	}
	return out
}

// placed says where a target stands in the configuration.
func placed(d *Document, name string, line int) *Document {
	d.Target.Name, d.Target.Source = name, &Source{File: "ssespec.yml", Line: line, Column: 11}
	return d
}

// broken has a failure of each level, all that can excuse one, and one that did not come again.
func broken(t testing.TB) *Document {
	t.Helper()
	d := failing(t).Document()
	for i := range d.Results {
		switch x := &d.Results[i]; x.ID {
		case "demo/waived":
			x.Excuse = &Excuse{Kind: "waiver", Reason: "the old gateway goes in March", Owner: "ops", Until: "2026-04-01", At: "ssespec-waivers.yml:3:5"}
		case "demo/expected":
			x.Excuse = &Excuse{Kind: "baseline", At: "ssespec-baseline.yml:12:5"}
		case "demo/long-a":
			x.Runs, x.Reason = &Runs{Failed: 1, Of: 3}, "failed in 1 of 3 runs: the heartbeat came late"
		case "demo/long-b":
			x.Required = true
		}
	}
	return d
}

// unreachable is a target of which nothing can be judged.
func unreachable(t testing.TB) *Document {
	t.Helper()
	r := report(bundle(t, "no-answer"))
	r.Exit, r.Why, r.Results = 3, "127.0.0.1:9 refused the connection", r.Results[:2]
	return r.Document()
}

// ofItsFiles is what a gate says of its baseline and its waivers.
func ofItsFiles() *Document {
	says := func(id, title, message string) Result {
		return Result{ID: id, Title: title, Level: "must", Verdict: "fail", Seen: 2, Reason: message,
			Findings: []Finding{{Message: message}}, Fix: "Take the entry out."}
	}
	results := []Result{
		says("gate/baseline", "The baseline must be what fails", "ssespec-baseline.yml:4:5: framing/utf8 passes on sound now"),
		says("gate/waivers", "Waivers must not have expired", "ssespec-waivers.yml:9:5: the waiver of demo/* for broken expired on 2025-12-31"),
	}
	return &Document{Schema: schema, Tool: Tool{"ssespec", "0.1.0"}, Run: "gate", Target: Target{Name: "ssespec.yml", Promises: []string{}},
		Began: "2026-01-02T03:04:05Z", DurationMS: 6900, Exit: 1, Why: "1 baseline entry is stale, 1 waiver has expired",
		Summary: Counts{Fail: 2, Judged: 2, Rules: 2}, Results: results}
}

// injections are what may mean something to a format, or to who shows it.
var injections = "<script>alert(1)</script> ]]> \x1b[31m \u202e \n::error::x\n# head | `` ``` ~~~ @everyone #1 [a](javascript:x) ![b](http://evil.example/) &lt; \xff \x00"

// spoiled puts s behind every string of documents but the words of the contract.
func spoiled(ds []*Document, s string) []*Document {
	for _, d := range ds {
		spoil(reflect.ValueOf(d).Elem(), s)
	}
	return ds
}

func spoil(v reflect.Value, s string) {
	words := []string{"Command", "Run", "Level", "Declared", "Verdict"}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + s)
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem(), s)
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i), s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !slices.Contains(words, v.Type().Field(i).Name) {
				spoil(v.Field(i), s)
			}
		}
	}
}

func TestTheGateOfTheseTestsHasEveryVerdict(t *testing.T) {
	t.Parallel()
	var got []string
	for _, d := range gated(t) {
		for _, x := range d.Results {
			got = append(got, x.Verdict)
		}
	}
	for _, v := range verdicts {
		if !slices.Contains(got, v) {
			t.Errorf("no result is %s: %s", v, strings.Join(got, " "))
		}
	}
}
