package security

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var corsReflection = &checks.Check{
	ID:      "security/cors-reflection",
	Title:   "An origin that nobody knows should not be let in with credentials",
	Level:   checks.Should,
	Promise: checks.Credentials,
	Clause: checks.Fetch("CORS check", "cors-check",
		"If request's credentials mode is not \"include\", then return success. … If credentials is `true`, then return success."),
	Since: "0.3",
	Doc: `
A server that answers every Origin with itself, and Access-Control-Allow-Credentials: true, lets any page that
a user opens read the stream as that user: the browser sends the cookies along. SameSite may hold them back from
other sites, not from the neighbours under the same domain.

Every origin without credentials is like *, which is right for a public stream and not flagged. Nor is a stream
whose credentials a browser does not send by itself, such as a Bearer token or a key in the URL: a strange page
does not have them. That holds for the credentials that were seen here: if a cookie opens the stream as well,
check it with the cookie. A stranger whom the server turns away, were it by an error that no page can read, is not let
in. What is sent once only, such as a POST, is not asked for by strangers.`,
	Fix:   "Compare Origin with a list of the pages that may read, and leave the CORS fields out for all others.",
	Good:  "Access-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: true\n(to https://app.example, and nothing to others)",
	Bad:   "Access-Control-Allow-Origin: https://stranger.invalid\nAccess-Control-Allow-Credentials: true\n(to https://stranger.invalid)",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Stranger, wire.CrossOrigin, wire.Fetch, wire.Again},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeLetIn(ev, wire.Stranger, wire.StrangerOrigin,
			"any page, here one on "+wire.StrangerOrigin+", may read the stream with the cookies and logins of whoever opens it")
	},
}

var corsNull = &checks.Check{
	ID:      "security/cors-null",
	Title:   "The origin null should not be let in with credentials",
	Level:   checks.Should,
	Promise: checks.Credentials,
	Clause:  checks.Fetch("Origin header", "origin-header", `origin-or-null = origin / %s"null"`),
	Since:   "0.3",
	Doc: `
Origin: null is what every sandboxed frame sends, so any page can send it: it puts its script into such a frame.
Who lets null in with credentials lets everybody in.

Null without credentials is like *, and not flagged. As with security/cors-reflection, credentials that no
browser sends by itself, such as a Bearer token, give a strange page nothing.`,
	Fix:   "Take null off the list of origins.",
	Good:  "(to Origin: null no Access-Control-Allow-Origin)",
	Bad:   "Access-Control-Allow-Origin: null\nAccess-Control-Allow-Credentials: true\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.NullOrigin, wire.CrossOrigin, wire.Stranger, wire.Fetch, wire.Again},
	After: []string{"security/cors-reflection"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeLetIn(ev, wire.NullOrigin, wire.OpaqueOrigin,
			"a script in any sandboxed frame may read the stream with the cookies and logins of whoever opens the page around it")
	},
}

// judgeLetIn says whether a page on an origin is let in with credentials, and what that means.
func judgeLetIn(ev *checks.Evidence, s wire.Scene, origin, means string) checks.Outcome {
	if out, gone := absent(ev, s); gone {
		return notAsked(ev, s, out)
	}
	hops := visits(ev.Exhibit(s))[0]
	v := last(hops)
	at := shutAt(hops, origin, true)
	byItself, byScript := credentialed(ev.Bundle.Target)
	switch {
	case failing(v) && ev.Control().Status == v.Status:
		return checks.Unconcerned("no stream was opened")
	case barred(ev, v):
		return checks.Held(1, "the request with Origin: %s %s, which lets no page in", origin, answered(v))
	case failing(v):
		return checks.Unseen("the request with Origin: %s %s", origin, answered(v))
	case v.Status != 200 && ev.Control().Status == 200:
		return refusal(ev, "the request with Origin: %s %s, not with the stream", origin, answered(v))
	case v.Status != 200 && at == nil:
		return checks.Unseen("a page on %s may read the status %d with credentials, but nobody was given the stream here", origin, v.Status)
	case v.Status != 200:
		return checks.Unconcerned("no stream was opened")
	case at != nil:
		return notLetIn(ev, at, origin)
	case strays(hops): // nothing can be proven there, and what is promised of this address does not depend on it
		return checks.Unconcerned("the request with Origin: %s is redirected to another origin, where a browser no longer names it: check the stream at the address behind the redirect", origin)
	case byScript && byItself:
		return checks.Unseen("%s is let in with credentials, but whether those that a browser sends by itself open the stream alone was not seen", origin)
	case byScript:
		return checks.Unconcerned("%s is let in with credentials, but those of this stream no browser sends by itself", origin)
	}
	return checks.Broke(1, v.AtField(v.Header.Index(browser.AllowOrigin), fmt.Sprintf(
		"%s is %q and %s is true: %s", browser.AllowOrigin, origin, browser.AllowCredentials, means)))
}

// notAsked is the outcome where no page on a strange origin was played. What is sent once only was the user's own request:
// that nobody else was asked for is then no evidence that could be had.
func notAsked(ev *checks.Evidence, s wire.Scene, out checks.Outcome) checks.Outcome {
	once := func(g wire.Gap) bool { return g.Scene == s && strings.Contains(g.Reason, "is sent once only") }
	if m := ev.Method(); m != "GET" && m != "HEAD" && slices.ContainsFunc(ev.Bundle.Gaps, once) {
		return checks.Unconcerned("a page's strangers are not asked: a %s is sent once only (--repeat-post allows more)", m)
	}
	return out
}

// notLetIn says how an origin is kept from reading the stream with credentials.
func notLetIn(ev *checks.Evidence, v *checks.View, origin string) checks.Outcome {
	switch value := v.Header.Get(browser.AllowOrigin); {
	case value == "*":
		return checks.Held(1, "every origin may read the stream without credentials (*), and none with them")
	case value == origin:
		return checks.Held(1, "%s is let in without credentials only, which is like *", origin)
	case value != "":
		return checks.Held(1, "%s is not let in: %s is %.80q", origin, browser.AllowOrigin, value)
	case others(ev):
		return checks.Held(1, "%s is not let in, and others are", origin)
	}
	return checks.Unconcerned("no answer lets a page on another origin in")
}

// others reports whether some page on another origin may read.
func others(ev *checks.Evidence) bool {
	for _, s := range []wire.Scene{wire.Control, wire.CrossOrigin, wire.Stranger} {
		if v := ev.View(s); v != nil && v.Header.Has(browser.AllowOrigin) {
			return true
		}
	}
	return false
}

// shutAt returns the hop at which a browser keeps from a page on an origin what the request led to, or nil: each one
// must let it in. Behind a redirect to another origin a browser calls the page's origin null, so these are left out.
func shutAt(hops []*checks.View, origin string, include bool) *checks.View {
	for _, v := range hops {
		switch {
		case originOf(v.Request.URL) != originOf(hops[0].Request.URL):
			return nil
		case browser.CORSCheck(origin, include, v.Header) != nil:
			return v
		}
	}
	return nil
}

// strays reports whether a request went on to another origin.
func strays(hops []*checks.View) bool {
	return originOf(hops[0].Request.URL) != originOf(last(hops).Request.URL)
}

func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return browser.OriginOf(u)
}

func hostname(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
