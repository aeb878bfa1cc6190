package chaos_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestCodingsAreOfferedAllAtOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.over(t, "gzip-unflushed", chaos.Standard), wire.EdgeCodings)
		verdicts(t, b, "edge/codings fail")
		via := 0
		for _, x := range b.Recording(wire.EdgeCodings).Exchanges {
			if x.Route() == wire.Via {
				via++
			}
			offered, want := x.Request.Header.Get("Accept-Encoding"), x.Case.Get("offered")
			if want == "all" {
				want = "gzip, deflate, br, zstd"
			}
			if offered != want || x.Origin().Header.Get("Content-Type") != x.Case.Get("type") {
				t.Errorf("%s: got %q offered for %q", x.Case, offered, x.Origin().Header.Get("Content-Type"))
			}
		}
		if via != 24 {
			t.Errorf("got %d requests through the hop, want 24", via)
		}
		if most := 5 * time.Second; b.Duration > most {
			t.Errorf("it took %v, want no more than %v", b.Duration, most)
		}
	})
}

func TestCodingsTakeMoreThanAQuickLook(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.over(t, "plain", chaos.Quick), wire.EdgeCodings)
		if len(b.Gaps) != 1 || !b.Gaps[0].Moot {
			t.Errorf("got the gaps %v, want one of a depth", b.Gaps)
		}
	})
}
