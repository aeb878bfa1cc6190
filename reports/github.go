package reports

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks"
)

// kinds are those of annotations, the one that weighs most first.
var kinds = []string{"error", "warning", "notice"}

// mostAnnotations is how many annotations of one kind GitHub shows of a step.
const mostAnnotations = 10

// GitHub writes documents as workflow commands, from which GitHub makes annotations of a run, at the target's place in the
// configuration: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions. What decided the run is an error.
func GitHub(w io.Writer, ds []*Document) error {
	var all []annotation
	for i, name := range labels(ds) {
		all = append(all, ds[i].annotations(name)...)
	}
	slices.SortStableFunc(all, func(a, b annotation) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.kind), slices.Index(kinds, b.kind)), cmp.Compare(a.rank, b.rank))
	})
	var b bytes.Buffer
	told, left := map[string]int{}, map[string]int{}
	for _, a := range all {
		most := mostAnnotations
		if a.kind == "notice" {
			most-- // the last one says how many more there are
		}
		if told[a.kind] == most {
			left[a.kind]++
			continue
		}
		told[a.kind]++
		a.write(&b)
	}
	if len(left) > 0 {
		annotation{kind: "notice", title: "ssespec", text: remainder(left)}.write(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// remainder says what GitHub would not show.
func remainder(left map[string]int) string {
	var words []string
	for _, kind := range kinds {
		if n := left[kind]; n > 0 {
			words = append(words, plural(n, "more "+kind, "more "+kind+"s"))
		}
	}
	return strings.Join(words, ", ") + ": GitHub shows ten of a kind, the report has them all"
}

// An annotation is one workflow command.
type annotation struct {
	rank   int // of one kind, those of a lower one come first
	kind   string
	source *Source
	title  string
	text   string
}

// annotations returns what there is to say of a document, what no rule shows first.
func (d *Document) annotations(name string) []annotation {
	var out []annotation
	if d.unshown() {
		out = append(out, annotation{kind: "error", source: d.Target.Source, title: name, text: brief(d.Why)})
	}
	for _, x := range d.Results {
		if a := d.annotation(x); a.kind != "" {
			a.source, a.title = d.Target.Source, name+": "+brief(x.ID)
			out = append(out, a)
		}
	}
	return out
}

// annotation returns what there is to say of a result; without a kind where that is nothing.
func (d *Document) annotation(x Result) annotation {
	const shown = 3 // findings: an annotation is a few lines
	a := annotation{text: strings.Join(x.account(shown), "\n")}
	switch d.weigh(x) {
	case faulty:
		a.kind, a.rank = "error", 1
	case decisive:
		a.kind, a.rank = "error", gravity(x.Level)
	case minor:
		a.kind, a.rank = "warning", gravity(x.Level)
	case open:
		if x.Runs != nil {
			a.kind, a.rank = "notice", gravity(x.Level)
		}
	}
	return a
}

// gravity ranks levels behind what is at fault itself, the one that weighs most first.
func gravity(level string) int {
	return 2 + max(0, slices.Index([]string{checks.Must.String(), checks.Should.String(), checks.Advice.String()}, level))
}

// write writes the command on one line. All of it is escaped twice: so that it can be shown, and so that GitHub reads no other
// command out of it.
func (a annotation) write(b *bytes.Buffer) {
	var properties []string
	if s := a.source; s != nil {
		properties = append(properties, "file="+commandProperty(safe(s.File)), "line="+strconv.Itoa(s.Line), "col="+strconv.Itoa(s.Column))
	}
	properties = append(properties, "title="+commandProperty(a.title))
	fmt.Fprintf(b, "::%s %s::%s\n", a.kind, strings.Join(properties, ","), commandData(a.text))
}

// commandData escapes what stands behind the second pair of colons, as https://github.com/actions/toolkit does.
func commandData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// commandProperty escapes what stands before it.
func commandProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandData(s))
}
