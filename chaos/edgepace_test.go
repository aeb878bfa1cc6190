package chaos_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// over returns a lab whose reader's way leads through the hop of that name to our own origin.
func (g *stage) over(t *testing.T, name string, depth chaos.Depth) *chaos.Lab {
	t.Helper()
	all := slices.Concat(fixtures.SoundHops(), fixtures.Hops())
	i := slices.IndexFunc(all, func(h fixtures.Hop) bool { return h.Name == name })
	if i < 0 {
		t.Fatalf("there is no hop %s", name)
	}
	behind, before := fixtures.NewPort("origin.example:80"), fixtures.NewPort(host+":80")
	o := origin.New(nil)
	g.wg.Go(func() { o.Serve(g.ctx, behind) })
	g.wg.Go(func() { all[i].Serve(g.ctx, before, behind.Dial) })
	return &chaos.Lab{
		Target: wire.Request{Method: "GET", URL: "http://" + host + "/s"}, Dial: before.Dial, Seed: 1,
		Edge: &chaos.Edge{Origin: o, Direct: "http://origin.example/s", Dial: behind.Dial, Depth: depth, Wait: time.Second},
	}
}

// events counts what the origin sent in the exchanges of a scene on the way through the hop.
func events(b *wire.Bundle, s wire.Scene) []int {
	var out []int
	for _, x := range b.Recording(s).Exchanges {
		if x.Route() == wire.Via {
			out = append(out, len(x.Origin().Sent))
		}
	}
	return out
}

func TestAPaceIsRepeatedWhereItShowsSomething(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, hop string
		depth     chaos.Depth
		want      []int
		most      time.Duration
	}{
		{"a quick look is one run", "late", chaos.Quick, []int{40}, 8 * time.Second},
		{"a sound hop needs one", "plain", chaos.Standard, []int{60}, 12 * time.Second},
		{"a late one three", "late", chaos.Standard, []int{60, 40, 40}, 28 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.over(t, c.hop, c.depth), wire.EdgePace)
				if got := events(b, wire.EdgePace); !slices.Equal(got, c.want) {
					t.Errorf("got runs of %v events, want %v", got, c.want)
				}
				if b.Duration > c.most {
					t.Errorf("it took %v, want no more than %v", b.Duration, c.most)
				}
			})
		})
	}
}

func TestAPaceIsThatOfItsSeed(t *testing.T) {
	t.Parallel()
	sizes := func(seed int64) (out []int) {
		bubble(t, func(t *testing.T, g *stage) {
			l := g.over(t, "plain", chaos.Quick)
			l.Seed = seed
			for _, c := range look(g.ctx, l, wire.EdgePace).Recording(wire.EdgePace).Last().Origin().Sent {
				out = append(out, len(c.Data))
			}
		})
		return out
	}
	first, again, other := sizes(1), sizes(1), sizes(2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("got the sizes %v and %v with one seed, %v with another", first, again, other)
	}
	if n := len(slices.DeleteFunc(first, func(n int) bool { return n < 6000 })); n != 5 {
		t.Errorf("%d events were large, want 5", n)
	}
}
