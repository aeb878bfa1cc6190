package framing

import (
	"bytes"
	"encoding/json"
	"sort"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

var jsonPayload = &checks.Check{
	ID:      "framing/json-payload",
	Title:   "The data of every event should be JSON where the endpoint sends JSON",
	Level:   checks.Advice,
	Promise: "json",
	Clause:  checks.Practice(""),
	Since:   "0.1",
	Doc: `
A program that hands data to JSON.parse stops at the first event that is none. The data lines of an event
are joined with LF first, as clients do.

It is asked where the user declared JSON (--expect json), or where at least five events and nine of
ten hold objects or arrays. Empty data, markers such as [DONE], and heartbeats are no payload. Undeclared,
plain text among the objects is let pass too: only what begins like JSON and is none is reported.`,
	Fix:   "Write each object with a JSON encoder, on one line, or with data: before each of its lines.",
	Good:  "data: {\"a\":1}\n\ndata: [DONE]\n\n",
	Bad:   "data: {'a': 1}\n\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/lone-cr", "framing/non-ascii-separators", "framing/escaped-newline",
		"framing/unprefixed-continuation", "framing/heartbeat-splits-event", "framing/double-prefix"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		p := payloadsOf(v.Stream)
		all := p.texts + p.scalars + len(p.bad)
		declared := ev.Promised("json")
		switch {
		case declared && all == 0:
			return checks.Unseen("no event with a payload came")
		case !declared && (p.texts < evidentEvents || p.texts*10 < all*9):
			return checks.Unconcerned("JSON was not declared, and is not evident: %d of %d events hold it", p.texts, all)
		}
		t := tallyOf(v)
		for _, i := range p.bad {
			if e := v.Stream.Events[i]; declared || beginsJSON(e.Data) {
				t.Add(e.Lo, e.Hi, "the data %.60q is not JSON: a program that parses it stops here", e.Data)
			}
		}
		return t.Outcome(all, "%d of %d events hold JSON", p.texts+p.scalars, all)
	},
}

// evidentEvents is how many events must be JSON before an endpoint is taken for one that sends it.
const evidentEvents = 5

// payloads says what the events of a stream hold.
type payloads struct {
	texts   int   // JSON objects and arrays
	scalars int   // other JSON
	bad     []int // the events that hold neither
}

func payloadsOf(s *stream.Stream) (p payloads) {
	for i, e := range s.Events {
		switch {
		case isMarker(e.Data) || stream.IsHeartbeat(e.Type):
		case !json.Valid(e.Data):
			p.bad = append(p.bad, i)
		case beginsJSON(e.Data):
			p.texts++
		default:
			p.scalars++
		}
	}
	return p
}

// isMarker reports whether data is empty or one word, bare or in brackets, such as [DONE] or ping.
func isMarker(b []byte) bool {
	if len(b) > 64 {
		return false
	}
	b = bytes.Trim(bytes.TrimSpace(b), "[]<>")
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// beginsJSON reports whether b begins like a JSON object or array.
func beginsJSON(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

// isObject reports whether b is a JSON object.
func isObject(b []byte) bool {
	return beginsJSON(b) && bytes.TrimLeft(b, " \t\r\n")[0] == '{' && json.Valid(b)
}

// A literal tells which places of a stream lie in JSON. It remembers the last event and the last line,
// so that to ask for each place of a large one costs no more than to ask once.
type literal struct {
	s               *stream.Stream
	event, line     int // one more than the index
	inEvent, inLine bool
}

// holds reports whether the value of the line at an offset, or the data of its event, is JSON.
func (j *literal) holds(off int) bool {
	if i := j.s.EventAt(off); i+1 != j.event {
		j.event = i + 1
		j.inEvent = i >= 0 && json.Valid(j.s.Events[i].Data)
	}
	if j.inEvent {
		return true
	}
	if i := lineAt(j.s, off); i+1 != j.line {
		j.line = i + 1
		j.inLine = json.Valid(j.s.Value(j.s.Lines[i]))
	}
	return j.inLine
}

// lineAt returns the index of the line that holds an offset.
func lineAt(s *stream.Stream, off int) int {
	return sort.Search(len(s.Lines)-1, func(i int) bool { return off < s.Lines[i].Hi })
}
