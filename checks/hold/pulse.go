package hold

import (
	"time"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// How much later what is held must come before one way of asking counts as slower than another.
const (
	// Noticed is what a reader notices, and no network or scheduler makes out of one request field.
	Noticed = 250 * time.Millisecond
	// Ticked is less than the shortest timer that hops are known for holds at its longest (100 ms), and more than two
	// versions of HTTP differ by themselves.
	Ticked = 90 * time.Millisecond
)

const (
	// slower is how many times as long one way must take as the other.
	slower = 3
	// fewPieces is how many give a reason to look closer, and fewestPieces how many it takes to speak of a pace: a feed that
	// speaks twice in four seconds is silent for as long as often enough.
	fewPieces, fewestPieces = 3, 5
)

// A Pulse says how often something new came of an answer. By it answers can be compared that need not hold the same: the
// length of an answer, and how long its origin thought, make little difference to it.
type Pulse struct {
	First   time.Duration // when the first event was whole; Watched where none was
	Events  int           // moments at which an event became whole
	Count   int           // of events
	Pieces  int           // moments at which bytes of the body came, before content decoding
	Watched time.Duration
}

// PulseOf takes the pulse of an answer; what came behind within is left out, unless that is 0.
func PulseOf(x *wire.Exchange, within time.Duration) Pulse {
	p := Pulse{Watched: x.End.At}
	if within > 0 {
		p.Watched = min(p.Watched, within)
	}
	p.First = p.Watched
	events := moments(func(yield func(time.Duration)) {
		for _, e := range arrivals(x) {
			if e.At <= p.Watched {
				p.Count++
			}
			yield(e.At)
		}
	})
	if p.Events = upTo(events, p.Watched); p.Events > 0 {
		p.First = events[0]
	}
	p.Pieces = upTo(Pieces(x), p.Watched)
	return p
}

// Comparable reports whether an answer can be compared with a stream: it is one, or nothing came of it at all while it was
// watched, its head included.
func Comparable(x *wire.Exchange) bool {
	if x == nil || x.Status == 0 {
		return x != nil && x.End.Kind == wire.Silent
	}
	return x.Status == 200 && stream.SyntaxOf(x.Header.MediaType().Essence) != stream.Text
}

// Pieces returns the moments at which bytes of the body came. Reads that lie closer together than events that are
// written one after another are one.
func Pieces(x *wire.Exchange) []time.Duration {
	return moments(func(yield func(time.Duration)) {
		for _, c := range x.Body {
			if len(c.Data) > 0 {
				yield(c.At)
			}
		}
	})
}

// Another reports whether what came at a moment is another piece than the last one.
func Another(last, at time.Duration) bool { return at-last > apart }

func moments(all func(yield func(time.Duration))) []time.Duration {
	var out []time.Duration
	all(func(at time.Duration) {
		if n := len(out); n == 0 || Another(out[n-1], at) {
			out = append(out, at)
		}
	})
	return out
}

func upTo(ms []time.Duration, within time.Duration) (n int) {
	for _, at := range ms {
		if at <= within {
			n++
		}
	}
	return n
}

// Pace returns how long it took from one piece to the next, the wait for the first one included.
func (p Pulse) Pace() time.Duration { return p.every(p.Pieces) }

func (p Pulse) every(n int) time.Duration { return p.Watched / time.Duration(max(1, n)) }

// Slower reports whether an answer came in so many fewer pieces than another one, or its first event so much later, that
// it must have been held. Bytes that came count even where no event could be made of them: a decoder may have held them.
// What came one by one was not held, however slow it was: what is held comes several at a time, or not at all.
func (p Pulse) Slower(q Pulse, least time.Duration) bool {
	return p.Behind(q, least) && (q.Pieces >= fewestPieces || q.First <= Noticed && p.Events <= 1 && lags(p.First, q.First, least))
}

// Behind reports whether there is a reason to look closer: it is slower, as far as so little tells.
func (p Pulse) Behind(q Pulse, least time.Duration) bool {
	if p.Events <= 1 && q.Events > 0 && lags(p.First, q.First, least) {
		return true
	}
	return q.Pieces >= fewPieces && lags(p.Pace(), q.Pace(), least) && lags(p.every(p.Events), q.every(q.Events), least) &&
		(p.Events <= 1 || p.together() >= 2*q.together())
}

func lags(a, b, least time.Duration) bool { return a >= slower*b && a-b >= least }

// together returns how many events became whole at one moment.
func (p Pulse) together() float64 { return float64(p.Count) / float64(max(1, p.Events)) }

// AllSlower reports whether each of some answers is slower than each of some others: with four of both, chance does that
// once in seventy times, however small the difference.
func AllSlower(held, free []Pulse, least time.Duration) bool {
	for _, h := range held {
		for _, f := range free {
			if !h.Slower(f, least) {
				return false
			}
		}
	}
	return len(held) > 0 && len(free) > 0
}

// Unlike reports whether one look at another way of asking is reason to look closer, given the answer that was watched at
// length. The first request of all may have had to wait for what the others found ready: so the answer to it must be the
// slower one as a whole too.
func Unlike(long, look *wire.Exchange, least time.Duration) bool {
	l, whole, same := PulseOf(look, 0), PulseOf(long, 0), PulseOf(long, look.End.At)
	return l.Behind(same, least) || same.Behind(l, least) && whole.Behind(l, least)
}

// arrivals returns the events of an answer, each when it was whole.
func arrivals(x *wire.Exchange) []Arrival {
	t, _ := x.Decoded() // what could be decoded is what could be read
	return Read(x, stream.Parse(stream.SyntaxOf(x.Header.MediaType().Essence), t.Bytes), t, nil).Events
}
