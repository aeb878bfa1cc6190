package reconnect

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
)

// A tally collects findings on one view.
type tally struct {
	v     *checks.View
	found []checks.Finding
	n     int
}

// add takes a finding on the body bytes lo to hi.
func (t *tally) add(lo, hi int, format string, a ...any) {
	if t.n++; len(t.found) < checks.MaxFindings {
		t.found = append(t.found, t.v.At(lo, hi, fmt.Sprintf(format, a...)))
	}
}

// outcome is Fail if there is a finding, else Pass with the given words.
func (t *tally) outcome(seen int, format string, a ...any) checks.Outcome {
	out := checks.Judged(seen, t.found, format, a...)
	if t.n > len(t.found) {
		out.Reason = fmt.Sprintf("%s (and %d more)", t.found[0].Message, t.n-1)
	}
	return out
}

// count writes a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
