package stream

import "bytes"

// recordSeparator begins each element of a JSON text sequence; no JSON text holds it.
//
// https://www.rfc-editor.org/rfc/rfc7464#section-2.2
const recordSeparator = 0x1E

// readElements makes an event of each element that is not empty.
func (s *Stream) readElements() {
	r := NewReader(JSONSeq, func(e *Event) { s.Events = append(s.Events, *e) })
	r.base = s.start()
	r.read(s.Body[r.base:])
	r.Close()
	if r.inElement {
		s.Tail = r.lo
	}
}

// readElements is Write for a JSON text sequence. An element ends with the first LF behind a whole
// text, so that it need not wait for the next one; a broken text ends where the next one begins.
// What lies between the end of an element and the next RS belongs to no event.
func (r *Reader) readElements(b []byte) {
	from := 0
	for i, c := range b {
		switch {
		case c == recordSeparator:
			r.endElement(b[from:i], r.base+i)
			r.inElement, r.text, r.lo = true, jsonText{}, r.base+i
			from = i + 1
		case r.inElement && r.text.ends(c):
			r.endElement(b[from:i+1], r.base+i+1)
		}
	}
	if r.inElement {
		r.hold(b[from:], r.base+len(b))
	}
}

// endElement delivers the element in progress, if there is one and it is not empty; rest is its end.
func (r *Reader) endElement(rest []byte, hi int) {
	if !r.inElement {
		return
	}
	r.inElement = false
	data := bytes.Trim(r.whole(rest, hi), " \t\r\n")
	if r.fits() && len(data) > 0 {
		r.emit(r.fill(hi, nil, data))
	}
}

// A jsonText follows a JSON text byte by byte, just closely enough to see where it ends.
type jsonText struct {
	depth   int  // of objects and arrays
	quoted  bool // inside a string
	escaped bool // behind a reverse solidus in a string
	begun   bool // some byte was not white space
	closed  bool // the last byte that was not white space ended a string, an object or an array
}

// ends takes the next byte and reports whether it is an LF that ends the text.
func (t *jsonText) ends(c byte) bool {
	switch {
	case t.escaped:
		t.escaped = false
	case t.quoted:
		t.escaped = c == '\\'
		t.quoted = c != '"'
		t.closed = !t.quoted
	case c == '\n':
		return t.begun && t.depth <= 0
	case c == ' ', c == '\t', c == '\r':
	default:
		t.begun = true
		t.open(c)
	}
	return false
}

func (t *jsonText) open(c byte) {
	t.closed = c == '}' || c == ']'
	switch c {
	case '"':
		t.quoted = true
	case '{', '[':
		t.depth++
	case '}', ']':
		t.depth--
	}
}

// delimits reports whether the text is over without an LF: an object, an array or a string shows
// its own end, a number or a literal may have been cut.
//
// https://www.rfc-editor.org/rfc/rfc7464#section-2.4
func (t *jsonText) delimits() bool { return t.closed && t.depth <= 0 }
