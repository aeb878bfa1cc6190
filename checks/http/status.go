package http

import (
	"fmt"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// failsConnection is the sentence that makes every other status final for an EventSource.
var failsConnection = checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection")

var status200 = &checks.Check{
	ID:     "http/status-200",
	Title:  "A request for the stream must end in status 200",
	Level:  checks.Must,
	Clause: failsConnection,
	Since:  "0.1",
	Doc: `
An EventSource given another status fires error once, is closed, and never retries. The request is made
as browsers make it, with Cache-Control: no-cache and Pragma: no-cache, so a gateway that rejects these
fields shows here too.

401, 403 and 407 are reported as missing credentials, 204 as the stop signal that it is, and 405 as an
endpoint for another method: none of them is a failure. A rate limit (429) leaves the question open.`,
	Fix:   "Answer the stream's URL with status 200 and Content-Type: text/event-stream, also through every gateway before it.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n",
	Bad:   "HTTP/1.1 503 Service Unavailable\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.ViaGET},
	After: []string{"http/redirect-usable", "http/accept-specific"},
	Judge: judgeStatus200,
}

func judgeStatus200(ev *checks.Evidence) checks.Outcome {
	v := ev.Control()
	switch why := excused(v); {
	case v.Status == 200:
		return checks.Held(1, "the status is 200")
	case v.Status == 0:
		return checks.Unseen("%s", unanswered(v))
	case why != "":
		return checks.Unconcerned("%s", why)
	case v.Status == 405 && !slices.Contains(v.Header.Tokens("Allow"), "get"):
		return checks.Unconcerned("the endpoint is not for GET (status 405, Allow: %q): is it opened with -X POST -d '…'?", v.Header.Get("Allow"))
	case v.Status == 429:
		return checks.Unseen("our rate is limited (status 429): try again later")
	case isRedirect(v.Status):
		return checks.Unseen("the redirects could not be followed to an answer")
	case v.Status == 304, v.Status == 203, v.Status == 206:
		return checks.Unconcerned("the status is %d, on which http/status-%d decides", v.Status, v.Status)
	case v.Status/100 == 2 && ev.Profile() == "eventsource":
		return checks.Unconcerned("the status is %d, on which http/status-other-2xx decides", v.Status)
	case v.Status/100 == 2:
		return checks.Held(1, "the status is %d, which clients other than EventSource accept", v.Status)
	}
	return checks.Broke(1, v.AtField(-1, fmt.Sprintf("the status is %d: an EventSource gives up on it for good", v.Status)))
}

var statusOther2xx = &checks.Check{
	ID:     "http/status-other-2xx",
	Title:  "An event stream must not be answered with another success than 200",
	Level:  checks.Must,
	Clause: failsConnection,
	Since:  "0.1",
	Doc: `
201, 202, 205 and every other 2xx but 200 make an EventSource give up for good, even with the right
media type: the standard asks for exactly 200.

Not flagged: 204, the agreed stop signal; 203 and 206, which have rules of their own; profiles that are
not read by an EventSource, since fetch accepts any 2xx.`,
	Fix:   "Send status 200 with the stream.",
	Good:  "HTTP/1.1 200 OK\n",
	Bad:   "HTTP/1.1 202 Accepted\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{forEventSource},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		switch v := ev.Control(); {
		case v.Status == 200:
			return checks.Held(1, "the status is 200")
		case v.Status/100 != 2:
			return checks.Unconcerned("the answer is no success")
		case v.Status == 203, v.Status == 204, v.Status == 206:
			return checks.Unconcerned("status %d is judged by other rules", v.Status)
		default:
			return checks.Broke(1, v.AtField(-1, fmt.Sprintf("the status is %d: an EventSource accepts 200 only and gives up for good", v.Status)))
		}
	},
}

var status203 = &checks.Check{
	ID:     "http/status-203",
	Title:  "An event stream must not be answered 203",
	Level:  checks.Must,
	Clause: failsConnection,
	Since:  "0.1",
	Doc: `
Status 203 is how a proxy says that it changed the content (RFC 9110, 7.7). An EventSource accepts 200
only and gives up for good.

Profiles that are not read by an EventSource are not judged, since fetch accepts any 2xx.`,
	Fix:   "Find the gateway that transforms the stream and exempt it, for instance with Cache-Control: no-transform.",
	Good:  "HTTP/1.1 200 OK\n",
	Bad:   "HTTP/1.1 203 Non-Authoritative Information\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{forEventSource},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		switch v := ev.Control(); v.Status {
		case 200:
			return checks.Held(1, "the status is 200: nobody on the way says that the content was changed")
		case 203:
			return checks.Broke(1, v.AtField(-1, "status 203: something on the way changed the content, and an EventSource gives up for good"))
		default:
			return checks.Unconcerned("the answer is neither 200 nor 203")
		}
	},
}

// anyGET are the scenes, besides control, that ask for the whole stream in other words.
var anyGET = []wire.Scene{wire.Fetch, wire.Compressed, wire.Accept, wire.HTTP2, wire.Again}

var status206 = &checks.Check{
	ID:     "http/status-206",
	Title:  "A request without Range must not be answered 206",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "15.3.7", "The 206 (Partial Content) status code indicates that the server is successfully fulfilling a range request for the target resource"),
	Since:  "0.1",
	Doc: `
Status 206 answers a Range request and nothing else. An EventSource sends none, accepts 200 only, and
gives up on 206 for good.

An answer 206 to a request that had a Range is legal; http/range-ignored looks at it.`,
	Fix:   "Answer 200 unless the request has a Range field; a cache that keeps ranges should not keep streams.",
	Good:  "HTTP/1.1 200 OK\n",
	Bad:   "HTTP/1.1 206 Partial Content\n",
	Needs: []wire.Scene{wire.Control},
	Reads: anyGET,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return never(ev, 206, "a request without Range is answered 206, which no client asked for and an EventSource refuses", "Range")
	},
}

var status304 = &checks.Check{
	ID:     "http/status-304",
	Title:  "A request without a condition must not be answered 304",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "15.4.5", "a conditional GET or HEAD request has been received and would have resulted in a 200 (OK) response"),
	Since:  "0.1",
	Doc: `
Status 304 tells a client to use the copy it holds. Without If-None-Match or If-Modified-Since it holds
none, and an EventSource never sends these fields: it gives up for good.

An answer 304 to a conditional request is legal; http/conditional-stream looks at it.`,
	Fix:   "Answer 304 only to requests with If-None-Match or If-Modified-Since; check that no gateway removes these fields and keeps the answer.",
	Good:  "HTTP/1.1 200 OK\n",
	Bad:   "HTTP/1.1 304 Not Modified\n",
	Needs: []wire.Scene{wire.Control},
	Reads: anyGET,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return never(ev, 304, "a request without a condition is answered 304: the client has no copy to fall back on", "If-None-Match", "If-Modified-Since")
	},
}

// never judges that no request is answered with a status that only requests with one of the given fields may get.
func never(ev *checks.Evidence, status int, message string, fields ...string) checks.Outcome {
	seen := 0
	var found []checks.Finding
	for _, v := range ev.All() {
		if v.Status == 0 || slices.ContainsFunc(fields, v.Request.Header.Has) {
			continue
		}
		seen++
		if v.Status == status {
			found = append(found, v.AtField(-1, message))
		}
	}
	if seen == 0 {
		return checks.Unconcerned("no request without %s was answered", fields[0])
	}
	return checks.Judged(seen, found, "no answer is %d (%d looked at)", status, seen)
}
