package reports

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// safe returns s with everything escaped that is not printable: control characters, invalid UTF-8,
// and the marks that turn text around (https://trojansource.codes/).
func safe(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		b.WriteString(visible(r, s[:n]))
		s = s[n:]
	}
	return b.String()
}

// visible returns one character, which was read from s, as it may be shown.
func visible(r rune, s string) string {
	switch {
	case r == utf8.RuneError && len(s) == 1:
		return fmt.Sprintf(`\x%02x`, s[0])
	case r == unicode.ReplacementChar: // who sees it must know that it was sent, not made here
		return `\ufffd`
	case unprintable(r):
		q := strconv.QuoteRune(r)
		return q[1 : len(q)-1]
	}
	return s
}

func unprintable(r rune) bool { return r == unicode.ReplacementChar || !strconv.IsPrint(r) }

// maxText is how many bytes are shown of one thing that a server sent: a field, a sentence that quotes
// it, a URL. It fills a few lines, and more than one reads.
const maxText = 500

// brief returns s, safe to be shown, cut where it is longer than anyone reads.
func brief(s string) string {
	head, left := clip(s, maxText)
	if left == 0 {
		return safe(s)
	}
	return safe(head) + fmt.Sprintf("… (%s more)", size(left))
}

// clip returns at most n bytes of s, no character divided, and how many bytes are left out.
func clip(s string, n int) (string, int) {
	if len(s) <= n {
		return s, 0
	}
	n = whole(s, n)
	return s[:n], len(s) - n
}

// whole returns the largest offset up to n that does not divide a character of s.
func whole(s string, n int) int {
	for i := n - 1; i >= 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if _, w := utf8.DecodeRuneInString(s[i:]); i+w > n {
				return i
			}
			break
		}
	}
	return n
}
