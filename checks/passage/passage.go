// Package passage measures what happens to a stream between an origin and its reader where both were recorded: how late
// each piece came, and whether pieces waited for others.
//
// It turns the recordings of the command edge into numbers; the family edge judges them and the report shows them.
// It imports hold, remedy and wire.
package passage

import (
	"bytes"
	"slices"
	"sort"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Piece is what the origin wrote at once, and when the reader had all of it.
type Piece struct {
	Lo, Hi  int           // in the body
	Sent    time.Duration // when it was written
	Arrived time.Duration // when its last byte had come, content coding removed
}

// Delay returns how long the piece was on its way.
func (p Piece) Delay() time.Duration { return max(0, p.Arrived-p.Sent) }

// Pieces returns the pieces of an exchange that came through as they were, in order, and how many were sent: what comes
// behind the first byte that was lost or changed cannot be matched.
func Pieces(x *wire.Exchange) (came []Piece, sent int) {
	h := x.Origin()
	if h == nil {
		return nil, 0
	}
	text, _ := x.Decoded()
	off := 0
	for _, c := range h.Sent {
		hi := off + len(c.Data)
		if len(came) == sent && hi <= len(text.Bytes) && bytes.Equal(text.Bytes[off:hi], c.Data) {
			came = append(came, Piece{off, hi, c.At, text.When(hi - 1)})
		}
		off = hi
		sent++
	}
	return came, sent
}

// Delays are how late the pieces of a stream came.
type Delays struct {
	Each          []time.Duration // in the order of sending
	P50, P95, P99 time.Duration
	Max           time.Duration
}

// DelaysOf summarises delays, of which there is at least one.
func DelaysOf(each []time.Duration) Delays {
	s := slices.Sorted(slices.Values(each))
	at := func(percent int) time.Duration { return s[min(len(s)-1, len(s)*percent/100)] }
	return Delays{Each: each, P50: at(50), P95: at(95), P99: at(99), Max: s[len(s)-1]}
}

// exchanges returns those of a scene that went one way.
func exchanges(b *wire.Bundle, s wire.Scene, route string) []*wire.Exchange {
	var out []*wire.Exchange
	if r := b.Recording(s); r != nil {
		for _, x := range r.Exchanges {
			if x.Route() == route {
				out = append(out, x)
			}
		}
	}
	return out
}

// twin returns the exchange of the same case straight to the origin, or nil.
func twin(b *wire.Bundle, s wire.Scene, x *wire.Exchange) *wire.Exchange {
	for _, d := range exchanges(b, s, wire.Direct) {
		if d.Counterpart(x) {
			return d
		}
	}
	return nil
}

// RTT returns the round trip to the hop: no more than the quickest connection took to open.
func RTT(b *wire.Bundle) time.Duration {
	least := time.Duration(-1)
	for _, r := range b.Recordings {
		for _, x := range r.Exchanges {
			if x.Route() != wire.Via {
				continue
			}
			if d := x.RoundTrip(); least < 0 || d < least {
				least = d
			}
		}
	}
	return max(0, least)
}

// Away returns the round trip through the hop, as far as it is known: that to the hop itself, or twice the quickest way to our
// origin where that is longer. The hop may be near and its origin far, or what seems to be the hop no more than a relay.
func Away(b *wire.Bundle) time.Duration {
	least := time.Duration(-1)
	for _, s := range []wire.Scene{wire.EdgeFields, wire.EdgePace} {
		for _, x := range exchanges(b, s, wire.Via) {
			for _, h := range x.Hits {
				if least < 0 || h.At < least {
					least = max(0, h.At)
				}
			}
		}
	}
	return max(RTT(b), 2*least)
}

// mostBusy is for what part of an exchange this machine may have had no time for us. Above it, hops on the same machine have
// none either, and whatever comes late may be its doing.
const mostBusy = 0.05

// busy reports whether this machine had so little time within a stretch of an exchange that moments tell nothing.
func busy(b *wire.Bundle, x *wire.Exchange, from, to time.Duration) bool {
	if b.Noise == nil {
		return false
	}
	start, lost := x.Began.Sub(b.Began), time.Duration(0)
	for _, p := range b.Noise.Pauses {
		lost += max(0, min(p.To, start+to)-max(p.From, start+from))
	}
	return float64(lost) > mostBusy*float64(to-from)
}

// A Stop is a place at which a stream did not go on although more of it had been sent.
type Stop struct {
	Off      int           // how many bytes had come
	From, To time.Duration // from when more was due, the way included, until it came
	Torn     bool          // it broke off within a piece
}

// Long returns how long the stop took.
func (s Stop) Long() time.Duration { return s.To - s.From }

// stops returns the stops of an exchange that took longer than least. Of what bytes
// are on their way anyway nothing counts. Those that a pause of this machine may explain are left out.
func stops(b *wire.Bundle, x *wire.Exchange, least time.Duration) []Stop {
	pieces, _ := Pieces(x)
	if len(pieces) == 0 {
		return nil
	}
	text, _ := x.Decoded()
	way := journey(text, pieces)
	var out []Stop
	before := time.Duration(0)
	text.Arrivals(func(at time.Duration, lo, _ int) {
		if p, ok := pieceAt(pieces, lo); ok {
			s := Stop{Off: lo, From: max(p.Sent+way, before), To: at, Torn: lo > p.Lo}
			if long := s.Long(); long >= least && b.Late(x, s.From, s.To) < long/2 {
				out = append(out, s)
			}
		}
		before = at
	})
	return out
}

// journey returns how long bytes are on their way at least: the last one of each read had to wait for nothing behind it.
func journey(text wire.Text, pieces []Piece) time.Duration {
	least := time.Duration(-1)
	text.Arrivals(func(at time.Duration, lo, hi int) {
		if p, ok := pieceAt(pieces, hi-1); ok && hi > lo && (least < 0 || at-p.Sent < least) {
			least = max(0, at-p.Sent)
		}
	})
	return max(0, least)
}

// pieceAt returns the piece that holds the byte at off.
func pieceAt(pieces []Piece, off int) (Piece, bool) {
	i := sort.Search(len(pieces), func(i int) bool { return pieces[i].Hi > off })
	if i == len(pieces) {
		return Piece{}, false
	}
	return pieces[i], true
}

// reached returns how many bytes had come before a moment, and when the last of them did.
func reached(text wire.Text, before time.Duration) (bytes int, at time.Duration) {
	text.Arrivals(func(when time.Duration, lo, hi int) {
		if when < before && hi > lo {
			bytes, at = hi, when
		}
	})
	return bytes, at
}

// middle returns the middle one of some numbers, of which there is at least one.
func middle[T int | time.Duration](all []T) T { return slices.Sorted(slices.Values(all))[len(all)/2] }

// alike reports whether at least four of five numbers are no further from the middle one than slack allows.
func alike[T int | time.Duration](all []T, slack func(T) T) bool {
	if len(all) == 0 {
		return false
	}
	m, n := middle(all), 0
	for _, v := range all {
		if max(v-m, m-v) <= slack(m) {
			n++
		}
	}
	return 5*n >= 4*len(all)
}
