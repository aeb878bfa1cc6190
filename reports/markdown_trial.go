package reports

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks/recovery"
)

// mostTrials is how many interrupted answers are told of: the next ones mostly say the same.
const mostTrials = 10

// trials tells what came of interrupted answers.
func (d *Document) trials(s *sheet) {
	if len(d.Chaos) == 0 {
		return
	}
	s.add(fmt.Sprintf("**Interrupted %s**\n\n%s\n", plural(len(d.Chaos), "time", "times"), d.verdicts()))
	blamed, told := d.blamed(), 0
	for _, t := range d.Chaos {
		if !t.failed(blamed) {
			continue
		}
		if told++; told <= mostTrials {
			s.add(t.folded())
		}
	}
	if told > mostTrials {
		s.add(fmt.Sprintf("and %d more\n\n", told-mostTrials))
	}
}

// verdicts counts trials by what came of them.
func (d *Document) verdicts() string {
	n := map[string]int{}
	for _, t := range d.Chaos {
		n[t.Verdict]++
	}
	var b strings.Builder
	b.WriteString("| verdict | times |\n| --- | ---: |\n")
	for _, v := range recovery.Verdicts {
		if n := n[string(v)]; n > 0 {
			fmt.Fprintf(&b, "| %s | %d |\n", v, n)
		}
	}
	return b.String()
}

// failed reports whether an interrupted answer did not come back as it was, or is why the run failed.
func (t Trial) failed(blamed map[string]bool) bool {
	switch v := recovery.Verdict(t.Verdict); {
	case v == recovery.Whole, v == recovery.Inconclusive:
		return false
	default:
		return v.Wrong() || blamed[t.Scene]
	}
}

// folded tells of an interrupted answer, folded up behind one line.
func (t Trial) folded() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details>\n<summary><b>%s</b> <code>%s</code> %s</summary>\n\n", inert(t.Verdict), inert(t.Schedule), inert(t.Reason))
	for _, a := range t.Anomalies[:min(len(t.Anomalies), maxFindings)] {
		fmt.Fprintf(&b, "- %s: %s\n", inert(a.Kind), inert(a.Witness))
	}
	if n := len(t.Anomalies) - maxFindings; n > 0 {
		fmt.Fprintf(&b, "- and %d more\n", n)
	}
	b.WriteString("\n" + again(t.Reproduce) + "</details>\n\n")
	return b.String()
}

// longestCommand bounds a command that is shown whole, to be copied: it may hold the body of a request.
const longestCommand = 4 << 10

// again shows the command that does something once more.
func again(command string) string {
	if len(command) > longestCommand {
		return "The command that does it again is too long to be shown here.\n\n"
	}
	return block("sh", command)
}

// crossing tells what was measured of what stands between an endpoint and its readers.
func (d *Document) crossing(s *sheet) {
	if d.Edge == nil {
		return
	}
	var hops []string
	for _, h := range d.Edge.Hops {
		hops = append(hops, inert(h.Name)+" "+verbatim(h.URL))
	}
	s.add("**Measured** " + strings.Join(hops, " → ") + "\n\n")
	for _, m := range d.Edge.Measures {
		s.add("- " + inert(m) + "\n")
	}
	s.add("\n")
}
