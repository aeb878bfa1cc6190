package reconnect

import (
	"bytes"
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

var stopSignal = &checks.Check{
	ID:     "reconnect/stop-signal",
	Title:  "A reader that has the whole of a finite answer should be told to stay away",
	Level:  checks.Advice,
	Clause: checks.HTML("9.2.1", "server-sent-events-intro", "Clients will reconnect if the connection is closed; a client can be told to stop reconnecting using the HTTP 204 No Content response code"),
	Since:  "0.3",
	Doc: `
To an EventSource a clean end is a lost connection. It comes back and names the last id; if it is then sent
the same answer once more, the page shows it twice, and again every few seconds for as long as it is open.

Status 204 ends that for good, and so does a last event of its own kind at which the page closes its
EventSource. Held against a stream is only the proof: all events once more, under the same ids, although the last of
them was named. A feed that is polled is not judged, nor is what comes all at once, which may be a state that is
polled, nor plain text, whose last words may be the sign. That the end cannot be told from a cut is what
liveness/terminal-marker says.`,
	Fix:   "Answer 204 where Last-Event-ID names the last event, or send an event such as \"event: done\" last and close the EventSource there.",
	Good:  "> last-event-id: 12 (the last)\n< HTTP/1.1 204 No Content\n",
	Bad:   "> last-event-id: 12 (the last)\n< HTTP/1.1 200 OK\n< id: 1 …\n",
	Needs: []wire.Scene{wire.Control, wire.Reconnect},
	When:  []checks.Condition{checks.EventStream, byItself, opened},
	After: append([]string{"liveness/terminal-marker"}, soundIDs...),
	Judge: judgeStop,
}

// soundIDs are the rules without which a reader does not come back with the id that it was given.
var soundIDs = []string{"reconnect/id-transportable", "reconnect/id-trimmed", "reconnect/id-length", "reconnect/id-ascii"}

func judgeStop(ev *checks.Evidence) checks.Outcome {
	s, end := ev.Control().Stream, checks.EndingOf(ev.Control().Stream.Events)
	back, why := returned(ev)
	switch {
	case back == nil:
		return checks.Unseen("%s", why)
	case back.Status == 204:
		return checks.Held(1, "who comes back after the end is answered 204: an EventSource stops for good")
	case limited(back):
		return checks.Unseen("who comes back was answered %d, perhaps because our rate is limited", back.Status)
	case !back.OpenedEventStream():
		return checks.Held(1, "who comes back after the end is answered %s, at which an EventSource stops, though as at an error", answered(back))
	case end.Mark != "":
		return checks.Held(1, "the answer ends with %s, at which a page can close its EventSource", end.Mark)
	case !back.End.Kind.ServerEnded():
		return checks.Unconcerned("who comes back finds the stream open: it may be a feed")
	case back.End.Kind != wire.Complete:
		return checks.Unseen("the answer to a reader that came back was cut off")
	case !namesLast(back, s):
		return checks.Unconcerned("no id is in force at the end, so that who comes back cannot say that it has everything")
	case !samePlayed(s, back.Stream):
		return checks.Unconcerned("who comes back is not sent the same events under the same ids: it may be a feed that is polled")
	case len(s.Events) < fewestEvents:
		return checks.Unconcerned("%s: too few to tell an answer that is played again from a state that is polled", count(len(s.Events), "event"))
	case spread(ev.Control()) < burst:
		return checks.Unconcerned("the %d events came all at once: they may be a state that is polled", len(s.Events))
	case !end.Known:
		return checks.Unconcerned("the events are plain text, and what marks the end of it only its maker knows")
	}
	es := back.Stream.Events
	return checks.Broke(len(es), back.At(es[0].Lo, es[len(es)-1].Hi, fmt.Sprintf(
		"a reader that names the last id, %.40q, is sent all %d events again: an EventSource that nobody closes plays the answer over and over", s.ID, len(es))))
}

// fewestEvents are enough to tell an answer that is played again.
const fewestEvents = 3

// returned returns what the reader was answered that came back, or why nothing can be said of it.
func returned(ev *checks.Evidence) (*checks.View, string) {
	all := answers(ev, wire.Reconnect)
	switch {
	case len(all) == 0:
		return nil, "the redirects of a reader that came back could not be followed to an answer"
	case all[len(all)-1].Status == 0:
		return nil, "a reader that came back got no answer"
	}
	return all[len(all)-1], ""
}

// burst is how long a state takes that is written in one go. An answer that is made while it is sent takes longer.
const burst = 50 * time.Millisecond

// spread returns how long the events of an answer took to come.
func spread(v *checks.View) time.Duration {
	es := v.Stream.Events
	return v.Text.When(es[len(es)-1].Lo) - v.Text.When(es[0].Lo)
}

// answered says what came in place of a stream.
func answered(v *checks.View) string {
	if v.Status == 200 {
		return fmt.Sprintf("200 with the type %.40q", v.Type.Essence)
	}
	return fmt.Sprint(v.Status)
}

// namesLast reports whether the request named the id in force at the end of a stream.
func namesLast(back *checks.View, s *stream.Stream) bool {
	return len(s.ID) > 0 && stream.Decode([]byte(back.Request.Header.Get("Last-Event-ID"))) == stream.Decode(s.ID)
}

// samePlayed reports whether two streams have the same events under the same ids.
func samePlayed(a, b *stream.Stream) bool {
	if len(a.Events) != len(b.Events) || len(a.Events) == 0 {
		return false
	}
	for i, e := range a.Events {
		f := b.Events[i]
		if !bytes.Equal(e.ID, f.ID) || !bytes.Equal(e.Type, f.Type) || !bytes.Equal(e.Data, f.Data) {
			return false
		}
	}
	return true
}

var errorStatusAfterEnd = &checks.Check{
	ID:     "reconnect/error-status-after-end",
	Title:  "Tells whether a reader that comes back after the end is stopped by an error",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:  "0.3",
	Doc: `
Any answer but 200 with an event stream makes an EventSource stop for good. After 204 and after 404 its page is
told the same, an error event and the state CLOSED; but logs and monitors count a 4xx as a failure.

No status is wrong there. Every reader of a finite answer makes one such request, unless its page closes the
EventSource at the last event.`,
	Good:  "> last-event-id: 12 (the last)\n< HTTP/1.1 204 No Content\n",
	Needs: []wire.Scene{wire.Control, wire.Reconnect},
	When:  []checks.Condition{checks.EventStream, byItself, opened},
	After: soundIDs,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		back, why := returned(ev)
		switch {
		case back == nil:
			return checks.Unseen("%s", why)
		case back.Status == 204:
			return checks.Unconcerned("who comes back is answered 204, which is no error")
		case back.OpenedEventStream():
			return checks.Unconcerned("who comes back is answered with a stream")
		case limited(back):
			return checks.Unseen("who comes back was answered %d, perhaps because our rate is limited", back.Status)
		}
		return checks.Held(1, "who comes back after the end is answered %s: an EventSource stops for good, and logs count an error", answered(back))
	},
}
