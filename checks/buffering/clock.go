package buffering

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var oneEventLate = &checks.Check{
	ID:     "buffering/one-event-late",
	Title:  "An event should not wait for the next one",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.Practice("https://github.com/dpskvn/express-sse/issues/26"),
	Since:  "0.4",
	Doc: `
Where the last flush is missing, in a compressor, in a virus scanner, or where the blank line is sent with the next event, each event comes
when the next one is made. The last one before a quiet time is late for as long as that lasts.

It takes proof: the text of most events lay there without their blank line until the next event came, or the events carry times of
their own at irregular intervals, come at the moment at which the next one was made, and come in parts or with parts of others. Events that come alone
and whole may carry the time at which their making began, and are inconclusive. A stream without either is not judged. That the last two events of
an answer come together proves nothing: many servers send the last word and the mark of the end at once.`,
	Fix:   "Write the blank line with its event and flush behind it; flush the compressor too, or exclude text/event-stream from compression.",
	Good:  "data: a\n\n(2 s)\n\ndata: b\n\n",
	Bad:   "data: a\n(2 s)\n\ndata: b\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"headers/content-encoding-truthful", "buffering/coalescing", "buffering/whole-response"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v, l := ev.Control(), timeline(ev)
		r := l.Behind()
		switch {
		case r.State == hold.Held:
			found := at(v, r.Places, func(p hold.Place) string {
				return fmt.Sprintf("this event was whole only when the next one came, %v late", checks.Brief(p.For))
			})
			return checks.Broke(len(l.Events), found...).Shows(remedy.Symptom{Class: remedy.OneBehind})
		case l.Block().State == hold.Held:
			return checks.Unconcerned("all of the answer came at once, which buffering/whole-response tells of")
		case r.State == hold.Clear:
			return checks.Held(max(r.Power.Events, 1), "%d events came at a steady distance from their own times (%s), and none waited for the next", r.Power.Events, l.Clock().Field)
		case l.Clock() == nil && ev.Bundle.Clock != "":
			return noTimeAt(ev.Bundle.Clock)
		case l.Clock() == nil:
			return checks.Unconcerned("%s", r.Why)
		}
		return checks.Unseen("%s", r.Why)
	},
}

// noTimeAt is the outcome where the user said where the events carry a time, and they do not.
func noTimeAt(path string) checks.Outcome {
	return checks.Unseen("the events carry no time that goes forward with the stream at %s, where --time says that they do", path)
}

var payloadTimestamp = &checks.Check{
	ID:     "buffering/payload-timestamp",
	Title:  "Events should come soon after the time that they carry",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
Events that carry the time at which they were made show how long they were on their way. Where those of a burst were made one after another and come
together, all but the last had to wait.

The clocks need not agree: only differences count. Looked for is an id or a member of the data that goes forward with the stream, such as ts,
time, timestamp, at or created, in Unix seconds to nanoseconds or ISO 8601. An application that looks for news at intervals and sends each with its
own time is late in the same way: bursts of whole events at intervals that are alike within a factor of two and a half are therefore inconclusive, and the finding does not say who held the events.`,
	Fix:   "Send each event when it is made and flush behind it; if the server does, switch off buffering on the way.",
	Good:  "data: {\"at\":1767323045000} (at 45.01 s)\n\ndata: {\"at\":1767323046000} (at 46.01 s)\n\n",
	Bad:   "data: {\"at\":1767323045000} (at 46.01 s)\n\ndata: {\"at\":1767323046000} (at 46.01 s)\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"headers/content-encoding-truthful", "buffering/coalescing", "buffering/whole-response"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v, l := ev.Control(), timeline(ev)
		c := l.Clock()
		if c == nil && ev.Bundle.Clock != "" {
			return noTimeAt(ev.Bundle.Clock)
		}
		if c == nil {
			return checks.Unconcerned("the events carry no time of their own that goes forward with the stream")
		}
		r, period := l.Late(), l.FixedPeriod()
		switch {
		case r.State == hold.Held && period.State == hold.Held:
			return checks.Unseen("events are up to %v late by their own times (%s) and come every %v: an application that looks for news at intervals does this too",
				checks.Brief(r.Hold), c.Field, checks.Brief(period.Period))
		case r.State == hold.Held && l.Block().State != hold.Held && l.Bursts() > 0:
			return checks.Unseen("events are up to %v late by their own times (%s) and come in bursts of whole events, about every %v: an application that looks for news, or collects it, does this too",
				checks.Brief(r.Hold), c.Field, checks.Brief(l.Bursts()))
		case r.State == hold.Held && l.Block().State == hold.Held:
			return checks.Unseen("all of the answer came at once, which buffering/whole-response tells of")
		case r.State == hold.Held:
			return checks.Broke(len(c.Marks), at(v, r.Places, func(p hold.Place) string {
				return fmt.Sprintf("by its own time (%s) this event was made %v before the last of those that came with it", c.Field, checks.Brief(p.For))
			})...)
		case r.State == hold.Unclear:
			return checks.Unseen("%s", r.Why)
		}
		return checks.Held(len(c.Marks), "by their own times (%s) none of %d events was held for more than %v", c.Field, len(c.Marks), checks.Brief(r.Power.Hold))
	},
}
