package chaos_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestTheOriginLearnsThatItsReaderLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		hop   relay
		wants []string
	}{
		{"through a hop that passes it on", relay{}, []string{"edge/leave-heard pass", "edge/leave-heard-in-silence pass"}},
		{"unless the hop reads on", relay{ignores: true}, []string{"edge/leave-heard fail", "edge/leave-heard-in-silence pass"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.behind(&c.hop, chaos.Standard), wire.EdgeLeave)
				verdicts(t, b, c.wants...)
				if most := 20 * time.Second; b.Duration > most {
					t.Errorf("it took %v, want no more than %v", b.Duration, most)
				}
			})
		})
	}
}

func TestReadersLeaveInEachWayOfTheirProtocol(t *testing.T) {
	t.Parallel()
	inOurTime(t, func(t *testing.T, g *stage) {
		l := g.behind(&relay{}, chaos.Standard)
		l.Version = "HTTP/2.0" // by prior knowledge, beside HTTP/1.1
		seen := map[string]int{}
		for _, x := range look(g.ctx, l, wire.EdgeLeave).Recording(wire.EdgeLeave).Exchanges {
			leave, known := passage.LeaveOf(x)
			by := x.Case.Get("leave")
			if !known || leave.After > 500*time.Millisecond || !leave.Told {
				t.Errorf("%s: got %+v (known: %v), want told at once", x.Case, leave, known)
			}
			seen[x.Route()+" "+by]++
		}
		for _, route := range []string{wire.Direct, wire.Via} {
			for _, by := range []string{"fin", "reset", "rst-stream", "closed"} {
				if got := seen[route+" "+by]; got != 4 {
					t.Errorf("%s, %s: got %d exchanges, want 4", route, by, got)
				}
			}
		}
	})
}
