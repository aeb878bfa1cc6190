package http

import (
	"bytes"
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var versionParity = &checks.Check{
	ID:     "http/version-parity",
	Title:  "A stream should be answered alike over HTTP/1.1 and HTTP/2",
	Level:  checks.Advice,
	Clause: checks.Practice(""),
	Since:  "0.1",
	Doc: `
An edge often has a configuration for each version, and clients cannot choose: browsers take HTTP/2 where
it is offered, many tools HTTP/1.1. Compared are status, media type, content coding, and whether the
same answer is cut short over one and looks whole over the other.

How fast the bytes come is compared by the rules on buffering. A rate limit or a server error is not
taken for a difference, since it may pass.`,
	Fix:   "Give both versions the same routes and the same rules at the edge.",
	Good:  "HTTP/1.1: 200 text/event-stream; HTTP/2: 200 text/event-stream",
	Bad:   "HTTP/1.1: 200 text/event-stream; HTTP/2: 404 text/html",
	Needs: []wire.Scene{wire.Control, wire.HTTP2},
	When: []checks.Condition{opened, {
		Says:  "the control answer came over HTTP/1.1",
		Else:  "there is one HTTP version only",
		Holds: func(ev *checks.Evidence) bool { return ev.Control().Proto != "HTTP/2.0" },
	}},
	Judge: judgeVersionParity,
}

func judgeVersionParity(ev *checks.Evidence) checks.Outcome {
	one, two := ev.Control(), ev.View(wire.HTTP2)
	coding, codingTwo := fmt.Sprint(one.Codings()), fmt.Sprint(two.Codings())
	switch {
	case two.Status == 0:
		return checks.Unseen("over HTTP/2 %s", unanswered(two))
	case two.Status == 429 || two.Status >= 500:
		return checks.Unseen("over HTTP/2 the answer was %d, which may pass", two.Status)
	case two.Status != one.Status:
		return checks.Broke(2, two.AtField(-1, fmt.Sprintf("the status is %d over HTTP/1.1 and %d over HTTP/2", one.Status, two.Status)))
	case two.Type.Essence != one.Type.Essence:
		return checks.Broke(2, two.AtField(two.Header.Index("Content-Type"), fmt.Sprintf("the media type is %q over HTTP/1.1 and %q over HTTP/2", one.Type.Essence, two.Type.Essence)))
	case codingTwo != coding:
		return checks.Broke(2, two.AtField(two.Header.Index("Content-Encoding"), fmt.Sprintf("the content codings are %s over HTTP/1.1 and %s over HTTP/2, for the same Accept-Encoding", coding, codingTwo)))
	}
	if n := len(two.Text.Bytes); len(one.Stream.Events) > 1 && len(two.Stream.Events) == 0 && n >= one.Stream.Events[1].Hi {
		return checks.Broke(2, two.At(0, n, fmt.Sprintf("over HTTP/2 %d bytes came and not one event, over HTTP/1.1 there are events", n)))
	}
	if lost := cutMadeClean(one, two); lost != nil {
		return checks.Broke(2, *lost)
	}
	return checks.Held(2, "both versions answer %d with %s", one.Status, one.Type.Essence)
}

// cutMadeClean points at the end over HTTP/2 where the same bytes were cut short over HTTP/1.1 and end in
// good order over HTTP/2: an edge passes a loss off as an end.
func cutMadeClean(one, two *checks.View) *checks.Finding {
	a, b := one.Text.Bytes, two.Text.Bytes
	if one.End.Kind != wire.Truncated || two.End.Kind != wire.Complete || len(a) == 0 || len(b) == 0 {
		return nil
	}
	if !bytes.HasPrefix(a, b) && !bytes.HasPrefix(b, a) {
		return nil
	}
	f := two.At(len(b), len(b), "over HTTP/1.1 the answer is cut short here, over HTTP/2 it looks whole: a browser cannot tell that something is missing")
	f.At = two.End.At
	return &f
}
