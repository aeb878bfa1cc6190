package headers

import (
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var contentLength = &checks.Check{
	ID:     "headers/content-length",
	Title:  "Tells whether the stream declares its length",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "8.6", "indicates the associated representation's data length as a decimal non-negative integer number of octets"),
	Since:  "0.1",
	Doc: `
Who sends Content-Length knew the whole body before the first byte left. Such a stream comes to an
end, and unless it was at hand beforehand something held it back until it was whole.

A finite stream that was computed beforehand may well have a length, so this is never a mistake.
Whether the length is true is for the checks on HTTP.`,
	Good:  "Transfer-Encoding: chunked\n",
	Bad:   "Content-Length: 4711 (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		h := ev.Control().Header
		if !h.Has("Content-Length") {
			return checks.Unconcerned("the stream has no Content-Length")
		}
		return checks.Held(1, "Content-Length is %.40q: the whole stream was known before its head was sent, so it comes to an end, and was held back unless it was at hand", h.Get("Content-Length"))
	},
}

var validators = &checks.Check{
	ID:     "headers/validators",
	Title:  "Tells whether the stream has ETag or Last-Modified",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "8.8", "Resource metadata is referred to as a \"validator\" if it can be used within a precondition"),
	Since:  "0.1",
	Doc: `
A validator says that the stream is a thing that stays as it is: it invites caches to revalidate it, to
guess how long it stays fresh, and to ask for parts of it.

Frameworks add validators by default. With no-store they do no harm.`,
	Good:  "Cache-Control: no-store\n",
	Bad:   "ETag: \"abc\" (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		h := ev.Control().Header
		var names []string
		for _, name := range []string{"ETag", "Last-Modified"} {
			if h.Has(name) {
				names = append(names, name)
			}
		}
		switch {
		case names == nil:
			return checks.Unconcerned("the stream has neither ETag nor Last-Modified")
		case checks.HasDirective(h, "no-store"):
			return checks.Held(1, "the stream has %s, without effect next to no-store", strings.Join(names, " and "))
		}
		return checks.Held(1, "the stream has %s, which invites caches to revalidate it and to ask for parts of it", strings.Join(names, " and "))
	},
}

var acceptRanges = &checks.Check{
	ID:     "headers/accept-ranges",
	Title:  "Tells whether the stream offers byte ranges",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "14.3", "indicates whether an upstream server supports range requests for the target resource"),
	Since:  "0.1",
	Doc: `
Accept-Ranges: bytes invites proxies to fetch the rest of a broken stream as a byte range, which is
something else than to resume behind an event.

Many servers add it to everything, so it is not a mistake.`,
	Good:  "Accept-Ranges: none\n",
	Bad:   "Accept-Ranges: bytes (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		h := ev.Control().Header
		for _, unit := range h.Tokens("Accept-Ranges") {
			if unit != "none" {
				return checks.Held(1, "Accept-Ranges is %.40q: proxies may try to go on with a byte range where a stream broke", h.Get("Accept-Ranges"))
			}
		}
		return checks.Unconcerned("the stream offers no ranges")
	},
}

var setCookie = &checks.Check{
	ID:     "headers/set-cookie",
	Title:  "Tells whether the stream sets cookies",
	Level:  checks.Fact,
	Clause: checks.RFC("9111", "7.3", "the Set-Cookie response header field … does not inhibit caching"),
	Since:  "0.1",
	Doc: `
A cookie on a stream often ties the client to one server behind a load balancer. A reconnect without
it, from another site or a script without credentials, lands elsewhere: a resume must work there too.

Cookies are not a mistake.`,
	Good:  "Content-Type: text/event-stream\n",
	Bad:   "Set-Cookie: node=a (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		cookies := ev.Control().Header.Values("Set-Cookie")
		if len(cookies) == 0 {
			return checks.Unconcerned("the stream sets no cookie")
		}
		name, _, _ := strings.Cut(cookies[0], "=") // the value may be a secret
		return checks.Held(len(cookies), "the stream sets %d cookies, %.40q first: if one ties the client to a server, a resume without it must work too", len(cookies), name)
	},
}

var lastEventIDResponse = &checks.Check{
	ID:     "headers/last-event-id-response",
	Title:  "Tells whether an answer has Last-Event-ID",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.4", "the-last-event-id-header", "The `Last-Event-ID` HTTP request header reports an EventSource object's last event ID string to the server"),
	Since:  "0.1",
	Doc: `
Last-Event-ID is defined for requests only, and an EventSource shows nobody the one of an answer. A hub may use
it to report where it really starts, as Mercure did before it had a field of its own.

Nobody else needs it, and it is not a mistake.`,
	Good:  "> Last-Event-ID: 41\n",
	Bad:   "< Last-Event-ID: 41 (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Reconnect},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, v := range streams(ev) {
			if v.Header.Has("Last-Event-ID") {
				return checks.Held(1, "the answer has Last-Event-ID %.80q: an EventSource ignores it, a hub may report its starting point in it", v.Header.Get("Last-Event-ID"))
			}
		}
		return checks.Unconcerned("no answer has Last-Event-ID")
	},
}
