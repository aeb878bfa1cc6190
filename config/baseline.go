package config

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An Expectation is a failure that the baseline expects.
type Expectation struct {
	// The name of the target.
	Target Text `yaml:"target" required:"yes"`
	// The run that fails; without it, any.
	Run Text `yaml:"run" form:"run"`
	// The rule that fails.
	Rule Text `yaml:"rule" form:"rule-pattern" required:"yes"`
	// Why it is expected.
	Reason Text `yaml:"reason"`

	// At is where the entry begins.
	At Position `yaml:"-"`
}

// A baselineFile is the file that ssespec baseline write writes.
type baselineFile struct {
	// The failures that are expected.
	Expected []*Expectation `yaml:"expected" required:"yes"`
}

// LoadBaseline reads a baseline file.
func LoadBaseline(name string, forms Forms) ([]*Expectation, error) {
	var f baselineFile
	r := newReader(name, forms)
	r.absent = "write it with ssespec baseline write, or take baseline out"
	r.load(&f)
	if err := r.err(); err != nil {
		return nil, err
	}
	return f.Expected, nil
}

// baselineHead says what a baseline file is to whoever finds it.
const baselineHead = `# The failures that a gate expects, by target, run and rule. One that no longer fails makes the gate fail until it is taken
# out, so this file shrinks and does not rot. "ssespec baseline write" writes it anew; reasons may be written here, and stay.
`

// WriteBaseline writes a baseline file with these entries, in order of target, run and rule, each once.
func WriteBaseline(w io.Writer, entries []*Expectation) error {
	sorted := slices.Clone(entries)
	order := func(a, b *Expectation) int {
		return cmp.Or(cmp.Compare(a.Target.V, b.Target.V), cmp.Compare(a.Run.V, b.Run.V), cmp.Compare(a.Rule.V, b.Rule.V))
	}
	slices.SortStableFunc(sorted, order)
	sorted = slices.CompactFunc(sorted, func(a, b *Expectation) bool { return order(a, b) == 0 })
	var b strings.Builder
	b.WriteString(baselineHead + "expected:")
	if len(sorted) == 0 {
		b.WriteString(" []")
	}
	b.WriteString("\n")
	for _, e := range sorted {
		b.WriteString(e.block())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// block returns the entry as an element of a list.
func (e *Expectation) block() string {
	var b strings.Builder
	sign := "-"
	for _, k := range []struct {
		key   string
		value Text
	}{{"target", e.Target}, {"run", e.Run}, {"rule", e.Rule}, {"reason", e.Reason}} {
		if k.value.V != "" {
			fmt.Fprintf(&b, "  %s %s: %s\n", sign, k.key, scalar(k.value.V))
			sign = " "
		}
	}
	return b.String()
}

// bare is a text that YAML takes for a text without quotes, unless it is one of its words.
var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9/._-]*( [A-Za-z0-9/._-]+)*$`)

// scalar returns a text as YAML. The escapes of Go's quotes mean the same in YAML's double quotes.
func scalar(s string) string {
	words := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	if bare.MatchString(s) && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return strconv.QuoteToASCII(strings.ToValidUTF8(s, "\ufffd"))
}
