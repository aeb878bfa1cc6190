package liveness

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var deadOpen = &checks.Check{
	ID:     "liveness/dead-open",
	Title:  "An open stream should say something while it is watched",
	Level:  checks.Advice,
	Clause: checks.Practice(""),
	Since:  "0.1",
	Doc: `
Status 200, the right type, and then nothing: the feed may be idle, or something between holds
every byte. From outside the two look the same, so silence is inconclusive and never a pass.

A comment line at once, and another every 15 seconds, would tell them apart.`,
	Fix:   "Send a comment line such as \":\" as soon as the stream opens.",
	Good:  ": open\n\n",
	Bad:   "(200, text/event-stream, and not one byte)",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"headers/content-encoding-truthful", "http/chunk-syntax"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		switch {
		case len(v.Text.Bytes) > 0:
			return checks.Held(len(v.Stream.Events)+1, "the first byte came %v after the request", checks.Brief(v.Text.When(0)))
		case v.End.Kind.ServerEnded():
			return checks.Broke(1, endedMute(ev, v))
		}
		return checks.Unseen("not one byte came in %v: the feed may be idle, or its bytes are held", checks.Brief(v.End.At))
	},
}

// endedMute says what it does to a client that the stream ended without a byte.
func endedMute(ev *checks.Evidence, v *checks.View) checks.Finding {
	does := "a client waits for an answer that never comes"
	if ev.Method() == "GET" {
		does = "an EventSource reconnects in a loop and never hears anything"
	}
	f := v.At(0, 0, fmt.Sprintf("the stream ended after %v without a single byte: %s", checks.Brief(v.End.At), does))
	f.At = v.End.At
	return f
}
