package chaos

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/stream"
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

// opening is the request that opens the stream, watched to its end. One that is sent once only comes from the
// declared origin, so that it shows what a page is answered.
func (l *Lab) opening() ask {
	r := l.asEventSource()
	if !l.safe() && l.Origin != "" {
		r = l.asPage(l.page(browser.Script))
		r = set(r, "Origin", l.Origin)
		if u, err := url.Parse(r.URL); err == nil {
			r = withSite(r, l.Origin, u)
		}
	}
	return ask{req: r, version: l.version(), patience: whole(l.watch()), either: l.Version == ""}
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
		first, err := l.coded(ctx, r)
		if err != nil || !mute(first.Last()) || mute(l.control()) {
			return first, err
		}
		second, err := l.coded(ctx, r) // one silence may be chance
		first.Exchanges = append(first.Exchanges, second.Exchanges...)
		return first, err
	},
}

// coded takes a look at an answer that may be coded.
func (l *Lab) coded(ctx context.Context, r wire.Request) (*wire.Recording, error) {
	one := *l
	a := ask{req: r, version: l.version(), patience: l.glance()}
	a.patience.linger = codedLinger
	one.asControl(&a)
	rec, err := one.observe(ctx, wire.Compressed, a)
	l.requests = one.requests
	return rec, err
}

// mute reports whether an answer brought nothing while we waited for it.
func mute(x *wire.Exchange) bool { return x != nil && len(x.Body) == 0 && x.End.Kind == wire.Silent }

// codedLinger is how long a coded body is watched at least: enough for a few flushes to show what it is.
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
	Moot: func(l *Lab) error {
		if l.Target.Method != "GET" {
			return moot("the stream is opened with %s", l.Target.Method)
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		p := l.glance()
		p.behind = headBehind
		return l.observe(ctx, wire.Head, ask{req: method(l.asEventSource(), "HEAD"), version: l.version(), patience: p})
	},
}

// headBehind is how long after the head of HEAD a body is waited for: a handler that treats HEAD as GET sends
// its first event then.
const headBehind = 200 * time.Millisecond

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
	Moot: func(l *Lab) error {
		if h := l.control().Header; !h.Has("ETag") && !h.Has("Last-Modified") {
			return moot("the answer has neither ETag nor Last-Modified")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		h := l.control().Header
		tag, modified := h.Get("ETag"), h.Get("Last-Modified")
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
		x, p := l.control(), l.glance()
		p.linger = againLinger
		if x.End.Kind.ServerEnded() {
			p = whole(min(l.watch(), 2*x.End.At+againLinger))
			if l.Target.Method == "GET" && storable(x.Header) && !wait(ctx, time.Until(x.Began.Add(x.HeadAt+ageing))) {
				return nil, stopped(ctx)
			}
		}
		return l.observe(ctx, wire.Again, ask{req: l.asEventSource(), version: l.version(), patience: p})
	},
}

// againLinger is how long a stream without end is watched a second time: a stored one comes all at once.
const againLinger = time.Second

// ageing is how old the copy of a finite answer is made before it is asked for: Age counts whole seconds,
// and one of them may be owed to rounding.
const ageing = 2200 * time.Millisecond

// storable reports whether a cache may be on the way, or may have stored the answer if it is: for the
// others nobody need wait.
func storable(h wire.Header) bool {
	for _, f := range h {
		name := strings.ToLower(f.Name)
		if slices.Contains(cacheFields, name) || strings.HasPrefix(name, "x-cache") {
			return true
		}
	}
	return !slices.ContainsFunc(h.Tokens("Cache-Control"), func(d string) bool {
		return d == "no-store" || d == "no-cache" || d == "private"
	})
}

// cacheFields are what proxies and caches add to an answer, X-Cache and its kin aside.
var cacheFields = []string{"age", "via", "cf-cache-status", "cache-status", "x-proxy-cache", "x-varnish"}

// wait lets d pass, and reports whether it did before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// opened reports whether an EventSource would have opened the answer (HTML 9.2.2).
func opened(x *wire.Exchange) bool {
	return x != nil && x.Status == 200 && stream.SyntaxOf(x.Header.MediaType().Essence) != stream.Text
}
