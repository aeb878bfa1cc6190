package stream

import (
	"fmt"
	"strings"
	"testing"
)

// texts are bodies of the other syntaxes: an event is shown as lo..hi data.
var texts = []struct {
	name   string
	syntax Syntax
	in     string
	want   []string
	tail   string
}{
	{"a line is an event", NDJSON, "{\"a\":1}\n[2]\n", []string{`0..8 {"a":1}`, "8..12 [2]"}, ""},
	{"CRLF ends a line", NDJSON, "1\r\n2\r\n", []string{"0..3 1", "3..6 2"}, ""},
	{"CR alone ends none", NDJSON, "{\r}\n", []string{"0..4 {\r}"}, ""},
	{"white lines are no events", NDJSON, "1\n\n \t\n2\n", []string{"0..2 1", "6..8 2"}, ""},
	{"a last line without LF is the tail", NDJSON, "1\n23", []string{"0..2 1"}, "23"},
	{"a byte order mark is skipped", NDJSON, "\uFEFF1\n", []string{"3..5 1"}, ""},

	{"RS and LF enclose an element", JSONSeq, "\x1e{\"a\":1}\n\x1e[2]\n", []string{`0..9 {"a":1}`, "9..14 [2]"}, ""},
	{"an element may span lines", JSONSeq, "\x1e\n{\n\"a\":\n1}\n\x1e2\n", []string{"0..12 {\n\"a\":\n1}", "12..15 2"}, ""},
	{"brackets in strings do not count", JSONSeq, "\x1e\"}\\\"{\"\n\x1e[\"]\"\n]\n", []string{`0..8 "}\"{"`, "8..16 [\"]\"\n]"}, ""},
	{"empty elements are ignored", JSONSeq, "\x1e\x1e\n\x1e1\n", []string{"3..6 1"}, ""},
	{"a broken element ends at the next RS", JSONSeq, "\x1e{\"a\n\x1e2\n", []string{`0..5 {"a`, "5..8 2"}, ""},
	{"what no RS precedes belongs to no event", JSONSeq, "junk\n\x1e1\njunk\n\x1e2\n", []string{"5..8 1", "13..16 2"}, ""},
	{"a last object needs no LF", JSONSeq, "\x1e1\n\x1e{}", []string{"0..3 1", "3..6 {}"}, ""},
	{"a last string needs no LF", JSONSeq, "\x1e\"a\" ", []string{`0..5 "a"`}, ""},
	{"a last number needs an LF", JSONSeq, "\x1e1\n\x1e23", []string{"0..3 1"}, "\x1e23"},
	{"a last object that is open is the tail", JSONSeq, "\x1e{}\n\x1e{[]", []string{"0..4 {}"}, "\x1e{[]"},
	{"a last RS is the tail", JSONSeq, "\x1e1\n\x1e\n", []string{"0..3 1"}, "\x1e\n"},

	{"text has lines only", Text, "a\rb\r\nc\n\nd", nil, "d"},
	{"text may end with a line", Text, "a\r", nil, ""},
}

func TestOtherSyntaxesAreRead(t *testing.T) {
	for _, c := range texts {
		t.Run(c.name, func(t *testing.T) {
			s := Parse(c.syntax, []byte(c.in))
			var got []string
			for _, e := range s.Events {
				got = append(got, fmt.Sprintf("%d..%d %s", e.Lo, e.Hi, e.Data))
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("events: got %q, want %q", got, c.want)
			}
			if got := string(s.Body[s.Tail:]); got != c.tail {
				t.Errorf("tail: got %q, want %q", got, c.tail)
			}
			if s.ID != nil || s.Retry != -1 {
				t.Errorf("id and retry: got %q and %d, want none", s.ID, s.Retry)
			}
		})
	}
}

func TestEachSyntaxHasItsLineEnds(t *testing.T) {
	for sx, want := range map[Syntax]string{
		EventStream: `"a" CR, "b" CRLF, "c" LF, "d" none`,
		Text:        `"a" CR, "b" CRLF, "c" LF, "d" none`,
		NDJSON:      `"a\rb" CRLF, "c" LF, "d" none`,
		JSONSeq:     `"a\rb" CRLF, "c" LF, "d" none`,
	} {
		s := Parse(sx, []byte("a\rb\r\nc\nd"))
		var got []string
		for _, l := range s.Lines {
			got = append(got, fmt.Sprintf("%q %s", s.Content(l), [...]string{"none", "LF", "CR", "CRLF"}[l.End]))
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("%d: got %s, want %s", sx, got, want)
		}
	}
}
