package http

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var h10NoChunked = &checks.Check{
	ID:     "http/h10-no-chunked",
	Title:  "An answer to an HTTP/1.0 request, or in HTTP/1.0, must not have a Transfer-Encoding",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "6.1", "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding request indicates HTTP/1.1 (or later minor revisions)"),
	Since:  "0.1",
	Doc: `
An HTTP/1.0 client, and many a proxy still is one towards its origin, knows no chunks: their sizes
appear as lines between the events. An HTTP/1.0 answer with Transfer-Encoding is read by one recipient
so and by the next one otherwise.

A server may refuse HTTP/1.0 with 426, 505 or any other error. A rate limit (429) and a server error
leave the question open.`,
	Fix:   "Answer HTTP/1.0 requests without Transfer-Encoding and close the connection at the end, or refuse them with 426.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nConnection: close\n",
	Bad:   "HTTP/1.0 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n",
	Needs: []wire.Scene{wire.HTTP10},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		for _, v := range ev.All() {
			i := v.Header.Index("Transfer-Encoding")
			switch {
			case i < 0:
			case v.Proto == "HTTP/1.0":
				found = append(found, v.AtField(i, "an HTTP/1.0 answer carries Transfer-Encoding: recipients do not agree where its body ends"))
			case v.Request.Proto == "HTTP/1.0" && !refused(ev, v) && !limited(v):
				found = append(found, v.AtField(i, "an HTTP/1.0 client is sent a transfer coding: one that knows none reads chunk sizes as data"))
			}
		}
		v := ev.View(wire.HTTP10)
		switch {
		case len(found) > 0:
			return checks.Judged(len(found), found, "")
		case v.Status == 0 && !v.End.Kind.ServerEnded():
			return checks.Unseen("the request as HTTP/1.0 was not answered in %v", checks.Brief(v.End.At))
		case limited(v):
			return overRate(v)
		case v.Status == 0 || refused(ev, v):
			return checks.Unconcerned("the server refuses HTTP/1.0")
		}
		return checks.Held(1, "the answer to HTTP/1.0 has no Transfer-Encoding")
	},
}

// refused reports whether the request was turned down for being HTTP/1.0.
func refused(ev *checks.Evidence, v *checks.View) bool {
	c := ev.Control()
	return v.Status == 426 || v.Status == 505 || v.Status >= 400 && (c == nil || c.Status < 400)
}

var transferCodingCompress = &checks.Check{
	ID:     "http/transfer-coding-compress",
	Title:  "A stream must not have a transfer coding but chunked, unless the client asked for it with TE",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "7.4", "If the TE field value is empty or if no TE field is present, the only acceptable transfer coding is chunked."),
	Since:  "0.1",
	Doc: `
No browser and hardly a library asks for a transfer coding, or could undo one: to them the answer is
an error or noise. Nor may chunked be applied twice.

Content codings (Content-Encoding) are another matter. The old word identity does nothing and is not held
against a server. Every HTTP/1.x answer of the run is looked at.`,
	Fix:   "Compress with Content-Encoding, where Accept-Encoding allows it, and send Transfer-Encoding: chunked alone.",
	Good:  "Content-Encoding: gzip\nTransfer-Encoding: chunked\n",
	Bad:   "Transfer-Encoding: gzip, chunked\n",
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range messages(ev) {
			codings := v.Header.Tokens("Transfer-Encoding")
			if len(codings) == 0 {
				continue
			}
			seen++
			if why := codingFault(v.Request.Header, codings); why != "" {
				found = append(found, v.AtField(v.Header.Index("Transfer-Encoding"), why))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no answer has a Transfer-Encoding")
		}
		return checks.Judged(seen, found, "answers with a transfer coding, all of them chunked alone")
	},
}

// codingFault says what is wrong with the transfer codings of an answer, or "".
func codingFault(request wire.Header, codings []string) string {
	chunked := 0
	for _, c := range codings {
		name, _, _ := strings.Cut(c, ";")
		switch name = strings.TrimSpace(name); {
		case name == "chunked":
			chunked++
		case name == "identity":
		case !slices.ContainsFunc(request.Tokens("TE"), func(t string) bool { return t == name || strings.HasPrefix(t, name+";") }):
			return fmt.Sprintf("the transfer coding %q was not asked for: a client cannot read the body", name)
		}
	}
	if chunked > 1 {
		return "chunked is applied more than once: a client reads the inner chunk sizes as part of the stream"
	}
	return ""
}
