package buffering

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/wire"
)

var fixedInterval = &checks.Check{
	ID:     "buffering/fixed-interval",
	Title:  "Tells whether events come at a fixed interval, whatever their number",
	Level:  checks.Fact,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
A timer on the way that flushes every 100 ms, 200 ms or second groups what comes between: HAProxy does so over HTTP/1.1 unless told
otherwise, and some proxies have a flush interval.

An application that looks for news at intervals groups its events in the same way. Nothing in one recording tells the two apart, so this is told
and never held against a stream. The first second, in which a history may come, is left out.`,
	Good:  "data: a\n\n(0.31 s)\n\ndata: b\n\n(0.08 s)\n\ndata: c\n\n",
	Bad:   "data: a\n\n(1 s)\n\ndata: b\n\ndata: c\n\n(1 s)\n\ndata: d\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"buffering/coalescing"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		l := timeline(ev)
		r := l.FixedPeriod()
		n := max(len(l.Flights), 1)
		switch {
		case r.State == hold.Held:
			return checks.Held(n, "events come every %v, several at a time: a timer that flushes does this, and so does an application that looks for news at intervals", checks.Brief(r.Period))
		case r.Period > 0:
			return checks.Held(n, "events come every %v, one at a time", checks.Brief(r.Period))
		case r.State == hold.Clear:
			return checks.Held(n, "the events came in %d flights at no fixed interval of 60 ms or more", n)
		}
		return checks.Unconcerned("%s", r.Why)
	},
}
