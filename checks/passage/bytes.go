package passage

import (
	"bytes"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Difference is what sort of change was made to a body.
type Difference string

// The differences.
const (
	Unchanged       Difference = ""
	CutShort        Difference = "short"     // what came is the beginning of what was sent
	CommentsLost    Difference = "comments"  // comment lines are missing, and nothing else
	LineEndsChanged Difference = "line-ends" // line ends are others, and nothing else
	MarkLost        Difference = "mark"      // the byte order mark is missing, and nothing else
	Changed         Difference = "changed"
)

// A Body is one body as it was sent and as it came.
type Body struct {
	Sent, Came []byte // the latter with content coding removed
	Difference Difference
	At         int // where the first difference is, in both
}

// BodyOf compares the body of an exchange with what our origin sent. It returns nil where there is nothing to compare.
func BodyOf(x *wire.Exchange) *Body {
	h := x.Origin()
	if h == nil || len(h.Sent) == 0 || x.Status != h.Status {
		return nil
	}
	text, _ := x.Decoded()
	b := &Body{Sent: wire.NewText(h.Sent).Bytes, Came: text.Bytes}
	b.At = firstDifference(b.Sent, b.Came)
	b.Difference = b.difference()
	return b
}

// firstDifference returns the offset of the first byte that is not the same in both.
func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

var byteOrderMark = []byte("\ufeff")

func (b *Body) difference() Difference {
	switch {
	case bytes.Equal(b.Sent, b.Came):
		return Unchanged
	case b.At == len(b.Came):
		return CutShort
	case bytes.Equal(bytes.TrimPrefix(b.Sent, byteOrderMark), b.Came):
		return MarkLost
	case bytes.Equal(withoutComments(b.Sent, false), b.Came), bytes.Equal(withoutComments(b.Sent, true), b.Came):
		return CommentsLost
	case bytes.Equal(oneLineEnd(b.Sent), oneLineEnd(b.Came)):
		return LineEndsChanged
	}
	return Changed
}

// oneLineEnd returns text with each of its line ends as LF (HTML 9.2.5).
func oneLineEnd(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// withoutComments returns text without comment lines, and without the blank lines behind them if those went too.
func withoutComments(text []byte, blank bool) []byte {
	var out []byte
	for len(text) > 0 {
		n := lineLength(text)
		line := text[:n]
		text = text[n:]
		if line[0] != ':' {
			out = append(out, line...)
			continue
		}
		if n := lineLength(text); blank && len(bytes.TrimRight(text[:n], "\r\n")) == 0 {
			text = text[n:]
		}
	}
	return out
}

// lineLength returns the length of the first line, its end included.
func lineLength(text []byte) int {
	i := bytes.IndexAny(text, "\r\n")
	switch {
	case i < 0:
		return len(text)
	case text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n':
		return i + 2
	}
	return i + 1
}
