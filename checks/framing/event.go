package framing

import (
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

const emptyDataClause = "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and return."

// A shape is what the fields of one block are.
type shape struct {
	fields int         // lines that a client does not skip
	data   int         // data lines
	named  bool        // the last event field has a value
	name   stream.Line // the last event field
}

func shapeOf(s *stream.Stream, b stream.Block) (f shape) {
	for _, l := range finished(b.Lines) {
		k := kindOf(s, l)
		if k.isField() {
			f.fields++
		}
		switch k {
		case data:
			f.data++
		case event:
			f.named, f.name = len(s.Value(l)) > 0, l
		}
	}
	return f
}

// endsBlank reports whether a block has the blank line that ends it.
func endsBlank(s *stream.Stream, b stream.Block) bool { return s.IsBlank(b.Lines[len(b.Lines)-1]) }

var typeSplit = &checks.Check{
	ID:     "framing/type-split",
	Title:  "An event's name and its data should not be divided by a blank line",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", emptyDataClause),
	Since:  "0.1",
	Doc: `
Each blank line clears the name. Where one stands between event: and data:, the data arrives as a
nameless message and the listeners for the name never hear of it.

It is reported where it happens at least twice, each time at once and without exception, and to most of the nameless
events. A heartbeat that is a name without data is not it: see framing/event-without-data.`,
	Fix:   "Write event: and data: in one block, with a blank line behind it only.",
	Good:  "event: tick\ndata: a\n\n",
	Bad:   "event: tick\n\ndata: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		t := tallyOf(v)
		var sp splits
		named := 0
		for b := range v.Stream.Blocks() {
			if f := shapeOf(v.Stream, b); f.fields > 0 && endsBlank(v.Stream, b) {
				if f.named {
					named++
				}
				sp.take(v, &t, f, b)
			}
		}
		switch {
		case named == 0:
			return checks.Unconcerned("no named event was sent")
		case sp.alone || t.N < 2 || sp.nameless > t.N:
			t = tallyOf(v)
		}
		return t.Outcome(named, "%d blocks name an event, none is regularly divided from its data", named)
	},
}

// splits looks for names in blocks of their own, each followed by data without a name.
type splits struct {
	pending  bool // the block before was a name without data
	last     shape
	alone    bool // a name stood alone and no nameless data followed it at once
	nameless int  // nameless data that followed no such block
}

// atOnce is within how much time the two halves of one event are written.
const atOnce = 100 * time.Millisecond

func (sp *splits) take(v *checks.View, t *tally, f shape, b stream.Block) {
	nameless := f.data > 0 && !f.named
	switch {
	case sp.pending && nameless && v.Text.When(b.Lo)-v.Text.When(sp.last.name.Lo) <= atOnce:
		t.line(sp.last.name, "a blank line divides this name from its data: a client delivers the data as %q", "message")
	case sp.pending:
		sp.alone = true
	case nameless:
		sp.nameless++
	}
	sp.pending = f.named && f.data == 0 && !stream.IsHeartbeat(v.Stream.Value(f.name))
	sp.last = f
}

var eventWithoutData = &checks.Check{
	ID:     "framing/event-without-data",
	Title:  "A named event should have a data line",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", emptyDataClause),
	Since:  "0.1",
	Doc: `
A block with a name and no data line fires nothing: a client forgets the name at the blank line. It is the usual
broken heartbeat, "event: ping" and a blank line, which no program ever sees.

A block with only an id is a checkpoint, with only a retry a setting, with only comments a heartbeat:
none of these is reported. Empty data is data.`,
	Fix:   "Add a data line, if only an empty one: \"data:\"; or send a comment line as heartbeat.",
	Good:  "event: ping\ndata:\n\n",
	Bad:   "event: ping\n\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/bom-start-only", "framing/field-name-exact", "framing/type-split"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		t := tallyOf(ev.Control())
		seen := 0
		for b := range s.Blocks() {
			f := shapeOf(s, b)
			if !f.named || !endsBlank(s, b) {
				continue
			}
			if seen++; f.data == 0 {
				t.line(f.name, "the event %.40q has no data line: a client fires nothing", s.Value(f.name))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no named event was sent")
		}
		return t.Outcome(seen, "%d named events, all with data", seen)
	},
}
