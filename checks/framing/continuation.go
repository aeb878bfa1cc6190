package framing

import (
	"bytes"
	"encoding/json"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

var unprefixedContinuation = &checks.Check{
	ID:     "framing/unprefixed-continuation",
	Title:  "Every line of a payload should have data: before it",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Otherwise … The field is ignored."),
	Since:  "0.1",
	Doc: `
A payload of several lines needs data: before each. Where only the first line has it, a client
ignores the others as unknown fields, and the event arrives with its first line only.

A line is reported only straight behind a data line, and only if it cannot well be a field of one's own: it
has no colon and holds spaces, quotes or brackets, it begins with a quote or bracket, or the data
becomes valid JSON once the line is added back.`,
	Fix:   "Split the payload at its line ends and write data: before every line, or send JSON without line ends.",
	Good:  "data: {\ndata: \"a\": 1}\n\n",
	Bad:   "data: {\n\"a\": 1}\n\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/lone-cr"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		seen := 0
		for b := range s.Blocks() {
			lines := finished(b.Lines)
			for i := 0; i < len(lines); i++ {
				if kindOf(s, lines[i]) != data {
					continue
				}
				seen++
				if runLen(s, lines[i+1:]) > 0 {
					t.continuations(b, lines)
					seen += len(lines) - i - 1
					break
				}
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no data line was sent")
		}
		return t.Outcome(seen, "%d data lines, none is followed by payload without data: before it", seen)
	},
}

// continuations takes a finding on each run of lines of a block that continues a data line.
func (t *tally) continuations(b stream.Block, lines []stream.Line) {
	s := t.View.Stream
	mends := completesJSON(s, b, lines)
	for i := 1; i < len(lines); i++ {
		if kindOf(s, lines[i-1]) != data {
			continue
		}
		run := lines[i : i+runLen(s, lines[i:])]
		if len(run) > 0 && (mends || anyPayload(s, run)) {
			last := run[len(run)-1]
			t.Add(run[0].Lo, last.Hi-last.End.Len(), "payload without data: before it: a client ignores %.40q", s.Content(run[0]))
		}
		i += len(run)
	}
}

// completesJSON reports whether a block's data is no JSON and becomes it with the ignored lines added.
func completesJSON(s *stream.Stream, b stream.Block, lines []stream.Line) bool {
	if b.Event < 0 || !beginsJSON(s.Events[b.Event].Data) || json.Valid(s.Events[b.Event].Data) {
		return false
	}
	var all []byte
	for _, l := range lines {
		switch kindOf(s, l) {
		case data:
			all = append(append(all, s.Value(l)...), '\n')
		case ignored:
			all = append(append(all, s.Content(l)...), '\n')
		}
	}
	return json.Valid(all)
}

// anyPayload reports whether one of the lines can hardly be a field of somebody's own.
func anyPayload(s *stream.Stream, run []stream.Line) bool {
	for _, l := range run {
		text := bytes.TrimLeft(s.Content(l), " \t")
		if len(text) == 0 || bytes.HasPrefix(text, []byte(bom)) || nearName(s.Name(l)) != "" {
			continue
		}
		if bytes.IndexByte([]byte(`"{}[]<`), text[0]) >= 0 || l.Colon < 0 && bytes.ContainsAny(text, " \"{}[]<>") {
			return true
		}
	}
	return false
}

var heartbeatSplitsEvent = &checks.Check{
	ID:     "framing/heartbeat-splits-event",
	Title:  "A heartbeat should not be written into an unfinished event",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "If the line is empty (a blank line) … Dispatch the event, as defined below."),
	Since:  "0.1",
	Doc: `
The usual heartbeat is a comment and a blank line. Written by a timer while an event is half written,
its blank line ends that event: a client receives two broken halves instead.

It is reported only where the proof is complete: neither half is JSON, and both together are. A comment
without a blank line splits nothing, and between events a heartbeat is always right.`,
	Fix:   "Let one writer own the connection, so that heartbeats wait for the end of the event; or write the comment without a blank line.",
	Good:  "data: {\n: still here\ndata: \"a\": 1}\n\n",
	Bad:   "data: {\n: still here\n\ndata: \"a\": 1}\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		seen := 0
		var c cut
		for b := range s.Blocks() {
			if b.Event < 0 {
				continue // heartbeats between the halves
			}
			some, last := remarks(s, b)
			if some {
				seen++
			}
			if c.joins(s, b) {
				t.line(c.heartbeat, "this heartbeat's blank line cuts an event in two: a client receives two halves that are not JSON")
			}
			c.follow(s, b, last)
		}
		if seen == 0 {
			return checks.Unconcerned("no comment stands in the block of an event")
		}
		return t.Outcome(seen, "%d comments stand in the block of an event, none cuts one in two", seen)
	},
}

// remarks reports whether a block holds a comment, and returns the one that its blank line follows.
func remarks(s *stream.Stream, b stream.Block) (any bool, last *stream.Line) {
	for i := range b.Lines {
		k := kindOf(s, b.Lines[i])
		any = any || k == remark
		if k == blank && i > 0 && kindOf(s, b.Lines[i-1]) == remark {
			last = &b.Lines[i-1]
		}
	}
	return any, last
}

// A cut is an event that a heartbeat may have ended before its time.
type cut struct {
	pieces    int
	text      []byte // what came of it so far
	heartbeat stream.Line
}

// maxPieces bounds how often one event is believed to have been cut, so that the work stays linear.
const maxPieces = 8

// joins reports whether the event of a block completes the event that was cut.
func (c *cut) joins(s *stream.Stream, b stream.Block) bool {
	if c.pieces == 0 || json.Valid(s.Events[b.Event].Data) {
		return false
	}
	c.text = append(append(c.text, '\n'), s.Events[b.Event].Data...)
	return json.Valid(c.text)
}

// follow takes a block that ends in a heartbeat for a piece of a cut event, where it can be one.
func (c *cut) follow(s *stream.Stream, b stream.Block, heartbeat *stream.Line) {
	switch {
	case heartbeat == nil || c.pieces == maxPieces || json.Valid(s.Events[b.Event].Data):
		c.pieces = 0
	case c.pieces > 0 && !json.Valid(c.text): // one more piece, which joins has added
		c.pieces++
	case beginsJSON(s.Events[b.Event].Data):
		*c = cut{1, append(c.text[:0], s.Events[b.Event].Data...), *heartbeat}
	default:
		c.pieces = 0
	}
}
