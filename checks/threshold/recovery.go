package threshold

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

var recoveryTime = &checks.Check{
	ID:      "threshold/recovery",
	Title:   "A reader that was cut off should have the next event as soon as was declared",
	Level:   checks.Should,
	Promise: checks.Recovery,
	Timing:  true,
	Clause:  checks.Practice(""),
	Since:   "0.5",
	Doc: `
Connections are cut all day, by trains, lifts and deployments. What a user sees of it is the pause until the next event. How long
that may last is for whoever runs the endpoint to say (--recovery 3s).

Counted is from the cut to the last byte of the next event, and the longest of all interrupted answers counts. The time for which the
stream asks its readers to stay away (retry) is part of it. What a reader of ours waited beyond that is not held against the endpoint,
and trials in which the way back was blocked or slowed on purpose do not count. An answer that never came back
is the matter of resume/hung and resume/resumes.`,
	Fix:   "Send a shorter retry, and what was missed at once when a reader comes back, before anything that takes long.",
	Good:  "(with --recovery 3s)\ndata: a\n\n(cut; 0.6 s)\n\ndata: b\n\n",
	Bad:   "(with --recovery 3s)\ndata: a\n\n(cut; 4 s)\n\ndata: b\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{declared(checks.Recovery), interrupted},
	Judge: judgeRecovery,
}

// interrupted is the condition of checks on answers that were cut.
var interrupted = checks.Condition{
	Says:  "an answer was interrupted",
	Else:  "no answer was interrupted",
	Holds: func(ev *checks.Evidence) bool { return len(recovery.Judge(ev)) > 0 },
}

func judgeRecovery(ev *checks.Evidence) checks.Outcome {
	limit, all := ev.Bundle.Limits.Recovery, comebacks(ev)
	if len(all) == 0 {
		return checks.Unseen("no reader that was cut off, and held up by nothing else, was given another event")
	}
	var found []checks.Finding
	for _, c := range all {
		if c.sure > limit {
			e := c.view.Stream.Events[0]
			found = append(found, c.view.At(e.Lo, e.Hi, fmt.Sprintf("%s: the next event %s after %v, the threshold is %v",
				c.judgment.Did(), c.came(), shown(c.took, limit), limit)))
		}
	}
	slowest := slices.MaxFunc(all, func(a, b comeback) int { return cmp.Compare(a.took, b.took) }).took
	if len(found) == 0 && slowest > limit {
		return checks.Unseen("after a cut the next event came after %v, the threshold is %v; but the reader itself waited longer than it was asked to, or this machine was busy",
			shown(slowest, limit), limit)
	}
	return checks.Judged(len(all), found, "after a cut the next event came after %v at most, the threshold is %v", shown(slowest, limit), limit)
}

// A comeback is how one interrupted reader was given another event.
type comeback struct {
	judgment *recovery.Judgment
	view     *checks.View  // that brought it
	took     time.Duration // from the cut to the event
	sure     time.Duration // without what a reader of ours waited by itself, and what this machine may have made
}

// came says whether a reader of ours waited as long as the stream asks.
func (c comeback) came() string {
	if c.took > c.judgment.Recovery {
		return "comes, to a reader that stays away as long as the stream asks,"
	}
	return "came"
}

// comebacks returns those of the trials that were judged and that nothing but the cut held up, the slowest first.
func comebacks(ev *checks.Evidence) []comeback {
	var out []comeback
	all := recovery.Judge(ev)
	for i := range all {
		j := &all[i]
		if j.Verdict == recovery.Inconclusive || j.Recovery == 0 || heldUp(j) {
			continue
		}
		if c, ok := follow(ev, j); ok {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b comeback) int { return cmp.Compare(b.sure, a.sure) })
	return out
}

// holds are the steps of a schedule that keep a reader from coming back, slow it down, or make it ask for something else.
var holds = []string{"wait", "refuse", "status", "wrong-type", "dns", "tls", "latency", "jitter", "bandwidth", "slice", "cursor"}

// heldUp reports whether something else was done to the reader than to cut it off.
func heldUp(j *recovery.Judgment) bool {
	for step := range strings.SplitSeq(j.Trial().Schedule, ",") {
		word, _, _ := strings.Cut(step, ":")
		if slices.Contains(holds, word) || strings.Contains(step, "/stall:") {
			return true
		}
	}
	return false
}

// follow goes with the reader from its last cut to the event behind it. It stays away before each connection; of that
// counts for sure what the stream asks for, which may be longer than a reader of ours waits.
func follow(ev *checks.Evidence, j *recovery.Judgment) (comeback, bool) {
	own := connections(ev, j)
	cut := lastCut(own)
	c := comeback{judgment: j, sure: j.Recovery}
	asked := time.Duration(0)
	for i, v := range own {
		if i > cut {
			away := v.Began.Add(-v.Dial).Sub(own[i-1].Began.Add(own[i-1].End.At))
			c.sure += asked - max(0, away)
			if v.OpenedEventStream() && len(v.Stream.Events) > 0 {
				c.view, c.took = v, max(j.Recovery, c.sure)
				c.sure -= slack(ev, v.Exchange, -v.Dial, eventAt(v, 0))
				return c, true
			}
		}
		if ms := v.Stream.Retry; ms >= 0 && v.OpenedEventStream() {
			asked = time.Duration(min(ms, int64(time.Hour/time.Millisecond))) * time.Millisecond
		}
	}
	return c, false
}

// connections returns those of the reader itself, redirects left out.
func connections(ev *checks.Evidence, j *recovery.Judgment) []*checks.View {
	return slices.DeleteFunc(slices.Clone(ev.Exhibit(j.Recording.Scene).Views), func(v *checks.View) bool {
		return v.Role != "" || v.Status/100 == 3 && v.Header.Has("Location")
	})
}

// lastCut returns the index of the last connection that was cut and followed by another.
func lastCut(own []*checks.View) int {
	for i := len(own) - 2; i >= 0; i-- {
		if f := own[i].Fault; f != nil && f.Kind.Cuts() && f.Landed >= 0 {
			return i
		}
	}
	return len(own)
}
