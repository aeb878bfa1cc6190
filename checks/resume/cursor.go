package resume

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

// welcome is the condition of checks on strange ids: a server that turns everybody away says nothing about them.
var welcome = checks.Condition{
	Says: "not every reader that comes back is refused",
	Else: "every reader that comes back is refused, whatever it names",
	Holds: func(ev *checks.Evidence) bool {
		s := sampleOf(ev, plain).where(readBefore)
		return len(s.judged) == 0 || len(s.where(is(recovery.Refused)).judged) < len(s.judged)
	},
}

var hostileID = &checks.Check{
	ID:     "resume/hostile-id",
	Title:  "An id that makes no sense should be refused or ignored",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.RFC("9110", "5.5", ""),
	Since:  "0.2",
	Doc: `
Anybody can send anything in Last-Event-ID: quotes and angle brackets, 4 KB, letters that are not ASCII, a
number far ahead. An answer 5xx, or none, shows that it reached code that did not expect it.

400, 404, 410 and 431 are right, and so is a stream.`,
	Fix:   "Check form and length of Last-Event-ID before it is used, and answer 400 or ignore it.",
	Good:  "> last-event-id: !\"no'such;id<>\n< HTTP/1.1 400 Bad Request\n",
	Bad:   "> last-event-id: !\"no'such;id<>\n< HTTP/1.1 500 Internal Server Error\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, welcome},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeStrange(ev, "cursor:malformed", "cursor:long", "cursor:non-ascii", "cursor:future")
	},
}

var unknownID = &checks.Check{
	ID:     "resume/unknown-id",
	Title:  "A reader that names an id which is not known should be given an answer",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.Practice("https://github.com/whatwg/html/issues/8297"),
	Since:  "0.2",
	Doc: `
Ids become unknown: a history is cleared, a server is restarted, a reader comes back after a week. An error of
the server's (5xx), or no answer at all, then keeps that reader out for good.

No standard says what is right. What is new only, everything from the beginning, 204, 404 and 410 are all taken
for an answer; the reason says which it was, and whether the reader can tell that it has lost something.`,
	Fix:   "Look the id up as what it is, something that a client sent, and answer 410 or from the beginning where it is not found.",
	Good:  "> last-event-id: 7000006\n< HTTP/1.1 410 Gone\n",
	Bad:   "> last-event-id: 7000006\n< HTTP/1.1 500 Internal Server Error\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, welcome},
	After: []string{"resume/hostile-id"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeStrange(ev, "cursor:unknown", "cursor:expired")
	},
}

// judgeStrange judges how readers were answered that named a strange id.
func judgeStrange(ev *checks.Evidence, cursors ...string) checks.Outcome {
	vs, js := answers(ev, "", cursors...)
	if len(vs) == 0 {
		return named(ev, cursors...).none()
	}
	var found []checks.Finding
	says := ""
	for i, v := range vs {
		did := js[i].Did() + ": the server "
		switch {
		case v.Status >= 500:
			found = append(found, v.AtField(-1, fmt.Sprintf("%sanswered %d", did, v.Status)))
		case v.Status == 0 && v.End.Kind == wire.Silent:
			found = append(found, v.AtField(-1, fmt.Sprintf("%sgave no answer in %v", did, checks.Brief(v.End.At))))
		case v.Status == 0 && v.End.Kind.ServerEnded():
			found = append(found, v.AtField(-1, did+"closed the connection without an answer"))
		case says == "":
			says = js[i].Did() + ": " + js[i].Reason
		}
	}
	return checks.Judged(len(vs), found, "%s answered; %s", count(len(vs), "%d strange id(s) (were)"), says)
}

var emptyHeader = &checks.Check{
	ID:     "resume/empty-header",
	Title:  "An empty Last-Event-ID should be treated like none",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.HTML("9.2.3", "sse-processing-model", "If the EventSource object's last event ID string is not the empty string"),
	Since:  "0.2",
	Doc: `
An EventSource never sends the field empty, but other clients and proxies do, and an id that was reset is an
empty string. A server that looks for the event of that name finds none.`,
	Fix:   "Treat an empty Last-Event-ID as a request without the field.",
	Good:  "> last-event-id:\n< id: 1 …\n",
	Bad:   "> last-event-id:\n< HTTP/1.1 400 Bad Request\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, byID, checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		vs, _ := answers(ev, "", "cursor:empty")
		if len(vs) == 0 {
			return named(ev, "cursor:empty").none()
		}
		var found []checks.Finding
		for _, v := range vs {
			switch n := len(v.Text.Bytes); {
			case !v.OpenedEventStream():
				found = append(found, v.AtField(-1, fmt.Sprintf("a request with an empty Last-Event-ID was answered %s, one without the field with a stream", answered(v))))
			case len(v.Stream.Events) == 0 && len(ev.Control().Stream.Events) > 0:
				found = append(found, v.At(n, n, "a request with an empty Last-Event-ID was sent no event, one without the field was"))
			}
		}
		return checks.Judged(len(vs), found, "an empty field is treated like none")
	},
}
