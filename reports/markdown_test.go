package reports

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// crossed is a gate with an edge among its runs.
func crossed(t *testing.T) []*Document {
	t.Helper()
	return slices.Insert(gated(t), 4, placed(crossing(t).Document(), "edge", 30))
}

func TestMarkdownOfAGate(t *testing.T) {
	t.Parallel()
	golden(t, "gate-markdown", written(t, Markdown, crossed(t)))
}

func TestMarkdownOfOneDocument(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		ds   []*Document
		want string
	}{
		{nil, "## ssespec\n\nNothing was judged.\n"},
		{[]*Document{{Target: Target{URL: "http://a.example/"}, Run: "check", Summary: Counts{Rules: 3}}},
			"## ✓ PASS · ssespec\n\nNothing failed that decides.\n\n" +
				"| target | run | verdict | failed | not judged | rules | time |\n| --- | --- | --- | --- | ---: | ---: | ---: |\n" +
				"| http<span>:</span>/&#8203;/a.example/ | check | ✓ PASS |  | 0 | 3 | 0s |\n"},
	} {
		if got := written(t, Markdown, tc.ds); got != tc.want {
			t.Errorf("got\n%s\nwant\n%s", got, tc.want)
		}
	}
}

// The exit codes of the contract, the first of which decides.
func TestTheHeadlineIsTheGravestVerdict(t *testing.T) {
	t.Parallel()
	order := []int{130, 70, 2, 3, 1, 4, 0}
	for i := range order {
		var ds []*Document
		for _, exit := range order[i:] {
			ds = append([]*Document{{Exit: exit}}, ds...)
		}
		word, _ := wordOf(order[i])
		if got := headline(ds); !strings.Contains(got, " "+word+" · ssespec\n") {
			t.Errorf("of the exit codes %v the headline is %q", order[i:], got)
		}
	}
}

func TestEveryLinkOfTheTableResolves(t *testing.T) {
	t.Parallel()
	out := written(t, Markdown, crossed(t))
	for i := range crossed(t) {
		if a := anchor(i); strings.Count(out, "](#"+a+")") != 1 || strings.Count(out, `<a id="`+a+`"></a>`) != 1 {
			t.Errorf("%s is not linked once, and there once", a)
		}
	}
}

func TestMarkdownTellsOfSomeTrialsOnly(t *testing.T) {
	t.Parallel()
	d := interrupted(swept()).Document()
	for _, results := range [][]Result{d.Results, nil} { // what came of a trial is told whether a rule fails for it or not
		d.Results = results
		out := written(t, Markdown, []*Document{d})
		if n := strings.Count(out, "<summary><b>lost</b> "); n != mostTrials || !strings.Contains(out, "\nand 20 more\n") {
			t.Errorf("%d of 30 trials are told of, want %d, and how many are left out", n, mostTrials)
		}
		if !strings.Contains(out, "**Interrupted 300 times**") || !strings.Contains(out, "| lost | 30 |\n| whole | 270 |\n") {
			t.Errorf("the trials are not counted:\n%s", out)
		}
	}
}

// A failure that somebody excused is told of, and not as one that counts.
func TestMarkdownSaysOnceWhyASingleRunFailed(t *testing.T) {
	t.Parallel()
	d := failing(t).Document()
	if out := written(t, Markdown, []*Document{d}); strings.Count(out, d.Why[1:]) != 1 {
		t.Errorf("%q is not said once:\n%s", d.Why, out)
	}
}

// A setting helps only where its condition holds, and half of one is worth nothing.
func TestMarkdownTellsWhatARemedyRestsOn(t *testing.T) {
	t.Parallel()
	d := run("must a/b fail")
	cure := Remedy{Rule: "a/b", Product: "nginx-1", Title: "nginx before 2", Says: "it buffers.", When: "gzip is on", Fix: strings.Repeat("on;\n", 300), Basis: "known"}
	long := Remedy{Rule: "a/b", Says: "it waits.", Fix: strings.Repeat("x", 5000)}
	d.Remedies = []Remedy{cure, long, cure, cure, {Rule: "c/d"}}
	out := written(t, Markdown, []*Document{d})
	for _, want := range []string{"**Remedy:** nginx before 2: it buffers. (known)\n\nWhere gzip is on:\n\n```\n" + cure.Fix + "```\n", "Its lines are too long to be shown here.", "\nand 2 more suspects\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
}

func TestMarkdownTellsExcusedFailuresApart(t *testing.T) {
	t.Parallel()
	d := run("must a/b fail*", "must c/d waived*", "must e/f fail")
	out := written(t, Markdown, []*Document{d})
	if !strings.Contains(out, "| check | ✓ PASS | 1 must |") || strings.Count(out, "<details>") != 1 {
		t.Errorf("an excused failure counts:\n%s", out)
	}
	if !strings.Contains(out, "**Failed, and excused**\n\n- `a/b` (must) waiver: says a/b\n- `c/d` (must) waiver: says c/d\n") {
		t.Errorf("an excused failure is not told of:\n%s", out)
	}
}

// flood is a document with so much of everything that it must be cut.
func flood(t *testing.T) *Document {
	t.Helper()
	d := spoiled([]*Document{broken(t)}, strings.Repeat("*", 1000))[0]
	for len(d.Results) < 500 {
		d.Results = append(d.Results, d.Results...)
	}
	return d
}

func TestMarkdownStaysBelowWhatGitHubShows(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]string{
		"a report":     written(t, Markdown, []*Document{flood(t)}),
		"many reports": written(t, Markdown, slices.Repeat(crossed(t), 120)),
	} {
		if len(out) > 900<<10 {
			t.Errorf("%s: %d bytes", name, len(out))
		}
		if !strings.Contains(out, "**Cut here:** ") {
			t.Errorf("%s: nothing says that it is cut", name)
		}
		if n, m := strings.Count(out, "<details>"), strings.Count(out, "</details>"); n != m {
			t.Errorf("%s: %d parts begin, %d end", name, n, m)
		}
	}
	if out := written(t, Markdown, crossed(t)); strings.Contains(out, "Cut here") {
		t.Errorf("what fits is cut:\n%s", out)
	}
}

func TestHostileMarkdownIsPlainText(t *testing.T) {
	t.Parallel()
	for name, s := range merged(attacks, map[string]string{"injections": injections}) {
		out := written(t, Markdown, spoiled(crossed(t), s))
		harmless(t, name, out)
		if got, want := strings.Count(out, "\n"), strings.Count(written(t, Markdown, crossed(t)), "\n"); got < want || got > want+100 {
			t.Errorf("%s: there are %d lines, want about %d", name, got, want)
		}
	}
}

// markdownIt renders with https://www.npmjs.com/package/markdown-it, told to make links of whatever looks like one.
const markdownIt = `
const md = require(process.argv[1])({ html: true, linkify: true })
process.stdout.write(md.render(require("fs").readFileSync(0, "utf8")))
`

// rendered returns the elements and the links that others make of Markdown.
func rendered(t *testing.T, markdown string) (elements, links []string) {
	t.Helper()
	modules := os.Getenv("SSESPEC_NODE_MODULES")
	if _, err := os.Stat(filepath.Join(modules, "markdown-it")); modules == "" || err != nil {
		t.Skip("the npm package markdown-it is not installed where SSESPEC_NODE_MODULES says: .ci/run shows how")
	}
	cmd := exec.CommandContext(t.Context(), "node", "-e", markdownIt, filepath.Join(modules, "markdown-it"))
	cmd.Stdin = strings.NewReader(markdown)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom == atom.Span {
			continue
		}
		elements = append(elements, n.Data)
		for _, a := range n.Attr {
			if a.Key == "href" || a.Key == "src" {
				links = append(links, a.Val)
			}
		}
	}
	return elements, links
}

// A stream that is full of markup must make the same page as one that has none, but for the words.
func TestHostileMarkdownMakesTheSamePage(t *testing.T) {
	t.Parallel()
	page := func(s string) []*Document {
		ds := spoiled(crossed(t), s)
		for _, d := range ds {
			for i := range d.Results {
				d.Results[i].Clause.URL = "https://html.spec.whatwg.org/"
			}
		}
		return ds
	}
	compared := func(w io.Writer, ds []*Document) error { return Diff(w, before(ds), ds) }
	for name, format := range map[string]func(io.Writer, []*Document) error{"the report": Markdown, "the comparison": compared} {
		wantElements, wantLinks := rendered(t, written(t, format, page("x")))
		elements, links := rendered(t, written(t, format, page("x"+injections)))
		if !slices.Equal(elements, wantElements) {
			t.Errorf("%s has the elements %v, want %v", name, elements, wantElements)
		}
		if !slices.Equal(links, wantLinks) {
			t.Errorf("%s links to %v, want %v", name, links, wantLinks)
		}
	}
}
