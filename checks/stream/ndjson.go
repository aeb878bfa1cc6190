package stream

import "bytes"

// readTexts makes an event of each terminated line that holds more than white space. A last line
// without terminator is none: it may be the beginning of a longer one.
func (s *Stream) readTexts() {
	for _, l := range s.Lines {
		if data := s.Content(l); l.End != None && !isWhite(data) {
			s.Events = append(s.Events, Event{Lo: l.Lo, Hi: l.Hi, Data: data})
		}
	}
}

// readTexts is Write for one JSON text a line.
func (r *Reader) readTexts(b []byte) {
	at := 0
	for at < len(b) {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			r.hold(b[at:], r.base+len(b))
			return
		}
		r.endText(b[at:at+n], r.base+at+n)
		at += n + 1
	}
}

// endText delivers the line in progress unless it is blank; rest is its end, and its LF is at lf.
func (r *Reader) endText(rest []byte, lf int) {
	data := bytes.TrimSuffix(r.whole(rest, lf), []byte{'\r'})
	if r.fits() && !isWhite(data) {
		r.emit(r.fill(lf+1, nil, data))
	}
	r.lo = lf + 1
}

// isWhite reports whether b holds nothing but what JSON counts as white space.
func isWhite(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
