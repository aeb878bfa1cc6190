package passage

import (
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Pace is what events of random sizes at random moments show of one run through a hop.
type Pace struct {
	X       *wire.Exchange
	Version string
	Sent    int    // events
	Came    int    // as they were sent
	Spoilt  int    // of those that came, how many were late while this machine had a pause; they do not count
	Busy    bool   // this machine had so little time that none of its moments should count
	Late    []Late // those that count, in the order of sending
	Delays  Delays // of those, where there is one
	Behind  hold.State
	Steady  bool // all of them came late by the same, as on a long way
	ToEnd   bool // next to nothing came before all was sent
	Period  time.Duration
}

// Late is by how much later than straight from the origin an event came.
type Late struct {
	Piece
	By     time.Duration
	Behind bool // it is large, or was sent soon behind one that is: on a slow way it had to wait for it
}

const (
	// largeEvent is above what a slow way carries in no time.
	largeEvent = 2000
	// clearing is for how long a slow way may be full behind a large event.
	clearing = time.Second
	// mostNear is by how much moments may differ that are the same: more would swallow the gaps between events.
	mostNear = 20 * time.Millisecond
)

// PacesOf returns the runs in their order.
func PacesOf(b *wire.Bundle) []Pace {
	var out []Pace
	for _, x := range exchanges(b, wire.EdgePace, wire.Via) {
		if x.Origin() != nil {
			out = append(out, paceOf(b, x))
		}
	}
	return out
}

func paceOf(b *wire.Bundle, x *wire.Exchange) Pace {
	usual := time.Duration(0)
	if d := twin(b, wire.EdgePace, x); d != nil {
		if all, _ := Pieces(d); len(all) > 0 {
			usual = DelaysOf(delaysOf(all)).P50
		}
	}
	pieces, sent := Pieces(x)
	p := Pace{X: x, Version: x.Case.Get("version"), Sent: sent, Came: len(pieces), Busy: busy(b, x, 0, x.End.At)}
	full := time.Duration(-1) // until when a slow way may be full
	for _, c := range pieces {
		by := max(0, c.Delay()-usual)
		behind := c.Sent < full
		if c.Hi-c.Lo > largeEvent { // of what is sent meanwhile some waits behind it
			behind, full = true, max(full, c.Sent+max(clearing, c.Delay()*5/4))
		}
		if by >= shortStop && b.Late(x, c.Sent, c.Arrived) >= by/3 {
			p.Spoilt++
			continue
		}
		p.Late = append(p.Late, Late{c, by, behind})
	}
	if len(p.Late) > 0 {
		p.Delays = DelaysOf(lateness(p.Late))
	}
	text, _ := x.Decoded()
	if h := x.Origin(); len(h.Sent) > 0 {
		came, _ := reached(text, h.Sent[len(h.Sent)-1].At)
		p.ToEnd = came <= someBytes
	}
	near := min(max(10*time.Millisecond, RTT(b)/4), mostNear)
	p.Steady = len(p.Late) > 0 && p.Delays.P95-p.Delays.P50 <= near && alike(lateness(p.Late), func(time.Duration) time.Duration { return near })
	p.Behind = behind(pieces, near)
	if t := periodOf(stops(b, x, longStop), pieces); !p.Busy && p.Delays.P50 >= t/4 { // of what waits for a timer half waits for half of its period
		p.Period = t
	}
	return p
}

func delaysOf(pieces []Piece) []time.Duration {
	var out []time.Duration
	for _, p := range pieces {
		out = append(out, p.Delay())
	}
	return out
}

func lateness(all []Late) []time.Duration {
	var out []time.Duration
	for _, l := range all {
		out = append(out, l.By)
	}
	return out
}

// fewestBehind is how many events it takes to say that each waits for the next.
const fewestBehind = 10

// behind tells whether events came when the next one was sent, and not when they were sent themselves. The pauses between
// them are random, so that a constant delay is not taken for it.
func behind(pieces []Piece, near time.Duration) hold.State {
	if len(pieces) < fewestBehind {
		return hold.Unclear
	}
	var own, next []time.Duration
	for i := range len(pieces) - 1 {
		own = append(own, pieces[i].Arrived-pieces[i].Sent)
		next = append(next, pieces[i].Arrived-pieces[i+1].Sent)
	}
	slack := func(time.Duration) time.Duration { return near }
	if alike(next, slack) && !alike(own, slack) && middle(next) > -near {
		return hold.Held
	}
	return hold.Clear
}

const (
	// longStop is above what an event waits for on a busy machine.
	longStop = 40 * time.Millisecond
	// fewestPeriods is how many equal periods it takes, since the events come at random moments.
	fewestPeriods = 2
)

// periodOf returns the period at which events came that were sent at random moments, or 0.
func periodOf(all []Stop, pieces []Piece) time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(all); i++ {
		if all[i].To < pieces[len(pieces)-1].Sent {
			gaps = append(gaps, all[i].To-all[i-1].To)
		}
	}
	if len(gaps) < fewestPeriods || middle(gaps) < 4*longStop || !alike(gaps, tenth) {
		return 0
	}
	return middle(gaps)
}

// worstOf returns the run of a version in which events came latest, or nil. A period that shows in one of them is that of all.
func worstOf(paces []Pace, version string) *Pace {
	var worst *Pace
	period := time.Duration(0)
	for _, p := range paces {
		if p.Version != version {
			continue
		}
		period = max(period, p.Period)
		if worst == nil || p.Delays.P95 > worst.Delays.P95 {
			worst = &p
		}
	}
	if worst != nil {
		worst.Period = period
	}
	return worst
}

// beyond returns the delays of all runs together, or nil.
func beyond(paces []Pace) *Delays {
	var all []time.Duration
	for _, p := range paces {
		all = append(all, lateness(p.Late)...)
	}
	if len(all) == 0 {
		return nil
	}
	d := DelaysOf(all)
	return &d
}
