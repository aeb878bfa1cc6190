package excuse

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
)

// A Problem is a note of the book that is wrong, so that whoever trusts the book is misled.
type Problem struct {
	Kind         string // one of the kinds below
	Message      string // what is wrong, and what to do
	At           string // where the note is written
	Rule, Target string // as written
}

// The kinds of problems.
const (
	Stale     = "stale"     // it is expected to fail, and does not
	Unjudged  = "unjudged"  // it is expected to fail, and was not asked
	Unmatched = "unmatched" // nothing has that name
	Expired   = "expired"   // its last day is over
	Duplicate = "duplicate" // it is written twice
)

// refresh is what to do about an entry of the baseline that is not true.
const refresh = "take the entry out, or run ssespec baseline write"

// Rot returns what is wrong with the book after all cases, excused or not, sorted. Whole says that the cases are all
// there are, so that a target that is none of them does not exist.
func (b Book) Rot(cases []Case, whole bool) []Problem {
	out := b.duplicates()
	for _, e := range b.Expected {
		if kind, message := b.rot(e, cases, whole); kind != "" {
			out = append(out, Problem{kind, message, e.At, e.Rule, e.Target})
		}
	}
	for _, w := range b.Waivers {
		if message := w.rot(cases); message != "" {
			out = append(out, Problem{Expired, message, w.At, w.Rule, w.Target})
		}
	}
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.At, b.At))
	})
	return out
}

// rot says what is wrong with an entry of the baseline. Nothing is as long as the rule fails, may fail for all that was
// seen, or is known to be flaky: what never decides does not decide here either.
func (b Book) rot(e Expectation, cases []Case, whole bool) (kind, message string) {
	there, ran := false, false
	var seen []checks.Result
	for _, c := range cases {
		there = there || c.is(e.Target)
		ran = ran || e.covers(c)
		for _, r := range c.Results {
			if !e.concerns(c, r.Check) {
				continue
			}
			if seen = append(seen, r); b.alive(c, r) {
				return "", ""
			}
		}
	}
	switch {
	case len(seen) > 0:
		return Stale, fmt.Sprintf("%s %s now: %s", e.Rule, unlike(seen, e.Target), refresh)
	case ran && e.Run != "":
		return Unjudged, fmt.Sprintf("%s was not judged by %s on %s: %s", e.Rule, e.Run, place(e.Target), refresh)
	case !whole:
		return "", ""
	case ran:
		return Unjudged, fmt.Sprintf("%s was not judged on %s: %s", e.Rule, place(e.Target), refresh)
	case there:
		return Unmatched, fmt.Sprintf("%s was not run on %s: %s", e.Run, place(e.Target), refresh)
	}
	return Unmatched, fmt.Sprintf("there is no target %s: %s", e.Target, refresh)
}

// alive reports whether a result gives an entry of the baseline its reason to be.
func (b Book) alive(c Case, r checks.Result) bool {
	flaky := slices.ContainsFunc(b.Flaky, func(f Flaky) bool { return f.concerns(c, r.Check) })
	return flaky || failing(r) || unknown(r)
}

// failing reports whether a rule fails, excused or not.
func failing(r checks.Result) bool {
	return fails(r) || r.Verdict == checks.Waived && r.Level > checks.Fact
}

// unlike says what results do that were expected to fail, and do not.
func unlike(seen []checks.Result, target string) string {
	has := func(f func(checks.Result) bool) bool { return slices.ContainsFunc(seen, f) }
	switch {
	case has(func(r checks.Result) bool { return r.Verdict == checks.Pass }):
		return "passes on " + place(target)
	case has(func(r checks.Result) bool { return r.Level == checks.Fact }):
		return "is a fact, which never fails, on " + place(target)
	}
	return "does not apply to " + place(target)
}

// place names a target as written.
func place(target string) string {
	if target == "" || target == "*" {
		return "any target"
	}
	return target
}

// rot says what is wrong with a waiver: that its last day is over. It is so whether or not anything still fails.
func (w Waiver) rot(cases []Case) string {
	over, needed := false, false
	for _, c := range cases {
		over = over || w.expired(c.Day)
		needed = needed || slices.ContainsFunc(c.Results, func(r checks.Result) bool {
			return r.Verdict == checks.Fail && r.Level > checks.Fact && w.concerns(c, r.Check)
		})
	}
	ended := fmt.Sprintf("the waiver of %s on %s ended on %s", w.Rule, place(w.Target), w.Until.UTC().Format(time.DateOnly))
	switch {
	case !over:
		return ""
	case needed:
		return ended + ", and it still fails: mend it, or agree on another day"
	}
	return ended + ", and nothing needs it: take it out"
}

// duplicates returns every note that says again what one before it says.
func (b Book) duplicates() []Problem {
	var out []Problem
	first := map[[4]string]string{}
	add := func(kind, rule, target, run, at string) {
		key := [4]string{kind, rule, place(target), run}
		before, known := first[key]
		if !known {
			first[key] = at
			return
		}
		message := fmt.Sprintf("the %s of %s on %s is written twice", kind, rule, place(target))
		if before != "" {
			message += ", first at " + before
		}
		out = append(out, Problem{Duplicate, message + ": take one out", at, rule, target})
	}
	for _, e := range b.Expected {
		add("baseline entry", e.Rule, e.Target, e.Run, e.At)
	}
	for _, w := range b.Waivers {
		add("waiver", w.Rule, w.Target, "", w.At)
	}
	for _, f := range b.Flaky {
		add("known-flaky entry", f.Rule, f.Target, "", f.At)
	}
	return out
}
