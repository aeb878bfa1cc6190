package framing

import (
	"bytes"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

const typeClause = "If the event type buffer has a value other than the empty string, change the type … to equal the value of the event type buffer."

// eachName calls f with every event field, in order, and returns how many there are.
func eachName(s *stream.Stream, f func(l stream.Line, name []byte)) int {
	n := 0
	for _, l := range finished(s.Lines) {
		if kindOf(s, l) == event {
			n++
			f(l, s.Value(l))
		}
	}
	return n
}

var eventNameEmpty = &checks.Check{
	ID:     "framing/event-name-empty",
	Title:  "Empty event names are told: the event is of type message",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", typeClause),
	Since:  "0.1",
	Doc: `
An event field without a value is the same as none: the event arrives as message.

It is never an error.`,
	Good:  "event: tick\ndata: a\n\n",
	Bad:   "event:\ndata: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		empty := 0
		n := eachName(ev.Control().Stream, func(_ stream.Line, name []byte) {
			if len(name) == 0 {
				empty++
			}
		})
		switch {
		case n == 0:
			return checks.Unconcerned("no event field was sent")
		case empty > 0:
			return checks.Held(n, "%d of %d event fields are empty, which means message", empty, n)
		}
		return checks.Held(n, "%d event fields, none of them empty", n)
	},
}

var eventNameReserved = &checks.Check{
	ID:     "framing/event-name-reserved",
	Title:  "Events for an EventSource should not be named error or open",
	Level:  checks.Advice,
	Clause: checks.HTML("9.2.3", "sse-processing-model", "fires an event named open at the EventSource object"),
	Since:  "0.1",
	Doc: `
An EventSource fires open and error itself, when the connection opens and when it fails. Events of those
names from the server reach the same listeners, which then cannot tell the two apart.

Endpoints that are read with fetch, as those of language models are, use "event: error" on purpose: with any
profile but eventsource and mercure it is only told.`,
	Fix:   "Choose another name, such as failure or app-error.",
	Good:  "event: failure\ndata: a\n\n",
	Bad:   "event: error\ndata: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		t := tallyOf(ev.Control())
		n := eachName(ev.Control().Stream, func(l stream.Line, name []byte) {
			if string(name) == "error" || string(name) == "open" {
				t.line(l, "an EventSource delivers this event to its listeners for its own %s events", name)
			}
		})
		p := ev.Profile()
		switch {
		case n == 0:
			return checks.Unconcerned("no event field was sent")
		case t.N > 0 && (p != "eventsource" && p != "mercure" || ev.Method() != "GET"):
			return checks.Held(n, "%d of %d event fields are error or open; that is of no matter to clients that use fetch", t.N, n)
		}
		return t.Outcome(n, "%d event fields, none is error or open", n)
	},
}

var eventNameWhitespace = &checks.Check{
	ID:     "framing/event-name-whitespace",
	Title:  "Event names should be spelled one way, without white space at the end",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", typeClause),
	Since:  "0.1",
	Doc: `
Listeners match names byte by byte. An event named "tick " or Tick never reaches the listener for
tick, and nothing says so.

Reported are white space behind a name, and names that differ in letter case only. White space before a
name is found by framing/space-after-colon.`,
	Fix:   "Trim the name, and define each once, as a constant.",
	Good:  "event: tick\ndata: a\n\n",
	Bad:   "event: tick \ndata: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		t := tallyOf(ev.Control())
		seen := spellings{}
		n := eachName(ev.Control().Stream, func(l stream.Line, name []byte) {
			trimmed := bytes.TrimRight(name, " \t")
			if len(trimmed) < len(name) {
				t.line(l, "the name %.40q ends in white space: a listener for %.40q is not called", name, trimmed)
			} else if other := seen.other(name); other != "" {
				t.line(l, "the name %.40q was %.40q before: a listener for the one is not called for the other", name, other)
			}
		})
		if n == 0 {
			return checks.Unconcerned("no event field was sent")
		}
		return t.Outcome(n, "%d event fields, each name spelled one way", n)
	},
}

// spellings are the names seen so far, by what they are in lower case.
type spellings map[string][]string

// maxNames bounds how many names are remembered, for a server may make one for each event.
const maxNames = 256

// other returns how a name was spelled first, if that was another way and this one is new.
func (s spellings) other(name []byte) string {
	key := bytes.ToLower(name)
	known, ok := s[string(key)]
	for _, k := range known {
		if k == string(name) {
			return ""
		}
	}
	if !ok && len(s) >= maxNames || len(known) >= checks.MaxFindings {
		return ""
	}
	s[string(key)] = append(known, string(name))
	if !ok {
		return ""
	}
	return known[0]
}
