package edge

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var bytesSame = &checks.Check{
	ID:     "edge/bytes",
	Title:  "The bytes of a stream must come through as they are",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", "Lines must be separated by either a U+000D CARRIAGE RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A LINE FEED (LF) character, or a single U+000D CARRIAGE RETURN (CR) character."),
	Since:  "0.4",
	Doc: `
Every byte of a stream means something: a line end ends an event, a comment keeps the connection alive, and half a
character is no character. A hop that tidies up, filters or cuts changes what the reader is told.

Compared is what the origin wrote with what the reader has, content coding removed: byte order mark, CR, LF and
CRLF, comments, empty fields, characters and line ends that come in parts, an event of 200 kB, and a line of 1 MB
unless the run is quick.`,
	Fix:   "Take what rewrites bodies (filters, substitutions, minifiers, limits of size) off the route of the stream.",
	Good:  ": comment\n\ndata: a\r\rdata: b\r\n\r\n",
	Bad:   "data: a\n\ndata: b\n\n",
	Needs: []wire.Scene{wire.EdgeBytes},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen, all := 0, 0
		why, partly := "no answer of the origin came through", ""
		for _, v := range reached(ev, wire.EdgeBytes) {
			b := passage.BodyOf(v.Exchange)
			if b == nil {
				continue
			}
			if !straight(ev, v) {
				why = "straight from the origin the bytes did not come as they were sent either"
				continue
			}
			if b.Difference == passage.CutShort && !v.End.Kind.ServerEnded() {
				partly = fmt.Sprintf("only %d of %d bytes had come after %v", len(b.Came), len(b.Sent), checks.Brief(v.End.At))
				continue
			}
			seen++
			all += len(b.Sent)
			if b.Difference != passage.Unchanged {
				found = append(found, v.At(b.At, min(b.At+1, len(b.Came)), bodyDifference(b)))
			}
		}
		switch {
		case len(found) > 0:
			return checks.Broke(seen, found...).Shows(remedy.Symptom{Class: remedy.Rewritten})
		case partly != "":
			return checks.Unseen("%s", partly)
		case seen == 0:
			return checks.Unseen("%s", why)
		}
		return checks.Held(all, "%d bytes in %d answers came through as they were sent", all, seen)
	},
}

// straight reports whether the same bytes came through unchanged straight from the origin, if that was tried.
func straight(ev *checks.Evidence, v *checks.View) bool {
	d := twin(ev, v)
	if d == nil {
		return true
	}
	b := passage.BodyOf(d.Exchange)
	return b != nil && b.Difference == passage.Unchanged
}

// bodyDifference says what became of a body.
func bodyDifference(b *passage.Body) string {
	switch b.Difference {
	case passage.CutShort:
		return fmt.Sprintf("only %d of %d bytes came through", len(b.Came), len(b.Sent))
	case passage.CommentsLost:
		return fmt.Sprintf("comments are dropped, the first at byte %d: a comment that keeps the connection alive does not reach the reader", b.At)
	case passage.LineEndsChanged:
		return fmt.Sprintf("line ends are changed, the first at byte %d: %q was sent, %q came", b.At, excerpt(b.Sent, b.At), excerpt(b.Came, b.At))
	case passage.MarkLost:
		return "the byte order mark is dropped"
	}
	return fmt.Sprintf("byte %d is the first that differs: %q was sent, %q came", b.At, excerpt(b.Sent, b.At), excerpt(b.Came, b.At))
}

// excerpt returns some bytes around an offset.
func excerpt(b []byte, at int) []byte {
	const before, behind = 8, 16
	return b[max(0, min(at, len(b))-before):min(len(b), at+behind)]
}
