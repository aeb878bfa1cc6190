package reports

import (
	"time"

	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

// A figure is something that is measured in a run.
type figure struct {
	name  string
	of    func(*Document) *float64 // nil where it was not measured
	write func(float64) string
	slack float64 // a difference below it is none
	more  bool    // is better: of how long something lives
}

// figures are what is compared. Two runs over the same network often differ by as much as the half, and by a tenth of a second
// for nothing but the load of a machine: told is only what has more than doubled, or halved, and by more than that. Who wants
// to be held to less declares a threshold.
var figures = []figure{
	{"time to the first byte", firstByte, milliseconds, 100, false},
	{"time to the end of the answer", wholeAnswer, milliseconds, 100, false},
	{"longest recovery", longestRecovery, milliseconds, 100, false},
	{"delay of an event (95 %)", ofEdge(func(e *Edge) *float64 { return &e.Delay.P95 }), milliseconds, 100, false},
	{"buffer", ofEdge(buffered), bytesOf, 0, false},
	{"time between flushes", ofEdge(func(e *Edge) *float64 { return e.Flush }), milliseconds, 100, false},
	{"silence that ends a stream", ofEdge(func(e *Edge) *float64 { return e.Idle }), secondsOf, 0.1, true},
	{"longest life of a stream", ofEdge(func(e *Edge) *float64 { return e.Age }), secondsOf, 0.1, true},
}

// figuresBetween compares what was measured in two runs. At another depth an edge is looked at for other things.
func (d *Document) figuresBetween(later *Document) []Change {
	if d.Edge != nil && later.Edge != nil && d.Edge.Depth != later.Edge.Depth {
		return nil
	}
	var out []Change
	for _, f := range figures {
		was, is := f.of(d), f.of(later)
		if t := f.turn(was, is); t != "" {
			out = append(out, later.change(t, Change{What: f.name, Old: f.text(was), New: f.text(is), weight: ofFigure}))
		}
	}
	return out
}

// none is what ofEdge gives where it was looked for and not found: no buffer, no silence that ends a stream.
const none = -1

func (f figure) turn(was, is *float64) Turn {
	switch {
	case was == nil || is == nil || *was == *is:
		return ""
	case *is == none:
		return Better
	case *was == none:
		return Worse
	case max(*was, *is) <= 2*min(*was, *is) || max(*was, *is)-min(*was, *is) <= f.slack:
		return ""
	case (*is > *was) == f.more:
		return Better
	}
	return Worse
}

func (f figure) text(n *float64) string {
	if *n == none {
		return "none"
	}
	return f.write(*n)
}

func milliseconds(n float64) string { return round(time.Duration(n * 1e6)).String() }

func secondsOf(n float64) string { return round(time.Duration(n * 1e9)).String() }

func bytesOf(n float64) string { return plural(int(n), "byte", "bytes") }

// control returns the undisturbed stream of a run, or nil.
func (d *Document) control() *Timeline {
	for i := range d.Timelines {
		if t := &d.Timelines[i]; t.Scene == string(wire.Control) && len(t.Marks) > 0 {
			return t
		}
	}
	return nil
}

func firstByte(d *Document) *float64 {
	if t := d.control(); t != nil {
		return &t.Marks[0].AtMS
	}
	return nil
}

// wholeAnswer is how long an answer took that has an end.
func wholeAnswer(d *Document) *float64 {
	if t := d.control(); t != nil && t.End == wire.Complete.String() {
		return &t.EndMS
	}
	return nil
}

// longestRecovery is the longest time until an interrupted answer went on.
func longestRecovery(d *Document) *float64 {
	var out *float64
	for i := range d.Chaos {
		if t := &d.Chaos[i]; t.Verdict == string(recovery.Whole) && (out == nil || t.RecoveryMS > *out) {
			out = &t.RecoveryMS
		}
	}
	return out
}

// ofEdge is a figure of an edge, where its streams came through at all.
func ofEdge(of func(*Edge) *float64) func(*Document) *float64 {
	return func(d *Document) *float64 {
		if d.Edge == nil || d.Edge.Delay == nil {
			return nil
		}
		if n := of(d.Edge); n != nil {
			return n
		}
		n := float64(none)
		return &n
	}
}

func buffered(e *Edge) *float64 {
	if e.Buffer == nil {
		return nil
	}
	n := float64(*e.Buffer)
	return &n
}
