package passage_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

// carried is an exchange in which the origin sent some bytes, in two pieces, and others came.
func carried(sent, came string) *wire.Exchange {
	cut := len(sent) / 2
	return &wire.Exchange{
		Status: 200, Body: []wire.Chunk{{Data: []byte(came)}},
		Hits: []*wire.Hit{{Status: 200, Sent: []wire.Chunk{{Data: []byte(sent[:cut])}, {Data: []byte(sent[cut:])}}}},
	}
}

func TestTheSortOfADifferenceIsTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sent, came string
		want       passage.Difference
		at         int
	}{
		"none":                                 {"data: a\n\n", "data: a\n\n", passage.Unchanged, 9},
		"nothing came":                         {"data: a\n\n", "", passage.CutShort, 0},
		"the end is missing":                   {"data: a\n\n", "data: a\n", passage.CutShort, 8},
		"something was added":                  {"data: a\n\n", "data: a\n\n\n", passage.Changed, 9},
		"comments are gone":                    {": c\n\ndata: a\n\n:\n: d\n\n", "data: a\n\n", passage.CommentsLost, 0},
		"comments are gone, blank lines stay":  {"data: a\n: c\n\ndata: b\n\n", "data: a\n\ndata: b\n\n", passage.CommentsLost, 8},
		"comments are gone that end in CR":     {"data: a\r\r: c\r\rdata: b\r\r", "data: a\r\rdata: b\r\r", passage.CommentsLost, 9},
		"comments are gone that end in CRLF":   {": c\r\n\r\ndata: b\r\n\r\n", "data: b\r\n\r\n", passage.CommentsLost, 0},
		"the last comment has no end":          {"data: a\n\ndata: b\n\n: c", "data: a\n\n", passage.CutShort, 9},
		"comments and more":                    {": c\n\ndata: a\n\n", "data: b\n\n", passage.Changed, 0},
		"CRLF became LF":                       {"data: a\r\n\r\n", "data: a\n\n", passage.LineEndsChanged, 7},
		"LF became CRLF":                       {"data: a\n\ndata: b\r\r", "data: a\r\n\r\ndata: b\r\r", passage.LineEndsChanged, 7},
		"the byte order mark is gone":          {"\ufeffdata: a\n\n", "data: a\n\n", passage.MarkLost, 0},
		"half a character was replaced":        {"data: €\n\n", "data: \ufffd\n\n", passage.Changed, 6},
		"a colon inside a line is no comment":  {"data: a\n :c\n\n", "data: a\n\n", passage.Changed, 8},
		"a line was cut":                       {"data: abcdef\n\n", "data: abc\n\n", passage.Changed, 9},
		"blank lines became one":               {"data: a\n\n\n\ndata: b\n\n", "data: a\n\ndata: b\n\n", passage.Changed, 9},
		"a comment came that nobody had sent":  {"data: a\n\ndata: b\n\n", "data: a\n\n: ad\n\ndata: b\n\n", passage.Changed, 9},
		"all that was sent was a comment line": {":\n\n", "x", passage.Changed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := passage.BodyOf(carried(tt.sent, tt.came))
			if b.Difference != tt.want || b.At != tt.at {
				t.Errorf("got %q at %d, want %q at %d", b.Difference, b.At, tt.want, tt.at)
			}
		})
	}
}

func TestABodyThatIsNotTheOriginsIsNotCompared(t *testing.T) {
	t.Parallel()
	refused := carried("data: a\n\n", "Bad Gateway")
	refused.Status = 502
	for name, x := range map[string]*wire.Exchange{
		"the origin was not asked": {Status: 200, Body: []wire.Chunk{{Data: []byte("x")}}},
		"the origin sent nothing":  {Status: 200, Hits: []*wire.Hit{{Status: 200}}},
		"the hop refused":          refused,
	} {
		if b := passage.BodyOf(x); b != nil {
			t.Errorf("%s: got %+v", name, b)
		}
	}
}
