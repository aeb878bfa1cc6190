package chaos

import (
	"context"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// control is the undisturbed stream, to which everything else is compared.
var control = &Experiment{
	Scene:    wire.Control,
	Title:    "the stream as an EventSource opens it",
	Doc:      "watched to its end, or for as long as --watch says; no content coding is offered",
	Requests: 1,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		return l.observe(ctx, wire.Control, l.opening())
	},
}

// opening is the request that opens the stream, watched to its end.
func (l *Lab) opening() ask {
	return ask{req: l.asEventSource(), version: l.version(), patience: whole(l.watch()), either: l.Version == ""}
}

// version returns the HTTP version of requests that do not test one.
func (l *Lab) version() string {
	if x := l.control(); x != nil {
		return x.Request.Proto
	}
	if l.Version != "" {
		return l.Version
	}
	return "HTTP/1.1"
}

// glimpse returns the experiment that makes the given requests and looks how each is answered.
func glimpse(s wire.Scene, requests ...func(*Lab) wire.Request) func(context.Context, *Lab) (*wire.Recording, error) {
	return func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		var asks []ask
		for _, r := range requests {
			asks = append(asks, ask{req: r(l), version: l.version(), patience: l.glance()})
		}
		return l.observe(ctx, s, asks...)
	}
}

// browserAgent is what gateways that treat tools apart take for a browser.
const browserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

// browserCodings are the content codings that browsers offer over https.
const browserCodings = "gzip, deflate, br, zstd"

var fetch = &Experiment{
	Scene:    wire.Fetch,
	Title:    "the stream as a script's fetch() opens it",
	Doc:      "some gateways treat browsers and tools differently",
	Requests: 1,
	Always:   true,
	Run: glimpse(wire.Fetch, func(l *Lab) wire.Request {
		r := l.asEventSource()
		r = set(r, "Accept", "*/*")
		r = set(r, "User-Agent", browserAgent)
		r = set(r, "Sec-Fetch-Mode", "cors")
		return set(r, "Sec-Fetch-Dest", "empty")
	}),
}

var compressed = &Experiment{
	Scene:    wire.Compressed,
	Title:    "with the content codings that browsers offer",
	Doc:      "a test without them misses what compression does to a stream",
	Requests: 1,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		r := set(set(l.asEventSource(), "Accept-Encoding", browserCodings), "User-Agent", browserAgent)
		p := l.glance()
		p.linger = codedLinger
		return l.observe(ctx, wire.Compressed, ask{req: r, version: l.version(), patience: p})
	},
}

// codedLinger is how long a coded body is watched: enough for a few flushes to show what it is.
const codedLinger = 300 * time.Millisecond

var accept = &Experiment{
	Scene:    wire.Accept,
	Title:    "without Accept, then with Accept: application/json",
	Doc:      "browsers may leave Accept out, and LLM libraries ask for JSON",
	Requests: 2,
	Always:   true,
	Run: glimpse(wire.Accept,
		func(l *Lab) wire.Request {
			r := l.asEventSource()
			r.Header = r.Header.Without("Accept")
			return r
		},
		func(l *Lab) wire.Request { return set(l.asEventSource(), "Accept", "application/json") }),
}

var head = &Experiment{
	Scene:    wire.Head,
	Title:    "HEAD",
	Doc:      "a stream that answers HEAD with its endless body hangs every client that asks",
	Requests: 1,
	Safe:     true,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		if l.Target.Method != "GET" {
			return nil, moot("the stream is opened with %s", l.Target.Method)
		}
		return glimpse(wire.Head, func(l *Lab) wire.Request { return method(l.asEventSource(), "HEAD") })(ctx, l)
	},
}

var options = &Experiment{
	Scene:    wire.Options,
	Title:    "OPTIONS without any CORS field",
	Doc:      "shows which methods are offered, and how an unsupported one is refused",
	Requests: 1,
	Safe:     true,
	Run:      glimpse(wire.Options, func(l *Lab) wire.Request { return method(l.asEventSource(), "OPTIONS") }),
}

var ranged = &Experiment{
	Scene:    wire.Range,
	Title:    "with Range: bytes=0-",
	Doc:      "an edge that answers 206 takes the stream for a file",
	Requests: 1,
	Run:      glimpse(wire.Range, func(l *Lab) wire.Request { return set(l.asEventSource(), "Range", "bytes=0-") }),
}

var conditional = &Experiment{
	Scene:    wire.Condition,
	Title:    "conditional, with the validators that the control answer gave",
	Doc:      "a live stream should be sent again, not answered 304",
	Requests: 1,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		h := l.control().Header
		tag, modified := h.Get("ETag"), h.Get("Last-Modified")
		if tag == "" && modified == "" {
			return nil, moot("the answer has neither ETag nor Last-Modified")
		}
		return glimpse(wire.Condition, func(l *Lab) wire.Request {
			r := l.asEventSource()
			if tag != "" {
				r = set(r, "If-None-Match", tag)
			}
			if modified != "" {
				r = set(r, "If-Modified-Since", modified)
			}
			return r
		})(ctx, l)
	},
}

var again = &Experiment{
	Scene:    wire.Again,
	Title:    "the control request once more, some time later",
	Doc:      "a cache that stored the stream plays the same bytes again",
	Requests: 1,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		p := l.glance()
		p.linger = againLinger
		if l.control().End.Kind.ServerEnded() {
			p = whole(min(l.watch(), 2*l.control().End.At+againLinger))
		}
		return l.observe(ctx, wire.Again, ask{req: l.asEventSource(), version: l.version(), patience: p})
	},
}

// againLinger is how long a stream without end is watched a second time: a stored one comes all at once.
const againLinger = time.Second

// opened reports whether an EventSource would have opened the answer (HTML 9.2.2).
func opened(x *wire.Exchange) bool {
	return x != nil && x.Status == 200 && slices.Contains(streamTypes, x.Header.MediaType().Essence)
}

var streamTypes = []string{"text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/stream+json", "application/json-seq"}
