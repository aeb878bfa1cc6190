package framing

import (
	"bytes"

	"github.com/ssespec/ssespec/checks"
)

const bom = "\uFEFF"

var bomStartOnly = &checks.Check{
	ID:    "framing/bom-start-only",
	Title: "A byte order mark must not stand at the start of any line but the first",
	Level: checks.Must,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation",
		"The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."),
	Since: "0.1",
	Doc: `
Only one mark, at the very start of the body, is removed. Any other becomes part of the line: the field
then has an unknown name and is ignored, and a blank line is none. It comes from files or
templates saved with a mark and sent one after the other.

One mark at the start of each answer is legal, and a mark inside a value is ordinary text.`,
	Fix:   "Strip the mark (EF BB BF) from every file or template before it is written to the stream.",
	Good:  "\xef\xbb\xbfdata: a\n\ndata: b\n\n",
	Bad:   "data: a\n\n\xef\xbb\xbfdata: b\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		for _, l := range s.Lines {
			if bytes.HasPrefix(s.Body[l.Lo:l.Hi], []byte(bom)) {
				t.line(l, "the line begins with a byte order mark: a client takes the mark for part of the name and ignores %.40q", s.Content(l))
			}
		}
		return t.Outcome(len(s.Lines), "%d lines, none begins with a byte order mark of its own", len(s.Lines))
	},
}
