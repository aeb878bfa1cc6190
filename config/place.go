package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// place returns a position inside the file.
func (r *reader) place(line, column int) Position {
	line = min(max(line, 1), len(r.lines))
	return Position{r.name, line, min(max(column, 1), r.widths[line-1]+1)}
}

// line returns a line of the file, counted from 1.
func (r *reader) line(n int) string {
	if n < 1 || n > len(r.lines) {
		return ""
	}
	return r.lines[n-1]
}

// at returns where a value begins.
func (r *reader) at(n ast.Node) Position {
	if wrapped, ok := n.(node); ok {
		n = wrapped.Node
	}
	p := start(n).Position
	return r.place(p.Line, p.Column)
}

// find returns where a text stands at or after a place, and the place itself where it is not found: an escape may be in it.
func (r *reader) find(at Position, text string) Position {
	rest := behind(r.line(at.Line), at.Column-1)
	if i := strings.Index(rest, text); i >= 0 {
		return r.place(at.Line, at.Column+utf8.RuneCountInString(rest[:i]))
	}
	for n := at.Line + 1; n <= len(r.lines); n++ {
		if i := strings.Index(r.line(n), text); i >= 0 {
			return r.place(n, 1+utf8.RuneCountInString(r.line(n)[:i]))
		}
	}
	return at
}

// behind returns what is behind the first n characters of s.
func behind(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[i:]
		}
		n--
	}
	return ""
}

// enough reports whether more mistakes are there than anybody looks at.
func (r *reader) enough() bool { return len(r.mistakes) >= mostKept }

// wrong adds a mistake.
func (r *reader) wrong(at Position, format string, a ...any) {
	if r.enough() {
		return
	}
	r.mistakes = append(r.mistakes, Mistake{At: at, Message: withoutCredentials(fmt.Sprintf(format, a...))})
}

// hide keeps the scalars of a value out of what is shown of the file.
func (r *reader) hide(n node) {
	ast.Walk(hider{r}, n.Node)
}

// A hider hides the scalars that it visits.
type hider struct{ r *reader }

func (h hider) Visit(n ast.Node) ast.Visitor {
	if v, ok := n.(*ast.MappingValueNode); ok {
		ast.Walk(h, v.Value)
		return nil
	}
	if _, ok := n.(ast.ScalarNode); ok {
		at := h.r.at(n)
		h.r.hideFrom(at.Line, at.Column)
		for l := at.Line + 1; l <= end(n); l++ {
			h.r.hideFrom(l, 1)
		}
	}
	return h
}

// hideFrom hides a line from a column on.
func (r *reader) hideFrom(line, column int) {
	if before, ok := r.hidden[line]; !ok || column < before {
		r.hidden[line] = column
	}
}

// keyed finds the key at the beginning of a line.
var keyed = regexp.MustCompile(`^[\s{\[-]*["']?([\w.-]+)["']?\s*:\s`)

// hideUnknown hides what a line has behind its key, unless the key is one of ours and holds no secret. It serves where the
// file could not be parsed and so nothing else is known about the line.
func (r *reader) hideUnknown(line int) {
	text := r.line(line)
	m := keyed.FindStringSubmatchIndex(text)
	switch {
	case m == nil:
		r.hideFrom(line, 1)
	case !plain(r.root, text[m[2]:m[3]]) || strings.ContainsAny(text[m[1]:], "{,"):
		r.hideFrom(line, 1+utf8.RuneCountInString(text[:m[1]]))
	}
}

// inURL finds credentials in a URL.
var inURL = regexp.MustCompile(`//[^/\s@]*@`)

func withoutCredentials(text string) string { return inURL.ReplaceAllString(text, "//…@") }

// show puts the line of the file beside the mistakes that are shown.
func (r *reader) show() {
	for i, m := range r.mistakes[:min(len(r.mistakes), mostMistakes)] {
		line := r.line(m.At.Line)
		if strings.TrimSpace(line) == "" {
			continue
		}
		if from, ok := r.hidden[m.At.Line]; ok && from <= r.widths[m.At.Line-1] {
			line = string([]rune(line)[:from-1]) + "…"
		}
		r.mistakes[i].line, r.mistakes[i].caret = excerpt(withoutCredentials(line), m.At.Column)
	}
}
