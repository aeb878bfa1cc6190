package framing

import (
	"bytes"
	"strconv"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

var transportLeak = &checks.Check{
	ID:     "framing/transport-leak",
	Title:  "The body must not hold chunk sizes, a second head, or a content coding that the head does not name",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "7.1", "The chunked transfer coding wraps content in order to transfer it as a series of chunks, each with its own size indicator"),
	Since:  "0.1",
	Doc: `
What belongs to the transport has slipped into the body: an application writes chunks itself and its server
does so again, a gateway copies the head of the answer behind its own, or compresses without saying so.
A client reads the chunk sizes and fields as lines of the stream, and compressed bytes as rubbish.

A line that looks like a hexadecimal number is legal as an unknown field. It is reported only if as many bytes
follow as it says, and then CRLF and the next size. A head is reported only at the start of a block.`,
	Fix:   "Leave chunking, heads and compression to the server: write only event lines to the body, and remove hop-by-hop coding in the gateway.",
	Good:  "data: a\n\n",
	Bad:   "9\r\ndata: a\n\n\r\n0\r\n\r\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		s := v.Stream
		t := tallyOf(v)
		if coding := wire.LooksCoded(s.Body); coding != "" {
			t.Add(0, 2, "the body is coded with %s, and Content-Encoding does not say so: a client reads rubbish", coding)
		}
		for i, l := range s.Lines {
			switch {
			case isChunkSize(s, l):
				t.line(l, "the chunk size %q stands in the body: a client takes it for a line of the stream", s.Content(l))
			case isHead(s, i):
				t.line(l, "the head of an HTTP answer stands in the body, %.40q: a client takes it for lines of the stream", s.Content(l))
			}
		}
		return t.Outcome(len(s.Lines), "%d lines, none belongs to the transport", len(s.Lines))
	},
}

// maxSizeDigits is more than the size of any real chunk has.
const maxSizeDigits = 8

// isChunkSize reports whether a line is the size of the bytes behind it (RFC 9112, 7.1), with CRLF and
// another size behind those.
func isChunkSize(s *stream.Stream, l stream.Line) bool {
	if l.End != stream.CRLF || l.Hi-l.Lo > maxSizeDigits+2 {
		return false
	}
	n := size(s.Content(l))
	if n <= 0 || n > len(s.Body)-l.Hi {
		return false
	}
	next, ok := bytes.CutPrefix(s.Body[l.Hi+n:], []byte("\r\n"))
	digits, _, ends := bytes.Cut(next[:min(len(next), maxSizeDigits+2)], []byte("\r\n"))
	return ok && ends && size(digits) >= 0
}

// size returns the number that hexadecimal digits stand for, or -1.
func size(digits []byte) int {
	n, err := strconv.ParseUint(string(digits), 16, 4*maxSizeDigits)
	if err != nil {
		return -1
	}
	return int(n)
}

// isHead reports whether a head begins with the i-th line: a status line and a field, or the field that
// every event stream has.
func isHead(s *stream.Stream, i int) bool {
	l := s.Lines[i]
	if l.End == stream.None || i > 0 && !s.IsBlank(s.Lines[i-1]) {
		return false
	}
	if isStatusLine(s.Content(l)) {
		return i+1 < len(s.Lines) && s.Lines[i+1].Colon > 0 && wire.IsToken(string(s.Name(s.Lines[i+1])))
	}
	return bytes.EqualFold(s.Name(l), []byte("content-type")) && bytes.HasPrefix(s.Value(l), []byte("text/event-stream"))
}

// isStatusLine reports whether b begins with version and status (RFC 9112, 4).
func isStatusLine(b []byte) bool {
	const like = "HTTP/1.1 200"
	if len(b) < len(like) || !bytes.HasPrefix(b, []byte("HTTP/1.")) || b[8] != ' ' {
		return false
	}
	for _, c := range b[9:len(like)] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) == len(like) || b[len(like)] == ' '
}
