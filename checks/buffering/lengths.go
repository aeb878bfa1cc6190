package buffering

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	// asBlock is the share of what makes an answer longer by which the first event of one comes later that is sent when it
	// is done, and asStream that of one which is sent as it is made. Between them lies what thinks before it speaks.
	asBlock, asStream = 0.8, 0.2
	// leastLonger is by how much a long answer must take longer than a short one: four times what a reader notices.
	leastLonger = time.Second
	// fewestLengths is how many answers of both lengths it takes.
	fewestLengths = 3
)

var lengthScaling = &checks.Check{
	ID:     "buffering/length-scaling",
	Title:  "The first event of a long answer must not come later than that of a short one",
	Level:  checks.Must,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
The first word of a model takes as long before a long answer as before a short one. Where the wait for the first event grows with the length of the answer,
the answer is made in full before any of it is passed on: something collects it.

Three short and three long answers are asked for by turns, only where the user names what makes them so: --scale max_tokens=16:256. It fails
where the first event is later by four fifths at least of the time by which the answer takes longer, in all of them, and all events of the long ones
come at once; it passes up to one fifth.
What lies between may be a model that thinks, and is inconclusive. So is a first event that comes at once, where half of the others come near the end:
some gateways greet by themselves. Answers that do not end while they are watched, or take as long whether they are long or short, tell nothing.`,
	Fix:   "Ask the model for a streamed answer (\"stream\": true) on every hop, and pass each piece on as it comes; switch off what reads answers to their end: guards, caches, response hooks.",
	Good:  "(16 tokens: first after 0.3 s, end after 0.6 s; 256 tokens: first after 0.3 s, end after 5 s)",
	Bad:   "(16 tokens: first after 0.6 s, end after 0.6 s; 256 tokens: first after 5 s, end after 5 s)",
	Needs: []wire.Scene{wire.Control, wire.Lengths},
	When:  []checks.Condition{checks.EventStream},
	Judge: judgeLengths,
}

// A course is when the first event of an answer came, half of them, and its end.
type course struct{ first, half, end time.Duration }

func judgeLengths(ev *checks.Evidence) checks.Outcome {
	var views [2][]*checks.View
	var courses [2][]course
	for _, v := range ev.Exhibit(wire.Lengths).Views {
		i := slices.Index([]string{"short", "long"}, v.Case.Get("length"))
		switch es := v.Stream.Events; {
		case i < 0 || browser.Redirects(v.Status) && v.Header.Has("Location"):
		case v.Status == 429 || v.Status == 503:
			return checks.Unseen("a request was refused with %d, which may be a limit that cools down", v.Status)
		case !v.OpenedEventStream():
			return checks.Unseen("one of several requests opened no event stream")
		case v.End.Kind != wire.Complete:
			return checks.Unseen("an answer did not end in the %v watched (--watch 60s may help)", checks.Brief(v.End.At))
		case len(es) == 0:
			return checks.Unseen("an answer had no event")
		default:
			at := func(i int) time.Duration { return v.Text.When(es[i].Hi - 1) }
			views[i] = append(views[i], v)
			courses[i] = append(courses[i], course{at(0), at(len(es) / 2), v.End.At})
		}
	}
	if len(courses[0]) < fewestLengths || len(courses[1]) < fewestLengths {
		return checks.Unseen("%d short and %d long answers were had, and it takes %d of both", len(courses[0]), len(courses[1]), fewestLengths)
	}
	return compareLengths(ev, views, courses)
}

func compareLengths(ev *checks.Evidence, views [2][]*checks.View, courses [2][]course) checks.Outcome {
	first := func(c course) time.Duration { return c.first }
	half := func(c course) time.Duration { return c.half }
	end := func(c course) time.Duration { return c.end }
	longer := between(courses, end, median)
	switch {
	case between(courses, end, apart) <= 0 || longer < leastLonger:
		return checks.Unseen("the long answers did not take longer than the short ones by a second: the number may have no effect, or too little")
	case busyLengths(ev, views, longer):
		return checks.Unseen("this machine was too busy while it watched")
	}
	n := len(courses[0]) + len(courses[1])
	slope := func(of func(course) time.Duration) float64 {
		return between(courses, of, median).Seconds() / longer.Seconds()
	}
	said := fmt.Sprintf("the long answers took %v longer, and their first event came %v later", checks.Brief(longer), checks.Brief(max(0, between(courses, first, median))))
	switch {
	case slope(first) > asBlock && between(courses, first, apart) > 0 && blocks(ev, views[1]):
		v := views[1][0]
		e := v.Stream.Events[0]
		return checks.Broke(n, v.At(e.Lo, e.Hi, said+": an answer is passed on when it is done")).Shows(remedy.Symptom{Class: remedy.HeldToEnd})
	case slope(first) > asBlock && between(courses, first, apart) > 0:
		return checks.Unseen("%s, but the events of the long ones came one after another then: the model may think longer", said)
	case slope(first) >= asStream:
		return checks.Unseen("%s: the model may think longer, or part of the answer is held", said)
	case slope(half) > asBlock:
		return checks.Unseen("%s, but half of the events came near the end: the first may be a greeting, and the rest a block", said)
	}
	return checks.Held(n, "%s", said)
}

// blocks reports whether each of some answers came all at once. What thinks in silence and then streams does not.
func blocks(ev *checks.Evidence, vs []*checks.View) bool {
	return !slices.ContainsFunc(vs, func(v *checks.View) bool { return !read(ev, v).Grouping().Block })
}

// between returns how much more something is of the long answers than of the short ones.
func between(cs [2][]course, of func(course) time.Duration, more func(short, long []time.Duration) time.Duration) time.Duration {
	var ds [2][]time.Duration
	for i := range cs {
		for _, c := range cs[i] {
			ds[i] = append(ds[i], of(c))
		}
		slices.Sort(ds[i])
	}
	return more(ds[0], ds[1])
}

// median compares the middle of both, apart the longest short with the shortest long.
func median(short, long []time.Duration) time.Duration {
	return long[len(long)/2] - short[len(short)/2]
}
func apart(short, long []time.Duration) time.Duration { return long[0] - short[len(short)-1] }

// busyLengths reports whether this machine may have made a good part of a difference.
func busyLengths(ev *checks.Evidence, views [2][]*checks.View, longer time.Duration) bool {
	for _, vs := range views {
		for _, v := range vs {
			if late(ev, v, 0, v.End.At) >= longer/5 {
				return true
			}
		}
	}
	return false
}
