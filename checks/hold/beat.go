package hold

import (
	"bytes"
	"sort"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
)

const (
	// fewestBeats is how many heartbeats show a period.
	fewestBeats = 5
	// shortBeat is the shortest period that no network can hold two of.
	shortBeat = 2 * time.Second
	// collapses is in how many flights heartbeats must have come together.
	collapses = 2
	// timerSlack is by what part of its period a timer may be off.
	timerSlack = 20
)

// A beat is one heartbeat.
type beat struct {
	at     time.Duration
	lo, hi int // Text
	events int // that came before
	flight int
}

// Beats tells whether heartbeats came together that a timer had sent one by one: a timer does not fire twice at once, so the
// first of them was held for a period at least.
//
// Comments that an origin writes with its events are none: a heartbeat keeps time whatever the events do.
func (l *Timeline) Beats() Reading {
	bs := l.beats()
	if len(bs) < fewestBeats {
		return l.unclear("fewer than five heartbeats came")
	}
	n := len(bs)
	period := (bs[n-1].at - bs[0].at) / time.Duration(n-1)
	counts := perFlight(bs)
	switch {
	case period < max(shortBeat, 4*l.Stalled()):
		return l.unclear("the heartbeats come so often that a network may hold two of them")
	case counted(bs):
		return l.unclear("the heartbeats are counted by events and not by time")
	}
	r := Reading{State: Clear, Period: period, Power: l.power()}
	r.Power.Hold = period
	r.Places = l.collapsed(bs, period)
	if len(r.Places) < collapses {
		r.Places = nil
		return r
	}
	if len(counts) < 2 || !inTime(bs, period) {
		return l.unclear("heartbeats came together, but keep no time: they may not be a timer's")
	}
	r.State, r.Hold = Held, period
	return r
}

// beats returns the heartbeats: the comment that came most often, or else events that go by the name of one.
func (l *Timeline) beats() []beat {
	comments := map[string][]beat{}
	var events []beat
	for b := range l.s.Blocks() {
		if b.Event >= 0 {
			if isBeat(l.s.Events[b.Event].Type) {
				events = append(events, l.beat(b.Lo, b.Hi, b.Event-len(events)))
			}
			continue
		}
		if c, ok := l.onlyComment(b); ok && len(c) < longestBeat {
			comments[c] = append(comments[c], l.beat(b.Lo, b.Hi, l.eventsFrom(b.Lo)))
		}
	}
	best := events
	for _, bs := range comments {
		if len(bs) > len(best) || len(bs) == len(best) && len(bs) > 0 && bs[0].lo < best[0].lo {
			best = bs
		}
	}
	return best
}

// longestBeat is longer than any heartbeat; padding is longer.
const longestBeat = 256

// onlyComment returns the comment of a block that holds one and nothing else, its blank line aside.
func (l *Timeline) onlyComment(b stream.Block) (string, bool) {
	comment, n := "", 0
	for _, line := range b.Lines {
		switch {
		case l.s.IsBlank(line):
		case l.s.IsComment(line) && line.End != stream.None:
			comment = string(l.s.Content(line))
			n++
		default:
			return "", false
		}
	}
	return comment, n == 1
}

func (l *Timeline) beat(lo, hi, events int) beat {
	at := l.t.When(hi - 1)
	f := sort.Search(len(l.Flights), func(i int) bool { return l.Flights[i].To >= at })
	return beat{at, lo, hi, events, f}
}

// isBeat reports whether an event goes by the name of a heartbeat.
func isBeat(name []byte) bool {
	if len(name) == 0 || len(name) > longestBeat {
		return false
	}
	switch strings.ToLower(string(bytes.TrimSpace(name))) {
	case "ping", "heartbeat", "heart-beat", "heart_beat", "keepalive", "keep-alive", "keep_alive", "hb", "alive":
		return true
	}
	return false
}

// counted reports whether the same number of events lies between all heartbeats, and it is not zero.
func counted(bs []beat) bool {
	step := bs[1].events - bs[0].events
	for i := 2; i < len(bs); i++ {
		if bs[i].events-bs[i-1].events != step {
			return false
		}
	}
	return step != 0
}

// perFlight returns the numbers of heartbeats that flights brought. A source that sends so many comments each time brings
// the same number always.
func perFlight(bs []beat) map[int]bool {
	in := map[int]int{}
	for _, b := range bs {
		in[b.flight]++
	}
	counts := map[int]bool{}
	for _, n := range in {
		counts[n] = true
	}
	return counts
}

// collapsed returns the places where a heartbeat came with the one before it, one for each flight.
func (l *Timeline) collapsed(bs []beat, period time.Duration) []Place {
	var out []Place
	last := -1 // the flight of the last place
	for i := 1; i < len(bs); i++ {
		gap := bs[i].at - bs[i-1].at
		if gap > min(period/timerSlack, 100*time.Millisecond) || bs[i].flight == last {
			continue
		}
		if from := max(0, bs[i].at-period); l.late(from, bs[i].at) < period/2 {
			out = append(out, Place{Text: bs[i].lo, At: bs[i].at, For: period})
			last = bs[i].flight
		}
	}
	return out
}

// inTime reports whether the heartbeats may have left at a period: none came before it had left, and the last of each
// flight was not held for longer than until the next flight.
func inTime(bs []beat, period time.Duration) bool {
	first := bs[0].at
	least, most := time.Duration(0), time.Duration(0)
	for i, b := range bs {
		if i+1 < len(bs) && bs[i+1].flight == b.flight {
			continue // only the last of a flight may have come at once
		}
		lag := b.at - first - time.Duration(i)*period
		least, most = min(least, lag), max(most, lag)
	}
	return most-least <= period+period/4
}
