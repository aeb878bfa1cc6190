package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// label names a target.
func (t Target) label() string {
	if t.Name != "" {
		return brief(t.Name)
	}
	return brief(t.URL)
}

// labels names documents, each by another name: by its target, and by its run too where the target has several.
func labels(ds []*Document) []string {
	runs := map[string]string{}
	several := map[string]bool{}
	for _, d := range ds {
		name := d.Target.label()
		if run, ok := runs[name]; ok && run != d.Run {
			several[name] = true
		}
		runs[name] = d.Run
	}
	var out []string
	for _, d := range ds {
		name := d.Target.label()
		if several[name] {
			name += " · " + d.Run
		}
		out = append(out, name)
	}
	return distinct(out)
}

// distinct numbers names that occur again.
func distinct(names []string) []string {
	seen := map[string]int{}
	for i, name := range names {
		if seen[name]++; seen[name] > 1 {
			names[i] = fmt.Sprintf("%s (%d)", name, seen[name])
		}
	}
	return names
}

// message says in a sentence what came of a rule, safe to be shown.
func (x Result) message() string {
	words := x.Reason
	if words == "" && len(x.Findings) > 0 {
		words = x.Findings[0].Message
	}
	if x.Runs != nil && x.Verdict == checks.Fail.String() {
		words += fmt.Sprintf(" (in %d of %d runs)", x.Runs.Failed, x.Runs.Of)
	}
	return brief(words)
}

// beyond is how many findings there are beside so many that are told.
func (x Result) beyond(told int) int {
	return max(len(x.Findings), x.InAll) - min(len(x.Findings), told)
}

// words says how often a rule failed where it was repeated.
func (r *Runs) words() string { return fmt.Sprintf("failed in %d of %d runs", r.Failed, r.Of) }

// pardon says why a failure does not count: "waiver until 2026-04-01, ops: the old gateway goes in March (ssespec.yml:3:5)".
func (x Result) pardon() string {
	e := x.Excuse
	if e == nil {
		return x.Verdict
	}
	words := e.Kind
	if e.Until != "" {
		words += " until " + e.Until
	}
	if e.Owner != "" {
		words += ", " + e.Owner
	}
	if e.Reason != "" {
		words += ": " + e.Reason
	}
	if e.At != "" {
		words += " (" + e.At + ")"
	}
	return brief(words)
}

// account tells what a rule found, in lines that are safe to be shown: so many findings at most, what mends them, and where
// the rule is written.
func (x Result) account(most int) []string {
	var out []string
	switch {
	case len(x.Findings) == 0:
		out = append(out, x.message())
	case x.Runs != nil:
		out = append(out, x.Runs.words())
	}
	for _, f := range x.Findings[:min(len(x.Findings), most)] {
		out = append(out, f.lines()...)
	}
	if n := x.beyond(most); n > 0 {
		out = append(out, fmt.Sprintf("and %d more", n))
	}
	if x.Fix != "" {
		out = append(out, "Fix: "+brief(x.Fix))
	}
	if words := x.Clause.words(); words != "" {
		out = append(out, words)
	}
	return out
}

// lines tells of a finding: what is wrong, and below it the bytes.
func (f Finding) lines() []string {
	out := []string{brief(f.Message)}
	if at := f.place(); at != "" {
		out[0] = at + ": " + out[0]
	}
	for _, s := range []string{f.Excerpt, f.Hex} {
		if s != "" && s != `""` { // which is a place between two bytes
			out = append(out, "  "+brief(s))
		}
	}
	return out
}

// place says where a finding is; nothing where it has no place.
func (f Finding) place() string {
	w := f.Where
	if w.Scene == "" {
		return ""
	}
	words := []string{"scene " + brief(w.Scene)}
	if w.Event > 0 {
		words = append(words, fmt.Sprintf("event %d", w.Event))
	}
	at := round(time.Duration(f.AtMS * float64(time.Millisecond)))
	switch w.Part {
	case string(wire.BodyPart):
		words = append(words, fmt.Sprintf("byte %d", w.Offset), fmt.Sprintf("at %v", at))
	case string(wire.RawPart):
		words = append(words, fmt.Sprintf("connection byte %d", w.Offset), fmt.Sprintf("at %v", at))
	case string(wire.HeadPart):
		words = append(words, "head")
	}
	return strings.Join(words, ", ")
}

// words names a clause: "HTML 9.2.5 https://…"; nothing where it only says that it is practice.
func (c Clause) words() string {
	if c.URL == "" && c.Section == "" {
		return ""
	}
	return brief(strings.Join(slices.DeleteFunc([]string{c.Spec, c.Section, c.URL}, func(s string) bool { return s == "" }), " "))
}
