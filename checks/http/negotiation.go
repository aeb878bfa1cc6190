package http

import (
	"fmt"
	"strconv"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// withAccept returns what the accept scene's request with the given Accept value was answered, "" being
// the one without Accept, or nil.
func withAccept(ev *checks.Evidence, value string) *checks.View {
	e := ev.Exhibit(wire.Accept)
	if e == nil {
		return nil
	}
	for i := len(e.Views) - 1; i >= 0; i-- { // behind redirects, the last one is the answer
		if v := e.Views[i]; v.Request.Header.Get("Accept") == value {
			return v
		}
	}
	return nil
}

// A treatment says how the endpoint took a request that differs from control in one field.
type treatment uint8

const (
	unclear treatment = iota // no answer, or one that may have another cause
	alike                    // the same stream
	other                    // refused, or answered with something else, because of that field
)

// treated tells how a request was taken. An error counts as a refusal of the field only where the plain
// request, made again later, is still given the stream: else the endpoint may serve once only, or be down.
func treated(ev *checks.Evidence, v *checks.View) treatment {
	switch {
	case v == nil || v.Status == 0 || v.Status == 204:
		return unclear
	case streams(v) && v.Type.Essence == ev.Control().Type.Essence:
		return alike
	case v.Status == 406 || v.Status == 200:
		return other
	case v.Status == 429 || v.Status >= 500 || isRedirect(v.Status):
		return unclear
	case streams(ev.View(wire.Again)):
		return other
	}
	return unclear
}

// answers says in a few words what an answer is.
func answers(v *checks.View) string {
	if v.Status == 200 {
		return fmt.Sprintf("200 with media type %q", v.Header.Get("Content-Type"))
	}
	return strconv.Itoa(v.Status)
}

var acceptSpecific = &checks.Check{
	ID:     "http/accept-specific",
	Title:  "A request with Accept: text/event-stream must not be refused",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "User agents may set (`Accept`, `text/event-stream`) in request's header list"),
	Since:  "0.1",
	Doc: `
Browsers send exactly this Accept with every EventSource request. An endpoint that refuses it, while it
streams to other requests, cannot be read by a browser.

An endpoint that streams to nobody is not flagged here.`,
	Fix:   "Let content negotiation offer text/event-stream at this URL, also in the gateway.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n",
	Bad:   "HTTP/1.1 406 Not Acceptable\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Accept, wire.Fetch, wire.Again},
	When:  []checks.Condition{checks.ViaGET},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v, again := ev.Control(), ev.View(wire.Again)
		open := withAccept(ev, "").OpenedEventStream() || ev.View(wire.Fetch).OpenedEventStream()
		switch {
		case v.Request.Header.Get("Accept") != "text/event-stream":
			return checks.Unconcerned("the request names an Accept of its own")
		case streams(v):
			return checks.Held(1, "a request with Accept: text/event-stream is given a stream")
		case v.Status == 406:
			return checks.Broke(1, v.AtField(-1, "Accept: text/event-stream is answered 406: no browser can open this stream"))
		case v.Status != 0 && open && again != nil && again.Status == v.Status && !streams(again):
			return checks.Broke(1, v.AtField(-1, fmt.Sprintf("Accept: text/event-stream is answered %s, twice, though the stream opens without it: no browser can read it", answers(v))))
		}
		return checks.Unconcerned("no stream was opened, and nothing says that Accept is the reason")
	},
}

var acceptStar = &checks.Check{
	ID:     "http/accept-star",
	Title:  "A request with Accept: */*, or without Accept, should be given the stream too",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "12.4.1", "a request that does not contain the field implies that the sender has no preference on that dimension of negotiation"),
	Since:  "0.1",
	Doc: `
A browser may leave Accept: text/event-stream out (HTML 9.2.2: "may set"), and fetch sends */* unless
the script says otherwise. Both accept the stream, so they should get it.

A URL that serves several formats may choose another one for who states no preference: that is negotiation.
MCP asks its clients to name two media types, and a refusal there is right. Errors that a plain request
meets too are not flagged.`,
	Fix:   "Choose the stream for */* and for a missing Accept; insist on the exact type only where the URL also serves something else.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n",
	Bad:   "HTTP/1.1 406 Not Acceptable\n",
	Needs: []wire.Scene{wire.Control, wire.Accept},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	When: []checks.Condition{checks.ViaGET, {
		Says:  "the profile is not mcp",
		Else:  "MCP requires clients to list two media types, so a refusal is right",
		Holds: func(ev *checks.Evidence) bool { return ev.Profile() != "mcp" },
	}, opened},
	Judge: judgeAcceptStar,
}

func judgeAcceptStar(ev *checks.Evidence) checks.Outcome {
	seen := 0
	var found []checks.Finding
	none, star := withAccept(ev, ""), ev.View(wire.Fetch)
	switch treated(ev, none) {
	case alike:
		seen++
	case other:
		if negotiated(none, withAccept(ev, "application/json")) {
			return checks.Unconcerned("the URL serves several formats, and a request without preference is given %s", answers(none))
		}
		found = append(found, none.AtField(-1, "a request without Accept is answered "+answers(none)+": a browser that leaves Accept out gets no stream"))
	}
	switch { // scene fetch is browser-like in other fields too, and only 406 speaks of Accept
	case star == nil || star.Request.Header.Get("Accept") != "*/*":
	case treated(ev, star) == alike:
		seen++
	case star.Status == 406:
		found = append(found, star.AtField(-1, "Accept: */* is answered 406, though it accepts everything"))
	}
	if v := failing(ev, none, star); v != nil {
		found = append(found, v.AtField(-1, fmt.Sprintf("a request without Accept, and one with */*, is answered %d, though the stream opens with text/event-stream", v.Status)))
	}
	if seen+len(found) == 0 {
		return checks.Unseen("neither request was answered in a way that speaks of Accept")
	}
	return checks.Judged(seen+len(found), found, "requests without the exact media type (%d) are given the stream", seen)
}

// negotiated reports whether an answer is the other format that the URL serves on purpose.
func negotiated(v, json *checks.View) bool {
	return v.Status == 200 && json != nil && json.Status == 200 && json.Type.Essence == v.Type.Essence
}

// failing returns an answer of both requests that is a server error where the plain request, made again,
// is given the stream all the same.
func failing(ev *checks.Evidence, none, star *checks.View) *checks.View {
	if none == nil || star == nil || none.Status != star.Status || none.Status < 500 || none.Status == 503 || !streams(ev.View(wire.Again)) {
		return nil
	}
	return none
}

var acceptMismatch = &checks.Check{
	ID:     "http/accept-mismatch",
	Title:  "What a request with Accept: application/json is answered is told",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "12.4.1", "the origin server can either honor the header field by sending a 406 (Not Acceptable) response or disregard the header field"),
	Since:  "0.1",
	Doc: `
406, a JSON document, and the stream all the same are legal answers to a request that accepts JSON only.
Several libraries for language models ask so and read the stream nevertheless.`,
	Needs: []wire.Scene{wire.Accept},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := withAccept(ev, "application/json")
		if v == nil || v.Status == 0 {
			return checks.Unconcerned("a request with Accept: application/json was not answered")
		}
		return checks.Held(1, "Accept: application/json is answered %s", answers(v))
	},
}
