package framing

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

var fieldNameExact = &checks.Check{
	ID:     "framing/field-name-exact",
	Title:  "Field names must be written exactly: data, event, id, retry",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Field names must be compared literally, with no case folding performed."),
	Since:  "0.1",
	Doc: `
Data, ID, "data " with a space before the colon, " data" in an indented template: to a client these are
unknown names, and it ignores the line.

Other unknown names are legal. Lines behind a data line that stand among further text without a field
are taken for the rest of a payload: see framing/unprefixed-continuation.`,
	Fix:   "Write the name in lower case at the very start of the line, and the colon right behind it.",
	Good:  "id: 1\ndata: a\n\n",
	Bad:   "ID: 1\n data: a\n\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/wrong-format"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		lines := finished(s.Lines)
		if len(lines) == 0 {
			return checks.Unseen("no line was complete")
		}
		for i := 0; i < len(lines); i++ {
			run := lines[i : i+runLen(s, lines[i:])]
			if len(run) > 0 && (i == 0 || kindOf(s, lines[i-1]) != data || allMeant(s, run)) {
				t.misnamed(run)
			}
			i += len(run)
		}
		return t.Outcome(len(lines), "%d lines, no name that is nearly a known one", len(lines))
	},
}

// misnamed takes a finding on each line whose name is nearly a known one.
func (t *tally) misnamed(run []stream.Line) {
	for _, l := range run {
		if meant := nearName(t.View.Stream.Name(l)); meant != "" {
			t.line(l, "%.20q is not the field %s: a client ignores the line", t.View.Stream.Name(l), meant)
		}
	}
}

// allMeant reports whether every line has a name that is nearly a known one.
func allMeant(s *stream.Stream, run []stream.Line) bool {
	return !slices.ContainsFunc(run, func(l stream.Line) bool { return nearName(s.Name(l)) == "" })
}

// nearName returns the known name that an unknown one is but for letter case, spaces around it or U+0000 in it.
func nearName(name []byte) string {
	const room = 16
	if len(name) > room {
		return ""
	}
	var b [room]byte
	n := 0
	for _, c := range name {
		if c != 0 {
			b[n] = c
			n++
		}
	}
	for _, known := range fieldNames {
		if bytes.EqualFold(trimSpaces(b[:n]), []byte(known)) {
			return known
		}
	}
	return ""
}

// trimSpaces removes spaces, tabs and no-break spaces from both ends.
func trimSpaces(b []byte) []byte { return bytes.Trim(b, " \t\u00a0") }

var unknownField = &checks.Check{
	ID:     "framing/unknown-field",
	Title:  "Unknown field names are told: clients ignore them",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Otherwise … The field is ignored."),
	Since:  "0.1",
	Doc: `
The grammar allows any field name. A client ignores those it does not know, so whatever such a line says
reaches nobody but clients of one's own.

It is never an error.`,
	Good:  "data: a\ntrace: 7f\n\n",
	Bad:   "(none: every name is allowed)",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		n := 0
		var names [][]byte
		for _, l := range finished(s.Lines) {
			if kindOf(s, l) != ignored {
				continue
			}
			n++
			same := func(name []byte) bool { return bytes.Equal(name, s.Name(l)) }
			if len(names) < shownNames && !slices.ContainsFunc(names, same) {
				names = append(names, s.Name(l))
			}
		}
		if n == 0 {
			return checks.Unconcerned("no unknown field was sent")
		}
		return checks.Held(n, "%d lines have a name that clients ignore, such as %s", n, list(names))
	},
}

// shownNames is how many unknown names are told.
const shownNames = 5

func list(names [][]byte) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, fmt.Sprintf("%.24q", name))
	}
	return strings.Join(quoted, ", ")
}

var spaceAfterColon = &checks.Check{
	ID:     "framing/space-after-colon",
	Title:  "At most one space should stand between the colon and an id or event name",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "If value starts with a U+0020 SPACE character, remove it from value."),
	Since:  "0.1",
	Doc: `
Exactly one space is removed behind the colon, never a tab and never two. What is left belongs to the
value: an event name that begins with a space reaches no listener, and an id that begins with one
loses it on the way back in Last-Event-ID.

Data may begin with as many spaces as it likes; that is told and never fails. "data:a" and "data: a" are the
same. For retry see framing/retry-digits.`,
	Fix:   "Write exactly one space, or none, behind the colon.",
	Good:  "event: tick\nid:1\ndata: a\n\n",
	Bad:   "event:  tick\nid:\t1\ndata: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		seen, values, indented := 0, 0, 0
		for _, l := range finished(s.Lines) {
			k := kindOf(s, l)
			if !k.isField() {
				continue
			}
			seen++
			value := s.Value(l)
			space := len(value) > 0 && (value[0] == ' ' || value[0] == '\t')
			switch {
			case k == data:
				values++
				if space {
					indented++
				}
			case space && k != retry:
				t.line(l, "the value is %.40q: a client removes one space and keeps the rest", value)
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no whole field line was sent")
		}
		if indented > 2 && indented*2 > values {
			return t.Outcome(seen, "no id or event name begins with white space; %d of %d data lines do, and clients keep it", indented, values)
		}
		return t.Outcome(seen, "%d fields, no id or event name begins with white space", seen)
	},
}

var repeatedField = &checks.Check{
	ID:     "framing/repeated-field",
	Title:  "An id, event or retry given twice in one event is told: the last one counts",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Set the event type buffer to the field value."),
	Since:  "0.1",
	Doc: `
Of several id, event or retry fields in one event the last one wins. Only data lines add up.

Repetition and order of the fields are never an error.`,
	Good:  "id: 1\ndata: a\n\n",
	Bad:   "id: 1\nid: 2\ndata: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		n := 0
		var times [ignored + 1]int
		for _, l := range finished(s.Lines) {
			k := kindOf(s, l)
			if times[k]++; k == blank {
				times = [ignored + 1]int{}
			}
			if times[k] == 2 && k.isField() && k != data {
				n++
			}
		}
		if n == 0 {
			return checks.Unconcerned("no event gives id, event or retry twice")
		}
		return checks.Held(n, "%d times an event gives id, event or retry more than once; the last one counts", n)
	},
}
