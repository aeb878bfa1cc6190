// Package resume holds the checks on what becomes of an answer that was interrupted.
//
// They look at the trials of a bundle and at what package recovery makes of them; a bundle without any
// concerns none of them. It imports checks, profile, recovery, stream and wire.
package resume

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/recovery"
)

// Suite lists the family in reading order. What explains the failures of others comes first.
var Suite = checks.Suite{
	withoutAffinity,
	resumes,
	cursorIsolation,
	replayIdentical,
	gap,
	restartDetected,
	idsTakenUp,
	falseEnd,
	silentLoss,
	hung,
	order,
	incompleteEvent,
	manyCuts,
	suffixConsistency,
	headerCase,
	duplicates,
	unharmed,
	whileOldOpen,
	twoResumers,
	terminalCursor,
	hostileID,
	unknownID,
	emptyHeader,
	cutKinds,
	delayWindow,
	producerSurvives,
	truncationDetectable,
	reconnectFaults,
}

// interrupted is the condition of every check of the family.
var interrupted = checks.Condition{
	Says:  "an answer was interrupted",
	Else:  "no answer was interrupted",
	Holds: func(ev *checks.Evidence) bool { return len(recovery.Judge(ev)) > 0 },
}

// takesUp is the condition of checks on what a server must do that takes up a place: nothing obliges one to.
var takesUp = checks.Condition{
	Says: "the server takes up a place that a reader names, or is said to",
	Else: "the server does not take up a place that a reader names, and does not promise to",
	Holds: func(ev *checks.Evidence) bool {
		return promised(ev) || slices.ContainsFunc(recovery.Judge(ev), func(j recovery.Judgment) bool { return heeds(ev, &j) })
	},
}

// finite is the condition of checks on the end of an answer.
var finite = checks.Condition{
	Says:  "the undisturbed answer came to an end",
	Else:  "the stream has no end",
	Holds: func(ev *checks.Evidence) bool { return recovery.Finite(ev) },
}

// promised reports whether the user says that the server takes up what was interrupted. Whoever names a way
// of replaying says so too.
func promised(ev *checks.Evidence) bool {
	if ev.Promised("resume") || ev.Promised("exactly-once") {
		return true
	}
	return slices.ContainsFunc(recovery.Judge(ev), func(j recovery.Judgment) bool { return way(&j) == profile.FullReplay })
}

// way returns how the reader of a trial asks for the rest.
func way(j *recovery.Judgment) profile.Way {
	r, err := profile.ParseResume(j.Trial().Resume)
	if err != nil {
		return profile.NoResume
	}
	return r.Way
}

// heeds reports whether a trial shows that the server looks at the place that a reader names. One that does
// not begins every answer anew, or goes on with what is new.
func heeds(ev *checks.Evidence, j *recovery.Judgment) bool {
	if j.Takes {
		return true
	}
	if (&profile.Resume{Way: way(j)}).Cursor() && classOf(j) != strayed && readBefore(j) {
		switch j.Verdict {
		case recovery.Whole:
			return j.Recovery > 0
		case recovery.SilentLoss:
			return recovery.Finite(ev)
		case recovery.Corrupted:
			return recovery.Finite(ev) && j.Oracle == recovery.ControlAnswer
		}
	}
	return false
}

// readBefore reports whether the reader had an event when it was cut off.
func readBefore(j *recovery.Judgment) bool {
	return slices.ContainsFunc(j.Cuts, func(c recovery.Cut) bool { return c.Fault.Kind.Cuts() && c.Event > 0 })
}
