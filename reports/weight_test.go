package reports

import (
	"bytes"
	"slices"
	"testing"
)

func TestAFailureWeighsAsMuchAsTheRunSays(t *testing.T) {
	t.Parallel()
	failed := func(level string) Result { return Result{Verdict: "fail", Level: level} }
	excused := Result{Verdict: "fail", Level: "must", Excuse: &Excuse{Kind: "waiver"}}
	required, repeated := Result{Verdict: "inconclusive", Required: true}, Result{Verdict: "inconclusive", Required: true, Runs: &Runs{1, 3}}
	for _, tc := range []struct {
		name   string
		exit   int
		result Result
		beside []Result
		want   weight
	}{
		{"what passes holds", 1, Result{Verdict: "pass"}, nil, upheld},
		{"what does not apply is moot", 1, Result{Verdict: "not-applicable"}, nil, moot},
		{"a must fails the run", 1, failed("must"), nil, decisive},
		{"a should fails the run", 1, failed("should"), nil, decisive},
		{"advice does not beside a must", 1, failed("advice"), []Result{failed("must")}, minor},
		{"advice does where nothing else failed", 1, failed("advice"), []Result{{Verdict: "pass"}}, decisive},
		{"advice does where all else is excused", 1, failed("advice"), []Result{excused, failed("fact")}, decisive},
		{"a fact never does", 1, failed("fact"), nil, minor},
		{"nothing does where the run ended well", 0, failed("must"), nil, minor},
		{"nothing does where the run is inconclusive", 4, failed("must"), nil, minor},
		{"advice does not where something else ended the run", 3, failed("advice"), nil, minor},
		{"an excuse counts on a failure", 1, excused, nil, pardoned},
		{"what is waived is pardoned", 1, Result{Verdict: "waived", Level: "must"}, nil, pardoned},
		{"what is expected is pardoned", 1, Result{Verdict: "expected", Level: "must"}, nil, pardoned},
		{"a broken rule is at fault", 70, Result{Verdict: "broken"}, nil, faulty},
		{"a broken rule is not where the run ended well", 0, Result{Verdict: "broken"}, nil, open},
		{"what had to be judged is at fault", 4, required, nil, faulty},
		{"what failed once of three times is not", 1, repeated, nil, open},
		{"what did not have to be judged is not", 4, Result{Verdict: "inconclusive"}, nil, open},
	} {
		d := &Document{Exit: tc.exit, Results: append([]Result{tc.result}, tc.beside...)}
		if got := d.weigh(tc.result); got != tc.want {
			t.Errorf("%s: the weight is %d, want %d", tc.name, got, tc.want)
		}
	}
}

func TestWhatNoRuleShowsIsSaidOfTheRun(t *testing.T) {
	t.Parallel()
	failed, broken := Result{Verdict: "fail", Level: "must"}, Result{Verdict: "broken", Level: "must"}
	for _, tc := range []struct {
		name    string
		exit    int
		results []Result
		want    bool
	}{
		{"a run that ended well needs no word", 0, []Result{failed}, false},
		{"a failed rule shows why the run failed", 1, []Result{failed}, false},
		{"nothing shows why the run failed", 1, []Result{{Verdict: "pass"}}, true},
		{"no rule says that a target was not there", 3, []Result{failed, broken}, true},
		{"no rule says that the run was interrupted", 130, []Result{failed, broken}, true},
		{"a failure is no reason for an inconclusive run", 4, []Result{failed}, true},
		{"a required rule is", 4, []Result{{Verdict: "inconclusive", Required: true}}, false},
		{"a broken rule shows whose fault it was", 70, []Result{broken}, false},
		{"a failure does not", 70, []Result{failed}, true},
	} {
		if got := (&Document{Exit: tc.exit, Results: tc.results}).unshown(); got != tc.want {
			t.Errorf("%s: got %v", tc.name, got)
		}
	}
}

func TestDocumentsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	d := func(name, url, run string) *Document {
		return &Document{Run: run, Target: Target{Name: name, URL: url}}
	}
	got := labels([]*Document{d("chat", "u", "check"), d("", "http://x/\x1b", "check"), d("chat", "u", "edge"), d("chat", "u", "edge"), d("c.yml", "", "gate")})
	want := []string{"chat · check", `http://x/\x1b`, "chat · edge", "chat · edge (2)", "c.yml"}
	if !slices.Equal(got, want) {
		t.Errorf("the names are %q, want %q", got, want)
	}
}

func TestAnExcuseSaysAllThatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*Excuse{
		"waived":                       nil,
		"baseline (baseline.yml:12:5)": {Kind: "baseline", At: "baseline.yml:12:5"},
		"known-flaky: a slow disk":     {Kind: "known-flaky", Reason: "a slow disk"},
		"waiver until 2026-04-01, ops: it goes (w.yml:3:5)": {Kind: "waiver", Until: "2026-04-01", Owner: "ops", Reason: "it goes", At: "w.yml:3:5"},
	} {
		if got := (Result{Verdict: "waived", Excuse: e}).pardon(); got != want {
			t.Errorf("the excuse reads %q, want %q", got, want)
		}
	}
}

// What --json wrote, read again, must give every format the bytes that the run gave it.
func TestFormatsAreMadeOfWhatTheJSONReportHolds(t *testing.T) {
	t.Parallel()
	var kept bytes.Buffer
	if err := JSON(&kept, gated(t)); err != nil {
		t.Fatal(err)
	}
	again, err := Read(&kept)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats {
		if got, want := written(t, f.Write, again), written(t, f.Write, gated(t)); got != want {
			t.Errorf("%s: from the JSON report comes\n%s\nwant\n%s", f.Name, got, want)
		}
	}
}

func TestFailOnSaysWhichFailuresDecide(t *testing.T) {
	t.Parallel()
	for failOn, want := range map[string][]string{"": {"must", "should"}, "must": {"must"}, "should": {"must", "should"}, "advice": {"must", "should", "advice"}, "never": nil} {
		d := &Document{Exit: 1, FailOn: failOn}
		for _, level := range []string{"must", "should", "advice", "fact"} {
			d.Results = append(d.Results, Result{Level: level, Verdict: "fail"})
		}
		var got []string
		for _, x := range d.Results {
			if d.weigh(x) == decisive {
				got = append(got, x.Level)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("--fail-on %q: failures of %q decide, want %q", failOn, got, want)
		}
	}
}
