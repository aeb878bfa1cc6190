package liveness

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// heartbeatSlack is by how much a heartbeat may be late: timers drift, and a busy server skips a beat by a little.
const heartbeatSlack = time.Second

var heartbeatKept = &checks.Check{
	ID:      "liveness/heartbeat-kept",
	Title:   "A declared heartbeat should be kept",
	Level:   checks.Advice,
	Promise: checks.Heartbeat,
	Timing:  true,
	Clause:  checks.HTML("9.2.7", "authoring-notes", "authors can include a comment line (one starting with a ':' character) every 15 seconds or so"),
	Since:   "0.4",
	Doc: `
A reader that was told to expect something every so often takes a longer silence for a dead connection, and comes back. Hops that drop
comments, or collect them, make streams die that are well at their origin.

It asks only where the user declared a period (--heartbeat 15s). Whatever comes counts, an event or a comment. One period may be
exceeded by half of it and a second. The wait for the first byte counts too, from the request on.`,
	Fix:   "Send a comment whenever nothing else was sent for that long, flush behind it, and see that no hop collects or drops comments.",
	Good:  ":\n\n(15 s)\n\n:\n\n",
	Bad:   ":\n\n(40 s)\n\n:\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream, declaredHeartbeat},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v, period := ev.Control(), ev.Bundle.Heartbeat
		most := period + period/2 + heartbeatSlack
		gap := span{0, v.End.At, 0}
		if len(v.Body) > 0 {
			gap.to = v.Body[0].At
			longest, last := silences(v)
			if v.End.Kind.ServerEnded() {
				last = span{}
			}
			for _, s := range []span{longest, last} {
				if s.long() > gap.long() {
					gap = s
				}
			}
		}
		switch {
		case gap.long() > most && ev.Bundle.Late(v.Exchange, gap.from, gap.to) > gap.long()-most, gap.long() > most && restless(ev):
			return checks.Unseen("nothing came for %s, but this machine was busy meanwhile", seconds(gap.long()))
		case gap.long() > most:
			return checks.Broke(max(1, len(v.Body)), atSilence(v, gap, fmt.Sprintf("nothing came for %s, though something was to come every %v", seconds(gap.long()), period)))
		case v.End.Kind.ServerEnded(), v.End.At >= 2*period:
			return checks.Held(max(1, len(v.Body)), "the longest silence was %s in %s watched", seconds(gap.long()), seconds(v.End.At))
		}
		return checks.Unseen("it was watched for %s only: two periods are %v (--watch)", seconds(v.End.At), 2*period)
	},
}

var declaredHeartbeat = checks.Condition{
	Says:  "a heartbeat was declared",
	Else:  "no heartbeat was declared (--heartbeat)",
	Holds: func(ev *checks.Evidence) bool { return ev.Bundle.Heartbeat > 0 },
}
