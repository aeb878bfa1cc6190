package reports

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// TAP writes documents as version 14 of the Test Anything Protocol, a test point for each rule:
// https://testanything.org/tap-version-14-specification.html. What failed and does not fail the run is something to do.
func TAP(w io.Writer, ds []*Document) error {
	var points []point
	for i, name := range labels(ds) {
		points = append(points, ds[i].points(name)...)
	}
	var b bytes.Buffer
	b.WriteString("TAP version 14\n")
	if len(points) == 0 {
		b.WriteString("1..0 # no rule was judged\n")
	} else {
		fmt.Fprintf(&b, "1..%d\n", len(points))
	}
	for i, p := range points {
		p.write(&b, i+1)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// A point is a test point, not yet numbered.
type point struct {
	ok        bool
	words     string
	directive string // SKIP or TODO, or nothing
	reason    string // of the directive
	details   []detail
}

// A detail is a line of what stands behind a point.
type detail struct{ key, value string }

// points returns what came of every rule, and of the run itself where no rule shows that.
func (d *Document) points(name string) []point {
	var out []point
	if d.unshown() {
		out = append(out, point{words: name + ": run", details: []detail{{"message", d.Why}, {"exit", strconv.Itoa(d.Exit)}}})
	}
	for _, x := range d.Results {
		out = append(out, d.point(name, x))
	}
	return out
}

func (d *Document) point(name string, x Result) point {
	out := point{words: name + ": " + brief(x.ID) + " " + brief(x.Title)}
	switch d.weigh(x) {
	case upheld:
		out.ok = true
		return out
	case moot, open:
		out.ok, out.directive, out.reason = true, "SKIP", x.Verdict+": "+x.message()
		if len(x.Findings) == 0 { // the reason says it all
			return out
		}
	case pardoned:
		out.directive, out.reason = "TODO", x.pardon()
	case minor:
		out.directive, out.reason = "TODO", brief(x.Level)+", does not decide this run"
	}
	out.details = x.details()
	return out
}

// details are what a harness may show of a rule that does not hold.
func (x Result) details() []detail {
	out := []detail{{"level", x.Level}, {"verdict", x.Verdict}, {"message", x.message()}}
	if len(x.Findings) > 0 {
		f := x.Findings[0]
		out = append(out, detail{"at", f.place()}, detail{"excerpt", f.Excerpt}, detail{"hex", f.Hex})
	}
	if n := x.beyond(0); n > 1 {
		out = append(out, detail{"findings", strconv.Itoa(n)})
	}
	return append(out, detail{"fix", x.Fix}, detail{"clause", x.Clause.words()})
}

// write writes a point, and what stands behind it in YAML, each value in quotes and on one line: no YAML is read out of them.
func (p point) write(b *bytes.Buffer, n int) {
	if !p.ok {
		b.WriteString("not ")
	}
	fmt.Fprintf(b, "ok %d - %s", n, tapText(p.words))
	if p.directive != "" {
		fmt.Fprintf(b, " # %s %s", p.directive, tapText(p.reason))
	}
	b.WriteByte('\n')
	if len(p.details) == 0 {
		return
	}
	b.WriteString("  ---\n")
	for _, f := range p.details {
		if f.value != "" {
			fmt.Fprintf(b, "  %s: %s\n", f.key, strconv.Quote(brief(f.value)))
		}
	}
	b.WriteString("  ...\n")
}

// tapText escapes what would begin a directive, and what escapes it; s is safe to be shown.
func tapText(s string) string { return strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(s) }
