package edge

import (
	"fmt"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// everyFifteen is how often the HTML standard advises to send a comment.
var everyFifteen = checks.HTML("9.2.7", "authoring-notes", "authors can include a comment line (one starting with a ':' character) every 15 seconds or so")

// advised is that time.
const advised = 15 * time.Second

// shortestIdle is what a hop must bear: a comment every 15 seconds comes late at times, by a network or a timer.
const shortestIdle = 20 * time.Second

var idleCut = &checks.Check{
	ID:     "edge/idle-cut",
	Title:  "A silent stream should live longer than from one comment to the next",
	Level:  checks.Should,
	Clause: everyFifteen,
	Since:  "0.4",
	Doc: `
A hop that ends a stream of which it has heard nothing for a while cuts off every answer that takes time
to think. The HTML standard advises to send a comment every 15 seconds: an origin that does is safe from
limits above 20 seconds, and from no shorter one.

Streams fall silent behind an event, or behind the head, all at once and for different times. A limit
above 20 seconds is not flagged but named, with how often a comment must be sent. So is how long an
answer may take to begin, since an origin can send its head at once. Streams that end together with one
that is not silent were ended for something else.`,
	Fix:   "Raise the hop's limit on silence well above 20 seconds, and send a comment line every 15 seconds.",
	Needs: []wire.Scene{wire.EdgeIdle},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		i, out := silences(ev)
		if out.Verdict != 0 {
			return out
		}
		t := i.T()
		if t == 0 && i.Longest() < shortestIdle {
			return checks.Unseen("no stream was seen to live for longer than %s of silence", inSeconds(i.Longest()))
		}
		out = checks.Held(i.Seen, "silent streams: %s", idleWords(i))
		if t > 0 && t <= shortestIdle {
			out = checks.Broke(i.Seen, endings(ev, i)...)
		}
		if t > 0 {
			out = out.Shows(remedy.Symptom{Class: remedy.IdleCut, After: t})
		}
		return out
	},
}

// silences returns what happened to the silent streams; with a verdict where that says nothing of the hop.
func silences(ev *checks.Evidence) (passage.Idle, checks.Outcome) {
	r := ev.Bundle.Recording(wire.EdgeIdle)
	straight, i := passage.IdleOf(r, wire.Direct), passage.IdleOf(r, wire.Via)
	switch {
	case i.Seen == 0:
		return i, checks.Unseen("no silent stream was watched to its end")
	case straight.Ends():
		return i, checks.Unseen("silent streams were ended straight from the origin too")
	case i.Astray:
		return i, checks.Unseen("silent streams were ended at moments that no limit explains")
	case i.Together():
		return i, checks.Unseen("a stream with a comment every second was ended after %s as well", inSeconds(i.Comment.After))
	}
	return i, checks.Outcome{}
}

// idleWords says what happens to silent streams.
func idleWords(i passage.Idle) string {
	var said []string
	t := i.T()
	switch {
	case t > 0:
		w := fmt.Sprintf("those that are silent for %s are ended", inSeconds(t))
		if len(i.AsIf) > 0 {
			w += fmt.Sprintf(", over %s as if they were whole", spoken(strings.Join(i.AsIf, " and ")))
		}
		if i.Kept() {
			w += fmt.Sprintf("; a comment every %s keeps them", inSeconds(commentEvery(t)))
		}
		said = append(said, w)
	default:
		said = append(said, fmt.Sprintf("none is ended up to %s", inSeconds(i.Longest())))
	}
	if d, ok := i.After[passage.NoHead]; ok {
		w := fmt.Sprintf("an answer that has not begun after %s is given up", inSeconds(d))
		if i.Status != 0 {
			w += fmt.Sprintf(" with status %d", i.Status)
		}
		said = append(said, w)
	}
	return strings.Join(said, "; ")
}

// commentEvery is how often a comment keeps a stream that may be silent for t: two come within it.
func commentEvery(t time.Duration) time.Duration {
	if t < 45*time.Second {
		return min(15*time.Second, (t / 2).Truncate(time.Second))
	}
	return 20 * time.Second
}

// endings returns a finding on each silent stream that was ended.
func endings(ev *checks.Evidence, i passage.Idle) []checks.Finding {
	var found []checks.Finding
	for _, v := range route(ev, wire.EdgeIdle, wire.Via) {
		s := passage.SilenceOf(v.Exchange)
		if s.Fate != passage.Ended || s.Phase != passage.MidStream && s.Phase != passage.HeadOnly {
			continue
		}
		message := fmt.Sprintf("streams are ended after %s of silence, so that a comment every 15 seconds does not keep them", inSeconds(i.T()))
		if i.T() > advised {
			message = fmt.Sprintf("streams are ended after %s of silence, so that a comment every 15 seconds only just keeps them", inSeconds(i.T()))
		}
		if s.AsIf && s.Phase == passage.MidStream {
			message = fmt.Sprintf("over %s a stream that is ended so looks as if it were whole", spoken(s.Proto))
		}
		found = checks.AddOnce(found, v.At(len(v.Text.Bytes), len(v.Text.Bytes), message))
	}
	return found
}

// inSeconds writes a time as people write limits.
func inSeconds(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

var heartbeatCounts = &checks.Check{
	ID:     "edge/heartbeat-counts",
	Title:  "Comments must keep a stream alive where events do",
	Level:  checks.Must,
	Clause: everyFifteen,
	Since:  "0.4",
	Doc: `
A comment line is how an origin keeps a stream alive that has nothing to say. A hop that takes them out,
holds them back or does not count them ends such streams as if they were silent, whatever their origin does.

A stream has a comment of three bytes every second while others are silent. It is flagged where it
ends as they do although one with events goes on: else what ends it is its age.`,
	Fix:   "Let the hop pass on comment lines at once, and let its limit on silence count bytes, not messages.",
	Needs: []wire.Scene{wire.EdgeIdle},
	Reads: []wire.Scene{wire.EdgeAge},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		r := ev.Bundle.Recording(wire.EdgeIdle)
		straight, i := passage.IdleOf(r, wire.Direct), passage.IdleOf(r, wire.Via)
		a := passage.AgeOf(ev.Bundle.Recording(wire.EdgeAge), wire.Via)
		c, t := i.Comment, i.T()
		switch {
		case c.Fate == passage.Unknown:
			return checks.Unseen("the stream with comments was not watched to its end")
		case straight.Comment.Fate != passage.Survived:
			return checks.Unseen("a stream with comments did not live straight from the origin either")
		case c.Fate == passage.Survived && t == 0:
			return checks.Held(1, "stream with a comment every second lived for %s; no silent one was ended either", inSeconds(c.Length))
		case c.Fate == passage.Survived:
			return checks.Held(1, "stream with a comment every second lived for %s; silent ones end after %s", inSeconds(c.Length), inSeconds(t))
		case c.Fate == passage.Dropped:
			return checks.Unseen("the stream with comments lost its end")
		case a.After > 0 && c.After >= a.After-time.Second:
			return checks.Unseen("streams end when they are %s old whatever they carry: see edge/age-cut", inSeconds(a.After))
		case !i.Together():
			return checks.Unseen("the stream with comments was ended after %s, and silent ones were not", inSeconds(c.After))
		case !i.Uncounted(a):
			return checks.Unseen("no stream with events was seen to live longer than the %s after which the one with comments was ended", inSeconds(c.After))
		}
		return checks.Broke(1, unkept(ev, c)...).Shows(remedy.Symptom{Class: remedy.IdleCut, After: t})
	},
}

// unkept returns the finding on the stream that its comments did not keep alive.
func unkept(ev *checks.Evidence, c passage.Silence) []checks.Finding {
	for _, v := range route(ev, wire.EdgeIdle, wire.Via) {
		if passage.Phase(v.Case.Get("phase")) != passage.Commented {
			continue
		}
		message := fmt.Sprintf("a stream with a comment every second was ended after %s, as silent ones are", inSeconds(c.After))
		if !strings.Contains(string(v.Text.Bytes), "\n:") {
			message += "; none of its comments had come through"
		}
		return []checks.Finding{v.At(len(v.Text.Bytes), len(v.Text.Bytes), message)}
	}
	return nil
}

var silentDrop = &checks.Check{
	ID:     "edge/silent-drop",
	Title:  "A stream that is given up should be ended, not forgotten",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
A firewall or address translator that forgets a silent connection tells neither side. The reader waits on an
open socket for events that cannot come, and its EventSource does not reconnect.

Flagged is where what follows a silence does not arrive within four seconds, on more than one stream and on
each longer silence, though it had been sent and a shorter silence does no harm. The limit lies
between the two. Streams of which nothing had come before their silence do not count.`,
	Fix:   "Send a comment line more often than the limit, and let readers give up a stream that is silent for longer.",
	Needs: []wire.Scene{wire.EdgeIdle},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		r := ev.Bundle.Recording(wire.EdgeIdle)
		straight, i := passage.IdleOf(r, wire.Direct), passage.IdleOf(r, wire.Via)
		switch {
		case i.Seen == 0:
			return checks.Unseen("no silent stream was watched to its end")
		case i.Drops == 0:
			return checks.Held(i.Seen, "silent streams, none of which was forgotten")
		case straight.Drops > 0:
			return checks.Unseen("silent streams were forgotten straight from the origin too")
		case i.DroppedHi == 0:
			return checks.Unseen("what follows a silence was lost once, and came through behind a longer one")
		case i.Drops < 2:
			return checks.Unseen("one stream only was silent for %s or longer, and what followed was lost", inSeconds(i.DroppedHi))
		case overslept(ev):
			return checks.Unseen("this machine was paused while what follows a silence should have come")
		}
		return checks.Broke(i.Seen, forgotten(ev, i)...).Shows(remedy.Symptom{Class: remedy.SilentDrop, After: i.DroppedHi})
	},
}

// longPause is a pause of this machine that may explain why something did not come within four seconds.
const longPause = time.Second

// overslept reports whether this machine was paused when what follows a silence should have come.
func overslept(ev *checks.Evidence) bool {
	for _, v := range route(ev, wire.EdgeIdle, wire.Via) {
		if passage.SilenceOf(v.Exchange).Fate == passage.Dropped && ev.Bundle.Late(v.Exchange, v.Hits[0].EndAt, v.End.At) > longPause {
			return true
		}
	}
	return false
}

// forgotten returns the finding on the shortest silence behind which nothing came.
func forgotten(ev *checks.Evidence, i passage.Idle) []checks.Finding {
	for _, v := range route(ev, wire.EdgeIdle, wire.Via) {
		if s := passage.SilenceOf(v.Exchange); s.Fate == passage.Dropped && s.Length == i.DroppedHi {
			return []checks.Finding{v.At(len(v.Text.Bytes), len(v.Text.Bytes), fmt.Sprintf(
				"streams that are silent for %s are forgotten, and neither side is told; after %s they still live", inSeconds(i.DroppedHi), inSeconds(i.DroppedLo)))}
		}
	}
	return nil
}
