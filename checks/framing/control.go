package framing

import "github.com/ssespec/ssespec/checks"

var controlCharacters = &checks.Check{
	ID:     "framing/control-characters",
	Title:  "Control characters in values are told",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", "any-char = %x0000-0009 / %x000B-000C / %x000E-10FFFF"),
	Since:  "0.1",
	Doc: `
U+0000 and the other control characters are inside the grammar and reach a browser's program as they
are. Clients written in languages that end strings at U+0000, and many log viewers, mishandle them.

Tabs are not counted. An id that holds U+0000 is another matter: see framing/id-null.`,
	Good:  "data: a\\u0000b\n\n",
	Bad:   "data: a\x00b\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		nul, other := 0, 0
		for _, l := range finished(s.Lines) {
			if !kindOf(s, l).isField() {
				continue
			}
			for _, c := range s.Value(l) {
				switch {
				case c == 0:
					nul++
				case c < ' ' && c != '\t':
					other++
				}
			}
		}
		if nul+other == 0 {
			return checks.Unconcerned("no value holds a control character")
		}
		return checks.Held(nul+other, "values hold U+0000 %d times and other control characters %d times: legal, and mishandled by some clients", nul, other)
	},
}
