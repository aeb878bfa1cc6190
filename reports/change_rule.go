package reports

import (
	"fmt"
	"slices"

	"github.com/ssespec/ssespec/checks"
)

// A standing is what a result comes to.
type standing int

const (
	absent standing = iota
	aside           // it does not concern the target, or fails nobody
	unseen          // not judged
	holds
	forgiven
	fails
)

func (x *Result) standing() standing {
	switch {
	case x == nil:
		return absent
	case x.Verdict == checks.NotApplicable.String() || x.Level == checks.Fact.String():
		return aside
	case x.Verdict == checks.Inconclusive.String() || x.Verdict == checks.Broken.String():
		return unseen
	case x.Verdict == checks.Pass.String():
		return holds
	case x.excused():
		return forgiven
	}
	return fails
}

// rulesBetween compares two runs rule by rule.
func (d *Document) rulesBetween(later *Document) []Change {
	var out []Change
	before := map[string]*Result{}
	for i := range d.Results {
		before[d.Results[i].ID] = &d.Results[i]
	}
	for i := range later.Results {
		x := &later.Results[i]
		if t := turn(before[x.ID], x); t != "" {
			out = append(out, later.changeOf(t, before[x.ID], x))
		}
		delete(before, x.ID)
	}
	for i := range d.Results { // in their order, which the map has not
		if x := &d.Results[i]; before[x.ID] != nil && x.standing() > unseen {
			out = append(out, later.changeOf(Gone, x, nil))
		}
	}
	return out
}

// turn returns how a rule turned, or nothing where it did not. An excused failure is never worse.
func turn(old, new *Result) Turn {
	was, is := old.standing(), new.standing()
	switch {
	case was == fails && is == fails && old.Level != new.Level:
		if levelOf(new.Level) < levelOf(old.Level) {
			return Worse
		}
		return Better
	case was == is:
		return ""
	case was == absent && is == fails:
		return Added
	case was == absent:
		return ""
	case is == fails:
		return Worse
	case is == forgiven:
		return Excused
	case is == unseen && was > unseen:
		return Unjudged
	case was > holds:
		return Better
	case was == unseen && is == holds:
		return Judged
	}
	return "" // it began or ceased to concern the target
}

// levelOf ranks levels, the worst first.
func levelOf(level string) int {
	return max(0, slices.Index([]string{checks.Must.String(), checks.Should.String(), checks.Advice.String(), checks.Fact.String()}, level))
}

// changeOf is a change of a rule; old or new is nil where it was not there.
func (d *Document) changeOf(t Turn, old, new *Result) Change {
	var c Change
	if old != nil {
		c.What, c.Level, c.Old = old.ID, old.Level, old.Verdict
	}
	if new != nil {
		c.What, c.Level, c.New, c.Reason = new.ID, new.Level, new.Verdict, new.said()
	}
	if old != nil && new != nil && old.Verdict == new.Verdict && old.Level != new.Level {
		c.Old, c.New = old.Verdict+" ("+old.Level+")", new.Verdict+" ("+new.Level+")"
	}
	if new.standing() == forgiven {
		c.Reason = new.pardon() + ": " + c.Reason
	}
	c.weight = firstRule + levelOf(c.Level)
	return d.change(t, c)
}

// said is what a result tells of: of a failure its first finding.
func (x *Result) said() string {
	if len(x.Findings) == 0 {
		return x.message()
	}
	words := x.Findings[0].lines()[0]
	if n := x.beyond(1); n > 0 {
		words += fmt.Sprintf(" (and %d more)", n)
	}
	return words
}
