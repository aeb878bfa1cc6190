package chaos

import "bytes"

// A sight finds a place in the body of an event stream, byte by byte.
type sight struct {
	spot   Spot
	body   int     // bytes of the body so far
	events int     // events that were dispatched so far
	border int     // offset behind the one that the place counts from
	line   int     // bytes of the line so far
	name   [5]byte // its first ones
	data   bool    // the block has a data line
	cr     bool    // a CR ended the line, and an LF may follow that belongs to it
	held   bool    // a CR that an LF follows

	found  bool // the place was reached
	at     int  // its offset
	passed int  // how many events are before it

	repeats bool   // the event at the place may be asked for
	event   []byte // the block in progress
	last    []byte // the latest event
	twice   []byte // the event that ends at the place
}

// maxRepeat is the longest event that is kept to be delivered twice.
const maxRepeat = 64 << 10

// mark notes that the place is here. The event is kept as it is now: a carrier may read on.
func (s *sight) mark() {
	s.found, s.at, s.passed = true, s.body, s.events
	if len(s.event) == 0 && len(s.last) < maxRepeat { // else it would tear the next event, or is not whole
		s.twice = bytes.Clone(s.last)
	}
}

func (s *sight) place() (offset, events int) { return s.at, s.passed }

// due reports whether the event in progress is the one in which the place is looked for, or one behind it.
func (s *sight) due() bool { return s.events+1 >= s.spot.N }

// start reports whether the place is where the body begins.
func (s *sight) start() bool {
	return s.spot.Where == AfterHead || (s.spot.Where == AtEvent || s.spot.Where == AtByte) && s.spot.N+s.spot.Plus == 0
}

// before reports whether the place is right before the next byte of the body.
func (s *sight) before(c byte) bool {
	tail := c == '\n' && (s.cr || s.held)
	switch s.spot.Where {
	case InsideCRLF:
		return tail && s.due()
	case BeforeBlank:
		return (c == '\n' || c == '\r') && !tail && s.line == 0 && s.data && s.due()
	}
	return false
}

// take looks at a byte of the body and reports whether the place is right behind it. next is the byte
// that follows, or -1 if that has not come yet.
func (s *sight) take(c byte, next int) bool {
	s.body++
	if s.repeats && len(s.event) < maxRepeat {
		s.event = append(s.event, c)
	}
	events := s.events
	reached := s.read(c, next)
	if s.events > events {
		s.last, s.event = append(s.last[:0], s.event...), s.event[:0]
	}
	switch s.spot.Where {
	case AtByte:
		return s.body == s.spot.N
	case AtEvent:
		return s.events >= s.spot.N && s.body-s.border == s.spot.Plus
	}
	return reached
}

// read takes a byte as HTML 9.2.6 does, and reports whether a place that is told by meaning is behind it.
func (s *sight) read(c byte, next int) bool {
	switch {
	case c == '\r' && next == '\n':
		s.held, s.cr = true, false
	case c == '\r':
		s.cr = next < 0
		return s.endLine()
	case c == '\n' && s.cr:
		s.cr = false
		if s.border == s.body-1 {
			s.border = s.body
		}
		if len(s.event) == 1 { // this LF: the event before ended at its CR
			s.event = s.event[:0]
		}
	case c == '\n':
		s.held = false
		return s.endLine()
	default:
		s.cr = false
		return s.inLine(c)
	}
	return false
}

// bom may begin the stream, and is no part of it (HTML 9.2.5).
const bom = "\uFEFF"

// inLine takes a byte that ends no line.
func (s *sight) inLine(c byte) bool {
	if s.line < len(s.name) {
		s.name[s.line] = c
	}
	s.line++
	if s.line == len(bom) && s.body == len(bom) && s.named(bom) {
		s.line, s.event = 0, s.event[:0]
		return false
	}
	if !s.due() {
		return false
	}
	switch s.spot.Where {
	case InsideName:
		return s.line == 2 && s.name[0] == 'd' && s.name[1] == 'a'
	case InsideID:
		return s.line > 3 && c != ' ' && s.named("id:")
	case InsideRune:
		return c >= 0xC2 && s.line > 5 && s.named("data:")
	}
	return false
}

// named reports whether the line begins so.
func (s *sight) named(prefix string) bool {
	return s.line >= len(prefix) && string(s.name[:len(prefix)]) == prefix
}

// endLine takes the end of a line, and of a block where the line is blank (HTML 9.2.6).
func (s *sight) endLine() bool {
	n := s.line
	s.line = 0
	if n == 0 {
		if s.data {
			s.events++
			if s.events == s.spot.N {
				s.border = s.body
			}
		}
		s.data = false
		return false
	}
	if s.field("data", n) {
		s.data = true
	}
	return s.spot.Where == AfterID && s.field("id", n) && s.due()
}

// field reports whether the line of n bytes that has ended is a field of that name.
func (s *sight) field(name string, n int) bool {
	k := len(name)
	return n >= k && string(s.name[:k]) == name && (n == k || s.name[k] == ':')
}
