package excuse_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
)

// The words that books and cases are made of: few, so that they meet.
var (
	names    = rapid.SampledFrom([]string{"chat", "feed", "http://h/a?b=[1]"})
	patterns = rapid.SampledFrom([]string{"", "*", "chat", "ch*", "feed", "http://h/a?b=[1]", "nobody"})
	commands = rapid.SampledFrom([]string{"check", "chaos", "edge"})
	rules    = rapid.SampledFrom([]string{"framing/utf8", "framing", "*", "reconnect/*", "liveness/keepalive", "cors/none"})
	days     = rapid.SampledFrom([]string{"2026-11-25", "2026-11-26", "2026-11-27"})
	verdicts = rapid.SampledFrom([]checks.Verdict{checks.Pass, checks.Fail, checks.Fail, checks.NotApplicable, checks.Inconclusive, checks.Broken})
	levels   = rapid.SampledFrom([]checks.Level{checks.Fact, checks.Advice, checks.Should, checks.Must})
)

// books are books of all kinds of notes.
func books() *rapid.Generator[excuse.Book] {
	return rapid.Custom(func(t *rapid.T) excuse.Book {
		return excuse.Book{
			Waivers: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) excuse.Waiver {
				return excuse.Waiver{Rule: rules.Draw(t, "rule"), Target: patterns.Draw(t, "target"), Until: day(days.Draw(t, "until")), Reason: "r", Owner: "o"}
			}), 0, 3).Draw(t, "waivers"),
			Expected: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) excuse.Expectation {
				return excuse.Expectation{Rule: rules.Draw(t, "rule"), Target: patterns.Draw(t, "target"), Run: rapid.SampledFrom([]string{"", "check", "chaos"}).Draw(t, "run")}
			}), 0, 3).Draw(t, "expected"),
			Flaky: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) excuse.Flaky {
				return excuse.Flaky{Rule: rules.Draw(t, "rule"), Target: patterns.Draw(t, "target")}
			}), 0, 2).Draw(t, "flaky"),
		}
	})
}

// cases are those of a gate: several targets, some of them run in several ways.
func cases() *rapid.Generator[[]excuse.Case] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) excuse.Case {
		c := excuse.Case{Target: names.Draw(t, "target"), URL: "http://h/", Run: commands.Draw(t, "run"), Day: day("2026-11-26")}
		for _, k := range []*checks.Check{utf8, retry, late} {
			r := at(levels.Draw(t, "level"), result(k, verdicts.Draw(t, "verdict")))
			r.Required = rapid.Bool().Draw(t, "required")
			c.Results = append(c.Results, r)
		}
		return c
	}), 0, 4)
}

// excused returns the cases as a book sees them.
func excused(b excuse.Book, cs []excuse.Case) []excuse.Case {
	out := slices.Clone(cs)
	for i, c := range out {
		out[i].Results = b.Excuse(c)
	}
	return out
}

// law holds a property against many books and cases.
func law(t *testing.T, holds func(t *rapid.T, b excuse.Book, cs []excuse.Case)) {
	t.Helper()
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { holds(t, books().Draw(t, "book"), cases().Draw(t, "cases")) })
}

func same(t *rapid.T, got, want any) {
	if d := cmp.Diff(got, want, cmpopts.IgnoreFields(checks.Result{}, "Check"), cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
}

func TestExcusingTwiceIsExcusingOnce(t *testing.T) {
	law(t, func(t *rapid.T, b excuse.Book, cs []excuse.Case) {
		once := excused(b, cs)
		same(t, excused(b, once), once)
	})
}

func TestAnEmptyBookChangesNothing(t *testing.T) {
	law(t, func(t *rapid.T, _ excuse.Book, cs []excuse.Case) {
		same(t, excused(excuse.Book{}, cs), cs)
		same(t, excuse.Book{}.Rot(cs, true), []excuse.Problem{})
	})
}

func TestNoResultDisappearsAndOnlyFailuresChange(t *testing.T) {
	law(t, func(t *rapid.T, b excuse.Book, cs []excuse.Case) {
		for i, c := range excused(b, cs) {
			if len(c.Results) != len(cs[i].Results) {
				t.Fatalf("%d results became %d", len(cs[i].Results), len(c.Results))
			}
			for k, r := range c.Results {
				was := cs[i].Results[k]
				switch {
				case r.ID != was.ID || r.Level != was.Level || r.Reason != was.Reason:
					t.Errorf("%+v became %+v", was, r)
				case r.Verdict != was.Verdict && was.Verdict != checks.Fail:
					t.Errorf("a %s became a %s", was.Verdict, r.Verdict)
				case (r.Verdict != was.Verdict || r.Required != was.Required) && r.Excuse == nil:
					t.Errorf("%+v changed without an excuse", r)
				}
			}
		}
	})
}

func TestNothingFailsThatTheBaselineWasWrittenFrom(t *testing.T) {
	law(t, func(t *rapid.T, b excuse.Book, cs []excuse.Case) {
		b.Expected = excuse.Expect(excused(b, cs), b.Expected)
		for _, c := range excused(b, cs) {
			for _, r := range c.Results {
				if r.Verdict == checks.Fail && r.Level > checks.Fact {
					t.Errorf("%s still fails on %s", r.ID, c.Target)
				}
			}
		}
	})
}

func TestABaselineThatWasJustWrittenHasNotRotted(t *testing.T) {
	law(t, func(t *rapid.T, b excuse.Book, cs []excuse.Case) {
		seen := excused(b, cs)
		fresh := excuse.Book{Expected: excuse.Expect(seen, b.Expected)}
		same(t, fresh.Rot(seen, true), []excuse.Problem{})
		same(t, excuse.Expect(seen, fresh.Expected), fresh.Expected)
	})
}

func TestTheOrderOfCasesDoesNotMatter(t *testing.T) {
	law(t, func(t *rapid.T, b excuse.Book, cs []excuse.Case) {
		turned := slices.Clone(cs)
		slices.Reverse(turned)
		same(t, b.Rot(turned, true), b.Rot(cs, true))
		same(t, excuse.Expect(turned, b.Expected), excuse.Expect(cs, b.Expected))
	})
}
