package reports

import (
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks/wire"
)

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func TestDump(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		bytes  string
		lo, hi int
		want   string
	}{
		{"a byte at the start", alphabet, 0, 1, `
 61 62 63 64 65 66 67 68  abcdefgh
 ^^                       ^`},
		{"a byte in the middle", alphabet, 20, 21, `
 71 72 73 74 75 76 77 78  qrstuvwx
             ^^               ^`},
		{"up to the end of a row", alphabet, 20, 24, `
 71 72 73 74 75 76 77 78  qrstuvwx
             ^^ ^^ ^^ ^^      ^^^^`},
		{"over the end of a row", alphabet, 20, 25, `
 71 72 73 74 75 76 77 78  qrstuvwx
             ^^ ^^ ^^ ^^      ^^^^
 79 7a 30 31 32 33 34 35  yz012345
 ^^                       ^`},
		{"the last byte", alphabet, 61, 62, `
 56 57 58 59 5a           VWXYZ
             ^^               ^`},
		{"between two bytes", alphabet, 20, 20, `
 71 72 73 74 75 76 77 78  qrstuvwx
            ^`},
		{"before the first byte", alphabet, 0, 0, `
 61 62 63 64 65 66 67 68  abcdefgh
^`},
		{"behind the last byte", "data: a", 7, 7, `
 61 3a 20 61              a: a
            ^`},
		{"behind the last byte of a full row", "data", 4, 4, `
 64 61 74 61              data
            ^`},
		{"longer than what is shown", alphabet, 8, 62, `
 65 66 67 68 69 6a 6b 6c  efghijkl
             ^^ ^^ ^^ ^^      ^^^^
 6d 6e 6f 70 71 72 73 74  mnopqrst
 ^^ ^^ ^^ ^^ ^^ ^^ ^^ ^^  ^^^^^^^^
 … 42 bytes more`},
		{"a character of several bytes", "data: \u65e5\u672c\n", 6, 9, `
 74 61 3a 20 e6 97 a5 e6  ta: ....
             ^^ ^^ ^^         ^^^`},
	} {
		e := excerpt{bytes: []byte(tc.bytes), lo: tc.lo, hi: tc.hi, most: maxBytes}
		if got := "\n" + strings.Join(e.dump(8), "\n"); got != tc.want {
			t.Errorf("%s: got%s\nwant%s", tc.name, got, tc.want)
		}
	}
}

// Every caret must stand below a byte of the span, and as many as are shown of it.
func TestCaretsStandBelowTheirBytes(t *testing.T) {
	t.Parallel()
	for _, perRow := range []int{8, 16} {
		for lo := range len(alphabet) {
			for hi := lo + 1; hi <= len(alphabet); hi++ {
				e := excerpt{bytes: []byte(alphabet), lo: lo, hi: hi, most: maxBytes}
				rows := e.dump(perRow)
				var marked strings.Builder
				for i := 1; i < len(rows); i++ {
					for k := range rows[i] {
						if k >= 3*perRow+2 && rows[i][k] == '^' {
							marked.WriteByte(rows[i-1][k])
						}
					}
				}
				if got, want := marked.String(), alphabet[lo:hi]; got == "" || !strings.HasPrefix(want, got) {
					t.Fatalf("%d..%d: carets below %q, want %q", lo, hi, got, want)
				}
				if more := strings.Contains(rows[len(rows)-1], "more"); more != (marked.Len() < hi-lo) {
					t.Fatalf("%d..%d: %d carets, and %q", lo, hi, marked.Len(), rows[len(rows)-1])
				}
			}
		}
	}
}

func TestQuoteAndHexAreCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in, quote string
		hexDigits       int
	}{
		{"short", "data: a\n", `"data: a\n"`, 16},
		{"of the greatest length", strings.Repeat("a", maxBytes), `"` + strings.Repeat("a", maxBytes) + `"`, 2 * maxBytes},
		{"too long", strings.Repeat("a", maxBytes+1), `"` + strings.Repeat("a", maxBytes) + `"…`, 2 * maxBytes},
		{"a character across the cut", strings.Repeat("a", maxBytes-1) + "\u65e5\u672c", `"` + strings.Repeat("a", maxBytes-1) + `"…`, 2 * (maxBytes - 1)},
		{"a character that ends at the cut", strings.Repeat("a", maxBytes-3) + "\u65e5\u672c", `"` + strings.Repeat("a", maxBytes-3) + `\u65e5"…`, 2 * maxBytes},
		{"half a character", strings.Repeat("a", maxBytes-1) + "\xe6\x97", `"` + strings.Repeat("a", maxBytes-1) + `\xe6"…`, 2 * maxBytes},
		{"nothing", "", `""`, 0},
	} {
		e := excerpt{bytes: []byte(tc.in), hi: len(tc.in), most: maxBytes}
		if got := e.quote(); got != tc.quote {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.quote)
		}
		if got := len(e.hex()); got != tc.hexDigits {
			t.Errorf("%s: got %d hex digits, want %d", tc.name, got, tc.hexDigits)
		}
	}
}

// A finding whose span does not exist must not stop a report.
func TestSpansThatPointNowhere(t *testing.T) {
	t.Parallel()
	ev := failing(t).Evidence
	for _, s := range []wire.Span{
		{},
		{Scene: "unknown", Part: wire.BodyPart, Hi: 1},
		{Scene: wire.Control, Part: wire.BodyPart, Exchange: 1, Hi: 1},
		{Scene: wire.Control, Part: wire.BodyPart, Exchange: -1, Hi: 1},
		{Scene: wire.Control, Part: wire.BodyPart, Lo: -1, Hi: 1},
		{Scene: wire.Control, Part: wire.BodyPart, Lo: 2, Hi: 1},
		{Scene: wire.Control, Part: wire.BodyPart, Lo: 0, Hi: 1 << 40},
		{Scene: wire.Control, Part: wire.RawPart, Lo: 1 << 40, Hi: 1 << 41},
		{Scene: wire.Control, Part: wire.HeadPart, Lo: -1, Hi: 0},
		{Scene: wire.Control, Part: wire.HeadPart, Lo: 99, Hi: 100},
		{Scene: wire.Control, Part: wire.HeadPart, Lo: 0, Hi: 2},
		{Scene: wire.Control, Part: "elsewhere", Lo: 0, Hi: 1},
		{Scene: wire.Accept, Part: wire.RawPart, Lo: 0, Hi: 0},
	} {
		if e, ok := find(ev, s); ok {
			t.Errorf("%+v points at %q", s, e.bytes)
		}
	}
}
