package passage_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestPressureIsWhatTheOriginCouldWrite(t *testing.T) {
	t.Parallel()
	x := &wire.Exchange{Case: "route=via most=1000", Hits: []*wire.Hit{{Status: 200, HeadAt: s, EndAt: 6 * s, Written: 600}}}
	if got, known := passage.PressureOf(x); !known || got != (passage.Pressure{Bytes: 600, Most: 1000, For: 5 * s}) || got.All() {
		t.Errorf("got %+v, %v", got, known)
	}
	x.Hits[0].Written = 1000
	if got, _ := passage.PressureOf(x); !got.All() {
		t.Errorf("got %+v, want all of it", got)
	}
	if _, known := passage.PressureOf(&wire.Exchange{}); known {
		t.Error("a request that did not reach the origin tells something")
	}
}
