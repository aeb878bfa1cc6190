package hold

import (
	"fmt"
	"slices"
	"time"
)

// buffers are the sizes of which buffers are made.
var buffers = []int{1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10}

const (
	// slack is by how many bytes the pieces that a buffer makes may differ: what frames them takes a few.
	slack = 16
	// crossings is how many times the end of a buffer must have been passed before it can be said not to be there.
	crossings = 4
	// fewestTorn is how many stalls within a line it takes, and fewestTornSmall for a buffer so small that chance
	// would do it once in a hundred thousand times.
	fewestTorn      = 3
	fewestTornSmall = 5
	small           = 2 << 10
	// mostTorn is how many stalls are looked at: a buffer shows in the first few.
	mostTorn = 1000
	// record is the largest record of TLS (RFC 8446, 5.1), at whose end all reads stop when the network pauses.
	record = 16 << 10
	// enoughEvents and enoughTime are what must have been seen before nothing is said to be held.
	enoughEvents = 40
	enoughTime   = 10 * time.Second
)

// ByteHeld tells whether bytes were held until a buffer of a fixed size was full.
//
// An application flushes whole lines; where a stream stops again and again within a line, always at a multiple of the same
// size, a buffer on the way was full and the rest waited for the next.
func (l *Timeline) ByteHeld() Reading {
	var torn []Stall
	for _, s := range l.Stalls {
		if s.Torn && len(torn) < mostTorn {
			torn = append(torn, s)
		}
	}
	if r, ok := l.quantised(torn); ok {
		return r
	}
	if b, n := l.quickBuffer(); n > 0 {
		return l.unclear(fmt.Sprintf("%d of its pauses end pieces of %d bytes within a line, as those of a buffer do, and none is long enough to be held against it", n, b))
	}
	p := l.power()
	switch {
	case len(torn) > 0:
		return l.unclear("it stopped within lines, but not at the ends of a buffer: its origin may write lines in pieces, or the network lost some")
	case p.Events < fewestTogether:
		return l.unclear("fewer than five events came")
	case p.Events < enoughEvents && p.Watched < enoughTime:
		return l.unclear("fewer than forty events came in less than ten seconds")
	case p.Watched < waits*l.Stalled():
		return l.unclear("it was over before a hold would show")
	case l.RTT > tooFar:
		return l.unclear("the way is so long that only a hold of a second would show")
	}
	return Reading{State: Clear, Power: p}
}

// quantised looks for the size of a buffer at whose ends the text stopped.
func (l *Timeline) quantised(torn []Stall) (Reading, bool) {
	for i := len(buffers) - 1; i >= 0; i-- { // what is a multiple of a large one is one of the small ones too
		b := buffers[i]
		at := congruent(torn, b)
		need, within := fewestTorn, nearby
		records := l.x.TLS != nil && b >= record
		if records {
			within = nearbyRecord
		}
		if b <= small || records {
			need = fewestTornSmall
		}
		if len(at) < need || 5*len(at) < 4*len(torn) || !near(at, within*b) || !l.wanders(at, b) {
			continue
		}
		r := Reading{State: Held, Bytes: b, Power: l.power()}
		for _, s := range at {
			r.Hold = max(r.Hold, s.Long())
			r.Places = append(r.Places, Place{s.Wire, s.Text, s.From, s.Long()})
		}
		return r, true
	}
	return Reading{}, false
}

// shortPause is longer than the pauses of a scheduler and of an acknowledgement that is put off.
const shortPause = 60 * time.Millisecond

// quickBuffer returns the size of a buffer at whose ends most pauses lie, and how many do, where it fills too soon for a
// stall: 0 where there is none.
func (l *Timeline) quickBuffer() (size, pauses int) {
	all := l.pauses(max(shortPause, 2*l.RTT))
	var torn []Stall
	for _, s := range all {
		if s.Torn && len(torn) < mostTorn {
			torn = append(torn, s)
		}
	}
	for _, b := range slices.Backward(buffers) {
		at := congruent(torn, b)
		if len(at) >= fewestTornSmall && 2*len(at) > len(all) && (l.x.TLS == nil || b < record) && l.wanders(at, b) {
			return b, len(at)
		}
	}
	return 0, 0
}

// congruent returns the longest run of stalls, others left out, that are a multiple of b apart from each other. What frames
// the pieces adds up, so each is compared with the one before.
func congruent(torn []Stall, b int) []Stall {
	var best []Stall
	for i := range (len(torn) + 4) / 5 { // one that begins later is too short
		run := torn[i : i+1 : i+1]
		for _, s := range torn[i+1:] {
			if multiple(s.Wire-run[len(run)-1].Wire, b) {
				run = append(run, s)
			}
		}
		if len(run) > len(best) {
			best = run
		}
	}
	return best
}

func multiple(n, b int) bool {
	r := n % b
	return n >= b-slack && (r <= slack || r >= b-slack)
}

// nearby is how many buffers apart stalls may lie, and nearbyRecord where the records of TLS end in the same places: in a
// long transfer that the network interrupts they lie anywhere.
const (
	nearby       = 16
	nearbyRecord = 4
)

// near reports whether most of the stalls lie no further apart than so many bytes.
func near(at []Stall, bytes int) bool {
	n := 0
	for i := 1; i < len(at); i++ {
		if at[i].Wire-at[i-1].Wire <= bytes+slack {
			n++
		}
	}
	return 2*n >= len(at)-1
}

// wanders reports whether the stalls lie in different lines, and at places of those that are different for a buffer of b
// bytes. An application that writes a line in two pieces stops at about the same place of each, and one that writes a long
// line in pieces of b at multiples of b behind the same few bytes: only a buffer that knows of no lines stops anywhere.
func (l *Timeline) wanders(at []Stall, b int) bool {
	lines, longest := map[int]bool{}, 0
	var places []int
	for _, s := range at {
		if line, ok := l.lineAt(s.Text); ok {
			lines[line.Lo] = true
			longest = max(longest, line.Hi-line.Lo)
			places = append(places, (s.Text-line.Lo)%b)
		}
	}
	return len(lines) >= fewestTorn && arc(places, b) > min(slack, longest/4) // there are few places in a short line
}

// arc returns the shortest stretch of a circle of b places that has all of these on it.
func arc(places []int, b int) int {
	slices.Sort(places)
	widest := places[0] + b - places[len(places)-1]
	for i := 1; i < len(places); i++ {
		widest = max(widest, places[i]-places[i-1])
	}
	return b - widest
}
