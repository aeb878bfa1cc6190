package passage

import (
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Drip is what many small pieces at equal gaps show of one way through a hop.
type Drip struct {
	State  hold.State
	Class  remedy.Class  // Held: ByteHeld, EventsHeld, TimerHeld or HeldToEnd; empty where it is none of them for certain
	Bytes  int           // of the buffer
	Period time.Duration // of the timer
	Why    string        // Unclear: what was missing
	Sent   int           // bytes, of the largest exchange
	Still  float64       // for what part of its time the exchange that did worst stood still
	Busy   bool          // this machine had too little time
	Way    time.Duration // how long bytes are on their way that wait for nothing
	Proof  *wire.Exchange
	Stops  []Stop // of the proof
}

const (
	// shortStop is longer than busy machines keep a byte, and shorter than any flush timer that a reader could notice.
	shortStop = 20 * time.Millisecond
	// freeStill is for what part of its time a stream may stand still that nothing holds: this machine, and the hop's, have
	// pauses. What waits for a buffer or a timer stands still nearly all the time.
	freeStill = 0.25
	// someBytes come at once even where all else is held: ten are the head of gzip.
	someBytes = 64
	// slack is by how many bytes buffers may differ that are the same: what frames the pieces takes a few.
	slack = 16
)

// A rate is one exchange of a drip.
type rate struct {
	x     *wire.Exchange
	piece int
	sent  int // bytes
	first time.Duration
	last  time.Duration
	stops []Stop
	sizes []int           // between stops, the first apart: the head was in the buffer too
	gaps  []time.Duration // between the moments at which more came, the end apart
	toEnd bool            // next to nothing came before all was sent
}

func rateOf(b *wire.Bundle, x *wire.Exchange) (rate, bool) {
	pieces, sent := Pieces(x)
	if sent == 0 || len(pieces) < sent {
		return rate{}, false
	}
	r := rate{x: x, piece: pieces[0].Hi, sent: pieces[sent-1].Hi, first: pieces[0].Sent, last: pieces[sent-1].Sent, stops: stops(b, x, shortStop)}
	text, _ := x.Decoded()
	came, _ := reached(text, r.last)
	r.toEnd = came <= someBytes
	for i := 1; i < len(r.stops); i++ {
		s, before := r.stops[i], r.stops[i-1]
		if before.Off > 0 {
			r.sizes = append(r.sizes, s.Off-before.Off)
		}
		if s.To < r.last {
			r.gaps = append(r.gaps, s.To-before.To)
		}
	}
	return r, true
}

// still returns for what part of the time of sending the stream stood still.
func (r rate) still() float64 {
	total := time.Duration(0)
	for _, s := range r.stops {
		total += s.Long()
	}
	return float64(total) / float64(max(1, r.last-r.first))
}

// DripOf reads the exchanges of one way. The more pieces of a size were sent, the larger the buffer that shows.
func DripOf(b *wire.Bundle, xs []*wire.Exchange) Drip {
	var rates []rate
	for _, x := range xs {
		if r, ok := rateOf(b, x); ok {
			rates = append(rates, r)
		}
	}
	if len(rates) < 2 || len(rates) < len(xs) {
		return Drip{Why: "the small comments did not come through as they were sent"}
	}
	d := Drip{State: hold.Held}
	for _, r := range rates {
		d.Sent, d.Still = max(d.Sent, r.sent), max(d.Still, r.still())
		d.Busy = d.Busy || busy(b, r.x, r.first, r.last)
		text, _ := r.x.Decoded()
		pieces, _ := Pieces(r.x)
		d.Way = max(d.Way, journey(text, pieces))
	}
	most := rates[0]
	for _, r := range rates[1:] {
		if len(r.stops) >= len(most.stops) {
			most = r
		}
	}
	d.Proof, d.Stops = most.x, most.stops
	switch {
	case every(rates, func(r rate) bool { return r.still() < freeStill && !r.toEnd }):
		d.State = hold.Clear
	case every(rates, func(r rate) bool { return r.toEnd }):
		d.Class = remedy.HeldToEnd
	case d.isBuffer(rates):
	case !d.Busy && d.isTimer(rates):
	case d.Busy:
		d.State, d.Why = hold.Unclear, "this machine was too busy to time small comments"
	default:
		d.State, d.Why = hold.Unclear, "small comments came in lumps, of no fixed size and at no fixed period"
	}
	return d
}

func every(rates []rate, is func(rate) bool) bool {
	for _, r := range rates {
		if !is(r) {
			return false
		}
	}
	return true
}

// isBuffer tells whether the same number of bytes came each time, whatever the rate.
func (d *Drip) isBuffer(rates []rate) bool {
	var sizes []int
	piece, torn := 0, false
	for _, r := range rates {
		sizes = append(sizes, r.sizes...)
		piece = max(piece, r.piece)
		for _, s := range r.stops {
			torn = torn || s.Torn
		}
	}
	near := slack
	if !torn {
		near = piece
	}
	if len(sizes) < 2 || !alike(sizes, func(int) int { return near }) {
		return false
	}
	m := middle(sizes)
	for _, r := range rates { // a buffer that was filled several times at a rate shows at that rate, unless it fills too fast
		fills := (r.last - r.first) * time.Duration(m) / time.Duration(r.sent)
		if len(r.sizes) == 0 && r.sent > 3*m+near && fills > 2*shortStop {
			return false
		}
		if len(r.sizes) > 0 && max(middle(r.sizes)-m, m-middle(r.sizes)) > near {
			return false
		}
	}
	d.Class, d.Bytes = remedy.ByteHeld, m
	if !torn {
		d.Class = remedy.EventsHeld
	}
	return true
}

// isTimer tells whether the same time passed before more came, whatever the rate.
func (d *Drip) isTimer(rates []rate) bool {
	var gaps []time.Duration
	for _, r := range rates {
		if len(r.gaps) == 0 && !r.toEnd {
			return false
		}
		gaps = append(gaps, r.gaps...)
	}
	if len(gaps) < 2 || !alike(gaps, tenth) {
		return false
	}
	for _, r := range rates {
		if len(r.gaps) > 0 && !alike([]time.Duration{middle(r.gaps), middle(gaps)}, tenth) {
			return false
		}
	}
	d.Class, d.Period = remedy.TimerHeld, middle(gaps)
	return true
}

// tenth is by how much periods may differ that are the same.
func tenth(d time.Duration) time.Duration { return max(d/10, 5*time.Millisecond) }
