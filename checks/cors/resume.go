package cors

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var resumeConsistent = &checks.Check{
	ID:     "cors/resume-consistent",
	Title:  "A stream that a page could open must let it in again when it comes back with Last-Event-ID",
	Level:  checks.Must,
	Clause: corsCheck,
	Since:  "0.3",
	Doc: `
A reader that comes back is often answered by other code, or from another cache key. Where that answer lacks the CORS
fields, the page works until the first interruption and is cut off for good then.

Only 200 is judged here: an error is for cors/errors-carry-headers, a 204 for cors/stop-carries-headers.`,
	Fix:   "Set the CORS fields in one place in front of both paths, the first answer and the replay.",
	Good:  "> Last-Event-ID: 41\n< Access-Control-Allow-Origin: https://app.example",
	Bad:   "> Last-Event-ID: 41\n< HTTP/1.1 200 OK\n< Content-Type: text/event-stream",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared},
	Judge: fault{
		causes: checked, visits: resumes, none: "no page could open the stream and come back to it with an id",
		at: func(s step) bool { return s.resume && s.foreign && s.final() && s.Status == 200 && !s.null },
		says: func(s step) string {
			return "the first answer let the page in, and to Last-Event-ID: " + s.denial.Message
		},
		held: "the answers to a reader that comes back (%d) let the page in",
	}.judge,
}

var lastEventIDSafe = &checks.Check{
	ID:     "cors/last-event-id-safe",
	Title:  "Tells whether the ids would need a preflight once Last-Event-ID is put on the CORS safelist",
	Level:  checks.Fact,
	Clause: checks.Fetch("CORS-unsafe request-header byte", "cors-unsafe-request-header-byte", "byte is 0x22 (\"), 0x28 (left parenthesis)"),
	Since:  "0.3",
	Doc: `
Today an EventSource sends Last-Event-ID to another origin without asking, whatever it holds. Under a change that is
pending (github.com/whatwg/fetch/issues/568) ids of more than 128 bytes, and such with one of "():<>?@[\]{} or a control
character, would need a preflight: JSON and stream:42 among them.

That is not law, so it is told only.`,
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{declared},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		ids, unsafe, first := 0, 0, ""
		for _, e := range ev.Control().Stream.Events {
			if len(e.ID) == 0 {
				continue
			}
			ids++
			if browser.UnsafeCursor(string(e.ID)) {
				if unsafe++; unsafe == 1 {
					first = string(e.ID)
				}
			}
		}
		switch {
		case ids == 0:
			return checks.Unconcerned("no event has an id")
		case unsafe > 0:
			return checks.Held(ids, "%d of %d events have an id that would need a preflight under a pending change, such as %.60q", unsafe, ids, first)
		}
		return checks.Held(ids, "%d events have ids that no browser will ask leave for", ids)
	},
}
