package stream

import "math"

// A Reader hands out the events of a stream while it comes, each as soon as the byte that completes
// it is written: for an event stream the blank line's LF or CR, never the byte after it. It holds
// nothing but the event in progress, and allocates only to make room for a longer one than any before.
//
// The events are those of [Parse] for everything written so far, with one exception: where a Write
// ends between the CR and the LF of a blank line, Hi does not count the LF.
type Reader struct {
	MaxEvent int // how many bytes a block, line or element may have and be read; 0 is no limit
	Dropped  int // how many had more. Neither their events nor their ids are taken

	syntax Syntax
	emit   func(*Event)
	event  Event  // what emit is given
	limit  int    // MaxEvent, or more than any length
	base   int    // offset in the stream of the first byte of the Write in progress
	marks  int    // how many bytes of a byte order mark the stream began with
	begun  bool   // the stream is past its byte order mark
	lo     int    // offset where the block, line or element in progress begins
	over   bool   // it is longer than limit
	held   []byte // what earlier writes brought of its line in progress

	// Of an event stream.
	endedCR   bool // the last byte written was a CR: an LF now belongs to it
	data, typ buffer
	id        *buffer // the last event ID string
	nextID    *buffer // what the block in progress will make of it
	retry     int64

	// Of a JSON text sequence.
	inElement bool
	text      jsonText
}

// NewReader returns a Reader that calls emit for each event. The event and what its slices hold are
// valid during the call only.
func NewReader(sx Syntax, emit func(*Event)) *Reader {
	return &Reader{syntax: sx, emit: emit, id: new(buffer), nextID: new(buffer), retry: -1}
}

// ID returns the last event ID string in force, nil if no id field has taken effect so far. It is
// valid until the next Write.
func (r *Reader) ID() []byte { return r.id.b }

// Retry returns the reconnection time in force, in milliseconds; -1 if never set.
func (r *Reader) Retry() int64 { return r.retry }

// Write takes the next bytes of the stream. It neither changes nor keeps them, and never fails.
func (r *Reader) Write(b []byte) (int, error) {
	n := len(b)
	if !r.begun {
		b = r.skipBOM(b)
	}
	r.read(b)
	return n, nil
}

// Close ends the stream. It delivers the last element of a JSON text sequence if that is complete
// without its LF; in the other syntaxes the end of a stream completes nothing.
func (r *Reader) Close() error {
	if r.inElement && r.text.delimits() {
		r.endElement(nil, r.base)
	}
	return nil
}

// skipBOM returns b without the byte order mark that may begin the stream, whole or in pieces.
func (r *Reader) skipBOM(b []byte) []byte {
	for len(b) > 0 && r.marks < len(bom) && b[0] == bom[r.marks] {
		r.marks++
		b = b[1:]
	}
	if len(b) == 0 {
		return nil
	}
	r.begun = true
	if r.marks == len(bom) {
		r.base, r.lo = len(bom), len(bom)
	} else {
		r.read([]byte(bom[:r.marks])) // it was no mark
	}
	return b
}

// read is Write behind the byte order mark.
func (r *Reader) read(b []byte) {
	if len(b) == 0 {
		return
	}
	r.limit = math.MaxInt
	if r.MaxEvent > 0 {
		r.limit = r.MaxEvent
	}
	switch r.syntax {
	case EventStream:
		r.readLines(b)
	case NDJSON:
		r.readTexts(b)
	case JSONSeq:
		r.readElements(b)
	}
	r.base += len(b)
}

// hold keeps what a Write leaves of a line for the next one; end is the offset where it ends.
func (r *Reader) hold(rest []byte, end int) {
	if r.exceeds(end) {
		r.held = r.held[:0]
		rest = rest[:min(1, len(rest))] // enough to know that the line is not blank
	}
	r.held = append(r.held, rest...)
}

// whole returns the line in progress, of which rest is the end. It is valid during this Write.
func (r *Reader) whole(rest []byte, end int) []byte {
	if r.exceeds(end) || len(r.held) == 0 {
		return rest
	}
	r.held = append(r.held, rest...)
	line := r.held
	r.held = r.held[:0]
	return line
}

// exceeds reports whether what is in progress is too long, now that it reaches to end.
func (r *Reader) exceeds(end int) bool {
	if end-r.lo > r.limit {
		r.over = true
	}
	return r.over
}

// fits reports whether what is now complete was short enough, and makes ready for the next.
func (r *Reader) fits() bool {
	fits := !r.over
	if r.over {
		r.Dropped++
	}
	r.over = false
	r.held = r.held[:0]
	return fits
}

// fill makes the event that reaches from lo to hi, for emit.
func (r *Reader) fill(hi int, typ, data []byte) *Event {
	e := &r.event
	// One by one: of Event{...} the compiler makes a copy first, and loads it wider than it stored
	// it, for which the processor must wait. Small events are read 1.5 times as fast without.
	e.Lo, e.Hi = r.lo, hi
	e.Type, e.Data, e.ID = typ, data, r.id.b
	return e
}
