package reports

import (
	"net/url"
	"regexp"
	"strings"
)

// meaningful is what Markdown, or GitHub behind it, makes something of: marks, entities, mathematics, mentions, references to
// issues, :names: of pictures, and addresses that become links by themselves.
var meaningful = regexp.MustCompile("[\\\\`*_~\\[\\]<>|&$@#]|:[\\w+-]+:|:?//|(?i:mailto:|xmpp:|www\\.|gh-)")

// inert returns s as Markdown that shows it and does nothing else, wherever it stands: in a paragraph, in a cell, in a link,
// or between tags, where a backslash would be no escape. What stands for a character by its number never is markup
// (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references).
func inert(s string) string { return meaningful.ReplaceAllStringFunc(brief(s), disarm) }

// disarm returns one match of meaningful in a form that means nothing. GitHub looks for mentions and the like in the text
// that came of the Markdown: only something between their characters stops that.
func disarm(m string) string {
	const nothing = "&#8203;" // a space of no width
	switch c := m[0]; {
	case c == '@' || c == '#':
		return m + nothing
	case m == "//":
		return "/" + nothing + "/"
	case strings.Contains(m, ":"):
		words := strings.Split(m, ":")
		for i, w := range words {
			words[i] = inert(w)
		}
		return strings.Join(words, "<span>:</span>")
	case c == '$': // as https://docs.github.com/en/get-started/writing-on-github has it
		return "<span>$</span>"
	case len(m) > 1: // www. and GH-
		return m[:len(m)-1] + nothing + m[len(m)-1:]
	}
	return entities[m[0]]
}

var entities = map[byte]string{'\\': "&#92;", '`': "&#96;", '*': "&#42;", '_': "&#95;", '~': "&#126;", '[': "&#91;", ']': "&#93;",
	'<': "&lt;", '>': "&gt;", '|': "&#124;", '&': "&amp;"}

// verbatim returns s as Markdown in which it is code: nothing is made of what stands in code.
func verbatim(s string) string {
	s = brief(s)
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.Trim(s, "` ") != s {
		s = " " + s + " "
	}
	return fence + s + fence
}

// verbatimCell is verbatim for a cell of a table, which ends at a | even in code. Behind a backslash there is no way to write
// one that every reader of Markdown takes for the same.
func verbatimCell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(verbatim(s), `\|`, `\\x7c`), "|", `\|`)
}

// block returns lines as a block of code in a language, or in none.
func block(language string, lines ...string) string {
	for i, l := range lines {
		lines[i] = safe(l)
	}
	text := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return fence + language + "\n" + text + "\n" + fence + "\n\n"
}

// longestRun returns how often c follows on itself in s at most.
func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// reference returns the words of a clause, linked to where it is written if that is an address on the web. It is empty for
// what is only practice.
func (c Clause) reference() string {
	words := strings.TrimSpace(c.Spec + " " + c.Section)
	switch {
	case c.Section == "" && c.URL == "":
		return ""
	case c.page() == "":
		return inert(words)
	}
	return "[" + inert(words) + "](<" + c.page() + ">)"
}

// page returns where a clause is written, or nothing where that is no address on the web.
func (c Clause) page() string {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(u.String(), "<>`|&;\\ ") {
		return ""
	}
	return u.String()
}
