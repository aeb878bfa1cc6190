package http

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var lengthAndChunked = &checks.Check{
	ID:     "http/length-and-chunked",
	Title:  "An answer must not have both Content-Length and Transfer-Encoding",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "6.2", "A sender MUST NOT send a Content-Length header field in any message that contains a Transfer-Encoding header field"),
	Since:  "0.1",
	Doc: `
Two recipients that believe different fields disagree where the answer ends. This is how responses are
smuggled, so proxies refuse the message or close the connection behind it.

Most client libraries drop the length without a word; here the raw bytes are read. Every HTTP/1.x
answer of the run is looked at.`,
	Fix:   "Drop Content-Length from streamed answers; look for middleware that adds it from a wrapped response.",
	Good:  "Transfer-Encoding: chunked\n",
	Bad:   "Content-Length: 42\nTransfer-Encoding: chunked\n",
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range messages(ev) {
			length, coding := v.Header.Index("Content-Length"), v.Header.Index("Transfer-Encoding")
			if length < 0 && coding < 0 {
				continue
			}
			seen++
			if length >= 0 && coding >= 0 {
				found = append(found, v.AtField(length, "Content-Length stands beside Transfer-Encoding: recipients do not agree where the body ends"))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no HTTP/1.x answer has a Content-Length or a Transfer-Encoding")
		}
		return checks.Judged(seen, found, "answers with one of the two fields, none with both")
	},
}

var contentLengthExact = &checks.Check{
	ID:     "http/content-length-exact",
	Title:  "The body must have exactly as many bytes as Content-Length says",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "8", "A message that uses a valid Content-Length is incomplete if the size of the message body received … is less than the value given by Content-Length"),
	Since:  "0.1",
	Doc: `
A body that is shorter is an incomplete message, and fetch reports an error in place of its end. What
is longer is never read, or read as the next answer. In HTTP/2 a wrong length makes the whole answer malformed.

Bytes are counted before content decoding. A body that we left, or that a reset cut off, is not judged,
nor is an answer to HEAD or another one without a body. An unasked answer behind the
message, such as the 408 of an idle connection, does not count as body.`,
	Fix:   "Let the HTTP library compute Content-Length from the bytes that are sent, or stream without it.",
	Good:  "Content-Length: 9\n\ndata: a\n\n",
	Bad:   "Content-Length: 12\n\ndata: a\n\n",
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		announced, seen := 0, 0
		for _, v := range ev.All() {
			if !announcesLength(v) || !atEase(v) {
				continue
			}
			announced++
			f, counted := lengthFault(v)
			if counted {
				seen++
			}
			found = append(found, f...)
		}
		switch {
		case announced == 0:
			return checks.Unconcerned("no answer with a body announces its length")
		case seen == 0:
			return checks.Unseen("no body of announced length was watched to its end")
		}
		return checks.Judged(seen, found, "bodies of the announced length")
	},
}

// announcesLength reports whether Content-Length is what tells the end of the body.
func announcesLength(v *checks.View) bool {
	switch {
	case !v.Header.Has("Content-Length") || v.Header.Has("Transfer-Encoding"):
		return false
	case v.Request.Method == "HEAD" || v.Status < 200 || v.Status == 204 || v.Status == 304:
		return false
	}
	return v.Proto == "HTTP/2.0" || hasMessage(v)
}

// lengthFault compares a body with what was announced; counted is false where its end was not seen.
func lengthFault(v *checks.View) (found []checks.Finding, counted bool) {
	if v.Message == nil {
		return lengthFault2(v)
	}
	if v.Message.Odd(wire.ConflictLength) != nil {
		return []checks.Finding{v.AtField(v.Header.Index("Content-Length"),
			"Content-Length is not one number: a client cannot tell where the body ends")}, true
	}
	if odd := v.Message.Odd(wire.ShortBody); odd != nil && v.End.Kind == wire.Truncated {
		return []checks.Finding{v.AtRaw(odd.Lo, odd.Hi, "the connection was closed too early: "+odd.Note)}, true
	}
	if odd := v.Message.Odd(wire.BodyAfterEnd); odd != nil && !isAnswer(v.RawBytes()[odd.Lo:odd.Hi]) {
		return []checks.Finding{v.AtRaw(odd.Lo, odd.Hi,
			fmt.Sprintf("%d bytes follow the %d that Content-Length announced: no client reads them as part of the answer", odd.Hi-odd.Lo, v.Message.Length))}, true
	}
	return nil, v.End.Kind == wire.Complete
}

// lengthFault2 is lengthFault for HTTP/2, where padding does not count (RFC 9113, 8.1.1).
func lengthFault2(v *checks.View) (found []checks.Finding, counted bool) {
	if v.End.Kind != wire.Complete {
		return nil, false
	}
	n := size(v.Body)
	for _, t := range v.Header.Tokens("Content-Length") {
		if t != fmt.Sprint(n) {
			return []checks.Finding{v.AtField(v.Header.Index("Content-Length"),
				fmt.Sprintf("Content-Length is %q and %d bytes came: over HTTP/2 that makes the answer malformed", t, n))}, true
		}
	}
	return nil, true
}
