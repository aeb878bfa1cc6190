package headers

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var contentTypeParams = &checks.Check{
	ID:     "headers/content-type-params",
	Title:  "Tells whether the media type of the stream has parameters",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:  "0.1",
	Doc: `
Browsers look at type and subtype and ignore every parameter, also a trailing semicolon. Several
client libraries compare the whole string and refuse the stream
(https://github.com/whatwg/html/issues/7630).

A parameter is never a mistake. Whether charset has the one value it may have is for headers/charset.`,
	Good:  "Content-Type: text/event-stream\n",
	Bad:   "Content-Type: text/event-stream; charset=utf-8; note=x (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, value := range ev.Control().Header.Values("Content-Type") {
			if strings.Contains(value, ";") {
				return checks.Held(1, "Content-Type is %.80q: browsers ignore what follows the type, but several client libraries compare the whole string", value)
			}
		}
		return checks.Held(1, "the media type has no parameter")
	},
}

var charset = &checks.Check{
	ID:     "headers/charset",
	Title:  "A charset parameter of an event stream must be utf-8",
	Level:  checks.Must,
	Clause: checks.Registration("The parameter's value must be \"utf-8\"."),
	Since:  "0.1",
	Doc: `
An event stream is always decoded as UTF-8. Chromium gives up for good on a stream that names another charset, though
the standard ignores it; other browsers decode UTF-8 all the same, and clients that believe it read other letters than
were sent.

Charset names ignore letter case, so UTF-8 in capitals is fine, and so is no charset at all.`,
	Fix:   "Send charset=utf-8, or no charset.",
	Good:  "Content-Type: text/event-stream; charset=UTF-8\n",
	Bad:   "Content-Type: text/event-stream; charset=iso-8859-1\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		name, ok := v.Type.Param("charset")
		switch {
		case !ok:
			return checks.Unconcerned("no charset is given, and none is needed")
		case strings.EqualFold(name, "utf-8"):
			return checks.Held(1, "the charset is %q", name)
		}
		return checks.Broke(1, v.AtField(v.Header.Index("Content-Type"),
			fmt.Sprintf("the charset is %.40q: Chromium does not open the stream, and a client that believes it reads other letters than were sent", name)))
	},
}

var contentTypeSingle = &checks.Check{
	ID:     "headers/content-type-single",
	Title:  "An answer must have one Content-Type with one value",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "5.3", "a sender MUST NOT generate multiple field lines with the same name in a message"),
	Since:  "0.1",
	Doc: `
Of several media types a browser takes the last valid one, other clients take the first or refuse
the answer. So the same stream opens in one client and not in the next, even where the values are equal.

Every answer is looked at. A comma within a quoted parameter divides nothing.`,
	Fix:   "Find out which layer adds the second Content-Type (framework, middleware, gateway) and let one of them set it.",
	Good:  "Content-Type: text/event-stream; note=\"a,b\"\n",
	Bad:   "Content-Type: text/html\nContent-Type: text/event-stream\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range heads(ev) {
			at := indices(v.Header, "Content-Type")
			seen += len(at)
			switch {
			case len(at) > 1:
				found = checks.AddOnce(found, v.AtField(at[1], fmt.Sprintf("Content-Type is sent %d times: a browser takes the last valid value, other clients the first", len(at))))
			case len(at) == 1 && len(checks.SplitList(v.Header[at[0]].Value, ',')) > 1:
				found = checks.AddOnce(found, v.AtField(at[0], fmt.Sprintf("Content-Type is a list, %.80q: a browser takes the last valid value, other clients none", v.Header[at[0]].Value)))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no answer has a Content-Type")
		}
		return checks.Judged(seen, found, "%d answers have one Content-Type with one value", seen)
	},
}

var contentTypeCase = &checks.Check{
	ID:     "headers/content-type-case",
	Title:  "Tells whether the media type is written in capitals",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "8.3.1", "The type and subtype tokens are case-insensitive."),
	Since:  "0.1",
	Doc: `
Letter case makes no difference in HTTP, and browsers compare in lower case. The HTML standard does
not say how it compares (https://github.com/whatwg/html/issues/7630), and a client that compares
strings refuses the stream.

Capitals are not a mistake.`,
	Good:  "Content-Type: text/event-stream\n",
	Bad:   "Content-Type: Text/Event-Stream (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, value := range ev.Control().Header.Values("Content-Type") {
			if essence, _, _ := strings.Cut(value, ";"); essence != strings.ToLower(essence) {
				return checks.Held(1, "the media type is written %.80q: equal in HTTP, but a client that compares strings refuses it", essence)
			}
		}
		return checks.Unconcerned("the media type is written in lower case")
	},
}
