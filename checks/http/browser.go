package http

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var browserRequest = &checks.Check{
	ID:     "http/browser-request",
	Title:  "A request as browsers make it must be given the stream",
	Level:  checks.Must,
	Timing: true,
	Clause: failsConnection,
	Since:  "0.1",
	Doc: `
Every browser offers gzip, deflate, br and zstd, and tools usually do not. Where a compressor in the server or before
it holds the stream until it has enough to compress, or fails on it, the tool sees a stream and the
browser sees nothing. Some gateways refuse a User-Agent of browsers, or what they take for one.

It takes proof: two requests without codings were given their first bytes at once, and the one with codings was
refused, or given nothing twice in the time that the lab waits. A rate limit or an overload is not taken for it.`,
	Fix:   "Flush the compressor after each event, or leave streams uncompressed: Cache-Control: no-transform stops the usual middleware.",
	Good:  "> Accept-Encoding: gzip, deflate, br, zstd\n< 200, and the first event at once",
	Bad:   "> Accept-Encoding: gzip, deflate, br, zstd\n< (nothing within 5 s)",
	Needs: []wire.Scene{wire.Control, wire.Compressed},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	When:  []checks.Condition{opened},
	After: []string{"headers/content-encoding-truthful"},
	Judge: judgeBrowserRequest,
}

// atFirst is within what time the plain requests must have had their first bytes for two seconds of nothing, the
// least that the lab waits behind a head, to prove anything.
const atFirst = 400 * time.Millisecond

func judgeBrowserRequest(ev *checks.Evidence) checks.Outcome {
	if v := ev.View(wire.Fetch); refusedAsBrowser(ev, v) {
		return checks.Broke(2, v.AtField(-1, fmt.Sprintf("a request with a browser's User-Agent is answered %d, the tool's own is given the stream", v.Status)))
	}
	v := ev.View(wire.Compressed)
	if !wants(v) {
		return checks.Unconcerned("the user's own Accept-Encoding was sent with every request")
	}
	plain := plainStarts(ev)
	switch {
	case v.Status == 429 || v.Status == 503:
		return checks.Unseen("the request with content codings was answered %d, perhaps because our rate is limited", v.Status)
	case v.End.Kind == wire.Silent && plain > 1 && restless(ev):
		return checks.Unseen("nothing came in %v for the request with content codings, but this machine's clock was up to %v late",
			checks.Brief(v.End.At), checks.Brief(ev.Bundle.Noise.P99))
	case v.End.Kind == wire.Silent && plain > 1 && !silentTwice(ev):
		return checks.Unseen("nothing came in %v for the request with content codings, once, which may be chance", checks.Brief(v.End.At))
	case v.Status == 0 && v.End.Kind == wire.Silent && plain > 1:
		return checks.Broke(plain+1, v.AtField(-1, fmt.Sprintf("nothing came in %v for a request that offers %s; without, the stream begins at once: browsers are given nothing",
			checks.Brief(v.End.At), v.Request.Header.Get("Accept-Encoding"))))
	case v.Status == 0:
		return checks.Unseen("the request with content codings: %s", unanswered(v))
	case v.Status/100 == 2 && v.Status != 200:
		return checks.Unconcerned("the status is %d, on which other rules decide", v.Status)
	case v.Status != 200 && streams(ev.View(wire.Again)):
		return checks.Broke(2, v.AtField(-1, fmt.Sprintf("a request that offers content codings is answered %d, one without is given the stream", v.Status)))
	case v.Status != 200:
		return checks.Unseen("the request with content codings was answered %d, and whether the codings are the reason could not be seen", v.Status)
	case len(v.Text.Bytes) > 0:
		return checks.Held(1, "with content codings offered the stream begins after %v", checks.Brief(v.Text.When(0)))
	case plain > 1:
		return checks.Broke(plain+1, v.At(0, 0, fmt.Sprintf("not one byte that can be decoded came in %v for a request that offers content codings; without, the stream begins at once: browsers are shown nothing",
			checks.Brief(v.End.At))))
	}
	return checks.Unconcerned("the stream does not begin at once without content codings either, so nothing can be told from the one with")
}

// steady is how late this machine's timers may have been for a silence of seconds to count.
const steady = 500 * time.Millisecond

// restless reports whether this machine was too busy for the silences it measured to count.
func restless(ev *checks.Evidence) bool {
	return ev.Bundle.Noise != nil && ev.Bundle.Noise.P99 > steady
}

// silentTwice reports whether the request with content codings was made twice and brought nothing each time.
func silentTwice(ev *checks.Evidence) bool {
	n := 0
	for _, v := range ev.Exhibit(wire.Compressed).Views {
		if v.End.Kind == wire.Silent {
			n++
		}
	}
	return n > 1
}

// refusedAsBrowser reports whether the request of scene fetch was refused for what it says of its sender.
// Its Accept is judged elsewhere.
func refusedAsBrowser(ev *checks.Evidence, v *checks.View) bool {
	return v != nil && v.Status/100 == 4 && v.Status != 406 && v.Status != 429 && streams(ev.View(wire.Again)) &&
		treated(ev, withAccept(ev, "")) == alike
}

// wants reports whether a request offers content codings.
func wants(v *checks.View) bool { return v.Request.Header.Get("Accept-Encoding") != "identity" }

// plainStarts counts the requests without content codings whose first bytes came at once.
func plainStarts(ev *checks.Evidence) (n int) {
	for _, s := range []wire.Scene{wire.Control, wire.Fetch, wire.Again} {
		if v := ev.View(s); streams(v) && !wants(v) && len(v.Text.Bytes) > 0 && v.Text.When(0) <= atFirst {
			n++
		}
	}
	return n
}
