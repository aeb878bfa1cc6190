// Package liveness holds the checks on whether a stream stays alive and can be seen to.
//
// It imports checks, browser, stream and wire.
package liveness

import (
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// Suite lists the family in reading order.
var Suite = checks.Suite{
	connectLatency,
	deadOpen,
	keepalive,
	heartbeatKept,
	heartbeatForm,
	heartbeatVisible,
	dateProgress,
	terminalMarker,
	idleCut,
	maxDuration,
	halfOpen,
	connectionBudget,
	parallelIndependence,
	release,
	addressParity,
}

// steady is how late this machine's timers may have been for a span of seconds that it measured to
// count: far less than any limit in this family, far more than an idle machine needs.
const steady = 500 * time.Millisecond

// restless reports whether this machine was too busy for what it measured to be trusted.
func restless(ev *checks.Evidence) bool {
	return ev.Bundle.Noise != nil && ev.Bundle.Noise.P99 > steady
}

// A span is a stretch of time in which nothing came, and the body offset at which it was.
type span struct {
	from, to time.Duration
	off      int // of the first byte behind it, before content decoding
}

func (s span) long() time.Duration { return s.to - s.from }

// silences returns the longest stretch between two arrivals, and the one between the last arrival and
// the end. The wait for the first byte is none: a model may think before it speaks.
func silences(v *checks.View) (longest, last span) {
	off := 0
	for i, c := range v.Body {
		if i > 0 {
			if s := (span{v.Body[i-1].At, c.At, off}); s.long() > longest.long() {
				longest = s
			}
		}
		off += len(c.Data)
	}
	if n := len(v.Body); n > 0 {
		last = span{v.Body[n-1].At, max(v.Body[n-1].At, v.End.At), off}
	}
	return longest, last
}

// atSilence points at the place in the decoded body where a silence was.
func atSilence(v *checks.View, s span, message string) checks.Finding {
	off := 0
	v.Text.Arrivals(func(at time.Duration, lo, hi int) {
		if at <= s.from {
			off = hi
		}
	})
	f := v.At(off, off, message)
	f.At = s.from
	return f
}

// streams returns the exchanges of a scene that an EventSource would have opened, redirects left out.
func streams(ev *checks.Evidence, s wire.Scene) []*checks.View {
	var out []*checks.View
	if e := ev.Exhibit(s); e != nil {
		for _, v := range e.Views {
			if v.OpenedEventStream() {
				out = append(out, v)
			}
		}
	}
	return out
}

// redirects reports whether an exchange only led to another one (Fetch, redirect status).
func redirects(v *checks.View) bool {
	return browser.Redirects(v.Status) && v.Header.Has("Location")
}
