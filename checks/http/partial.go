package http

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var rangeIgnored = &checks.Check{
	ID:     "http/range-ignored",
	Title:  "A request with Range: bytes=0- should be given the stream with status 200",
	Level:  checks.Advice,
	Clause: checks.RFC("9110", "14.2", "A server MAY ignore the Range header field"),
	Since:  "0.1",
	Doc: `
A stream has no byte ranges. A 206 says that a cache or file server on the way takes it for a file, and
may wait for its end before it answers; a 416 says that it takes it for an empty one.

Both are legal HTTP, so this is advice. Other errors say nothing about Range and are not flagged.`,
	Fix:   "Ignore Range on the stream's URL; switch caching and slicing off for it at the edge.",
	Good:  "HTTP/1.1 200 OK\n",
	Bad:   "HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-99/*\n",
	Needs: []wire.Scene{wire.Control, wire.Range},
	When:  []checks.Condition{opened},
	After: []string{"http/status-206"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		switch v := ev.View(wire.Range); {
		case v.Status == 206:
			return checks.Broke(1, v.AtField(-1, "Range is answered 206: something on the way takes the stream for a file"))
		case v.Status == 416:
			return checks.Broke(1, v.AtField(-1, "Range: bytes=0- is answered 416: something on the way takes the stream for an empty file"))
		case streams(v):
			return checks.Held(1, "a request with Range is given the stream with status 200")
		case v.Status == 0:
			return checks.Unseen("with Range %s", unanswered(v))
		default:
			return checks.Unseen("a request with Range is answered %s, which does not speak of ranges", answers(v))
		}
	},
}

var conditionalStream = &checks.Check{
	ID:     "http/conditional-stream",
	Title:  "An endless stream should be sent again rather than called not modified",
	Level:  checks.Advice,
	Clause: checks.RFC("9110", "15.4.5", "the server is therefore redirecting the client to make use of that stored representation"),
	Since:  "0.1",
	Doc: `
A 304 sends a client back to what it stored. Of a stream without end that is an old piece, so a script
whose fetch used the HTTP cache would show the past and hear nothing new.

An EventSource never sends conditions. A finite stream may well be unchanged, and is not flagged.`,
	Fix:   "Send neither ETag nor Last-Modified with a live stream, or ignore If-None-Match and If-Modified-Since there.",
	Good:  "HTTP/1.1 200 OK\n",
	Bad:   "HTTP/1.1 304 Not Modified\n",
	Needs: []wire.Scene{wire.Control, wire.Condition},
	When:  []checks.Condition{opened},
	After: []string{"http/status-304"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		switch v := ev.View(wire.Condition); {
		case streams(v):
			return checks.Held(1, "a conditional request is given the stream")
		case ev.Control().End.Kind.ServerEnded():
			return checks.Unconcerned("the stream is finite")
		case v.Status == 304:
			return checks.Broke(1, v.AtField(-1, "a live stream is answered 304: the client is sent back to the piece that it stored"))
		case v.Status == 0:
			return checks.Unseen("with a condition %s", unanswered(v))
		default:
			return checks.Unseen("a conditional request is answered %s, which does not speak of conditions", answers(v))
		}
	},
}
