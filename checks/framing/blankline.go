package framing

import (
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

// patience is how long an event may take to be written before it is more likely that nothing ends it.
const patience = 5 * time.Second

var blankLine = &checks.Check{
	ID:     "framing/blank-line",
	Title:  "Events must be ended by a blank line",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "If the line is empty (a blank line) … Dispatch the event, as defined below."),
	Since:  "0.1",
	Doc: `
A client collects fields until a blank line and only then hands out the event. Where events are
separated by one line end instead of two, no client ever receives anything.

It is reported only where no field was followed by a blank line during the whole watch: after a
clean end, or when two data lines and five seconds have passed, for one long event may still be
in the writing.`,
	Fix:   "End every event with an empty line: write \"data: …\\n\\n\".",
	Good:  "data: a\n\ndata: b\n\n",
	Bad:   "data: a\ndata: b\n",
	Needs: control,
	When:  readable,
	Judge: judgeBlankLine,
}

func judgeBlankLine(ev *checks.Evidence) checks.Outcome {
	v := ev.Control()
	s := v.Stream
	fields, blocks, lines := 0, 0, 0 // fields of the block at hand, blocks with fields, data lines
	var first, last stream.Line
	for _, l := range finished(s.Lines) {
		switch k := kindOf(s, l); {
		case k == blank && fields > 0:
			blocks++
			fields = 0
		case k.isField():
			fields++
			last = l
			if k == data {
				if lines++; lines == 1 {
					first = l
				}
			}
		}
	}
	switch {
	case blocks > 0:
		return checks.Held(blocks, "%d blocks of fields end with a blank line", blocks)
	case fields == 0:
		return checks.Unconcerned("no whole field line was sent")
	case lines > 0 && whole(v), lines > 1 && v.End.At-v.Text.When(first.Lo) >= patience:
		t := tallyOf(v)
		t.Add(first.Lo, last.Hi, "%d data lines and not one blank line behind them: a client never receives an event", lines)
		return t.Outcome(fields, "")
	case whole(v):
		return checks.Unconcerned("no data line was sent")
	}
	return checks.Unseen("one event was in progress when the watch ended")
}

var finalEventTerminated = &checks.Check{
	ID:    "framing/final-event-terminated",
	Title: "The last event must be ended by a blank line too",
	Level: checks.Must,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation",
		"If the file ends in the middle of an event, before the final empty line, the incomplete event is not dispatched."),
	Since: "0.1",
	Doc: `
The end of the answer does not end an event. What stands behind the last blank line is thrown away, so
the last event of the answer is lost, and its id with it.

It is asked only where the server itself ended the answer. Where only the close of the connection ends the
body, it takes the closure alert of TLS to tell an end from a loss. A comment, a retry or an unknown field left
over loses nothing.`,
	Fix:   "Write the blank line behind the last event before ending the answer.",
	Good:  "data: a\n\ndata: b\n\n",
	Bad:   "data: a\n\ndata: b\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/blank-line", "framing/escaped-newline", "framing/non-ascii-separators"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		s := v.Stream
		if !ended(v) {
			return checks.Unconcerned("the end of the answer was not seen")
		}
		first, n := leftOver(s)
		switch {
		case n == 0 && len(s.Events) == 0:
			return checks.Unconcerned("no event was sent")
		case n == 0:
			return checks.Held(len(s.Events), "%d events, the last one ends with a blank line", len(s.Events))
		case !whole(v):
			return checks.Unseen("only the close of the connection ended the answer, which may have been a loss")
		}
		t := tallyOf(v)
		t.Add(first.Lo, len(s.Body), "the answer ends without a blank line behind these fields: a client throws them away")
		return t.Outcome(len(s.Events)+1, "")
	},
}

// leftOver returns the first of the fields that stand behind the last blank line and would have meant
// something at the next one, and how many they are.
func leftOver(s *stream.Stream) (first stream.Line, n int) {
	for i := len(s.Lines) - 1; i >= 0 && s.Lines[i].Lo >= s.Tail; i-- {
		if k := kindOf(s, s.Lines[i]); k.isField() && k != retry {
			first = s.Lines[i]
			n++
		}
	}
	return first, n
}
