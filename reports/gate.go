package reports

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
)

// A Gate is many runs over many targets.
type Gate struct {
	Reports []*Report
	Upkeep  *Document // what is wrong with what is known to fail; nil where nothing is written down
	Took    time.Duration
	Exit    int
	Why     string // why Exit is not 0, in one sentence
	Advice  string // what to do next; may be empty
}

// Gate writes a line for each run, then what failed, then the verdict on all.
func (t Text) Gate(w io.Writer, g *Gate) error {
	p := t.page(nil)
	p.overview(g.Reports)
	for _, r := range g.Reports {
		if r.Exit != 0 || t.Verbose {
			p.line("")
			p.run(r)
		}
	}
	if g.Upkeep != nil && g.Upkeep.Exit != 0 {
		p.line("")
		p.upkeep(g.Upkeep)
	}
	p.line("")
	p.items("", p.totals(g)...)
	word, st := wordOf(g.Exit)
	if g.Why == "" {
		p.line("%s", p.paint(word, st))
	} else {
		p.tell(word+"  ", st, g.Why, plain)
	}
	if g.Advice != "" {
		p.tell("", plain, g.Advice, faint)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// markOf returns the mark and style of the line of a run, by its exit code.
func markOf(exit int) (string, style) {
	switch exit {
	case 0:
		return "✓", good
	case 4, 130:
		return "?", warn
	}
	return "✗", bad
}

// overview writes a line for each run.
func (p *page) overview(rs []*Report) {
	name, run := 0, 0
	for _, r := range rs {
		name, run = max(name, columns(r.name())), max(run, len(r.Evidence.Bundle.Command))
	}
	name = min(name, p.Width/3)
	for _, r := range rs {
		mark, st := markOf(r.Exit)
		lead := fmt.Sprintf("  %s %s  %s  ", mark, pad(clipped(r.name(), name), name), pad(r.Evidence.Bundle.Command, run))
		word, _ := wordOf(r.Exit)
		p.tell(lead, st, word+"  "+r.inShort(), plain)
	}
}

// name is how a gate calls a target.
func (r *Report) name() string {
	if n := r.Evidence.Bundle.Name; n != "" {
		return safe(n)
	}
	return safe(r.Evidence.Bundle.Target.URL)
}

// clipped cuts a name that leaves no room for anything else.
func clipped(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	return s[:fit(s, n-1)] + "…"
}

// inShort says in a few words what came of a run, and how long it took.
func (r *Report) inShort() string {
	if r.Exit == 2 || r.Exit == 3 || r.Exit == 70 {
		return r.Why
	}
	s := r.Summary()
	words := []string{fmt.Sprintf("%d passed", s.Verdicts[checks.Pass])}
	for _, c := range []struct {
		v    checks.Verdict
		what string
	}{
		{checks.Fail, "failed" + r.failedByLevel()}, {checks.Broken, "broken"}, {checks.Waived, "waived"}, {checks.Expected, "expected to fail"}, {checks.Inconclusive, "not judged"},
	} {
		if n := s.Verdicts[c.v]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, c.what))
		}
	}
	if n := r.unconfirmed(); n > 0 {
		words = append(words, fmt.Sprintf("%d failed, and not again", n))
	}
	if all := r.trials(); len(all) > 0 {
		words = append(words, "interrupted "+plural(len(all), "time", "times"))
	}
	return strings.Join(append(words, round(r.Evidence.Bundle.Duration).String()), " · ")
}

// unconfirmed counts what failed once and not again. It is among what was not judged.
func (r *Report) unconfirmed() int {
	n := 0
	for _, x := range r.Results {
		if x.Runs != nil && x.Verdict == checks.Inconclusive {
			n++
		}
	}
	return n
}

// run writes what a gate tells of one run: what failed, and why it ended as it did; all of it where the page is verbose.
func (p *page) run(r *Report) {
	one := p.Text.page(r)
	one.head()
	if p.Verbose {
		one.stream()
		one.edge()
	}
	one.trials()
	one.clients()
	one.failures()
	if p.Verbose {
		one.excused()
		one.unjudged()
		one.others()
	}
	if p.Bytes {
		one.wire()
	}
	one.line("")
	one.verdict()
	p.b.WriteString(one.b.String())
}

// Upkeep writes what is wrong with what is known to fail.
func (t Text) Upkeep(w io.Writer, d *Document) error {
	p := t.page(nil)
	if d.Exit != 0 {
		p.line("")
		p.upkeep(d)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *page) upkeep(d *Document) {
	p.tell("", plain, d.Target.Name, bold)
	for _, x := range d.Results {
		for _, f := range x.Findings {
			p.tell("✗ ", bad, f.Message, plain)
		}
	}
}

// totals counts runs by how they ended.
func (p *page) totals(g *Gate) []item {
	ended := map[int]int{}
	for _, r := range g.Reports {
		ended[r.Exit]++
	}
	all := []item{{plural(len(g.Reports), "run", "runs"), plain}}
	for _, exit := range []int{0, 1, 2, 3, 4, 70, 130} {
		if n := ended[exit]; n > 0 {
			e := endOf(exit)
			all = append(all, item{fmt.Sprintf("%d %s", n, e.Many), tones[e.Tone]})
		}
	}
	return append(all, item{"in " + round(g.Took).String(), faint})
}
