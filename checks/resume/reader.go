package resume

import (
	"fmt"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

var whileOldOpen = &checks.Check{
	ID:     "resume/while-old-open",
	Title:  "A reader should be able to come back while the server still holds its old connection open",
	Level:  checks.Should,
	Clause: checks.Practice(""),
	Since:  "0.2",
	Doc: `
When a phone leaves its network nobody tells the server. It goes on sending into the void for minutes, while
the reader is back by another way. A server that answers "already connected", or lets the dead connection take
the events from the living one, keeps the reader out just when it is needed.

A queue with one consumer may be meant; then this tells what it costs.`,
	Fix:   "Let the new connection take the place of the old one.",
	Good:  "(the old connection is silent)\n> last-event-id: 5\n< id: 6 …\n",
	Bad:   "(the old connection is silent)\n> last-event-id: 5\n< HTTP/1.1 409 Conflict\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: append(slices.Clone(whole), "resume/incomplete-event"),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, turnedAway, "%d answer(s) taken up beside the old connection", oldOpen)
	},
}

var twoResumers = &checks.Check{
	ID:     "resume/two-resumers",
	Title:  "Readers that come back at the same time should each be given the whole answer",
	Level:  checks.Should,
	Clause: checks.Practice(""),
	Since:  "0.2",
	Doc: `
Two tabs, or one reader that was impatient: the same place is named twice, at once or one after the other, or
another stream is open. Where the first return uses up what is kept, the second finds nothing.`,
	Fix:   "Give every return a reading position of its own.",
	Good:  "> last-event-id: 5 (twice)\n< id: 6 … (twice)\n",
	Bad:   "> last-event-id: 5 (twice)\n< id: 6 8 10 … (one)\n< id: 7 9 11 … (the other)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: append(slices.Clone(whole), "resume/incomplete-event", "resume/many-cuts", "resume/suffix-consistency", "resume/while-old-open"),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, turnedAway, "%d answer(s) taken up beside another reader", together)
	},
}

var terminalCursor = &checks.Check{
	ID:     "resume/terminal-cursor",
	Title:  "A reader that has the whole answer should be told at once that there is no more",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.HTML("9.2.1", "server-sent-events-intro", "Clients will reconnect if the connection is closed; a client can be told to stop reconnecting using the HTTP 204 No Content response code"),
	Since:  "0.2",
	Doc: `
An EventSource cannot know that an answer is finished: it comes back with the last id. A server that then
keeps the stream open and says nothing lets it wait for ever; one that begins again shows the answer twice.

204, an error, and 200 with nothing that ends at once are all taken as an answer here, though only 204 makes
an EventSource stop.`,
	Fix:   "Answer 204 to a reader that names the last event of a finished answer.",
	Good:  "> last-event-id: 12 (the last)\n< HTTP/1.1 204 No Content\n",
	Bad:   "> last-event-id: 12 (the last)\n< HTTP/1.1 200 OK\n< : waiting\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp, finite},
	After: append(slices.Clone(whole), "resume/incomplete-event", "resume/many-cuts", "resume/suffix-consistency"),
	Judge: judgeTerminal,
}

func judgeTerminal(ev *checks.Evidence) checks.Outcome {
	vs, js := answers(ev, wire.Replay, "cursor:terminal")
	if len(vs) == 0 {
		return sampleOf(ev, terminal).none()
	}
	var found []checks.Finding
	how := ""
	for i, v := range vs {
		did := js[i].Did() + ": the server "
		switch n, end := len(v.Stream.Events), len(v.Text.Bytes); {
		case v.OpenedEventStream() && n > 0:
			e := v.Stream.Events[0]
			found = append(found, v.At(e.Lo, e.Hi, did+"sent "+count(n, "%d event(s) again")))
		case !v.End.Kind.ServerEnded():
			found = append(found, v.At(end, end, fmt.Sprintf("%ssaid nothing and kept the connection open for %v", did, checks.Brief(v.End.At))))
		default:
			how = answered(v)
		}
	}
	return checks.Judged(len(vs), found, "asked for what follows the last event, the server answered %s", how)
}

// answered says what a server answered.
func answered(v *checks.View) string {
	switch {
	case v.OpenedEventStream() && len(v.Stream.Events) == 0:
		return "200 with nothing"
	case v.OpenedEventStream():
		return "200 with " + count(len(v.Stream.Events), "%d event(s)")
	case v.Status == 0:
		return "nothing at all"
	}
	return fmt.Sprint(v.Status)
}

var withoutAffinity = &checks.Check{
	ID:     "resume/without-affinity",
	Title:  "An answer should be taken up without cookies, and at every address of the name",
	Level:  checks.Should,
	Clause: checks.Practice(""),
	Since:  "0.2",
	Doc: `
What was sent is often kept by one process of many. A reader that comes back to another one is told that
nothing is known, and since it is a matter of luck nobody can repeat it.

The rest is asked for over a new connection without cookies, with the cookies that the answer has set, and at
another address. If only the reader with cookies is given the rest, browsers are well served, and other clients
and pages of other origins are not.`,
	Fix:   "Keep the history where every process finds it: a shared log, a database, Redis streams.",
	Good:  "(another process) > last-event-id: 5\n< id: 6 …\n",
	Bad:   "(another process) > last-event-id: 5\n< HTTP/1.1 404 Not Found\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	Judge: judgeAffinity,
}

func judgeAffinity(ev *checks.Evidence) checks.Outcome {
	plainly := sampleOf(ev, plain).where(readBefore)
	sent, moved := sampleOf(ev, cookies), sampleOf(ev, address)
	s := sent
	s.judged = append(slices.Clone(sent.judged), moved.judged...)
	if s.gap == "" {
		s.gap = moved.gap
	}
	good := plainly.where(is(recovery.Whole, recovery.Duplicated))
	switch {
	case len(s.judged) == 0:
		return s.none()
	case len(sent.where(is(recovery.Whole)).judged) > 0 && len(good.judged) == 0 && len(plainly.judged) >= fewest:
		return checks.Broke(len(plainly.judged)+1, plainly.findings(func(*recovery.Judgment) bool { return true })...)
	case len(good.judged) < len(plainly.judged) || len(good.judged) == 0:
		return checks.Unseen("what was interrupted does not come back whole at the same address either")
	}
	return checks.Judged(len(s.judged), s.findings(func(j *recovery.Judgment) bool {
		return turnedAway(j) || j.Verdict == recovery.Expired
	}), "%s", count(len(s.judged), "%d answer(s) taken up at another address or with cookies, as at the first and without"))
}

// fewest is how many trials in a row are no bad luck.
const fewest = 3
