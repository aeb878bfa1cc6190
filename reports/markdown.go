package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
)

// Markdown writes documents for the summary of a job or for a pull request: a table of the runs, then what failed in each.
func Markdown(w io.Writer, ds []*Document) error {
	var s sheet
	s.add(headline(ds))
	if len(ds) > 0 {
		overview(&s, ds)
	}
	names := labels(ds)
	for i, d := range ds {
		if d.hasNews() {
			s.add(fmt.Sprintf("<a id=\"%s\"></a>\n\n### %s\n\n%s", anchor(i), inert(names[i]), d.face()))
			if len(ds) > 1 { // else the headline has said it
				s.add(d.end())
			}
			d.news(&s)
		}
	}
	_, err := io.WriteString(w, s.text())
	return err
}

// mostMarkdown is less than the MiB that GitHub takes as the summary of a step: a longer one is not shown at all.
const mostMarkdown = 900 << 10

// lastLines is room for the line that says that something is left out, and for what ends the part before it.
const lastLines = 300

// A sheet is Markdown in the making. What is put on it stays whole or is left out.
type sheet struct {
	b    strings.Builder
	left int
}

// add puts a piece on the sheet and reports whether there was room for it.
func (s *sheet) add(piece string) bool {
	if s.left > 0 || s.b.Len()+len(piece) > mostMarkdown-lastLines {
		s.left++
		return false
	}
	s.b.WriteString(piece)
	return true
}

// text returns what is on the sheet, with a line that says what is not.
func (s *sheet) text() string {
	if s.left > 0 {
		fmt.Fprintf(&s.b, "\n\n**Cut here:** %s of this report would make it longer than GitHub shows. The other formats hold all.\n",
			plural(s.left, "more part", "more parts"))
	}
	return strings.TrimRight(s.b.String(), "\n") + "\n"
}

// anchor names the place of a document on the page.
func anchor(i int) string { return fmt.Sprintf("ssespec-%d", i+1) }

// headline is the verdict on all documents.
func headline(ds []*Document) string {
	d := gravest(ds)
	if d == nil {
		return "## ssespec\n\nNothing was judged.\n\n"
	}
	mark, _ := markOf(d.Exit)
	word, _ := wordOf(d.Exit)
	return fmt.Sprintf("## %s %s · ssespec\n\n%s\n\n", mark, word, strings.Join(ended(ds), " · "))
}

// ended counts documents by how they ended; of a single one it says why.
func ended(ds []*Document) []string {
	if len(ds) == 1 {
		return []string{capital(inert(sentence(cmp.Or(ds[0].Why, "nothing failed that decides"))))}
	}
	runs, files := apart(ds)
	words := append([]string{plural(len(runs), "run", "runs")}, tally(runs, func(exit int) string {
		word, _ := wordOf(exit)
		return word
	})...)
	for _, why := range files {
		words = append(words, inert(why))
	}
	return words
}

// sentence ends words that nothing ends.
func sentence(words string) string {
	if strings.HasSuffix(words, ".") || strings.HasSuffix(words, "?") {
		return words
	}
	return words + "."
}

// overview is the table of the runs.
func overview(s *sheet, ds []*Document) {
	s.add("| target | run | verdict | failed | not judged | rules | time |\n| --- | --- | --- | --- | ---: | ---: | ---: |\n")
	for i, d := range ds {
		s.add(d.row(d.Target.label(), anchor(i)))
	}
	s.add("\n")
}

// row is the line of a document in the table.
func (d *Document) row(name, anchor string) string {
	mark, _ := markOf(d.Exit)
	word, _ := wordOf(d.Exit)
	name = inert(name)
	if d.hasNews() {
		name = "[" + name + "](#" + anchor + ")"
	}
	return fmt.Sprintf("| %s | %s | %s %s | %s | %d | %d | %v |\n", name, inert(d.Run), mark, word, d.failedByLevel(),
		d.Summary.Inconclusive+d.Summary.Broken, d.Summary.Rules, round(time.Duration(d.DurationMS*1e6)))
}

// failedByLevel counts what failed and is not excused: "2 must, 1 should".
func (d *Document) failedByLevel() string {
	n := map[string]int{}
	for _, x := range d.failed() {
		n[x.Level]++
	}
	var words []string
	for level := checks.Must; level >= checks.Advice; level-- {
		if n := n[level.String()]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, level))
		}
	}
	return strings.Join(words, ", ")
}

// failed returns what failed and is not excused, the worst first.
func (d *Document) failed() []Result {
	var out []Result
	for level := checks.Must; level >= checks.Advice; level-- {
		out = append(out, d.those(func(x Result) bool {
			return x.Verdict == checks.Fail.String() && x.Excuse == nil && x.Level == level.String()
		})...)
	}
	return out
}

func (d *Document) those(which func(Result) bool) []Result {
	var out []Result
	for _, x := range d.Results {
		if which(x) {
			out = append(out, x)
		}
	}
	return out
}

// excused reports whether a result failed and does not count.
func (x Result) excused() bool {
	return x.Verdict == checks.Waived.String() || x.Verdict == checks.Expected.String() || x.Verdict == checks.Fail.String() && x.Excuse != nil
}

// unconfirmed reports whether a result failed once and not again.
func (x Result) unconfirmed() bool { return x.Runs != nil && x.Verdict == checks.Inconclusive.String() }

// missed reports whether a result had to be judged and was not.
func (x Result) missed() bool {
	return x.Required && x.Runs == nil && x.Verdict == checks.Inconclusive.String()
}

// hasNews reports whether there is more to tell of a document than its line of the table.
func (d *Document) hasNews() bool {
	return d.Exit != 0 || len(d.Chaos) > 0 || d.Edge != nil || len(d.failed()) > 0 ||
		slices.ContainsFunc(d.Results, func(x Result) bool {
			return x.Verdict == checks.Broken.String() || x.excused() || x.unconfirmed() || x.missed()
		})
}

// face says what a target is and how it answered.
func (d *Document) face() string {
	var words []string
	if d.Target.URL != "" {
		words = append(words, verbatim(strings.TrimSpace(d.Target.Method+" "+d.Target.URL)))
	}
	for _, w := range append(slices.Clone(d.Answer), d.Stream...) {
		words = append(words, inert(w))
	}
	if d.Target.Profile != "" {
		words = append(words, "profile "+inert(d.Target.Profile))
	}
	if len(d.Target.Promises) > 0 {
		words = append(words, "promises "+inert(strings.Join(d.Target.Promises, ", ")))
	}
	out := ""
	if len(words) > 0 {
		out = strings.Join(words, " · ") + "\n\n"
	}
	return out
}

// end says why the run ended as it did; nothing where it ended well.
func (d *Document) end() string {
	if d.Why == "" {
		return ""
	}
	word, _ := wordOf(d.Exit)
	return fmt.Sprintf("**%s** %s\n\n", word, inert(sentence(d.Why)))
}

// news tells what is not as it should be, and what was measured.
func (d *Document) news(s *sheet) {
	for _, x := range d.those(func(x Result) bool { return x.Verdict == checks.Broken.String() }) {
		s.add(x.folded("broken", nil))
	}
	for _, x := range d.failed() {
		s.add(x.folded(x.Level, d.Remedies))
	}
	d.trials(s)
	d.crossing(s)
	d.list(s, "Not judged, and had to be", Result.missed, Result.message)
	d.list(s, "Failed, and not again", Result.unconfirmed, Result.message)
	d.list(s, "Failed, and excused", Result.excused, func(x Result) string { return x.pardon() + ": " + x.message() })
}

// list tells of some results in a line each.
func (d *Document) list(s *sheet, title string, which func(Result) bool, words func(Result) string) {
	all := d.those(which)
	if len(all) == 0 {
		return
	}
	s.add("**" + title + "**\n\n")
	for _, x := range all {
		s.add(fmt.Sprintf("- %s (%s) %s\n", verbatim(x.ID), x.Level, inert(words(x))))
	}
	s.add("\n")
}
