package threshold

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var firstEvent = &checks.Check{
	ID:      "threshold/first-event",
	Title:   "The first event should come as soon as was declared",
	Level:   checks.Should,
	Promise: checks.FirstEvent,
	Timing:  true,
	Clause:  checks.Practice(""),
	Since:   "0.5",
	Doc: `
Somebody sits before an empty page until the first event is there. How long that may last is for whoever runs the endpoint to say:
this is asked only where a limit was set (--first-event 500ms).

Counted is from the last byte of the request to the last byte of the first event, which is when a reader is given it. A comment is
no event. To open the connection and to follow redirects comes before, and is not counted.`,
	Fix:   "Send an event before the long work begins, or begin the work sooner; see buffering and edge for what else may hold it back.",
	Good:  "(with --first-event 500ms)\n: hello\n\n(0.2 s)\n\ndata: a\n\n",
	Bad:   "(with --first-event 500ms)\n: hello\n\n(0.8 s)\n\ndata: a\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{declared(checks.FirstEvent), checks.EventStream},
	Judge: judgeFirstEvent,
}

func judgeFirstEvent(ev *checks.Evidence) checks.Outcome {
	v, limit := ev.Control(), ev.Bundle.Limits.FirstEvent
	if len(v.Stream.Events) == 0 {
		return judgeNoEvent(ev)
	}
	took := eventAt(v, 0)
	switch e := v.Stream.Events[0]; {
	case took <= limit:
		return checks.Held(1, "the first event came after %v, the threshold is %v", shown(took, limit), limit)
	case took-slack(ev, v.Exchange, 0, took) <= limit:
		return checks.Unseen("the first event came after %v, the threshold is %v, and this machine was busy meanwhile", shown(took, limit), limit)
	default:
		return checks.Broke(1, v.At(e.Lo, e.Hi, fmt.Sprintf("the first event came after %v, the threshold is %v", shown(took, limit), limit)))
	}
}

// judgeNoEvent judges a stream without any event: it failed the limit once that has passed, and before proves nothing.
func judgeNoEvent(ev *checks.Evidence) checks.Outcome {
	v, limit := ev.Control(), ev.Bundle.Limits.FirstEvent
	watched := v.End.At
	switch {
	case v.CodingErr != nil:
		return checks.Unseen("the body could not be decoded, so that its events cannot be told")
	case watched <= limit && v.End.Kind.ServerEnded():
		return checks.Unseen("the stream ended after %v without an event", checks.Brief(watched))
	case watched <= limit:
		return checks.Unseen("no event came in the %v watched, the threshold is %v (--watch)", checks.Brief(watched), limit)
	case watched-slack(ev, v.Exchange, 0, watched) <= limit:
		return checks.Unseen("no event came in %v, and this machine was busy meanwhile", shown(watched, limit))
	}
	n := len(v.Text.Bytes)
	f := v.At(n, n, fmt.Sprintf("no event came in %v, the threshold is %v", shown(watched, limit), limit))
	f.At = watched
	return checks.Broke(1, f)
}
