package reports

import "github.com/ssespec/ssespec/checks/recovery"

// trialsBetween compares answers that were interrupted in the same way. Those of one run only say nothing of the other: places
// drawn at random are seldom the same twice.
func (d *Document) trialsBetween(later *Document) []Change {
	var out []Change
	before := map[string][]Trial{}
	for _, t := range d.Chaos {
		before[t.way()] = append(before[t.way()], t)
	}
	for _, t := range later.Chaos {
		all := before[t.way()]
		if len(all) == 0 {
			continue
		}
		before[t.way()] = all[1:]
		if how := all[0].turn(t); how != "" {
			c := Change{What: t.Schedule, Old: all[0].Verdict, New: t.Verdict, Reason: t.Reason, Again: t.Reproduce, weight: ofTrial}
			out = append(out, later.change(how, c))
		}
	}
	return out
}

// way is how an answer was interrupted and asked for again.
func (t Trial) way() string { return t.Schedule + "\x00" + t.Resume + "\x00" + t.Mode }

// turn returns how a trial turned, or nothing where it did not.
func (t Trial) turn(later Trial) Turn {
	was, is := t.harm(), later.harm()
	switch {
	case was == is:
		return ""
	case is < 0:
		return Unjudged
	case was < 0 && is < 2:
		return Judged
	case is > was:
		return Worse
	}
	return Better
}

// harm ranks what came of a trial: not judged, whole, honestly not resumed, repeated, spoiled.
func (t Trial) harm() int {
	switch v := recovery.Verdict(t.Verdict); v {
	case recovery.Inconclusive:
		return -1
	case recovery.Whole:
		return 0
	case recovery.Unsupported, recovery.Expired, recovery.Refused:
		return 1
	case recovery.Duplicated:
		return 2
	}
	return 3
}
