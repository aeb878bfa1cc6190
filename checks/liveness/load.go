package liveness

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var connectionBudget = &checks.Check{
	ID:     "liveness/connection-budget",
	Title:  "How many of seven streams at once are opened",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.7", "authoring-notes", "Clients that support HTTP's per-server connection limitation might run into trouble when opening multiple pages from a site if each page has an EventSource"),
	Since:  "0.1",
	Doc: `
Browsers open about six connections to a host over HTTP/1.1, all tabs together; over HTTP/2 the limit is that of
concurrent streams. This limit is the browser's. Seven streams show whether the server has a lower one.`,
	Good:  "(seven streams, seven answers 200)",
	Needs: []wire.Scene{wire.Control, wire.Crowd},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		asked := 0
		for _, v := range ev.Exhibit(wire.Crowd).Views {
			if !redirects(v) {
				asked++
			}
		}
		if asked == 0 {
			return checks.Unconcerned("no stream was tried")
		}
		limit := "over HTTP/2 browsers stop at the limit of concurrent streams"
		if ev.Control().Proto != "HTTP/2.0" {
			limit = "over HTTP/1.1 browsers stop at about six for each host"
		}
		return checks.Held(asked, "%d of %d streams at once were opened; %s", len(streams(ev, wire.Crowd)), asked, limit)
	},
}

var release = &checks.Check{
	ID:     "liveness/release",
	Title:  "A server should be free again after fifty streams were opened and cut",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.1",
	Doc: `
What a client leaves behind (a worker, a subscription, a database connection) must be released when it goes. Where it is
not, a few hundred reloads of a page stop the service for all.

An answer 429 or 503, or another refusal by a status of 4xx, may be a limit for each client that cools down, and is not held
against the server.`,
	Fix:   "Watch for the client's disconnect while waiting for events, and release what the stream holds.",
	Good:  "(50 streams cut; the next one: 200 at once)",
	Bad:   "(50 streams cut; the next one: no answer)",
	Needs: []wire.Scene{wire.Control, wire.Churn},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.Churn)
		switch {
		case v.Status == 0 && v.End.Kind == wire.Silent && !restless(ev):
			return checks.Broke(1, v.AtField(-1, fmt.Sprintf("after many streams that were cut the next one got no answer in %s; the first one took %v", seconds(v.End.At), checks.Brief(ev.Control().HeadAt))))
		case v.Status == 500 || v.Status == 502 || v.Status == 504:
			return checks.Broke(1, v.AtField(-1, fmt.Sprintf("after many streams that were cut the next one was answered %d", v.Status)))
		case v.Status == 0:
			return checks.Unseen("the stream after the others got no answer")
		case v.Status >= 400:
			return checks.Unconcerned("the stream after the others was refused with %d, which may be a limit that cools down", v.Status)
		}
		return checks.Held(1, "after many streams that were cut the next one was answered %d after %v", v.Status, checks.Brief(v.HeadAt))
	},
}
