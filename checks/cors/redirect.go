package cors

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

const noRedirect = "no request of a page is redirected"

var redirectEachHop = &checks.Check{
	ID:      "cors/redirect-each-hop",
	Title:   "A redirect on the way of a page on another origin must carry the CORS fields too",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  checks.Fetch("HTTP fetch", "http-fetch", "a CORS check for request and response returns failure, then return a network error"),
	Since:   "0.3",
	Doc: `
The browser checks every answer on the way, the 301 from http to https and the one that adds a slash included. Where one
does not let the page in it goes no further, though the stream behind it would.

A redirect by the page's own origin needs no fields. What is asked for behind a second foreign origin is judged by
cors/redirect-null-origin.`,
	Fix: "Give pages the URL at which the stream is, so that nothing is redirected; or add the fields to the redirect as well: in nginx " +
		"add_header in the location that returns it; in frameworks the CORS middleware must come before what redirects a missing slash.",
	Good:  "HTTP/1.1 307 Temporary Redirect\nLocation: /v2/stream\nAccess-Control-Allow-Origin: *",
	Bad:   "HTTP/1.1 307 Temporary Redirect\nLocation: /v2/stream",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared},
	Judge: fault{
		causes: checked, visits: visits, none: noRedirect,
		at: func(s step) bool { return s.redirect && s.foreign && !s.null && !s.preflight },
		says: func(s step) string {
			return fmt.Sprintf("the redirect %d to %.120q stops a browser: %s", s.Status, s.Header.Get("Location"), s.denial.Message)
		},
		held: "the redirects (%d) let the page pass",
	}.judge,
}

var redirectNullOrigin = &checks.Check{
	ID:      "cors/redirect-null-origin",
	Title:   "What is behind a redirect from one foreign origin to another must let in Origin: null",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  checks.Fetch("serializing a request origin", "serializing-a-request-origin", "If request's redirect-taint is not \"same-origin\", then return \"null\"."),
	Since:   "0.3",
	Doc: `
Where a page asks one foreign origin and is sent on to another one, the browser hides who asks: it sends Origin: null. A
server that looks the origin up in its list does not find it, and only * or null lets the page in.

Within one foreign origin a redirect keeps the page's origin, and so does one that begins at the page's own.`,
	Fix: "Give pages the last URL at once, or redirect within one origin. * there is right for a stream without credentials; null would let in " +
		"every sandboxed frame.",
	Good:  "> Origin: null\n< Access-Control-Allow-Origin: *",
	Bad:   "> Origin: null\n< Access-Control-Allow-Origin: https://app.example",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared},
	Judge: fault{
		causes: checked, visits: visits, none: "no page is sent from one foreign origin to another",
		at: func(s step) bool { return s.null && !s.preflight && !s.refused && (s.redirect || s.Status == 200) },
		says: func(s step) string {
			return "behind the redirect the browser asks with Origin: null: " + s.denial.Message
		},
		held: "the answers behind the redirect (%d) let in Origin: null, with which browsers ask there",
	}.judge,
}

var redirectUserinfo = &checks.Check{
	ID:      "cors/redirect-userinfo",
	Title:   "A redirect of a page on another origin must not name a user or password",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  checks.Fetch("HTTP-redirect fetch", "http-redirect-fetch", "If request's response tainting is \"cors\" and locationURL includes credentials, then return a network error."),
	Since:   "0.3",
	Doc: `
A browser does not follow https://user:password@host/ for a page on another origin. Tools do, so that it works with curl.`,
	Fix:   "Take user and password out of Location, and let the request carry Authorization.",
	Good:  "Location: https://stream.example/v2",
	Bad:   "Location: https://user:secret@stream.example/v2",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared},
	Judge: fault{
		causes: []browser.Cause{browser.RedirectUserinfo}, visits: visits, none: noRedirect,
		at: func(s step) bool { return s.redirect && !s.preflight },
		says: func(s step) string {
			return fmt.Sprintf("the redirect %d stops a browser: %s", s.Status, s.denial.Message)
		},
		held: "the redirects (%d) name no user",
	}.judge,
}
