package liveness

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// lateHead is a third of the 30 s after which many gateways give up on an origin that has not answered.
const lateHead = 10 * time.Second

var connectLatency = &checks.Check{
	ID:     "liveness/connect-latency",
	Title:  "The head of an answer should come within 10 seconds",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.1",
	Doc: `
Gateways wait 30 to 60 seconds for the head of an answer and then send 504 in its place, which ends an EventSource
for good. A stream can send its head at once: the events may take as long as they like.

Counted is from the last byte of the request; the connection itself is not. What comes behind the head
is not looked at.`,
	Fix:   "Send the head, and a comment line, before waiting for the first event. Where the server does, a proxy holds it back: nginx wants proxy_buffering off, or X-Accel-Buffering: no from the server; ask the server directly to tell.",
	Good:  "HTTP/1.1 200 OK (after 0.1 s)",
	Bad:   "HTTP/1.1 200 OK (after 12 s)",
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		waited, what := v.HeadAt, "the head came after %s: many gateways answer 504 after 30 s"
		if v.Status == 0 {
			waited, what = v.End.At, "no head came within %s: many gateways answer 504 after 30 s"
		}
		switch {
		case v.Status == 0 && v.End.Kind != wire.Silent:
			return checks.Unconcerned("the exchange ended without a head")
		case waited > lateHead && restless(ev):
			return checks.Unseen("%s were measured, but this machine's clock was up to %v late", seconds(waited), checks.Brief(ev.Bundle.Noise.P99))
		case waited > lateHead:
			return checks.Broke(1, v.AtField(-1, fmt.Sprintf(what, seconds(waited))))
		case v.Status == 0:
			return checks.Unseen("no head came in the %s watched", seconds(waited))
		}
		return checks.Held(1, "the head came after %v", checks.Brief(v.HeadAt))
	},
}
