package http

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// streams reports whether an answer is a stream that its client can read.
func streams(v *checks.View) bool {
	return v != nil && v.Status == 200 && stream.SyntaxOf(v.Type.Essence) != stream.Text
}

// opened is the condition of checks that compare other answers with the stream.
var opened = checks.Condition{
	Says:  "the control request was answered 200 with a stream",
	Else:  "no stream was opened",
	Holds: func(ev *checks.Evidence) bool { return streams(ev.Control()) },
}

// forEventSource is the condition of checks on what only an EventSource insists on: a script that
// reads the stream with fetch decides for itself which answers it accepts.
var forEventSource = checks.Condition{
	Says:  "the stream is made for EventSource",
	Else:  "the stream is not made for EventSource, and other clients accept any 2xx",
	Holds: func(ev *checks.Evidence) bool { return ev.Method() == "GET" && ev.Profile() == "eventsource" },
}

// excused returns why an answer without a stream says nothing against the endpoint, or "".
func excused(v *checks.View) string {
	switch v.Status {
	case 204:
		return "status 204 tells an EventSource not to come back: there is nothing to stream at the moment"
	case 401, 407:
		return fmt.Sprintf("the endpoint needs authentication (status %d): give credentials with -H 'Authorization: …' or -H 'Cookie: …'", v.Status)
	case 403:
		return "status 403 may mean missing credentials: give them with -H 'Authorization: …' or -H 'Cookie: …'"
	}
	return ""
}

// unanswered says what came in place of an answer.
func unanswered(v *checks.View) string {
	switch {
	case v.Message != nil && v.Message.Odd(wire.BadStatusLine) != nil:
		return "what came is no HTTP answer"
	case v.End.Kind.ServerEnded():
		return "the connection ended without an answer"
	}
	return fmt.Sprintf("no answer came in %v", checks.Brief(v.End.At))
}

// limited reports whether an answer may be owed to the number of our requests, or to a fault that passes.
// 501 and 505 are about the request itself.
func limited(v *checks.View) bool {
	return v != nil && (v.Status == 429 || v.Status >= 500 && v.Status != 501 && v.Status != 505)
}

// overRate is the outcome where such an answer took the place of the one that would tell.
func overRate(v *checks.View) checks.Outcome {
	return checks.Unseen("the request was answered %d, perhaps because our rate is limited", v.Status)
}

// where names a scene and the request made in it.
func where(v *checks.View) string { return fmt.Sprintf("%s (scene %s)", v.Request.Method, v.Scene) }
