package stream

import "bytes"

// bom is the byte order mark that HTML's UTF-8 decode removes from the start of a body, and only there.
const bom = "\xEF\xBB\xBF"

// Parse reads a whole body. It never fails, and it keeps body: the events alias it where they can,
// so body must not change afterwards. Only data that is joined from several lines is copied.
//
// A nil ID, of an event or of the Stream, says that no id field has taken effect so far; an ID that
// was reset by an empty id field is empty, not nil. Each Stream begins without an ID. After a
// reconnect a nil one leaves the cursor where it was: so WPT and the browsers have it.
//
// What the end of the body leaves unfinished is kept as lines, from Tail on:
//   - EventStream: all behind the last blank line, be it fields, comments or half a line
//   - NDJSON and Text: a last line without terminator
//   - JSONSeq: the last text and its RS, unless LF follows it or it ends by itself, as an object does
func Parse(sx Syntax, body []byte) *Stream {
	s := &Stream{Syntax: sx, Body: body, Tail: len(body), Retry: -1}
	s.BOM = bytes.HasPrefix(body, []byte(bom))
	s.cutLines()
	switch sx {
	case EventStream:
		s.readBlocks()
	case NDJSON:
		s.readTexts()
		s.Tail = s.lastLine()
	case JSONSeq:
		s.readElements()
	default:
		s.Tail = s.lastLine()
	}
	return s
}

// start returns the offset of the first line.
func (s *Stream) start() int {
	if s.BOM {
		return len(bom)
	}
	return 0
}

// lastLine returns the offset of the last line if it has no terminator, else the end of the body.
func (s *Stream) lastLine() int {
	if n := len(s.Lines); n > 0 && s.Lines[n-1].End == None {
		return s.Lines[n-1].Lo
	}
	return len(s.Body)
}

// A Parser is Parse for a body that comes in pieces. Close gives the same Stream wherever the
// pieces are cut. To have the events while the body is still coming, use a [Reader].
type Parser struct {
	syntax Syntax
	body   []byte
}

// NewParser returns a Parser of an empty body.
func NewParser(sx Syntax) *Parser { return &Parser{syntax: sx} }

// Feed takes the next piece of the body. It keeps no reference to b.
func (p *Parser) Feed(b []byte) { p.body = append(p.body, b...) }

// Close ends the body and returns all of it, read. The Parser must not be used afterwards.
func (p *Parser) Close() *Stream { return Parse(p.syntax, p.body) }
