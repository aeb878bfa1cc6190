package edge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var requestRepeated = &checks.Check{
	ID:     "edge/request-repeated",
	Title:  "A POST must not be sent to the origin a second time",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "9.2.2", "A proxy MUST NOT automatically retry non-idempotent requests."),
	Since:  "0.4",
	Doc: `
An origin that closes before it answers may have done the work. A hop that then asks again, or asks another origin,
has it done twice: two generations are paid for, two orders are placed.

The origin read the whole request and closed, with FIN and with RST, on connections that were new to the hop and on
such that it had used before. Counted is how often each request came.`,
	Fix:   "Take non-idempotent methods out of the retry policy of the hop.",
	Needs: []wire.Scene{wire.EdgeRetry},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all, views := refusals(ev, "POST")
		if len(all) == 0 {
			return checks.Unseen("no POST reached the origin%s", shunned(ev))
		}
		var found []checks.Finding
		for i, r := range all {
			if r.Times > 1 {
				found = append(found, views[i].AtField(-1, fmt.Sprintf("one POST reached the origin %d times, behind a %s on a %s connection", r.Times, cutWords[r.End], r.Connection)))
			}
		}
		if len(found) > 0 {
			return checks.Broke(len(all), found...).Shows(remedy.Symptom{Class: remedy.Repeated})
		}
		return checks.Held(len(all), "each POST that the origin did not answer reached it once: on %s%s", connections(all), shunned(ev))
	},
}

var getRepeated = &checks.Check{
	ID:     "edge/get-repeated",
	Title:  "Whether a GET that is not answered is sent to the origin again",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "9.2.2", "the request can be repeated automatically if a communication failure occurs before the client is able to read the server's response"),
	Since:  "0.4",
	Doc: `
A hop may repeat a GET that the origin did not answer. It helps where a connection was closed while it was idle; an origin
that begins a generation for each GET begins two.`,
	Good:  "(the origin closed before it answered; the hop asked once)",
	Needs: []wire.Scene{wire.EdgeRetry},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all, _ := refusals(ev, "GET")
		if len(all) == 0 {
			return checks.Unseen("no GET that it was not to answer reached the origin%s", shunned(ev))
		}
		again := slices.DeleteFunc(slices.Clone(all), func(r passage.Refusal) bool { return r.Times < 2 })
		if len(again) == 0 {
			return checks.Held(len(all), "each GET that the origin did not answer reached it once: on %s%s", connections(all), shunned(ev))
		}
		return checks.Held(len(all), "%d GETs were not answered, and %d of them reached the origin again: on %s%s", len(all), len(again), connections(again), shunned(ev))
	},
}

// refusals returns what became of the requests with a method that the origin did not answer.
func refusals(ev *checks.Evidence, method string) (all []passage.Refusal, views []*checks.View) {
	for _, v := range route(ev, wire.EdgeRetry, wire.Via) {
		if r, ok := passage.RefusalOf(v.Exchange); ok && r.Method == method {
			all, views = append(all, r), append(views, v)
		}
	}
	return all, views
}

// connections says on how many connections of which kind requests came.
func connections(all []passage.Refusal) string {
	fresh, used := 0, 0
	for _, r := range all {
		if r.Connection == "fresh" {
			fresh++
		} else {
			used++
		}
	}
	var out []string
	if fresh > 0 {
		out = append(out, fmt.Sprintf("%d new", fresh))
	}
	if used > 0 {
		out = append(out, fmt.Sprintf("%d used before", used))
	}
	noun := "connections"
	if len(all) == 1 {
		noun = "connection"
	}
	return strings.Join(out, " and ") + " " + noun
}

// shunned says that the hop stopped asking the origin, which then could not be tried further.
func shunned(ev *checks.Evidence) string {
	d := passage.Shunned(ev.Exhibit(wire.EdgeRetry).Exchanges)
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("; behind a request without an answer the hop did not ask the origin for %.0f s", d.Seconds())
}
