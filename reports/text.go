package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

// A Text writes reports for a terminal.
type Text struct {
	Width   int  // columns; 80 if zero
	Color   bool // use color
	Verbose bool // list rules that passed or do not apply too
	Bytes   bool // list the bytes of every exchange too
}

// Report writes one report.
func (t Text) Report(w io.Writer, r *Report) error {
	p := t.page(r)
	p.head()
	p.stream()
	p.edge()
	p.trials()
	p.clients()
	p.failures()
	p.excused()
	p.unjudged()
	if t.Verbose {
		p.others()
	}
	if t.Bytes {
		p.wire()
	}
	p.summary()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// A page is a text in the making.
type page struct {
	Text
	r *Report
	b strings.Builder
}

func (t Text) page(r *Report) *page {
	if t.Width <= 0 {
		t.Width = 80
	}
	return &page{Text: t, r: r}
}

// A style is how a piece of text looks where color is on.
type style int

const (
	plain style = iota
	bold
	faint
	good
	bad
	warn
	note
	graph
	fault
)

var styles = [...][]color.Attribute{
	bold: {color.Bold}, faint: {color.Faint}, good: {color.FgGreen}, graph: {color.FgCyan},
	bad: {color.FgRed, color.Bold}, warn: {color.FgYellow, color.Bold}, note: {color.FgCyan, color.Bold}, fault: {color.FgMagenta, color.Bold},
}

var levelStyles = map[checks.Level]style{checks.Must: bad, checks.Should: warn, checks.Advice: note, checks.Fact: note}

// paint gives s a style where color is on.
func (p *page) paint(s string, st style) string {
	if !p.Color || st == plain || s == "" {
		return s
	}
	c := color.New(styles[st]...)
	c.EnableColor()
	return c.Sprint(s)
}

func (p *page) line(format string, a ...any) { fmt.Fprintf(&p.b, format+"\n", a...) }

// title begins a part of the page.
func (p *page) title(s string) { p.line("\n%s", p.paint(s, bold)) }

// say writes prose behind its lead, broken at the page's width. What a server may have had a hand in
// comes here, and so what is not printable is escaped, and what is too long cut.
func (p *page) say(lead, s string) { p.tell(lead, plain, s, plain) }

// tell is say with styles for the lead and the prose.
func (p *page) tell(lead string, of style, s string, st style) {
	n := columns(lead)
	indent := p.paint(lead, of)
	for _, l := range fold(brief(s), max(20, p.Width-n)) {
		p.line("%s%s", indent, p.paint(l, st))
		indent = strings.Repeat(" ", n)
	}
}

// An item is a piece of a line that is not to be divided.
type item struct {
	text string
	st   style
}

// items writes pieces with dots between.
func (p *page) items(indent string, all ...item) {
	texts := make([]string, len(all))
	for i, x := range all {
		texts[i] = x.text
	}
	width := p.Width - len(indent)
	for _, l := range flow(texts, width) {
		if first := l[0]; columns(texts[first]) > width { // alone then
			for _, s := range fold(texts[first], width) {
				p.line("%s%s", indent, p.paint(s, all[first].st))
			}
			continue
		}
		parts := make([]string, len(l))
		for k, i := range l {
			parts[k] = p.paint(texts[i], all[i].st)
		}
		p.line("%s%s", indent, strings.Join(parts, p.paint(" · ", faint)))
	}
}

// faintly makes faint items of what a server may have had a hand in.
func faintly(words ...string) []item {
	out := make([]item, len(words))
	for i, w := range words {
		out[i] = item{brief(w), faint}
	}
	return out
}

// head names the target and how it answered.
func (p *page) head() {
	b := p.r.Evidence.Bundle
	url := b.Target.URL
	if m := b.Target.Method; m != "" && m != "GET" {
		url = m + " " + url
	}
	if b.Name != "" {
		url = b.Name + "  " + url
	}
	p.tell("", plain, url, bold)
	v := p.r.face()
	if v != nil && p.r.control() == v && v.Index > 0 {
		p.tell("", plain, plural(v.Index, "redirect", "redirects")+" to "+v.Request.URL, faint)
	}
	p.items("", faintly(append(answer(v), p.terms()...)...)...)
}

// answer says in a few words how a target answered.
func answer(v *checks.View) []string {
	if v == nil || v.Status == 0 {
		return []string{"no answer"}
	}
	words := []string{fmt.Sprint(v.Proto, " ", v.Status)}
	if t := v.Header.Get("Content-Type"); t != "" {
		words = append(words, t)
	}
	if v.TLS != nil {
		words = append(words, v.TLS.Version)
	}
	return words
}

// terms says what the target was judged by.
func (p *page) terms() []string {
	words := []string{"profile " + p.r.Evidence.Profile()}
	if b := p.r.Evidence.Bundle; len(b.Hops) > 0 {
		words = []string{"compared with " + b.Hops[0].URL, b.Depth}
	}
	if promises := p.r.Evidence.Bundle.Promises; len(promises) > 0 {
		words = append(words, "promises "+strings.Join(promises, ", "))
	}
	return append(words, p.methods()...)
}

// stream draws what the control stream did.
func (p *page) stream() {
	v := p.r.control()
	if v == nil {
		return
	}
	if v.Status != 200 || v.Stream.Syntax == stream.Text {
		p.instead(v)
		return
	}
	p.line("")
	if cells, scale := strip(v, p.Width-4); cells != "" {
		p.line("  %s", p.paint(strings.TrimRight(cells, " "), graph))
		p.line("  %s", p.paint(scale, faint))
	}
	all := make([]item, 0, 6)
	for _, w := range gist(v) {
		all = append(all, item{w, plain})
	}
	p.items("  ", all...)
	if v.Stream.Syntax != stream.EventStream {
		p.say("  ", "The lines of this format are read and not judged in this release: only HTTP, fields and liveness are.")
	}
}

// instead shows how an answer begins that is no stream: it often says why.
func (p *page) instead(v *checks.View) {
	const most = 200
	b := v.Text.Bytes[:min(most, len(v.Text.Bytes))]
	if len(b) == 0 {
		return
	}
	p.line("")
	p.say("  ", fmt.Sprintf("%q", b))
	if after := v.Header.Get("Retry-After"); after != "" {
		p.say("  ", "Retry-After: "+after)
	}
}

// summary ends the page with the counts and the verdict on the run.
func (p *page) summary() {
	p.line("")
	if p.r.asked() {
		p.counts()
	}
	p.verdict()
}

func (p *page) counts() {
	s := p.r.Summary()
	all := []item{{plural(s.Rules, "rule", "rules"), plain}, {fmt.Sprintf("%d passed", s.Verdicts[checks.Pass]), good}}
	for _, c := range []struct {
		v    checks.Verdict
		what string
		st   style
	}{
		{checks.Fail, "failed" + p.r.failedByLevel(), bad}, {checks.Broken, "broken", fault}, {checks.Waived, "waived", plain},
		{checks.Expected, "expected to fail", plain}, {checks.Inconclusive, "not judged", plain}, {checks.NotApplicable, "not applicable", plain},
	} {
		if n := s.Verdicts[c.v]; n > 0 {
			all = append(all, item{fmt.Sprintf("%d %s", n, c.what), c.st})
		}
	}
	b := p.r.Evidence.Bundle
	p.items("", append(all, item{fmt.Sprintf("%s in %v", plural(b.Requests, "request", "requests"), round(b.Duration)), faint})...)
}

// failedByLevel counts the failures of each level.
func (r *Report) failedByLevel() string {
	n := map[checks.Level]int{}
	for _, x := range r.Results {
		if x.Verdict == checks.Fail {
			n[x.Level]++
		}
	}
	var words []string
	for level := checks.Must; level >= checks.Fact; level-- {
		if n[level] > 0 {
			words = append(words, fmt.Sprintf("%d %s", n[level], level))
		}
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// tones are the styles of the tones of endings.
var tones = map[string]style{"good": good, "bad": bad, "warn": warn, "fault": fault}

// wordOf is the verdict on a run, by its exit code, and its style.
func wordOf(exit int) (string, style) {
	e := endOf(exit)
	return e.Word, tones[e.Tone]
}

func (p *page) verdict() {
	word, st := wordOf(p.r.Exit)
	why := p.r.Why
	if p.r.Exit == 130 {
		why = strings.TrimPrefix(why, "interrupted: ")
	}
	if p.r.Partial {
		why = strings.TrimSuffix("this report is partial: "+why, ": ")
	}
	if why == "" {
		p.line("%s", p.paint(word, st))
	} else {
		p.tell(word+"  ", st, why, plain)
	}
	if id := p.worst(); id != "" {
		p.tell("", plain, "More on a rule: ssespec explain "+id, faint)
		p.evidence()
	}
}

// evidence says how what failed is judged again without a network.
func (p *page) evidence() {
	switch {
	case p.r.Kept != "":
		p.line("%s", p.paint("The same evidence again: ssespec judge "+safe(quoteShell(p.r.Kept)), faint))
	case p.r.Command == "chaos":
		p.tell("", plain, "With -o FILE the evidence is kept, and ssespec judge FILE judges it again", faint)
	}
}

// worst returns the id of the first failure at the highest level, or "".
func (p *page) worst() string {
	id, level := "", checks.Level(0)
	for _, x := range p.r.Results {
		if x.Verdict == checks.Fail && x.Level > level {
			id, level = x.ID, x.Level
		}
	}
	return id
}
