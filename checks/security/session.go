package security

import (
	"fmt"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// key is what makes two events the same one: id, name and data.
func key(e stream.Event) string {
	return string(e.ID) + "\x00" + string(e.Type) + "\x00" + string(e.Data)
}

// positions returns where in a stream each event is that has an id.
func positions(v *checks.View) map[string]int {
	at := map[string]int{}
	for i, e := range v.Stream.Events {
		if _, twice := at[key(e)]; !twice && len(e.ID) > 0 {
			at[key(e)] = i
		}
	}
	return at
}

var credentialsNeeded = &checks.Check{
	ID:     "security/credentials-needed",
	Title:  "A stream that is asked for with credentials should be refused without them",
	Level:  checks.Advice,
	Clause: checks.RFC("9110", "15.5.2", "the request has not been applied because it lacks valid authentication credentials for the target resource"),
	Since:  "0.3",
	Doc: `
The routes of an application ask for a login, and its stream, added later or served by another process, does not:
whoever knows the address reads along.

A public feed that takes a login and does not need it looks the same, so this is no more than advice. It takes
proof that the very stream is given away: two events or more, one behind the other, with the same ids and data as
with the credentials. Where other events come without them, or the answer says itself that it is public
(Access-Control-Allow-Origin: *, Cache-Control: public), nothing is flagged.`,
	Fix:   "Put the stream behind the same check of credentials as the rest; or, if it is public, do not send it credentials.",
	Good:  "HTTP/1.1 401 Unauthorized\n(to a request without the cookie)",
	Bad:   "HTTP/1.1 200 OK\n(to a request without the cookie, and the same events as with it)",
	Needs: []wire.Scene{wire.Control, wire.Anonymous},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	When:  []checks.Condition{checks.EventStream, withCredentials},
	Judge: judgeCredentialsNeeded,
}

func judgeCredentialsNeeded(ev *checks.Evidence) checks.Outcome {
	v := ev.View(wire.Anonymous)
	switch {
	case failing(v):
		return checks.Unseen("the request without the credentials %s", answered(v))
	case !v.OpenedEventStream():
		return refusal(ev, "the request without the credentials %s, and no stream was opened", answered(v))
	case v.Header.Get(browser.AllowOrigin) == "*", slices.Contains(v.Header.Tokens("Cache-Control"), "public"):
		return checks.Unconcerned("the stream opens without the credentials too, and says itself that it is public")
	case len(v.Stream.Events) == 0:
		return checks.Unseen("the stream opens without the credentials too, and no event came while it was watched")
	}
	same, other := run(v, ev.Control())
	switch {
	case len(same) == 0 || other:
		return checks.Unconcerned("the stream opens without the credentials too, and gives other events")
	case len(same) < fewestSame || string(same[0].Data) == string(same[len(same)-1].Data):
		return checks.Unseen("the stream opens without the credentials too, and too few events came to tell whether it is the same one")
	}
	first, end := same[0], same[len(same)-1]
	return checks.Broke(len(same), v.At(first.Lo, end.Hi, fmt.Sprintf(
		"without the credentials come the same %d events as with them, ids %.40q to %.40q: whoever knows the address reads along", len(same), first.ID, end.ID)))
}

// fewestSame is how many events must be the same ones: one may be a greeting that everybody gets.
const fewestSame = 2

// run returns the events of v that the control stream has too, one behind the other. other is set where one of the
// two streams has a further event in between.
func run(v, control *checks.View) (same []stream.Event, other bool) {
	at := positions(control)
	next, strange := 0, false
	for _, e := range v.Stream.Events {
		i, known := at[key(e)]
		switch {
		case !known:
			strange = len(same) > 0 // a greeting in front is nobody's stream
			continue
		case len(same) > 0 && (i != next || strange):
			other = true
		}
		same, next, strange = append(same, e), i+1, false
	}
	return same, other
}

var resumeAuthorization = &checks.Check{
	ID:     "security/resume-authorization",
	Title:  "An id must not open a stream to who would be refused without it",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.4", "the-last-event-id-header", "reports an EventSource object's last event ID string to the server when the user agent is to reestablish the connection"),
	Since:  "0.3",
	Doc: `
A reader that comes back with Last-Event-ID takes another path through the server: a store of past events. Where
that path forgets who is asking, an id, which is often a plain number, opens the events of others.

Looked at are a request without the credentials (refused without an id, it must be with one), and, where you name
a second session (--other-session), one with that session's credentials and an id of the first. Events are taken
for the first session's only where id and data are the same. A public feed is not flagged, nor one that is the
same for all: it takes proof that the events were not for the other session, such as that its own stream has other
events under these ids, or that the first session is given them anew and the other one is not.`,
	Fix:   "Check the credentials of a request with Last-Event-ID as those of any other, and look for the missed events among the user's own only.",
	Good:  "HTTP/1.1 401 Unauthorized\n(to Last-Event-ID: 4 without the cookie)",
	Bad:   "HTTP/1.1 200 OK\n\nid: 5\ndata: for another account\n\n(to Last-Event-ID: 4 without the cookie)",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Anonymous, wire.AnonymousResume, wire.OtherSession, wire.Twins, wire.Fetch, wire.Again},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return both(judgeAnonymousResume(ev), judgeForeignResume(ev))
	},
}

// both joins the outcomes on two ways in: what is wrong with one counts, then what was not seen of one, then what held.
func both(a, b checks.Outcome) checks.Outcome {
	for _, v := range []checks.Verdict{checks.Fail, checks.Inconclusive, checks.Pass, checks.NotApplicable} {
		switch {
		case a.Verdict == v && b.Verdict == v:
			return checks.Outcome{Verdict: v, Seen: a.Seen + b.Seen, Reason: a.Reason + "; " + b.Reason, Findings: append(a.Findings, b.Findings...)}
		case a.Verdict == v:
			return a
		case b.Verdict == v:
			return b
		}
	}
	return a
}

// judgeAnonymousResume looks at who has no credentials, and an id that came with them.
func judgeAnonymousResume(ev *checks.Evidence) checks.Outcome {
	for _, s := range []wire.Scene{wire.Anonymous, wire.AnonymousResume} {
		if out, gone := absent(ev, s); gone {
			return out
		}
	}
	fresh, v := ev.View(wire.Anonymous), ev.View(wire.AnonymousResume)
	id := v.Request.Header.Get("Last-Event-ID")
	switch {
	case public(ev):
		return checks.Unconcerned("the stream is given without the credentials too")
	case failing(fresh):
		return checks.Unseen("the request without the credentials %s", answered(fresh))
	case failing(v):
		return checks.Unseen("the request without the credentials and with an id %s", answered(v))
	case !v.OpenedEventStream():
		return refusal(ev, "without the credentials an id opens nothing: the request %s", answered(v))
	}
	control := positions(ev.Control())
	for _, e := range v.Stream.Events {
		if _, known := control[key(e)]; known {
			return checks.Broke(1, v.At(e.Lo, e.Hi, fmt.Sprintf(
				"without the credentials the request %s, and with Last-Event-ID: %.40s it is given the events behind it, first %.40q", answered(fresh), id, e.ID)))
		}
	}
	return checks.Unseen("without the credentials an id opens a stream, and none of the events that came with them was seen in it")
}
