package framing

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

// A tally is a checks.Tally that takes findings on lines too.
type tally struct{ checks.Tally }

func tallyOf(v *checks.View) tally { return tally{checks.Tally{View: v}} }

// line takes a finding on a line without its end.
func (t *tally) line(l stream.Line, format string, a ...any) {
	t.Add(l.Lo, l.Hi-l.End.Len(), format, a...)
}
