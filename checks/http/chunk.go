package http

import (
	"bytes"
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var chunkSyntax = &checks.Check{
	ID:     "http/chunk-syntax",
	Title:  "A chunked body must be made of hexadecimal size, CRLF, exactly so many bytes and CRLF, up to the zero chunk",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "7.1", "The chunk-size field is a string of hex digits indicating the size of the chunk-data in octets"),
	Since:  "0.1",
	Doc: `
A strict client gives up at the first chunk it cannot read, and a lenient one may take its bytes for
part of the stream. An empty chunk in the middle ends the message: no client reads what follows.

Every HTTP/1.1 answer of the run is looked at. Chunk extensions, leading zeros, letter case, chunks of
one byte and chunks that divide an event or a character are all fine.`,
	Fix:   "Leave chunking to the HTTP library; if you write chunks yourself, count bytes rather than characters and never write an empty one.",
	Good:  "9\r\ndata: a\n\n\r\n0\r\n\r\n",
	Bad:   "0x9\r\ndata: a\n\n\r\n0\r\n\r\n",
	Needs: []wire.Scene{wire.Control},
	Judge: judgeChunks,
}

func judgeChunks(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	chunked, seen := 0, 0
	for _, v := range messages(ev) {
		if v.Message.Framing != wire.Chunked || v.Proto == "HTTP/1.0" || v.Request.Proto == "HTTP/1.0" { // see http/h10-no-chunked
			continue
		}
		chunked++
		seen += len(v.Message.Chunks)
		for _, o := range v.Message.Oddities {
			switch why := chunkFault(v, o); {
			case why == "":
			case len(found) < checks.MaxFindings:
				found = append(found, v.AtRaw(o.Lo, o.Hi, why))
			default: // there may be one for each chunk, and they are only counted
				found = append(found, checks.Finding{Message: why})
			}
		}
	}
	switch {
	case chunked == 0:
		return checks.Unconcerned("no answer was chunked")
	case seen == 0 && len(found) == 0:
		return checks.Unconcerned("not one chunk came")
	}
	return checks.Judged(max(seen, 1), found, "chunks in %d answers, each as it should be", chunked)
}

// chunkFault says what an oddity is as a fault of chunking, or "" where it is none.
func chunkFault(v *checks.View, o wire.Oddity) string {
	switch {
	case o.Kind == wire.BadChunkSize && o.Hi-o.Lo < 1<<10:
		return fmt.Sprintf("%q is no chunk size: a client stops reading here", v.RawBytes()[o.Lo:o.Hi])
	case o.Kind == wire.BadChunkSize:
		return "no chunk size within 16 KiB: a client stops reading here"
	case o.Kind == wire.BadChunkEnd:
		return "the chunk is longer than its size says, or CRLF is missing behind it: a client stops reading here"
	case o.Kind == wire.BareLF && o.Lo >= v.Message.Head.Hi:
		return "a line of the chunked coding ends in LF without CR: a strict client stops reading here"
	case o.Kind == wire.BodyAfterEnd && !isAnswer(v.RawBytes()[o.Lo:o.Hi]):
		return "bytes follow the zero chunk, which ended the message: no client reads them"
	}
	return ""
}

// isAnswer reports whether bytes behind a message are another one, such as the 408 with which some
// servers close an idle connection.
func isAnswer(b []byte) bool { return bytes.HasPrefix(b, []byte("HTTP/1.")) }

var chunkTerminator = &checks.Check{
	ID:     "http/chunk-terminator",
	Title:  "A server that ends a chunked stream must send the zero chunk and its blank line",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "8", "A message body that uses the chunked transfer coding is incomplete if the zero-sized chunk that terminates the encoding has not been received"),
	Since:  "0.1",
	Doc: `
Without the zero chunk the message is incomplete: fetch reports a network error, browsers log one at
each reconnect, and nobody can tell the end from a crash.

Only a connection that was closed in good order before the zero chunk is held against the server.
A reset may come from the path, and a stream that was still open when we left says nothing. Nor is a
feed blamed that something on the way cut in a silence between two events: an EventSource comes back and has lost nothing.`,
	Fix:   "End the response through the HTTP library rather than closing its connection; check what a proxy's time limit does.",
	Good:  "9\r\ndata: a\n\n\r\n0\r\n\r\n",
	Bad:   "9\r\ndata: a\n\n\r\n(connection closed)",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.HTTP1},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		if !hasMessage(v) {
			return noBytes()
		}
		m := v.Message
		switch odd := m.Odd(wire.MissingZero); {
		case m.Framing != wire.Chunked || m.Proto != "HTTP/1.1":
			return checks.Unconcerned("the answer is not chunked")
		case v.End.Kind == wire.Complete:
			return checks.Held(1, "the zero chunk ended the stream")
		case v.End.Kind == wire.Truncated && odd != nil:
			if silence := idleCut(ev, v); silence > 0 {
				return checks.Unconcerned("the stream was cut after %v of silence, as an idle limit on the way does: no event was in progress", checks.Brief(silence))
			}
			f := v.AtRaw(odd.Lo, odd.Hi, odd.Note+": the message is incomplete, and a client reports an error")
			f.At = v.End.At
			return checks.Broke(1, f)
		case v.End.Kind == wire.Reset:
			return checks.Unseen("the connection was reset, which the path can do as well as the server")
		}
		return checks.Unconcerned("the server did not end the stream while it was watched")
	},
}

// idleCutSilence is the shortest silence whose end is put down to an idle limit: shorter ones are not in use.
const idleCutSilence = 10 * time.Second

// idleCut returns how long a feed had been silent when it was cut between two events, or 0 where that is
// not what happened. Of an answer to a POST something is missing at every cut, and where one was promised to be finite.
func idleCut(ev *checks.Evidence, v *checks.View) time.Duration {
	if ev.Method() != "GET" || ev.Promised("finite") || v.Stream.Tail < len(v.Stream.Body) {
		return 0
	}
	last := v.HeadAt
	if n := len(v.Body); n > 0 {
		last = v.Body[n-1].At
	}
	if silence := v.End.At - last; silence >= idleCutSilence {
		return silence
	}
	return 0
}
