package framing

import "github.com/ssespec/ssespec/checks"

var comment = &checks.Check{
	ID:     "framing/comment",
	Title:  "Comment lines are counted: clients skip them whatever they hold",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "If the line starts with a U+003A COLON character (:) … Ignore the line."),
	Since:  "0.1",
	Doc: `
A line that begins with a colon is a comment: a heartbeat, padding, or a note. It may stand anywhere, also
among the fields of one event, and be of any length.

A comment that looks like a field, such as ":data: a", is told because it may be a slip of the pen.`,
	Good:  ": still here\n\n",
	Bad:   ":data: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		n, fields := 0, 0
		for _, l := range finished(s.Lines) {
			if kindOf(s, l) != remark {
				continue
			}
			n++
			if beginsField(s.Value(l)) {
				fields++
			}
		}
		switch {
		case n == 0:
			return checks.Unconcerned("no comment was sent")
		case fields > 0:
			return checks.Held(n, "%d comments, %d of them look like a field and are skipped all the same", n, fields)
		}
		return checks.Held(n, "%d comments", n)
	},
}
