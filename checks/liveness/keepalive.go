package liveness

import (
	"fmt"
	"math"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	// longSilence is half of nginx's default idle limit of 60 s: one lost heartbeat must not cut a stream.
	longSilence = 30 * time.Second
	// advisedPause is what HTML 9.2.7 advises between two comments.
	advisedPause = 15 * time.Second
	// longWatch sees a stream that keeps the advised pause speak three times.
	longWatch = 45 * time.Second
	// pausesSeen is how many pauses of the longest length fit into a shorter observation before it
	// says something about the stream.
	pausesSeen = 3
)

var keepalive = &checks.Check{
	ID:     "liveness/keepalive",
	Title:  "A stream should not fall silent for more than 30 seconds",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.HTML("9.2.7", "authoring-notes", "authors can include a comment line (one starting with a ':' character) every 15 seconds or so"),
	Since:  "0.1",
	Doc: `
Proxies cut what is silent, nginx after 60 seconds, many load balancers and mobile networks sooner. The
stream then breaks in quiet times only, when nobody looks.

Frequent data needs no comments, and a heartbeat may be an event. The wait for the first byte is not
counted. A stream is passed after 45 seconds, or earlier where its longest silence was short against
the time it was watched; the reason says both. Silence that this machine may have made up is inconclusive.`,
	Fix:   "Send a comment line every 15 seconds while there is nothing else to say.",
	Good:  "data: a\n\n(15 s)\n:\n\n(15 s)\n:\n\n",
	Bad:   "data: a\n\n(40 s)\ndata: b\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: judgeKeepalive,
}

// shortAnswer is within what time an answer that ends needs no heartbeat.
const shortAnswer = 2 * time.Second

func judgeKeepalive(ev *checks.Evidence) checks.Outcome {
	v := ev.Control()
	if len(v.Body) == 0 {
		return checks.Unconcerned("not one byte came, which liveness/dead-open tells of")
	}
	longest, last := silences(v)
	if last.long() > longest.long() {
		longest = last
	}
	watched := v.End.At - v.Body[0].At
	gap := longest.long()
	switch {
	case gap > longSilence && restless(ev):
		return checks.Unseen("a silence of %s was measured, but this machine's clock was up to %v late", seconds(gap), checks.Brief(ev.Bundle.Noise.P99))
	case gap > longSilence:
		return checks.Broke(len(v.Body), atSilence(v, longest,
			fmt.Sprintf("nothing came for %s: common proxies cut a silent stream after 60 s, some after 30 s", seconds(gap))))
	case v.End.Kind.ServerEnded() && watched < shortAnswer:
		return checks.Unconcerned("the stream ended after %s", seconds(v.End.At))
	case watched >= longWatch, gap < advisedPause && gap*pausesSeen <= watched:
		return checks.Held(len(v.Body), "the longest silence was %s in %s watched", seconds(gap), seconds(watched))
	case v.End.Kind.ServerEnded():
		return checks.Unconcerned("the stream ended after %s", seconds(v.End.At))
	}
	return checks.Unseen("it was silent for %s and watched for %s only (--watch 60s would tell)", seconds(gap), seconds(watched))
}

// seconds writes a duration as people do: "0.2 s".
func seconds(d time.Duration) string {
	return fmt.Sprintf("%g s", math.Round(d.Seconds()*10)/10)
}
