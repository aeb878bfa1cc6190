package resume

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

var cursorIsolation = &checks.Check{
	ID:     "resume/cursor-isolation",
	Title:  "A reader that comes back must be sent events of its own stream only",
	Level:  checks.Must,
	Clause: checks.Clause{Spec: "MCP", Section: "Resumability and Redelivery", URL: "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports", Quote: "The server MUST NOT replay messages that would have been delivered on a different stream"},
	Since:  "0.2",
	Doc: `
Where ids are places in one log of all streams, what follows a place belongs to anybody. One user is shown
the words of another.

An event counts as another's only where it was seen on that other stream, or is none of an answer that is
known to its end. A feed that all readers share has no other streams.`,
	Fix:   "Make the stream a part of the id (7-3), and read the history of that stream only.",
	Good:  "> last-event-id: 7-3\n< id: 7-4 …\n",
	Bad:   "> last-event-id: 17\n< id: 18 (of another answer)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: []string{"resume/without-affinity"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.Foreign), "%d interrupted answer(s), no event of another stream", interruptions...)
	},
}

var replayIdentical = &checks.Check{
	ID:     "resume/replay-identical",
	Title:  "What a reader missed must be sent with the id and the content that it had",
	Level:  checks.Must,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
A reader tells events apart by their ids. Where a replay has other words under the same id, or the same words
under another id, two halves do not make one answer, and the next return names a place that means something else.

JSON is compared by what it says: the order of members does not count, and neither does a point in time that
changes from one undisturbed answer to the next.`,
	Fix:   "Keep events as they were sent, id included, and replay those; number them for the answer, not for the connection.",
	Good:  "> last-event-id: 5\n< id: 6\n< data: six\n",
	Bad:   "> last-event-id: 5\n< id: 1\n< data: six\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: []string{"resume/without-affinity"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.Corrupted), "%d interrupted answer(s), no event changed", plain)
	},
}

var restartDetected = &checks.Check{
	ID:     "resume/restart-detected",
	Title:  "A reader that names where it stopped must not be sent an answer from the beginning",
	Level:  checks.Must,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
The server takes up a place at other times, or promises to, and this time begins again: the same answer once
more, or a new one that somebody pays for. A page that adds what comes shows both.

A server that never takes up a place is judged by ids-taken-up.`,
	Fix:   "Look for the id before an answer is made; where it is not known, say so (410) rather than begin again.",
	Good:  "> last-event-id: 5\n< id: 6 …\n",
	Bad:   "> last-event-id: 5\n< id: 1 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: []string{"resume/without-affinity", "resume/gap"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.Restarted), "%d interrupted answer(s), none begun again", plain)
	},
}

var idsTakenUp = &checks.Check{
	ID:     "resume/ids-taken-up",
	Title:  "A server that gives ids should take up the one that a reader names",
	Level:  checks.Advice,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
The events of the answer have ids, every EventSource comes back with the last one, and the server begins
from the beginning all the same. The reader is shown the answer twice.

Not asked where resuming was promised (then restart-detected is), of answers without ids, and of endless
streams, where a snapshot at the beginning may be meant.`,
	Fix:   "Go on behind the id in Last-Event-ID, or send no ids and end the answer with an event at which the page closes the stream.",
	Good:  "> last-event-id: 5\n< id: 6 …\n",
	Bad:   "> last-event-id: 5\n< id: 1 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, finite, unpromised, byID},
	After: []string{"resume/without-affinity"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all := sampleOf(ev, plain)
		s := all.where(func(j *recovery.Judgment) bool { return readBefore(j) && j.Verdict != recovery.Unsupported })
		switch {
		case len(s.judged) == 0:
			return all.none()
		case takesUp.Holds(ev):
			return checks.Held(len(s.judged), "the server goes on where a reader says it stopped")
		}
		if found := s.findings(is(recovery.Restarted)); len(found) > 0 {
			return checks.Broke(len(s.judged), found...)
		}
		return checks.Unconcerned("the server does not begin again: %s", s.judged[0].Reason)
	},
}

// unpromised is the condition of checks on what is no broken promise.
var unpromised = checks.Condition{
	Says:  "nobody promises that the answer can be taken up",
	Else:  "the server is said to take up what was interrupted, which other rules judge",
	Holds: func(ev *checks.Evidence) bool { return !promised(ev) },
}

// byID is the condition of checks on the field that EventSource sends.
var byID = checks.Condition{
	Says: "a reader says with Last-Event-ID where it stopped",
	Else: "a reader does not say with Last-Event-ID where it stopped",
	Holds: func(ev *checks.Evidence) bool {
		for _, j := range recovery.Judge(ev) {
			if way(&j) == profile.LastEventID {
				return true
			}
		}
		return false
	},
}

var duplicates = &checks.Check{
	ID:      "resume/duplicates",
	Title:   "An event that a reader has should not be sent to it again",
	Level:   checks.Should,
	Promise: "exactly-once",
	Clause:  lastEventID,
	Since:   "0.2",
	Doc: `
The event whose id the reader names is sent once more, or some before it: >= where > was meant. A page that
adds what comes shows it twice; one that looks at the ids drops it.

Delivery at least once is legal, so this is no failure unless exactly-once is promised (--expect exactly-once).`,
	Fix:   "Begin behind the event that is named, not with it.",
	Good:  "> last-event-id: 5\n< id: 6 …\n",
	Bad:   "> last-event-id: 5\n< id: 5 …\n< id: 6 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: append([]string{"resume/incomplete-event", "resume/many-cuts", "resume/suffix-consistency", "resume/header-case"}, whole...),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.Duplicated), "%d interrupted answer(s), no event came again", interruptions...)
	},
}

var resumes = &checks.Check{
	ID:      "resume/resumes",
	Title:   "An interrupted answer can be taken up where it stopped",
	Level:   checks.Fact,
	Promise: "resume",
	Clause:  lastEventID,
	Since:   "0.2",
	Doc: `
What became of the answers that were cut off: came back, refused, no longer kept, or no way to ask.

Nothing obliges a server to keep what it has sent, so this informs only. Where resuming is promised
(--expect resume), an answer that a reader cannot get back is a failure. Whether what came back was whole,
other rules say.`,
	Fix:   "Keep the events of an answer for as long as readers may take to come back, and send what follows the place that they name.",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted},
	After: []string{"resume/without-affinity"},
	Judge: judgeResumes,
}

func judgeResumes(ev *checks.Evidence) checks.Outcome {
	s := sampleOf(ev, plain, inside, many)
	if len(s.judged) == 0 {
		return s.none()
	}
	lost := is(recovery.Unsupported, recovery.Refused, recovery.Expired)
	if promised(ev) {
		if found := s.findings(lost); len(found) > 0 {
			return checks.Broke(len(s.judged), found...)
		}
	}
	return checks.Held(len(s.judged), "%s", count(len(s.judged), "%d answer(s) (were) interrupted: ")+s.tally()+s.why(lost))
}

// tally counts the verdicts of a sample.
func (s sample) tally() string {
	var out string
	for _, v := range recovery.Verdicts {
		if n := len(s.where(is(v)).judged); n > 0 {
			out += fmt.Sprintf(", %d %s", n, v)
		}
	}
	return out[min(2, len(out)):]
}

// why adds the reason of the first trial that keep picks.
func (s sample) why(keep func(*recovery.Judgment) bool) string {
	if some := s.where(keep); len(some.judged) > 0 {
		return ": " + some.judged[0].Reason
	}
	return ""
}
