package stream

// A buffer is one of the standard's. Its bytes are borrowed from the Write in progress until
// something is joined to them or the Write ends, which most events do not live to see.
type buffer struct {
	b    []byte // meaningless unless full
	own  []byte // memory for b, once it is not borrowed
	full bool   // b was set
	kept bool   // b is in own
}

// bytes returns what was set, nil if nothing was.
func (buf *buffer) bytes() []byte {
	if buf.full {
		return buf.b
	}
	return nil
}

func (buf *buffer) set(b []byte) { buf.b, buf.full, buf.kept = b, true, false }

// join appends b behind an LF, or sets it if it is the first.
func (buf *buffer) join(b []byte) {
	if !buf.full {
		buf.set(b)
		return
	}
	buf.keep()
	buf.own = append(append(buf.own, '\n'), b...)
	buf.b = buf.own
}

// keep copies what is borrowed.
func (buf *buffer) keep() {
	if !buf.full {
		buf.b = nil // what was borrowed is forgotten
	}
	if !buf.full || buf.kept {
		return
	}
	if buf.own == nil {
		buf.own = make([]byte, 0, 64) // so that even an empty b is not nil
	}
	buf.own = append(buf.own[:0], buf.b...)
	buf.b, buf.kept = buf.own, true
}
