package framing

import (
	"bytes"
	"encoding/json"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

var escapedNewline = &checks.Check{
	ID:     "framing/escaped-newline",
	Title:  "Lines should end in a line end, not in a backslash and an n",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "The stream must then be parsed by reading everything line by line"),
	Since:  "0.1",
	Doc: `
A string that was quoted once too often, or printed without its escapes resolved, sends the two characters
\n where a line end was meant. All fields then stand on one line, and the events in them never arrive.

JSON strings rightly hold \n. It is reported only directly before a field name and colon, outside of JSON, and
where that happens on most data lines or no event arrives at all: a text may be about event streams.`,
	Fix:   "Write real line ends: use the quoting that resolves escapes (echo -e, \"…\" instead of '…'), and do not encode the finished stream as a string.",
	Good:  "data: a\n\ndata: b\n\n",
	Bad:   "data: a\\n\\ndata: b\\n\\n\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		s := v.Stream
		t := tallyOf(v)
		j := literal{s: s}
		seen, values := 0, 0
		for _, l := range s.Lines {
			k := kindOf(s, l)
			if !k.isField() {
				continue
			}
			seen++
			if k == data {
				values++
			}
			value := s.Value(l)
			if i := escapedField(value); i >= 0 && !inJSON(&j, l, value, i) {
				lo := l.Hi - l.End.Len() - len(value) + i
				t.Add(lo, lo+len(`\n`), "a backslash and an n are no line end: a client takes %.40q for part of the value", value[i:])
			}
		}
		switch {
		case seen == 0:
			return checks.Unconcerned("no field line was sent")
		case len(s.Events) == 0 && (whole(v) || t.N > 1 || v.End.At-v.Text.When(0) >= patience):
		case t.N < 2 || t.N*2 < values:
			t = tallyOf(v)
		}
		return t.Outcome(seen, "%d fields, no escape stands where a line end was meant", seen)
	},
}

// escapedField returns where in a value escapes such as \n stand directly before a field, or -1.
func escapedField(value []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(value[at:], '\\')
		if i < 0 {
			return -1
		}
		lo := at + i
		for at = lo; bytes.HasPrefix(value[at:], []byte(`\n`)) || bytes.HasPrefix(value[at:], []byte(`\r`)); {
			at += 2
		}
		if at > lo && beginsField(value[at:]) {
			return lo
		}
		at = min(max(at, lo+2), len(value)) // an escaped backslash begins no escape
	}
}

// inJSON reports whether the escape at i of a value stands in a JSON string, so far as the line can tell.
func inJSON(j *literal, l stream.Line, value []byte, i int) bool {
	if l.End != stream.None {
		return j.holds(l.Lo)
	}
	return (beginsJSON(value) || bytes.HasPrefix(value, []byte(`"`))) && !json.Valid(value[:i])
}

var doublePrefix = &checks.Check{
	ID:     "framing/double-prefix",
	Title:  "The data of an event should not be an event stream itself",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Append the field value to the data buffer"),
	Since:  "0.1",
	Doc: `
Data that begins with data: or event: is what a gateway sends that takes the lines of one event stream for the
payload of another. A client delivers the inner prefix as part of the text, and JSON.parse fails on it.

It is reported only where most events have it. A data: URL is a payload like any other.`,
	Fix:   "Pass the inner stream on as it is, or read its events and send only their data.",
	Good:  "data: {\"a\":1}\n\n",
	Bad:   "data: data: {\"a\":1}\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		for _, e := range s.Events {
			inner, ok := bytes.CutPrefix(e.Data, []byte("data:"))
			if ok && !isDataURL(inner) || bytes.HasPrefix(e.Data, []byte("event:")) {
				t.Add(e.Lo, e.Hi, "the data is a field itself, %.40q: a client delivers it with the prefix", e.Data)
			}
		}
		switch n := len(s.Events); {
		case n == 0:
			return checks.Unconcerned("no event was sent")
		case t.N == 1 && n == 1:
			return checks.Unseen("a single event is too little to tell a wrapped stream from a text that begins like one")
		case t.N*2 <= n:
			t = tallyOf(ev.Control())
		}
		return t.Outcome(len(s.Events), "%d events, most of them without a second prefix", len(s.Events))
	},
}

// maxMediaType is more than the head of a data: URL ever has.
const maxMediaType = 256

// isDataURL reports whether b is what follows data: in a URL: [mediatype] [;base64] , data (RFC 2397).
func isDataURL(b []byte) bool {
	head, _, ok := bytes.Cut(b[:min(len(b), maxMediaType)], []byte(","))
	if !ok || bytes.ContainsAny(head, " \t\n{}[]\"") {
		return false
	}
	mediaType, _, _ := bytes.Cut(head, []byte(";"))
	return len(mediaType) == 0 || bytes.IndexByte(mediaType, '/') > 0
}
