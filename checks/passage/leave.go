package passage

import (
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Leave is a reader's leaving, and when the origin learned of it.
type Leave struct {
	Told   bool
	After  time.Duration // how long after the reader had left the origin learned of it, or had not yet
	Writes int           // how often the origin wrote meanwhile
	ToEnd  bool          // the origin wrote the answer to its end
}

// early is how much before our own note of the moment a reader's leaving may be seen elsewhere.
const early = 20 * time.Millisecond

// LeaveOf returns what the origin learned of a reader's leaving. It is not known where the answer had ended before, or the
// request had not come to the origin.
func LeaveOf(x *wire.Exchange) (l Leave, known bool) {
	h := x.Origin()
	left := x.End.At
	if h == nil || x.End.Kind.ServerEnded() || x.End.Note != "" || h.At > left || h.EndAt < left-early {
		return Leave{}, false
	}
	for _, c := range h.Sent {
		if c.At > left {
			l.Writes++
		}
	}
	l.Told = h.End == wire.Abandoned
	l.ToEnd = h.End == wire.Finished
	l.After = max(0, h.EndAt-left)
	return l, true
}
