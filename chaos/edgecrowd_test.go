package chaos_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestAHopsStreamsAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		seats   int
		load    bool
		worked  int
		through int // of the size that failed
		wants   []string
	}{
		{"of one without a limit", 0, false, 32, 0, []string{"edge/connection-limit pass", "edge/parallel-streams pass"}},
		{"of one without a limit that may be put under load", 0, true, 120, 0, []string{"edge/connection-limit pass", "edge/parallel-streams pass"}},
		{"of a pool of four", 4, false, 0, 4, []string{"edge/connection-limit fail", "edge/parallel-streams pass"}},
		{"of a pool of twenty", 20, false, 8, 20, []string{"edge/connection-limit pass", "edge/parallel-streams pass"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				l := g.behind(&relay{seats: c.seats}, chaos.Standard)
				l.Load = c.load
				b := look(g.ctx, l, wire.EdgeCrowd)
				verdicts(t, b, c.wants...)
				if got, _ := passage.CrowdOf(b, wire.Via, "HTTP/1.1"); got.Worked != c.worked || got.Through != c.through {
					t.Errorf("got %+v, want %d that worked, and %d of those that did not", got, c.worked, c.through)
				}
				if most := 8 * time.Second; b.Duration > most {
					t.Errorf("it took %v, want no more than %v", b.Duration, most)
				}
			})
		})
	}
}

func TestStreamsShareAnHTTP2Connection(t *testing.T) {
	t.Parallel()
	inOurTime(t, func(t *testing.T, g *stage) {
		l := g.behind(&relay{}, chaos.Standard)
		l.Version = "HTTP/2.0"
		b := look(g.ctx, l, wire.EdgeCrowd)
		if got, _ := passage.CrowdOf(b, wire.Via, "HTTP/2.0"); got.Worked != 32 {
			t.Errorf("got %+v, want 32 that worked", got)
		}
		ids := map[uint32]bool{}
		for _, x := range b.Recording(wire.EdgeCrowd).Exchanges {
			for _, f := range x.Frames {
				if x.Route() == wire.Via && x.Case.Int("size") == 32 && f.Type == "HEADERS" {
					ids[f.Stream] = true
				}
			}
		}
		if len(ids) != 32 {
			t.Errorf("got %d streams with a number of their own, want 32 on one connection", len(ids))
		}
	})
}
