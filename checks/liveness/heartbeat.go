package liveness

import (
	"bytes"
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// slowLine is longer than a comment takes that is written at once, and shorter than any heartbeat's period.
const slowLine = 4 * time.Second

var heartbeatForm = &checks.Check{
	ID:     "liveness/heartbeat-form",
	Title:  "A heartbeat should be a whole comment line, or an event with data",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", "comment = colon *any-char end-of-line"),
	Since:  "0.1",
	Doc: `
A comment without its line end swallows the first line of the next event. Bare spaces become part of
the next field's name. A block "event: ping" without data fires nothing, so a page that waits for it
reconnects for ever.

Both ":" and ": text", with or without a blank line, are fine, and so is an event that carries data.`,
	Fix:   "Write \":\\n\\n\" and flush; for a heartbeat that pages can see send \"event: ping\\ndata: {}\\n\\n\".",
	Good:  ":\n\n",
	Bad:   "event: ping\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"framing/event-without-data"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		var found []checks.Finding
		seen := 0
		for b := range v.Stream.Blocks() {
			for _, l := range b.Lines {
				if v.Stream.IsComment(l) && l.End != stream.None {
					seen++
					if len(found) < checks.MaxFindings && v.Text.When(l.Hi-1)-v.Text.When(l.Lo) > slowLine {
						found = append(found, v.At(l.Lo, l.Hi, "the comment's line end came long after it: what follows such a heartbeat is swallowed by it"))
					}
				}
			}
			why, heartbeat := blockFault(v.Stream, b)
			if heartbeat {
				seen++
			}
			if why != "" && len(found) < checks.MaxFindings {
				found = append(found, v.At(b.Lo, b.Hi, why))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no heartbeat was seen")
		}
		return checks.Judged(seen, found, "heartbeats, each a whole comment line or an event with data")
	},
}

// blockFault says what is wrong with a block that was meant as a heartbeat; heartbeat is false for others.
func blockFault(s *stream.Stream, b stream.Block) (why string, heartbeat bool) {
	if !s.IsBlank(b.Lines[len(b.Lines)-1]) || len(b.Lines) < 2 {
		return "", false
	}
	if b.Event >= 0 {
		return "", stream.IsHeartbeat(s.Events[b.Event].Type)
	}
	spaces, named := 0, false
	for _, l := range b.Lines[:len(b.Lines)-1] {
		switch c := s.Content(l); {
		case len(bytes.Trim(c, " \t")) == 0:
			spaces++
		case string(s.Name(l)) == "event" && stream.IsHeartbeat(s.Value(l)):
			named = true
		case string(s.Name(l)) != "event" && !s.IsComment(l):
			return "", false // it holds something else, such as an id
		}
	}
	switch {
	case named:
		return "a heartbeat event without data fires nothing: a page that waits for it takes the stream for dead", true
	case spaces > 0 && spaces == len(b.Lines)-1:
		return "bare spaces as heartbeat are a field with an odd name to every client, and glue to the next field if their line end is late", true
	}
	return "", false
}

var heartbeatVisible = &checks.Check{
	ID:     "liveness/heartbeat-visible",
	Title:  "Whether a page can see the heartbeat",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "If the line starts with a U+003A COLON character (:) … Ignore the line."),
	Since:  "0.1",
	Doc: `
Comments keep proxies awake, but EventSource shows them to nobody. A page that wants to notice a dead
stream before the network does needs an event.`,
	Good:  "event: ping\ndata: {}\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		comments, events := 0, 0
		for _, l := range v.Stream.Lines {
			if v.Stream.IsComment(l) {
				comments++
			}
		}
		for _, e := range v.Stream.Events {
			if stream.IsHeartbeat(e.Type) {
				events++
			}
		}
		switch {
		case events > 0:
			return checks.Held(events, "%d heartbeat events, which a page can see, and %d comments, which it cannot", events, comments)
		case comments > 0:
			return checks.Held(comments, "%d comments, which a page cannot see", comments)
		}
		return checks.Unconcerned("no heartbeat was seen")
	},
}

var dateProgress = &checks.Check{
	ID:     "liveness/date-progress",
	Title:  "The events of a stream should differ from each other",
	Level:  checks.Advice,
	Clause: checks.Practice(""),
	Since:  "0.1",
	Doc: `
The same block again and again, without an id, is what a stuck producer sends, or a cache that plays
one answer in a loop. No client can tell it from progress.

Heartbeats are left out, and events with the same data and different ids are different events. Fewer
than three events are not judged.`,
	Fix:   "Give each event an id, or a time or number in its data.",
	Good:  "id: 1\ndata: tick\n\nid: 2\ndata: tick\n\nid: 3\ndata: tick\n\n",
	Bad:   "data: tick\n\ndata: tick\n\ndata: tick\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"framing/unprefixed-continuation", "framing/utf8"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		var first stream.Event
		seen := 0
		for _, e := range v.Stream.Events {
			if stream.IsHeartbeat(e.Type) || stream.IsHeartbeat(e.Data) || len(e.Data) == 0 {
				continue
			}
			if seen++; seen == 1 {
				first = e
			} else if !bytes.Equal(e.ID, first.ID) || !bytes.Equal(e.Type, first.Type) || !bytes.Equal(e.Data, first.Data) {
				return checks.Held(len(v.Stream.Events), "the events differ")
			}
		}
		if seen < fewestEvents {
			return checks.Unconcerned("%d events that are no heartbeats are too few to judge", seen)
		}
		return checks.Broke(seen, v.At(first.Lo, first.Hi, fmt.Sprintf("all %d events are this one again: a client cannot tell progress from a loop", seen)))
	},
}

// fewestEvents is how many events it takes to speak of a sequence.
const fewestEvents = 3
