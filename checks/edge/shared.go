package edge

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

var addedDelay = &checks.Check{
	ID:     "edge/added-delay",
	Title:  "Events must come through the hop no later, and in no larger pieces, than straight from the endpoint",
	Level:  checks.Must,
	Timing: true,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", "user agents should … not block on buffering"),
	Since:  "0.4",
	Doc: `
A hop that collects bytes before it passes them on turns a stream of words into lumps, or gives all of it at the end. The
endpoint's own log shows nothing of that.

Where all readers share a feed it is read on every route at the same time, and twice straight from the endpoint.
Flagged is a route on which, in two of three windows, one event in twenty comes more than 250 ms later than on the route
before and all come in less than half as many pieces; or each event comes with the next one, 100 ms later or more.

Where each request is given an answer of its own, answers are compared by turns, four on each route. Flagged is a
route on which two of the metrics that do not depend on an answer's length lie apart in all answers, three times as high,
and the reader waits 250 ms longer for something new.

An endpoint that sends in bursts is not its hop's doing, and distance is none: events that are late by a constant and come
as evenly as before are not flagged. The hop named is the first that differs from the one before it.`,
	Fix:   "Switch off response buffering, and compression of text/event-stream, on the hop.",
	Needs: []wire.Scene{wire.EdgeSemantics},
	Reads: []wire.Scene{wire.EdgeShared, wire.EdgeAnswers},
	Judge: judgeAddedDelay,
}

var missingEvents = &checks.Check{
	ID:     "edge/missing-events",
	Title:  "Every event must come through the hop, once and in order",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "7.7", ""),
	Since:  "0.4",
	Doc: `
Where all readers share a feed it is read on every route at the same time. An event is lost behind a hop if it came to
the readers of the route before it, and a later one came through; it came twice, or before an earlier one, if it did not
do so there.

Two readers straight from the endpoint must agree: an endpoint that gives each reader a choice of its own, such
as the latest price once a second, is not judged. What may still be on its way is not lost.`,
	Fix:   "Look for what reads the feed and writes it anew: a fan-out with a queue that overflows, several instances without a common source, a reconnect behind the reader's back.",
	Needs: []wire.Scene{wire.EdgeSemantics, wire.EdgeShared},
	Judge: judgeMissing,
}

var commentsLost = &checks.Check{
	ID:     "edge/comments-lost",
	Title:  "Comments should come through the hop",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.7", "authoring-notes", "authors can include a comment line … every 15 seconds or so"),
	Since:  "0.4",
	Doc: `
Comments keep a silent stream alive: everything on the way sees that it is in use. A hop that reads the stream and
writes it anew without them leaves the reader with a connection that the next hop cuts.

Flagged is a route without any comment where in two windows at least, and three times in all, comments came
to both readers straight from the endpoint, and events came through.`,
	Fix:   "Let the hop pass on the bytes of the stream as they are, or send comments of its own every 15 seconds.",
	Needs: []wire.Scene{wire.EdgeSemantics, wire.EdgeShared},
	Judge: judgeComments,
}

// A window is one time in which the feed was read on all routes at once.
type window struct {
	routes map[string]*checks.View
	twin   *checks.View // a second reader straight from the endpoint
	drop   time.Duration
	key    func(v *checks.View, e stream.Event) string
	named  bool
}

// windowsOf returns the windows in which the endpoint was read at all.
func windowsOf(ev *checks.Evidence) []*window {
	type memo struct{}
	return ev.Learn(memo{}, func() any {
		var out []*window
		e := ev.Exhibit(wire.EdgeShared)
		for n := 1; e != nil; n++ {
			w := &window{routes: map[string]*checks.View{}}
			for _, v := range e.Views {
				switch {
				case v.Case.Int("window") != n:
				case v.Case.Get("twin") != "":
					w.twin = v
				default:
					w.routes[v.Route()], w.drop = v, v.Case.Duration("drop")
				}
			}
			if len(w.routes) == 0 {
				return out
			}
			if w.routes[wire.Direct] != nil {
				w.tell()
				out = append(out, w)
			}
		}
		return out
	}).([]*window)
}

// tell decides by what events are told apart: by their ids where the endpoint gives each one of its own, else by what
// they say.
func (w *window) tell() {
	w.named = true
	for _, v := range []*checks.View{w.routes[wire.Direct], w.twin} {
		if v == nil {
			continue
		}
		ids := map[string]bool{}
		for _, e := range v.Stream.Events {
			if len(e.ID) == 0 || ids[string(e.ID)] {
				w.named = false
			}
			ids[string(e.ID)] = true
		}
	}
	w.key = func(_ *checks.View, e stream.Event) string { return string(e.ID) }
	if !w.named {
		w.key = func(_ *checks.View, e stream.Event) string {
			return fmt.Sprintf("%s\x00%s\x00%s", e.ID, e.Type, e.Data)
		}
	}
}

// feed returns what a reader saw, on the clock of the run.
func (w *window) feed(b *wire.Bundle, v *checks.View) passage.Feed {
	start := v.Began.Sub(b.Began)
	f := passage.Feed{From: start, To: start + v.End.At, Over: v.End.Kind.ServerEnded(), Named: w.named, RTT: v.RoundTrip()}
	for _, e := range v.Stream.Events {
		f.Items = append(f.Items, passage.Item{Key: w.key(v, e), At: start + v.Text.When(e.Hi-1), Lo: e.Lo, Hi: e.Hi})
	}
	return f
}

// behind compares what two readers of a window saw.
func (w *window) behind(b *wire.Bundle, reader, other *checks.View) passage.Lag {
	start := other.Began.Sub(b.Began)
	return passage.Behind(w.feed(b, reader), w.feed(b, other), w.drop, func(from, to time.Duration) time.Duration {
		return b.Late(other.Exchange, from-start, to-start)
	})
}

// lags compares a route with another one, window by window.
func lags(ev *checks.Evidence, to, from string) (out []passage.Lag, at []*checks.View) {
	for _, w := range windowsOf(ev) {
		if a, b := w.routes[from], w.routes[to]; a != nil && b != nil {
			out, at = append(out, w.behind(ev.Bundle, b, a)), append(at, b)
		}
	}
	return out, at
}

// own compares the two readers straight from the endpoint.
func own(ev *checks.Evidence) []passage.Lag {
	var out []passage.Lag
	for _, w := range windowsOf(ev) {
		if w.twin != nil {
			out = append(out, w.behind(ev.Bundle, w.twin, w.routes[wire.Direct]))
		}
	}
	return out
}

func judgeAddedDelay(ev *checks.Evidence) checks.Outcome {
	if ev.Exhibit(wire.EdgeShared) != nil {
		return judgeLags(ev)
	}
	if ev.Exhibit(wire.EdgeAnswers) != nil {
		return judgeAnswers(ev)
	}
	for _, g := range ev.Bundle.Gaps {
		if g.Scene == wire.EdgeAnswers {
			return checks.Unseen("%s", g.Reason)
		}
	}
	return checks.Unseen("the routes were not compared")
}

// judgeLags compares the routes of a shared feed, each with the one before it, then the last with the first.
func judgeLags(ev *checks.Evidence) checks.Outcome {
	twins := own(ev)
	if d := passage.Overall(twins); d != passage.Alike && d != passage.Undecided {
		return checks.Unseen("two readers straight from the endpoint are not given events at the same moments, so a hop cannot be blamed for that")
	}
	all := steps(ev.Bundle)
	if len(all) > 1 { // what each step adds a little of is seen at the end only
		all = append(all, step{ev.Bundle.Hops[0], ev.Bundle.Hops[len(ev.Bundle.Hops)-1]})
	}
	seen, worst, far, open := 0, time.Duration(0), "", ""
	for i, s := range all {
		ls, vs := lags(ev, s.to.Name, s.from.Name)
		if slices.ContainsFunc(vs, func(v *checks.View) bool { return v.Status != 0 && v.Stream.Syntax == stream.Text }) {
			return checks.Unseen("%s is answered with another media type, which edge/same-fields tells of: its events cannot be read", s.to.Name)
		}
		d := passage.Overall(ls)
		if d == passage.Bunched || d == passage.Behindhand {
			place := s.place(ev.Bundle)
			if i == len(all)-1 && i > 0 {
				place = "on the whole way"
			}
			f, sum := lateness(ls, vs, d, place, s)
			return checks.Broke(seen+sum.Seen, f).Shows(symptom(ev, vs, d))
		}
		t := total(ls)
		if i < len(steps(ev.Bundle)) {
			seen += t.Seen
		}
		worst = max(worst, p95(t.Each))
		switch {
		case d == passage.Distant && far == "":
			far = fmt.Sprintf("%s events come %v later, and as evenly as before: that may be distance", s.place(ev.Bundle), checks.Brief(p95(t.Each)))
		case d == passage.Undecided && open == "":
			open = undecided(ls, s, len(windowsOf(ev)))
		}
	}
	switch {
	case far != "":
		return checks.Unseen("%s", far)
	case open != "":
		return checks.Unseen("%s", open)
	}
	return checks.Held(seen, "no hold over %v was visible in %d events of a shared feed on %d routes, and 95 %% came no more than %v later than on the route before",
		longestDelay, seen, len(ev.Bundle.Hops), checks.Brief(worst))
}

// total adds up windows.
func total(ls []passage.Lag) passage.Lag {
	var out passage.Lag
	for _, l := range ls {
		out.Seen += l.Seen
		out.Each = append(out.Each, l.Each...)
		out.Unheard += l.Unheard
		out.Noise += l.Noise
		out.Flights[0] += l.Flights[0]
		out.Flights[1] += l.Flights[1]
	}
	return out
}

func p95(each []time.Duration) time.Duration {
	if len(each) == 0 {
		return 0
	}
	return passage.DelaysOf(each).P95
}

// undecided says why windows say nothing about a step.
func undecided(ls []passage.Lag, s step, windows int) string {
	t := total(ls)
	late := 0
	for _, l := range ls {
		if d := l.Delivery(); d != passage.Alike && d != passage.Undecided {
			late++
		}
	}
	switch {
	case len(ls) < windows || windows < 2:
		return fmt.Sprintf("%s and %s were not read at the same time often enough", s.from.Name, s.to.Name)
	case 2*t.Noise > t.Seen:
		return "this machine was too busy while the routes were compared"
	case len(t.Each) < 5*len(ls):
		return fmt.Sprintf("the feed brought %d events in the time in which %s and %s were read: that is too few", t.Seen, s.from.Name, s.to.Name)
	}
	if late > 1 {
		return fmt.Sprintf("events came late through %s, and each time in another way", s.to.Name)
	}
	return fmt.Sprintf("events came late through %s once, and not again", s.to.Name)
}

// lateness words what a step adds.
func lateness(ls []passage.Lag, vs []*checks.View, d passage.Delivery, place string, s step) (checks.Finding, passage.Lag) {
	t := total(ls)
	shown := slices.IndexFunc(ls, func(l passage.Lag) bool { return l.Delivery() == d })
	v := vs[max(0, shown)]
	what := fmt.Sprintf("%s events are held: one in twenty came %v late or more, and what came in %d pieces %s came in %d",
		place, checks.Brief(p95(t.Each)), t.Flights[0], s.before(), t.Flights[1])
	switch {
	case d == passage.Behindhand:
		what = fmt.Sprintf("%s each event is held until the next one: one in twenty came %v late or more", place, checks.Brief(p95(t.Each)))
	case t.Unheard == len(t.Each):
		what = fmt.Sprintf("%s everything is held: none of %d events came while the reader was there, for up to %v", place, t.Unheard, checks.Brief(slices.Max(t.Each)))
	}
	return v.At(0, 0, what), t
}

// symptom says what the bytes of a route that holds events show of how it does.
func symptom(ev *checks.Evidence, vs []*checks.View, d passage.Delivery) remedy.Symptom {
	s := remedy.Symptom{Class: remedy.ByteHeld}
	if d == passage.Behindhand {
		s.Class = remedy.OneBehind
		return s
	}
	silent := true
	for _, v := range vs {
		if s.Coding == "" {
			s.Coding = coding(v)
		}
		silent = silent && len(v.Stream.Events) == 0
		t := hold.Read(v.Exchange, v.Stream, v.Text, func(from, to time.Duration) time.Duration { return ev.Bundle.Late(v.Exchange, from, to) })
		switch b, p := t.ByteHeld(), t.FixedPeriod(); {
		case b.State == hold.Held:
			s.Bytes = b.Bytes
			return s
		case p.State == hold.Held:
			s.Class, s.Period = remedy.TimerHeld, p.Period
			return s
		}
	}
	if silent {
		s.Class = remedy.HeldToEnd
	}
	return s
}

func judgeMissing(ev *checks.Evidence) checks.Outcome {
	twins := total(own(ev))
	if n := amiss(own(ev)); n > 0 {
		return checks.Unseen("two readers straight from the endpoint are not given the same events (%d of %d differ), so a hop cannot be blamed for that", n, twins.Seen)
	}
	seen, least := 0, -1
	for _, s := range steps(ev.Bundle) {
		ls, vs := lags(ev, s.to.Name, s.from.Name)
		var found []checks.Finding
		windows := 0
		for i, l := range ls {
			n := len(found)
			found = append(found, gone(l, vs[i], s, s.place(ev.Bundle))...)
			if len(found) > n {
				windows++
			}
		}
		if windows > 1 {
			return checks.Broke(seen+total(ls).Seen, found...)
		}
		if windows == 1 {
			return checks.Unseen("%s, and not again in the other windows", found[0].Message)
		}
		n := heard(ls)
		if seen += n; least < 0 || n < least {
			least = n
		}
	}
	if least < fewestHeard {
		return checks.Unseen("%d events came through in the time in which all routes were read: that is too few", max(0, least))
	}
	return checks.Held(seen, "%d events of a shared feed came through on %d routes, each once and in order", seen, len(ev.Bundle.Hops))
}

// fewestHeard is how many events must have come through so that none is missing.
const fewestHeard = 5

// heard returns how many events came.
func heard(ls []passage.Lag) int {
	t := total(ls)
	return len(t.Each) - t.Unheard + t.Noise
}

// amiss counts the events that did not come once and in order.
func amiss(ls []passage.Lag) int {
	n := 0
	for _, l := range ls {
		n += len(l.Lost) + len(l.Twice) + len(l.Swapped)
	}
	return n
}

// gone words what a window shows of events that did not come once and in order.
func gone(l passage.Lag, v *checks.View, s step, place string) []checks.Finding {
	var out []checks.Finding
	if n := len(l.Lost); n > 0 {
		out = append(out, v.At(0, 0, fmt.Sprintf("%s %d of %d events are lost: %s came %s, and later ones came through", place, n, l.Seen, shown(l.Lost[0]), s.before())))
	}
	if n := len(l.Twice); n > 0 {
		it := l.Twice[0]
		out = append(out, v.At(it.Lo, it.Hi, fmt.Sprintf("%s %d of %d events come more often than %s, such as %s", place, n, l.Seen, s.before(), shown(it))))
	}
	if n := len(l.Swapped); n > 0 {
		it := l.Swapped[0]
		out = append(out, v.At(it.Lo, it.Hi, fmt.Sprintf("%s %d of %d events come before one that came earlier %s, such as %s", place, n, l.Seen, s.before(), shown(it))))
	}
	return out
}

// shown names an event by what tells it from the others.
func shown(it passage.Item) string {
	return fmt.Sprintf("%.60s", strconv.Quote(strings.Trim(strings.ReplaceAll(it.Key, "\x00", " "), " ")))
}

func judgeComments(ev *checks.Evidence) checks.Outcome {
	ws := windowsOf(ev)
	sent, sending := 0, 0
	for _, w := range ws {
		if w.twin == nil {
			continue
		}
		if n := min(comments(w.routes[wire.Direct]), comments(w.twin)); n > 0 {
			sent, sending = sent+n, sending+1
		}
	}
	if sending < 2 || sent < fewestComments {
		return checks.Unseen("the endpoint sent %d comments in the time in which all routes were read: that is too few", sent)
	}
	for _, s := range steps(ev.Bundle) {
		n, events := 0, 0
		var last *checks.View
		for _, w := range ws {
			if v := w.routes[s.to.Name]; v != nil {
				n, events, last = n+comments(v), events+len(v.Stream.Events), v
			}
		}
		if n > 0 {
			continue
		}
		if events == 0 {
			return checks.Unseen("nothing came through %s", s.to.Name)
		}
		return checks.Broke(sent, last.At(0, 0, fmt.Sprintf("%s comments are lost: none of %d came, with %d events", s.place(ev.Bundle), sent, events)))
	}
	return checks.Held(sent, "the endpoint sent %d comments, and some came through every route", sent)
}

// fewestComments is how many comments must have been sent so that none of them is no chance.
const fewestComments = 3

// comments counts the comments of an answer.
func comments(v *checks.View) int {
	n := 0
	for _, l := range v.Stream.Lines {
		if v.Stream.IsComment(l) && len(bytes.TrimSpace(v.Text.Bytes[l.Lo:l.Hi])) > 0 {
			n++
		}
	}
	return n
}
