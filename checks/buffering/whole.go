package buffering

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	// fewestEvents is how many events it takes to tell a block from a stream.
	fewestEvents = 5
	// batch is the longest time for which applications collect events on purpose before they send them.
	batch = 3 * time.Second
)

var wholeResponse = &checks.Check{
	ID:      "buffering/whole-response",
	Title:   "The events of an answer must not all be held until its end",
	Level:   checks.Must,
	Promise: Incremental,
	Timing:  true,
	Clause:  checks.Practice("https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"),
	Since:   "0.4",
	Doc: `
Something collects the whole answer and passes it on when it ends: a reader sees nothing, then all of it at once. The stream works, and
does not stream. Causes are proxies that buffer, compression that is never flushed, and gateways that read an answer to its end.

An answer whose events come at once behind a long wait is not enough to fail: a query of three seconds whose rows are all sent when it is
done looks the same, with or without Content-Length. It fails where the wait is three seconds at least, the events carry times of their
own, and these lie within the wait and spread over half of it: then the events were there, and were not passed on. Where their times lie close together it passes, for
then they were made together. Without times that tell it is inconclusive, and the reason says how the answer came; but where the user promised that
events are sent as they are made (--expect incremental) it fails if a second answer comes in the same way. Fewer than five events are not judged,
nor are fewer than five bursts of an answer that does not end.`,
	Fix:   "Flush behind each event; switch off response buffering on the way (nginx: proxy_buffering off, or X-Accel-Buffering: no from the server); exclude text/event-stream from compression.",
	Good:  "data: {\"at\":1767323045000}\n\n(1 s)\n\ndata: {\"at\":1767323046000}\n\n",
	Bad:   "(5 s)\n\ndata: {\"at\":1767323045000}\n\ndata: {\"at\":1767323046000}\n\n… (all at once)\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Again},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"headers/content-encoding-truthful"},
	Judge: judgeWhole,
}

// Incremental is the promise that events are sent as they are made.
const Incremental = "incremental"

func judgeWhole(ev *checks.Evidence) checks.Outcome {
	v, l := ev.Control(), timeline(ev)
	n := len(l.Events)
	block := l.Block()
	switch {
	case len(v.Body) == 0:
		return nothing()
	case n < fewestEvents:
		return checks.Unconcerned("%d events are too few to tell a block from a stream", n)
	case !v.End.Kind.ServerEnded() && block.State != hold.Clear && ev.Promised(Incremental):
		return checks.Unseen("%d events came in %d flights, and the answer did not end while it was watched", n, len(l.Flights))
	case !v.End.Kind.ServerEnded() && block.State != hold.Clear:
		return checks.Unconcerned("%d events came in %d flights, and the answer did not end while it was watched: whether all of it would have come at its end cannot be told", n, len(l.Flights))
	case !v.End.Kind.ServerEnded():
		return checks.Held(n, "%d events came in %d flights while the stream was open", n, len(l.Flights))
	case block.State == hold.Clear:
		return checks.Held(n, "%d events came in %d flights, the first %v after the request and the last after %v",
			n, len(l.Flights), checks.Brief(l.Events[0].At), checks.Brief(l.Events[n-1].At))
	case over(v) && !(block.State == hold.Held && ev.Promised(Incremental)):
		return checks.Unconcerned("the answer was over after %v", checks.Brief(v.End.At))
	case block.State == hold.Unclear:
		return checks.Unseen("%s", block.Why)
	}
	return judgeBlock(ev, v, l)
}

// judgeBlock asks the events' own times whether they were held or made together.
func judgeBlock(ev *checks.Evidence, v *checks.View, l *hold.Timeline) checks.Outcome {
	n, wait := len(l.Events), l.Flights[0].From
	c := l.Clock()
	if c == nil && ev.Promised(Incremental) {
		return brokenPromise(ev, v, n, wait)
	}
	if c == nil {
		return checks.Unseen("all %d events came at once %v after the request: they were held, or there was nothing to send before (--expect incremental says that there was)", n, checks.Brief(wait))
	}
	span := c.Span()
	soon, elsewhere := wait < batch, span < wait/2 || !c.Within(v.Began, 0, wait)
	switch {
	case span <= l.Stalled()+c.Step:
		return checks.Held(n, "all %d events came at once %v after the request, and were made within %v of each other by their own times (%s)", n, checks.Brief(wait), checks.Brief(span), c.Field)
	case (soon || elsewhere) && ev.Promised(Incremental):
		return brokenPromise(ev, v, n, wait)
	case soon:
		return checks.Unseen("all %d events came at once %v after the request: so long an application may collect them", n, checks.Brief(wait))
	case elsewhere:
		return checks.Unseen("all %d events came at once %v after the request, and their own times (%s) do not lie within that wait", n, checks.Brief(wait), c.Field)
	default:
		e := v.Stream.Events[0]
		return checks.Broke(n, v.At(e.Lo, e.Hi, fmt.Sprintf(
			"all %d events came at once %v after the request, though by their own times (%s) the first was made %v before the last: a reader sees nothing until the end",
			n, checks.Brief(wait), c.Field, checks.Brief(span)))).Shows(remedy.Symptom{Class: remedy.HeldToEnd})
	}
}

// brokenPromise is the outcome where events that are said to be sent as they are made came all at once.
func brokenPromise(ev *checks.Evidence, v *checks.View, n int, wait time.Duration) checks.Outcome {
	a := ev.View(wire.Again)
	if a == nil || a.Status != v.Status || !read(ev, a).Grouping().Block {
		return checks.Unseen("all %d events came at once %v after the request, and a second answer did not show the same", n, checks.Brief(wait))
	}
	e := v.Stream.Events[0]
	return checks.Broke(n, v.At(e.Lo, e.Hi, fmt.Sprintf("all %d events came at once %v after the request, and so they did when asked for once more: a reader sees nothing until the end",
		n, checks.Brief(wait)))).Shows(remedy.Symptom{Class: remedy.HeldToEnd})
}
