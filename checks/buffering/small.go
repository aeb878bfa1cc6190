package buffering

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	// smallEvent is what fits into the smallest buffer many times.
	smallEvent = 100
	// padding is how much comment at the beginning of a stream can have no other purpose than to fill a buffer.
	padding = 1 << 10
)

var smallEvents = &checks.Check{
	ID:     "buffering/small-events",
	Title:  "Tells whether small events are delivered alone",
	Level:  checks.Fact,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
An event of less than 100 bytes fills no buffer. Where such events come alone, nothing waits for more bytes. Old advice was to send 2 KiB of
comment first, since some browsers and proxies held the beginning of an answer: that is legal, and told.

Events that come together may have been sent together, so this is told and never held against a stream.`,
	Good:  "data: a\n\n(1 s)\n\ndata: b\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v, l := ev.Control(), timeline(ev)
		small, alone := 0, 0
		for i, e := range v.Stream.Events {
			if e.Hi-e.Lo < smallEvent {
				small++
				if l.Events[i].Alone {
					alone++
				}
			}
		}
		if small == 0 {
			return checks.Unconcerned("no event of less than %d bytes was seen", smallEvent)
		}
		return checks.Held(small, "%d of %d events of less than %d bytes came alone%s", alone, small, smallEvent, behindPadding(v))
	},
}

// behindPadding says how much comment the stream began with, if it is that much.
func behindPadding(v *checks.View) string {
	n := 0
	for _, l := range v.Stream.Lines {
		if !v.Stream.IsBlank(l) && !v.Stream.IsComment(l) {
			break
		}
		n = l.Hi
	}
	if n < padding {
		return ""
	}
	return fmt.Sprintf(", behind %s of padding", size(n))
}
