// Package threshold holds the checks on how slow an endpoint is, against limits that its user sets.
//
// No clause says what is too slow, so nothing here is asked unless a limit was set. It imports checks, recovery and
// wire.
package threshold

import (
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// Undisturbed lists what is asked of an endpoint left alone, Disturbed what is asked of interrupted answers.
var (
	Undisturbed = checks.Suite{firstEvent, gapP99}
	Disturbed   = checks.Suite{recoveryTime}
)

// Suite lists the family in reading order.
var Suite = slices.Concat(Undisturbed, Disturbed)

// declared is the condition of a check whose limit the user sets with a flag.
func declared(flag string) checks.Condition {
	return checks.Condition{
		Says:  "a threshold was set: " + flag,
		Else:  "no threshold was set: " + flag,
		Holds: func(ev *checks.Evidence) bool { return ev.Promised(flag) },
	}
}

// slack is by how much this machine may have made a moment of an exchange late, measured from another one.
func slack(ev *checks.Evidence, x *wire.Exchange, from, to time.Duration) time.Duration {
	late := ev.Bundle.Late(x, from, to)
	if n := ev.Bundle.Noise; n != nil {
		late = max(late, n.P99)
	}
	return late
}

// shown shortens what was measured, unless that would put it on the other side of the limit.
func shown(took, limit time.Duration) time.Duration {
	if short := checks.Brief(took); (short > limit) == (took > limit) {
		return short
	}
	return took
}

// eventAt returns the moment at which a reader was given an event: when its last byte came.
func eventAt(v *checks.View, i int) time.Duration { return v.Text.When(v.Stream.Events[i].Hi - 1) }
