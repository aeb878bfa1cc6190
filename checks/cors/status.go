package cors

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// shared are the checks on whether the page is let in where all is well. Where it is not, that errors and stops are hidden
// from it too is no second mistake.
var shared = []string{"cors/simple-get", "cors/allow-origin-present", "cors/allow-origin-single", "cors/allow-origin-value", "cors/credentials-no-star", "cors/credentials-true"}

// asPage says in whose place a request with the declared Origin was made.
var asPage = map[wire.Scene]string{
	wire.Control:      "the page's request",
	wire.CrossOrigin:  "an EventSource",
	wire.CrossResume:  "an EventSource that comes back",
	wire.CrossStop:    "an EventSource that comes back behind the end",
	wire.Script:       "a script's request",
	wire.ScriptResume: "a script that comes back",
	wire.Anonymous:    "a request without the credentials",
	wire.Crowd:        "one of seven requests at once",
}

var errorsCarryHeaders = &checks.Check{
	ID:     "cors/errors-carry-headers",
	Title:  "An error that a page is answered should carry the CORS fields of the stream",
	Level:  checks.Should,
	Clause: checks.Fetch("CORS protocol", "http-cors-protocol", "the status can be anything, including 403"),
	Since:  "0.3",
	Doc: `
Without the fields a script sees no status: a missing login (401), a rate limit (429) and a restart (503) all look like a
network that is down, and it tries again at once where it should ask its user, or wait.

Preflights are judged by rules of their own. An error page of a CDN may be out of the owner's reach.`,
	Fix: "Add the fields in the outermost layer: nginx's add_header leaves errors out unless it ends with always; in Go, Express, FastAPI and Spring " +
		"the CORS middleware must come before (outside of) authentication, limits and error handling.",
	Good:  "HTTP/1.1 401 Unauthorized\nAccess-Control-Allow-Origin: https://app.example",
	Bad:   "HTTP/1.1 401 Unauthorized",
	Needs: []wire.Scene{wire.Control},
	Reads: append([]wire.Scene{wire.CrossStop, wire.Anonymous, wire.Crowd}, visits...),
	When:  []checks.Condition{declared},
	After: shared,
	Judge: judgeErrors,
}

func judgeErrors(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	seen := 0
	for _, v := range ev.All() {
		reader := asPage[v.Scene]
		if reader == "" || v.Status < 400 || !byPage(ev, v) {
			continue
		}
		seen++
		if d := browser.CORSCheck(v.Request.Header.Get("Origin"), ev.Bundle.Include, v.Header); d != nil {
			found = checks.AddOnce(found, v.AtField(v.Header.Index(d.Header), unseen(v, reader, d)))
		}
	}
	if seen == 0 {
		return checks.Unconcerned("no request of a page was answered with an error")
	}
	return checks.Judged(seen, found, "the errors that were seen (%d) carry the CORS fields", seen)
}

func unseen(v *checks.View, reader string, d *browser.Denial) string {
	if d.Cause == browser.NoAllowOrigin {
		return fmt.Sprintf("the %d to %s has no %s: a page cannot see the status", v.Status, reader, d.Header)
	}
	return fmt.Sprintf("a page cannot see the %d to %s: %s", v.Status, reader, d.Message)
}

// byPage reports whether a request was one of a page on the declared origin to another one, and no preflight. Behind some
// redirects it does not say from which.
func byPage(ev *checks.Evidence, v *checks.View) bool {
	u, err := url.Parse(v.Request.URL)
	origin := v.Request.Header.Get("Origin")
	named := origin == ev.Bundle.Origin || origin == wire.OpaqueOrigin && slices.Contains(visits, v.Scene)
	return err == nil && named && !browser.Preflight(v.Exchange) && browser.OriginOf(u) != ev.Bundle.Origin
}

var stopCarriesHeaders = &checks.Check{
	ID:     "cors/stop-carries-headers",
	Title:  "The answer that tells a page's reader to stop should carry the CORS fields",
	Level:  checks.Advice,
	Clause: checks.Fetch("CORS protocol", "http-cors-protocol", "can use any status, as long as it includes the headers stated above with values matching up with the request"),
	Since:  "0.3",
	Doc: `
Without the fields the 204 is a network error. Browsers stop on that too, but the HTML standard lets a reader try again,
a script does, and the console says that something is broken where nothing is.

Only what was seen is judged: the answer to an EventSource that comes back behind the end of a finite stream.`,
	Fix:   "Send the CORS fields with 204 as with 200: nginx's add_header does, a handler that returns early may forget them.",
	Good:  "HTTP/1.1 204 No Content\nAccess-Control-Allow-Origin: *",
	Bad:   "HTTP/1.1 204 No Content",
	Needs: []wire.Scene{wire.Control},
	Reads: append([]wire.Scene{wire.CrossStop}, visits...),
	When:  []checks.Condition{declared},
	After: shared,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, s := range comingBack(ev) {
			if !s.final() || !s.foreign || s.Status == 200 || s.Status >= 400 {
				continue
			}
			seen++
			if s.denial != nil && slices.Contains(checked, s.denial.Cause) {
				found = checks.AddOnce(found, s.AtField(s.Header.Index(s.denial.Header), unseen(s.View, asPage[s.Scene], s.denial)))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no reader that came back was told to stop")
		}
		return checks.Judged(seen, found, "what tells a reader to stop (%d answers) carries the CORS fields", seen)
	},
}

// comingBack returns the steps of all visits of a reader that comes back, also of one that heard the stream to its end.
func comingBack(ev *checks.Evidence) []step {
	var out []step
	for _, s := range steps(ev) {
		if s.resume && !s.preflight {
			out = append(out, s)
		}
	}
	e := ev.Exhibit(wire.CrossStop)
	if e == nil {
		return out
	}
	p := browser.Page{Origin: ev.Bundle.Origin, Include: ev.Bundle.Include, Client: browser.EventSource}
	v := &browser.Visit{Denial: p.Reads(e.Exchanges)}
	for i, x := range e.Exchanges {
		v.Hops = append(v.Hops, browser.Hop{Exchange: x, Scene: wire.CrossStop, Index: i})
	}
	return append(out, stepsOf(ev, p, v, true)...)
}
