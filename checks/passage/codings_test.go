package passage_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestWhatIsHeldInACodingAlone(t *testing.T) {
	t.Parallel()
	sent, end := paced(rand.New(rand.NewPCG(3, 3)))
	end += time.Second
	for _, c := range []struct {
		name          string
		plain, offers way
		class         remedy.Class
		only          bool
		far           time.Duration
	}{
		{"nothing", lateBy(0), lateBy(time.Millisecond), "", false, 0},
		{"all of it to the end", lateBy(0), atTheEnd, remedy.HeldToEnd, true, 0},
		{"each event until the next", lateBy(0), oneLate, remedy.OneBehind, true, 0},
		{"what fills an encoder", lateBy(0), filled(4096, 0), remedy.EventsHeld, true, 0},
		{"as much as without", oneLate, oneLate, remedy.OneBehind, false, 0},
		{"as a far hop is late", lateBy(300 * time.Millisecond), lateBy(301 * time.Millisecond), "", false, 300 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &wire.Bundle{Recordings: []*wire.Recording{{Scene: wire.EdgeCodings, Exchanges: []*wire.Exchange{
				crossed("route=via type=text/event-stream offered=identity cache=no-cache", sent, end, c.plain),
				crossed("route=via type=text/event-stream offered=all cache=no-cache", sent, end, c.offers),
			}}}}
			b.Recordings[0].Exchanges[0].Dial, b.Recordings[0].Exchanges[1].Dial = c.far, c.far
			got := passage.CodingsOf(b)[1]
			if !got.Known || got.Class != c.class || got.Only != c.only {
				t.Errorf("got %q, alone: %v (known: %v); want %q, %v", got.Class, got.Only, got.Known, c.class, c.only)
			}
		})
	}
}
