package threshold

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var gapP99 = &checks.Check{
	ID:      "threshold/gap-p99",
	Title:   "Events should follow each other as fast as was declared",
	Level:   checks.Should,
	Promise: checks.GapP99,
	Timing:  true,
	Clause:  checks.Practice(""),
	Since:   "0.5",
	Doc: `
A stream that stutters reads worse than a slow one. The limit is for whoever runs the endpoint to set (--gap-p99 2s): of a hundred
gaps between an event and the next, one may be longer.

The percentile is that of the nearest rank, so with fewer than a hundred gaps it is the longest one, and the reason says so. Counted
is from the last byte of an event to the last byte of the next; comments are no events. A silence that lasted until we stopped
watching is no gap yet: where it would make the difference, the verdict is inconclusive.`,
	Fix:   "Find what the stream waits for at the place of the finding: work that could be sent in parts, a lock, a flush that is missing.",
	Good:  "(with --gap-p99 2s)\ndata: a\n\n(1 s)\n\ndata: b\n\n",
	Bad:   "(with --gap-p99 2s)\ndata: a\n\n(3 s)\n\ndata: b\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{declared(checks.GapP99), checks.EventStream},
	Judge: judgeGapP99,
}

// A gap is the time between an event and the one before it.
type gap struct {
	event    int
	from, to time.Duration
	less     time.Duration // how much of it this machine may have made
}

func (g gap) long() time.Duration { return g.to - g.from }

// sure is how long it was, whatever this machine did.
func (g gap) sure() time.Duration { return g.long() - g.less }

func judgeGapP99(ev *checks.Evidence) checks.Outcome {
	v, limit := ev.Control(), ev.Bundle.Limits.GapP99
	gaps := gapsOf(ev, limit)
	if len(gaps) == 0 {
		return checks.Unseen("fewer than two events came in the %v watched, so that there was no gap", checks.Brief(v.End.At))
	}
	p99, sure := rank(gaps, gap.long), rank(gaps, gap.sure)
	switch said := saying(len(gaps), shown(p99.long(), limit), limit); {
	case sure.sure() > limit:
		e := v.Stream.Events[p99.event]
		return checks.Broke(len(gaps), v.At(e.Lo, e.Hi, said))
	case p99.long() > limit:
		return checks.Unseen("%s; and this machine was busy meanwhile", said)
	case open(v, gaps, limit):
		return checks.Unseen("%s; and no event came in the last %v watched", said, checks.Brief(v.End.At-gaps[len(gaps)-1].to))
	default:
		return checks.Held(len(gaps), "%s", said)
	}
}

// gapsOf returns the gaps between the events of the control stream, in order.
func gapsOf(ev *checks.Evidence, limit time.Duration) []gap {
	v := ev.Control()
	var out []gap
	for i := 1; i < len(v.Stream.Events); i++ {
		g := gap{event: i, from: eventAt(v, i-1), to: eventAt(v, i)}
		if g.long() > limit {
			g.less = slack(ev, v.Exchange, g.from, g.to)
		}
		out = append(out, g)
	}
	return out
}

// rank returns the gap that 99 of 100 are not longer than, by the nearest rank.
func rank(gaps []gap, long func(gap) time.Duration) gap {
	sorted := slices.SortedStableFunc(slices.Values(gaps), func(a, b gap) int { return cmp.Compare(long(a), long(b)) })
	return sorted[(99*len(sorted)+99)/100-1]
}

// open reports whether the silence in which we left would make the difference if it ended now.
func open(v *checks.View, gaps []gap, limit time.Duration) bool {
	if v.End.Kind.ServerEnded() {
		return false
	}
	tail := gap{from: gaps[len(gaps)-1].to, to: v.End.At}
	return rank(append(slices.Clone(gaps), tail), gap.long).long() > limit
}

// saying says what was measured.
func saying(n int, p99, limit time.Duration) string {
	switch {
	case n == 1:
		return fmt.Sprintf("the only gap between two events was %v, the threshold is %v", p99, limit)
	case n < 100:
		return fmt.Sprintf("the longest of %d gaps between events was %v, the threshold is %v", n, p99, limit)
	}
	return fmt.Sprintf("99 of 100 gaps between events were no longer than %v, the threshold is %v", p99, limit)
}
