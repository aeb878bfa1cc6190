package edge

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var goesOn = &checks.Check{
	ID:     "edge/goes-on",
	Title:  "A stream should not be ended while its origin goes on with it",
	Level:  checks.Should,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
A hop that ends a stream after a few seconds, while bytes come, breaks off every long answer. A limit on the time of
a whole response does this, on the hop or on what stands before it.

Looked at are the streams that were made to see something else; edge/age-cut looks for longer limits. One that was
ended may have met a restart, and is not judged.`,
	Fix:   "Switch off the hop's limit on the duration of a whole response for the route.",
	Needs: []wire.Scene{wire.EdgePace},
	Reads: []wire.Scene{wire.EdgeDrip, wire.EdgeHold, wire.EdgeAge},
	After: []string{"edge/age-cut", "edge/restart"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen, ended, first, last := 0, 0, time.Duration(0), time.Duration(0)
		for _, s := range []wire.Scene{wire.EdgePace, wire.EdgeDrip, wire.EdgeHold} {
			for _, v := range route(ev, s, wire.Via) {
				if v.Status != 200 || v.Origin() == nil || !wentOn(twin(ev, v)) {
					continue
				}
				seen++
				if !v.End.Kind.ServerEnded() || v.Origin().End != wire.Abandoned {
					continue
				}
				if ended++; ended == 1 || v.End.At < first {
					first = v.End.At
				}
				last = max(last, v.End.At)
				found = checks.AddOnce(found, v.At(len(v.Text.Bytes), len(v.Text.Bytes), fmt.Sprintf("the hop ended the stream after %v, while its origin went on with it", checks.Brief(v.End.At))))
			}
		}
		switch {
		case seen == 0:
			return checks.Unseen("no stream came to the origin that was whole straight from there")
		case ended == 1:
			return checks.Unseen("one of %d streams was ended by the hop while its origin went on with it, after %v", seen, checks.Brief(first))
		case ended == 0:
			return checks.Held(seen, "%d streams of up to ten seconds, none of which was ended before its origin did", seen)
		}
		out := checks.Broke(seen, found...)
		out.Reason = fmt.Sprintf("the hop ended %d of %d streams while their origin went on with them, the first after %v", ended, seen, checks.Brief(first))
		if last-first <= max(first/10, 200*time.Millisecond) { // one limit
			out = out.Shows(remedy.Symptom{Class: remedy.AgeCut, After: first})
		}
		return out
	},
}

// wentOn reports whether a stream straight from the origin came to its own end.
func wentOn(d *checks.View) bool {
	return d != nil && d.Origin() != nil && d.Origin().End == wire.Finished
}
