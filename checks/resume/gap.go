package resume

import (
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

// lastEventID is the clause that lets a reader say where it stopped.
var lastEventID = checks.HTML("9.2.4", "the-last-event-id-header", "the value of the event source's last event ID string, to be used")

var gap = &checks.Check{
	ID:     "resume/gap",
	Title:  "A reader that comes back must be sent every event that it missed",
	Level:  checks.Must,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
The reader names the last event that it has, and the server goes on behind a later one. Nothing tells the
reader: it shows an answer with a hole in it.

The usual causes are ids that are compared as text, > where >= was meant, a place counted from what was sent
rather than from what the reader names, and a feed that is joined a moment after its history was read.

Nobody is obliged to keep what was sent: a server that takes up no place is not concerned. Holes in the ids
are none in the stream; a verdict needs a truth to compare with, and names it.`,
	Fix:   "Send what follows the event of Last-Event-ID. Join the live source first, then read the history, then drop what came twice.",
	Good:  "> last-event-id: 5\n< id: 6 …\n< id: 7 …\n",
	Bad:   "> last-event-id: 5\n< id: 7 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: []string{"resume/without-affinity"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.Lost), "%d interrupted answer(s), no event lost", plain)
	},
}

var falseEnd = &checks.Check{
	ID:     "resume/false-end",
	Title:  "The end of an answer must not be sent to a reader that misses what comes before it",
	Level:  checks.Must,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
The reader comes back for the rest and is given the mark of the end alone. It takes half an answer for the
whole one, and will not ask again.

Asked only of answers that come to an end.`,
	Fix:   "Keep the events of an answer as long as its end, and send them before it.",
	Good:  "> last-event-id: 5\n< id: 6 …\n< event: done\n",
	Bad:   "> last-event-id: 5\n< event: done\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp, finite},
	After: []string{"resume/without-affinity", "resume/gap"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.FalseEnd), "%d interrupted answer(s), none ended before it was whole", plain)
	},
}

var silentLoss = &checks.Check{
	ID:     "resume/silent-loss",
	Title:  "A reader that misses events must not be answered 200 with nothing",
	Level:  checks.Must,
	Clause: checks.Practice("https://github.com/whatwg/html/issues/8297"),
	Since:  "0.2",
	Doc: `
The reader names an event, and the server, which knows nothing of it or has forgotten it, answers 200 and
sends no event. For the reader the answer is complete, or the feed is quiet.

What is right is not written anywhere: 410 or 404, an event that says so, or everything from the beginning
all let a reader know. So does 204 where nothing is missing. A feed that goes on with what is new after an
id that it cannot know is not held against it here; see unknown-id.`,
	Fix:   "Answer 410 to an id that is not known or no longer kept, or send an event of a type of its own that says so.",
	Good:  "> last-event-id: 7000006\n< HTTP/1.1 410 Gone\n",
	Bad:   "> last-event-id: 7000006\n< HTTP/1.1 200 OK\n(the end)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: []string{"resume/without-affinity", "resume/gap"},
	Judge: judgeSilentLoss,
}

func judgeSilentLoss(ev *checks.Evidence) checks.Outcome {
	all := sampleOf(ev, plain)
	strange := named(ev, "cursor:unknown", "cursor:expired")
	s := all.restored()
	s.judged = append(s.judged, strange.judged...)
	if !slices.ContainsFunc(s.judged, exercised) {
		return all.none()
	}
	found := s.findings(func(j *recovery.Judgment) bool {
		return j.Verdict == recovery.SilentLoss && (classOf(j) == plain || recovery.Finite(ev) || wordless(ev, j))
	})
	return checks.Judged(len(s.judged), found, "%s (%s)", count(len(s.judged), "%d returning reader(s), none left with nothing"), s.oracles())
}

// wordless reports whether the last connection brought no event.
func wordless(ev *checks.Evidence, j *recovery.Judgment) bool {
	v := last(ev, j)
	return v != nil && len(v.Stream.Events) == 0
}

var hung = &checks.Check{
	ID:     "resume/hung",
	Title:  "An answer that was taken up again must come to its end",
	Level:  checks.Must,
	Timing: true,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
The reader comes back, is sent what there is, and then nothing more, though the undisturbed answer ends. Its
connection stays open, signs of life may come, and somebody waits for ever.

How long a stream may bring nothing before it counts as hung is set by --patience; a stream that still brings
events when patience ends is not judged.`,
	Fix:   "Send the end of the answer to whoever comes back after it was made, too: keep it with the events.",
	Good:  "> last-event-id: 5\n< id: 6 …\n< event: done\n(the end)\n",
	Bad:   "> last-event-id: 5\n< id: 6 …\n< : waiting\n< : waiting\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp, finite},
	After: []string{"resume/without-affinity"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.Hung), "%d interrupted answer(s), all brought to the end", plain)
	},
}

var order = &checks.Check{
	ID:     "resume/order",
	Title:  "What a reader missed must be sent in its order, and before what is new",
	Level:  checks.Must,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
Events that come in another order than they were made in spell another text. And since a reader names the
last event that came, the earlier one that came behind it is never asked for again.`,
	Fix:   "Replay the history in order, and hold back live events until it is done.",
	Good:  "> last-event-id: 5\n< id: 6 …\n< id: 7 …\n",
	Bad:   "> last-event-id: 5\n< id: 7 …\n< id: 6 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: []string{"resume/without-affinity"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, is(recovery.Reordered), "%d interrupted answer(s), all in order", plain)
	},
}

// whole lists the rules on what a reader is given after one cut: where one of them fails, every other way of
// interrupting shows the same once more.
var whole = strings.Fields(`resume/without-affinity resume/resumes resume/cursor-isolation resume/replay-identical
	resume/restart-detected resume/ids-taken-up resume/gap resume/false-end resume/silent-loss resume/hung resume/order`)
