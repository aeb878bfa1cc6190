package resume

import (
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

// A class is what a trial tells about. Each trial has one, so that one cause makes one rule fail.
type class uint8

const (
	plain    class = iota // one cut, not within an event, of a connection that the server sees end
	inside                // one cut within an event
	many                  // more than one cut
	asked                 // the answer was asked for once more, from an earlier place
	lower                 // the request field's name was in lower case
	oldOpen               // the server still held the reader's connection open
	together              // another reader was there
	terminal              // what follows the end was asked for
	cookies               // the reader brought the cookies that it was given
	address               // the reader came back to another address
	strayed               // the reader named a place that is not its own
	uncut                 // no connection was cut
)

// interruptions are the classes of answers that were cut off and taken up by one reader.
var interruptions = []class{plain, inside, many, asked, lower, oldOpen, together, terminal, cookies, address}

// turns are the classes that a word of the schedule makes, those first that say most.
var turns = []struct {
	word string
	class
}{
	{"cursor:terminal", terminal}, {"cursor:first", asked}, {"cursor:last", asked}, {"cursor:", strayed},
	{"lower", lower}, {"address", address}, {"cookies", cookies}, {"twice", together}, {"rivals", together}, {"rival", together},
}

func classOf(j *recovery.Judgment) class {
	steps := steps(j)
	for _, t := range turns {
		if slices.ContainsFunc(steps, func(s string) bool {
			return s == t.word || strings.HasSuffix(t.word, ":") && strings.HasPrefix(s, t.word)
		}) {
			return t.class
		}
	}
	var cuts []string
	for _, s := range steps {
		if cutting(s) {
			cuts = append(cuts, s)
		}
	}
	switch {
	case len(cuts) == 0:
		return uncut
	case len(cuts) > 1:
		return many
	case j.Complete: // what is sent then is no part of the answer
		return terminal
	case within(cuts[0]) || slices.ContainsFunc(j.Cuts, func(c recovery.Cut) bool { return c.Half }):
		return inside
	case strings.HasSuffix(cuts[0], "/stall"), strings.HasSuffix(cuts[0], "/half-close"):
		return oldOpen
	}
	return plain
}

// steps returns the schedule of a trial, step by step.
func steps(j *recovery.Judgment) []string { return strings.Split(j.Trial().Schedule, ",") }

// cutting reports whether a step cuts a connection off: a stall that has a time goes on behind it.
func cutting(step string) bool {
	_, fault, placed := strings.Cut(step, "/")
	return placed && fault != "duplicate" && !strings.HasPrefix(fault, "stall:")
}

// within reports whether a step aims at the inside of an event, of which the server has sent a part then.
func within(step string) bool {
	place, _, _ := strings.Cut(step, "/")
	where, number, _ := strings.Cut(place, ":")
	return strings.HasPrefix(where, "inside-") || where == "after-id" || where == "before-blank" ||
		where == "event" && strings.Contains(number, "+")
}

// A sample is the trials of some classes that were judged, and why others were not.
type sample struct {
	ev     *checks.Evidence
	judged []*recovery.Judgment
	gap    string // why the first one was not, though it could have been
	moot   string // why the first one could not be
}

func sampleOf(ev *checks.Evidence, classes ...class) sample {
	s := sample{ev: ev}
	all := recovery.Judge(ev)
	for i := range all {
		j := &all[i]
		if slices.Contains(classes, classOf(j)) {
			s.take(j)
		}
	}
	return s
}

// named returns the trials of a schedule with a step that has such a beginning.
func named(ev *checks.Evidence, words ...string) sample {
	s := sample{ev: ev}
	all := recovery.Judge(ev)
	for i := range all {
		j := &all[i]
		if step(j, words...) {
			s.take(j)
		}
	}
	return s
}

// step reports whether the schedule of a trial has a step with one of these beginnings.
func step(j *recovery.Judgment, words ...string) bool {
	return slices.ContainsFunc(steps(j), func(s string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(s, w) })
	})
}

func (s *sample) take(j *recovery.Judgment) {
	switch {
	case j.Verdict != recovery.Inconclusive:
		s.judged = append(s.judged, j)
	case j.Moot && s.moot == "":
		s.moot = j.Reason
	case !j.Moot && s.gap == "":
		s.gap = j.Reason
	}
}

// answers returns the exchanges that the trials with such a step end with, whatever is judged of them: the
// reader's last one, or with a role the last of that.
func answers(ev *checks.Evidence, role wire.Role, words ...string) (vs []*checks.View, js []*recovery.Judgment) {
	all := recovery.Judge(ev)
	for i := range all {
		j := &all[i]
		if j.Trial().Gap != "" || !step(j, words...) {
			continue
		}
		for _, v := range slices.Backward(ev.Exhibit(j.Recording.Scene).Views) {
			if v.Role == role && !spent(v) {
				vs, js = append(vs, v), append(js, j)
				break
			}
		}
	}
	return vs, js
}

// spent reports whether an exchange was ended by a budget of the user's.
func spent(v *checks.View) bool {
	n := v.End.Note
	return n == wire.TimeSpent || n == wire.RequestsSpent || n == wire.Interrupted
}

// none is the outcome of a check that has nothing to look at.
func (s sample) none() checks.Outcome {
	switch {
	case s.gap != "":
		return checks.Unseen("%s", s.gap)
	case len(s.judged) > 0:
		return checks.Unconcerned("no answer was taken up again: %s", s.judged[len(s.judged)-1].Reason)
	case s.moot != "":
		return checks.Unconcerned("%s", s.moot)
	}
	return checks.Unconcerned("no trial of this kind was made")
}

// restored returns the trials whose reader was given something that could be compared.
func (s sample) restored() sample {
	return s.where(func(j *recovery.Judgment) bool { return j.Verdict == recovery.Whole || j.Verdict.Wrong() })
}

func (s sample) where(keep func(*recovery.Judgment) bool) sample {
	out := s
	out.judged = nil
	for _, j := range s.judged {
		if keep(j) {
			out.judged = append(out.judged, j)
		}
	}
	return out
}

// findings returns one for each trial that keep picks.
func (s sample) findings(keep func(*recovery.Judgment) bool) []checks.Finding {
	var out []checks.Finding
	for _, j := range s.where(keep).judged {
		out = append(out, finding(s.ev, j))
	}
	return out
}

// oracles names what the verdicts rest on, each once.
func (s sample) oracles() string {
	var out []string
	for _, j := range s.judged {
		if o := string(j.Oracle); o != "" && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		return "no oracle was needed"
	}
	return "judged by " + strings.Join(out, ", ")
}

// is picks the trials of a verdict.
func is(vs ...recovery.Verdict) func(*recovery.Judgment) bool {
	return func(j *recovery.Judgment) bool { return slices.Contains(vs, j.Verdict) }
}

// spoiled picks the trials whose reader has not what it should have. What came twice it can drop, and
// what belongs to others is another rule's.
func spoiled(j *recovery.Judgment) bool {
	return j.Verdict.Wrong() && j.Verdict != recovery.Duplicated && j.Verdict != recovery.Foreign
}

// turnedAway picks those and the trials whose reader was refused.
func turnedAway(j *recovery.Judgment) bool { return spoiled(j) || j.Verdict == recovery.Refused }

// judgeBy judges the trials of some classes: none may be one that bad picks.
func judgeBy(ev *checks.Evidence, bad func(*recovery.Judgment) bool, holds string, classes ...class) checks.Outcome {
	all := sampleOf(ev, classes...)
	s := all.where(func(j *recovery.Judgment) bool {
		return j.Verdict == recovery.Whole || j.Verdict.Wrong() || bad(j)
	})
	found := s.findings(bad)
	if len(found) == 0 && !slices.ContainsFunc(s.judged, exercised) {
		return all.none()
	}
	return checks.Judged(len(s.judged), found, "%s (%s)", count(len(s.judged), holds), s.oracles())
}

// exercised reports whether a trial could have shown something: a reader that was cut off before its first
// event asks for no rest. One that was not cut off is given a whole answer.
func exercised(j *recovery.Judgment) bool { return classOf(j) == uncut || readBefore(j) }
