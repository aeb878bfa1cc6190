// Package hold says what the moments at which bytes arrived tell about how they were held on their way.
//
// It looks at one answer, and knows nothing of the origin. So it can say that bytes were held, and never by whom: an
// application that collects what it sends looks the same as a proxy that does. What an origin may well do by itself, and
// what the network or this machine may have done, is never called held.
//
// This package imports stream and wire, opens no socket and looks at no clock.
package hold

import (
	"cmp"
	"sort"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Timeline is one answer, read for the moments at which it came.
//
// Offsets named Wire count the bytes of the body as they came over the wire, before content decoding: a buffer on the
// way counts those. Offsets named Text count the decoded bytes.
type Timeline struct {
	RTT     time.Duration // of the connection, at most
	Flights []Flight
	Stalls  []Stall
	Events  []Arrival // of the stream's events, each when its last byte came

	x    *wire.Exchange
	s    *stream.Stream
	t    wire.Text
	late func(from, to time.Duration) time.Duration
	size int    // of the body on the wire
	path string // of the clock, where the user named it

	clock  *Clock
	looked bool // for the clock
}

// A Flight is what came together: reads with no more between them than a network puts there.
type Flight struct {
	From, To time.Duration
	Lo, Hi   int // Wire
	Events   int // how many became whole with it
	First    int // the index of the first of them
}

// A Stall is a time in which nothing came, too long for the network to have made it.
type Stall struct {
	From, To time.Duration
	Wire     int  // how much had come before
	Text     int  // how much of the text
	Torn     bool // the text broke off within a line
}

// Long returns how long it took.
func (s Stall) Long() time.Duration { return s.To - s.From }

// An Arrival is an event, and when it was whole.
type Arrival struct {
	At    time.Duration
	Alone bool // nothing of another event came at the same moment
}

// Read reads an answer whose body is s, and t with its moments. late says for how long at most this machine had no time
// to read in a stretch; nil for never.
func Read(x *wire.Exchange, s *stream.Stream, t wire.Text, late func(from, to time.Duration) time.Duration) *Timeline {
	if late == nil {
		late = func(time.Duration, time.Duration) time.Duration { return 0 }
	}
	l := &Timeline{RTT: roundTrip(x), x: x, s: s, t: t, late: late}
	for _, c := range x.Body {
		l.size += len(c.Data)
	}
	l.readFlights()
	l.readEvents()
	l.readStalls()
	return l
}

// roundTrip returns the most that a round trip can take: the connection took one at least, and so did the request and the
// first byte of its answer.
func roundTrip(x *wire.Exchange) time.Duration {
	if x.HeadAt > 0 {
		return min(x.RoundTrip(), x.HeadAt)
	}
	return x.RoundTrip()
}

// Together is the longest gap between two reads of one flight, where a round trip takes so long. Below 20 ms lie the
// pauses of a scheduler, above 50 ms those of an application.
func Together(rtt time.Duration) time.Duration {
	return min(max(rtt, 20*time.Millisecond), 50*time.Millisecond)
}

// Stalled is the shortest gap that the network does not make by itself: it is above a delayed ACK (40 ms), the least
// retransmission timeout (200 ms), a corked socket (200 ms) and the power saving of Wi-Fi (about 100 ms).
func (l *Timeline) Stalled() time.Duration { return max(250*time.Millisecond, 4*l.RTT) }

// tooFar is the round trip above which a clear look proves little: what is held for a second cannot be seen.
const tooFar = 250 * time.Millisecond

func (l *Timeline) readFlights() {
	off := 0
	for _, c := range l.x.Body {
		n := len(l.Flights)
		if n == 0 || c.At-l.Flights[n-1].To > Together(l.RTT) {
			l.Flights = append(l.Flights, Flight{From: c.At, Lo: off})
			n++
		}
		off += len(c.Data)
		l.Flights[n-1].To, l.Flights[n-1].Hi = c.At, off
	}
}

// readEvents notes when each event was whole, and with which flight.
func (l *Timeline) readEvents() {
	f := 0
	for i, e := range l.s.Events {
		at := l.t.When(e.Hi - 1)
		first := l.t.When(e.Lo)
		alone := i == 0 || l.Events[i-1].At < first
		if !alone && l.Events[i-1].At == at {
			l.Events[i-1].Alone = false
		}
		l.Events = append(l.Events, Arrival{At: at, Alone: alone})
		for f < len(l.Flights)-1 && l.Flights[f].To < at {
			f++
		}
		if f < len(l.Flights) {
			if l.Flights[f].Events == 0 {
				l.Flights[f].First = i
			}
			l.Flights[f].Events++
		}
	}
}

// readStalls notes the gaps that neither the network nor this machine explains.
func (l *Timeline) readStalls() { l.Stalls = l.pauses(l.Stalled()) }

// pauses returns the gaps of a length at least that this machine does not explain.
func (l *Timeline) pauses(least time.Duration) (out []Stall) {
	reach := l.reaches()
	off := 0
	for i, c := range l.x.Body {
		if i > 0 {
			from := l.x.Body[i-1].At
			if gap := c.At - from; gap >= least && gap-l.late(from, c.At) >= least {
				text := reach(from)
				out = append(out, Stall{from, c.At, off, text, l.torn(text)})
			}
		}
		off += len(c.Data)
	}
	return out
}

// reaches returns how far the text had come at a moment; moments must be asked for in order.
func (l *Timeline) reaches() func(time.Duration) int {
	type mark struct {
		at time.Duration
		hi int
	}
	var marks []mark
	l.t.Arrivals(func(at time.Duration, _, hi int) { marks = append(marks, mark{at, hi}) })
	i, reached := 0, 0
	return func(at time.Duration) int {
		for ; i < len(marks) && marks[i].at <= at; i++ {
			reached = marks[i].hi
		}
		return reached
	}
}

// torn reports whether the text breaks off within a line at an offset. An application that writes a line in pieces
// breaks off behind the field's name, and one that ends its lines late breaks off before their end: neither is torn.
func (l *Timeline) torn(off int) bool {
	line, ok := l.lineAt(off)
	if !ok {
		return false
	}
	end := line.Hi - line.End.Len()
	if off >= end {
		return false
	}
	if line.Colon >= 0 && off >= line.Colon && off <= line.Colon+2 {
		return false
	}
	return true
}

// lineAt returns the line that an offset lies within, its first byte excepted.
func (l *Timeline) lineAt(off int) (stream.Line, bool) {
	lines := l.s.Lines
	i := sort.Search(len(lines), func(i int) bool { return lines[i].Hi > off })
	if i == len(lines) || lines[i].Lo >= off {
		return stream.Line{}, false
	}
	return lines[i], true
}

// A State is what a look at a timeline says.
type State uint8

// The states.
const (
	Unclear State = iota // it cannot be told
	Clear                // nothing was held, as far as the power of the look goes
	Held                 // bytes were held
)

// A Reading is what a timeline says about one way to hold a stream.
type Reading struct {
	State  State
	Why    string        // where it is unclear: what was missing; one sentence without full stop
	Bytes  int           // Held: the size of the buffer
	Period time.Duration // the period that was found
	Hold   time.Duration // Held: the longest that something was held, at least
	Places []Place       // where it shows
	Power  Power
}

// A Place is where something shows.
type Place struct {
	Wire, Text int
	At         time.Duration
	For        time.Duration // how long it took
}

// Power is what a look would have seen.
type Power struct {
	Events, Bytes int
	Watched       time.Duration // from the first byte of the body to the last
	Hold          time.Duration // the shortest hold
	Buffer        int           // the largest buffer; 0 for none
	Least         int           // the smallest one: what is smaller fills before a hold would show, and nothing paused
}

func (l *Timeline) power() Power {
	p := Power{Events: len(l.Events), Bytes: l.size, Hold: l.Stalled()}
	if n := len(l.Flights); n > 0 {
		p.Watched = l.Flights[n-1].To - l.Flights[0].From
	}
	for _, b := range buffers {
		fills := time.Duration(float64(p.Watched) * float64(b) / float64(max(1, l.size)))
		if l.size >= crossings*b && (fills >= p.Hold || len(l.Stalls) >= fewestTornSmall) { // its rest waits while nothing is sent
			p.Buffer, p.Least = b, cmp.Or(p.Least, b)
		}
	}
	return p
}

// unclear returns a reading that says what was missing.
func (l *Timeline) unclear(why string) Reading { return Reading{Why: why, Power: l.power()} }
