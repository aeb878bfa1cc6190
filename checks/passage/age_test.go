package passage_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

// lives returns a recording of streams that began seven seconds apart and were ended at these ages.
func lives(ages ...time.Duration) *wire.Recording {
	r := &wire.Recording{Scene: wire.EdgeAge}
	for i, age := range ages {
		r.Exchanges = append(r.Exchanges, &wire.Exchange{
			Case: "route=via", Began: time.Unix(int64(7*i), 0), Status: 200,
			Body: saying(2*ms, before, age-500*ms, "data: ping\n\n"), End: wire.End{Kind: wire.Truncated, At: age},
			Hits: []*wire.Hit{{Status: 200, Sent: saying(ms, before), End: wire.Abandoned, EndAt: age}},
		})
	}
	return r
}

func TestAgeIsToldFromARestart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		ages    []time.Duration
		after   time.Duration
		restart bool
	}{
		{"streams that end at one age", []time.Duration{15 * s, 15100 * ms, 15 * s}, 15 * s, false},
		{"old ones, which a coarse clock ends", []time.Duration{600 * s, 608 * s, 601 * s}, 601 * s, false},
		{"streams that end at one moment", []time.Duration{40 * s, 33 * s, 26500 * ms}, 0, true},
		{"two that do, when the third had not begun", []time.Duration{9 * s, 2 * s}, 0, true},
		{"one alone", []time.Duration{60 * s}, 0, false},
		{"streams that end anyhow", []time.Duration{10 * s, 50 * s, 31 * s}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := passage.AgeOf(lives(c.ages...), wire.Via)
			if got.After != c.after || got.Restart != c.restart || len(got.Ends) != len(c.ages) || got.Held() {
				t.Errorf("got %+v, want an age of %v, restart: %v", got, c.after, c.restart)
			}
		})
	}
}
