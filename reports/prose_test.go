package reports

import (
	"slices"
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	t.Parallel()
	const url = "https://example.com/a/long/path"
	for _, tc := range []struct {
		name, in string
		width    int
		want     []string
	}{
		{"nothing", "", 10, nil},
		{"spaces only", "   ", 10, nil},
		{"a short line", "a b", 10, []string{"a b"}},
		{"a line of exactly the width", "abcd efghi", 10, []string{"abcd efghi"}},
		{"one too long", "abcd efghij", 10, []string{"abcd", "efghij"}},
		{"quoted spaces", `is "a  b"`, 20, []string{`is "a  b"`}},
		{"a word that is too long", "ab abcdefghijklmnopqrstuvwxyz c", 10, []string{"ab", "abcdefghij", "klmnopqrst", "uvwxyz c"}},
		{"a URL that is too long", "see " + url + " there", 10, []string{"see", url, "there"}},
		{"a URL in parentheses", "(" + url + ").", 10, []string{"(" + url + ")."}},
		{"wide characters", "日本語 日本語", 8, []string{"日本語", "日本語"}},
		{"wide characters without spaces", "日本語日本語", 5, []string{"日本", "語日", "本語"}},
		{"marks that take no room", "e\u0301e\u0301e\u0301 e\u0301", 5, []string{"e\u0301e\u0301e\u0301 e\u0301"}},
		{"a width below one character", "日本", 1, []string{"日", "本"}},
	} {
		if got := fold(tc.in, tc.width); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestFlow(t *testing.T) {
	t.Parallel()
	got := flow([]string{"aaaa", "bbb", "cccccccccccccc", "d"}, 10)
	want := [][]int{{0, 1}, {2}, {3}}
	if !slices.EqualFunc(got, want, slices.Equal[[]int]) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", []string{`""`}},
		{"lines", "a\nb\r\n\n", []string{`"a\n"`, `"b\r\n"`, `"\n"`}},
		{"a long line", "abcdefghijklmno\n", []string{`"abcdefgh"`, `"ijklmno"`, `"\n"`}},
		{"escapes are not divided", "abcdefg\x1bhi", []string{`"abcdefg"`, `"\x1bhi"`}},
		{"what quotes are made of", `"\`, []string{`"\"\\"`}},
		{"invalid and replaced", "\xff\ufffd", []string{`"\xff"`, `"\ufffd"`}},
	} {
		if got, left := quoted(tc.in, 10, 10); !slices.Equal(got, tc.want) || left != 0 {
			t.Errorf("%s: got %s, want %s", tc.name, strings.Join(got, " "), strings.Join(tc.want, " "))
		}
	}
}

func TestQuotedLeavesOutWhatHasNoRoom(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in         string
		rows, left int
	}{
		{"a\nb\n", 2, 0},
		{"a\nb\nc", 2, 1},
		{strings.Repeat("a", 16), 2, 0},
		{strings.Repeat("a", 20), 2, 4},
		{"\n\n\n\n", 2, 2},
	} {
		if rows, left := quoted(tc.in, 10, 2); len(rows) != tc.rows || left != tc.left {
			t.Errorf("%q: got %d rows and %d bytes left, want %d and %d", tc.in, len(rows), left, tc.rows, tc.left)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		n    int
		want string
		left int
	}{
		{"abc", 3, "abc", 0},
		{"abcd", 3, "abc", 1},
		{"日本", 3, "日", 3},
		{"日本", 4, "日", 3},
		{"日本", 5, "日", 3},
		{"日", 2, "", 3},
		{"日", 0, "", 3},
		{"\x97\xa5\x97\xa5\x97", 3, "\x97\xa5\x97", 2},
	} {
		if got, left := clip(tc.in, tc.n); got != tc.want || left != tc.left {
			t.Errorf("clip(%q, %d): got %q and %d, want %q and %d", tc.in, tc.n, got, left, tc.want, tc.left)
		}
	}
}
