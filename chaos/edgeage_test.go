package chaos_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestTheLimitOnAgeIsMeasured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		depth chaos.Depth
		limit time.Duration
	}{
		{chaos.Standard, 15 * time.Second}, {chaos.Standard, time.Minute}, {chaos.Deep, 600 * time.Second}, {chaos.Deep, 900 * time.Second},
	} {
		bubble(t, func(t *testing.T, g *stage) {
			b := look(g.ctx, g.behind(&relay{age: c.limit}, c.depth), wire.EdgeIdle, wire.EdgeAge)
			got := passage.AgeOf(b.Recording(wire.EdgeAge), wire.Via)
			if (got.After-c.limit).Abs() > 100*time.Millisecond || got.Restart {
				t.Errorf("got a limit of %v (restart: %v), want %v", got.After, got.Restart, c.limit)
			}
			if passage.AgeCut(b) != got.After || passage.IdleCut(b) != 0 {
				t.Errorf("got a cut at an age of %v, and after %v of silence, want %v and none", passage.AgeCut(b), passage.IdleCut(b), got.After)
			}
			verdicts(t, b, "edge/age-cut fail", "edge/restart pass")
		})
	}
}

func TestStreamsAreWatchedForAsLongAsTheDepthAllows(t *testing.T) {
	t.Parallel()
	for depth, want := range map[chaos.Depth]struct{ upto, takes time.Duration }{
		chaos.Standard: {64 * time.Second, 72 * time.Second}, chaos.Deep: {917 * time.Second, 16 * time.Minute},
	} {
		bubble(t, func(t *testing.T, g *stage) {
			b := look(g.ctx, g.behind(&relay{}, depth), wire.EdgeAge)
			if got := passage.AgeOf(b.Recording(wire.EdgeAge), wire.Via).Upto; (got - want.upto).Abs() > 100*time.Millisecond {
				t.Errorf("%s: got an age of %v, want %v", depth, got, want.upto)
			}
			if b.Duration > want.takes {
				t.Errorf("%s: it took %v, want no more than %v", depth, b.Duration, want.takes)
			}
		})
	}
}
