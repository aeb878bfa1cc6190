package wire

import (
	"testing"
	"time"
)

func TestACaseIsReadByItsKeys(t *testing.T) {
	t.Parallel()
	c := Case("route=via").With("size", "4096").With("silence", "1.5s")
	if got, want := c, Case("route=via size=4096 silence=1.5s"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if c.Get("route") != Via || c.Int("size") != 4096 || c.Duration("silence") != 1500*time.Millisecond {
		t.Errorf("got %q, %d, %v", c.Get("route"), c.Int("size"), c.Duration("silence"))
	}
	if c.Get("none") != "" || c.Int("route") != 0 || c.Duration("size") != 0 {
		t.Error("what is not there, or no number, is not zero")
	}
	if got, want := c.Without("route"), Case("size=4096 silence=1.5s"); got != want {
		t.Errorf("without the route: got %q, want %q", got, want)
	}
}

func TestCounterpartsDifferInTheRouteOnly(t *testing.T) {
	t.Parallel()
	via := &Exchange{Case: "route=via run=1"}
	for c, want := range map[Case]bool{"route=direct run=1": true, "run=1 route=direct": true, "run=1": true, "route=direct run=2": false, "route=direct": false, "": false} {
		if got := via.Counterpart(&Exchange{Case: c}); got != want {
			t.Errorf("%q: got %v, want %v", c, got, want)
		}
	}
}
