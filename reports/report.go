// Package reports tells what was found: as text for a terminal, as JSON for programs, and one
// rule at a time for who wants to know more.
//
// A report is a function of the evidence and the results: the same two give the same bytes in
// every format. Whatever a server sent is escaped before it is written, so that a hostile stream
// can neither drive a terminal nor break a format.
//
// It imports checks, browser, passage, recovery, remedy, stream and wire.
package reports

import (
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/remedy"
)

// A Report is one run over one target.
type Report struct {
	Version  string // of this program
	Command  string // "check" or "judge"
	Evidence *checks.Evidence
	Results  []checks.Result
	FailOn   string // the level from which on a failure decides, or never
	Exit     int
	Why      string       // why Exit is not 0, in one sentence
	Partial  bool         // the run was interrupted
	Kept     string       // the file that the evidence is kept in, empty if it is not
	Remedies remedy.Table // what is known of products that spoil streams
	Products []string     // those of which the user says that they are there
	Source   *Source      // where the target stands in a configuration file; nil for none
}

// A Summary counts verdicts.
type Summary struct {
	Verdicts map[checks.Verdict]int
	Judged   int // pass and fail, whether excused or not
	Rules    int
}

// Summary counts the verdicts of a report.
func (r *Report) Summary() Summary {
	s := Summary{Verdicts: map[checks.Verdict]int{}, Rules: len(r.Results)}
	for _, x := range r.Results {
		s.Verdicts[x.Verdict]++
		switch x.Verdict {
		case checks.Pass, checks.Fail, checks.Waived, checks.Expected:
			s.Judged++
		}
	}
	return s
}

// verdicts are the words of the contract.
var verdicts = words(checks.Verdicts)

func words(all []checks.Verdict) []string {
	var out []string
	for _, v := range all {
		out = append(out, v.String())
	}
	return out
}

// control returns the answer to the control request, or nil.
func (r *Report) control() *checks.View { return r.Evidence.Control() }

// round shortens a duration to what a person reads.
func round(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
