package hold

import (
	"sort"
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
		return l.unclear("fewer than five heartbeats of one text came")
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
	var other int
	r.Places, other = l.collapsed(bs, period)
	switch {
	case len(r.Places)+other == 0:
		return r
	case other > 0:
		return l.unclear("heartbeats came together that had not waited: bytes that were sent before came while they would have, or this machine was busy")
	case len(r.Places) < collapses:
		return l.unclear("heartbeats came together only once")
	case len(counts) < 2 || !inTime(bs, period):
		return l.unclear("heartbeats came together, but keep no time: they may not be a timer's")
	case timers(timesOf(bs), mostTimers):
		return l.unclear("heartbeats came together as those of several timers do")
	}
	r.State, r.Hold = Held, period
	return r
}

// beats returns the heartbeats: the comment that came most often, or events that go by the name of one. Those of another
// text may be another timer's.
func (l *Timeline) beats() []beat {
	comments := map[string][]beat{}
	events := map[string][]beat{}
	seen := 0 // events that are heartbeats
	for b := range l.s.Blocks() {
		if b.Event >= 0 {
			if e := l.s.Events[b.Event]; stream.IsHeartbeat(e.Type) {
				says := string(e.Type) + "\n" + string(e.Data)
				events[says] = append(events[says], l.beat(b.Lo, b.Hi, b.Event-seen))
				seen++
			}
			continue
		}
		if c, ok := l.onlyComment(b); ok && len(c) < longestBeat {
			comments[c] = append(comments[c], l.beat(b.Lo, b.Hi, l.eventsFrom(b.Lo)))
		}
	}
	if seen > 0 {
		if es := mostOften(events); len(es) >= len(mostOften(comments)) {
			return es
		}
	}
	return mostOften(comments)
}

// mostOften returns the heartbeats of one text that came most often, or else first.
func mostOften(all map[string][]beat) (best []beat) {
	for _, bs := range all {
		if len(bs) > len(best) || len(bs) == len(best) && bs[0].lo < best[0].lo {
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

// collapsed returns the places where a heartbeat came with the one before it, one for each flight, and how many others there
// are at which it may not have been held: something passed while it would have been, or this machine had no time.
func (l *Timeline) collapsed(bs []beat, period time.Duration) (out []Place, other int) {
	last := -1 // the flight of the last place
	reach := l.reaches()
	for i := 1; i < len(bs); i++ {
		gap := bs[i].at - bs[i-1].at
		if gap > min(period/timerSlack, 100*time.Millisecond) || bs[i].flight == last {
			continue
		}
		if f := bs[i].flight; f > 0 && l.Flights[f-1].To > bs[i].at-period+tolerance(period) && !l.torn(reach(l.Flights[f-1].To)) {
			other++ // all that was sent by then had come, and it had not: so it was sent later
			continue
		}
		if from := max(0, bs[i].at-period); l.late(from, bs[i].at) < period/2 {
			out = append(out, Place{Text: bs[i].lo, At: bs[i].at, For: period})
			last = bs[i].flight
		} else {
			other++
		}
	}
	return out, other
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

// mostTimers is how many timers of one text a stream may have: one of the application, one of its library.
const mostTimers = 2

func tolerance(period time.Duration) time.Duration {
	return max(period/timerSlack, 100*time.Millisecond)
}

func timesOf(bs []beat) (ms []time.Duration) {
	for _, b := range bs {
		ms = append(ms, b.at)
	}
	return ms
}

// timers reports whether so many timers, each with a period of its own and none held, explain all moments.
func timers(ms []time.Duration, n int) bool {
	if n == 0 || len(ms) <= 1 {
		return len(ms) == 0 || n > 0
	}
	for i := 1; i < len(ms); i++ {
		if ms[i]-ms[0] < shortBeat {
			continue
		}
		if rest, ok := without(ms, ms[i]-ms[0]); ok && timers(rest, n-1) {
			return true
		}
	}
	return false
}

// without returns the moments that are not those of a timer that began with the first of them, if none of its is missing.
func without(ms []time.Duration, period time.Duration) (rest []time.Duration, ok bool) {
	due := ms[0] + period
	for _, at := range ms[1:] {
		switch d := at - due; {
		case d.Abs() <= tolerance(period):
			due = at + period
		case d > 0:
			return nil, false
		default:
			rest = append(rest, at)
		}
	}
	return rest, true
}
