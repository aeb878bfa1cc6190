package stream

import (
	"bytes"
	"math"
)

// readLines is Write for an event stream.
func (r *Reader) readLines(b []byte) {
	c := newCutter(b)
	at := r.finishLine(&c)
	at = r.readWholeLines(&c, at)
	r.keep() // before held changes: a line that began there may be borrowed too
	if at < len(b) {
		r.hold(b[at:], r.base+len(b))
	}
	r.endedCR = b[len(b)-1] == '\r'
}

// finishLine reads the line of which earlier writes brought the beginning, if there is one, and
// returns where the next one begins.
func (r *Reader) finishLine(c *cutter) int {
	if r.endedCR && c.b[0] == '\n' {
		if r.lo == r.base {
			r.lo++
		}
		return 1
	}
	if len(r.held) == 0 {
		return 0
	}
	end, next := c.cut(0)
	if end == next {
		r.hold(c.b, r.base+end)
		return next
	}
	r.readField(r.whole(c.b[:end], r.base+end), r.base+end)
	r.held = r.held[:0]
	return next
}

// readWholeLines reads lines from at on, and returns where the first one begins that has no end yet.
func (r *Reader) readWholeLines(c *cutter, at int) int {
	b := c.b
	for at < len(b) {
		if n := blankLen(b[at:]); n > 0 {
			at += n
			r.dispatch(r.base + at)
			continue
		}
		if c.noCR() {
			return r.readPlainLines(b, at)
		}
		end, next := c.cut(at)
		switch {
		case end == next:
			return at
		case end == at:
			r.dispatch(r.base + next)
		default:
			r.readField(b[at:end], r.base+end)
		}
		at = next
	}
	return at
}

// readPlainLines is readWholeLines where b has no CR from at on, as in nearly all streams. It needs no
// cutter, and makes an event of a block of one data line, as most are, without the buffers: that is
// 1.6 times as fast where events are small.
func (r *Reader) readPlainLines(b []byte, at int) int {
	for at < len(b) {
		if b[at] == '\n' {
			at++
			r.dispatch(r.base + at)
			continue
		}
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			break
		}
		line, next := b[at:at+n], at+n+1
		first, last := r.base+at == r.lo, next < len(b) && b[next] == '\n'
		if first && last && isData(line) && n <= r.limit {
			at = next + 1
			r.emit(r.fill(r.base+at, nil, trimSpace(line[len("data:"):])))
			r.lo = r.base + at
			continue
		}
		r.readField(line, r.base+at+n)
		at = next
	}
	return at
}

// isData reports whether a line begins with the name of a data field and a colon.
func isData(line []byte) bool {
	return len(line) >= 5 && string(line[:5]) == "data:" // bytes.HasPrefix is slower
}

// blankLen returns the length of the blank line that b begins with, 0 if it begins with none or
// with one that ends in CR alone.
func blankLen(b []byte) int {
	switch {
	case b[0] == '\n':
		return 1
	case b[0] == '\r' && len(b) > 1 && b[1] == '\n':
		return 2
	}
	return 0
}

// readField processes one line that is not blank; end is the offset where its content ends.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#processField
func (r *Reader) readField(line []byte, end int) {
	if r.exceeds(end) {
		return
	}
	if isData(line) { // nearly all
		r.data.join(trimSpace(line[len("data:"):]))
		return
	}
	name, value := split(line)
	switch string(name) {
	case "data":
		r.data.join(value)
	case "event":
		r.typ.set(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			r.nextID.set(value)
		}
	case "retry":
		if ms, ok := milliseconds(value); ok {
			r.retry = ms
		}
	}
}

// longestName is the length of the longest name in [Known].
const longestName = len("event")

// split returns the name and the value of a line. It looks no further than where a known name
// ends: what it returns for a comment or an unknown field has no known name, no more.
func split(line []byte) (name, value []byte) {
	for i, c := range line[:min(len(line), longestName+1)] {
		if c == ':' {
			return line[:i], trimSpace(line[i+1:])
		}
	}
	return line, line[len(line):]
}

// dispatch ends a block with a blank line; hi is the offset behind it.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
func (r *Reader) dispatch(hi int) {
	if r.fits() {
		if r.nextID.full {
			r.id, r.nextID = r.nextID, r.id // also when nothing is dispatched
		}
		if r.data.full {
			r.emit(r.fill(hi, r.typ.bytes(), r.data.b))
		}
	}
	r.data.full, r.typ.full, r.nextID.full = false, false, false
	r.lo = hi
}

// keep copies what the buffers borrow from the Write that now ends.
func (r *Reader) keep() {
	r.data.keep()
	r.typ.keep()
	r.id.keep()
	r.nextID.keep()
}

// milliseconds reads the value of a retry field, which must consist of ASCII digits only. None at
// all is no number, and one that int64 cannot hold is cut down to the largest that it can: the
// standard leaves both open.
func milliseconds(value []byte) (ms int64, ok bool) {
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := int64(c - '0')
		if ms > (math.MaxInt64-d)/10 {
			ms = math.MaxInt64
			continue
		}
		ms = ms*10 + d
	}
	return ms, len(value) > 0
}
