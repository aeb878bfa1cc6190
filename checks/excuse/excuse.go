// Package excuse says which failures do not count because somebody wrote down that they are known, and which of
// those notes have rotted. It is pure: the notes, the results and the day go in, new results and complaints come out.
//
// This package imports checks.
package excuse

import (
	"path"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
)

// A Waiver excuses failures for a time. Somebody answers for it.
type Waiver struct {
	Rule, Target, Reason, Owner string
	Until                       time.Time // the whole day counts, UTC
	At                          string    // where it is written: "ssespec.yml:12:5"
}

// An Expectation is one entry of the baseline: a rule that fails, and is known to.
type Expectation struct {
	Target, Run, Rule, Reason, At string // an empty Run stands for each
}

// A Flaky is a rule that is judged and shown, and never decides.
type Flaky struct{ Rule, Target, Reason, At string }

// A Book is all that was written down. Its rules are ids, families or patterns of them; its targets are patterns of
// names, or URLs, and an empty one stands for each.
type Book struct {
	Waivers  []Waiver
	Expected []Expectation
	Flaky    []Flaky
}

// A Case is the results of one report.
type Case struct {
	Target  string // its name, or the URL where it has none
	URL     string
	Run     string    // the command: "check", "chaos" or "edge"
	Day     time.Time // any moment of the day of the run
	Results []checks.Result
}

// Excuse returns the results of c, each failure that the book knows excused. What is known to be flaky goes before what
// is waived, and that before the baseline, so that an entry of the baseline does not outlive its waiver unseen.
func (b Book) Excuse(c Case) []checks.Result {
	out := make([]checks.Result, 0, len(c.Results))
	for _, r := range c.Results {
		out = append(out, b.excuse(c, r))
	}
	return out
}

func (b Book) excuse(c Case, r checks.Result) checks.Result {
	if r.Excuse != nil || r.Level == checks.Fact {
		return r
	}
	failed := r.Verdict == checks.Fail
	if !failed && r.Verdict != checks.Inconclusive {
		return r
	}
	switch e, verdict := b.find(c, r); {
	case e == nil:
	case failed:
		r.Excuse, r.Verdict = e, verdict
	case e.Kind == checks.KnownFlaky:
		r.Excuse, r.Required = e, false
	}
	return r
}

// find returns what the book says of a result that is not green, and the verdict of a failure so excused.
func (b Book) find(c Case, r checks.Result) (*checks.Excuse, checks.Verdict) {
	for _, f := range b.Flaky {
		if f.concerns(c, r.Check) {
			return &checks.Excuse{Kind: checks.KnownFlaky, Reason: f.Reason, At: f.At}, checks.Waived
		}
	}
	for _, w := range b.Waivers {
		if w.concerns(c, r.Check) && !w.expired(c.Day) {
			return &checks.Excuse{Kind: checks.ByWaiver, Reason: w.Reason, Owner: w.Owner, Until: w.Until.UTC().Format(time.DateOnly), At: w.At}, checks.Waived
		}
	}
	for _, e := range b.Expected {
		if e.concerns(c, r.Check) {
			return &checks.Excuse{Kind: checks.ByBaseline, Reason: e.Reason, At: e.At}, checks.Expected
		}
	}
	return nil, 0
}

func (f Flaky) concerns(c Case, k *checks.Check) bool {
	return c.belongs(f.Target) && matches(f.Rule, k)
}

func (w Waiver) concerns(c Case, k *checks.Check) bool {
	return c.belongs(w.Target) && matches(w.Rule, k)
}

func (e Expectation) concerns(c Case, k *checks.Check) bool {
	return e.covers(c) && matches(e.Rule, k)
}

// covers reports whether e is about what was run.
func (e Expectation) covers(c Case) bool {
	return c.is(e.Target) && (e.Run == "" || e.Run == c.Run)
}

// expired reports whether the last day of w is over.
func (w Waiver) expired(now time.Time) bool { return day(now).After(day(w.Until)) }

// day returns the beginning of a day, UTC.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// is reports whether a target as written stands for that of c. A URL is no pattern: ? and [ are its own.
func (c Case) is(target string) bool {
	if target == "" || target == "*" || target == c.Target || target == c.URL {
		return true
	}
	ok, _ := path.Match(target, c.Target)
	return ok && !strings.Contains(target, "://")
}

// belongs reports whether a target as written stands for that of c, or for the target to which the route of c leads: chat for
// chat@cdn. What is expected is one run's own, so that only waivers and flaky rules ask so.
func (c Case) belongs(target string) bool {
	if c.is(target) {
		return true
	}
	name, _, route := strings.Cut(c.Target, "@")
	c.Target = name
	return route && !strings.Contains(name, "://") && c.is(target)
}

// matches reports whether a rule as written stands for k.
func matches(rule string, k *checks.Check) bool {
	_, err := checks.Suite{k}.Match(rule)
	return err == nil
}
