package reconnect

import (
	"bytes"
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var idTransportable = &checks.Check{
	ID:     "reconnect/id-transportable",
	Title:  "An id must hold only characters that a request can carry",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "5.5", "Field values containing other CTL characters are also invalid"),
	Since:  "0.3",
	Doc: `
A reader sends the last id back in a request field, where control characters are invalid. Servers refuse
such a request with 400, on which an EventSource gives up for good; other readers cannot make it at all, and fail at
every attempt. The stream runs well until the first connection is lost.

A tab within an id is legal. U+0000 is told by framing/id-null, and ids beyond ASCII by reconnect/id-ascii. Streams
that no reader comes back to with Last-Event-ID are not judged.`,
	Fix:   "Build ids from letters and digits; encode what they stand for, for instance as base64url.",
	Good:  "id: 12-a\ndata: a\n\n",
	Bad:   "id: 12\\x1fa\ndata: a\n\n",
	Needs: control,
	When:  []checks.Condition{checks.EventStream, byField, hasIDs},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return eachID(ev, "none with a control character", func(id []byte) string {
			if i := bytes.IndexFunc(id, isControl); i >= 0 {
				return fmt.Sprintf("the id %.40q holds the control character %q, which no request may carry: a reader cannot come back from here", id, id[i])
			}
			return ""
		})
	},
}

// isControl reports whether a field value must not hold a character (RFC 9110, 5.5).
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

var idTrimmed = &checks.Check{
	ID:     "reconnect/id-trimmed",
	Title:  "An id should not end in white space",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "5.5", "A field value does not include leading or trailing whitespace"),
	Since:  "0.3",
	Doc: `
A reader keeps white space at the end of an id, but no request field can carry it: what comes back is another id.
A server that looks for the one it gave finds none, and sends everything or nothing.

White space within an id is fine. In front of one it is told by framing/space-after-colon.`,
	Fix:   "Trim the id, or end the line right behind it.",
	Good:  "id: a b\ndata: a\n\n",
	Bad:   "id: a \ndata: a\n\n",
	Needs: control,
	When:  []checks.Condition{checks.EventStream, byField, hasIDs},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return eachID(ev, "none ends in white space", func(id []byte) string {
			if cut := bytes.TrimRight(id, " \t"); len(cut) < len(id) && len(cut) > 0 {
				return fmt.Sprintf("the id %.40q ends in white space: it comes back as %.40q", id, bytes.TrimLeft(cut, " \t"))
			}
			return ""
		})
	},
}

// commonHead is how long the head of a request may be at the least generous of the servers and proxies that are in
// wide use: Tomcat and Jetty for all of it, nginx and Apache for one field.
const commonHead = 8 << 10

var idLength = &checks.Check{
	ID:     "reconnect/id-length",
	Title:  "An id should fit into the head of a request",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "5.4", "A server that receives a request header field line, field value, or set of fields larger than it wishes to process MUST respond with an appropriate 4xx"),
	Since:  "0.3",
	Doc: `
An id that holds a whole state comes back in one request field. nginx, Apache, Tomcat and Jetty refuse heads or
fields of more than 8 KiB with 400 or 431, on which an EventSource gives up for good.

Counted is our own request with the id added; the cookies of a page come on top. An id no longer than one that was
seen to be taken on this very way is not flagged.`,
	Fix:   "Keep the state on the server and send a short name for it.",
	Good:  "id: 12\ndata: a\n\n",
	Bad:   "id: eyJzdGF0ZSI6… (9000 bytes)\ndata: a\n\n",
	Needs: control,
	Reads: []wire.Scene{wire.Reconnect, wire.Returns, wire.CrossResume},
	When:  []checks.Condition{checks.EventStream, byField, hasIDs},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		rest, taken, most := headOf(ev.Control()), longestTaken(ev), 0
		out := eachID(ev, "none too long", func(id []byte) string {
			most = max(most, len(id))
			if len(id) > taken && rest+len(id) > commonHead {
				return fmt.Sprintf("the id has %d bytes, so that the request that names it has a head of %d: many servers and proxies refuse more than %d", len(id), rest+len(id), commonHead)
			}
			return ""
		})
		if out.Verdict == checks.Pass {
			out.Reason += fmt.Sprintf(": the longest has %s", count(most, "byte"))
		}
		return out
	},
}

// headOf returns how many bytes the head of a request has, about, with a Last-Event-ID that is still empty.
func headOf(v *checks.View) int {
	r := v.Request
	n := len(r.Method) + len(r.URL) + len(" HTTP/1.1\r\n") + len("Last-Event-ID: \r\n\r\n") // the URL holds target and Host
	for _, f := range r.Header {
		n += len(f.Name) + len(": ") + len(f.Value) + len("\r\n")
	}
	return n
}

// longestTaken returns the length of the longest Last-Event-ID that was not refused.
func longestTaken(ev *checks.Evidence) int {
	n := 0
	for _, v := range answers(ev, wire.Reconnect, wire.Returns, wire.CrossResume) {
		if v.Status/100 == 2 {
			n = max(n, len(v.Request.Header.Get("Last-Event-ID")))
		}
	}
	return n
}

var idASCII = &checks.Check{
	ID:     "reconnect/id-ascii",
	Title:  "An id should hold ASCII characters only",
	Level:  checks.Advice,
	Clause: checks.RFC("9110", "5.5", "Specifications for newly defined fields SHOULD limit their values to visible US-ASCII octets (VCHAR), SP, and HTAB"),
	Since:  "0.3",
	Doc: `
An EventSource sends the id back as UTF-8. That is legal, but Node, Java and Python servers read request fields as
Latin-1 and look for another id, proxies may refuse the bytes, and a script's fetch() cannot send them: it writes
characters up to U+00FF as Latin-1, and throws at others.

A server that reads the bytes as UTF-8 knows its id again, so this is advice and no more.`,
	Fix:   "Build ids from ASCII letters and digits; percent-encode what they stand for.",
	Good:  "id: gr%C3%BCn-1\ndata: a\n\n",
	Bad:   "id: grün-1\ndata: a\n\n",
	Needs: control,
	When:  []checks.Condition{checks.EventStream, byField, hasIDs},
	After: []string{"framing/utf8", "framing/non-ascii-separators"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return eachID(ev, "all of ASCII", func(id []byte) string {
			if bytes.IndexFunc(id, func(r rune) bool { return r >= 0x80 }) >= 0 {
				return fmt.Sprintf("the id %.40q is not ASCII: many servers read it as another one when it comes back, and a script's fetch() cannot send it as it is", id)
			}
			return ""
		})
	},
}
