package checks

import "fmt"

// A Tally collects findings on one view.
type Tally struct {
	View  *View
	found []Finding
	N     int // how many there are, of which found keeps some
}

// Add takes a finding on the body bytes lo to hi.
func (t *Tally) Add(lo, hi int, format string, a ...any) {
	if t.N++; len(t.found) < MaxFindings {
		t.found = append(t.found, t.View.At(lo, hi, fmt.Sprintf(format, a...)))
	}
}

// Outcome is Fail if there is a finding, else Pass with the given words.
func (t *Tally) Outcome(seen int, format string, a ...any) Outcome {
	out := Judged(seen, t.found, format, a...)
	if t.N > len(t.found) {
		out.Reason = fmt.Sprintf("%s (and %d more)", t.found[0].Message, t.N-1)
	}
	return out
}
