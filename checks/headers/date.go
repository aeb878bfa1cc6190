package headers

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var date = &checks.Check{
	ID:     "headers/date",
	Title:  "An answer should carry Date",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "6.6.1", "An origin server with a clock … MUST generate a Date header field in all 2xx (Successful), 3xx (Redirection), and 4xx (Client Error) responses"),
	Since:  "0.1",
	Doc: `
Caches compute from Date how old an answer is, and readers of logs when it was made.

Whether the origin has a clock cannot be told from outside, so this is no more than a warning. Only answers
that are the stream are looked at: redirects and refusals are often a proxy's own.`,
	Fix:   "Let the server software add Date; do not write heads by hand.",
	Good:  "HTTP/1.1 200 OK\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n",
	Bad:   "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range heads(ev) {
			if v.Status != 200 {
				continue
			}
			seen++
			if !v.Header.Has("Date") {
				found = checks.AddOnce(found, v.AtField(-1, fmt.Sprintf("the answer %d over %.8s has no Date: caches cannot tell how old it is", v.Status, v.Proto)))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no answer 200 was seen")
		}
		return checks.Judged(seen, found, "%d answers carry Date", seen)
	},
}
