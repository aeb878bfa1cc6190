package edge

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// What shows how a hop holds bytes.
var holding = []wire.Scene{wire.EdgeDrip, wire.EdgeHold}

var heldToEnd = &checks.Check{
	ID:     "edge/held-to-end",
	Title:  "What stands between origin and reader must not wait for the end of an answer",
	Level:  checks.Must,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
Where a hop collects the whole answer before it passes it on, its reader sees nothing until the origin is
done, and of an endless stream it never sees anything.

It is said only where nothing came of events at random moments, of single events of up to 150 kB, and
of up to a megabyte of small comments, before the origin had ended each answer. A hop that passes on
sooner is judged by other rules. What is held only in a content coding is the matter of edge/codings.`,
	Fix:   "Have the hop stream the response instead of collecting it: switch off response buffering, and whatever inspects or rewrites whole bodies.",
	Needs: append([]wire.Scene{wire.EdgePace}, holding...),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := shape(ev)
		if s.Class() == remedy.HeldToEnd {
			return held(ev, s, fmt.Sprintf("nothing came before the origin had ended its answer, neither single events of up to 150 kB nor %s of small comments", kilo(s.Worst.Drip.Sent)))
		}
		n, sooner := 0, time.Duration(-1)
		for _, p := range paces(ev) {
			if h := p.X.Origin(); p.Came > 0 && !p.ToEnd {
				n++
				if first := h.Sent[len(h.Sent)-1].At - p.X.Body[0].At; sooner < 0 || first < sooner {
					sooner = first
				}
			}
		}
		if n == 0 && s.Bytes() > 0 {
			return checks.Unseen("the events did not fill the buffer that they wait for: see edge/byte-buffer")
		}
		if n == 0 {
			return unclear(ev, s, "no event came before the origin had ended its answer, and other answers do not show why")
		}
		return checks.Held(n, "streams; their first bytes came %v before the origin sent the last", checks.Brief(sooner))
	},
}

var largeEvent = &checks.Check{
	ID:     "edge/large-event",
	Title:  "The end of a large event must not wait for the next one",
	Level:  checks.Must,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
A hop may pass on small events at once and keep the end of a large one until something else is sent. With
small events all looks well; a long answer of a tool, or a document in one event, hangs until
the next event or comment comes, and at the end of a turn that may be never.

Single events of 64 bytes to 150 kB are sent, each followed by two seconds of silence. Those that
were still coming when the silence was over do not count: that is a slow way, and no hold.`,
	Fix:   "Switch off response buffering on the hop; to speak HTTP/1.1 to the origin is not enough.",
	Needs: holding,
	After: []string{"edge/held-to-end"},
	Judge: judgeLargeEvent,
}

var byteBuffer = &checks.Check{
	ID:     "edge/byte-buffer",
	Title:  "Bytes must not wait until a buffer is full",
	Level:  checks.Must,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
A hop that passes on bytes only when a buffer is full turns words into lumps, breaks events in two, and keeps
the last ones until the stream ends.

The size is told by many small comments at two rates, of which the same number of bytes comes each
time, and by single events before a silence. What comes soon in any case, whatever its size, waits for a
timer and not for a buffer: that is the matter of edge/flush-interval.`,
	Fix:   "Switch off response buffering for this route on the hop.",
	Needs: holding,
	After: []string{"edge/held-to-end", "edge/large-event"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := shape(ev)
		switch s.Class() {
		case remedy.ByteHeld, remedy.EventsHeld:
			return held(ev, s, bufferText(s))
		}
		return holdPower(ev, s, 0)
	},
}

var oneBehind = &checks.Check{
	ID:     "edge/one-behind",
	Title:  "An event must not wait for the next one",
	Level:  checks.Must,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
Where a hop passes on an event only when it is given another, its readers are always one event behind: a
question that waits for an answer is not shown, and the last event of a pause comes after it.

The pauses between the events are random, so that a constant delay is not taken for it.`,
	Fix:   "Have the hop flush after each read from the origin; switch off what parses or codes the stream.",
	Needs: append([]wire.Scene{wire.EdgePace}, holding...),
	After: []string{"edge/held-to-end", "edge/large-event", "edge/byte-buffer"},
	Judge: judgeOneBehind,
}

var flushInterval = &checks.Check{
	ID:     "edge/flush-interval",
	Title:  "What has come should be passed on at once, and not when a timer fires",
	Level:  checks.Should,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
A hop that passes on what it has at a fixed period makes words come in bursts. A period of less than 50 ms is
not noticed and not flagged.

It is said only where many small comments came at the same period at two rates, four times as many
bytes each time at the one as at the other, or events at random moments came at a fixed period.`,
	Fix:   "Set the flush interval of the hop to zero or below, or have it send small pieces without delay.",
	Needs: holding,
	Reads: []wire.Scene{wire.EdgePace},
	After: []string{"edge/held-to-end", "edge/large-event", "edge/byte-buffer", "edge/one-behind"},
	Judge: judgeFlushInterval,
}

var headersEarly = &checks.Check{
	ID:     "edge/headers-early",
	Title:  "The head of an answer should not wait for its body",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.HTML("9.2.2", "dom-eventsource-onopen", "announce the connection"),
	Since:  "0.4",
	Doc: `
An EventSource is open when the head of the answer has come. A hop that keeps it until there is a body leaves
the page connecting while nothing happens, and readers with a timeout for the head give up on a stream that
is merely quiet.

The origin sends the head, and is silent for more than a second before the first event.`,
	Fix:   "Have the hop pass on the head at once; or have the origin send a comment as soon as it has sent the head.",
	Needs: []wire.Scene{wire.EdgeHold},
	After: []string{"edge/held-to-end", "edge/large-event", "edge/byte-buffer"},
	Judge: judgeHeadersEarly,
}

// notBlocking is what a reader of events is promised.
var notBlocking = checks.HTML("9.2.5", "parsing-an-event-stream", "user agents should … not block on buffering")

// wholeEvent is the size of an event that any hop must carry.
const wholeEvent = 150000

func judgeLargeEvent(ev *checks.Evidence) checks.Outcome {
	s := shape(ev)
	var found []checks.Finding
	for _, v := range route(ev, wire.EdgeHold, wire.Via) {
		if n, lost := lostOf(ev, v); lost {
			found = checks.AddOnce(found, v.At(n, n, fmt.Sprintf("of an event of %d bytes the answer held %d as they were sent, and ended", v.Case.Int("size"), n)))
		}
	}
	switch {
	case len(found) > 0:
		return checks.Broke(len(s.Ways), found...)
	case s.Class() == remedy.LargeTail:
		k := mostKept(s.Worst.Hold)
		freed := fmt.Sprintf("the rest %v later, with the next event", checks.Brief(k.Whole-k.Sent))
		if !k.ByNext {
			freed = "the rest when the answer ended"
		}
		return held(ev, s, fmt.Sprintf("of an event of %d bytes %d came at once, and %s", k.Size, k.Came, freed))
	case s.Class() == remedy.ByteHeld || s.Class() == remedy.EventsHeld:
		return checks.Unseen("bytes wait for a buffer whatever the size of the event: see edge/byte-buffer")
	}
	return holdPower(ev, s, wholeEvent)
}

// lostOf returns how much of the largest event came as it was sent where the answer ended without the rest, though it comes
// whole straight from the origin. Where as many bytes came as it has they were rewritten, of which edge/bytes tells.
func lostOf(ev *checks.Evidence, v *checks.View) (came int, lost bool) {
	o, d := v.Origin(), twin(ev, v)
	if v.Case.Int("size") < wholeEvent || o == nil || len(o.Sent) == 0 || o.End != wire.Finished || !v.End.Kind.ServerEnded() {
		return 0, false
	}
	if d != nil {
		if pieces, _ := passage.Pieces(d.Exchange); len(pieces) == 0 {
			return 0, false
		}
	}
	event := o.Sent[0].Data
	for came < min(len(event), len(v.Text.Bytes)) && event[came] == v.Text.Bytes[came] {
		came++
	}
	return came, came < len(event) && len(v.Text.Bytes) < len(event)
}

func judgeOneBehind(ev *checks.Evidence) checks.Outcome {
	s := shape(ev)
	n, behind, usable := 0, 0, 0
	for _, p := range paces(ev) {
		n += len(p.Late)
		switch p.Behind {
		case hold.Held:
			behind++
			usable++
		case hold.Clear:
			usable++
		}
	}
	if s.Class() == remedy.OneBehind || usable > 0 && behind == usable {
		d := time.Duration(0)
		if s.Delays != nil {
			d = s.Delays.P50
		}
		y := s.Symptom()
		y.Class, y.Bytes, y.Period = remedy.OneBehind, 0, 0
		v := latest(ev)
		return checks.Broke(n, v.At(0, 0, alone(s)+fmt.Sprintf("each event came when the next one was sent, half of them %v late or more", checks.Brief(d)))).Shows(y)
	}
	if usable == 0 || behind > 0 {
		return unclear(ev, s, "too few events came through as they were sent, or not all runs show the same")
	}
	return checks.Held(n, "events at random moments; they did not wait for the next")
}

// leastPeriod is the shortest period that is worth a word: half of it is what an event waits on average.
const leastPeriod = 50 * time.Millisecond

func judgeFlushInterval(ev *checks.Evidence) checks.Outcome {
	s := shape(ev)
	if s.Class() == remedy.TimerHeld && s.Period() >= leastPeriod {
		return held(ev, s, fmt.Sprintf("what the origin sent was passed on every %v, however much it was", s.Period().Round(time.Millisecond)))
	}
	n, still := 0, 0.0
	for _, w := range s.Ways {
		if w.State != hold.Clear && w.Class != remedy.TimerHeld {
			return unclear(ev, s, w.Why)
		}
		n, still = max(n, w.Drip.Sent), max(still, w.Drip.Still)
	}
	if len(s.Ways) == 0 {
		return unclear(ev, s, "")
	}
	if s.Class() == remedy.TimerHeld {
		return checks.Held(len(s.Ways), "ways; what the origin sent was passed on every %v", s.Period().Round(time.Millisecond))
	}
	return checks.Held(len(s.Ways), "ways by version and framing; %s of small comments at two rates stood still for %.0f %% of their time at most", kilo(n), 100*still)
}

func judgeHeadersEarly(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	n, slowest, apart := 0, time.Duration(0), time.Duration(0)
	var versions []string
	for _, v := range route(ev, wire.EdgeHold, wire.Via) {
		if v.Case.Int("size") != 0 {
			continue
		}
		h, ok := passage.HeadOf(ev.Bundle, v.Exchange)
		if d := twin(ev, v); d != nil && ok {
			straight, seen := passage.HeadOf(ev.Bundle, d.Exchange)
			ok = seen && !straight.Waited
		}
		if !ok {
			continue
		}
		n++
		slowest, apart = max(slowest, h.Came-h.Sent), h.Body-h.Sent
		if h.Waited {
			versions = append(versions, v.Case.Get("version"))
			found = append(found, v.AtField(-1, fmt.Sprintf("over %s the head came %v after the origin had sent it, when the first byte of the body was sent",
				v.Case.Get("version"), checks.Brief(h.Came-h.Sent))))
		}
	}
	if n == 0 {
		return unseen(ev, "no answer came whose head was sent before its body", wire.EdgeHold)
	}
	y := remedy.Symptom{Class: remedy.HeadersHeld}
	if len(found) == 1 && n > 1 {
		y.Version = versions[0]
	}
	out := checks.Judged(n, found, "heads; the latest came after %v, and its body was sent %v later", checks.Brief(slowest), checks.Brief(max(0, apart-slowest)))
	if len(found) > 0 {
		out = out.Shows(y)
	}
	return out
}
