package cors

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var preflightSyntax = &checks.Check{
	ID:      "cors/preflight-syntax",
	Title:   "Access-Control-Allow-Headers and -Methods must be comma lists of names",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  preflightFetch("If either methods or headerNames is failure, return a network error."),
	Since:   "0.3",
	Doc: `
One element that is no token spoils the whole answer: names with spaces or semicolons between them, in quotes or brackets.
The request is refused though what it needs stands in the list.

Empty elements and an empty value are fine, and so are names that nobody asked for.`,
	Fix:   "Write the names with commas between them and nothing else: Access-Control-Allow-Headers: authorization, content-type.",
	Good:  "Access-Control-Allow-Headers: authorization, content-type",
	Bad:   "Access-Control-Allow-Headers: authorization content-type",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared},
	Judge: fault{causes: []browser.Cause{browser.PreflightSyntax}, visits: scripted,
		at: func(s step) bool {
			return leave(s) && (s.Header.Has(browser.AllowHeaders) || s.Header.Has(browser.AllowMethods))
		},
		held: "the lists in the answers to preflights (%d) are well-formed", none: "opening the stream needs no preflight, or its answer has neither Access-Control-Allow-Headers nor -Methods"}.judge,
}

var preflightMethods = &checks.Check{
	ID:      "cors/preflight-methods",
	Title:   "Access-Control-Allow-Methods must list the method of the request, in capitals as it is sent",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  preflightFetch("If request's method is not in methods, request's method is not a CORS-safelisted method, and request's credentials mode is \"include\" or methods does not contain `*`, then return a network error."),
	Since:   "0.3",
	Doc: `
PUT, DELETE and every method other than GET, HEAD and POST must stand in the list, letter case included. The field Allow has
no meaning here.

GET, HEAD and POST need not be listed.`,
	Fix:   "Add the method to Access-Control-Allow-Methods in the answer to OPTIONS: methods in Express's cors, allowedMethods in Spring, AllowedMethods in github.com/rs/cors.",
	Good:  "> Access-Control-Request-Method: PUT\n< Access-Control-Allow-Methods: GET, PUT",
	Bad:   "> Access-Control-Request-Method: PUT\n< Access-Control-Allow-Methods: GET, POST",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared},
	Judge: fault{causes: []browser.Cause{browser.PreflightMethod}, visits: scripted,
		at: func(s step) bool {
			m := s.Request.Header.Get(browser.RequestMethod)
			return leave(s) && m != "GET" && m != "HEAD" && m != "POST"
		},
		held: "the answers to preflights (%d) allow the method", none: "the stream is opened with GET, HEAD or POST, which need not be listed"}.judge,
}

var preflightRequestHeaders = &checks.Check{
	ID:      "cors/preflight-request-headers",
	Title:   "Access-Control-Allow-Headers must list every field that the page's script sends",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  preflightFetch("For each unsafeName of the CORS-unsafe request-header names with request's header list, if unsafeName is not a byte-case-insensitive match for an item in headerNames"),
	Since:   "0.3",
	Doc: `
Authorization, Content-Type: application/json, Cache-Control set by a script and fields of a vendor's own need leave by
name. One that is missing keeps the whole request from being sent.

Letter case and order do not matter, nor do names that nobody asked for. Last-Event-ID is judged by
cors/preflight-last-event-id.`,
	Fix: "Add the name to Access-Control-Allow-Headers in the answer to OPTIONS: allowedHeaders in Express's cors and in Spring, AllowedHeaders in github.com/rs/cors, " +
		"allow_headers in FastAPI. Or send back what Access-Control-Request-Headers asks for.",
	Good:  "> Access-Control-Request-Headers: authorization,content-type\n< Access-Control-Allow-Headers: Authorization, Content-Type",
	Bad:   "> Access-Control-Request-Headers: authorization,content-type\n< Access-Control-Allow-Headers: Content-Type",
	Needs: []wire.Scene{wire.Control},
	Reads: append([]wire.Scene{wire.Spaced}, scripted...),
	When:  []checks.Condition{declared},
	Judge: fault{causes: []browser.Cause{browser.PreflightHeader}, visits: scripted,
		at:   func(s step) bool { return leave(s) && asksFor(s.View) != "" },
		held: "the answers to preflights (%d) allow every field that was asked for", none: "no field of the page's script needs leave"}.judge,
}

var preflightStarAuthorization = &checks.Check{
	ID:     "cors/preflight-star-authorization",
	Title:  "Access-Control-Allow-Headers should name Authorization: * does not stand for it",
	Level:  checks.Should,
	Clause: checks.Fetch("CORS non-wildcard request-header name", "cors-non-wildcard-request-header-name", "A CORS non-wildcard request-header name is a header name that is a byte-case-insensitive match for `Authorization`."),
	Since:  "0.3",
	Doc: `
By the standard * allows every field but Authorization. Chromium still lets it pass and warns in the console: a stream with a
bearer token works there today, and is refused by whatever follows the standard.

Where no Authorization is sent, * is enough. With credentials * stands for nothing, which
cors/preflight-star-credentials judges.`,
	Fix:   "Send Access-Control-Allow-Headers: *, Authorization, or list all names.",
	Good:  "Access-Control-Allow-Headers: *, Authorization",
	Bad:   "Access-Control-Allow-Headers: *",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Script, wire.ScriptResume},
	When:  []checks.Condition{declared},
	Judge: judgeStarAuthorization,
}

func judgeStarAuthorization(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	seen := 0
	for _, s := range steps(ev) {
		if !s.preflight || s.denial != nil || !strings.Contains(","+compact(asksFor(s.View))+",", ",authorization,") {
			continue
		}
		seen++
		if browser.StarForAuthorization(s.Exchange) {
			found = checks.AddOnce(found, s.AtField(s.Header.Index(browser.AllowHeaders), fmt.Sprintf("%s is %.120q, and by the standard * does not stand for Authorization: it must be named",
				browser.AllowHeaders, s.Header.Get(browser.AllowHeaders))))
		}
	}
	if seen == 0 {
		return fault{visits: scripted, none: "no preflight for Authorization was granted"}.unmet(ev)
	}
	return checks.Judged(seen, found, "the answers to preflights (%d) name Authorization", seen)
}

var preflightStarCredentials = &checks.Check{
	ID:      "cors/preflight-star-credentials",
	Title:   "With credentials the answer to a preflight must list names: * stands for nothing",
	Level:   checks.Must,
	Promise: checks.Credentials,
	Clause:  checks.Fetch("CORS protocol and credentials", "cors-protocol-and-credentials", "response headers can only use `*` as value when request's credentials mode is not \"include\""),
	Since:   "0.3",
	Doc: `
For a request with credentials * in Access-Control-Allow-Headers and -Methods is the name of a field or method called *, and
the request is refused.

Without credentials * stands for all, Authorization aside.`,
	Fix:   "List the names, or send back what Access-Control-Request-Headers asks for.",
	Good:  "Access-Control-Allow-Headers: content-type",
	Bad:   "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: *",
	Needs: []wire.Scene{wire.Control},
	Reads: scripted,
	When:  []checks.Condition{declared, credentialed},
	Judge: fault{causes: []browser.Cause{browser.PreflightStarCredentials}, at: leave, visits: scripted,
		held: "the answers to preflights (%d) list what they allow", none: noPreflight}.judge,
}

var preflightListParsing = &checks.Check{
	ID:      "cors/preflight-list-parsing",
	Title:   "A preflight must be understood as browsers write it: names in small letters, commas without spaces",
	Level:   checks.Must,
	Promise: checks.Readable,
	Clause:  preflightFetch("This intentionally does not use combine, as 0x20 following 0x2C is not the way this was implemented, for better or worse."),
	Since:   "0.3",
	Doc: `
Browsers send Access-Control-Request-Headers: authorization,content-type. A server that splits the list at comma and space,
or compares letter case, refuses that and grants "Authorization, Content-Type", which only tests send.

A preflight that is refused either way is judged by the other rules.`,
	Fix:   "Split the list at commas, trim the elements, and compare them without regard to letter case.",
	Good:  "> Access-Control-Request-Headers: authorization,content-type\n< HTTP/1.1 204 No Content",
	Bad:   "> Access-Control-Request-Headers: authorization,content-type\n< HTTP/1.1 403 Forbidden",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Script, wire.ScriptResume, wire.Spaced},
	When:  []checks.Condition{declared},
	Judge: judgeListParsing,
}

func judgeListParsing(ev *checks.Evidence) checks.Outcome {
	granted, refused := 0, 0
	for _, s := range steps(ev) {
		switch {
		case !s.preflight || s.Status == 0 || !strings.Contains(asksFor(s.View), ","):
		case s.misread:
			return checks.Broke(1, s.AtField(s.Header.Index(s.denial.Header), fmt.Sprintf("a preflight for %q is refused, and granted for %q: %s",
				asksFor(s.View), asksFor(ev.View(wire.Spaced)), s.denial.Message)))
		case s.denial == nil:
			granted++
		default:
			refused++
		}
	}
	switch {
	case granted > 0:
		return checks.Held(granted, "the preflights (%d) were granted, their names in small letters and without spaces", granted)
	case refused > 0 && ev.View(wire.Spaced) == nil:
		return checks.Unseen("a preflight was refused, and was not made again with its list written otherwise")
	case refused > 0:
		return checks.Unconcerned("the preflight is refused, however its list is written")
	}
	return fault{visits: []wire.Scene{wire.Script, wire.ScriptResume}, none: "no preflight asks for more than one field"}.unmet(ev)
}

var preflightLastEventID = &checks.Check{
	ID:      "cors/preflight-last-event-id",
	Title:   "A script that comes back should be given leave to send Last-Event-ID",
	Level:   checks.Should,
	Promise: checks.ScriptResume,
	Clause:  checks.Fetch("CORS-safelisted request-header", "cors-safelisted-request-header", "is a CORS-safelisted request-header, run these steps"),
	Since:   "0.3",
	Doc: `
Last-Event-ID is not on the CORS safelist. An EventSource sends it without asking, but fetch() and every library built on it
make a preflight for it, so that the stream opens and cannot be resumed: the mistake shows at the first interruption.

A stream that is opened with a plain GET needs no working OPTIONS for EventSource: where the server answers preflights not at
all, that is told and not flagged, unless resume is promised for a profile that scripts read.`,
	Fix: "Add Last-Event-ID to Access-Control-Allow-Headers in the answer to OPTIONS, and answer OPTIONS without credentials with 204: allowedHeaders in Express's cors and in Spring, " +
		"AllowedHeaders in github.com/rs/cors.",
	Good:  "> Access-Control-Request-Headers: authorization,last-event-id\n< Access-Control-Allow-Headers: Authorization, Last-Event-ID",
	Bad:   "> Access-Control-Request-Headers: authorization,last-event-id\n< Access-Control-Allow-Headers: Authorization",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Script, wire.ScriptResume, wire.Spaced},
	When:  []checks.Condition{declared},
	Judge: judgeLastEventID,
}

func judgeLastEventID(ev *checks.Evidence) checks.Outcome {
	f := fault{visits: []wire.Scene{wire.ScriptResume}, none: "no script opened the stream and came back to it with an id"}
	granted := 0
	for _, s := range steps(ev) {
		switch {
		case !s.preflight || !s.resume || s.Status == 0:
		case s.denial != nil && s.denial.Cause == browser.Limited:
			return checks.Unseen("%s", s.denial.Message)
		case s.misread:
			return checks.Unconcerned("the preflight is refused for the way in which its list is written, which cors/preflight-list-parsing judges")
		case s.denial == nil:
			granted++
		case wasAsked(ev) || answersPreflights(s.Exchange) || ev.Promised(checks.ScriptResume):
			return checks.Broke(1, s.AtField(s.Header.Index(s.denial.Header), "a script that comes back may not send Last-Event-ID: "+refusal(s)+asAWhole(s)))
		default:
			return checks.Unconcerned("the stream is opened without a preflight, and the server answers none: an EventSource can come back, a script's reader cannot (%s)", s.denial.Message)
		}
	}
	if granted > 0 {
		return checks.Held(granted, "a script that comes back may send Last-Event-ID")
	}
	return f.unmet(ev)
}

// asAWhole explains a refusal that names no field.
func asAWhole(s step) string {
	if s.denial.Cause != browser.PreflightStatus && s.denial.Cause != browser.PreflightUnauthenticated {
		return ""
	}
	return " (libraries grant nothing where one field is not on their list)"
}

// wasAsked reports whether the script made a preflight to open the stream, and was granted it.
func wasAsked(ev *checks.Evidence) bool {
	for _, s := range steps(ev) {
		if leave(s) && s.denial == nil {
			return true
		}
	}
	return false
}

// answersPreflights reports whether an answer shows that somebody meant to answer preflights. An Access-Control-Allow-Origin
// that stands on every answer of a server, that to OPTIONS included, does not.
func answersPreflights(x *wire.Exchange) bool {
	if x.Header.Has(browser.AllowHeaders) || x.Header.Has(browser.AllowMethods) {
		return true
	}
	for _, name := range x.Header.Tokens("Vary") { // a library that reads what is asked for, and grants nothing
		if strings.HasPrefix(name, "access-control-request-") {
			return x.Status/100 == 2
		}
	}
	return false
}
