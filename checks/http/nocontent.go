package http

import (
	"bytes"
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// answered returns every answer with the given status, in whatever scene.
func answered(ev *checks.Evidence, status int) []*checks.View {
	var out []*checks.View
	for _, v := range ev.All() {
		if v.Status == status {
			out = append(out, v)
		}
	}
	return out
}

var stop204 = &checks.Check{
	ID:     "http/204-stops",
	Title:  "Where the endpoint tells an EventSource not to come back is told",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.1", "server-sent-events-intro", "a client can be told to stop reconnecting using the HTTP 204 No Content response code"),
	Since:  "0.1",
	Doc: `
Status 204 is the one agreed way to end a stream for good: after any other end an EventSource comes back.

It is not required. To close the EventSource in the page when a last event arrives is as good.`,
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Reconnect},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		switch again := ev.View(wire.Reconnect); {
		case ev.Control().Status == 204:
			return checks.Held(1, "the first request is answered 204: an EventSource stops before it began")
		case again != nil && again.Status == 204:
			return checks.Held(1, "who comes back after the end is answered 204: an EventSource stops for good")
		}
		return checks.Unconcerned("204 was not seen")
	},
}

var noContent204 = &checks.Check{
	ID:     "http/204-no-content",
	Title:  "A 204 answer must have no body, no Content-Length and no Transfer-Encoding",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "8.6", "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx (Informational) or 204 (No Content)"),
	Since:  "0.1",
	Doc: `
A 204 ends with its head (RFC 9110, 15.3.5). Bytes behind it are read as the next answer on the
connection; a length or a transfer coding (RFC 9112, 6.1) makes some clients wait for bytes that will not
come. Libraries hide such bytes, so the connection's own bytes are read here.

A Content-Length of 0 on the answer to OPTIONS is not flagged: common CORS middleware sends it, for old browsers that
wait without, and no client is known to mind.`,
	Fix:   "Send nothing but the head with 204; switch the framework's default body and framing off for it.",
	Good:  "HTTP/1.1 204 No Content\n\n",
	Bad:   "HTTP/1.1 204 No Content\nContent-Length: 0\n\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Reconnect, wire.Options},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all := answered(ev, 204)
		if len(all) == 0 {
			return checks.Unconcerned("no answer was 204")
		}
		var found []checks.Finding
		for _, v := range all {
			for _, name := range []string{"Content-Length", "Transfer-Encoding"} {
				i := v.Header.Index(name)
				if i < 0 || v.Request.Method == "OPTIONS" && v.Header[i].Value == "0" {
					continue
				}
				found = append(found, v.AtField(i, fmt.Sprintf("the 204 to %s has a %s", where(v), name)))
			}
			found = append(found, stray(v, "the 204 to "+where(v)+" has a body: a client takes it for the next answer")...)
		}
		return checks.Judged(len(all), found, "no 204 (%d seen) has a body or a field that announces one", len(all))
	},
}

// stray returns a finding on the bytes behind an answer that must end with its head. Bytes that are an
// answer of their own, such as a 408 before the server closes, are no body.
func stray(v *checks.View, message string) []checks.Finding {
	if v.Message == nil {
		if n := len(v.Text.Bytes); n > 0 {
			return []checks.Finding{v.At(0, n, message)}
		}
		return nil
	}
	o := v.Message.Odd(wire.NoBodyHasBytes)
	if o == nil || bytes.HasPrefix(v.RawBytes()[o.Lo:], []byte("HTTP/1.")) {
		return nil
	}
	return []checks.Finding{v.AtRaw(o.Lo, o.Hi, message)}
}

var noContent205 = &checks.Check{
	ID:     "http/205-no-content",
	Title:  "A 205 answer must have no content",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "15.3.6", "a server MUST NOT generate content in a 205 response"),
	Since:  "0.1",
	Doc: `
Status 205 tells a client to reset its form; clients may leave bytes behind it unread and then take them
for the next answer.

Its head may announce an empty body, by Content-Length: 0 or an empty chunked body: that is legal.`,
	Fix:   "Send 205 with an empty body, or send 200.",
	Good:  "HTTP/1.1 205 Reset Content\nContent-Length: 0\n\n",
	Bad:   "HTTP/1.1 205 Reset Content\nContent-Length: 3\n\nok\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Reconnect, wire.Options},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all := answered(ev, 205)
		if len(all) == 0 {
			return checks.Unconcerned("no answer was 205")
		}
		var found []checks.Finding
		for _, v := range all {
			if n := len(v.Text.Bytes); n > 0 {
				found = append(found, v.At(0, n, fmt.Sprintf("the 205 to %s has content", where(v))))
			}
		}
		return checks.Judged(len(all), found, "no 205 (%d seen) has content", len(all))
	},
}
