package http

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var capacity503 = &checks.Check{
	ID:     "http/503-capacity",
	Title:  "A server that cannot take another stream should refuse it with 5xx, not accept and drop it",
	Level:  checks.Should,
	Clause: checks.Registration("Servers should use a 5xx status code to indicate capacity problems, as this will prevent conforming clients from reconnecting automatically"),
	Since:  "0.1",
	Doc: `
A stream that is dropped brings its client back within seconds, so an overloaded server that accepts and
drops is asked ever more often. Status 5xx, or 429, makes conforming clients stop.

Judged only where load is allowed, with seven streams at once. The flip side: a 503 that a proxy sends
during a restart stops every EventSource for good as well.`,
	Fix:   "Count open streams, and answer 503 with Retry-After when there are too many.",
	Good:  "HTTP/1.1 503 Service Unavailable\nRetry-After: 30\n",
	Bad:   "(200 with the first event, then the connection is reset)",
	Needs: []wire.Scene{wire.Control, wire.Crowd},
	When:  []checks.Condition{opened},
	Judge: judgeCapacity,
}

func judgeCapacity(ev *checks.Evidence) checks.Outcome {
	if k := ev.Control().End.Kind; k == wire.Truncated || k == wire.Reset {
		return checks.Unseen("a stream on its own is cut off too")
	}
	served, refused, other := 0, 0, 0
	var found []checks.Finding
	for _, v := range ev.Exhibit(wire.Crowd).Views {
		dropped := v.End.Kind == wire.Truncated || v.End.Kind == wire.Reset
		switch {
		case isRedirect(v.Status):
		case dropped && v.Status == 0:
			found = append(found, v.AtField(-1, "the connection was accepted and dropped without an answer: the client comes back at once"))
		case dropped && streams(v):
			n := len(v.Text.Bytes)
			found = append(found, v.At(n, n, "the stream was opened and dropped: an EventSource comes back in a few seconds"))
		case streams(v):
			served++
		case v.Status >= 500 || v.Status == 429:
			refused++
		default:
			other++
		}
	}
	switch {
	case len(found) > 0 && served+refused == 0:
		return checks.Unseen("not one of %d streams at once was served or refused, so the path itself may have failed", len(found)+other)
	case len(found) > 0:
		return checks.Judged(served+refused+other+len(found), found, "")
	case refused > 0:
		return checks.Held(refused, "of %d streams at once %d were served and %d refused by status", served+refused+other, served, refused)
	case other > 0:
		return checks.Unseen("%d of %d streams at once were answered with neither a stream nor a refusal", other, served+other)
	}
	return checks.Unconcerned("%d streams at once were all served: no overload was reached", served)
}

var rateLimit429 = &checks.Check{
	ID:     "http/429",
	Title:  "A rate limit that was met is told",
	Level:  checks.Fact,
	Clause: checks.RFC("6585", "4", "The 429 status code indicates that the user has sent too many requests in a given amount of time (\"rate limiting\")."),
	Since:  "0.1",
	Doc: `
Status 429 says that too many requests came. An EventSource gives up on it for good, as on any status
but 200. Other verdicts of the same run may have suffered from the limit.`,
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all := answered(ev, 429)
		if len(all) == 0 {
			return checks.Unconcerned("429 was not seen")
		}
		note := "no Retry-After"
		if v := all[0].Header.Get("Retry-After"); v != "" {
			note = fmt.Sprintf("Retry-After %q", v)
		}
		for _, v := range all {
			if n, ok := age(v); ok && n > 0 {
				note += fmt.Sprintf(", and Age %d: a cache keeps it, which it must not", n)
				break
			}
		}
		return checks.Held(len(all), "429 was answered (%d seen), first to %s, with %s", len(all), where(all[0]), note)
	},
}
