// Package buffering holds the checks on whether what an origin sends is held back on its way.
//
// They look at when bytes came. That tells that bytes were held and never by whom, and an origin that speaks in bursts,
// looks for news once a second, thinks before it speaks or is simply done soon must not be called held. It imports checks,
// browser, hold, remedy and wire.
package buffering

import (
	"fmt"
	"math"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
)

// Suite lists the family in reading order.
var Suite = checks.Suite{
	headersEarly,
	wholeResponse,
	coalescing,
	fixedInterval,
	oneEventLate,
	payloadTimestamp,
	heartbeatsThrough,
	smallEvents,
	compressedParity,
	versionParity,
	userAgentParity,
	lengthScaling,
}

// timelineKey is the key of [timeline].
type timelineKey struct{}

// timeline reads the moments of the control answer.
func timeline(ev *checks.Evidence) *hold.Timeline {
	return ev.Learn(timelineKey{}, func() any {
		return read(ev, ev.Control())
	}).(*hold.Timeline)
}

// read reads the moments of an answer.
func read(ev *checks.Evidence, v *checks.View) *hold.Timeline {
	l := hold.Read(v.Exchange, v.Stream, v.Text, func(from, to time.Duration) time.Duration { return late(ev, v, from, to) })
	l.Declare(ev.Bundle.Clock)
	return l
}

// late returns for how long this machine may have had no time to read in a stretch. Where it was not noted when that was, it
// may have been at any time.
func late(ev *checks.Evidence, v *checks.View, from, to time.Duration) time.Duration {
	n := ev.Bundle.Noise
	if n != nil && len(n.Pauses) == 0 {
		return n.P99
	}
	return ev.Bundle.Late(v.Exchange, from, to)
}

// nothing is the outcome where not one byte came.
func nothing() checks.Outcome {
	return checks.Unconcerned("not one byte came, which liveness/dead-open tells of")
}

// shortAnswer is within what time an answer is over before a hold of a second could show.
const shortAnswer = 2 * time.Second

// over reports whether the answer ended soon.
func over(v *checks.View) bool { return v.End.Kind.ServerEnded() && v.End.At < shortAnswer }

// at points at the places of a reading.
func at(v *checks.View, places []hold.Place, say func(hold.Place) string) []checks.Finding {
	var found []checks.Finding
	for _, p := range places[:min(len(places), checks.MaxFindings)] {
		f := v.At(p.Text, p.Text, say(p))
		f.At = p.At
		found = append(found, f)
	}
	return found
}

// size writes a size as people do: "4 KiB", "3.1 KiB", "900 bytes".
func size(n int) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%g KiB", math.Round(float64(n)/(1<<10)*10)/10)
}
