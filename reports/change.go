package reports

import (
	"cmp"
	"slices"
)

// A Turn is the way in which a later run differs from an earlier one.
type Turn string

// The turns, in the order in which they are told.
const (
	Worse    Turn = "worse"
	Added    Turn = "new" // it fails, and was not there before
	Unjudged Turn = "no longer judged"
	Excused  Turn = "excused now" // it fails, and somebody wrote down why that does not count
	Better   Turn = "better"
	Judged   Turn = "judged now"
	Gone     Turn = "gone" // it was judged, and is not there any more
)

var turns = []Turn{Worse, Added, Unjudged, Excused, Better, Judged, Gone}

// A Change is one thing that a later run says otherwise than an earlier one.
type Change struct {
	Turn   Turn
	Target string // its name, or its URL
	Run    string
	What   string // a rule, the schedule of an interruption or a figure; empty for the run as a whole
	Level  string // of a rule
	Old    string // what was said of it; empty where it was not there
	New    string
	Reason string // what is said of it now
	Again  string // the command that shows it once more; empty where there is none
	weight int    // of changes of one turn, the least is told first
}

// The weights of changes that are not of a rule; those of rules lie between, by their level.
const (
	ofRun     = 0
	firstRule = 1
	ofTrial   = firstRule + 4
	ofFigure  = ofTrial + 1
)

// Compare returns what a later run says otherwise than an earlier one, the worst first. Documents of the same target and run are
// compared, rule by rule, interruption by interruption, figure by figure.
func Compare(old, new []*Document) []Change {
	var out []Change
	before, after := keyed(old), keyed(new)
	for _, k := range keys(new) {
		if o := before[k]; o != nil {
			out = append(out, o.between(after[k])...)
		} else {
			out = append(out, after[k].arrived()...)
		}
	}
	for _, k := range keys(old) {
		if o := before[k]; after[k] == nil {
			out = append(out, o.change(Gone, Change{Old: verdictOf(o), Reason: "this run was not made any more"}))
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(turns, a.Turn), slices.Index(turns, b.Turn)), cmp.Compare(a.weight, b.weight))
	})
	return out
}

// A key tells documents apart: of several of one target and run, the first is compared with the first.
type key struct {
	target, run string
	n           int
}

func keys(ds []*Document) []key {
	var out []key
	seen := map[key]int{}
	for _, d := range ds {
		k := key{target: cmp.Or(d.Target.Name, d.Target.URL), run: d.Run}
		k.n = seen[k]
		seen[key{target: k.target, run: k.run}]++
		out = append(out, k)
	}
	return out
}

func keyed(ds []*Document) map[key]*Document {
	out := map[key]*Document{}
	for i, k := range keys(ds) {
		out[k] = ds[i]
	}
	return out
}

// change completes a change with where it is.
func (d *Document) change(t Turn, c Change) Change {
	c.Turn, c.Target, c.Run = t, cmp.Or(d.Target.Name, d.Target.URL), d.Run
	return c
}

func verdictOf(d *Document) string {
	word, _ := wordOf(d.Exit)
	return word
}

// arrived returns what fails in a run that was not made before.
func (d *Document) arrived() []Change {
	var out []Change
	if d.Exit != 0 && d.unshown() {
		out = append(out, d.change(Added, Change{New: verdictOf(d), Reason: d.Why}))
	}
	for _, x := range d.failed() {
		out = append(out, d.changeOf(Added, nil, &x))
	}
	return out
}

// between returns what a later run of the same target says otherwise. Where one of the two judged nothing, its rules say the
// same as the run as a whole.
func (d *Document) between(later *Document) []Change {
	var out []Change
	was, is := slices.Index(gravities, d.Exit), slices.Index(gravities, later.Exit)
	switch {
	case is < was:
		out = append(out, later.change(Worse, Change{Old: verdictOf(d), New: verdictOf(later), Reason: later.Why}))
	case is > was:
		out = append(out, later.change(Better, Change{Old: verdictOf(d), New: verdictOf(later), Reason: later.Why}))
	}
	if later.Summary.Judged == 0 && d.Summary.Judged > 0 {
		return out
	}
	rules := slices.DeleteFunc(d.rulesBetween(later), func(c Change) bool { return c.Turn == Judged && d.Summary.Judged == 0 })
	return slices.Concat(out, rules, d.trialsBetween(later), d.figuresBetween(later))
}
