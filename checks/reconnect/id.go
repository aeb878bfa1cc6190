package reconnect

import (
	"bytes"
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

var idsPresent = &checks.Check{
	ID:      "reconnect/ids-present",
	Title:   "Events of a stream that can be taken up should have ids",
	Level:   checks.Advice,
	Promise: "resume",
	Clause:  checks.HTML("9.2.4", "the-last-event-id-header", "reports an EventSource object's last event ID string to the server when the user agent is to reestablish the connection"),
	Since:   "0.3",
	Doc: `
A reader that comes back names the last id that it was given. Where no event has one, no reader can say where
it stopped, and the server cannot know what is missing.

Held against a stream only where the user says that it can be taken up: prices, clocks and live reloads need no
ids. An event without an id is no error either, since the last id stays in force. Streams that are opened with POST,
those whose events have numbers of their own (--seq), and profiles whose readers name their place in another way
are not judged.`,
	Fix:   "Send an id with each event, and begin behind it where Last-Event-ID names it.",
	Good:  "id: 1\ndata: a\n\n",
	Bad:   "data: a\n\n",
	Needs: control,
	When:  []checks.Condition{checks.EventStream, byField, unnumbered},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		events, own := v.Stream.Events, 0
		for _, c := range named(ev) {
			if c.event >= 0 {
				own++
			}
		}
		switch n := len(events); {
		case len(named(ev)) > 0:
			return checks.Held(max(n, 1), "events with an id of their own: %d of %d", own, n)
		case !ev.Promised("resume") && !ev.Promised("exactly-once"):
			return checks.Unconcerned("no event has an id, and nobody says that the stream can be taken up (--expect resume)")
		case n == 0:
			return checks.Unseen("no event came in %v", checks.Brief(v.End.At))
		default:
			return checks.Broke(n, v.At(events[0].Lo, events[0].Hi, fmt.Sprintf("none of %s has an id: a reader that comes back cannot say where it stopped", count(n, "event"))))
		}
	},
}

// unnumbered is the condition of checks on whether ids are there at all.
var unnumbered = checks.Condition{
	Says: "ids are how a reader names its place",
	Else: "the readers of this stream name their place in another way",
	Holds: func(ev *checks.Evidence) bool {
		p := ev.Profile()
		return ev.Bundle.Sequence == "" && p != "fetch" && p != "llm"
	},
}

var idUnique = &checks.Check{
	ID:     "reconnect/id-unique",
	Title:  "Two events of a stream should not have the same id",
	Level:  checks.Advice,
	Clause: mcp("the ID MUST be globally unique across all streams within that session"),
	Since:  "0.3",
	Doc: `
An id is the place at which a stream is taken up. If it stands for two places, a reader is sent what it has
already, or never sent what lies between.

Events in a row may share an id: then it is a checkpoint. An event that is sent again, alike in type and data, may
keep the id it had. Streams that are open at the same time are compared for the calls of MCP only, each of which has a
stream of its own in one space of ids; elsewhere each stream may count for itself.`,
	Fix:   "Take ids from one counter, or from the place in the log that the events come from.",
	Good:  "id: 1\ndata: a\n\nid: 2\ndata: b\n\n",
	Bad:   "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 1\ndata: c\n\n",
	Needs: control,
	Reads: []wire.Scene{wire.Twins},
	When:  []checks.Condition{checks.EventStream, hasIDs},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all := named(ev)
		if len(all) < 2 {
			return checks.Unconcerned("one id alone cannot come twice")
		}
		t := checks.Tally{View: ev.Control()}
		for _, c := range reused(ev.Control().Stream, all) {
			t.Add(c.lo, c.hi, "the id %.40q had another event before, with other ids between: who names it may be sent the wrong rest", c.id)
		}
		if t.N == 0 && ev.Profile() == "mcp" && ev.Method() == "POST" {
			shared(ev, &t)
		}
		return t.Outcome(len(all), "%s, none of two events with other ids between", count(len(all), "id"))
	},
}

// mostEarlier is how many events of one id are compared with a later one. More are sent by nobody who means well.
const mostEarlier = 8

// reused returns the cursors whose id was left behind before, and belonged to another event then.
func reused(s *stream.Stream, all []cursor) []cursor {
	var out []cursor
	earlier := make(map[string][]int, len(all))
	for i, c := range all {
		if c.event < 0 {
			continue
		}
		was := earlier[string(c.id)]
		if len(was) > 0 && !bytes.Equal(all[i-1].id, c.id) && !sentBefore(s, all, was, c) {
			out = append(out, c)
		}
		if len(was) < mostEarlier {
			earlier[string(c.id)] = append(was, i)
		}
	}
	return out
}

// sentBefore reports whether the event of a cursor is one of those that had its id before, or may be since they are
// too many to be kept.
func sentBefore(s *stream.Stream, all []cursor, was []int, c cursor) bool {
	e := s.Events[c.event]
	for _, i := range was {
		w := s.Events[all[i].event]
		if bytes.Equal(w.Type, e.Type) && bytes.Equal(w.Data, e.Data) {
			return true
		}
	}
	return len(was) == mostEarlier
}

// shared takes a finding on each id that two streams gave which were open at the same time.
func shared(ev *checks.Evidence, t *checks.Tally) {
	twins := answers(ev, wire.Twins)
	if len(twins) != 2 || !twins[0].OpenedEventStream() || !twins[1].OpenedEventStream() {
		return
	}
	given := map[string]bool{}
	for _, c := range cursors(twins[0].Stream) {
		given[string(c.id)] = true
	}
	t.View = twins[1]
	for _, c := range cursors(twins[1].Stream) {
		if given[string(c.id)] {
			t.Add(c.lo, c.hi, "the id %.40q is given on two streams of the session at the same time: who names it may be sent the other one's rest", c.id)
		}
	}
}

var idAfterResume = &checks.Check{
	ID:     "reconnect/id-after-resume",
	Title:  "Tells whether the first event after a return has an id",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Set the last event ID string of the event source to the value of the last event ID buffer"),
	Since:  "0.3",
	Doc: `
Read to the letter, each stream begins with an empty id buffer, so that an event without an id, or a block of
comments, makes a reader forget the id it came back with. Browsers keep it.

Only some readers are that literal, and no stream is wrong that relies on the others.`,
	Good:  "> last-event-id: 5\n< id: 6\n< data: f\n",
	Needs: []wire.Scene{wire.Control, wire.Reconnect},
	Reads: []wire.Scene{wire.CrossResume},
	When:  []checks.Condition{checks.EventStream, checks.ViaGET, hasIDs},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, v := range answers(ev, wire.Reconnect, wire.CrossResume) {
			if !v.OpenedEventStream() || len(v.Stream.Events) == 0 || !v.Request.Header.Has("Last-Event-ID") {
				continue
			}
			if id := v.Stream.Events[0].ID; len(id) > 0 {
				return checks.Held(1, "the first event after the return has the id %.40q", id)
			}
			return checks.Held(1, "the first event after the return has no id: browsers keep the one they came with, a reader that follows the standard to the letter forgets it")
		}
		return checks.Unconcerned("no event came after a return")
	},
}
