package cors

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var corsCheck = checks.Fetch("CORS check", "concept-cors-check", "If the result of byte-serializing a request origin with request is not origin, then return failure.")

const noStreamForPage = "no page was given the stream, so that there are no CORS fields of it to judge"

var allowOriginPresent = &checks.Check{
	ID:      "cors/allow-origin-present",
	Title:   "A stream that a page on another origin is to read must carry Access-Control-Allow-Origin",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  checks.Fetch("CORS check", "concept-cors-check", "If origin is null, then return failure."),
	Since:   "0.3",
	Doc: `
Without the field the browser hides the answer from the page: EventSource fires error and is CLOSED for good,
fetch() rejects, and neither says why.

A stream for its own origin only is right without the field: it is asked for only where --origin names one.`,
	Fix: "Send Access-Control-Allow-Origin with the page's origin (and Vary: Origin), or * if everybody may read the stream: app.use(cors()) in Express, " +
		"w.Header().Set(\"Access-Control-Allow-Origin\", \"*\") before the first Write in Go, @CrossOrigin in Spring, add_header Access-Control-Allow-Origin * always; in nginx.",
	Good:  "> Origin: https://app.example\n< Access-Control-Allow-Origin: https://app.example\n< Vary: Origin",
	Bad:   "> Origin: https://app.example\n< HTTP/1.1 200 OK\n< Content-Type: text/event-stream",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared},
	Judge: fault{causes: []browser.Cause{browser.NoAllowOrigin}, at: opening, visits: openings,
		held: "the answers to the page (%d) have Access-Control-Allow-Origin", none: noStreamForPage}.judge,
}

var allowOriginSingle = &checks.Check{
	ID:      "cors/allow-origin-single",
	Title:   "Access-Control-Allow-Origin must have one value",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  corsCheck,
	Since:   "0.3",
	Doc: `
Application and proxy often add the field both. Browsers join the lines to "*, *", which equals no origin: every page is
refused, though each of the two would have let it in. Tools that look at the first line do not see it.

One line with one value is right, whatever it is. No browser takes several, so this is judged without --origin too.`,
	Fix: "Let one place add the field: in nginx proxy_hide_header Access-Control-Allow-Origin; beside add_header, or leave it to the application. " +
		"To let in several origins, answer with the one that asks.",
	Good:  "Access-Control-Allow-Origin: *",
	Bad:   "Access-Control-Allow-Origin: *\nAccess-Control-Allow-Origin: *",
	Needs: []wire.Scene{wire.Control},
	Reads: append([]wire.Scene{wire.Stranger}, visits...),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		if len(readings(ev)) > 0 {
			return fault{causes: []browser.Cause{browser.ManyAllowOrigins}, at: opening, visits: openings,
				held: "the answers to the page (%d) have one Access-Control-Allow-Origin", none: noStreamForPage}.judge(ev)
		}
		return usable(ev, func(value string, lines int) bool { return lines > 1 || strings.Contains(value, ",") },
			"%s is %.120q, which browsers take for one value: no page anywhere can read the answer")
	},
}

var allowOriginValue = &checks.Check{
	ID:      "cors/allow-origin-value",
	Title:   "Access-Control-Allow-Origin must be * or the page's origin, byte for byte",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  corsCheck,
	Since:   "0.3",
	Doc: `
Browsers compare bytes. A slash at the end, a path, the scheme's own port, capitals or a pattern such as *.example.com
equal no origin, and the page is refused.

Without --origin only what no browser can ever take is flagged. Another page's origin, null, an empty value and words
such as false are not: they may be how the server says no.`,
	Fix: "Look the request's Origin up in the list of those that may read, and send it back as it came, with Vary: Origin. A pattern belongs into that " +
		"look-up, not into the field: map $http_origin in nginx, allowedOriginPatterns in Spring, a function or RegExp as origin in Express's cors.",
	Good:  "Access-Control-Allow-Origin: https://app.example",
	Bad:   "Access-Control-Allow-Origin: https://app.example/",
	Needs: []wire.Scene{wire.Control},
	Reads: append([]wire.Scene{wire.Stranger}, visits...),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		if len(readings(ev)) > 0 {
			return fault{causes: []browser.Cause{browser.WrongAllowOrigin}, at: opening, visits: openings,
				held: "the answers to the page (%d) let its origin in", none: noStreamForPage}.judge(ev)
		}
		return usable(ev, neverAnOrigin, "%s is %.120q, which is no origin as a browser writes it: no page anywhere can read the answer")
	},
}

// usable judges the value of Access-Control-Allow-Origin where no page was named that must be able to read: what is right
// for some page is right.
func usable(ev *checks.Evidence, broken func(value string, lines int) bool, says string) checks.Outcome {
	v := ev.View(wire.Stranger)
	if v == nil || !v.Header.Has(browser.AllowOrigin) {
		v = ev.Control()
	}
	lines := v.Header.Values(browser.AllowOrigin)
	if value := strings.Join(lines, ", "); len(lines) > 0 && broken(value, len(lines)) {
		return checks.Broke(1, v.AtField(v.Header.Index(browser.AllowOrigin), fmt.Sprintf(says, browser.AllowOrigin, value)))
	}
	return checks.Unconcerned("%s", declared.Else)
}

// neverAnOrigin reports whether a value was meant for an origin and equals none that a browser sends. Several values are
// another mistake, a word without a dot, colon or star is a way to say no, and an old web view sends file://.
func neverAnOrigin(value string, lines int) bool {
	return lines == 1 && strings.ContainsAny(value, ".:*") && !strings.Contains(value, ",") &&
		value != "*" && value != "file://" && !browser.IsOrigin(value)
}

var acceptableStatic = &checks.Check{
	ID:     "cors/acceptable-static",
	Title:  "Tells whether every page may read the stream",
	Level:  checks.Fact,
	Clause: checks.Fetch("basic safe CORS setup", "basic-safe-cors-protocol-setup", "it is perfectly fine to do so"),
	Since:  "0.3",
	Doc: `
Access-Control-Allow-Origin: * on a stream that anybody can fetch with curl is safe and right: it gives a page nothing that
a program could not have, and needs neither a list of origins nor Vary.

It is told, never judged. What it does not do is to let in requests with credentials.`,
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Stranger},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.Stranger)
		if v == nil {
			v = ev.Control()
		}
		if v.Header.Get(browser.AllowOrigin) != "*" {
			return checks.Unconcerned("%s is not *", browser.AllowOrigin)
		}
		return checks.Held(1, "every page may read the stream, without credentials: %s is *", browser.AllowOrigin)
	},
}
