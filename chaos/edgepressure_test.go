package chaos_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestWhatAHopTakesIsMeasuredWhileItsReaderDoesNotRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		hop  relay
		all  bool
	}{
		{"of one that waits for its reader", relay{}, false},
		{"of one that takes what it can get", relay{absorbs: true}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				l := g.behind(&c.hop, chaos.Standard)
				l.Load = true
				b := look(g.ctx, l, wire.EdgePressure)
				verdicts(t, b, "edge/back-pressure pass")
				for _, x := range b.Recording(wire.EdgePressure).Exchanges {
					p, known := passage.PressureOf(x)
					if !known || p.For < 5*time.Second || p.All() != (c.all && x.Route() == wire.Via) {
						t.Errorf("%s: got %+v", x.Case, p)
					}
				}
			})
		})
	}
}

func TestNobodyElsesHopIsPutUnderPressure(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.behind(&relay{}, chaos.Standard), wire.EdgePressure)
		if len(b.Recordings) != 0 || len(b.Gaps) != 1 || b.Gaps[0].Moot || !strings.Contains(b.Gaps[0].Reason, "--allow-load") {
			t.Errorf("got %d recordings and the gaps %v, want a gap that names --allow-load", len(b.Recordings), b.Gaps)
		}
	})
}
