package buffering

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// smallestBuffer is the smallest that is looked for.
const smallestBuffer = 1 << 10

var coalescing = &checks.Check{
	ID:     "buffering/coalescing",
	Title:  "Events must not wait until a buffer is full",
	Level:  checks.Must,
	Timing: true,
	Clause: checks.Practice("https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"),
	Since:  "0.4",
	Doc: `
A buffer on the way passes on what it has when it is full: events come in bursts of so many bytes, and the last one of each burst is torn
in two, its end seconds late. nginx does this with its default settings, and so do PHP and the standard output of most languages.

An application flushes whole lines. It takes three stops within lines, each of a quarter of a second or more and at different places of
their lines, whose distances are multiples of one size from 1 KiB to 64 KiB; five for the smallest sizes, and where the records of TLS
end at the same places. Bursts of whole events are never held against a stream, whatever their size: a source may speak in bursts. The
pass says what would have been seen; a buffer of more than a quarter of all bytes would not, and neither would one that fills within a
quarter of a second. Where most shorter pauses end such pieces it is inconclusive. Equal pieces at equal times fail too, and may be a
rate limit.`,
	Fix:   "Switch off response buffering for this route (nginx: proxy_buffering off, or X-Accel-Buffering: no from the server; PHP: ob_end_clean and flush; Apache mod_proxy_fcgi: flushpackets=on).",
	Good:  "data: one\n\n(0.2 s)\n\ndata: two\n\n",
	Bad:   "… 4096 bytes …data: on\n\n(0.9 s)\n\ne\n\n… 4096 bytes …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"headers/content-encoding-truthful"},
	Judge: judgeCoalescing,
}

func judgeCoalescing(ev *checks.Evidence) checks.Outcome {
	v, l := ev.Control(), timeline(ev)
	r := l.ByteHeld()
	switch {
	case len(v.Body) == 0:
		return nothing()
	case r.State == hold.Held:
		return tornEvents(v, l, r)
	case over(v):
		return checks.Unconcerned("the answer was over after %v", checks.Brief(v.End.At))
	case l.Block().State == hold.Held:
		return checks.Unconcerned("all of the answer came at once, which buffering/whole-response tells of")
	case r.State == hold.Unclear && v.End.Kind.ServerEnded() && !tears(l):
		return checks.Unconcerned("the answer ended after %v with %d events, too soon for a buffer to show", checks.Brief(v.End.At), r.Power.Events)
	case r.State == hold.Unclear:
		return checks.Unseen("%s", r.Why)
	}
	if fill := l.EventsHeld(); fill.State == hold.Held {
		return checks.Unseen("whole events come in bursts that just fit into %d bytes: a buffer does this, and so does a source that collects by size", fill.Bytes)
	}
	seen := max(r.Power.Events, 1)
	if r.Power.Buffer == 0 {
		return checks.Held(seen, "no hold over %v within a line was visible in %d events; their %s are too few, or came too soon, for a buffer to show",
			r.Power.Hold, r.Power.Events, size(r.Power.Bytes))
	}
	buffer := "up to " + size(r.Power.Buffer)
	if r.Power.Least > smallestBuffer {
		buffer = fmt.Sprintf("from %s up to %s", size(r.Power.Least), size(r.Power.Buffer))
	}
	return checks.Held(seen, "no byte buffer %s and no hold over %v within a line was visible in %d events", buffer, r.Power.Hold, r.Power.Events)
}

// tears reports whether the stream stopped within a line.
func tears(l *hold.Timeline) bool {
	return slices.ContainsFunc(l.Stalls, func(s hold.Stall) bool { return s.Torn })
}

// tornEvents is the outcome where a buffer tears events.
func tornEvents(v *checks.View, l *hold.Timeline, r hold.Reading) checks.Outcome {
	if bytes, every := evenly(r.Places); every > 0 {
		said := fmt.Sprintf("%d bytes come every %v: a rate limit, a source that writes blocks, or a buffer", bytes, checks.Brief(every))
		out := checks.Broke(len(l.Stalls), at(v, r.Places, func(p hold.Place) string {
			return fmt.Sprintf("the stream stopped here within a line for %v; %s", checks.Brief(p.For), said)
		})...)
		out.Reason = said
		return out
	}
	out := checks.Broke(len(l.Stalls), at(v, r.Places, func(p hold.Place) string {
		return fmt.Sprintf("the stream stopped here within a line for %v, behind %d bytes: the rest of the event waited in a buffer", checks.Brief(p.For), p.Wire)
	})...)
	out.Reason = fmt.Sprintf("bytes come in pieces of %d: the stream stopped %d times within a line, for up to %v, always at a multiple of that size",
		r.Bytes, len(r.Places), checks.Brief(r.Hold))
	s := remedy.Symptom{Class: remedy.ByteHeld, Bytes: r.Bytes}
	if passesSmall(l, r.Bytes) {
		s.Class = remedy.LargeTail
	}
	return out.Shows(s)
}

// even is by what part pieces differ that something measures out: their size in bytes, and the time between them.
const even = 100

// evenly returns the size of each piece and the time between them where all are of one size and as far apart; 0 where they are not.
func evenly(ps []hold.Place) (size int, every time.Duration) {
	n := len(ps) - 1
	size, every = (ps[n].Wire-ps[0].Wire)/n, (ps[n].At-ps[0].At)/time.Duration(n)
	for i := 1; i <= n; i++ {
		bytes, took := ps[i].Wire-ps[i-1].Wire-size, ps[i].At-ps[i-1].At-every
		if max(bytes, -bytes) > size/even || took.Abs() > every/even {
			return 0, 0
		}
	}
	return size, every
}

// passesSmall reports whether most of what came was less than the buffer holds: then it holds only what crosses its end.
func passesSmall(l *hold.Timeline, buffer int) bool {
	n := 0
	for _, f := range l.Flights {
		if f.Hi-f.Lo < buffer/2 {
			n++
		}
	}
	return 2*n > len(l.Flights)
}
