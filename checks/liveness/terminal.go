package liveness

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var terminalMarker = &checks.Check{
	ID:     "liveness/terminal-marker",
	Title:  "A finite answer should end with an event that says so",
	Level:  checks.Advice,
	Clause: checks.Practice(""),
	Since:  "0.1",
	Doc: `
When a gateway gives up on its origin it often ends the body cleanly, and half an answer looks whole.
A last event of its own kind tells the two apart: event: done, [DONE], a finish reason.

Only answers known to be finite are judged: where the user says so, where the stream is opened by
POST, or where 204 answers the reconnect. The mark may have any form. Held against the answer is only
a last event that has the same name, and as JSON the same keys and kinds of values, as the one before.`,
	Fix:   "Send one more event at the end, such as event: done with a reason as data.",
	Good:  "data: {\"text\":\"Hi\"}\n\nevent: done\ndata: {}\n\n",
	Bad:   "data: {\"text\":\"Hi\"}\n\ndata: {\"text\":\" there\"}\n\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Reconnect},
	When:  []checks.Condition{checks.EventStream, finite},
	Judge: judgeTerminal,
}

// finite is the condition of checks on answers that come to an end.
var finite = checks.Condition{
	Says: "the answer is known to be finite",
	Else: "whether the stream is an answer that ends, or a feed that is reconnected to, is not known",
	Holds: func(ev *checks.Evidence) bool {
		r := ev.View(wire.Reconnect)
		return ev.Promised("finite") || ev.Method() == "POST" || r != nil && r.Status == 204
	},
}

func judgeTerminal(ev *checks.Evidence) checks.Outcome {
	v := ev.Control()
	es := v.Stream.Events
	switch {
	case v.End.Kind == wire.Truncated || v.End.Kind == wire.Reset:
		return checks.Unconcerned("the answer was cut off")
	case v.End.Kind != wire.Complete:
		return checks.Unseen("the answer did not end in the %s watched", seconds(v.End.At))
	case len(es) < fewestEvents:
		return checks.Unconcerned("%d events are too few to tell a mark from the rest", len(es))
	}
	last := es[len(es)-1]
	switch end := checks.EndingOf(es); {
	case end.Mark != "":
		return checks.Held(len(es), "the answer ends with %s", end.Mark)
	case !end.Known:
		return checks.Unconcerned("what marks the end of it only its maker knows")
	}
	return checks.Broke(len(es), v.At(last.Lo, last.Hi, "the last event looks like the one before it: a client cannot tell the end of the answer from a cut that was made to look clean"))
}
