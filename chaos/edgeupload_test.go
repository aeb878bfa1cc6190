package chaos_test

import (
	"testing"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestABodyIsSeenOnItsWayToTheOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		hop    relay
		passed bool
	}{
		{"that is passed on as it is sent", relay{}, true},
		{"that the hop collects first", relay{stores: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.behind(&c.hop, chaos.Standard), wire.EdgeUpload)
				verdicts(t, b, "edge/upload pass")
				for _, x := range b.Recording(wire.EdgeUpload).Exchanges {
					if x.Case.Get("body") != "slow" {
						continue
					}
					u, known := passage.UploadOf(x)
					if want := c.passed || x.Route() == wire.Direct; !known || u.Passed() != want || u.Bytes != 256<<10 {
						t.Errorf("%s: got %+v (passed: %v), want 256 kB, passed on: %v", x.Case, u, u.Passed(), want)
					}
				}
			})
		})
	}
}
