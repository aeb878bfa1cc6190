package chaos_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
)

// sizesOf returns the sizes of the cases on the way through the hop, each once.
func sizesOf(b *wire.Bundle, s wire.Scene) []int {
	var out []int
	for _, x := range b.Recording(s).Exchanges {
		if x.Route() == wire.Via {
			out = append(out, x.Case.Int("size"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestADripGoesOnWhereItDoesNotShowWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hop  string
		want []int
	}{
		{"plain", []int{60, 240}},
		{"buffer-4096", []int{60, 240}},
		{"held-to-end", []int{60, 240, 1750}},
	} {
		t.Run(c.hop, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.over(t, c.hop, chaos.Quick), wire.EdgeDrip)
				if got := sizesOf(b, wire.EdgeDrip); !slices.Equal(got, c.want) {
					t.Errorf("got comments of %v bytes, want %v", got, c.want)
				}
			})
		})
	}
}

func TestADripIsWholeCommentsAtBothRates(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		for _, x := range look(g.ctx, g.over(t, "plain", chaos.Quick), wire.EdgeDrip).Recording(wire.EdgeDrip).Exchanges {
			h := x.Origin()
			if len(h.Sent) != 600 {
				t.Errorf("%s: got %d comments, want 600", x.Case, len(h.Sent))
			}
			for _, c := range h.Sent {
				if len(c.Data) != x.Case.Int("size") || c.Data[0] != ':' || bytes.IndexByte(c.Data, '\n') != len(c.Data)-1 {
					t.Fatalf("%s: got %q, want a comment of that size", x.Case, c.Data)
				}
			}
			if closes := h.Request.Proto == "HTTP/1.1" && x.Case.Get("framing") == "closed"; closes && x.Route() == wire.Direct && !slices.Contains(x.Header.Tokens("Connection"), "close") {
				t.Errorf("%s: the answer is not delimited by closing", x.Case)
			}
		}
	})
}
