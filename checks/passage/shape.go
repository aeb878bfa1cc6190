package passage

import (
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Shape is what a hop does to the rhythm of a stream whose readers offer no content coding.
type Shape struct {
	Ways   []Way   // by each HTTP version of the reader and each framing of the origin
	Worst  *Way    // the one that is held, or nil: of several the chunked one, since most origins are
	Delays *Delays // beyond straight from the origin, over all runs; nil where none were measured
}

// Class returns what is done, or "" where nothing is seen to be.
func (s Shape) Class() remedy.Class {
	if s.Worst == nil {
		return ""
	}
	return s.Worst.Class
}

// Bytes returns the size of the buffer in which bytes are held, or 0.
func (s Shape) Bytes() int {
	if c := s.Class(); c == remedy.ByteHeld || c == remedy.EventsHeld || c == remedy.LargeTail {
		return s.Worst.Bytes
	}
	return 0
}

// Period returns the period at which bytes are passed on, or 0.
func (s Shape) Period() time.Duration {
	if s.Worst == nil {
		return 0
	}
	return s.Worst.Period
}

// Symptom returns what was seen as a remedy is looked for.
func (s Shape) Symptom() remedy.Symptom {
	return remedy.Symptom{Class: s.Class(), Bytes: s.Bytes(), Period: s.Period(), Version: s.Alone()}
}

// Alone returns the HTTP version of the reader over which alone it shows, or "".
func (s Shape) Alone() string {
	if s.Worst == nil {
		return ""
	}
	clear := false
	for _, w := range s.Ways {
		if w.Version == s.Worst.Version {
			continue
		}
		if w.State == hold.Held {
			return ""
		}
		clear = clear || w.State == hold.Clear
	}
	if !clear {
		return ""
	}
	return s.Worst.Version
}

// A Way is one way through a hop, by how reader and origin speak to it, and what is done there.
type Way struct {
	Version string // of the reader's request
	Framing string // of the origin's answer: "chunked" or "closed"
	State   hold.State
	Class   remedy.Class
	Bytes   int
	Period  time.Duration
	Why     string // Unclear: what was missing
	Drip    Drip
	Hold    Hold
	Pace    *Pace // nil where there is none of that version
}

// ShapeOf reads what was recorded of pace, drip and hold. What was not recorded is not known: the ways are those of
// drip and hold together.
func ShapeOf(b *wire.Bundle) Shape {
	var s Shape
	paces := PacesOf(b)
	s.Delays = beyond(paces)
	for _, x := range exchanges(b, wire.EdgeDrip, wire.Via) {
		v, f := x.Case.Get("version"), x.Case.Get("framing")
		if s.has(v, f) {
			continue
		}
		w := Way{Version: v, Framing: f, Drip: DripOf(b, same(b, wire.EdgeDrip, v, f)), Hold: HoldOf(b, same(b, wire.EdgeHold, v, f))}
		w.Pace = worstOf(paces, v)
		w.read()
		s.Ways = append(s.Ways, w)
	}
	for i := range s.Ways {
		w := &s.Ways[i]
		if w.State == hold.Held && (s.Worst == nil || w.worse(*s.Worst)) {
			s.Worst = w
		}
	}
	return s
}

// worse reports whether a way tells more about the hop than another: by the framing that most origins use, and by what is
// held the longest. Of two buffers behind each other the smaller one is the cause.
func (w Way) worse(v Way) bool {
	switch {
	case w.Framing != v.Framing:
		return w.Framing == chunked
	case w.Class != v.Class:
		return slices.Index(severity, w.Class) < slices.Index(severity, v.Class)
	}
	return w.Bytes > 0 && w.Bytes < v.Bytes
}

// severity orders what may be done to a stream, the worst first.
var severity = []remedy.Class{remedy.HeldToEnd, remedy.ByteHeld, remedy.EventsHeld, remedy.OneBehind, remedy.LargeTail, remedy.TimerHeld}

// chunked is the framing that most origins of streams use.
const chunked = "chunked"

func (s Shape) has(version, framing string) bool {
	for _, w := range s.Ways {
		if w.Version == version && w.Framing == framing {
			return true
		}
	}
	return false
}

// same returns the exchanges of a scene through the hop by one way; one whose body began late is another matter.
func same(b *wire.Bundle, s wire.Scene, version, framing string) []*wire.Exchange {
	var out []*wire.Exchange
	for _, x := range exchanges(b, s, wire.Via) {
		if x.Case.Get("version") == version && x.Case.Get("framing") == framing && x.Case.Int("size") > 0 {
			out = append(out, x)
		}
	}
	return out
}

// read puts together what drip, hold and pace say. Where single events were held while nothing was sent behind them, no timer
// passes them on; where they were not, no buffer waits to be full.
func (w *Way) read() {
	d, h := w.Drip, w.Hold
	lone := w.loneWait()
	switch {
	case d.State == hold.Held && d.Class == remedy.HeldToEnd:
		w.toEnd()
	case d.State == hold.Held && d.Class == remedy.TimerHeld && w.waits(d.Period):
		w.held(d.Class, 0, w.nearer(d.Period, lone))
	case h.State == hold.Clear && lone > 0 && w.waits(lone):
		w.held(remedy.TimerHeld, 0, lone)
	case d.State == hold.Held && h.State == hold.Held && d.Bytes > 0:
		w.held(d.Class, d.Bytes, 0)
	case d.State == hold.Clear && h.State == hold.Clear:
		w.State = hold.Clear
	case d.State == hold.Clear && h.State == hold.Held && h.Class == remedy.HeldToEnd:
		w.Why = "single events were held to the end, and many small comments were not"
	case d.State == hold.Clear && h.State == hold.Held && h.Class == remedy.ByteHeld:
		w.held(remedy.LargeTail, h.Bytes, 0)
	case d.State == hold.Clear && h.State == hold.Held:
		w.held(h.Class, h.Bytes, 0)
	case w.Pace != nil && w.Pace.Period > 0:
		w.held(remedy.TimerHeld, 0, w.Pace.Period)
	case h.State == hold.Held && h.Bytes > 0:
		w.held(h.Class, h.Bytes, 0)
	case h.State == hold.Held:
		w.Why = "bytes were held, and neither the size of a buffer nor a period shows"
	case d.State != hold.Clear:
		w.Why = d.Why
	default:
		w.Why = h.Why
	}
	if w.State == hold.Unclear && w.Why == "" {
		w.Why = "small comments came in lumps, and single events whole"
	}
}

// loneWait returns for how long small events waited that came after a silence, where all of them waited for the same, or 0:
// so do small packets that a socket keeps for a timer, while it sends full segments at once.
func (w *Way) loneWait() time.Duration {
	var took []time.Duration
	for _, k := range w.Hold.Each {
		if t := k.Next - w.Drip.Way; t >= longStop {
			took = append(took, t)
		}
	}
	if w.Drip.Sent == 0 || len(took) < enoughKept || !alike(took, tenth) {
		return 0
	}
	return middle(took)
}

func (w *Way) held(c remedy.Class, bytes int, period time.Duration) {
	w.State, w.Class, w.Bytes, w.Period = hold.Held, c, bytes, period
}

// nearer returns of two periods the one that more events at random moments waited for. A timer that runs all the time shows in
// the drip, one that the first byte starts in single events.
func (w *Way) nearer(drip, lone time.Duration) time.Duration {
	if w.Pace == nil || len(w.Pace.Late) == 0 || lone == 0 {
		return drip
	}
	most := w.Pace.Delays.P95
	if (lone - most).Abs() < (drip - most).Abs() {
		return lone
	}
	return drip
}

// waits reports whether events at random moments waited too, as they do for a timer: half of them for half of its period.
// Single events are sent together, and one pause of a machine makes all of them late by the same.
func (w *Way) waits(period time.Duration) bool {
	return !w.Drip.Busy && w.Drip.Still >= freeStill && (w.Pace == nil || len(w.Pace.Late) == 0 || w.Pace.Delays.P50-w.Drip.Way >= period/4)
}

// toEnd is for bytes of which next to none came before the origin was done. More of them, or more time, may show why.
func (w *Way) toEnd() {
	h, p := w.Hold, w.Pace
	switch {
	case h.State == hold.Held && h.Class == remedy.ByteHeld && h.Bytes > 0:
		w.held(remedy.ByteHeld, h.Bytes, 0)
	case p != nil && p.Period > 0:
		w.held(remedy.TimerHeld, 0, p.Period)
	case p != nil && !p.ToEnd:
		w.Why = "small comments came at the end only, and events at random moments sooner"
	case h.State == hold.Held && h.Class == remedy.HeldToEnd:
		w.held(remedy.HeldToEnd, w.Drip.Sent, 0)
	default:
		w.Why = "small comments came at the end only, and single events sooner"
	}
}
