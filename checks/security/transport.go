package security

import (
	"fmt"
	"net/url"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// answerCame is the condition of checks on any answer to the control request.
var answerCame = checks.Condition{
	Says:  "the control request was answered",
	Else:  "the control request got no answer",
	Holds: func(ev *checks.Evidence) bool { v := ev.Control(); return v != nil && v.Status != 0 },
}

// mixedContent is why a browser does not ask http from a page over https.
var mixedContent = checks.Fetch("main fetch", "main-fetch",
	"should fetching request be blocked as mixed content … returns blocked, then set response to a network error")

var secureTransport = &checks.Check{
	ID:      "security/tls",
	Title:   "A stream on another machine should be asked over https",
	Level:   checks.Advice,
	Promise: checks.SecurePage,
	Clause:  mixedContent,
	Since:   "0.3",
	Doc: `
A page over https may not ask http on another machine: the browser gives up before it sends a byte, and the
EventSource is CLOSED. Without TLS anybody on the way reads and changes the events, and a cut that looks
like the end is not told from one.

Where a page over https was declared to need the stream (--origin https://…) this is a must. Plain http on
this very machine (localhost, 127.0.0.1) counts as trustworthy and is not flagged. A first address over http
that redirects to https is flagged: the request with its cookies has crossed the network by then.`,
	Fix:   "Serve the stream over https, and hand out its https address.",
	Good:  "https://api.example/stream\n",
	Bad:   "http://api.example/stream\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{answerCame},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		seen := 0
		for _, v := range ev.Exhibit(wire.Control).Views {
			u, err := url.Parse(v.Request.URL)
			switch {
			case err != nil || browser.Loopback(u.Hostname()):
				continue
			case !browser.Trustworthy(u):
				return checks.Broke(seen+1, v.AtField(-1, fmt.Sprintf(
					"%s://%s is asked without TLS: pages over https may not ask it, and anybody on the way can read and change the events", u.Scheme, u.Host)))
			}
			seen++
		}
		if seen == 0 {
			return checks.Unconcerned("the stream lies on this very machine, where plain http is as trustworthy")
		}
		return checks.Held(seen, "the stream is asked over https")
	},
}

var redirectDowngrade = &checks.Check{
	ID:     "security/redirect-downgrade",
	Title:  "A redirect should not lead from https to http",
	Level:  checks.Advice,
	Clause: mixedContent,
	Since:  "0.3",
	Doc: `
A page over https that is redirected to http stops there: mixed content. Other clients go on, and send what
they were told over TLS in plain sight. It is the usual mistake of an application behind a proxy that ends
TLS: it builds Location from the scheme that it sees itself.

Redirects from http to https are right, and one to this very machine is not flagged.`,
	Fix:   "Send a relative Location, or tell the application the scheme that clients see (X-Forwarded-Proto, Forwarded).",
	Good:  "HTTP/1.1 307 Temporary Redirect\nLocation: /v2/stream\n",
	Bad:   "HTTP/1.1 301 Moved Permanently\nLocation: http://api.example/stream/\n",
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range ev.All() {
			from, to := redirect(v)
			if to == nil || from.Scheme != "https" {
				continue
			}
			if seen++; !browser.Trustworthy(to) {
				found = checks.AddOnce(found, v.AtField(v.Header.Index("Location"), fmt.Sprintf(
					"status %d leads from https to %s://%s: a page over https stops here, and others go on in plain sight", v.Status, to.Scheme, to.Host)))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no answer over https redirects")
		}
		return checks.Judged(seen, found, "redirects over https stay there: %d", seen)
	},
}

// redirect returns where an exchange was asked and where it leads, or nil where it leads nowhere over http.
func redirect(v *checks.View) (from, to *url.URL) {
	if !leads(v) {
		return nil, nil
	}
	from, err := url.Parse(v.Request.URL)
	if err != nil {
		return nil, nil
	}
	to, err = from.Parse(v.Header.Get("Location"))
	if err != nil || to.Scheme != "http" && to.Scheme != "https" {
		return nil, nil
	}
	return from, to
}
