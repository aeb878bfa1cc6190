package recovery

import "slices"

// settle looks at all judgments together, for what one trial alone cannot tell.
func settle(b *bench, all []Judgment) {
	takes, restarts := false, false
	for _, j := range all {
		takes = takes || j.Takes
		restarts = restarts || j.Verdict == Restarted
	}
	promised := b.ev.Promised("resume") || b.ev.Promised("exactly-once")
	for i := range all {
		j := &all[i]
		switch {
		case restarts && !takes && (j.Verdict == Duplicated || j.Verdict == Corrupted) && b.fromTheStart(j):
			// read to its first event only, an answer that begins again looks like one event too many
			j.Verdict, j.Anomalies[0].Kind, j.Anomalies = Restarted, Restarted, j.Anomalies[:1]
			j.Reason = "the answer began again from its first event"
		case !takes && !promised && !b.finite() && j.Verdict.Wrong() && j.Verdict != Foreign && j.Verdict != Hung && cut(j):
			j.Verdict, j.Anomalies = Unsupported, nil
			j.Reason = "ids are not taken up: the stream goes on with what is new"
		}
	}
}

// fromTheStart reports whether all that is wrong with a trial is its first event, which came first again.
func (b *bench) fromTheStart(j *Judgment) bool {
	own := b.items(b.control)
	if len(own) == 0 {
		return false
	}
	first := label(own, 0)
	return !slices.ContainsFunc(j.Anomalies, func(a Anomaly) bool { return len(a.Events) != 1 || a.Events[0] != first }) &&
		!slices.ContainsFunc(j.Cuts, func(c Cut) bool { return c.Event != 1 })
}

// cut reports whether the reader had to come back.
func cut(j *Judgment) bool {
	return slices.ContainsFunc(j.Cuts, func(c Cut) bool { return c.Fault.Kind.Cuts() })
}
