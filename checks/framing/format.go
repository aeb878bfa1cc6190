package framing

import (
	"bytes"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// window is how far a stream is looked at for its first field.
const window = 4 << 10

var wrongFormat = &checks.Check{
	ID:     "framing/wrong-format",
	Title:  "What is labelled text/event-stream must be an event stream",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", "This event stream format's MIME type is text/event-stream."),
	Since:  "0.1",
	Doc: `
The answer has the right type, and its body is a JSON document, lines of JSON, or the HTML of a login or error
page. A client opens it, ignores every line as an unknown field, and waits or reconnects without an error.

It is reported where the first 4 KiB, or all of a shorter answer, hold no known field and no comment.
Blank lines, comments as padding, and unknown fields before the first known one are legal.`,
	Fix:   "Send the format's own media type, or an error status with it; or write the text in data lines.",
	Good:  "data: {\"a\":1}\n\n",
	Bad:   "{\"a\":1}\n{\"a\":2}\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/transport-leak"},
	Judge: judgeFormat,
}

func judgeFormat(ev *checks.Evidence) checks.Outcome {
	v := ev.Control()
	s := v.Stream
	l := lookOver(s)
	name, sure := formatOf(s, l.first)
	seen := len(s.Body) - l.first.Lo
	switch {
	case l.lines == 0:
		return checks.Unconcerned("only blank lines came")
	case isPage(s.Body[l.first.Lo:]) && len(s.Events) == 0: // a line of its style sheet may look like a comment
	case l.known >= 0 && (l.known < window || name == "" || len(s.Events) > 0):
		return checks.Held(l.lines, "the first field or comment stands at byte %d", l.known)
	case name != "" && (sure || ended(v) || seen >= window):
	case name == "" && l.near:
		return checks.Unconcerned("the lines are meant as fields, and misspelled")
	case name == "" && whole(v) && !l.fields:
		name = "text without a single field"
	default:
		return checks.Unseen("the %d bytes that came hold no known field and no comment, which is too little to tell", seen)
	}
	t := tallyOf(v)
	t.line(l.first, "the body is %s: a client ignores every line of it", name)
	return t.Outcome(l.lines, "")
}

// A lookout is what a stream holds up to its first known field or comment.
type lookout struct {
	lines  int         // that are not blank
	first  stream.Line // of them
	fields bool        // all could be fields of somebody's own
	near   bool        // one is nearly a known field
	known  int         // offset of the first known field or comment; -1 if there is none
}

func lookOver(s *stream.Stream) lookout {
	out := lookout{fields: true, known: -1}
	for _, l := range s.Lines {
		k := kindOf(s, l)
		if k == blank {
			continue
		}
		if out.lines++; out.lines == 1 {
			out.first = l
		}
		if k != ignored {
			out.known = l.Lo
			break
		}
		name := bytes.TrimPrefix(s.Name(l), []byte(bom))
		out.near = out.near || nearName(name) != "" || len(name) < len(s.Name(l))
		out.fields = out.fields && l.Colon > 0 && wire.IsToken(string(name))
	}
	return out
}

// formatOf names the format that a stream has instead, empty if it is none of the usual ones. sure says
// that no field can make an event stream of it any more.
func formatOf(s *stream.Stream, first stream.Line) (name string, sure bool) {
	text := s.Body[first.Lo:]
	switch {
	case isPage(text):
		return "an HTML page", true
	case bytes.HasPrefix(text, []byte("<")):
		return "markup", false
	case !beginsJSON(text):
		return "", false
	}
	i := lineAt(s, first.Lo) + 1
	if i < len(s.Lines) && isObject(s.Content(first)) && isObject(s.Content(s.Lines[i])) {
		return "lines of JSON", true
	}
	return "JSON", false
}

// isPage reports whether b begins as an HTML page does.
func isPage(b []byte) bool {
	for _, start := range []string{"<!doctype html", "<html"} {
		if len(b) >= len(start) && bytes.EqualFold(b[:len(start)], []byte(start)) {
			return true
		}
	}
	return false
}

var foreignBlockMidstream = &checks.Check{
	ID:     "framing/foreign-block-midstream",
	Title:  "Nothing but events and comments should stand between events",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Otherwise … The field is ignored."),
	Since:  "0.1",
	Doc: `
When something goes wrong in an open stream, frameworks and gateways like to write their error page, in HTML
or as a JSON object, into the stream as it is. A client ignores it, and the user never learns what happened.

It is reported only behind an event, at the start of a block without any field or comment. What stands in data
lines is payload, whatever it looks like.`,
	Fix:   "Send errors as events: \"event: failure\" with the text in data lines; then end the stream.",
	Good:  "data: a\n\nevent: failure\ndata: {\"error\":\"timeout\"}\n\n",
	Bad:   "data: a\n\n{\"error\":\"timeout\"}\n\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/transport-leak", "framing/wrong-format"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		s := v.Stream
		t := tallyOf(v)
		events := 0
		for b := range s.Blocks() {
			if b.Event >= 0 {
				events++
				continue
			}
			if what := foreign(v, b); what != "" && events > 0 {
				t.line(b.Lines[0], "%s stands between events: a client ignores it, %.40q", what, s.Content(b.Lines[0]))
			}
		}
		if events == 0 {
			return checks.Unconcerned("no event was sent")
		}
		return t.Outcome(events, "%d events, no page and no bare JSON between them", events)
	},
}

// foreign says what a block is that has no field and no comment; empty for anything usual.
func foreign(v *checks.View, b stream.Block) string {
	s := v.Stream
	text := s.Body[b.Lo:b.Hi]
	if text[0] != '<' && text[0] != '{' {
		return ""
	}
	if text[0] == '<' && !isPage(text) || !endsBlank(s, b) && !whole(v) && !isPage(text) {
		return ""
	}
	for _, l := range b.Lines {
		if k := kindOf(s, l); k != ignored && k != blank {
			return ""
		}
	}
	switch {
	case isPage(text):
		return "an HTML page"
	case isObject(text) || isObject(s.Content(b.Lines[0])):
		return "a bare JSON object"
	}
	return ""
}
