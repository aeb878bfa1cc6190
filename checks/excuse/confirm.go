package excuse

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
)

// Confirm returns what to make of a failure that may have come from a bad moment, once the same was asked again. Two
// failures confirm it. One alone is Inconclusive and, even behind a promise, not required: what did not happen again
// cannot be shown to whoever is to mend it. A repeat that gave no verdict counts for nothing; where there is no other, the
// failure stands and says that it was seen once.
func Confirm(first checks.Result, again []checks.Result) checks.Result {
	if first.Verdict != checks.Fail || !first.Timing {
		return first
	}
	runs := checks.Runs{Failed: 1, Of: 1}
	for _, r := range again {
		if r.Verdict == checks.Fail {
			runs.Failed++
		}
		if r.Verdict == checks.Fail || r.Verdict == checks.Pass {
			runs.Of++
		}
		if runs.Failed == 2 {
			break
		}
	}
	if runs.Of == 1 {
		first.Reason += "; seen once: no second look could be had"
		return first
	}
	first.Runs = &runs
	if runs.Failed == 1 {
		first.Verdict, first.Required = checks.Inconclusive, false
		first.Reason = fmt.Sprintf("failed in 1 of %d runs: %s", runs.Of, first.Reason)
	}
	return first
}
