package headers

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// refusing are the scenes in which a server that serves the stream well may answer with an error.
var refusing = []wire.Scene{wire.Accept, wire.Head, wire.Options}

var errorContentType = &checks.Check{
	ID:     "headers/error-content-type",
	Title:  "Tells whether an error answer is labelled as an event stream",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:  "0.1",
	Doc: `
An EventSource looks at the status first, so the label of an error does not matter to it. A fetch
client that looks at the type alone reads the error page as events.

It is not a mistake.`,
	Good:  "HTTP/1.1 503 Service Unavailable\nContent-Type: application/problem+json\n",
	Bad:   "HTTP/1.1 503 Service Unavailable\nContent-Type: text/event-stream (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	Reads: refusing,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		seen := 0
		for _, v := range heads(ev) {
			if v.Status < 400 {
				continue
			}
			seen++
			if v.Type.Essence == "text/event-stream" {
				return checks.Held(seen, "status %d in answer to %s is labelled text/event-stream: a client that looks at the type alone reads the error as events", v.Status, v.Request.Method)
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no error answer was seen")
		}
		return checks.Held(seen, "of %d error answers none is labelled text/event-stream", seen)
	},
}

var retryAfter = &checks.Check{
	ID:     "headers/retry-after",
	Title:  "Retry-After must be a date or a whole number of seconds",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "10.2.3", "The Retry-After field value can be either an HTTP-date or a number of seconds to delay after receiving the response."),
	Since:  "0.1",
	Doc: `
A client that cannot read Retry-After ignores it and comes back when it likes, which is what the server
asked it not to do. Fractions, units and negative numbers cannot be read.

The field is optional on every status. An EventSource ignores it whatever it says.`,
	Fix:   "Send whole seconds without a unit, rounded up.",
	Good:  "HTTP/1.1 429 Too Many Requests\nRetry-After: 2\n",
	Bad:   "HTTP/1.1 429 Too Many Requests\nRetry-After: 1.5s\n",
	Needs: []wire.Scene{wire.Control},
	Reads: refusing,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range heads(ev) {
			for _, i := range indices(v.Header, "Retry-After") {
				seen++
				value := v.Header[i].Value
				if _, ok := checks.HTTPDate(value); !ok && !isDigits(value) {
					found = checks.AddOnce(found, v.AtField(i, fmt.Sprintf("Retry-After is %.60q, neither a date nor whole seconds: clients ignore it and come back when they like", value)))
				}
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no answer has Retry-After")
		}
		return checks.Judged(seen, found, "%d answers have a Retry-After that can be read", seen)
	},
}

// isDigits reports whether s is what HTTP calls delay-seconds.
func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

var wwwAuthenticate = &checks.Check{
	ID:     "headers/www-authenticate",
	Title:  "A 401 answer should say how to authenticate",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "15.5.2", "The server generating a 401 response MUST send a WWW-Authenticate header field … containing at least one challenge applicable to the target resource."),
	Since:  "0.1",
	Doc: `
WWW-Authenticate tells a client which kind of credentials it lacks. Without it a generic client
cannot do better than to report the status.

Many APIs leave it out and document their credentials elsewhere, so this is no more than a warning. Where no 401 was
seen nothing is asked for. Nor is it of a stream that is opened with a cookie, for which there is no scheme, or of
preflights, which never have credentials.`,
	Fix:   "Send a challenge with every 401, such as WWW-Authenticate: Bearer.",
	Good:  "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer\n",
	Bad:   "HTTP/1.1 401 Unauthorized\n",
	Needs: []wire.Scene{wire.Control},
	Reads: refusing,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range heads(ev) {
			if v.Status != 401 || browser.Preflight(v.Exchange) {
				continue
			}
			seen++
			if len(v.Header.Tokens("WWW-Authenticate")) == 0 {
				found = checks.AddOnce(found, v.AtField(v.Header.Index("WWW-Authenticate"), fmt.Sprintf("the 401 in answer to %.20q has no challenge: a client cannot tell which credentials it lacks", v.Request.Method)))
			}
		}
		switch {
		case seen == 0:
			return checks.Unconcerned("no answer was 401, preflights aside")
		case found != nil && byCookie(ev.Bundle.Target.Header):
			return checks.Unconcerned("the stream is opened with a cookie, and there is no scheme that asks for one")
		}
		return checks.Judged(seen, found, "%d answers 401 have a challenge", seen)
	},
}

// byCookie reports whether the user's request has a cookie for its only credential.
func byCookie(h wire.Header) bool { return h.Has("Cookie") && !h.Has("Authorization") }
