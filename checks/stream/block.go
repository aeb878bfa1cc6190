package stream

import (
	"bytes"
	"iter"
	"slices"
)

// A Block is a run of lines up to and including the blank line that ends it. The last block of a
// body may lack its blank line: then it begins at Tail.
type Block struct {
	Lo, Hi int
	Lines  []Line
	Event  int // index of the event it dispatched; -1 if none
}

// Blocks yields the blocks of an event stream in order. They cover all lines. Other syntaxes have
// none.
func (s *Stream) Blocks() iter.Seq[Block] {
	return func(yield func(Block) bool) {
		if s.Syntax != EventStream {
			return
		}
		event := 0
		for rest := s.Lines; len(rest) > 0; {
			n := s.blockLen(rest)
			b := Block{Lo: rest[0].Lo, Hi: rest[n-1].Hi, Lines: slices.Clip(rest[:n]), Event: -1}
			if event < len(s.Events) && s.Events[event].Lo == b.Lo {
				b.Event = event
				event++
			}
			if !yield(b) {
				return
			}
			rest = rest[n:]
		}
	}
}

// blockLen returns the number of lines in the first block of lines.
func (s *Stream) blockLen(lines []Line) int {
	if i := slices.IndexFunc(lines, s.IsBlank); i >= 0 {
		return i + 1
	}
	return len(lines)
}

// readBlocks interprets the lines of an event stream: it fills Events, ID, Retry and Tail.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
func (s *Stream) readBlocks() {
	s.Events = make([]Event, 0, s.countBlanks())
	var j joiner
	for lines := s.Lines; len(lines) > 0; {
		n := s.blockLen(lines)
		s.readBlock(lines[:n], &j)
		lines = lines[n:]
	}
}

// countBlanks returns how many events there can be at most.
func (s *Stream) countBlanks() (n int) {
	for _, l := range s.Lines {
		if s.IsBlank(l) {
			n++
		}
	}
	return n
}

// readBlock processes one block, and dispatches it if a blank line ends it. Of a block that the end
// of the body cuts off, type and ID are thrown away with the data.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
func (s *Stream) readBlock(lines []Line, j *joiner) {
	f := s.readFields(lines)
	last := lines[len(lines)-1]
	if !s.IsBlank(last) {
		s.Tail = lines[0].Lo
		return
	}
	s.ID = f.id // also when nothing is dispatched
	if f.count == 0 {
		return
	}
	if f.count > 1 {
		f.data = j.join(s, lines, f.size-1)
	}
	s.Events = append(s.Events, Event{Lo: lines[0].Lo, Hi: last.Hi, Type: f.typ, Data: f.data, ID: f.id})
}

// fields are what the lines of a block amount to.
type fields struct {
	typ, id []byte
	data    []byte // of the last data line
	count   int    // of data lines
	size    int    // of all data, an LF behind each line
}

// readFields reads the terminated lines of a block.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#processField
func (s *Stream) readFields(lines []Line) fields {
	f := fields{id: s.ID}
	for _, l := range lines {
		if l.End == None {
			break
		}
		value := s.Value(l)
		switch string(s.Name(l)) {
		case "data":
			f.data = value
			f.count++
			f.size += len(value) + 1
		case "event":
			f.typ = value
		case "id":
			if bytes.IndexByte(value, 0) < 0 {
				f.id = value
			}
		case "retry":
			if ms, ok := milliseconds(value); ok {
				s.Retry = ms // at once, without waiting for the blank line
			}
		}
	}
	return f
}

// arenaSize is how much memory a joiner asks for at once: much more than most events, little beside
// a body that has many of them.
const arenaSize = 16 << 10

// A joiner joins data lines in memory shared by many events.
type joiner struct{ free []byte }

// join returns the values of all data lines, LF between them: size bytes.
func (j *joiner) join(s *Stream, lines []Line, size int) []byte {
	if size > len(j.free) {
		j.free = make([]byte, max(size, arenaSize))
	}
	out := j.free[:0:size]
	j.free = j.free[size:]
	sep := ""
	for _, l := range lines {
		if string(s.Name(l)) == "data" {
			out = append(append(out, sep...), s.Value(l)...)
			sep = "\n"
		}
	}
	return out
}
