package http

import (
	"fmt"
	"net/url"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// maxRedirects is where a browser gives up (Fetch, HTTP-redirect fetch, step 7).
const maxRedirects = 20

// isRedirect reports whether a status makes a client go elsewhere (Fetch, redirect status).
func isRedirect(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}

// redirected returns the redirects that the request of a scene met, in order.
func redirected(ev *checks.Evidence, s wire.Scene) []*checks.View {
	var hops []*checks.View
	if e := ev.Exhibit(s); e != nil {
		for _, v := range e.Views {
			if isRedirect(v.Status) {
				hops = append(hops, v)
			}
		}
	}
	return hops
}

// afterRedirect is the condition of checks on redirects.
var afterRedirect = checks.Condition{
	Says:  "the control request is redirected",
	Else:  "the control request is not redirected",
	Holds: func(ev *checks.Evidence) bool { return len(redirected(ev, wire.Control)) > 0 },
}

var redirectFetch = checks.Fetch("HTTP-redirect fetch", "http-redirect-fetch", "If request's redirect count is 20, then return a network error")

var redirectPost = &checks.Check{
	ID:    "http/redirect-post",
	Title: "A stream opened with POST must not be redirected with 301, 302 or 303 to where only POST opens it",
	Level: checks.Must,
	Clause: checks.Fetch("HTTP-redirect fetch", "http-redirect-fetch",
		"internalResponse's status is 301 or 302 and request's method is `POST` … then: Set request's method to `GET` and request's body to null"),
	Since: "0.1",
	Doc: `
Behind 301, 302 and 303 a browser repeats a POST as a GET without its body: the prompt is lost, and what
answers the GET is no stream.

A 303 to an address that streams to GET is how HTTP means it, and is not flagged.`,
	Fix:   "Redirect with 307 or 308, which keep method and body, or answer at the first address.",
	Good:  "HTTP/1.1 307 Temporary Redirect\nLocation: /v2/chat\n",
	Bad:   "HTTP/1.1 302 Found\nLocation: /v2/chat\n",
	Needs: []wire.Scene{wire.Control},
	When: []checks.Condition{{
		Says:  "the stream is opened with POST",
		Else:  "the stream is not opened with POST",
		Holds: func(ev *checks.Evidence) bool { return ev.Method() == "POST" },
	}, afterRedirect},
	Judge: judgeRedirectPost,
}

func judgeRedirectPost(ev *checks.Evidence) checks.Outcome {
	hops, last := redirected(ev, wire.Control), ev.Control()
	for _, v := range hops {
		if v.Request.Method != "POST" || v.Status == 307 || v.Status == 308 {
			continue
		}
		switch {
		case streams(last):
			return checks.Held(len(hops), "status %d turns the POST into a GET, and the GET opens the stream", v.Status)
		case last.Status == 0 || isRedirect(last.Status) || excused(last) != "":
			return checks.Unseen("status %d turns the POST into a GET, and what the GET opens could not be seen", v.Status)
		}
		return checks.Broke(len(hops), v.AtField(-1, fmt.Sprintf(
			"status %d makes a client repeat the POST as a GET without its body, which is answered %d and no stream", v.Status, last.Status)))
	}
	return checks.Held(len(hops), "the redirects (%d) keep the method", len(hops))
}

var redirectUsable = &checks.Check{
	ID:     "http/redirect-usable",
	Title:  "A redirect must lead to the stream: a usable Location on each hop, at most 20 hops",
	Level:  checks.Must,
	Clause: redirectFetch,
	Since:  "0.1",
	Doc: `
An EventSource follows 301, 302, 303, 307 and 308. It fails for good where Location is missing, is no
http or https address, where more than 20 redirects come in a row, or where the last answer is an error.

Which of the five statuses is used is not judged, nor a relative Location. An end that asks for
credentials is not flagged, and one that is 200 with another media type is left to the rules on Content-Type.`,
	Fix:   "Point Location at the stream itself, and look for two rules that send the client to each other.",
	Good:  "HTTP/1.1 307 Temporary Redirect\nLocation: /v2/stream\n",
	Bad:   "HTTP/1.1 302 Found\n(no Location)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{afterRedirect},
	After: []string{"http/redirect-post"},
	Judge: judgeRedirectUsable,
}

func judgeRedirectUsable(ev *checks.Evidence) checks.Outcome {
	hops, last := redirected(ev, wire.Control), ev.Control()
	n := len(hops)
	switch why := excused(last); {
	case isRedirect(last.Status) && n > maxRedirects:
		return checks.Broke(n, last.AtField(last.Header.Index("Location"),
			fmt.Sprintf("redirect number %d: a browser gives up after %d, so this looks like a loop", n, maxRedirects)))
	case isRedirect(last.Status):
		if why := unusable(last); why != "" {
			return checks.Broke(n, last.AtField(last.Header.Index("Location"), why+": an EventSource fails for good here"))
		}
		if last.End.Note != "" {
			return checks.Unseen("what Location %.200q leads to could not be reached: %s", last.Header.Get("Location"), last.End.Note)
		}
		return checks.Unseen("what Location %.200q leads to could not be reached from here", last.Header.Get("Location"))
	case streams(last):
		return checks.Held(n, "the redirects (%d) lead to the stream", n)
	case last.Status == 0:
		return checks.Unseen("behind the redirect %s", unanswered(last))
	case why != "":
		return checks.Unconcerned("behind the redirect %s", why)
	case last.Status == 429:
		return checks.Unseen("behind the redirect our rate is limited (status 429)")
	case last.Status/100 == 2:
		return checks.Unconcerned("the redirects lead to an answer %d that is no stream, for which they are not to blame", last.Status)
	}
	return checks.Broke(n, last.AtField(-1, fmt.Sprintf("the redirects end in status %d: an EventSource gives up on it for good", last.Status)))
}

// unusable returns why a client cannot follow the Location of a redirect, or "" (Fetch, location URL).
func unusable(v *checks.View) string {
	values := v.Header.Values("Location")
	if len(values) == 0 || values[0] == "" {
		return fmt.Sprintf("status %d without a Location", v.Status)
	}
	for _, other := range values[1:] {
		if other != values[0] {
			return "there are two different Location fields"
		}
	}
	from, err := url.Parse(v.Request.URL)
	if err != nil {
		return ""
	}
	to, err := from.Parse(values[0])
	switch {
	case err != nil:
		return fmt.Sprintf("Location %q is not a URL", values[0])
	case to.Scheme != "http" && to.Scheme != "https" || to.Host == "":
		return fmt.Sprintf("Location %q is no http or https address", values[0])
	}
	return ""
}

// pageTypes are the media types of pages that are made for eyes.
var pageTypes = map[string]bool{"text/html": true, "application/xhtml+xml": true}

var redirectToPage = &checks.Check{
	ID:     "http/redirect-to-page",
	Title:  "A stream that needs a login should be refused with 401, not redirected to a page",
	Level:  checks.Advice,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:  "0.1",
	Doc: `
A redirect that ends at an HTML page, such as the login, makes an EventSource fail for good, and neither
the script nor a log can tell why. Status 401 would say it.

A page with an error status is not flagged: the status says why.`,
	Fix:   "Answer requests for the stream that lack credentials with 401, and keep the redirect for pages.",
	Good:  "HTTP/1.1 401 Unauthorized\n",
	Bad:   "HTTP/1.1 302 Found\nLocation: /login\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{afterRedirect},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		hops, v := redirected(ev, wire.Control), ev.Control()
		switch {
		case v.Status == 200 && pageTypes[v.Type.Essence]:
			return checks.Broke(len(hops), v.AtField(v.Header.Index("Content-Type"),
				"the redirects end at a page: an EventSource fails for good, and cannot say that a login is missing"))
		case v.Status == 200, v.Status == 401, v.Status == 403:
			return checks.Held(len(hops), "the redirects end in status %d, not at a page", v.Status)
		}
		return checks.Unconcerned("the redirects do not end in an answer 200")
	},
}

var redirectResumeHeader = &checks.Check{
	ID:    "http/redirect-resume-header",
	Title: "What the last hop of a redirect answers to a Last-Event-ID is told",
	Level: checks.Fact,
	Clause: checks.Fetch("HTTP-redirect fetch", "http-redirect-fetch",
		"for each headerName of CORS non-wildcard request-header name, delete headerName from request's header list"),
	Since: "0.1",
	Doc: `
Last-Event-ID goes along through every redirect, also to another origin: only Authorization is dropped
there. Whether an EventSource comes back to the first or to the last address differs between libraries,
so both should know the ids.

No server is obliged to replay; that is why this is told and never fails.`,
	Needs: []wire.Scene{wire.Reconnect},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.Reconnect)
		switch n := len(redirected(ev, wire.Reconnect)); {
		case n == 0:
			return checks.Unconcerned("the reconnection is not redirected")
		case !v.Request.Header.Has("Last-Event-ID"):
			return checks.Unconcerned("the stream gave no id to come back with")
		case v.Status != 200:
			return checks.Held(n, "behind the redirect Last-Event-ID is answered %d", v.Status)
		case len(v.Stream.Events) == 0:
			return checks.Held(n, "behind the redirect Last-Event-ID is answered without an event")
		default:
			return checks.Held(n, "behind the redirect Last-Event-ID %q is answered with event id %q first",
				v.Request.Header.Get("Last-Event-ID"), v.Stream.Events[0].ID)
		}
	},
}
