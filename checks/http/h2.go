package http

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// over2 returns every HTTP/2 answer of the run, with or without a head.
func over2(ev *checks.Evidence) []*checks.View {
	var out []*checks.View
	for _, v := range ev.All() {
		if v.Proto == "HTTP/2.0" || v.Proto == "" && v.Request.Proto == "HTTP/2.0" {
			out = append(out, v)
		}
	}
	return out
}

// eachField2 calls f with every field of every HTTP/2 answer, and a finding on it to be given its
// message; it returns how many there are.
func eachField2(ev *checks.Evidence, f func(wire.Field, checks.Finding)) (seen int) {
	for _, v := range over2(ev) {
		for i, field := range v.Header {
			f(field, v.AtField(i, ""))
		}
		for _, field := range v.Trailer {
			f(field, atTrailer(v, ""))
		}
		seen += len(v.Header) + len(v.Trailer)
	}
	return seen
}

var h2ConnectionFields = &checks.Check{
	ID:     "http/h2-connection-fields",
	Title:  "An HTTP/2 answer must not have connection-specific fields",
	Level:  checks.Must,
	Clause: checks.RFC("9113", "8.2.2", "An endpoint MUST NOT generate an HTTP/2 message containing connection-specific header fields"),
	Since:  "0.1",
	Doc: `
Connection, Keep-Alive, Proxy-Connection, Transfer-Encoding and Upgrade make an HTTP/2 answer
malformed. Safari and curl reset the stream, other clients do not notice: the endpoint works everywhere
but there.

On HTTP/1.1 the same lines are fine.`,
	Fix:   "Do not set Connection: keep-alive or Transfer-Encoding by hand; let the server write them where the version has them.",
	Good:  ":status: 200\ncontent-type: text/event-stream\n",
	Bad:   ":status: 200\ncontent-type: text/event-stream\nconnection: keep-alive\n",
	Needs: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := eachField2(ev, func(f wire.Field, at checks.Finding) {
			if connectionFields[strings.ToLower(f.Name)] {
				at.Message = fmt.Sprintf("%q makes the answer malformed: Safari and curl reset the stream", f.Name)
				found = append(found, at)
			}
		})
		if seen == 0 {
			return checks.Unseen("no head came over HTTP/2")
		}
		return checks.Judged(seen, found, "fields over HTTP/2, none of them about the connection")
	},
}

var connectionFields = map[string]bool{
	"connection": true, "keep-alive": true, "proxy-connection": true, "transfer-encoding": true, "upgrade": true,
}

var h2FieldValidity = &checks.Check{
	ID:     "http/h2-field-validity",
	Title:  "Names of HTTP/2 fields must be lower-case tokens, and values must not begin or end with white space or hold CR, LF or NUL",
	Level:  checks.Must,
	Clause: checks.RFC("9113", "8.2.1", "A field name MUST NOT contain characters in the ranges 0x00-0x20, 0x41-0x5a, or 0x7f-0xff"),
	Since:  "0.1",
	Doc: `
Such a field makes the whole answer malformed: clients reset the stream with PROTOCOL_ERROR before a
script sees anything. It happens where a gateway copies an HTTP/1.1 head as it is.

Letter case inside of values is free, and on HTTP/1.1 that of names too.`,
	Fix:   "Write field names in lower case and trim values before they go into an HTTP/2 answer.",
	Good:  "content-type: text/event-stream\n",
	Bad:   "Content-Type: text/event-stream\n",
	Needs: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := eachField2(ev, func(f wire.Field, at checks.Finding) {
			if at.Message = fieldFault2(f); at.Message != "" {
				found = append(found, at)
			}
		})
		if seen == 0 {
			return checks.Unseen("no head came over HTTP/2")
		}
		return checks.Judged(seen, found, "fields over HTTP/2, each well formed")
	},
}

func fieldFault2(f wire.Field) string {
	const fate = ": a client resets the stream"
	switch {
	case strings.HasPrefix(f.Name, ":"):
		return fmt.Sprintf("the pseudo-header field %q has no place in an answer%s", f.Name, fate)
	case strings.ContainsFunc(f.Name, func(r rune) bool { return 'A' <= r && r <= 'Z' }):
		return fmt.Sprintf("the field name %q has capital letters%s", f.Name, fate)
	case !wire.IsToken(f.Name):
		return fmt.Sprintf("the field name %q is no token%s", f.Name, fate)
	case strings.ContainsAny(f.Value, "\r\n\x00"):
		return fmt.Sprintf("the value of %s holds CR, LF or NUL%s", f.Name, fate)
	case strings.Trim(f.Value, " \t") != f.Value:
		return fmt.Sprintf("the value of %s begins or ends with white space%s", f.Name, fate)
	}
	return ""
}
