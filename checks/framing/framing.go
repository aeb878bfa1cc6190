// Package framing holds the checks on the event stream itself: its bytes, lines, fields and events.
//
// It imports checks, stream and wire.
package framing

import (
	"errors"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// Suite lists the family in reading order: first what makes the rest unreadable.
var Suite = checks.Suite{
	transportLeak,
	wrongFormat,
	foreignBlockMidstream,

	utf8Encoding,
	replacementChar,
	bomStartOnly,
	controlCharacters,

	lineEndings,
	loneCR,
	crOnlyLatency,
	nonASCIISeparators,
	lineSize,

	escapedNewline,
	blankLine,
	finalEventTerminated,

	fieldNameExact,
	unknownField,
	spaceAfterColon,
	repeatedField,
	comment,

	unprefixedContinuation,
	heartbeatSplitsEvent,
	doublePrefix,
	jsonPayload,

	typeSplit,
	eventWithoutData,
	eventNameEmpty,
	eventNameReserved,
	eventNameWhitespace,

	idNull,
	idEmpty,
	retryDigits,
	retryEmpty,

	doneMarker,
}

// control is the scene that all checks of the family read.
var control = []wire.Scene{wire.Control}

// readable is whom every check of the family concerns: streams of which something can be read.
var readable = []checks.Condition{
	checks.EventStream,
	{
		Says:  "the content coding could be removed",
		Else:  "the content coding could not be removed",
		Holds: func(ev *checks.Evidence) bool { return decoded(ev.Control()) },
	},
	{
		Says:  "body bytes came",
		Else:  "no body bytes",
		Holds: func(ev *checks.Evidence) bool { return len(ev.Control().Stream.Lines) > 0 },
	},
}

// decoded reports whether what there is of the text is what the server coded. A coding that stops
// short, or at our limit, leaves a shorter text and a true one.
func decoded(v *checks.View) bool {
	return v.CodingErr == nil || errors.Is(v.CodingErr, wire.ErrCodedCut) || errors.Is(v.CodingErr, wire.ErrDecodedLimit)
}

// ended reports whether the answer ended as HTTP prescribes, so far as can be seen.
func ended(v *checks.View) bool { return v.End.Kind == wire.Complete && v.CodingErr == nil }

// whole reports whether the server itself ended the text here. Where only the close of the connection
// ends a body, a lost connection looks the same, unless TLS says that the close was meant (RFC 9112, 9.8).
func whole(v *checks.View) bool {
	return ended(v) && (!closeDelimited(v) || v.TLS != nil && v.TLS.CloseNotify)
}

// closeDelimited reports whether the body lasts until the connection closes (RFC 9112, 6.3).
func closeDelimited(v *checks.View) bool {
	switch {
	case v.Message != nil:
		return v.Message.Framing == wire.Close
	case v.Proto == "HTTP/2.0":
		return false
	}
	return !v.Header.Has("Transfer-Encoding") && !v.Header.Has("Content-Length")
}
