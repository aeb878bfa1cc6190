package hold

import (
	"math"
	"time"
)

const (
	// fewestTogether is how many events it takes to speak of a block.
	fewestTogether = 5
	// jitter is what Wi-Fi and schedulers may put between bytes that left together.
	jitter = 300 * time.Millisecond
	// window is the first flight of TCP: ten segments (RFC 6928).
	window = 14480
	// longWait is shorter than anybody waits for a page, and longer than most databases.
	longWait = 1500 * time.Millisecond
	// waits is how many times as long as the bytes take the wait for them must be.
	waits = 4
	// apart is the least gap between events that were written one after another.
	apart = 5 * time.Millisecond
)

// Block tells whether an answer that ended came all at once, behind a wait for its first byte.
//
// That is how an answer looks which was held to its end. It is also how one looks whose origin had nothing to say
// before, as behind a slow query: the state says how it came, and [Timeline.Clock] may say more.
func (l *Timeline) Block() Reading {
	p := l.power()
	n := len(l.Flights)
	switch {
	case len(l.Events) < fewestTogether:
		return l.unclear("fewer than five events came")
	case !l.x.End.Kind.ServerEnded():
		return l.spread("it did not end while it was watched")
	}
	first, last := l.Flights[0].From, l.Flights[n-1].To
	most := l.journey(l.size)
	switch {
	case last < max(longWait, waits*most):
		return l.spread("it was over before a hold would show")
	case last-first > most+l.late(first, last) || l.paced():
		return Reading{State: Clear, Power: p}
	case l.late(0, first) >= first/2:
		return l.unclear("this machine was busy while it waited")
	}
	return Reading{State: Held, Hold: first, Power: p, Places: []Place{{At: first, For: first}}}
}

// spread is the reading of an answer that cannot be a block: clear where its events came one after another.
func (l *Timeline) spread(why string) Reading {
	if l.power().Watched >= longWait && len(l.Flights) >= fewestTogether {
		return Reading{State: Clear, Power: l.power()}
	}
	return l.unclear(why)
}

// journey returns the longest that so many bytes take which leave together: TCP doubles what it sends with each round
// trip, so a large answer on a long way comes in several flights.
func (l *Timeline) journey(bytes int) time.Duration {
	trips := 3 + math.Log2(max(1, float64(bytes)/window))
	return jitter + time.Duration(float64(l.RTT)*trips)
}

// paced reports whether the events came one by one, with a pause before most of them.
func (l *Timeline) paced() bool {
	n := 0
	for i := 1; i < len(l.Events); i++ {
		if l.Events[i].At-l.Events[i-1].At >= apart {
			n++
		}
	}
	return 2*n >= len(l.Events)-1
}
