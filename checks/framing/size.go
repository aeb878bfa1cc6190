package framing

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

const (
	scannerLimit = 64 << 10 // where the line readers of some standard libraries stop, Go's bufio.Scanner among them
	clientLimit  = 1 << 20  // where the limits of most other client libraries lie
)

var lineSize = &checks.Check{
	ID:     "framing/line-size",
	Title:  "Lines and events should stay below 1 MiB",
	Level:  checks.Advice,
	Clause: checks.Practice("https://pkg.go.dev/bufio#MaxScanTokenSize"),
	Since:  "0.1",
	Doc: `
The format has no limit, and browsers have none that matters. Other client libraries do: many stop at
64 KiB a line with an error that does not name the cause, others at 1 MiB.

Up to 1 MiB the largest line and event are only told.`,
	Fix:   "Divide large payloads into several events, or send a reference to them.",
	Good:  "data: {\"file\":\"/files/17\"}\n\n",
	Bad:   "data: (two megabytes in one line)\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		line, event := 0, 0
		for _, l := range s.Lines {
			n := l.Hi - l.Lo - l.End.Len()
			if line = max(line, n); n > clientLimit {
				t.line(l, "the line has %d bytes: many clients stop at a line above 1 MiB, or far below", n)
			}
		}
		for _, e := range s.Events {
			n := e.Hi - e.Lo
			if event = max(event, n); n > clientLimit && !longLine(s, e) {
				t.Add(e.Lo, e.Hi, "the event has %d bytes: some clients stop at an event above 1 MiB", n)
			}
		}
		if max(line, event) > scannerLimit {
			return t.Outcome(len(s.Lines), "the largest line has %d bytes and the largest event %d; some clients stop at 64 KiB", line, event)
		}
		return t.Outcome(len(s.Lines), "the largest line has %d bytes and the largest event %d", line, event)
	},
}

// longLine reports whether a line of the event is reported itself.
func longLine(s *stream.Stream, e stream.Event) bool {
	for i := lineAt(s, e.Lo); i < len(s.Lines) && s.Lines[i].Hi <= e.Hi; i++ {
		if l := s.Lines[i]; l.Hi-l.Lo-l.End.Len() > clientLimit {
			return true
		}
	}
	return false
}
