package excuse

import (
	"cmp"
	"slices"

	"github.com/ssespec/ssespec/checks"
)

// Expect returns the baseline that expects what failed, sorted. The cases are excused ones: what is waived or known to
// be flaky is no matter of the baseline. Where a rule could not be judged, what was expected of it before stays so.
func Expect(cases []Case, old []Expectation) []Expectation {
	var out []Expectation
	for _, c := range cases {
		for _, r := range c.Results {
			before := slices.IndexFunc(old, func(e Expectation) bool { return e.concerns(c, r.Check) })
			e := Expectation{Target: c.Target, Run: c.Run, Rule: r.ID}
			if before >= 0 {
				e.Reason, e.At = old[before].Reason, old[before].At
			}
			if fails(r) || unknown(r) && before >= 0 {
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, compare)
	return slices.CompactFunc(out, func(a, b Expectation) bool { return compare(a, b) == 0 })
}

// Elsewhere returns the entries of targets and runs that are not among the cases: who ran only a part keeps them.
func Elsewhere(cases []Case, old []Expectation) []Expectation {
	return slices.DeleteFunc(slices.Clone(old), func(e Expectation) bool {
		return slices.ContainsFunc(cases, e.covers)
	})
}

func compare(a, b Expectation) int {
	return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Rule, b.Rule))
}

// fails reports whether a rule fails for all that the baseline has a say in.
func fails(r checks.Result) bool {
	return r.Level > checks.Fact && (r.Verdict == checks.Fail || r.Verdict == checks.Expected)
}

// unknown reports whether a rule may fail for all that was seen.
func unknown(r checks.Result) bool {
	return r.Level > checks.Fact && r.Excuse == nil && (r.Verdict == checks.Inconclusive || r.Verdict == checks.Broken)
}
