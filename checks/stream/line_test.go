package stream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestLinesShowNameAndValue(t *testing.T) {
	for _, c := range []struct{ in, name, value, content string }{
		{"data: a\n", "data", "a", "data: a"},
		{"data:a\r\n", "data", "a", "data:a"},
		{"data:  a\r", "data", " a", "data:  a"},
		{"data", "data", "", "data"},
		{": note\n", "", "note", ": note"},
		{"a:b:c", "a", "b:c", "a:b:c"},
		{"\n", "", "", ""},
	} {
		s := Parse(EventStream, []byte(c.in))
		l := s.Lines[0]
		got := fmt.Sprintf("%q %q %q", s.Name(l), s.Value(l), s.Content(l))
		if want := fmt.Sprintf("%q %q %q", c.name, c.value, c.content); got != want {
			t.Errorf("%q: got %s, want %s", c.in, got, want)
		}
		if got, want := s.IsComment(l), c.in[0] == ':'; got != want {
			t.Errorf("%q is a comment: got %v, want %v", c.in, got, want)
		}
		if got, want := s.IsBlank(l), c.content == ""; got != want {
			t.Errorf("%q is blank: got %v, want %v", c.in, got, want)
		}
	}
}

func TestFourNamesAreKnown(t *testing.T) {
	var got []string
	for _, name := range []string{"event", "data", "id", "retry", "Data", "data ", "", "\uFEFFdata", "comment"} {
		if Known([]byte(name)) {
			got = append(got, name)
		}
	}
	if want := []string{"event", "data", "id", "retry"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBlocksEndWithABlankLine(t *testing.T) {
	s := Parse(EventStream, []byte("\uFEFF: hi\n\ndata: a\nid: 1\n\n\r\nevent: e\n\ndata: b\n\ndata: c\n"))
	var got []string
	for b := range s.Blocks() {
		got = append(got, fmt.Sprintf("%q %d lines, event %d", s.Body[b.Lo:b.Hi], len(b.Lines), b.Event))
	}
	want := []string{
		`": hi\n\n" 2 lines, event -1`,
		`"data: a\nid: 1\n\n" 3 lines, event 0`,
		`"\r\n" 1 lines, event -1`,
		`"event: e\n\n" 2 lines, event -1`,
		`"data: b\n\n" 2 lines, event 1`,
		`"data: c\n" 1 lines, event -1`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOnlyEventStreamsHaveBlocks(t *testing.T) {
	for b := range Parse(NDJSON, []byte("1\n\n2\n")).Blocks() {
		t.Errorf("got %+v, want none", b)
	}
}

func TestEventAtFindsTheBlockOfAnOffset(t *testing.T) {
	s := Parse(EventStream, []byte("data: a\n\n: x\n\ndata: b\n\nda"))
	for off, want := range map[int]int{-1: -1, 0: 0, 8: 0, 9: -1, 13: -1, 14: 1, 22: 1, 23: -1, 99: -1} {
		if got := s.EventAt(off); got != want {
			t.Errorf("EventAt(%d): got %d, want %d", off, got, want)
		}
	}
}

func TestTailBeginsBehindTheLastBlankLine(t *testing.T) {
	for in, want := range map[string]int{
		"":                     0,
		"\uFEFF":               3,
		"data: a\n\n":          9,
		"data: a\n\ndata: b\n": 9,
		"data: a\n\n: x":       9,
		"data: a":              0,
		"\uFEFFdata: a\n":      3,
		"data: a\r\n\r\n\nx":   12,
	} {
		if got := Parse(EventStream, []byte(in)).Tail; got != want {
			t.Errorf("Parse(%q).Tail: got %d, want %d", in, got, want)
		}
	}
}
