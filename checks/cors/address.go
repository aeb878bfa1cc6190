package cors

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// browsed is the condition of checks on what keeps every browser away.
var browsed = checks.Condition{
	Says: "browsers read the stream",
	Else: "the profile is one that no browser reads, and no page's origin was named (--origin)",
	Holds: func(ev *checks.Evidence) bool {
		return ev.Bundle.Origin != "" || !slices.Contains([]string{"llm", "mcp"}, ev.Profile())
	},
}

var blockedPort = &checks.Check{
	ID:     "cors/blocked-port",
	Title:  "A stream that browsers read must not be on a port to which no browser connects",
	Level:  checks.Must,
	Clause: checks.Fetch("port blocking", "port-blocking", "To determine whether fetching a request request should be blocked due to a bad port"),
	Since:  "0.3",
	Doc: `
Browsers connect to some ports for no page at all, since other protocols live there: 6000, 6665 to 6669, 6697, 10080, 5060,
2049, 4190 and others. curl and every library do, so that nobody notices before the first page.

Not every odd port is blocked: 3000, 5173, 8000 and 9000 are not. With a profile that no browser reads it is judged only
where --origin names a page.`,
	Fix:   "Serve the stream on another port, or through the proxy that serves the pages.",
	Good:  "https://stream.example:8443/",
	Bad:   "http://stream.example:6000/",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{browsed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		if u, err := url.Parse(ev.Bundle.Target.URL); err == nil {
			seen++
			if browser.BadPort(u.Port()) {
				found = append(found, ev.Control().AtField(-1, fmt.Sprintf("no browser connects to port %s, at which the stream is", u.Port())))
			}
		}
		for _, v := range ev.All() {
			u := target(v)
			if !slices.Contains(asked, v.Scene) || u == nil {
				continue
			}
			seen++
			if browser.BadPort(u.Port()) {
				found = checks.AddOnce(found, v.AtField(v.Header.Index("Location"), fmt.Sprintf("Location is %.120q: no browser connects to port %s", v.Header.Get("Location"), u.Port())))
			}
		}
		if seen == 0 {
			return checks.Unseen("the address of the stream could not be read")
		}
		return checks.Judged(seen, found, "browsers connect to the port of each address (%d)", seen)
	},
}

// asked are the scenes whose redirects a browser meets.
var asked = append([]wire.Scene{wire.Control}, visits...)

// target returns the address to which an answer redirects, or nil.
func target(v *checks.View) *url.URL {
	from, err := url.Parse(v.Request.URL)
	if err != nil || !browser.Redirects(v.Status) || !v.Header.Has("Location") {
		return nil
	}
	to, err := from.Parse(v.Header.Get("Location"))
	if err != nil {
		return nil
	}
	return to
}

var privateNetwork = &checks.Check{
	ID:     "cors/private-network",
	Title:  "Tells whether browsers ask their user before a page may reach the stream",
	Level:  checks.Fact,
	Clause: checks.Clause{Spec: "Local Network Access", URL: "https://wicg.github.io/local-network-access/"},
	Since:  "0.3",
	Doc: `
Where a page on the public web asks a host that is loopback, private or under .local, browsers ask their user first, and
only pages over https may ask at all. No response field helps: Access-Control-Allow-Private-Network belongs to a scheme that
was given up.`,
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{declared},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		u, err := url.Parse(ev.Bundle.Target.URL)
		if err != nil {
			return checks.Unseen("the address of the stream could not be read")
		}
		const prompt = "browsers ask their user before a page on the public web may reach it, and let no page over http ask"
		if browser.Private(u.Hostname()) {
			return checks.Held(1, "%s lies in a private network: %s", u.Hostname(), prompt)
		}
		at, err := netip.ParseAddrPort(ev.Control().Address)
		if err == nil && browser.Private(at.Addr().String()) {
			return checks.Held(1, "%s was reached at the private address %s: %s", u.Hostname(), at.Addr(), prompt)
		}
		return checks.Held(1, "%s was reached at no private address, so that browsers ask nobody", u.Hostname())
	},
}
