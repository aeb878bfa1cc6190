package security

import (
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var corsMatching = &checks.Check{
	ID:     "security/cors-matching",
	Title:  "An origin that only looks like the declared one should not be let in",
	Level:  checks.Should,
	Clause: checks.Fetch("CORS check", "cors-check", "If the result of byte-serializing a request origin with request is not origin, then return failure."),
	Since:  "0.3",
	Doc: `
A list of origins that is matched by prefix, by suffix, or by a pattern whose dots stand for any character lets
in names that anybody can register: https://app.example.stranger.invalid, https://stranger-app.example.

Only names are held against the server that belong to somebody else. A neighbour under the same registrable
domain may be let in on purpose (https://*.app.example), and the same host over http or on another port is
flagged only where it may use credentials: somebody on the network can put a page on http://app.example.`,
	Fix:   "Compare the whole Origin with each entry of the list, byte for byte; in a pattern escape dots and anchor both ends.",
	Good:  "(to https://app.example.stranger.invalid no Access-Control-Allow-Origin)",
	Bad:   "Access-Control-Allow-Origin: https://app.example.stranger.invalid\n",
	Needs: []wire.Scene{wire.Control, wire.Lookalikes},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	After: []string{"security/cors-reflection"},
	Judge: judgeLookalikes,
}

func judgeLookalikes(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	seen, neighbours := 0, 0
	declared := ev.Bundle.Origin
	for _, hops := range visits(ev.Exhibit(wire.Lookalikes)) {
		v, origin := last(hops), hops[0].Request.Header.Get("Origin")
		same := hostname(origin) == hostname(declared)
		let := v.Status == 200 && shutAt(hops, origin, same) == nil
		if tellsNothing(ev, v) || let && strays(hops) {
			continue
		}
		seen++
		switch {
		case let && !same && registrable(origin) == registrable(declared):
			neighbours++
		case let:
			found = append(found, v.AtField(v.Header.Index(browser.AllowOrigin),
				fmt.Sprintf("%s is let in as well, and is not %s: %s", origin, declared, likeness(origin, declared))))
		}
	}
	switch {
	case seen == 0:
		return checks.Unseen("no request from an origin that looks like the declared one was answered")
	case neighbours > 0 && found == nil:
		return checks.Held(seen, "of %d origins that look like %s only neighbours under %s are let in", seen, declared, registrable(declared))
	}
	return checks.Judged(seen, found, "%d origins that look like %s are not let in", seen, declared)
}

// tellsNothing reports whether an answer does not show whom the server lets in: it may be owed to the moment, or to what
// the user's own request met too.
func tellsNothing(ev *checks.Evidence, v *checks.View) bool {
	return failing(v) && !barred(ev, v) || refused(v) && spent(ev)
}

// registrable returns the part of an origin's name that somebody registered, or the whole name.
func registrable(origin string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(hostname(origin)); err == nil {
		return d
	}
	return hostname(origin)
}

// likeness says what an origin and the declared one have in common, and who may be behind it.
func likeness(origin, declared string) string {
	host, real := hostname(origin), hostname(declared)
	switch {
	case host == real && strings.HasPrefix(declared, "https:") && !strings.HasPrefix(origin, "https:"):
		return "without TLS anybody on the network can put a page there"
	case host == real:
		return "another server on that host may read the stream with its visitors' cookies"
	case strings.HasPrefix(host, real):
		return "whatever begins like it is taken for it"
	case strings.HasSuffix(host, real):
		return "whatever ends like it is taken for it"
	}
	return "a dot seems to stand for any character"
}
