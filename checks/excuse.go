package checks

// An Excuse says why a result does not count: somebody wrote down that it was known.
type Excuse struct {
	Kind   string // one of the kinds below
	Reason string
	Owner  string // who answers for a waiver
	Until  string // the last day on which a waiver holds: "2026-12-31"
	At     string // where it is written: "ssespec.yml:12:5"
}

// The kinds of excuses.
const (
	ByWaiver   = "waiver"      // for a time
	ByBaseline = "baseline"    // until it passes
	KnownFlaky = "known-flaky" // it never decides
)

// Runs says in how many runs a rule failed, and of how many that judged it.
type Runs struct{ Failed, Of int }
