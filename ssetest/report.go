package ssetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/reports"
)

// A Report is what was found at one endpoint.
type Report struct {
	Evidence *checks.Evidence
	Results  []checks.Result // in the order of ssespec rules
	Short    string          // the limit that cut the run short: what was not seen by then is inconclusive; empty for none

	settings *settings
}

// Count returns how many rules have a verdict.
func (r *Report) Count(v checks.Verdict) int {
	n := 0
	for _, x := range r.Results {
		if x.Verdict == v {
			n++
		}
	}
	return n
}

// Failures returns the results that fail a test: failures at or above the level of [FailOn], rules that are at fault
// themselves or could not be judged although they had to be, and what was expected to fail and does not.
func (r *Report) Failures() []checks.Result {
	return slices.DeleteFunc(slices.Clone(r.Results), func(x checks.Result) bool { return !r.fails(x) })
}

func (r *Report) fails(x checks.Result) bool {
	switch x.Verdict {
	case checks.Fail:
		return r.settings.failOn != 0 && x.Level >= r.settings.failOn
	case checks.Inconclusive:
		return x.Required
	}
	return x.Verdict == checks.Broken || r.stale(x)
}

// stale reports whether a rule was expected to fail and does not.
func (r *Report) stale(x checks.Result) bool {
	_, known := r.settings.expected[x.ID]
	return known && (x.Verdict == checks.Pass || x.Verdict == checks.NotApplicable)
}

// does says what a rule does that was expected to fail.
var does = map[checks.Verdict]string{checks.Pass: "passes", checks.NotApplicable: "does not apply"}

// String counts the verdicts on a line and tells of each failure behind it.
func (r *Report) String() string {
	var counts []string
	for _, v := range checks.Verdicts {
		if n := r.Count(v); n > 0 || v <= checks.Fail {
			counts = append(counts, fmt.Sprintf("%d %s", n, v))
		}
	}
	says := []string{strings.Join(counts, " · ")}
	for _, x := range r.Failures() {
		says = append(says, x.ID+": "+r.about(x))
	}
	return strings.Join(says, "\n")
}

// about tells of one result as a test does.
func (r *Report) about(x checks.Result) string {
	switch {
	case x.Verdict == checks.Fail:
		return r.failure(x)
	case x.Verdict == checks.Expected:
		return lines("fails, as expected: "+x.Excuse.Reason, "→ "+x.Reason)
	case r.stale(x):
		return lines(fmt.Sprintf("%s now, though it was expected to fail (%s): take Expected out", does[x.Verdict], r.settings.expected[x.ID]))
	case x.Verdict == checks.Broken:
		return lines("the rule itself is at fault: " + x.Reason)
	case x.Verdict == checks.Inconclusive && x.Required:
		return lines("had to be judged and could not be: " + x.Reason)
	}
	return lines(fmt.Sprintf("%s: %s", x.Verdict, x.Reason))
}

// failure tells what failed, the bytes that show it, how to mend it and where it is written.
func (r *Report) failure(x checks.Result) string {
	says := []string{fmt.Sprintf("%s: %s.", x.Level, x.Title)}
	alone := reports.Report{Evidence: r.Evidence, Results: []checks.Result{x}}
	for i, f := range alone.Document().Results[0].Findings {
		if i == maxFindings {
			says = append(says, fmt.Sprintf("→ and %d more", len(x.Findings)-maxFindings))
			break
		}
		says = append(says, "→ "+place(f.Where)+f.Message)
		if f.Excerpt != "" && f.Excerpt != `""` {
			says = append(says, "  "+f.Excerpt)
		}
	}
	if x.Fix != "" {
		says = append(says, "Fix: "+x.Fix)
	}
	if x.Clause.URL != "" {
		says = append(says, x.Clause.String()+"  "+x.Clause.URL)
	}
	return lines(says...)
}

// maxFindings is how many findings of one rule are told, as in the report of the command.
const maxFindings = 3

// place says where a finding is, as a prefix of its message.
func place(w reports.Where) string {
	var words []string
	if w.Scene != "" && w.Scene != "control" {
		words = append(words, "scene "+w.Scene)
	}
	if w.Event > 0 {
		words = append(words, fmt.Sprintf("event %d", w.Event))
	}
	if w.Part == "body" {
		words = append(words, fmt.Sprintf("byte %d", w.Offset))
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, ", ") + ": "
}

// maxLine is how many bytes of a line are told: it may quote what a server sent.
const maxLine = 500

// lines puts lines below each other, each as it may be shown.
func lines(all ...string) string {
	for i, l := range all {
		if n := maxLine; len(l) > n {
			for !utf8.RuneStart(l[n]) {
				n--
			}
			l = l[:n] + "…"
		}
		all[i] = printable(l)
	}
	return strings.Join(all, "\n")
}

// printable escapes what a terminal may obey: a server may have had a hand in what is told.
func printable(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		c, n := utf8.DecodeRuneInString(s)
		if c != utf8.RuneError && strconv.IsPrint(c) {
			b.WriteString(s[:n])
		} else {
			q := strconv.Quote(s[:n])
			b.WriteString(q[1 : len(q)-1])
		}
		s = s[n:]
	}
	return b.String()
}
