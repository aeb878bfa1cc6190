// Package stream reads a body as lines and events, without ever failing and without judging.
//
// For event streams it follows HTML 9.2.5 and 9.2.6
// (https://html.spec.whatwg.org/multipage/server-sent-events.html) to the letter and
// keeps everything the standard throws away: every line with its terminator and offset,
// comments, unknown fields, the unfinished rest. A stray field is a [Line] like any other;
// whether it is a mistake is for the checks to say.
//
// This package imports nothing else of this module.
package stream

// Syntax is how a body is divided into items.
type Syntax uint8

// The syntaxes.
const (
	EventStream Syntax = iota + 1 // text/event-stream
	NDJSON                        // one JSON text a line
	JSONSeq                       // RFC 7464: RS before, LF after each text
	Text                          // anything else: lines only
)

// A Line is one line of a body. Lo and Hi are byte offsets, Hi behind the terminator.
type Line struct {
	Lo, Hi int
	Colon  int  // offset of the colon that ends the name; -1 if the line has none. EventStream only
	End    Term // how the line ended
}

// Term is a line terminator.
type Term uint8

// The terminators. A line without one is the unfinished rest of a body.
const (
	None Term = iota
	LF
	CR
	CRLF
)

// Len returns the terminator's length in bytes.
func (t Term) Len() int { return [...]int{0, 1, 1, 2}[t] }

// An Event is one item that a reader hands to its program: for an event stream, what
// HTML 9.2.6 dispatches. Lo and Hi span its block, blank line included.
//
// Type, Data and ID are the bytes as sent; a browser replaces what is not UTF-8 by U+FFFD, see [Decode].
type Event struct {
	Lo, Hi int
	Type   []byte // the event type buffer; empty means "message"
	Data   []byte
	ID     []byte // the last event ID string in force when the event was dispatched
}

// Name returns the event's type as a listener sees it.
func (e Event) Name() string {
	if len(e.Type) == 0 {
		return "message"
	}
	return Decode(e.Type)
}

// A Stream is a whole body, read. Lines cover it without gap or overlap, a byte order mark at
// the start excepted.
type Stream struct {
	Syntax Syntax
	Body   []byte
	Lines  []Line
	Events []Event
	Tail   int    // offset where the block begins that the end of the body left unfinished; len(Body) if none
	BOM    bool   // the body begins with a byte order mark
	ID     []byte // the last event ID string at the end: the cursor of a reconnect
	Retry  int64  // the reconnection time in force at the end, in milliseconds; -1 if never set
}
