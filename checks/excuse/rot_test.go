package excuse_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
)

func TestRot(t *testing.T) {
	with := func(e excuse.Expectation, change func(*excuse.Expectation)) excuse.Expectation { change(&e); return e }
	fail, pass := run(result(utf8, checks.Fail)), run(result(utf8, checks.Pass))
	over, overAll := waiver, waiver
	over.Until, overAll.Until, overAll.Target = day("2026-11-25"), day("2026-11-25"), "*"
	for _, tc := range []struct {
		says  string
		book  excuse.Book
		cases []excuse.Case
		part  bool // the cases are not all there are
		want  []string
	}{
		{says: "nothing is wrong with what still fails", book: expectations(expected), cases: []excuse.Case{fail}},
		{says: "nor with what was excused", book: expectations(expected), cases: []excuse.Case{run(result(utf8, checks.Expected))}},
		{says: "nor with what a waiver excuses besides", book: expectations(expected), cases: []excuse.Case{run(result(utf8, checks.Waived))}},
		{says: "what passes now is stale", book: expectations(expected), cases: []excuse.Case{pass},
			want: []string{"stale b:1:1 framing/utf8 passes on chat now: take the entry out, or run ssespec baseline write"}},
		{says: "what does not apply now is stale", book: expectations(expected), cases: []excuse.Case{run(result(utf8, checks.NotApplicable))},
			want: []string{"stale b:1:1 framing/utf8 does not apply to chat now: take the entry out, or run ssespec baseline write"}},
		{says: "what became a fact is stale", book: expectations(expected), cases: []excuse.Case{run(at(checks.Fact, result(utf8, checks.Fail)))},
			want: []string{"stale b:1:1 framing/utf8 is a fact, which never fails, on chat now: take the entry out, or run ssespec baseline write"}},
		{says: "what could not be judged may still fail", book: expectations(expected), cases: []excuse.Case{run(result(utf8, checks.Inconclusive))}},
		{says: "what is broken may still fail", book: expectations(expected), cases: []excuse.Case{run(result(utf8, checks.Broken))}},
		{says: "what fails on one of several hops is not stale", book: expectations(expected), cases: []excuse.Case{pass, fail}},
		{says: "what fails in another run is none of this entry's", book: expectations(expected), cases: []excuse.Case{pass, of(fail, "chat", "chaos")},
			want: []string{"stale b:1:1 framing/utf8 passes on chat now: take the entry out, or run ssespec baseline write"}},
		{says: "an entry of a family lives as long as one rule fails", book: expectations(with(expected, func(e *excuse.Expectation) { e.Rule = "*" })),
			cases: []excuse.Case{run(result(utf8, checks.Pass), result(retry, checks.Fail))}},
		{says: "what never decides makes no entry stale", book: excuse.Book{Expected: []excuse.Expectation{expected}, Flaky: []excuse.Flaky{flaky}}, cases: []excuse.Case{pass}},
		{says: "what was not asked is a problem", book: expectations(expected), cases: []excuse.Case{run(result(retry, checks.Fail))}, part: true,
			want: []string{"unjudged b:1:1 framing/utf8 was not judged by check on chat: take the entry out, or run ssespec baseline write"}},
		{says: "what no run asked is one where all were made", book: expectations(with(expected, func(e *excuse.Expectation) { e.Run = "" })), cases: []excuse.Case{run()},
			want: []string{"unjudged b:1:1 framing/utf8 was not judged on chat: take the entry out, or run ssespec baseline write"}},
		{says: "and may be asked in a run that was not made", book: expectations(with(expected, func(e *excuse.Expectation) { e.Run = "" })), cases: []excuse.Case{run()}, part: true},
		{says: "a run that is never made is a problem", book: expectations(with(expected, func(e *excuse.Expectation) { e.Run = "edge" })), cases: []excuse.Case{fail},
			want: []string{"unmatched b:1:1 edge was not run on chat: take the entry out, or run ssespec baseline write"}},
		{says: "a target that is not there is a problem", book: expectations(with(expected, func(e *excuse.Expectation) { e.Target = "chta" })), cases: []excuse.Case{fail},
			want: []string{"unmatched b:1:1 there is no target chta: take the entry out, or run ssespec baseline write"}},
		{says: "and may be one that was left out", book: expectations(with(expected, func(e *excuse.Expectation) { e.Target = "chta" })), cases: []excuse.Case{fail}, part: true},
		{says: "a waiver that holds is none", book: waivers(waiver), cases: []excuse.Case{pass}},
		{says: "a waiver that has ended is, where it is needed", book: waivers(over), cases: []excuse.Case{fail},
			want: []string{"expired w:1:1 the waiver of framing/utf8 on chat ended on 2026-11-25, and it still fails: mend it, or agree on another day"}},
		{says: "and where it is not", book: waivers(overAll), cases: []excuse.Case{pass},
			want: []string{"expired w:1:1 the waiver of framing/utf8 on any target ended on 2026-11-25, and nothing needs it: take it out"}},
		{says: "what is written twice is a problem", book: excuse.Book{
			Waivers:  []excuse.Waiver{waiver, waiver},
			Expected: []excuse.Expectation{expected, with(expected, func(e *excuse.Expectation) { e.Run = "" }), with(expected, func(e *excuse.Expectation) { e.At = "b:9:1" })},
			Flaky:    []excuse.Flaky{{Rule: "cors", Target: "*", At: "f:1:1"}, {Rule: "cors", At: "f:2:1"}},
		}, cases: []excuse.Case{fail}, want: []string{
			"duplicate f:2:1 the known-flaky entry of cors on any target is written twice, first at f:1:1: take one out",
			"duplicate b:9:1 the baseline entry of framing/utf8 on chat is written twice, first at b:1:1: take one out",
			"duplicate w:1:1 the waiver of framing/utf8 on chat is written twice, first at w:1:1: take one out",
		}},
	} {
		t.Run(tc.says, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range tc.book.Rot(tc.cases, !tc.part) {
				got = append(got, p.Kind+" "+p.At+" "+p.Message)
			}
			if d := cmp.Diff(got, tc.want); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestExpect(t *testing.T) {
	excused := func(c *checks.Check, v checks.Verdict, kind string) checks.Result {
		r := result(c, v)
		r.Excuse = &checks.Excuse{Kind: kind}
		return r
	}
	old := []excuse.Expectation{{Target: "ch*", Rule: "framing", Reason: "since ever"}, {Target: "gone", Rule: "framing/utf8"}}
	for _, tc := range []struct {
		says string
		in   []excuse.Case
		want []excuse.Expectation
	}{
		{"what fails is expected, sorted, with the reasons that were there",
			[]excuse.Case{of(run(result(retry, checks.Fail)), "feed", "chaos"), run(result(retry, checks.Fail), result(utf8, checks.Fail))},
			[]excuse.Expectation{{Target: "chat", Run: "check", Rule: "framing/utf8", Reason: "since ever"}, {Target: "chat", Run: "check", Rule: "reconnect/retry-range"}, {Target: "feed", Run: "chaos", Rule: "reconnect/retry-range"}}},
		{"what was expected stays expected", []excuse.Case{run(excused(retry, checks.Expected, checks.ByBaseline))},
			[]excuse.Expectation{{Target: "chat", Run: "check", Rule: "reconnect/retry-range"}}},
		{"what is waived or flaky is not", []excuse.Case{run(excused(retry, checks.Waived, checks.ByWaiver), excused(utf8, checks.Inconclusive, checks.KnownFlaky))}, nil},
		{"a fact is not", []excuse.Case{run(at(checks.Fact, result(utf8, checks.Fail)))}, nil},
		{"what could not be judged stays if it was there", []excuse.Case{run(result(utf8, checks.Inconclusive), result(retry, checks.Inconclusive))},
			[]excuse.Expectation{{Target: "chat", Run: "check", Rule: "framing/utf8", Reason: "since ever"}}},
		{"what fails on two hops is written once", []excuse.Case{run(result(retry, checks.Fail)), run(result(retry, checks.Fail))},
			[]excuse.Expectation{{Target: "chat", Run: "check", Rule: "reconnect/retry-range"}}},
		{"what passes is not expected any more", []excuse.Case{run(result(utf8, checks.Pass))}, nil},
	} {
		t.Run(tc.says, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(excuse.Expect(tc.in, old), tc.want); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestElsewhereKeepsWhatWasNotRun(t *testing.T) {
	chaos := excuse.Expectation{Target: "chat", Run: "chaos", Rule: "resume/gap"}
	other := excuse.Expectation{Target: "feed", Rule: "framing/utf8"}
	got := excuse.Elsewhere([]excuse.Case{run()}, []excuse.Expectation{expected, chaos, other})
	if d := cmp.Diff(got, []excuse.Expectation{chaos, other}); d != "" {
		t.Error(d)
	}
}
