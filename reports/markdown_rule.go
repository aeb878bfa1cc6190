package reports

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
)

// folded tells what a rule found, folded up behind one line.
func (x Result) folded(lead string, remedies []Remedy) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details>\n<summary><b>%s</b> <code>%s</code> %s</summary>\n\n", inert(lead), inert(x.ID), inert(x.Title))
	switch {
	case len(x.Findings) == 0 || x.Verdict == checks.Broken.String():
		fmt.Fprintf(&b, "%s\n\n", inert(x.message()))
	case x.Runs != nil:
		fmt.Fprintf(&b, "%s\n\n", capital(x.Runs.words()))
	}
	for _, f := range x.Findings[:min(len(x.Findings), maxFindings)] {
		b.WriteString(f.item())
	}
	if n := x.beyond(maxFindings); n > 0 {
		fmt.Fprintf(&b, "- and %d more\n", n)
	}
	b.WriteString("\n")
	if x.Fix != "" {
		fmt.Fprintf(&b, "**Fix:** %s\n\n", inert(x.Fix))
	}
	b.WriteString(x.cures(remedies))
	b.WriteString(x.further() + "</details>\n\n")
	return b.String()
}

// further says where there is more on a rule. What a gate says of its own files is in no catalogue.
func (x Result) further() string {
	var words []string
	if r := x.Clause.reference(); r != "" {
		words = append(words, r)
	}
	if !strings.HasPrefix(x.ID, "gate/") {
		words = append(words, verbatim("ssespec explain "+x.ID))
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, " · ") + "\n\n"
}

// item tells of a finding, with the bytes that show it.
func (f Finding) item() string {
	words := inert(f.Message)
	if at := f.place(); at != "" {
		words = capital(inert(at)) + ": " + words
	}
	if f.Excerpt != "" && f.Excerpt != `""` {
		words += " " + verbatim(f.Excerpt)
	}
	return "- " + words + "\n"
}

// cures tells the lines that mend what a rule found.
func (x Result) cures(remedies []Remedy) string {
	var b strings.Builder
	told := 0
	for _, r := range remedies {
		if r.Rule != x.ID {
			continue
		}
		if told++; told <= mostRemedies {
			b.WriteString(r.told())
		}
	}
	if told > mostRemedies {
		fmt.Fprintf(&b, "and %s\n\n", plural(told-mostRemedies, "more suspect", "more suspects"))
	}
	return b.String()
}

// told tells of a remedy: what it is for, where it helps, and the lines themselves.
func (r Remedy) told() string {
	out := fmt.Sprintf("**Remedy:** %s (%s)\n\n", inert(r.Name()), inert(r.Basis))
	if r.When != "" {
		out += "Where " + inert(r.When) + ":\n\n"
	}
	switch fix := strings.TrimRight(r.Fix, "\n"); {
	case len(fix) > longestCommand:
		out += "Its lines are too long to be shown here.\n\n"
	case fix != "":
		out += block("", strings.Split(fix, "\n")...)
	}
	if r.None != "" {
		out += inert(r.None) + "\n\n"
	}
	return out
}
