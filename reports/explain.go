package reports

import (
	"fmt"
	"go/doc/comment"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// Explain writes everything that one rule says about itself, for a terminal.
func (t Text) Explain(w io.Writer, c *checks.Check) error {
	p := t.page(nil)
	p.line("%s  %s", p.paint(c.ID, bold), p.paint(c.Level.String(), levelStyles[c.Level]))
	p.say("", c.Title+".")
	p.doc(c.Doc)
	p.sample("Passes", c.Good)
	p.sample("Fails", c.Bad)
	if c.Fix != "" {
		p.title("Fix")
		p.say("  ", c.Fix)
	}
	p.title("Written in")
	p.say("  ", strings.TrimSpace(c.Clause.String()+"  "+c.Clause.URL))
	if c.Clause.Quote != "" {
		p.say("  ", "“"+c.Clause.Quote+"”")
	}
	p.facts(c)
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *page) doc(s string) {
	var parser comment.Parser
	printer := comment.Printer{TextWidth: p.Width, TextCodePrefix: "    "}
	p.line("")
	for l := range strings.Lines(string(printer.Text(parser.Parse(strings.TrimSpace(s))))) {
		l = strings.TrimSuffix(l, "\n")
		if h, ok := strings.CutPrefix(l, "# "); ok {
			l = p.paint(h, bold)
		}
		p.line("%s", l)
	}
}

// exact reports whether a sample is the bytes of a stream, in which every line end counts. The others
// are heads, or told in words; both begin with a capital letter or a mark.
func exact(sample string) bool {
	r, _ := utf8.DecodeRuneInString(sample)
	return !unicode.IsUpper(r) && !strings.ContainsRune("(<>", r)
}

// shownLine returns a line of a sample with its control characters visible, its end only on demand.
func shownLine(l string, end bool) string {
	if !end {
		l = strings.TrimSuffix(l, "\n")
	}
	return safe(l)
}

// sample shows bytes that pass or fail.
func (p *page) sample(title, bytes string) {
	if bytes == "" {
		return
	}
	p.title(title)
	for l := range strings.Lines(bytes) {
		p.line("%s", strings.TrimRight("  "+shownLine(l, exact(bytes)), " "))
	}
}

// declaration returns the flag that declares a promise.
func declaration(promise string) string {
	if strings.HasPrefix(promise, "--") {
		return promise
	}
	return "--expect " + promise
}

func (p *page) facts(c *checks.Check) {
	p.title("How it is judged")
	p.say("  ", "Reads "+scenes(c.Needs)+optional(c.Reads)+".")
	for _, w := range c.When {
		p.say("  ", "Applies where "+w.Says+".")
	}
	if c.Promise != "" {
		p.say("  ", fmt.Sprintf("Is a must where %s was declared.", declaration(c.Promise)))
	}
	for _, a := range c.After {
		p.say("  ", "Is not judged where "+a+" failed.")
	}
	if c.Timing {
		p.say("  ", "Rests on how fast things came, so a gate asks again before it believes a failure.")
	}
	if c.Level != checks.Fact { // facts never fail
		p.say("  ", "See it fail: ssespec serve --break "+c.ID)
	}
	p.say("  ", "Since "+c.Since+".")
}

func scenes(ss []wire.Scene) string {
	words := make([]string, len(ss))
	for i, s := range ss {
		words[i] = string(s)
	}
	if len(ss) == 1 {
		return "the scene " + words[0]
	}
	return "the scenes " + strings.Join(words, ", ")
}

func optional(ss []wire.Scene) string {
	if len(ss) == 0 {
		return ""
	}
	return ", and where it was recorded " + strings.TrimPrefix(scenes(ss), "the ")
}

// Table returns the rules as a Markdown table, one row each.
func Table(s checks.Suite) string {
	var b strings.Builder
	b.WriteString("| rule | level | requirement | written in |\n| --- | --- | --- | --- |\n")
	for _, c := range s {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.ID, c.Level, cell(markdown(c.Title)), cell(link(c.Clause)))
	}
	return b.String()
}

// link returns a clause as Markdown, linked to where it is written if that is known.
func link(c checks.Clause) string {
	if c.URL == "" {
		return c.String()
	}
	return "[" + c.String() + "](" + c.URL + ")"
}

// markdown escapes what Markdown would not show as it is, and what is not printable.
func markdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "<", `\<`, "`", "\\`").Replace(safe(s))
}

// cell escapes what would end a Markdown table cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// Page returns everything that one rule says about itself, as Markdown.
func Page(c *checks.Check) string {
	var b strings.Builder
	var parser comment.Parser
	printer := comment.Printer{HeadingLevel: 3, HeadingID: func(*comment.Heading) string { return "" }}
	fmt.Fprintf(&b, "## %s\n\n**%s** · %s.\n\n", c.ID, c.Level, markdown(c.Title))
	b.Write(printer.Markdown(parser.Parse(strings.TrimSpace(c.Doc))))
	b.WriteString("\n")
	block := func(title, bytes string) {
		if bytes == "" {
			return
		}
		fmt.Fprintf(&b, "%s:\n\n", title)
		for l := range strings.Lines(bytes) {
			fmt.Fprintln(&b, strings.TrimRight("    "+shownLine(l, exact(bytes)), " "))
		}
		b.WriteString("\n")
	}
	block("Passes", c.Good)
	block("Fails", c.Bad)
	if c.Fix != "" {
		fmt.Fprintf(&b, "Fix: %s\n\n", markdown(c.Fix))
	}
	fmt.Fprintf(&b, "Written in %s", link(c.Clause))
	if q := c.Clause.Quote; q != "" {
		fmt.Fprintf(&b, ": “%s”", markdown(strings.TrimSuffix(q, ".")))
	}
	b.WriteString(".\n\n")
	return b.String()
}
