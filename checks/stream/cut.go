package stream

import "bytes"

// A cutter finds the ends of lines. It remembers the next LF and the next CR, so that it looks at
// each byte once for either, however they are mixed.
type cutter struct {
	b      []byte
	lf, cr int // the first one at or behind the place of the last cut; len(b) if there is none
}

// newCutter returns a cutter of b in which LF, CR and CRLF end a line.
func newCutter(b []byte) cutter { return cutter{b: b, lf: -1, cr: -1} }

// cut returns where the line that begins at lo ends and where its terminator ends. Both are len(b)
// if it has none. The places asked for must ascend.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation:
// lines are separated by CRLF, by an LF that no CR precedes, by a CR that no LF follows.
func (c *cutter) cut(lo int) (end, next int) {
	if c.lf < lo {
		if c.lf = bytes.IndexByte(c.b[lo:], '\n') + lo; c.lf < lo {
			c.lf = len(c.b)
		}
	}
	if c.cr < lo {
		if c.cr = bytes.IndexByte(c.b[lo:], '\r') + lo; c.cr < lo {
			c.cr = len(c.b)
		}
	}
	switch {
	case c.lf < c.cr:
		return c.lf, c.lf + 1
	case c.cr == len(c.b):
		return c.cr, c.cr
	case c.lf == c.cr+1 && c.lf < len(c.b):
		return c.cr, c.cr + 2
	}
	return c.cr, c.cr + 1
}

// noCR reports whether no CR lies behind the place of the last cut.
func (c *cutter) noCR() bool { return c.cr == len(c.b) }

// cutLines fills Lines.
func (s *Stream) cutLines() {
	b := s.Body
	c := newCutter(b)
	if s.Syntax == NDJSON || s.Syntax == JSONSeq {
		c.cr = len(b) // a CR alone is white space in JSON
	}
	// Exact unless kinds of terminators are mixed, which is rare.
	n := max(bytes.Count(b, []byte{'\n'}), bytes.Count(b, []byte{'\r'}))
	s.Lines = make([]Line, 0, n+1)
	for lo := s.start(); lo < len(b); {
		end, next := c.cut(lo)
		l := Line{Lo: lo, Hi: next, Colon: -1}
		if end < next {
			l.End = termOf(b[lo:next])
		}
		if s.Syntax == EventStream {
			if i := bytes.IndexByte(b[lo:end], ':'); i >= 0 {
				l.Colon = lo + i
			}
		}
		s.Lines = append(s.Lines, l)
		lo = next
	}
}

// termOf returns the terminator of a line that has one.
func termOf(line []byte) Term {
	n := len(line)
	switch {
	case line[n-1] == '\r':
		return CR
	case n > 1 && line[n-2] == '\r':
		return CRLF
	}
	return LF
}
