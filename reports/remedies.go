package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// A cure is a suspect and the rule that it was found for.
type cure struct {
	remedy.Suspect
	rule string
}

// name names a suspect: "nginx: proxy_buffering is on".
func (c cure) name() string {
	if c.Title == "" {
		return c.Says
	}
	return c.Title + ": " + c.Says
}

// cures returns what the symptoms of the failed rules are consistent with, each once, in the order of the report. A
// general remedy is among them only for rules for which nothing better is known.
func (r *Report) cures() []cure {
	var out []cure
	for _, level := range []checks.Level{checks.Must, checks.Should, checks.Advice} {
		for _, x := range r.Results {
			if x.Verdict == checks.Fail && x.Level == level {
				out = r.addCures(out, x, r.signs(x))
			}
		}
	}
	return out
}

func (r *Report) addCures(out []cure, x checks.Result, signs remedy.Signs) []cure {
	known := false
	for _, s := range x.Symptoms {
		for _, suspect := range likely(r.Remedies.Suspects(s, signs)) {
			c := cure{suspect, x.ID}
			if c.Product == "" && known {
				continue
			}
			known = true
			if !holdsCure(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// likely leaves out what only a number speaks for, where something is known to be there for which it speaks too.
func likely(all []remedy.Suspect) []remedy.Suspect {
	if !slices.ContainsFunc(all, func(s remedy.Suspect) bool { return s.Signed && s.Number }) {
		return all
	}
	return slices.DeleteFunc(all, func(s remedy.Suspect) bool { return !s.Signed && s.Number })
}

func holdsCure(all []cure, c cure) bool {
	for _, o := range all {
		if o.Product == c.Product && o.Says == c.Says {
			return true
		}
	}
	return false
}

// signs are the fields in which products show, for what a rule found: of the answer in which it was found, since others may
// have come by another way, and, where our own origin saw it, of the request.
func (r *Report) signs(x checks.Result) remedy.Signs {
	s := remedy.Signs{Told: r.Products}
	v := r.face()
	if len(x.Findings) > 0 {
		w := x.Findings[0].Where
		if e := r.Evidence.Exhibit(w.Scene); e != nil && w.Exchange < len(e.Views) {
			v = r.answered(e.Views[w.Exchange])
		}
	}
	if v == nil {
		return s
	}
	s.Answer = v.Header
	if h := v.Origin(); h != nil {
		s.Request = h.Request.Header
	}
	return s
}

// answered returns a view or, where its head never came, another answer by the same route, or nil.
func (r *Report) answered(v *checks.View) *checks.View {
	if v.Status != 0 {
		return v
	}
	for _, o := range r.Evidence.All() {
		if o.Route() == v.Route() && o.Status != 0 {
			return o
		}
	}
	return nil
}

// face returns the answer that shows what the target is: that to the control request, or the one that came through the
// hop under test. It is nil where there is none.
func (r *Report) face() *checks.View {
	if v := r.control(); v != nil {
		return v
	}
	for _, v := range r.Evidence.All() {
		if v.Route() == wire.Via && v.Status != 0 {
			return v
		}
	}
	return nil
}

// asked reports whether there is anything to tell of beside why there is nothing.
func (r *Report) asked() bool {
	return r.control() != nil || r.Evidence.Bundle.Command == "edge" && len(r.Evidence.Bundle.Recordings) > 0
}

// remedies prints the lines that mend what a rule found. What was printed for another rule is not printed again.
func (p *page) remedies(x checks.Result) {
	left := 0
	for _, c := range p.r.cures() {
		if c.rule != x.ID {
			continue
		}
		if left++; left <= mostRemedies || p.Verbose {
			p.remedy(c)
		}
	}
	if left > mostRemedies && !p.Verbose {
		p.tell("  ", plain, fmt.Sprintf("and %s more (-v)", plural(left-mostRemedies, "suspect", "suspects")), faint)
	}
}

// mostRemedies is how many a person will try; -v lists all.
const mostRemedies = 2

func (p *page) remedy(c cure) {
	p.say("  Remedy: ", fmt.Sprintf("%s (%s)", c.name(), c.Basis()))
	if c.When != "" {
		p.tell("      ", plain, "where "+c.When, faint)
	}
	for l := range strings.SplitSeq(strings.TrimRight(c.Fix, "\n"), "\n") {
		if l != "" {
			p.line("      %s", p.paint(safe(l), good)) // in one piece, to be copied
		}
	}
	if c.None != "" {
		p.tell("      ", plain, c.None, plain)
	}
	if c.Wrong != "" {
		p.tell("      ", plain, "Does not help: "+c.Wrong, faint)
	}
	p.tell("      ", plain, strings.Join([]string{string(c.Evidence), c.Date, c.Source}, " "), faint)
}

// A Remedy is a line that mends what a product does to streams.
type Remedy struct {
	Rule     string `json:"rule"`
	Product  string `json:"product,omitempty"`
	Title    string `json:"title,omitempty"` // the product, as a person calls it
	Says     string `json:"says"`
	When     string `json:"when,omitempty"`
	Fix      string `json:"fix,omitempty"`
	None     string `json:"none,omitempty"`
	Wrong    string `json:"wrong,omitempty"`
	Basis    string `json:"basis"`
	Evidence string `json:"evidence"`
	Source   string `json:"source"`
	Date     string `json:"date"`
}

// Name names a suspect as the text does.
func (r Remedy) Name() string {
	if title := cmp.Or(r.Title, r.Product); title != "" {
		return title + ": " + r.Says
	}
	return r.Says
}

func (r *Report) remediesJSON() []Remedy {
	var out []Remedy
	for _, c := range r.cures() {
		out = append(out, Remedy{c.rule, c.Product, c.Title, c.Says, c.When, c.Fix, c.None, c.Wrong, c.Basis(), string(c.Evidence), c.Source, c.Date})
	}
	return out
}

// suspects names the suspects, those that help whatever it is aside.
func (r *Report) suspects() []string {
	out := []string{}
	for _, c := range r.cures() {
		if c.Product != "" {
			out = append(out, c.name())
		}
	}
	return out
}
