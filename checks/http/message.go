package http

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// messageChecks are the checks on how an answer is framed and how its connection ends.
var messageChecks = checks.Suite{
	explicitFraming,
	chunkSyntax,
	chunkTerminator,
	lengthAndChunked,
	contentLengthExact,
	h10NoChunked,
	closeAnnounced,
	transferCodingCompress,
	interimResponses,
	trailers,
	tlsCloseNotify,
	h2ConnectionFields,
	h2FieldValidity,
	h2CleanEnd,
	h2ResetCode,
	h2GoAway,
	h2ConcurrentStreams,
	h2FlowControl,
	alpnDowngrade,
}

// hasMessage reports whether a whole head came as raw HTTP/1.x bytes.
func hasMessage(v *checks.View) bool { return v.Message != nil && v.Message.Head.Hi > 0 }

// messages returns every HTTP/1.x answer of the run whose raw bytes were kept, in all scenes.
func messages(ev *checks.Evidence) []*checks.View {
	return slices.DeleteFunc(ev.All(), func(v *checks.View) bool { return !hasMessage(v) })
}

// strained are the scenes in which a server may cut an answer short for a reason of ours.
var strained = []wire.Scene{wire.HalfClose, wire.SlowRead, wire.Crowd, wire.Churn}

// atEase reports whether nothing that we did invites the server to cut the answer short.
func atEase(v *checks.View) bool { return v.Fault == nil && !slices.Contains(strained, v.Scene) }

// noBytes is the outcome where the verdict is in raw bytes that were not kept.
func noBytes() checks.Outcome {
	return checks.Unseen("no raw bytes of the answer's head were recorded")
}

var explicitFraming = &checks.Check{
	ID:     "http/explicit-framing",
	Title:  "An HTTP/1.1 stream should say itself where its body ends",
	Level:  checks.Should,
	Clause: checks.RFC("9112", "6.3", "a server SHOULD generate encoding or length-delimited messages whenever possible"),
	Since:  "0.1",
	Doc: `
A body that ends when its connection does looks the same whether it is whole or was cut on the way:
no client can tell a finished answer from a lost one. Chunked coding or Content-Length can be told.

HTTP/1.0 answers are not judged, for they know no chunked coding; HTTP/2 marks the end by itself.
The authoring notes of HTML 9.2.7 allow chunking to be switched off where it delays events.`,
	Fix:   "Send Transfer-Encoding: chunked and flush after each event; behind a proxy, let it speak HTTP/1.1 to the origin.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n",
	Bad:   "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nConnection: close\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.HTTP1},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		if !hasMessage(v) {
			return noBytes()
		}
		switch m := v.Message; {
		case m.Proto != "HTTP/1.1":
			return checks.Unconcerned("the answer is %s, which knows no chunked coding", m.Proto)
		case m.Framing == wire.NoBody:
			return checks.Unconcerned("an answer %d has no body", m.Status)
		case m.Framing == wire.Chunked:
			return checks.Held(1, "the body is chunked")
		case m.Framing == wire.Length:
			return checks.Held(1, "Content-Length announces %d bytes", m.Length)
		}
		return checks.Broke(1, v.AtField(-1, "only the end of the connection ends the body: a client cannot tell a whole answer from one that was cut"))
	},
}

var closeAnnounced = &checks.Check{
	ID:     "http/close-announced",
	Title:  "The last answer on a connection should carry Connection: close",
	Level:  checks.Should,
	Clause: checks.RFC("9112", "9.6", "A sender SHOULD send a Connection header field … containing the \"close\" connection option when it intends to close a connection"),
	Since:  "0.1",
	Doc: `
A client that is not told keeps the connection for its next request, which then fails or must be sent
twice; a POST cannot be.

Judged are bodies that end with the connection and, over TLS, where the end is seen, connections that
are closed right behind a whole answer. Answers in HTTP/1.0 need no word: there closing is the rule.`,
	Fix:   "Send Connection: close with an answer behind which the connection is closed, or keep the connection open.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nConnection: close\n",
	Bad:   "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n(no length, no coding, and no word on closing)",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.HTTP1},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		if !hasMessage(v) {
			return noBytes()
		}
		delimits := v.Message.Framing == wire.Close
		closed := v.TLS != nil && v.TLS.Closed && v.End.Kind == wire.Complete
		announced := slices.Contains(v.Header.Tokens("Connection"), "close")
		switch {
		case v.Proto != "HTTP/1.1" || v.Status == 101:
			return checks.Unconcerned("the answer is not an HTTP/1.1 message that leaves the connection open")
		case !delimits && !closed:
			return checks.Unconcerned("the connection was not seen to close behind the answer")
		case announced:
			return checks.Held(1, "Connection: close announces the end of the connection")
		case delimits:
			return checks.Broke(1, v.AtField(-1, "the body ends with the connection and no Connection: close says so"))
		}
		return checks.Broke(1, v.AtField(-1, "the connection was closed right behind the answer and no Connection: close said so: a client would send its next request into it"))
	},
}
