package hold

import (
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
)

// fewestBehind is how many events must have come one late.
const fewestBehind = 5

// Behind tells whether each event became whole only when the next one came: by the bytes themselves, where all of an event
// but its end was there before, or by the times that the events carry.
func (l *Timeline) Behind() Reading {
	if r := l.endsLate(); r.State == Held {
		return r
	}
	c := l.Clock()
	if c == nil {
		return l.unclear("the events carry no time of their own that goes forward with the stream")
	}
	return l.oneLate(c)
}

// endsLate looks for events that lay there without their end until the next one came.
func (l *Timeline) endsLate() Reading {
	r := Reading{State: Clear, Power: l.power()}
	n := 0
	for b := range l.s.Blocks() {
		if b.Event < 0 || b.Event == len(l.s.Events)-1 {
			continue
		}
		n++
		end := contentEnd(l.s, b)
		there, whole := l.t.When(end-1), l.t.When(b.Hi-1)
		waited := whole - there
		if waited < l.Stalled() || waited-l.late(there, whole) < l.Stalled() || l.t.When(b.Hi) != whole {
			continue
		}
		r.Hold = max(r.Hold, waited)
		r.Places = append(r.Places, Place{Text: end, At: there, For: waited})
	}
	if len(r.Places) >= fewestBehind && 5*len(r.Places) >= 4*n {
		r.State = Held
	}
	return r
}

// contentEnd returns the offset at which the last line of an event ends that is not blank.
func contentEnd(s *stream.Stream, b stream.Block) int {
	for _, line := range slices.Backward(b.Lines) {
		if !s.IsBlank(line) {
			return line.Hi - line.End.Len()
		}
	}
	return b.Hi
}

// oneLate compares when events came with when they, and the ones behind them, were made.
func (l *Timeline) oneLate(c *Clock) Reading {
	var own, next, gaps []time.Duration
	for i := 0; i+1 < len(c.Marks); i++ {
		m, n := c.Marks[i], c.Marks[i+1]
		own = append(own, m.lag(l.x.Began))
		next = append(next, l.x.Began.Add(m.At).Sub(n.Sent))
		gaps = append(gaps, n.Sent.Sub(m.Sent))
	}
	near := max(25*time.Millisecond, l.RTT/4) + c.Step
	r := Reading{State: Clear, Power: l.power()}
	r.Power.Events = len(c.Marks)
	steady := 5*within(own, near) >= 4*len(own)
	switch {
	case steady && slices.Max(gaps) < l.Stalled():
		return r // one gap is less than what would be called held
	case len(own) < fewestBehind || spread(gaps) < l.Stalled()+2*near:
		return l.unclear("the pauses between events are too much alike to tell which one an event waited for")
	case steady:
		return r
	case 5*within(next, near) < 4*len(next):
		return l.unclear("the events come late by their own times, and not by one event")
	}
	if 5*l.aloneAndWhole(c) >= 4*len(c.Marks) {
		return l.unclear("each event came alone and whole, at the time that the next one carries: it waited for that one, or its time is that of when its making began")
	}
	r.State, r.Hold = Held, slices.Max(gaps)
	for i := range gaps {
		if e := l.s.Events[c.Marks[i].Event]; gaps[i] >= l.Stalled() {
			r.Places = append(r.Places, Place{Text: e.Lo, At: c.Marks[i].At, For: gaps[i]})
		}
	}
	return r
}

// aloneAndWhole returns how many events of a clock came with nothing of another, and all of each at once.
func (l *Timeline) aloneAndWhole(c *Clock) (n int) {
	for _, m := range c.Marks {
		if e := l.s.Events[m.Event]; l.Events[m.Event].Alone && l.t.When(e.Lo) == m.At {
			n++
		}
	}
	return n
}

// within returns how many durations lie near the middle one.
func within(ds []time.Duration, near time.Duration) int {
	m, n := middle(ds), 0
	for _, d := range ds {
		if (d - m).Abs() <= near {
			n++
		}
	}
	return n
}

// spread returns how far the durations are apart of which a tenth is less and a tenth is more.
func spread(ds []time.Duration) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	n := len(ds)
	return ds[n-1-n/10] - ds[n/10]
}
