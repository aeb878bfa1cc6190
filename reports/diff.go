package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Diff writes what a later run says otherwise than an earlier one, as Markdown for a pull request.
func Diff(w io.Writer, old, new []*Document) error {
	var s sheet
	all := Compare(old, new)
	if len(all) == 0 {
		_, err := io.WriteString(w, "Nothing changed between the two runs.\n")
		return err
	}
	s.add("## ssespec: " + turned(all) + "\n\n")
	s.add("| change | target | run | what | before | now |\n| --- | --- | --- | --- | --- | --- |\n")
	for i, c := range all {
		if i == mostChanges {
			s.add(fmt.Sprintf("\nand %s\n", plural(len(all)-mostChanges, "more change", "more changes")))
			break
		}
		s.add(c.row())
	}
	s.add("\n")
	reasons(&s, all[:min(len(all), mostChanges)])
	_, err := io.WriteString(w, s.text())
	return err
}

// mostChanges is more than anybody reads: whoever has so many compares what should not be compared.
const mostChanges = 200

// turned counts changes: "2 worse, 1 better".
func turned(all []Change) string {
	var words []string
	for _, t := range turns {
		n := 0
		for _, c := range all {
			if c.Turn == t {
				n++
			}
		}
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, t))
		}
	}
	return strings.Join(words, ", ")
}

// row is the line of a change in the table.
func (c Change) row() string {
	mark := string(c.Turn)
	if c.Turn == Worse || c.Turn == Added {
		mark = "**" + mark + "**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", mark, inert(c.Target), inert(c.Run), c.subject(), inert(c.Old), inert(c.New))
}

// subject names what changed. It may stand in a cell.
func (c Change) subject() string {
	switch {
	case c.What == "":
		return "the run as a whole"
	case c.weight == ofFigure:
		return c.What
	case c.Level == "":
		return verbatimCell(c.What)
	}
	return verbatimCell(c.What) + " (" + inert(c.Level) + ")"
}

// reasons tells what is said now of what changed, the changes of one turn folded up behind one line.
func reasons(s *sheet, all []Change) {
	for _, t := range turns {
		those := slices.DeleteFunc(slices.Clone(all), func(c Change) bool { return c.Turn != t || c.Reason == "" })
		if len(those) == 0 || !s.add(fmt.Sprintf("<details>\n<summary>Why <b>%s</b></summary>\n\n", t)) {
			continue
		}
		for _, c := range those {
			s.add(c.item())
		}
		s.b.WriteString("\n</details>\n\n") // which there always is room for
	}
}

// item tells why, and how to see it once more.
func (c Change) item() string {
	out := fmt.Sprintf("- %s · %s · %s: %s\n", inert(c.Target), inert(c.Run), c.subject(), inert(c.Reason))
	if c.Again != "" {
		out += "\n" + again(c.Again)
	}
	return out
}
