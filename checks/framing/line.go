package framing

import "github.com/ssespec/ssespec/checks/stream"

// A kind is what a client takes a line for (HTML 9.2.6).
type kind uint8

const (
	blank  kind = iota
	remark      // a comment
	data        // a field of that name, as the next three
	event
	id
	retry
	ignored // any other field
)

// kindOf returns the kind of a line.
func kindOf(s *stream.Stream, l stream.Line) kind {
	switch {
	case s.IsBlank(l):
		return blank
	case s.IsComment(l):
		return remark
	}
	switch string(s.Name(l)) {
	case "data":
		return data
	case "event":
		return event
	case "id":
		return id
	case "retry":
		return retry
	}
	return ignored
}

// isField reports whether the standard gives the line a meaning beside ending a block.
func (k kind) isField() bool { return k >= data && k <= retry }

// finished returns the lines without the last one if that has no end yet: more of it may come.
func finished(lines []stream.Line) []stream.Line {
	if n := len(lines); n > 0 && lines[n-1].End == stream.None {
		return lines[:n-1]
	}
	return lines
}

// runLen returns how many ignored lines stand at the beginning of lines.
func runLen(s *stream.Stream, lines []stream.Line) int {
	n := 0
	for n < len(lines) && kindOf(s, lines[n]) == ignored {
		n++
	}
	return n
}

// fieldNames are the names that the standard gives a meaning.
var fieldNames = []string{"data", "event", "id", "retry"}

// beginsField reports whether b begins with a known name and its colon.
func beginsField(b []byte) bool {
	for _, name := range fieldNames {
		if len(b) > len(name) && b[len(name)] == ':' && string(b[:len(name)]) == name {
			return true
		}
	}
	return false
}
