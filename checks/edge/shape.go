package edge

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

type shapeKey struct{}
type pacesKey struct{}

// shape returns what the hop does to the rhythm of a stream.
func shape(ev *checks.Evidence) passage.Shape {
	return ev.Learn(shapeKey{}, func() any { return passage.ShapeOf(ev.Bundle) }).(passage.Shape)
}

func paces(ev *checks.Evidence) []passage.Pace {
	return ev.Learn(pacesKey{}, func() any { return passage.PacesOf(ev.Bundle) }).([]passage.Pace)
}

// held returns a finding on what shows the hold best.
func held(ev *checks.Evidence, s passage.Shape, text string) checks.Outcome {
	w, off := s.Worst, 0
	x := w.Drip.Proof
	if len(w.Drip.Stops) > 0 && w.Class != remedy.LargeTail {
		off = w.Drip.Stops[0].Off
		if len(w.Drip.Stops) > 1 {
			off = w.Drip.Stops[1].Off
		}
	} else if k := mostKept(w.Hold); k.X != nil {
		x, off = k.X, k.Came
	}
	v := viewOf(ev, x)
	if v == nil {
		v = latest(ev)
	}
	return checks.Broke(seenIn(s), v.At(off, off, alone(s)+text)).Shows(s.Symptom())
}

// alone says where it shows, if not everywhere.
func alone(s passage.Shape) string {
	switch {
	case s.Worst == nil:
		return ""
	case s.Alone() != "":
		return "over " + s.Alone() + " alone, "
	case s.Worst.Framing != "chunked":
		return "where the origin ends its answer by closing, "
	}
	return ""
}

// seenIn returns how many exchanges a shape was read from.
func seenIn(s passage.Shape) int {
	n := 0
	for _, w := range s.Ways {
		n += len(w.Hold.Each) + 2
	}
	return n
}

func viewOf(ev *checks.Evidence, x *wire.Exchange) *checks.View {
	for _, v := range ev.All() {
		if v.Exchange == x {
			return v
		}
	}
	return nil
}

// latest returns the run whose events came latest, or another exchange through the hop.
func latest(ev *checks.Evidence) *checks.View {
	var worst *checks.View
	most := time.Duration(-1)
	for _, p := range paces(ev) {
		if p.Delays.P95 > most {
			worst, most = viewOf(ev, p.X), p.Delays.P95
		}
	}
	for _, v := range ev.All() {
		if worst == nil && v.Route() == wire.Via {
			worst = v
		}
	}
	return worst
}

// unclear says what was missing where a shape is looked for.
func unclear(ev *checks.Evidence, s passage.Shape, why string) checks.Outcome {
	for _, w := range s.Ways {
		if why == "" && w.State == hold.Unclear {
			why = w.Why
		}
	}
	if why == "" {
		why = "no stream came through the hop as it was sent"
	}
	return unseen(ev, why, wire.EdgePace, wire.EdgeDrip, wire.EdgeHold)
}

// unseen says what was missing, and whether it was since the hop refused what it was asked in some scenes.
func unseen(ev *checks.Evidence, why string, in ...wire.Scene) checks.Outcome {
	if r := turnedAway(ev, in...); r != "" {
		why += "; " + r
	}
	return checks.Unseen("%s", why)
}

// turnedAway says how many requests of some scenes did not reach the origin since the hop answered them itself, with another
// status than the origin would, or "".
func turnedAway(ev *checks.Evidence, in ...wire.Scene) string {
	n, all := 0, 0
	var by []string
	for _, s := range in {
		for _, v := range route(ev, s, wire.Via) {
			all++
			if v.Origin() == nil && v.Status != 0 && v.Status != 200 {
				n++
				by = once(by, fmt.Sprint(v.Status))
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d requests were answered %s by the hop", n, all, strings.Join(by, " or "))
}

// bufferText says how large the buffer is, and how it showed.
func bufferText(s passage.Shape) string {
	w := s.Worst
	size := "a buffer"
	if w.Bytes > 0 {
		size = fmt.Sprintf("a buffer of %d bytes", w.Bytes)
	}
	if w.Class == remedy.EventsHeld {
		size += " for whole events"
	}
	text := "what the origin sent waited until " + size + " was full"
	if at := offsets(w.Drip.Stops); at != "" {
		text += ": it stopped after " + at + " bytes"
	} else if k := mostKept(w.Hold); k.Size > 0 {
		text += fmt.Sprintf(": of an event of %d bytes %d came", k.Size, k.Came)
	}
	return text
}

// offsets lists the first places of a stream at which it stopped.
func offsets(stops []passage.Stop) string {
	var at []string
	for _, s := range stops {
		if s.Off > 0 && len(at) < 4 {
			at = append(at, fmt.Sprint(s.Off))
		}
	}
	if len(at) == 0 {
		return ""
	}
	return strings.Join(at, ", ")
}

// holdPower says what would have shown, where all of it came. Of each way an event of a size must have been seen.
func holdPower(ev *checks.Evidence, s passage.Shape, size int) checks.Outcome {
	n, slowest := 0, time.Duration(0)
	var sizes []string
	for _, w := range s.Ways {
		switch {
		case w.Class == remedy.OneBehind:
			return checks.Unseen("events of every size wait for the next: see edge/one-behind")
		case w.Class == remedy.TimerHeld && w.Hold.State != hold.Clear:
			return checks.Unseen("the silence behind single events was no longer than the period at which bytes are passed on")
		}
		if w.Hold.State != hold.Clear {
			return unclear(ev, s, cmp.Or(w.Hold.Why, w.Why))
		}
		least, most := w.Hold.Each[0].X.Case.Int("size"), w.Hold.Each[len(w.Hold.Each)-1].X.Case.Int("size")
		if most < size {
			return unclear(ev, s, fmt.Sprintf("no single event of more than %d bytes came to rest before the silence was over", most))
		}
		sizes = once(sizes, fmt.Sprintf("%d to %d bytes", least, most))
		n += len(w.Hold.Each)
		slowest = max(slowest, w.Hold.Slowest)
	}
	if n == 0 {
		return unclear(ev, s, "")
	}
	return checks.Held(n, "single events of %s, each before two seconds of silence; all came whole within %v", strings.Join(sizes, " and "), checks.Brief(slowest))
}

// kilo writes a number of bytes.
func kilo(n int) string {
	if n >= 1000_000 {
		return fmt.Sprintf("%.1f MB", float64(n)/1000_000)
	}
	return fmt.Sprintf("%d kB", n/1000)
}

// mostKept returns the event of which most came, and not all.
func mostKept(h passage.Hold) passage.Kept {
	var out passage.Kept
	for _, k := range h.Each {
		if k.Came < k.Size && (out.Size == 0 || out.Came <= someBytes) {
			out = k
		}
	}
	return out
}

// someBytes may come of what is held: the head of a coding.
const someBytes = 64
