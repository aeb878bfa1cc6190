package resume

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

var incompleteEvent = &checks.Check{
	ID:     "resume/incomplete-event",
	Title:  "An event that was cut off midway must be sent again as a whole",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Once the end of the file is reached, any pending data must be discarded"),
	Since:  "0.2",
	Doc: `
A reader drops an event whose blank line did not come, id and all, and names the one before. A server that
counts what it has sent, and not what the reader says it has, believes the half event delivered: it never comes.

The cut is made behind the id line, within a name, within a character, before the blank line. Events that come
again are another matter: see duplicates.`,
	Fix:   "Go on behind the id in Last-Event-ID; what was written to the connection before proves nothing.",
	Good:  "< id: 6\\n< da(cut)\n> last-event-id: 5\n< id: 6 …\n",
	Bad:   "< id: 6\\n< da(cut)\n> last-event-id: 5\n< id: 7 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: whole,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, spoiled, "%d answer(s) cut within an event, nothing lost", inside)
	},
}

var manyCuts = &checks.Check{
	ID:     "resume/many-cuts",
	Title:  "An answer must come back whole however often it is interrupted",
	Level:  checks.Must,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
A train goes through more than one tunnel. A server that takes up an answer once, and the second time from
state that the first return has used up or moved, loses what lies between.

The answer is cut once more while it is replayed, and up to ten times in all. A server that turns a reader away
which comes so often is not held to be wrong.`,
	Fix:   "Answer every return from the id alone, without state of the returns before.",
	Good:  "> last-event-id: 5\n< id: 6 (cut)\n> last-event-id: 6\n< id: 7 …\n",
	Bad:   "> last-event-id: 5\n< id: 6 (cut)\n> last-event-id: 6\n< id: 8 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: append(slices.Clone(whole), "resume/incomplete-event"),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, spoiled, "%d answer(s) cut more than once, nothing lost", many)
	},
}

var suffixConsistency = &checks.Check{
	ID:     "resume/suffix-consistency",
	Title:  "What follows an event must be the same whenever it is asked for",
	Level:  checks.Must,
	Clause: lastEventID,
	Since:  "0.2",
	Doc: `
Behind the reader's last connection the answer is asked for from an earlier event on, the first and the last
but one. What comes must end as what came before: it holds for answers that are other ones each time, and
so needs nothing else to compare with.

Not asked of streams that are not kept.`,
	Fix:   "Send what follows the id that is named, and let no return change what the next one is sent.",
	Good:  "> last-event-id: 1\n< id: 2 …\n< id: 3 …\n",
	Bad:   "> last-event-id: 1\n< id: 3 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	After: append(slices.Clone(whole), "resume/incomplete-event", "resume/many-cuts"),
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, spoiled, "%d answer(s) asked for from an earlier event on, with the same end", asked)
	},
}

var headerCase = &checks.Check{
	ID:     "resume/header-case",
	Title:  "Last-Event-ID must be understood however its name is written",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "5.1", "Field names are case-insensitive"),
	Since:  "0.2",
	Doc: `
HTTP/2 and HTTP/3 write every field name in lower case, and so do many clients over HTTP/1.1. A server that
looks for the letters of the standard's text finds no id and begins again.`,
	Fix:   "Look fields up without regard to case.",
	Good:  "> last-event-id: 5\n< id: 6 …\n",
	Bad:   "> last-event-id: 5\n< id: 1 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp, byID},
	After: whole,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, turnedAway, "%d answer(s) asked for with last-event-id in lower case", lower)
	},
}

var unharmed = &checks.Check{
	ID:     "resume/unharmed",
	Title:  "An answer that merely arrives slowly must be the same to the last event",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", ""),
	Since:  "0.2",
	Doc: `
Nothing is cut: everything comes late, or unevenly, or in pieces of a few bytes, or after a pause. A server that
drops events where a connection does not take them at once, or gives up on a slow reader without a word, loses
them for everybody on a train.

An answer that was still coming when patience ended is not judged.`,
	Fix:   "Wait for a slow connection, or close it so that the reader comes back; never skip an event.",
	Good:  "(late) id: 1 …\n(late) id: 2 …\n",
	Bad:   "(late) id: 1 …\n(late) id: 4 …\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeBy(ev, recoveryWrong, "%d answer(s) that came slowly, none changed", uncut)
	},
}

func recoveryWrong(j *recovery.Judgment) bool { return j.Verdict.Wrong() }
