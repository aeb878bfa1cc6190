package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Mistake is one thing that is wrong in a file.
type Mistake struct {
	At      Position
	Message string

	line  string // what stands there, safe to be shown
	caret int    // how many columns of the line are before the place
}

// An Error is everything that is wrong in the files of a configuration, in their order.
type Error struct{ Mistakes []Mistake }

// What is shown of an error: nobody mends more at once.
const (
	mostMistakes = 20
	mostKept     = 200
	mostMessage  = 400
	mostQuoted   = 60
	mostLine     = 100
)

// Error returns one line for each mistake, with the line of the file below it and a caret under the place.
func (e *Error) Error() string {
	var b strings.Builder
	for i, m := range e.Mistakes {
		if i == mostMistakes {
			fmt.Fprintf(&b, "and %s more\n", more(len(e.Mistakes)))
			break
		}
		fmt.Fprintf(&b, "%s: %s\n", safe(m.At.String()), safe(clip(m.Message, mostMessage)))
		if m.line != "" {
			fmt.Fprintf(&b, "    %s\n    %s^\n", m.line, strings.Repeat(" ", m.caret))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// more says how many mistakes are not shown; of very many, not all are counted.
func more(n int) string {
	if n >= mostKept {
		return "many"
	}
	return strconv.Itoa(n - mostMistakes)
}

// faults adds what err found to what was found before.
func faults(found error, err error) error {
	e, _ := found.(*Error)
	more, ok := err.(*Error)
	switch {
	case err == nil:
		return found
	case !ok || e == nil:
		return err
	}
	return &Error{append(e.Mistakes, more.Mistakes...)}
}

// sorted returns mistakes in the order of the file, each once: what two targets share is wrong in one place.
func sorted(m []Mistake) []Mistake {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		return cmp.Or(a.At.Line-b.At.Line, a.At.Column-b.At.Column)
	})
	return slices.CompactFunc(m, func(a, b Mistake) bool { return a.At == b.At && a.Message == b.Message })
}

// quote returns a text of the file as it may be shown in a message.
func quote(s string) string { return strconv.Quote(clip(s, mostQuoted)) }

// clip returns at most n characters of s.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// safe returns s with everything escaped that a terminal may obey or that turns text around.
func safe(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRune(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

// excerpt returns the part of a line that is shown for a mistake at a column, and how many columns of it are before the place.
func excerpt(line string, column int) (string, int) {
	all := []rune(line)
	at := min(max(column-1, 0), len(all))
	from := 0
	if len(all) > mostLine {
		from = max(0, min(at-mostLine/2, len(all)-mostLine))
	}
	to := min(from+mostLine, len(all))
	for from < at && (all[from] == ' ' || all[from] == '\t') { // the place of the line says nothing here
		from++
	}
	head, tail := safe(string(all[from:at])), safe(string(all[at:to]))
	if to < len(all) {
		tail += "…"
	}
	if from > 0 && strings.TrimSpace(string(all[:from])) != "" {
		head = "…" + head
	}
	return head + tail, utf8.RuneCountInString(head)
}
