package reports

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
)

// A weight is what a result means to a pipeline.
type weight int

const (
	upheld   weight = iota // the rule holds
	moot                   // it does not concern the target
	open                   // not judged, and it did not have to be
	pardoned               // it failed, and somebody wrote down why that does not count
	minor                  // it failed, which does not decide this run
	decisive               // it failed, which does
	faulty                 // broken, or not judged though it had to be
)

// weigh says what a result means to the run that it is of. Nothing of a run that ended well may turn a pipeline red.
func (d *Document) weigh(x Result) weight {
	switch x.Verdict {
	case checks.Pass.String():
		return upheld
	case checks.NotApplicable.String():
		return moot
	case checks.Fail.String():
		switch {
		case x.Excuse != nil:
			return pardoned
		case d.decides(x.Level):
			return decisive
		}
		return minor
	case checks.Broken.String(), checks.Inconclusive.String():
		if d.Exit != 0 && (x.Verdict == checks.Broken.String() || x.Required && x.Runs == nil) {
			return faulty
		}
		return open
	}
	return pardoned
}

// decides reports whether a failure of a level may be why the run failed. Where a document does not say what --fail-on was, how
// the run ended tells: 0 and 4 that no failure decided, and 1 that one did, even where all there are is advice.
func (d *Document) decides(level string) bool {
	switch {
	case d.Exit == 0 || d.Exit == 4 || level == checks.Fact.String():
		return false
	case d.FailOn == "never":
		return false
	case rankOf(d.FailOn) > 0:
		return rankOf(level) >= rankOf(d.FailOn)
	case level != checks.Advice.String():
		return true
	}
	return d.Exit == 1 && !slices.ContainsFunc(d.Results, func(x Result) bool {
		return x.Verdict == checks.Fail.String() && x.Excuse == nil && x.Level != checks.Advice.String() && x.Level != checks.Fact.String()
	})
}

// rankOf returns the level of a word, or 0.
func rankOf(level string) checks.Level {
	for l := checks.Fact; l <= checks.Must; l++ {
		if l.String() == level {
			return l
		}
	}
	return 0
}

// unshown reports whether the results do not show why the run did not end well: no rule says that a target was not there.
func (d *Document) unshown() bool {
	least := faulty
	switch d.Exit {
	case 0:
		return false
	case 3, 130:
		return true
	case 1:
		least = decisive
	}
	return !slices.ContainsFunc(d.Results, func(x Result) bool { return d.weigh(x) >= least })
}
