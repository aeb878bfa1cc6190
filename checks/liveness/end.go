package liveness

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// roundAges are the spans after which idle or total limits of common layers strike.
var roundAges = []time.Duration{
	15 * time.Second, 30 * time.Second, 55 * time.Second, 60 * time.Second, 100 * time.Second, 120 * time.Second,
	300 * time.Second, 350 * time.Second, 600 * time.Second, 900 * time.Second, time.Hour,
}

// roundness is how far a limit's timer may be off: they are checked once a second at most.
const roundness = 1100 * time.Millisecond

// roundAge returns the round span that d is, or 0.
func roundAge(d time.Duration) time.Duration {
	for _, r := range roundAges {
		if (d - r).Abs() <= roundness {
			return r
		}
	}
	return 0
}

// idleLimit is the shortest silence that an idle limit is thought to end.
const idleLimit = 10 * time.Second

var idleCut = &checks.Check{
	ID:     "liveness/idle-cut",
	Title:  "Whether a silent stream is cut, after how long, and how",
	Level:  checks.Fact,
	Clause: checks.Practice("https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout"),
	Since:  "0.1",
	Doc: `
A silence that ends with the stream, after 30, 55, 60, 100, 120 or 300 seconds, points to the layer that
has this limit: nginx has 60 by default.

One cut may be chance, so this is told and never held against an endpoint. The default time of watching is
shorter than most limits.`,
	Good:  "data: a\n\n(60 s, connection closed)",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		_, last := silences(v)
		if len(v.Body) == 0 {
			last = span{from: v.HeadAt, to: v.End.At}
		}
		switch {
		case last.long() < idleLimit:
			return checks.Unconcerned("the silence before its end was %s, too short to tell an idle limit by", seconds(last.long()))
		case !v.End.Kind.ServerEnded():
			return checks.Held(1, "a silence of %s did not end the stream", seconds(last.long()))
		case roundAge(last.long()) > 0:
			return checks.Held(1, "the stream ended (%s) after %s of silence, a round span as idle limits have", v.End.Kind, seconds(last.long()))
		}
		return checks.Held(1, "the stream ended (%s) after %s of silence", v.End.Kind, seconds(last.long()))
	},
}

var maxDuration = &checks.Check{
	ID:      "liveness/max-duration",
	Title:   "A stream that is promised to be endless should not end",
	Level:   checks.Advice,
	Promise: "endless",
	Clause:  checks.Practice(""),
	Since:   "0.1",
	Doc: `
Gateways and function hosts cut every stream at an age of 15, 30, 60, 300 or 900 seconds, traffic or
not. Where nobody expects that, events get lost at each cut.

An end is held against a stream only where the user promises that it has none: else the server may
close on purpose and rely on reconnection. The pass tells how long the stream was watched; the limit may lie
behind that.`,
	Fix:   "Raise the total time limit on the way, or close on purpose before it strikes and support resumption.",
	Good:  "(open for as long as it was watched)",
	Bad:   "(closed after 30.0 s while events were coming)",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		switch {
		case !v.End.Kind.ServerEnded():
			return checks.Held(1, "the stream was still open after %s", seconds(v.End.At))
		case !ev.Promised("endless"):
			return checks.Unconcerned("the stream ended after %s, and was not promised to be endless (--expect endless)", seconds(v.End.At))
		}
		hint := ""
		if r := roundAge(v.End.At); r > 0 {
			hint = ", a round age as total limits of gateways have"
		}
		n := len(v.Text.Bytes)
		f := v.At(n, n, fmt.Sprintf("the stream, promised to be endless, ended (%s) after %s%s", v.End.Kind, seconds(v.End.At), hint))
		f.At = v.End.At
		return checks.Broke(1, f)
	},
}

var halfOpen = &checks.Check{
	ID:     "liveness/half-open",
	Title:  "What happens when the client closes its side of the connection behind the request",
	Level:  checks.Fact,
	Clause: checks.RFC("9112", "9.6", "a TCP connection that is half-closed by the client does not … imply that the client is no longer interested in a response"),
	Since:  "0.1",
	Doc: `
To be done with sending is not to be done with listening: some clients and many tunnels half-close.
Servers that take it for a disconnect lose them.

Both are seen in practice, so this is told and not judged. A gateway that gives up with its client answers
502; a rate limit (429, 503) says nothing of it.`,
	Good:  "(client: request, FIN; server: the stream goes on)",
	Needs: []wire.Scene{wire.Control, wire.HalfClose},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.HalfClose)
		switch {
		case v.Status == 0:
			return checks.Held(1, "a client that half-closes gets no answer")
		case v.Status == 429 || v.Status == 503:
			return checks.Unseen("the request was answered %d, perhaps because our rate is limited", v.Status)
		case v.Status != ev.Control().Status:
			return checks.Held(1, "a client that half-closes is answered %d in place of %d", v.Status, ev.Control().Status)
		case v.End.Kind == wire.Complete:
			return checks.Held(1, "the answer to a client that half-closes came to a clean end")
		case v.End.Kind.ServerEnded():
			return checks.Held(1, "the answer to a client that half-closes was cut off after %s", seconds(v.End.At))
		}
		return checks.Held(1, "the stream goes on when the client half-closes")
	},
}
