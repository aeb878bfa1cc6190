package framing

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

const retryClause = "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten … Otherwise, ignore the field."

// eachRetry calls f with every retry field, in order, and returns how many there are.
func eachRetry(s *stream.Stream, f func(l stream.Line, value []byte)) int {
	n := 0
	for _, l := range finished(s.Lines) {
		if kindOf(s, l) == retry {
			n++
			f(l, s.Value(l))
		}
	}
	return n
}

var retryDigits = &checks.Check{
	ID:     "framing/retry-digits",
	Title:  "A retry value should be ASCII digits and nothing else",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", retryClause),
	Since:  "0.1",
	Doc: `
The value is a number of milliseconds. A client ignores the whole field if it holds anything else, be it a
unit (3s), a point, a sign, or a space too many before or behind, and keeps its own delay.

Leading zeros are decimal and fine. An empty value is told by framing/retry-empty.`,
	Fix:   "Send whole milliseconds in digits: \"retry: 3000\".",
	Good:  "retry: 3000\n\n",
	Bad:   "retry: 3s\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		t := tallyOf(ev.Control())
		n := eachRetry(ev.Control().Stream, func(l stream.Line, value []byte) {
			for _, c := range value {
				if c < '0' || c > '9' {
					t.line(l, "the retry value %.40q is not digits only: a client ignores it and keeps its own delay", value)
					return
				}
			}
		})
		if n == 0 {
			return checks.Unconcerned("no retry was sent")
		}
		return t.Outcome(n, "%d retry fields, all of digits", n)
	},
}

var retryEmpty = &checks.Check{
	ID:     "framing/retry-empty",
	Title:  "Empty retry values are told: clients differ on them",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", retryClause),
	Since:  "0.1",
	Doc: `
An empty value holds nothing but digits, so to speak. Some clients go back to their own default then,
others ignore the field.

It is never an error, and the event around it is delivered.`,
	Good:  "retry: 3000\n\n",
	Bad:   "retry:\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		empty := 0
		n := eachRetry(ev.Control().Stream, func(_ stream.Line, value []byte) {
			if len(value) == 0 {
				empty++
			}
		})
		switch {
		case n == 0:
			return checks.Unconcerned("no retry was sent")
		case empty > 0:
			return checks.Held(n, "%d of %d retry fields are empty: some clients go back to their default, others ignore it", empty, n)
		}
		return checks.Held(n, "%d retry fields, none of them empty", n)
	},
}
