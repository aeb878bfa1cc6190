package passage

import (
	"slices"
	"strconv"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Crowd is what became of streams that were opened at once on one route over one HTTP version.
type Crowd struct {
	Worked  int           // the largest number that came through together; 0 for none
	Failed  int           // the smallest number of which not all did; 0 for none
	Through int           // how many of those did
	Allowed int           // over HTTP/2: how many the hop allows on a connection, if it says so and fewer were wanted
	Beside  int           // how many others of ours were open meanwhile
	Slowest time.Duration // in which the last of those that worked came to the origin
}

// together is how long each stream of a crowd may take to the origin.
const together = 2 * time.Second

// CrowdOf returns what became of the crowds on one route.
func CrowdOf(b *wire.Bundle, route, version string) (c Crowd, known bool) {
	r := b.Recording(wire.EdgeCrowd)
	if r == nil {
		return c, false
	}
	tries := map[int][]*wire.Exchange{} // of each size the last try
	for _, x := range r.Exchanges {
		if x.Route() != route || x.Case.Get("version") != version {
			continue
		}
		size := x.Case.Int("size")
		if old := tries[size]; len(old) > 0 && old[0].Case.Get("try") != x.Case.Get("try") {
			tries[size] = nil
		}
		tries[size] = append(tries[size], x)
	}
	for size, xs := range tries {
		c.add(b, size, xs)
	}
	return c, len(tries) > 0
}

// add counts the streams of one try.
func (c *Crowd) add(b *wire.Bundle, size int, xs []*wire.Exchange) {
	if n, err := strconv.Atoi(xs[0].Case.Get("allowed")); err == nil {
		c.Allowed, size = n, min(size, n)
	}
	n, slowest, until := 0, time.Duration(0), released(xs)
	for _, x := range xs {
		if through(x, until) {
			n++
			slowest = max(slowest, x.Hits[0].At)
		}
	}
	switch {
	case n >= size:
		if size > c.Worked {
			c.Worked, c.Slowest = size, slowest
		}
	case trickles(xs, until): // given time, more would have come through
	case c.Failed == 0 || size < c.Failed:
		c.Failed, c.Through = size, n
		c.Beside = besides(b, xs[0].Began.Add(together/2))
	}
}

// released returns when the first stream of a crowd was let go.
func released(xs []*wire.Exchange) time.Time {
	var first time.Time
	for _, x := range xs {
		if len(x.Hits) == 0 || len(x.Hits[0].Sent) < 2 {
			continue
		}
		if at := x.Began.Add(x.Hits[0].Sent[1].At); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// still is for how long no stream must have come through before the first was let go: those that a limit keeps out come
// behind that, those that a busy machine keeps out come all the time.
const still = time.Second

// trickles reports whether streams still came to the origin shortly before the first was let go.
func trickles(xs []*wire.Exchange, until time.Time) bool {
	return slices.ContainsFunc(xs, func(x *wire.Exchange) bool {
		if len(x.Hits) == 0 {
			return false
		}
		at := x.Began.Add(x.Hits[0].At)
		return at.After(until.Add(-still)) && at.Before(until)
	})
}

// through reports whether a stream came to the origin while the others were open, and its event to the reader.
func through(x *wire.Exchange, until time.Time) bool {
	return len(x.Hits) > 0 && x.Hits[0].At <= together && (until.IsZero() || !x.Began.Add(x.Hits[0].At).After(until)) &&
		x.Status == 200 && len(x.Body) > 0
}

// besides counts the streams of other scenes that were open at the origin at a moment.
func besides(b *wire.Bundle, at time.Time) int {
	n := 0
	for _, r := range b.Recordings {
		if r.Scene == wire.EdgeCrowd {
			continue
		}
		for _, x := range r.Exchanges {
			since := at.Sub(x.Began)
			if x.Route() == wire.Via && slices.ContainsFunc(x.Hits, func(h *wire.Hit) bool { return h.At <= since && since < h.EndAt }) {
				n++
			}
		}
	}
	return n
}
