package wire

import (
	"sort"
	"time"
)

// A Text is a body in one piece that still knows when each of its bytes arrived.
type Text struct {
	Bytes []byte
	marks []mark
}

type mark struct {
	off int
	at  time.Duration
}

// NewText joins chunks.
func NewText(cs []Chunk) Text {
	t := Text{Bytes: join(cs), marks: make([]mark, 0, len(cs))}
	off := 0
	for _, c := range cs {
		t.marks = append(t.marks, mark{off, c.At})
		off += len(c.Data)
	}
	return t
}

// When returns the moment at which the byte at off arrived; for an offset at or behind the end, that of the last byte.
func (t Text) When(off int) time.Duration {
	off = min(off, max(0, len(t.Bytes)-1)) // a read that brought nothing behind them does not count
	i := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].off > off })
	if i == 0 {
		return 0
	}
	return t.marks[i-1].at
}

// Arrivals calls f with the moment and the half-open range of each read, in order.
func (t Text) Arrivals(f func(at time.Duration, lo, hi int)) {
	for i, m := range t.marks {
		hi := len(t.Bytes)
		if i+1 < len(t.marks) {
			hi = t.marks[i+1].off
		}
		f(m.at, m.off, hi)
	}
}
