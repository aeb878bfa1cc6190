package reconnect

import (
	"bytes"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

// A cursor is an id with which a reader may come back: the one that a finished block leaves in force.
type cursor struct {
	id     []byte // as sent
	lo, hi int    // its line, without the line's end
	event  int    // index of the event that the block dispatched; -1 if none
}

// cursors returns the cursors of a stream in order. Ids that another one in their block overrides, those with
// U+0000, and those of a block that was not finished are none (HTML 9.2.6); neither is a reset.
func cursors(s *stream.Stream) []cursor {
	var out []cursor
	for b := range s.Blocks() {
		if !s.IsBlank(b.Lines[len(b.Lines)-1]) {
			break
		}
		c := cursor{event: b.Event}
		for _, l := range b.Lines {
			if string(s.Name(l)) == "id" && bytes.IndexByte(s.Value(l), 0) < 0 {
				c.id, c.lo, c.hi = s.Value(l), l.Lo, l.Hi-l.End.Len()
			}
		}
		if len(c.id) == 0 {
			continue
		}
		if out == nil {
			out = make([]cursor, 0, len(s.Events)+1)
		}
		out = append(out, c)
	}
	return out
}

// named returns the cursors of the control stream.
func named(ev *checks.Evidence) []cursor {
	type key struct{}
	return ev.Learn(key{}, func() any { return cursors(ev.Control().Stream) }).([]cursor)
}

// hasIDs is the condition of checks on what ids are like.
var hasIDs = checks.Condition{
	Says:  "some event has an id",
	Else:  "no event has an id",
	Holds: func(ev *checks.Evidence) bool { return len(named(ev)) > 0 },
}

// eachID judges every id of the control stream by a sentence on what is wrong with it, "" for nothing.
func eachID(ev *checks.Evidence, holds string, wrong func(id []byte) string) checks.Outcome {
	all := named(ev)
	t := checks.Tally{View: ev.Control()}
	for _, c := range all {
		if why := wrong(c.id); why != "" {
			t.Add(c.lo, c.hi, "%s", why)
		}
	}
	return t.Outcome(len(all), "%s, %s", count(len(all), "id"), holds)
}
