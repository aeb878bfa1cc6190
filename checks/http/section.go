package http

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var interimResponses = &checks.Check{
	ID:     "http/interim-responses",
	Title:  "A 1xx answer must not go to an HTTP/1.0 client, and must not announce a body",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "15.2", "Since HTTP/1.0 did not define any 1xx status codes, a server MUST NOT send a 1xx response to an HTTP/1.0 client"),
	Since:  "0.1",
	Doc: `
An HTTP/1.0 client takes a 103 for the answer itself. A 1xx that announces a length or a transfer coding
makes clients wait for a body that never comes (RFC 9110, 8.6 and RFC 9112, 6.1 forbid both), and
HTTP/2 has no 101 (RFC 9113, 8.6).

100 and 103 before the 200 are legal and common. They are never taken for the answer.`,
	Fix:   "Send interim answers to HTTP/1.1 and HTTP/2 clients only, without Content-Length and Transfer-Encoding.",
	Good:  "HTTP/1.1 103 Early Hints\nLink: </s.css>; rel=preload\n\nHTTP/1.1 200 OK\n",
	Bad:   "HTTP/1.1 103 Early Hints\nContent-Length: 0\n\nHTTP/1.1 200 OK\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.HTTP10},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range ev.All() {
			for i, in := range v.Interim {
				seen++
				if why := interimFault(v, in); why != "" {
					found = append(found, atInterim(v, i, why))
				}
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no 1xx answer came")
		}
		return checks.Judged(seen, found, "1xx answers before the final one, as HTTP allows")
	},
}

func interimFault(v *checks.View, in wire.Interim) string {
	switch {
	case v.Request.Proto == "HTTP/1.0":
		return fmt.Sprintf("a %d is sent to an HTTP/1.0 client, which takes it for the answer", in.Status)
	case v.Proto == "HTTP/2.0" && in.Status == 101:
		return "101 is sent over HTTP/2, which has no upgrade: a client resets the stream"
	case in.Header.Has("Content-Length"):
		return fmt.Sprintf("a %d carries Content-Length: a client may wait for a body that never comes", in.Status)
	case in.Header.Has("Transfer-Encoding"):
		return fmt.Sprintf("a %d carries Transfer-Encoding: a client may wait for a body that never comes", in.Status)
	}
	return ""
}

// atInterim points at an interim head, or at the final one where the raw bytes were not kept.
func atInterim(v *checks.View, i int, message string) checks.Finding {
	if v.Message != nil && i < len(v.Message.Interim) {
		return v.AtRaw(v.Message.Interim[i].Head.Lo, v.Message.Interim[i].Head.Hi, message)
	}
	return v.AtField(-1, message)
}

var trailers = &checks.Check{
	ID:     "http/trailers",
	Title:  "A trailer must not hold fields of message framing, routing or content format",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "6.5.1", "A sender MUST NOT generate a trailer field unless the sender knows the corresponding header field name's definition permits the field to be sent in trailers"),
	Since:  "0.1",
	Doc: `
When the trailer comes the body is already read, so what says how to read it comes too late; and a
proxy that merges the trailer into the head lets the origin change the framing behind its back.

Other trailer fields are fine, such as a status or a checksum. But no EventSource and no fetch shows
them to a script: an error belongs in an event.`,
	Fix:   "Move these fields into the head; tell late errors by an event.",
	Good:  "0\r\nServer-Timing: total;dur=812\r\n\r\n",
	Bad:   "0\r\nContent-Type: text/event-stream\r\n\r\n",
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range ev.All() {
			for _, f := range v.Trailer {
				seen++
				if headOnly[strings.ToLower(f.Name)] {
					found = append(found, atTrailer(v, fmt.Sprintf("%s stands in the trailer, where it comes too late", f.Name)))
				}
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no trailer came")
		}
		return checks.Judged(seen, found, "trailer fields that may stand there; a script never sees them")
	},
}

// headOnly are the fields of message framing, routing and content format (RFC 9110, 6.5.1).
var headOnly = map[string]bool{
	"transfer-encoding": true, "content-length": true, "trailer": true, "host": true,
	"content-encoding": true, "content-type": true, "content-range": true,
}

// atTrailer points at the trailer section, or at the end of the body where the raw bytes were not kept.
func atTrailer(v *checks.View, message string) checks.Finding {
	if m := v.Message; m != nil && len(m.Chunks) > 0 && m.End >= 0 {
		return v.AtRaw(m.Chunks[len(m.Chunks)-1].Hi, m.End, message)
	}
	n := len(v.Text.Bytes)
	return v.At(n, n, message)
}
