package chaos_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestSingleEventsAreSentBeforeASilence(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.over(t, "plain", chaos.Quick), wire.EdgeHold)
		want := []int{0, 64, 1010, 3900, 5070, 9050, 20300, 70700, 150300}
		if got := sizesOf(b, wire.EdgeHold); !slices.Equal(got, want) {
			t.Errorf("got events of %v bytes, want %v", got, want)
		}
		for _, x := range b.Recording(wire.EdgeHold).Exchanges {
			sent, size := x.Origin().Sent, x.Case.Int("size")
			switch silence := sent[1].At - sent[0].At; {
			case size == 0:
				if early := sent[0].At - x.HeadAt; early < time.Second {
					t.Errorf("the head came %v before the body was sent, want more than a second", early)
				}
			case len(sent[0].Data) != size || silence < 2*time.Second:
				t.Errorf("%s: got %d bytes and then %v of silence", x.Case, len(sent[0].Data), silence)
			}
		}
		if most := 4 * time.Second; b.Duration > most {
			t.Errorf("it took %v, want no more than %v", b.Duration, most)
		}
	})
}

func TestHoldsAreToldApart(t *testing.T) {
	t.Parallel()
	for hop, want := range map[string]string{
		"plain":       "edge/byte-buffer pass",
		"far":         "edge/byte-buffer pass",
		"buffer-1000": "edge/byte-buffer fail",
		"large-tail":  "edge/large-event fail",
		"timer-200ms": "edge/flush-interval fail",
		"head-held":   "edge/headers-early fail",
	} {
		t.Run(hop, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				verdicts(t, look(g.ctx, g.over(t, hop, chaos.Quick), wire.EdgePace, wire.EdgeDrip, wire.EdgeHold), want)
			})
		})
	}
}
