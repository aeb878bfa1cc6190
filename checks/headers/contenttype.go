package headers

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// answered200 is the condition of checks on the fields of a successful answer.
var answered200 = checks.Condition{
	Says:  "the control request was answered 200",
	Else:  "the control request was not answered 200",
	Holds: func(ev *checks.Evidence) bool { v := ev.Control(); return v != nil && v.Status == 200 },
}

var contentTypePresent = &checks.Check{
	ID:     "headers/content-type-present",
	Title:  "A 200 answer must carry Content-Type",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:  "0.1",
	Doc: `
Without a media type every EventSource fails the connection for good: it fires error once and never retries.

Answers with another status than 200 need none.`,
	Fix:   "Send Content-Type: text/event-stream with every 200.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n",
	Bad:   "HTTP/1.1 200 OK\nCache-Control: no-store\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{answered200},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		if !v.Header.Has("Content-Type") {
			return checks.Broke(1, v.AtField(-1, "the 200 answer has no Content-Type: every EventSource gives up on it for good"))
		}
		return checks.Held(1, "Content-Type is %q", v.Header.Get("Content-Type"))
	},
}

// wrongType points at the field that decides: of several the last one that is a media type.
func wrongType(ev *checks.Evidence, v *checks.View) checks.Finding {
	last, n := 0, 0
	for i, f := range v.Header {
		if strings.EqualFold(f.Name, "Content-Type") {
			last, n = i, n+1
		}
	}
	given := v.Type.Essence
	if given == "" {
		given = v.Header[last].Value
	}
	which := "the media type"
	if n > 1 {
		which = fmt.Sprintf("the last of %d media types, which counts,", n)
	}
	does := "every EventSource gives up on it for good"
	if ev.Method() != "GET" {
		does = "a client that looks for an event stream finds none (was a stream asked for?)"
	}
	return v.AtField(last, fmt.Sprintf("%s is %.80q: %s", which, given, does))
}

var contentTypeEssence = &checks.Check{
	ID:     "headers/content-type-essence",
	Title:  "The media type of an event stream must be text/event-stream",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:  "0.1",
	Doc: `
An EventSource that is given another media type fails the connection for good.

The type is extracted as browsers do (Fetch, extract a MIME type): parameters, a trailing
semicolon, white space and letter case change nothing. NDJSON and JSON text sequences are
other formats, not mistakes.`,
	Fix:   "Send Content-Type: text/event-stream; check that no framework, gateway or error page replaces it.",
	Good:  "Content-Type: text/event-stream; charset=utf-8\n",
	Bad:   "Content-Type: text/plain\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{answered200},
	After: []string{"headers/content-type-present"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		switch t := v.Type.Essence; {
		case t == "text/event-stream":
			return checks.Held(1, "the media type is text/event-stream")
		case v.Stream.Syntax != stream.Text:
			return checks.Unconcerned("the answer is another streaming format, %s", t)
		default:
			return checks.Broke(1, wrongType(ev, v))
		}
	},
}
