package passage

import (
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/wire"
)

// An Answer is how one answer came, in numbers that do not depend on how long it is.
type Answer struct {
	Events  int
	Total   time.Duration // until its end, or until the reader left
	Wait    time.Duration // the longest time for which the reader had nothing new
	Flights int
	Metrics [metrics]float64 // those that can be had; else negative
}

// The metrics of an answer. All are larger the more of it came at once, or late.
const (
	FirstShare   = iota // the time to the first byte against the whole
	PerFlight           // events in one flight
	LargestShare        // the share of bytes in the largest flight
	Unevenness          // the gaps between reads: one in twenty against the middle one
	metrics
)

// MetricNames say in words what the metrics are.
var MetricNames = [metrics]string{"the time to the first byte against the whole", "events in one flight", "the share of bytes in the largest flight", "the longest gaps against the usual one"}

const (
	// fewestGaps is how many gaps have a usual one among them.
	fewestGaps = 5
	// leastGap stands for gaps that are too short to be measured.
	leastGap = time.Millisecond
)

// AnswerOf measures an answer.
func AnswerOf(x *wire.Exchange) Answer {
	g := hold.Group(x)
	a := Answer{Events: g.Events, Total: g.End, Wait: max(g.First, g.Longest), Metrics: [metrics]float64{-1, -1, -1, -1}}
	if !x.End.Kind.ServerEnded() { // what had not come when the reader left was waited for too
		a.Wait = max(a.Wait, g.End-g.Last)
	}
	if a.Total > 0 {
		a.Metrics[FirstShare] = float64(g.First) / float64(a.Total)
	}
	sizes := flightsOf(x)
	if a.Flights = len(sizes); a.Flights == 0 {
		a.Metrics[LargestShare] = 1 // the reader had nothing at all
		return a
	}
	a.Metrics[PerFlight] = max(1, float64(g.Events)) / float64(a.Flights)
	total := 0
	for _, n := range sizes {
		total += n
	}
	a.Metrics[LargestShare] = float64(slices.Max(sizes)) / float64(max(1, total))
	if gaps := gapsOf(x); len(gaps) >= fewestGaps {
		a.Metrics[Unevenness] = float64(gaps[len(gaps)*95/100]) / float64(max(leastGap, gaps[len(gaps)/2]))
	}
	return a
}

// flightsOf returns how many bytes each flight of an answer had.
func flightsOf(x *wire.Exchange) []int {
	var out []int
	together := hold.Together(x.RoundTrip())
	for i, c := range x.Body {
		if i == 0 || c.At-x.Body[i-1].At > together {
			out = append(out, 0)
		}
		out[len(out)-1] += len(c.Data)
	}
	return out
}

// gapsOf returns the sorted gaps between the reads of an answer.
func gapsOf(x *wire.Exchange) []time.Duration {
	var out []time.Duration
	for i := 1; i < len(x.Body); i++ {
		out = append(out, x.Body[i].At-x.Body[i-1].At)
	}
	slices.Sort(out)
	return out
}

// A Contrast is what answers by turns on two routes say.
type Contrast struct {
	State   Delivery
	Why     string // where it is unclear: what was missing, one sentence without full stop
	Pairs   int    // of answers that could be compared
	Metrics []int  // that tell the routes apart
	Waits   [2]time.Duration
	Shorter time.Duration // a hold shorter than this would not show
}

const (
	// provingPairs is how many pairs prove a difference; fewer only show it.
	provingPairs = 4
	// fewestPairs is how many pairs a pass takes.
	fewestPairs = 2
	// factor is by how much a metric must differ.
	factor = 3
	// agreeing is how many metrics must: one alone may be the application's mood.
	agreeing = 2
	// shortAnswer is how long an answer must last so that a hold would show.
	shortAnswer = 2 * mostLag
	// fewestFlights is in how many pieces an answer must come straight from the endpoint.
	fewestFlights = 3
)

// Against compares answers on a route with those on another, pair by pair. Pairs of which one took more than twice as
// long as the other are left out: the application was in two moods.
func Against(reader, other []Answer) Contrast {
	var a, b []Answer // of the other, of the reader
	for i := range min(len(reader), len(other)) {
		long, short := max(reader[i].Total, other[i].Total), min(reader[i].Total, other[i].Total)
		if long <= 2*short {
			a, b = append(a, other[i]), append(b, reader[i])
		}
	}
	c := Contrast{Pairs: len(a)}
	if n := min(len(reader), len(other)); n < fewestPairs {
		c.Why = "fewer than two answers were asked for on each route, and that is too few"
		return c
	}
	if len(a) < fewestPairs {
		c.Why = "too few answers took about the same time on both routes"
		return c
	}
	c.Waits = [2]time.Duration{middle(each(a, waitOf)), middle(each(b, waitOf))}
	switch {
	case middle(each(a, totalOf)) < shortAnswer:
		c.Why = "the answers are over too soon to show a hold"
		return c
	case middle(each(a, flightsIn)) < fewestFlights:
		c.Why = "the answers come in one piece, straight from the endpoint too"
		return c
	}
	c.State = Alike
	c.Shorter = c.Waits[0] + mostLag
	for m := range metrics {
		if apart(a, b, m) {
			c.Metrics = append(c.Metrics, m)
		}
	}
	if len(c.Metrics) < agreeing || c.Waits[1]-c.Waits[0] < mostLag {
		return c
	}
	if c.State = Bunched; len(a) < provingPairs {
		c.State, c.Why = Undecided, "the answers differ, and more of them are needed to prove it"
	}
	return c
}

// apart reports whether all answers of b have a metric that is larger than that of all answers of a, and three times as
// large in the middle.
func apart(a, b []Answer, metric int) bool {
	of := func(all []Answer) []float64 {
		var out []float64
		for _, x := range all {
			if v := x.Metrics[metric]; v >= 0 {
				out = append(out, v)
			}
		}
		slices.Sort(out)
		return out
	}
	p, q := of(a), of(b)
	if len(p) < len(a) || len(q) < len(b) {
		return false
	}
	return q[0] > p[len(p)-1] && q[len(q)/2] >= factor*p[len(p)/2]
}

func each[T any](all []Answer, of func(Answer) T) []T {
	var out []T
	for _, a := range all {
		out = append(out, of(a))
	}
	return out
}

func waitOf(a Answer) time.Duration  { return a.Wait }
func totalOf(a Answer) time.Duration { return a.Total }
func flightsIn(a Answer) int         { return a.Flights }
