package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Verdict is the answer to a check. The zero value is none.
type Verdict uint8

// The verdicts.
const (
	Pass          Verdict = iota + 1 // looked at at least one thing, and it holds
	Fail                             // looked, and it does not
	NotApplicable                    // it does not concern this endpoint
	Inconclusive                     // it does, but the evidence could not be had
	Broken                           // the check itself is at fault
	Waived                           // failed, and excused by a waiver
	Expected                         // failed, and expected by the baseline
)

// Verdicts lists every verdict in the order of the report.
var Verdicts = []Verdict{Pass, Fail, NotApplicable, Inconclusive, Broken, Waived, Expected}

var verdictNames = [...]string{Pass: "pass", Fail: "fail", NotApplicable: "not-applicable", Inconclusive: "inconclusive", Broken: "broken", Waived: "waived", Expected: "expected"}

// String returns the contract's word.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return ""
}

// An Outcome is what a judge returns.
type Outcome struct {
	Verdict  Verdict
	Seen     int    // how many things were looked at
	Reason   string // one sentence; for a fact what was found
	Findings []Finding
	Symptoms []remedy.Symptom // what kind of thing between origin and reader does such, for who looks for a remedy
}

// Shows returns the outcome with symptoms.
func (o Outcome) Shows(s ...remedy.Symptom) Outcome {
	o.Symptoms = append(o.Symptoms, s...)
	return o
}

// A Finding is one thing that is wrong, and where.
type Finding struct {
	Message string
	Where   wire.Span
	Event   int           // number of the event concerned, counted from 1; 0 if none
	At      time.Duration // when the first byte of Where arrived
}

// Held says that seen things were looked at and all of them hold: Held(12, "ids, none with U+0000").
func Held(seen int, format string, a ...any) Outcome {
	return Outcome{Verdict: Pass, Seen: seen, Reason: fmt.Sprintf(format, a...)}
}

// MaxFindings is how many findings an outcome keeps; the reason says how many there were.
const MaxFindings = 20

// AddOnce appends a finding unless one with the same words is there, or enough are: the scenes ask the same server, which
// makes most of its mistakes in all of them.
func AddOnce(found []Finding, f Finding) []Finding {
	said := func(g Finding) bool { return g.Message == f.Message }
	if len(found) == MaxFindings || slices.ContainsFunc(found, said) {
		return found
	}
	return append(found, f)
}

// Broke says that among seen things the findings do not hold.
func Broke(seen int, found ...Finding) Outcome {
	out := Outcome{Verdict: Fail, Seen: seen, Findings: found}
	if len(found) > 0 {
		out.Reason = found[0].Message
	}
	if len(found) > 1 {
		out.Reason += fmt.Sprintf(" (and %d more)", len(found)-1)
	}
	out.Findings = found[:min(len(found), MaxFindings)]
	return out
}

// Unconcerned says that the check does not concern this endpoint, and why.
func Unconcerned(format string, a ...any) Outcome {
	return Outcome{Verdict: NotApplicable, Reason: fmt.Sprintf(format, a...)}
}

// Unseen says that the evidence could not be had, and what was missing.
func Unseen(format string, a ...any) Outcome {
	return Outcome{Verdict: Inconclusive, Reason: fmt.Sprintf(format, a...)}
}

// Judged turns a list of findings into an outcome: Fail if there is one, else Pass with the given words.
func Judged(seen int, found []Finding, format string, a ...any) Outcome {
	if len(found) > 0 {
		return Broke(seen, found...)
	}
	return Held(seen, format, a...)
}

// Brief shortens a moment to what a person reads: three or four digits.
func Brief(d time.Duration) time.Duration {
	for _, unit := range []time.Duration{time.Second, time.Millisecond} {
		if d >= unit {
			return d.Round(unit / 100)
		}
	}
	return d.Round(time.Microsecond)
}
