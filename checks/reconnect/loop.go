package reconnect

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// hasty is how often a reader may be made to come back and nobody minds: once a second.
const hasty = time.Second

// unasked is how long the most impatient browser waits where the stream names no time: Chromium 3 seconds, Firefox 5.
const unasked = 3 * time.Second

// enoughReturns are how many visits in a row are no chance.
const enoughReturns = 3

var tightLoop = &checks.Check{
	ID:     "reconnect/tight-loop",
	Title:  "A server that ends each answer at once should not call its readers back within a second",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.HTML("9.2.3", "sse-processing-model", "Wait a delay equal to the reconnection time of the event source"),
	Since:  "0.3",
	Doc: `
An EventSource comes back after a clean end too. Where each answer ends at once and retry is small, every open page
asks more than once a second, for ever: a storm that looks like load. With retry: 0 Chromium makes hundreds of requests
a second.

It takes three returns in a row, none of which lasts a second together with the reconnection time behind it. A
feed that is polled, and asks for a second or more between two visits, is fine. Whether anything new comes does not
matter, for readers who poll faster than the data changes are sent the same again. Not judged are answers whose last
event may be a sign for the page to close its EventSource: with one or two events that bring nothing new, it may be any.`,
	Fix:   "Keep the answer open and send what comes, or send a retry that says how often the feed is to be polled.",
	Good:  "retry: 5000\nid: 7\ndata: a\n\n(ended)",
	Bad:   "retry: 100\nid: 7\ndata: a\n\n(ended)",
	Needs: []wire.Scene{wire.Control, wire.Reconnect, wire.Returns},
	Reads: []wire.Scene{wire.Again},
	When:  []checks.Condition{checks.EventStream, byItself, opened},
	After: []string{"liveness/dead-open"},
	Judge: judgeLoop,
}

func judgeLoop(ev *checks.Evidence) checks.Outcome {
	first, visits := ev.Control(), answers(ev, wire.Reconnect, wire.Returns)
	for _, v := range visits {
		if !v.OpenedEventStream() || v.End.Kind != wire.Complete {
			return checks.Unconcerned("a reader that comes back is not sent away each time")
		}
	}
	if len(visits) < enoughReturns {
		return checks.Unseen("a reader came back %s, which may be chance", count(len(visits), "time"))
	}
	var said asked
	said.take(first)
	longest := time.Duration(0)
	for _, v := range visits {
		said.take(v)
		longest = max(longest, v.End.At+said.wait())
	}
	switch mark, known := markOf(first, visits), checks.EndingOf(first.Stream.Events).Known; {
	case longest >= hasty:
		return checks.Held(len(visits), "each of %d returns was ended by the server, and the next one comes up to %v later", len(visits), checks.Brief(longest))
	case mark != "":
		return checks.Unconcerned("the answer ends with %s, at which a page can close its EventSource", mark)
	case !known && (len(first.Stream.Events) >= fewestEvents || !bringNews(first, visits, answers(ev, wire.Again))):
		return checks.Unconcerned("whether the answer ends with a sign for the page to close its EventSource only its maker knows")
	}
	return checks.Broke(len(visits), said.v.At(said.lo, said.hi, fmt.Sprintf(
		"each of %d returns was ended by the server, and with retry at %d ms the next one comes %v later at most: every open page does so for ever", len(visits), said.ms, checks.Brief(longest))))
}

// asked is the reconnection time that was sent last, and where.
type asked struct {
	v      *checks.View // nil where none was sent
	lo, hi int
	ms     uint64
}

// take takes the last reconnection time of an answer, if it has one.
func (a *asked) take(v *checks.View) {
	if all := retries(v.Stream); len(all) > 0 {
		r := all[len(all)-1]
		*a = asked{v, r.lo, r.hi, r.ms}
	}
}

// wait returns how long a reader waits before it comes back.
func (a *asked) wait() time.Duration {
	if a.v == nil {
		return unasked
	}
	return time.Duration(min(a.ms, widest)) * time.Millisecond
}

// markOf returns what a page can tell the last event by, of the first answer or of one that followed, or "".
func markOf(first *checks.View, visits []*checks.View) string {
	events := slices.Clone(first.Stream.Events)
	mark := checks.EndingOf(events).Mark
	for _, v := range visits {
		events = append(events, v.Stream.Events...)
		if mark == "" {
			mark = checks.EndingOf(events).Mark
		}
	}
	return mark
}

// bringNews reports whether readers who come back are sent something, and it was new in some visit, or to who asked once
// more later: then a page that shows it has no reason to close. Ids do not count: an answer that is played again may be
// numbered anew.
func bringNews(first *checks.View, visits, later []*checks.View) bool {
	came := map[string]bool{}
	key := func(e stream.Event) string { return string(e.Type) + "\x00" + string(e.Data) }
	for _, e := range first.Stream.Events {
		came[key(e)] = true
	}
	isNew := func(e stream.Event) bool { return !came[key(e)] }
	brings := func(v *checks.View) bool { return slices.ContainsFunc(v.Stream.Events, isNew) }
	sent := func(v *checks.View) bool { return len(v.Stream.Events) > 0 }
	return slices.ContainsFunc(visits, brings) || slices.ContainsFunc(visits, sent) && slices.ContainsFunc(later, brings)
}
