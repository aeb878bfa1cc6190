package security

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var starBehindFirewall = &checks.Check{
	ID:    "security/star-behind-firewall",
	Title: "A stream that only a private network reaches should not be readable by every page",
	Level: checks.Advice,
	Clause: checks.Fetch("basic safe CORS protocol setup", "basic-safe-cors-protocol-setup",
		"For resources where data is protected through IP authentication or a firewall (unfortunately relatively common still), using the CORS protocol is unsafe."),
	Since: "0.3",
	Doc: `
A browser inside a network asks on behalf of pages from outside. Where the stream lies at a private address, needs
no login, and every origin may read it, each page that somebody inside opens can read it and send it out.

Data that is public anyway loses nothing, which cannot be seen from here. This very machine is not judged, for
that is how one develops; nor is a stream that is refused without credentials. Names that lead to private
addresses are not looked at: only addresses in the URL, and names under .local.`,
	Fix:   "Name the pages that may read the stream in place of *, or ask for a login.",
	Good:  "http://10.0.0.7/stream\n(no Access-Control-Allow-Origin to strangers)",
	Bad:   "http://10.0.0.7/stream\nAccess-Control-Allow-Origin: *\n",
	Needs: []wire.Scene{wire.Control, wire.Stranger},
	Reads: []wire.Scene{wire.Anonymous, wire.Fetch, wire.Again},
	Judge: judgeFirewall,
}

func judgeFirewall(ev *checks.Evidence) checks.Outcome {
	hops := visits(ev.Exhibit(wire.Stranger))[0]
	v := last(hops)
	host := hostname(v.Request.URL)
	byItself, byScript := credentialed(ev.Bundle.Target)
	switch {
	case browser.Loopback(host):
		return checks.Unconcerned("the stream lies on this very machine")
	case !browser.Private(host):
		return checks.Unconcerned("%s is no private address", host)
	case failing(v) && !barred(ev, v):
		return checks.Unseen("what a page on an unknown origin may read was not seen: its request %s", answered(v))
	case v.Status != 200:
		return refusal(ev, "the request of a page on an unknown origin %s", answered(v))
	case shutAt(hops, wire.StrangerOrigin, false) != nil:
		return checks.Held(1, "at the private address %s no page on an unknown origin may read the stream", host)
	case strays(hops):
		return checks.Unseen("the request of a page on an unknown origin is redirected to another origin, where a browser no longer names the page's")
	case (byItself || byScript) && ev.View(wire.Anonymous) == nil:
		return checks.Unseen("whether the stream is given without the credentials was not seen")
	case (byItself || byScript) && !public(ev):
		return checks.Unconcerned("without the credentials, which a page elsewhere does not have, the request %s", answered(ev.View(wire.Anonymous)))
	}
	return checks.Broke(1, v.AtField(v.Header.Index(browser.AllowOrigin), fmt.Sprintf(
		"%s is %.80q at the private address %s: every page that somebody inside that network opens can read the stream",
		browser.AllowOrigin, v.Header.Get(browser.AllowOrigin), host)))
}

// mcpTransport is the profile's text on Origin.
var mcpTransport = checks.Clause{
	Spec: "MCP", Section: "Transports", URL: "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports",
	Quote: "Servers MUST validate the Origin header on all incoming connections to prevent DNS rebinding attacks.",
}

var originCheckLocal = &checks.Check{
	ID:     "security/origin-check-local",
	Title:  "An MCP server must refuse requests from an origin that it does not know",
	Level:  checks.Must,
	Clause: mcpTransport,
	Since:  "0.3",
	Doc: `
A page can make its own name resolve to 127.0.0.1 and then talk to a server on its visitor's machine as if it were
the page's own (DNS rebinding). Only the Origin field tells such requests apart, so MCP asks for status 403
where it is unknown. TLS stops such a page, whose name is not in the certificate; MCP asks for the check there too.

Any refusal will do here, since 403 came only with version 2025-11-25. A server at a public address that lets
every origin in by its CORS fields knows them all on purpose, and is not flagged. Other profiles are not judged.`,
	Fix:   "Compare Origin, where it is sent, with a list, and answer 403 to all others before anything else.",
	Good:  "HTTP/1.1 403 Forbidden\n(to Origin: https://stranger.invalid)",
	Bad:   "HTTP/1.1 200 OK\n(to Origin: https://stranger.invalid)",
	Needs: []wire.Scene{wire.Control, wire.Stranger},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	When: []checks.Condition{{
		Says:  "the profile is mcp",
		Else:  "only MCP demands that an unknown Origin is refused",
		Holds: func(ev *checks.Evidence) bool { return ev.Profile() == "mcp" },
	}, checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		hops := visits(ev.Exhibit(wire.Stranger))[0]
		v := last(hops)
		switch {
		case refused(v):
			return refusal(ev, "the request with Origin: %s %s", wire.StrangerOrigin, answered(v))
		case failing(v):
			return checks.Unseen("the request with Origin: %s %s", wire.StrangerOrigin, answered(v))
		case !browser.Private(hostname(v.Request.URL)) && shutAt(hops, wire.StrangerOrigin, false) == nil:
			return checks.Unconcerned("at a public address the server lets every origin in on purpose: %s is %.80q", browser.AllowOrigin, v.Header.Get(browser.AllowOrigin))
		case v.Status/100 != 2:
			return checks.Unseen("the request with Origin: %s %s", wire.StrangerOrigin, answered(v))
		}
		return checks.Broke(1, v.AtField(-1, fmt.Sprintf(
			"the request with Origin: %s %s: %s", wire.StrangerOrigin, answered(v), unchecked(v))))
	},
}

// unchecked says what it means that a strange origin is answered. Over https the page of a rebound name gets no further
// than the certificate.
func unchecked(v *checks.View) string {
	if strings.HasPrefix(v.Request.URL, "https:") {
		return "MCP has a server check Origin wherever it lies, and refuse what it does not know"
	}
	return "a page that rebinds its name to the server's address can talk to it"
}
