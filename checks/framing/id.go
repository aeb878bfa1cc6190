package framing

import (
	"bytes"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

const idClause = "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value. Otherwise, ignore the field."

var idNull = &checks.Check{
	ID:     "framing/id-null",
	Title:  "An id should not contain U+0000",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", idClause),
	Since:  "0.1",
	Doc: `
A client ignores an id that contains U+0000 and keeps the one before it. After a lost connection it goes on
from an older event, or from the start, and shows the same text twice.

U+0000 in data is legal.`,
	Fix:   "Build ids from letters and digits.",
	Good:  "id: 12\ndata: a\n\n",
	Bad:   "id: 1\x002\ndata: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		n := 0
		for _, l := range finished(s.Lines) {
			if kindOf(s, l) != id {
				continue
			}
			if n++; bytes.IndexByte(s.Value(l), 0) >= 0 {
				t.line(l, "the id %.40q contains U+0000: a client ignores it and cannot resume from here", s.Value(l))
			}
		}
		if n == 0 {
			return checks.Unconcerned("no id was sent")
		}
		return t.Outcome(n, "%d ids, none with U+0000", n)
	},
}

var idEmpty = &checks.Check{
	ID:     "framing/id-empty",
	Title:  "An empty id should not stand between events that have one",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", idClause),
	Since:  "0.1",
	Doc: `
An id without a value, with or without a colon, resets the cursor. A client whose connection is lost then
sends no Last-Event-ID and starts from nothing, although it had received numbered events before.

A reset before the first id changes nothing, and one at the end of an answer is a way to say that there is
nothing to resume. It is reported only where further ids follow.`,
	Fix:   "Leave the id field out of events that need none: the client then keeps the last one.",
	Good:  "id: 1\ndata: a\n\ndata: heartbeat\n\nid: 2\ndata: b\n\n",
	Bad:   "id: 1\ndata: a\n\nid:\ndata: heartbeat\n\nid: 2\ndata: b\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		r := resets{t: tallyOf(ev.Control())}
		n := 0
		var last *stream.Line // of the block at hand: the last one wins
		lines := finished(s.Lines)
		for i := range lines {
			switch k := kindOf(s, lines[i]); {
			case k == id:
				if n++; bytes.IndexByte(s.Value(lines[i]), 0) < 0 {
					last = &lines[i]
				}
			case k == blank && last != nil:
				r.take(*last, len(s.Value(*last)) == 0)
				last = nil
			}
		}
		if n == 0 {
			return checks.Unconcerned("no id was sent")
		}
		return r.t.Outcome(n, "%d ids, none resets the cursor on the way", n)
	},
}

// resets are the empty ids behind which the cursor was needed again.
type resets struct {
	t       tally
	used    bool // there was an id
	pending []stream.Line
}

// take takes the id that a block sets.
func (r *resets) take(l stream.Line, empty bool) {
	switch {
	case empty && r.used:
		r.pending = append(r.pending, l)
	case !empty:
		for _, p := range r.pending {
			r.t.line(p, "the empty id resets the cursor: a client that loses the connection here starts from nothing")
		}
		r.pending, r.used = r.pending[:0], true
	}
}
