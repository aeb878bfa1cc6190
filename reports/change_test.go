package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// run is a document of some results: "must a fail" is a rule, its level and verdict; * behind it an excuse.
func run(lines ...string) *Document {
	d := &Document{Run: "check", Target: Target{Name: "chat"}}
	for _, l := range lines {
		words := strings.Fields(l)
		x := Result{Level: words[0], ID: words[1], Verdict: strings.TrimSuffix(words[2], "*"), Reason: "says " + words[1]}
		if x.Verdict != words[2] {
			x.Excuse = &Excuse{Kind: "waiver"}
		}
		d.Results = append(d.Results, x)
		d.Summary.Judged++
	}
	return d
}

// turnsOf returns changes in short: "worse a pass fail".
func turnsOf(all []Change) []string {
	var out []string
	for _, c := range all {
		out = append(out, strings.Join(strings.Fields(fmt.Sprint(c.Turn, " ", c.What, " ", c.Old, " ", c.New)), " "))
	}
	return out
}

func TestEachTurnOfARule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ old, new, want string }{
		{"must a pass", "must a pass", ""},
		{"must a fail", "must a fail", ""},
		{"must a pass", "must a fail", "worse a pass fail"},
		{"must a not-applicable", "must a fail", "worse a not-applicable fail"},
		{"must a inconclusive", "must a fail", "worse a inconclusive fail"},
		{"must a waived*", "must a fail", "worse a waived fail"},
		{"should a fail", "must a fail", "worse a fail (should) fail (must)"},
		{"must a fail", "advice a fail", "better a fail (must) fail (advice)"},
		{"must a fail", "must a pass", "better a fail pass"},
		{"must a fail", "must a not-applicable", "better a fail not-applicable"},
		{"must a expected*", "must a pass", "better a expected pass"},
		{"must a pass", "must a fail*", "excused now a pass fail"},
		{"must a fail", "must a waived*", "excused now a fail waived"},
		{"must a fail", "must a inconclusive", "no longer judged a fail inconclusive"},
		{"must a pass", "must a broken", "no longer judged a pass broken"},
		{"must a inconclusive", "must a pass", "judged now a inconclusive pass"},
		{"must a inconclusive", "must a waived*", "excused now a inconclusive waived"},
		{"must a pass", "must a not-applicable", ""},
		{"must b pass", "must a fail", "new a fail, gone b pass"},
		{"must a inconclusive", "must a not-applicable", ""},
		{"must a not-applicable", "must a inconclusive", ""},
		{"must a not-applicable", "must a pass", ""},
		{"must a not-applicable", "must a waived*", "excused now a not-applicable waived"},
		{"must a waived*", "must a not-applicable", "better a waived not-applicable"},
		{"must a waived*", "must a inconclusive", "no longer judged a waived inconclusive"},
		{"must b not-applicable", "must a pass", ""},
		{"must b inconclusive", "must a waived*", ""},
		{"fact a pass", "fact a fail", ""},
		{"fact a inconclusive", "fact a pass", ""},
		{"fact a pass", "must a pass", ""},
	} {
		got := strings.Join(turnsOf(Compare([]*Document{run(tc.old)}, []*Document{run(tc.new)})), ", ")
		if got != tc.want {
			t.Errorf("%s, then %s: got %q, want %q", tc.old, tc.new, got, tc.want)
		}
	}
}

func TestWholeRunsAreCompared(t *testing.T) {
	t.Parallel()
	ended := func(d *Document, exit int) *Document { d.Exit, d.Why = exit, "because"; return d }
	named := func(d *Document, name, run string) *Document { d.Target.Name, d.Run = name, run; return d }
	silent := func() *Document {
		d := ended(run("must a inconclusive"), 3)
		d.Summary.Judged = 0
		return d
	}
	for _, tc := range []struct {
		name     string
		old, new []*Document
		want     string
	}{
		{"the end is told first", []*Document{run("must a pass")}, []*Document{ended(run("must a fail"), 1)}, "worse PASS FAIL, worse a pass fail"},
		{"a target that went away", []*Document{run("must a pass")}, []*Document{silent()}, "worse PASS NO STREAM"},
		{"a target that came back", []*Document{silent()}, []*Document{run("must a pass")}, "better NO STREAM PASS"},
		{"a target that came back and fails", []*Document{silent()}, []*Document{ended(run("must a fail"), 1)}, "worse a inconclusive fail, better NO STREAM FAIL"},
		{"a run that is not made any more", []*Document{run("must a pass"), named(run("must b pass"), "chat", "chaos")}, []*Document{run("must a pass")}, "gone PASS"},
		{"a new target", []*Document{run("must a pass")}, []*Document{run("must a pass"), ended(named(run("must b fail", "must c pass"), "other", "check"), 1)}, "new b fail"},
		{"a new target that is not there", nil, []*Document{silent()}, "new NO STREAM"},
		{"a new target that is sound", nil, []*Document{run("must a pass")}, ""},
		{"the same target twice", []*Document{run("must a pass"), run("must a fail")}, []*Document{run("must a pass"), run("must a pass")}, "better a fail pass"},
		{"another order", []*Document{run("must a pass"), named(run("must a fail"), "b", "check")}, []*Document{named(run("must a fail"), "b", "check"), run("must a pass")}, ""},
	} {
		if got := strings.Join(turnsOf(Compare(tc.old, tc.new)), ", "); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestChangesAreToldWorstFirst(t *testing.T) {
	t.Parallel()
	old := run("advice a pass", "must b pass", "must c fail", "must d pass", "must e inconclusive", "must f pass", "should g pass", "must h pass")
	now := run("advice a fail", "must b fail", "must c pass", "must d inconclusive", "must e pass", "should g fail", "must h waived*", "must i fail")
	got := turnsOf(Compare([]*Document{old}, []*Document{now}))
	want := []string{"worse b pass fail", "worse g pass fail", "worse a pass fail", "new i fail", "no longer judged d pass inconclusive",
		"excused now h pass waived", "better c fail pass", "judged now e inconclusive pass", "gone f pass"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTrialsAreComparedByTheirSchedule(t *testing.T) {
	t.Parallel()
	campaign := func(verdicts ...string) []*Document {
		d := run()
		for i, v := range verdicts {
			d.Chaos = append(d.Chaos, Trial{Schedule: fmt.Sprint("event:", i/2), Verdict: v, Reproduce: "ssespec chaos"})
		}
		return []*Document{d}
	}
	got := turnsOf(Compare(campaign("whole", "lost", "whole", "duplicated", "inconclusive", "whole", "inconclusive", "inconclusive"),
		campaign("lost", "whole", "refused", "reordered", "whole", "inconclusive", "lost", "expired")))
	want := []string{"worse event:0 whole lost", "worse event:1 whole refused", "worse event:1 duplicated reordered", "worse event:3 inconclusive lost",
		"no longer judged event:2 whole inconclusive", "better event:0 lost whole", "judged now event:2 inconclusive whole", "judged now event:3 inconclusive expired"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// verdictsDrawn draws two runs over the same rules.
func verdictsDrawn(t *rapid.T) (old, new []*Document) {
	lines := func(label string) []string {
		var out []string
		for i := range 6 {
			words := append(slices.Clone(verdicts), "fail*")
			level := rapid.SampledFrom([]string{"must", "should", "advice", "fact"}).Draw(t, label)
			out = append(out, fmt.Sprintf("%s rule-%d %s", level, i, rapid.SampledFrom(words).Draw(t, label)))
		}
		return out
	}
	return []*Document{run(lines("old")...)}, []*Document{run(lines("new")...)}
}

func TestComparingHoldsWhateverTheVerdicts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		old, now := verdictsDrawn(t)
		if got := Compare(now, now); len(got) > 0 {
			t.Errorf("a run differs from itself: %v", turnsOf(got))
		}
		worse := map[string]bool{}
		for _, c := range Compare(old, now) {
			worse[c.What] = c.Turn == Worse
			i := slices.IndexFunc(now[0].Results, func(x Result) bool { return x.ID == c.What })
			if x := now[0].Results[i]; c.Turn == Worse && (x.Verdict != "fail" || x.Excuse != nil) {
				t.Errorf("%s is worse, and %s", x.ID, x.Verdict)
			}
		}
		for _, c := range Compare(now, old) {
			if c.Turn == Worse && worse[c.What] {
				t.Errorf("%s is worse in both directions", c.What)
			}
			delete(worse, c.What)
		}
		for what := range worse {
			t.Errorf("%s changed in one direction only", what)
		}
	})
}
