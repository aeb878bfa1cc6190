package http

import (
	"fmt"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// unusual are scenes to which an error is a common answer: load, a client that seems to have left, and pages that
// nobody knows, at which common middleware throws.
var unusual = []wire.Scene{wire.Crowd, wire.Churn, wire.HalfClose, wire.Stranger, wire.NullOrigin, wire.Lookalikes}

var noServerError = &checks.Check{
	ID:     "http/no-server-error",
	Title:  "No request for an open stream should be answered with a server error",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "15.6", "The 5xx (Server Error) class of status code indicates that the server is aware that it has erred or is incapable of performing the requested method"),
	Since:  "0.1",
	Doc: `
A server that streams to one request and answers the next one 500, 502 or 504 has an instance that is broken, or a
handler that fails on a field that it does not expect. EventSource gives up on such an answer for good.

429 and 503 are how a server says that it is asked too much, and 501 and 505 refuse what was asked: none of
them is flagged. A gateway that answers 502 to a client that half-closed is not either, nor is a server that lets a
page on an unknown origin run into an error: it is kept out.`,
	Fix:   "Look up the failed request in the server's log: all of them are ordinary requests that browsers or tools make.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n",
	Bad:   "HTTP/1.1 500 Internal Server Error\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Fetch, wire.Compressed, wire.Accept, wire.HTTP10, wire.HTTP2, wire.Head, wire.Options, wire.Range, wire.Condition, wire.Again, wire.Twins},
	When:  []checks.Condition{opened},
	After: []string{"http/browser-request", "http/accept-star"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		seen := 0
		var found []checks.Finding
		for _, v := range ev.All() {
			if v.Status == 0 || slices.Contains(unusual, v.Scene) {
				continue
			}
			seen++
			if v.Status == 500 || v.Status == 502 || v.Status == 504 {
				found = append(found, v.AtField(-1, fmt.Sprintf("%s is answered %d: an EventSource gives up on that for good", where(v), v.Status)))
			}
		}
		return checks.Judged(seen, found, "%d requests were answered, none with a server error", seen)
	},
}
