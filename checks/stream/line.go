package stream

import "sort"

// Content returns the line without its terminator.
func (s *Stream) Content(l Line) []byte { return s.Body[l.Lo : l.Hi-l.End.Len()] }

// Name returns the field name: what precedes the first colon, or the whole line if it has none.
// The name of a comment is empty.
func (s *Stream) Name(l Line) []byte {
	if l.Colon < 0 {
		return s.Content(l)
	}
	return s.Body[l.Lo:l.Colon]
}

// Value returns the field value: what follows the first colon, less one space. It is empty if the
// line has no colon. The value of a comment is its text.
func (s *Stream) Value(l Line) []byte {
	end := l.Hi - l.End.Len()
	if l.Colon < 0 {
		return s.Body[end:end]
	}
	return trimSpace(s.Body[l.Colon+1 : end])
}

// trimSpace removes one U+0020 SPACE from the start of a value, and never more.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
func trimSpace(value []byte) []byte {
	if len(value) > 0 && value[0] == ' ' {
		return value[1:]
	}
	return value
}

// IsBlank reports whether the line is empty: in an event stream, whether it ends a block.
func (s *Stream) IsBlank(l Line) bool { return l.Hi-l.Lo == l.End.Len() }

// IsComment reports whether the line begins with a colon.
func (s *Stream) IsComment(l Line) bool { return l.Colon == l.Lo }

// Known reports whether name is a field that the standard gives a meaning: event, data, id or retry.
// Names are compared byte by byte, case counts.
func Known(name []byte) bool {
	switch string(name) {
	case "event", "data", "id", "retry":
		return true
	}
	return false
}

// EventAt returns the index of the event whose Lo..Hi hold the offset, -1 if none does.
func (s *Stream) EventAt(off int) int {
	i := sort.Search(len(s.Events), func(i int) bool { return off < s.Events[i].Hi })
	if i < len(s.Events) && s.Events[i].Lo <= off {
		return i
	}
	return -1
}
