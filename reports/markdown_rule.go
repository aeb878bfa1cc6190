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
	if len(x.Findings) == 0 || x.Verdict == checks.Broken.String() || x.Runs != nil {
		fmt.Fprintf(&b, "%s\n\n", inert(x.message()))
	}
	for _, f := range x.Findings[:min(len(x.Findings), maxFindings)] {
		b.WriteString(f.item())
	}
	if n := len(x.Findings) - maxFindings; n > 0 {
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
		if r.Rule != x.ID || told == mostRemedies {
			continue
		}
		told++
		words := r.Says
		if r.Product != "" {
			words = r.Product + ": " + words
		}
		fmt.Fprintf(&b, "**Remedy:** %s (%s)\n\n", inert(words), inert(r.Basis))
		if fix, _ := clip(strings.TrimRight(r.Fix, "\n"), maxText); fix != "" {
			b.WriteString(block("", strings.Split(fix, "\n")...))
		}
	}
	return b.String()
}
