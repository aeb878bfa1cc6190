package chaos_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
)

// rewriting reads a body whole and changes it, which is enough to see what came of its bytes.
func rewriting(old, with string) func(io.Reader) io.Reader {
	return changing(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(with)) })
}

func changing(change func([]byte) []byte) func(io.Reader) io.Reader {
	return func(r io.Reader) io.Reader {
		b, _ := io.ReadAll(r)
		return bytes.NewReader(change(b))
	}
}

func TestChangedBytesAreFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hop  *gatehouse
		says string // empty where nothing is to be found
	}{
		"a sound hop":              {&gatehouse{}, ""},
		"a hop that holds":         {&gatehouse{body: rewriting("nothing", "")}, ""},
		"drops a byte order mark":  {&gatehouse{body: rewriting("\ufeff", "")}, "the byte order mark is dropped"},
		"drops comments":           {&gatehouse{body: rewriting(": a comment\n:\n\n", "")}, "first that differs"}, // but not all
		"writes LF for CRLF":       {&gatehouse{body: rewriting("\r\n", "\n")}, "line ends are changed"},
		"writes LF for each CR":    {&gatehouse{body: rewriting("\r", "\n")}, "first that differs"},
		"trims spaces":             {&gatehouse{body: rewriting(" \n", "\n")}, "first that differs"},
		"joins blank lines":        {&gatehouse{body: rewriting("\n\n\n", "\n\n")}, "first that differs"},
		"spoils parted characters": {&gatehouse{body: rewriting("€", "\ufffd")}, "first that differs"},
		"reads entities":           {&gatehouse{body: rewriting("&amp;", "&")}, "first that differs"},
		"ends after 64 kB":         {&gatehouse{body: changing(func(b []byte) []byte { return b[:min(len(b), 64<<10)] })}, "only 65536 of"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.before(c.hop, chaos.Quick), wire.EdgeBytes)
				if c.says == "" {
					verdicts(t, b, "edge/bytes pass")
					return
				}
				verdicts(t, b, "edge/bytes fail")
				wantReason(t, b, "edge/bytes", c.says)
			})
		})
	}
}

func TestCommentsThatAreDroppedAreCalledSo(t *testing.T) {
	t.Parallel()
	strip := func(b []byte) []byte {
		b = bytes.ReplaceAll(b, []byte(": a comment\n:\n\n"), nil)
		return bytes.ReplaceAll(b, []byte(": the rest has no blank line\n"), nil)
	}
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.before(&gatehouse{body: changing(strip)}, chaos.Quick), wire.EdgeBytes)
		wantReason(t, b, "edge/bytes", "comments are dropped, the first at byte 41")
	})
}

func TestALongLineIsLeftToLongerRuns(t *testing.T) {
	t.Parallel()
	for depth, want := range map[chaos.Depth]int{chaos.Quick: 4, chaos.Standard: 6} {
		bubble(t, func(t *testing.T, g *stage) {
			b := look(g.ctx, g.before(&gatehouse{}, depth), wire.EdgeBytes)
			if got := len(b.Recording(wire.EdgeBytes).Exchanges); got != want {
				t.Errorf("%s: got %d exchanges, want %d", depth, got, want)
			}
			verdicts(t, b, "edge/bytes pass")
			if b.Duration > time.Second {
				t.Errorf("%s: it took %v", depth, b.Duration)
			}
		})
	}
}

// broken is a body that never ends as it should.
func broken(r io.Reader) io.Reader {
	return io.MultiReader(r, iotest.ErrReader(io.ErrUnexpectedEOF))
}
