package hold

import "math"

const (
	// fewestBursts and fewestInBurst are how much it takes to tell the size of a buffer from whole events.
	fewestBursts  = 6
	fewestInBurst = 3
	// leastVaried is how much the sizes of events must vary, their deviation against their mean: equal ones fill anything evenly.
	leastVaried = 0.1
)

// EventsHeld tells whether whole events came in bursts that just fit into a buffer: each burst fits, and none would with the
// next event added.
//
// A source that collects its events by their size does the same, so this supports other evidence and proves nothing alone.
func (l *Timeline) EventsHeld() Reading {
	if l.size != len(l.t.Bytes) {
		return l.unclear("the body was coded, so the size of an event on the wire is not known")
	}
	var most, least, lo, hi, n int
	counts := map[int]bool{}
	for i := 1; i < len(l.Stalls); i++ {
		from, to := l.Stalls[i-1].Text, l.Stalls[i].Text
		a, b := l.eventsFrom(from), l.eventsFrom(to)
		if b >= len(l.s.Events) || b-a < fewestInBurst || l.Stalls[i].Torn {
			return l.unclear("its pauses are not all behind bursts of several events")
		}
		next := l.s.Events[b]
		burst := to - from
		if n == 0 {
			lo, least = a, burst+next.Hi-next.Lo
		}
		most, least = max(most, burst), min(least, burst+next.Hi-next.Lo)
		counts[b-a], hi = true, b
		n++
	}
	switch {
	case n < fewestBursts:
		return l.unclear("fewer than six bursts came")
	case l.varied(lo, hi) < leastVaried || len(counts) < 2:
		return l.unclear("its events are too much alike")
	case most >= least:
		return Reading{State: Clear, Power: l.power()}
	}
	return Reading{State: Held, Bytes: most, Power: l.power()}
}

// eventsFrom returns the index of the first event that ends behind an offset of the text.
func (l *Timeline) eventsFrom(off int) int {
	lo, hi := 0, len(l.s.Events)
	for lo < hi {
		if m := (lo + hi) / 2; l.s.Events[m].Hi > off {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

// varied returns the deviation of the sizes of the events lo to hi against their mean.
func (l *Timeline) varied(lo, hi int) float64 {
	var sum, squares, n float64
	for _, e := range l.s.Events[lo:hi] {
		size := float64(e.Hi - e.Lo)
		sum, squares, n = sum+size, squares+size*size, n+1
	}
	if n == 0 || sum == 0 {
		return 0
	}
	mean := sum / n
	return math.Sqrt(max(0, squares/n-mean*mean)) / mean
}
