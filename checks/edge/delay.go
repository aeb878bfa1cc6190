package edge

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	// longestDelay is by how much a hop may make most events later: a reader notices more.
	longestDelay = 250 * time.Millisecond
	// usualDelay is more than any hop takes that passes on what it reads.
	usualDelay = 50 * time.Millisecond
)

var delay = &checks.Check{
	ID:     "edge/delay",
	Title:  "What stands between origin and reader must pass on each event at once",
	Level:  checks.Must,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
A stream is read while it is written. A hop that collects bytes before it passes them on turns a
stream of words into an answer that comes in lumps, or all at once.

Measured is how much later than straight from the origin an event has come, from its sending to its last
byte; it fails where, all through every run, one in ten or more come later than 250 ms and a round trip
through the hop. Where only large events, and what was sent within a second behind them, came late, the way is slow and
nothing is held. Events that a pause of this machine itself may have made late do not count, and runs with many pauses
do not at all.`,
	Fix:   "Switch off response buffering, and compression of text/event-stream, on the hop.",
	Needs: []wire.Scene{wire.EdgePace},
	Reads: holding,
	After: []string{"edge/held-to-end", "edge/large-event", "edge/byte-buffer", "edge/one-behind"},
	Judge: func(ev *checks.Evidence) checks.Outcome { return judgeDelay(ev, longestDelay) },
}

var latency = &checks.Check{
	ID:     "edge/latency",
	Title:  "A hop should make events later by no more than the way is long",
	Level:  checks.Should,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
A hop that reads and writes takes a millisecond. Where all through a run one in ten events or more come later than 50 ms and
a round trip through the hop, and not only behind large ones, something on the way waits: a timer, a full queue, a machine without time. Readers see
words in bursts.

What edge/delay or another rule of this family explains is not said again.`,
	Fix:   "Look for a flush interval, for delayed small packets (Nagle, cork) and for a hop that has too little processor time.",
	Needs: []wire.Scene{wire.EdgePace},
	Reads: holding,
	After: []string{"edge/held-to-end", "edge/large-event", "edge/byte-buffer", "edge/one-behind", "edge/flush-interval", "edge/delay"},
	Judge: func(ev *checks.Evidence) checks.Outcome { return judgeDelay(ev, usualDelay) },
}

// tooFar is the round trip through the hop above which delays of a hop are not told from those of the way.
const tooFar = 250 * time.Millisecond

// judgeDelay fails where one in twenty events came later than most and a round trip in every run of a version. Runs that
// differ are looked at together, and prove nothing but that all is well.
func judgeDelay(ev *checks.Evidence, most time.Duration) checks.Outcome {
	rtt := passage.Away(ev.Bundle)
	if rtt > tooFar {
		return checks.Unseen("a round trip through the hop takes %v, so that its own delays do not show", checks.Brief(rtt))
	}
	runs, busy := runsOf(ev, most+rtt)
	var found []checks.Finding
	var worst passage.Delays
	s, seen, unsure, full := shape(ev), 0, false, false
	for _, r := range runs {
		d := r.delays()
		seen += len(d.Each)
		if d.P95 > worst.P95 || worst.Each == nil {
			worst = d
		}
		switch {
		case d.P95 <= most+rtt:
		case r.slow == len(r.paces):
			found = append(found, viewOf(ev, r.paces[0].X).At(0, 0, lateText(d, r.paces[0].Steady, s, r.version, len(runs) > 1)))
		default:
			unsure, full = true, full || r.full > 0
		}
	}
	switch {
	case seen == 0 && busy:
		return checks.Unseen("this machine was too busy to time the events")
	case seen == 0:
		return unclear(ev, s, "no event came through as it was sent, or too few")
	case len(found) == 0 && full:
		return checks.Unseen("one in twenty events came more than %v late, but hardly any apart from large ones and what came behind them: the way may be slow", checks.Brief(worst.P95))
	case len(found) == 0 && unsure:
		return checks.Unseen("one in twenty events came more than %v late, but not throughout", checks.Brief(worst.P95))
	}
	out := checks.Judged(seen, found, "events; half of them came no more than %v later than straight from the origin, 95 %% no more than %v", checks.Brief(worst.P50), checks.Brief(worst.P95))
	if len(found) > 0 && s.Class() != "" {
		out = out.Shows(s.Symptom())
	}
	return out
}

// The runs of one HTTP version, and how many of them showed events that were later than they may be.
type runs struct {
	version string
	paces   []passage.Pace
	slow    int
	full    int // late by large events alone, as on a slow way
}

// runsOf returns the runs that can be judged, and whether others cannot since this machine was busy. What came in time although
// it was counts.
func runsOf(ev *checks.Evidence, most time.Duration) (out []runs, busy bool) {
	for _, p := range paces(ev) {
		if 4*len(p.Late) < 3*p.Sent || p.Busy && p.Delays.P95 > most {
			busy = busy || p.Busy || p.Spoilt > 0
			continue
		}
		i := slices.IndexFunc(out, func(r runs) bool { return r.version == p.Version })
		if i < 0 {
			i, out = len(out), append(out, runs{version: p.Version})
		}
		out[i].paces = append(out[i].paces, p)
		switch {
		case p.Delays.P95 <= most || !throughout(p, most):
		case apart(p, most):
			out[i].slow++
		default:
			out[i].full++
		}
	}
	return out, busy
}

// delays returns those of all the runs together.
func (r runs) delays() passage.Delays {
	var all []time.Duration
	for _, p := range r.paces {
		all = append(all, p.Delays.Each...)
	}
	return passage.DelaysOf(all)
}

const (
	// parts is in how many parts a run is divided, and fewestParts in how many of them events must have come late.
	parts, fewestParts = 8, 4
	// fewestLate is how many events must have.
	fewestLate = 5
)

// throughout reports whether events came late all through a run: the hop's machine may be busy for a moment, of which
// nothing is to be seen here, and that is no habit.
func throughout(p passage.Pace, most time.Duration) bool {
	n, in := 0, map[int]bool{}
	for i, l := range p.Late {
		if l.By > most {
			n++
			in[parts*i/len(p.Late)] = true
		}
	}
	return n >= max(fewestLate, len(p.Late)/10) && len(in) >= fewestParts
}

// fewestApart is how many events must have come late that no large one went before.
const fewestApart = 2

// apart reports whether events came late that had no large one to wait for: a slow way needs time for that, and holds nothing.
func apart(p passage.Pace, most time.Duration) bool {
	n, free := 0, 0
	for _, l := range p.Late {
		if l.Behind {
			continue
		}
		free++
		if l.By > most {
			n++
		}
	}
	return n >= max(fewestApart, free/4)
}

func lateText(d passage.Delays, steady bool, s passage.Shape, version string, several bool) string {
	where := ""
	if several {
		where = "over " + version + " "
	}
	text := fmt.Sprintf("%shalf of the events came %v late, one in twenty more than %v, the latest %v", where, checks.Brief(d.P50), checks.Brief(d.P95), checks.Brief(d.Max))
	switch {
	case s.Period() > 0:
		text += fmt.Sprintf("; they were passed on every %v", s.Period().Round(time.Millisecond))
	case steady:
		text += ", all by about the same"
	}
	return text
}
