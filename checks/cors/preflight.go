package cors

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// leave reports whether a step is the answer to the preflight of a page's first request. That of a reader that comes back
// asks for Last-Event-ID and nothing else that was not granted before: see preflightLastEventID.
func leave(s step) bool { return s.preflight && !s.resume }

const noPreflight = "the page's request needs no preflight"

// scripted are the scenes in which a preflight is made: an EventSource never makes one.
var scripted = []wire.Scene{wire.Script}

func preflightFetch(quote string) checks.Clause {
	return checks.Fetch("CORS-preflight fetch", "cors-preflight-fetch", quote)
}

// refusal says what a refused preflight means, and what the server says of it in plain text.
func refusal(s step) string {
	first, _, _ := bytes.Cut(bytes.TrimSpace(s.Text.Bytes), []byte("\n"))
	if s.Status < 400 || len(first) == 0 || first[0] == '<' || !utf8.Valid(first) {
		return s.denial.Message
	}
	return fmt.Sprintf("%s; the answer says %.80q", s.denial.Message, bytes.TrimSpace(first))
}

var preflightNeeded = &checks.Check{
	ID:     "cors/preflight-needed",
	Title:  "Tells for what a script on another origin must ask leave before it opens the stream",
	Level:  checks.Fact,
	Clause: checks.Fetch("CORS-safelisted request-header", "cors-safelisted-request-header", "To determine whether a header (name, value) is a CORS-safelisted request-header, run these steps"),
	Since:  "0.3",
	Doc: `
A script that sends Authorization, a JSON body or a field of its own asks leave first, with OPTIONS and without
credentials. An EventSource never does, so a stream that is opened with a plain GET needs no working OPTIONS.

A script that comes back with Last-Event-ID asks leave for that field: it is not on the CORS safelist.`,
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared},
	Judge: judgePreflightNeeded,
}

func judgePreflightNeeded(ev *checks.Evidence) checks.Outcome {
	opened, later := 0, ""
	for _, s := range steps(ev) {
		switch {
		case s.client != browser.Script:
		case s.preflight && s.resume:
			later = ", and one that comes back asks leave for " + asksFor(s.View)
		case s.preflight && asksFor(s.View) != "":
			return checks.Held(1, "a script asks leave for %s %s, with OPTIONS", s.Request.Header.Get(browser.RequestMethod), asksFor(s.View))
		case s.preflight:
			return checks.Held(1, "a script asks leave for the method %s, with OPTIONS", s.Request.Header.Get(browser.RequestMethod))
		case s.foreign:
			opened++
		}
	}
	if opened > 0 {
		return checks.Held(opened, "a script needs no preflight to open the stream%s", later)
	}
	return fault{visits: scripted, none: "no script on another origin asked for the stream"}.unmet(ev)
}

var preflightStatus = &checks.Check{
	ID:      "cors/preflight-status",
	Title:   "A preflight must be answered 200 to 299",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  checks.Fetch("CORS protocol", "http-cors-protocol", "A successful HTTP response to a CORS-preflight request is similar, except it is restricted to an ok status, e.g., 200 or 204."),
	Since:   "0.3",
	Doc: `
With any other status the browser does not send the request at all, whatever fields the answer has. 404 and 405 mean that no
route takes OPTIONS, 400 and 403 often that the CORS middleware does not know the origin or a field (Spring says "Invalid CORS
request"), 403 also that a firewall forbids OPTIONS.

200 and 204 are equally right. Only a preflight that a page does make is judged: a stream that is opened with a plain GET
needs none.`,
	Fix: "Let the CORS middleware answer OPTIONS before the router looks for a route: if r.Method == \"OPTIONS\" { w.WriteHeader(204); return } behind the fields in Go, " +
		"app.options(path, cors()) in Express, if ($request_method = OPTIONS) { return 204; } in nginx, with the add_header lines beside it. " +
		"Where it is 403: complete allowedOrigins, allowedMethods and allowedHeaders in Spring, allow OPTIONS in limit_except and the firewall.",
	Good:  "> OPTIONS /stream\n> Access-Control-Request-Method: POST\n< HTTP/1.1 204 No Content",
	Bad:   "> OPTIONS /stream\n> Access-Control-Request-Method: POST\n< HTTP/1.1 405 Method Not Allowed",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared},
	Judge: fault{causes: []browser.Cause{browser.PreflightStatus}, at: leave, visits: scripted, says: refusal,
		held: "the preflights (%d) were answered 200 to 299", none: noPreflight}.judge,
}

var preflightNoRedirect = &checks.Check{
	ID:      "cors/preflight-no-redirect",
	Title:   "A preflight must not be redirected",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  preflightFetch("If a CORS check for request and response returns success and response's status is an ok status"),
	Since:   "0.3",
	Doc: `
A browser does not follow a redirect of OPTIONS, not even from http to https or to the same path with a slash, and sends
nothing more. curl -L shows nothing of it.

The request behind the preflight may be redirected.`,
	Fix:   "Give the script the last URL: https, with the slash and the host name that the server wants. Or answer OPTIONS before the redirect.",
	Good:  "> OPTIONS /stream\n< HTTP/1.1 204 No Content",
	Bad:   "> OPTIONS /stream\n< HTTP/1.1 308 Permanent Redirect\n< Location: /stream/",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared},
	Judge: fault{causes: []browser.Cause{browser.PreflightRedirected}, at: leave, visits: scripted,
		held: "the preflights (%d) were answered where they were asked", none: noPreflight}.judge,
}

var preflightUnauthenticated = &checks.Check{
	ID:      "cors/preflight-unauthenticated",
	Title:   "A preflight must not be asked for credentials",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  checks.Fetch("CORS protocol and credentials", "cors-protocol-and-credentials", "a CORS-preflight request never includes credentials"),
	Since:   "0.3",
	Doc: `
A preflight carries neither cookie nor Authorization. Where authentication stands before CORS, it is answered 401
and the request with the token is never sent.

A preflight that is answered 403 is judged by cors/preflight-status: that says more often that the origin or a field is not
on a list. What a browser sends of a login that it asked its user for (-u) goes along only with --credentials.`,
	Fix: "Let OPTIONS pass without credentials: put the CORS middleware before the one for authentication, in Spring Security http.cors(withDefaults()), " +
		"in nginx answer OPTIONS before auth_request.",
	Good:  "> OPTIONS /stream\n< HTTP/1.1 204 No Content",
	Bad:   "> OPTIONS /stream\n< HTTP/1.1 401 Unauthorized",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared},
	Judge: fault{causes: []browser.Cause{browser.PreflightUnauthenticated}, at: leave, visits: scripted, says: refusal,
		held: "the preflights (%d) were answered without credentials", none: noPreflight}.judge,
}

var preflightOrigin = &checks.Check{
	ID:      "cors/preflight-origin",
	Title:   "The answer to a preflight must let the page in as the stream itself does",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  preflightFetch("The CORS check is done on request rather than preflight to ensure the correct credentials mode is used."),
	Since:   "0.3",
	Doc: `
The preflight must carry Access-Control-Allow-Origin, and with credentials Access-Control-Allow-Credentials: true too, or
the request is not sent. Some libraries answer 204 without any field to an origin, a method or a field that they do not
know.

Whose preflight is answered with another status than 2xx is judged by other rules.`,
	Fix: "Send the same Access-Control-Allow-Origin and Access-Control-Allow-Credentials with the answer to OPTIONS as with the stream; with github.com/rs/cors " +
		"complete AllowedOrigins, AllowedMethods and AllowedHeaders.",
	Good:  "> OPTIONS /stream\n< HTTP/1.1 204 No Content\n< Access-Control-Allow-Origin: https://app.example",
	Bad:   "> OPTIONS /stream\n< HTTP/1.1 204 No Content\n< Allow: GET, OPTIONS",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared},
	Judge: fault{causes: checked, at: leave, visits: scripted,
		held: "the answers to preflights (%d) let the page in", none: noPreflight}.judge,
}

var preflightMaxAge = &checks.Check{
	ID:     "cors/preflight-max-age",
	Title:  "The answer to a preflight should say for how long it holds",
	Level:  checks.Advice,
	Clause: preflightFetch("If max-age is failure or null, then set max-age to 5."),
	Since:  "0.3",
	Doc: `
Without Access-Control-Max-Age browsers keep the answer for 5 seconds, so that nearly every reconnect of a script costs one
more round trip. A value that is no number counts as none.

Only the preflight that opening the stream needs is judged: what EventSource reads needs none. 0 and -1, which ask for a preflight each time, are taken for a choice. Browsers cap the value, at 2 hours or 24.`,
	Fix:   "Send Access-Control-Max-Age: 7200 with the answer to OPTIONS: maxAge in Express and Spring, MaxAge in github.com/rs/cors.",
	Good:  "Access-Control-Max-Age: 7200",
	Bad:   "Access-Control-Max-Age: 2h",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, s := range steps(ev) {
			if !leave(s) || s.denial != nil {
				continue
			}
			seen++
			switch value := s.Header.Get(browser.MaxAge); {
			case !s.Header.Has(browser.MaxAge):
				found = checks.AddOnce(found, s.AtField(-1, fmt.Sprintf("the answer to a preflight has no %s: browsers keep it for 5 seconds", browser.MaxAge)))
			case !seconds(value):
				found = checks.AddOnce(found, s.AtField(s.Header.Index(browser.MaxAge), fmt.Sprintf("%s is %.40q, which is no number of seconds: browsers keep the answer for 5", browser.MaxAge, value)))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("opening the stream needs no preflight, or none was granted")
		}
		return checks.Judged(seen, found, "the answers to preflights (%d) say for how long they hold", seen)
	},
}

// seconds reports whether a value is a number of seconds, or -1 for none.
func seconds(value string) bool {
	digits := strings.TrimPrefix(value, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
