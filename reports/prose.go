package reports

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// columns returns how wide a terminal shows s. It is near enough for breaking lines.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r < 0x300:
			n++
		case unicode.Is(unicode.Mn, r):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x1F300 || r >= 0xFF01 && r <= 0xFF60:
			n += 2
		default:
			n++
		}
	}
	return n
}

// fold breaks prose into lines of at most width columns. A word that is longer is divided, but not a
// URL, which would be of no use in two pieces. Spaces stay as they are: they may be quoted.
func fold(s string, width int) []string {
	width = max(1, width)
	var lines []string
	line, used := "", 0
	flush := func() {
		if l := strings.TrimRight(line, " "); l != "" {
			lines = append(lines, l)
		}
		line, used = "", 0
	}
	for i, word := range strings.Split(s, " ") {
		if i > 0 && line != "" {
			line, used = line+" ", used+1
		}
		w := columns(word)
		if used > 0 && used+w > width {
			flush()
		}
		for w > width && !strings.Contains(word, "://") {
			n := fit(word, width)
			lines = append(lines, word[:n])
			word = word[n:]
			w = columns(word)
		}
		line, used = line+word, used+w
	}
	flush()
	return lines
}

// fit returns how many bytes of s go into width columns, at least one character.
func fit(s string, width int) int {
	used := 0
	for i, r := range s {
		if used += columns(string(r)); used > width && i > 0 {
			return i
		}
	}
	return len(s)
}

// flow puts items behind each other, with " · " between, and begins a new line before one that would
// not fit. Each line is a list of indices.
func flow(items []string, width int) [][]int {
	var lines [][]int
	used := 0
	for i, s := range items {
		w := columns(s)
		if i == 0 || used+3+w > width {
			lines = append(lines, nil)
			used = -3
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], i)
		used += 3 + w
	}
	return lines
}

// pad fills s with spaces up to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

// quoted returns b between quotation marks, everything escaped that is not printable, in rows of at
// most width columns; a row ends behind each line feed. After most rows left bytes remain.
func quoted(b string, width, most int) (rows []string, left int) {
	row, used := "", 0
	flush := func() {
		rows = append(rows, `"`+row+`"`)
		row, used = "", 0
	}
	for len(b) > 0 && len(rows) < most {
		r, n := utf8.DecodeRuneInString(b)
		s := visible(r, b[:n])
		if r == '"' || r == '\\' {
			s = `\` + s
		}
		w := columns(s)
		if used > 0 && used+w > width-2 {
			flush()
			continue
		}
		row, used = row+s, used+w
		if b = b[n:]; r == '\n' {
			flush()
		}
	}
	if row != "" || len(rows) == 0 {
		flush()
	}
	return rows, len(b)
}
