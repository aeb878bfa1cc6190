package cors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var simpleGet = &checks.Check{
	ID:      "cors/simple-get",
	Title:   "A page's request must be given the stream that a program's request is given",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:   "0.3",
	Doc: `
The request of a page has an Origin, a browser's User-Agent and Sec-Fetch-Site: cross-site; that of an EventSource has no
field of the page's own. A server or gateway that refuses such a request, or answers it with a page, refuses every browser:
Spring answers 403 "Invalid CORS request" to an origin that it does not know, protections against forged requests do too.

What the user's request carries and a page cannot send (Authorization of an EventSource, a cookie without --credentials) is
not held against the server, nor is a rate limit, nor a server error where another page's request was given the stream.`,
	Fix:   "Put the page's origin on the list of those that are let in, and except the stream's path from checks of Origin, Referer and CSRF tokens: it changes nothing.",
	Good:  "> Origin: https://app.example\n< HTTP/1.1 200 OK\n< Content-Type: text/event-stream",
	Bad:   "> Origin: https://app.example\n< HTTP/1.1 403 Forbidden",
	Needs: []wire.Scene{wire.Control},
	Reads: append([]wire.Scene{wire.Stranger}, visits...),
	When:  []checks.Condition{declared},
	Judge: judgeSimpleGet,
}

func judgeSimpleGet(ev *checks.Evidence) checks.Outcome {
	seen, found, excuses := received(ev)
	switch {
	case len(found) > 0:
		return checks.Broke(seen, found...)
	case seen > 0 && len(excuses) == 0:
		return checks.Held(seen, "the page (%d requests) was given the stream", seen)
	case seen > 0 && excuses[0].Verdict == checks.NotApplicable:
		return checks.Held(seen, "the page (%d requests) was given the stream; besides, %s", seen, excuses[0].Reason)
	case len(excuses) > 0:
		return excuses[0]
	}
	for _, s := range steps(ev) {
		switch {
		case s.Scene == wire.Control:
			return checks.Unconcerned("the control request was the page's own")
		case s.denial != nil && s.denial.Cause != browser.NoAnswer && browser.Open(s.client, ev.Control().Exchange) == nil:
			return checks.Unconcerned("a browser stops before it comes to the stream: %s", s.denial.Message)
		}
	}
	return fault{visits: openings, none: "the control request was given no stream either"}.unmet(ev)
}

// received says what the page's first requests came to: how many were judged, which of them were no stream, and why others
// that were none prove nothing. What could not be seen comes first among those.
func received(ev *checks.Evidence) (seen int, found []checks.Finding, excuses []checks.Outcome) {
	for _, s := range steps(ev) {
		if s.resume || s.preflight || s.Scene == wire.Control {
			continue
		}
		switch excuse := excused(ev, s); {
		case s.final() && browser.Open(s.client, s.Exchange) == nil:
			seen++
		case excuse.Verdict != 0:
			excuses = append(excuses, excuse)
		case s.refused:
			seen++
			found = checks.AddOnce(found, s.AtField(s.Header.Index(turningField(s)), turned(ev, s)))
		}
	}
	slices.SortStableFunc(excuses, func(a, b checks.Outcome) int { return int(b.Verdict) - int(a.Verdict) })
	return seen, found, excuses
}

// who names a client in a sentence.
var who = map[browser.Client]string{browser.EventSource: "an EventSource", browser.Script: "a script's fetch()"}

// excused returns why an answer that is no stream proves nothing against the server, or the zero outcome.
func excused(ev *checks.Evidence, s step) checks.Outcome {
	if !s.refused {
		return checks.Outcome{}
	}
	left := leftOut(ev, s)
	switch {
	case slices.Contains(left, "Cookie"):
		return checks.Unseen("%s was answered %d, and sends no Cookie unless the page asks with credentials (--credentials)", who[s.client], s.Status)
	case len(left) > 0:
		return checks.Unconcerned("the stream was opened with %s, which %s cannot send: it was answered %d", strings.Join(left, ", "), who[s.client], s.Status)
	case s.Status == 429 || s.Status == 503:
		return checks.Unseen("%s was answered %d, perhaps because our rate is limited", who[s.client], s.Status)
	case browser.Spent(ev.Bundle):
		return checks.Unseen("%s was answered %d, and the user's own request was given no stream either when it came again", who[s.client], s.Status)
	case givenOnce(ev, s):
		return checks.Unseen("%s was answered %d, and another request of a page was given the stream: that may be chance", who[s.client], s.Status)
	}
	return checks.Outcome{}
}

// carrier are fields that a client sets for itself, whatever the user gave.
var carrier = []string{"accept-encoding", "connection", "content-length", "host", "origin", "user-agent"}

// leftOut returns the names of the user's fields that the page's request does not carry: only a program can send them.
func leftOut(ev *checks.Evidence, s step) []string {
	var out []string
	for _, f := range ev.Bundle.Target.Header {
		name := strings.ToLower(f.Name)
		other := name == "accept" && s.first.Header.Get(f.Name) != f.Value
		if !slices.Contains(carrier, name) && (other || !s.first.Header.Has(f.Name)) {
			out = append(out, f.Name)
		}
	}
	if i := slices.IndexFunc(out, func(n string) bool { return strings.EqualFold(n, "Cookie") }); i >= 0 {
		out[i] = "Cookie"
	}
	return out
}

// givenOnce reports whether another request like the page's was given the stream: for a server error one with any Origin, else
// one with the same. The server then means to answer it, and once does not.
func givenOnce(ev *checks.Evidence, s step) bool {
	for _, v := range ev.All() {
		origin := v.Request.Header.Get("Origin")
		if v.Scene != wire.Control && origin != "" && browser.Open(s.client, v.Exchange) == nil && (s.Status >= 500 || origin == ev.Bundle.Origin) {
			return true
		}
	}
	return false
}

// turningField returns the name of the field that makes an answer no stream, or "" where its status does.
func turningField(s step) string {
	switch {
	case s.redirect:
		return "Location"
	case s.Status == 200:
		return "Content-Type"
	}
	return ""
}

// turned says how the page's request came to no stream.
func turned(ev *checks.Evidence, s step) string {
	got := fmt.Sprintf("%d", s.Status)
	switch {
	case s.redirect:
		got = fmt.Sprintf("a redirect that leads nowhere, Location: %.120q", s.Header.Get("Location"))
	case s.Status == 200:
		got = fmt.Sprintf("200 with Content-Type %.80q", s.Header.Get("Content-Type"))
	}
	hidden := ""
	if !s.redirect && s.foreign && browser.CORSCheck(ev.Bundle.Origin, ev.Bundle.Include, s.Header) != nil {
		hidden = "; without CORS fields that let the page in, it is not even told so"
	}
	return fmt.Sprintf("%s of a page on %s is answered %s, and the same request without a page is given the stream%s", who[s.client], ev.Bundle.Origin, got, hidden)
}
