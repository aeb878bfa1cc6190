package hold

import (
	"slices"
	"time"
)

const (
	// fewestFlights is how many must have come at a period before it is one.
	fewestFlights = 8
	// ticks is how many periods may pass with nothing to send.
	ticks = 3
	// backlog is how long at the beginning of a stream a history may be sent.
	backlog = time.Second
	// shortPeriod is what a network can make by itself.
	shortPeriod = 60 * time.Millisecond
)

// FixedPeriod tells whether flights began at a constant period, whatever they held. A timer that flushes does this, and so
// does an application that looks for news once a second: nothing in one recording tells them apart.
func (l *Timeline) FixedPeriod() Reading {
	var starts []time.Duration
	bunched := 0
	for _, f := range l.Flights {
		if f.From >= l.Flights[0].From+backlog && f.Events > 0 {
			starts = append(starts, f.From)
			if f.Events > 1 {
				bunched++
			}
		}
	}
	if len(starts) < fewestFlights {
		return l.unclear("fewer than eight flights came behind the first second")
	}
	var gaps []time.Duration
	for i := 1; i < len(starts); i++ {
		gaps = append(gaps, starts[i]-starts[i-1])
	}
	period := middle(gaps)
	r := Reading{State: Clear, Power: l.power()}
	if period < shortPeriod || 10*inStep(gaps, period) < 9*len(gaps) {
		return r
	}
	r.Period = period
	if 2*bunched >= len(starts) {
		r.State, r.Hold = Held, period
	}
	return r
}

// inStep returns how many gaps are a small multiple of a period.
func inStep(gaps []time.Duration, period time.Duration) int {
	n := 0
	for _, g := range gaps {
		k := (g + period/2) / period
		if k >= 1 && k <= ticks && (g-k*period).Abs() <= max(period/20, 15*time.Millisecond) {
			n++
		}
	}
	return n
}

// middle returns the median of what may not be empty.
func middle(ds []time.Duration) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	return ds[len(ds)/2]
}

// alike is by what factor the intervals of something that collects news and looks for it again and again may differ.
const alike = 2.5

// Bursts returns about how often bursts of whole events come, where their intervals are alike: something that looks for news
// at intervals makes such bursts. It is 0 where they are not.
func (l *Timeline) Bursts() time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(l.Flights); i++ {
		gaps = append(gaps, l.Flights[i].From-l.Flights[i-1].From)
	}
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	n := len(gaps)
	least, most := gaps[n/10], gaps[n-1-n/10] // one in ten may be another
	if float64(most) > alike*float64(least) || slices.ContainsFunc(l.Stalls, func(s Stall) bool { return s.Torn }) {
		return 0
	}
	return middle(gaps)
}
