package http

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// maxConcurrentStreams is SETTINGS_MAX_CONCURRENT_STREAMS, and fewestStreams what it should be at
// least (RFC 9113, 6.5.2).
const (
	maxConcurrentStreams = 0x3
	fewestStreams        = 100
)

var h2ConcurrentStreams = &checks.Check{
	ID:     "http/h2-concurrent-streams",
	Title:  "A server should allow 100 concurrent streams or more on an HTTP/2 connection",
	Level:  checks.Should,
	Clause: checks.RFC("9113", "6.5.2", "It is recommended that this value be no smaller than 100, so as to not unnecessarily limit parallelism"),
	Since:  "0.1",
	Doc: `
A browser opens one connection to a host for all its tabs. Each event stream takes one of the concurrent
streams for as long as it lasts; when none is left, ordinary requests of the page hang.

No limit announced is no limit. Whether a hundred streams really work is not tried.`,
	Fix:   "Raise the server's or the edge's limit of concurrent streams to 100 or more.",
	Good:  "SETTINGS (MAX_CONCURRENT_STREAMS = 128)",
	Bad:   "SETTINGS (MAX_CONCURRENT_STREAMS = 4)",
	Needs: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.HTTP2)
		settings, limit, limited := 0, uint32(0), false
		for _, f := range v.Frames {
			if f.Type != "SETTINGS" || f.Flags&settingsAck != 0 {
				continue
			}
			settings++
			for _, s := range f.Settings {
				if s.ID == maxConcurrentStreams {
					limit, limited = s.Value, true
				}
			}
		}
		switch {
		case settings == 0:
			return checks.Unseen("no SETTINGS frame was recorded")
		case limited && limit < fewestStreams:
			return checks.Broke(settings, v.AtField(-1,
				fmt.Sprintf("SETTINGS allow %d concurrent streams: a browser shares them among all its tabs, and then requests hang", limit)))
		case limited:
			return checks.Held(settings, "SETTINGS allow %d concurrent streams", limit)
		}
		return checks.Held(settings, "SETTINGS set no limit of concurrent streams")
	},
}

// settingsAck is the flag of a SETTINGS frame that only acknowledges ours (RFC 9113, 6.5).
const settingsAck = 0x1

const (
	// unreadWindow is how many bytes the scene slow-read lets the unread stream send. A stream that
	// has not sent so many is not held up, and then nothing can be learned.
	unreadWindow = 256
	// prompt is how soon the first bytes come over HTTP/2 where a stream is alone, for the two
	// seconds that the scene slow-read waits to be long in comparison.
	prompt = time.Second
)

var h2FlowControl = &checks.Check{
	ID:     "http/h2-flow-control",
	Title:  "An HTTP/2 stream that nobody reads should not hold up its neighbours",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.RFC("9113", "5.2", "A flow-control scheme ensures that streams on the same connection do not destructively interfere with each other"),
	Since:  "0.1",
	Doc: `
A tab in the background may leave its stream unread. A server or gateway that then blocks in the one
write, or counts its bytes against the whole connection, stops all other streams and requests of the page.

Our side keeps the window of the connection open. Where the unread stream sent too little to fill its own
window, or a stream that is alone is as slow, nothing is held against the server.`,
	Fix:   "Give each stream its own buffer and goroutine or task; never block the connection's writer on one stream's window.",
	Good:  "(stream 1 unread and stalled; stream 3: HEADERS, DATA)",
	Bad:   "(stream 1 unread and stalled; stream 3: nothing)",
	Needs: []wire.Scene{wire.HTTP2, wire.SlowRead},
	Reads: []wire.Scene{wire.Twins},
	Judge: judgeFlow,
}

func judgeFlow(ev *checks.Evidence) checks.Outcome {
	alone := ev.View(wire.HTTP2)
	views := ev.Exhibit(wire.SlowRead).Views
	if len(views) < 2 {
		return checks.Unseen("two streams on one connection were not recorded")
	}
	unread, second := views[0], views[1]
	switch n := size(unread.Body); {
	case n < unreadWindow:
		return checks.Unconcerned("the unread stream sent %d bytes, too few to be held up", n)
	case len(second.Body) > 0:
		return checks.Held(2, "with one stream unread and stalled, a second one on the connection brought its first bytes after %v", checks.Brief(second.Body[0].At))
	case second.End.Kind != wire.Silent:
		return checks.Unseen("the second stream on the connection ended before anything could be seen")
	case len(alone.Body) == 0 || alone.Body[0].At > prompt:
		return checks.Unseen("a stream that is alone is as slow")
	case secondIsSilent(ev.Exhibit(wire.Twins)):
		return checks.Unconcerned("a second stream stays silent on a connection of its own too")
	}
	return checks.Broke(2, second.At(0, 0, fmt.Sprintf("with another stream left unread, this one brought nothing in %v; alone, its first bytes came after %v",
		checks.Brief(second.End.At), checks.Brief(alone.Body[0].At))))
}

// secondIsSilent reports whether one of several streams on connections of their own brought nothing.
func secondIsSilent(e *checks.Exhibit) bool {
	if e != nil {
		for _, v := range e.Views {
			if len(v.Body) == 0 {
				return true
			}
		}
	}
	return false
}

// size returns the number of bytes in chunks.
func size(cs []wire.Chunk) (n int) {
	for _, c := range cs {
		n += len(c.Data)
	}
	return n
}
