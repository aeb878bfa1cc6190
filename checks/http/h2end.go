package http

import (
	"fmt"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// errorCodes are the error codes of HTTP/2 by number (RFC 9113, 7).
var errorCodes = [...]string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
	"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
	"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

const (
	refusedStream   = 0x7
	enhanceYourCalm = 0xb
)

func codeName(code uint32) string {
	if code < uint32(len(errorCodes)) {
		return errorCodes[code]
	}
	return fmt.Sprintf("code %#x", code)
}

// frameOf returns the last frame of a type, or nil.
func frameOf(v *checks.View, typ string) *wire.Frame {
	for i, f := range slices.Backward(v.Frames) {
		if f.Type == typ {
			return &v.Frames[i]
		}
	}
	return nil
}

// streamOf returns the number of the stream that carried the answer; if none came, that of the first
// one that a client can open (RFC 9113, 5.1.1).
func streamOf(v *checks.View) uint32 {
	for _, f := range v.Frames {
		if f.Type == "HEADERS" {
			return f.Stream
		}
	}
	return 1
}

// watched2 returns the answers over HTTP/2 that nothing of ours disturbed.
func watched2(ev *checks.Evidence) []*checks.View {
	return slices.DeleteFunc(over2(ev), func(v *checks.View) bool { return !atEase(v) })
}

// atEnd points behind the last byte of the body.
func atEnd(v *checks.View, message string) checks.Finding {
	f := v.At(len(v.Text.Bytes), len(v.Text.Bytes), message)
	f.At = v.End.At
	return f
}

var h2CleanEnd = &checks.Check{
	ID:     "http/h2-clean-end",
	Title:  "A server that ends an HTTP/2 stream must do so with END_STREAM",
	Level:  checks.Must,
	Clause: checks.RFC("9113", "8.1", "the last frame in the sequence bears an END_STREAM flag"),
	Since:  "0.1",
	Doc: `
RST_STREAM, or a connection that is closed, before END_STREAM leaves the answer incomplete, also with the code
NO_ERROR: fetch fails, and EventSource cannot tell the end from a crash.

A reset of the TCP connection may come from the path and is not judged, nor is a stream that was refused
before its answer began. RST_STREAM behind END_STREAM is legal.`,
	Fix:   "End the response through the HTTP library; where a gateway's time limit resets streams, raise it or end them before.",
	Good:  "HEADERS, DATA, DATA, DATA (END_STREAM)",
	Bad:   "HEADERS, DATA, DATA, RST_STREAM (NO_ERROR)",
	Needs: []wire.Scene{wire.HTTP2},
	After: []string{"http/chunk-terminator"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		ended := 0
		for _, v := range watched2(ev) {
			if v.Status == 0 {
				continue
			}
			switch rst := frameOf(v, "RST_STREAM"); {
			case v.End.Kind == wire.Complete:
				ended++
			case idleCut(ev, v) > 0: // by something on the way, between two events
			case v.End.Kind == wire.Reset && rst != nil:
				found = append(found, atEnd(v, fmt.Sprintf("RST_STREAM (%s) came before END_STREAM: the answer is incomplete", codeName(rst.Code))))
			case v.End.Kind == wire.Truncated:
				found = append(found, atEnd(v, "the connection was closed before END_STREAM: the answer is incomplete"))
			}
		}
		if ended+len(found) == 0 {
			return checks.Unconcerned("the server ended no stream over HTTP/2 while it was watched")
		}
		return checks.Judged(ended+len(found), found, "streams ended with END_STREAM")
	},
}

var h2ResetCode = &checks.Check{
	ID:     "http/h2-reset-code",
	Title:  "A stream whose answer has begun should not be reset with REFUSED_STREAM",
	Level:  checks.Advice,
	Clause: checks.RFC("9113", "8.7", "If frames that are on a stream are passed to the application layer for any stream, then REFUSED_STREAM MUST NOT be used for that stream"),
	Since:  "0.1",
	Doc: `
The code says that nothing was processed, so a client may send even a POST again: the answer is
generated, and billed, twice.

Other codes are told and not judged. CANCEL or INTERNAL_ERROR after a round number of seconds is
mostly a time limit at the edge, ENHANCE_YOUR_CALM a rate limit.`,
	Fix:   "Reset with CANCEL or INTERNAL_ERROR once the answer has begun.",
	Good:  "HEADERS, DATA, RST_STREAM (INTERNAL_ERROR)",
	Bad:   "HEADERS, DATA, RST_STREAM (REFUSED_STREAM)",
	Needs: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen, told := 0, ""
		for _, v := range over2(ev) {
			rst := frameOf(v, "RST_STREAM")
			if rst == nil {
				continue
			}
			seen++
			told = fmt.Sprintf("%s after %v", codeName(rst.Code), checks.Brief(rst.At))
			if rst.Code == enhanceYourCalm {
				told += ", which is how rate limits speak"
			}
			if rst.Code == refusedStream && v.Status != 0 {
				found = append(found, atEnd(v, "REFUSED_STREAM says that nothing was processed, though the answer had begun: a client sends the request again"))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("the server reset no stream")
		}
		return checks.Judged(seen, found, "a stream was reset with %s", told)
	},
}

var h2GoAway = &checks.Check{
	ID:     "http/h2-goaway",
	Title:  "A server that closes an HTTP/2 connection should send GOAWAY first and let open streams finish",
	Level:  checks.Should,
	Clause: checks.RFC("9113", "6.8", "Endpoints SHOULD always send a GOAWAY frame before closing a connection so that the remote peer can know whether a stream has been partially processed"),
	Since:  "0.1",
	Doc: `
Without GOAWAY a client cannot know which of its requests were taken up, so it repeats none or all.

Only connections that were closed in good order, or that showed a GOAWAY, are judged: a restart is rarely
seen from outside. GOAWAY as such is no mistake, and a stream that it declines may end as it likes. It is
asked for also where a stream of ours was left unread: closing for that reason is no less final.`,
	Fix:   "Shut down gracefully: send GOAWAY, wait for open streams or end them with END_STREAM, then close.",
	Good:  "HEADERS, DATA, GOAWAY (last stream 1), DATA (END_STREAM)",
	Bad:   "HEADERS, DATA (connection closed)",
	Needs: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range over2(ev) {
			away, closed := frameOf(v, "GOAWAY"), v.End.Kind == wire.Truncated
			if away == nil && !closed {
				continue
			}
			seen++
			cut := closed || v.End.Kind == wire.Reset && frameOf(v, "RST_STREAM") != nil
			switch {
			case away == nil:
				found = append(found, atEnd(v, "the connection was closed under an open stream without GOAWAY: a client cannot know what was processed"))
			case cut && away.Last >= streamOf(v):
				found = append(found, atEnd(v, fmt.Sprintf("GOAWAY (%s) promised to finish the stream, which was then cut", codeName(away.Code))))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no HTTP/2 connection was closed, or about to be, while it was watched")
		}
		return checks.Judged(seen, found, "GOAWAY came first, and the streams it promised to finish were not cut")
	},
}
