package wire

import (
	"testing"
	"time"
)

func TestOnlyPausesWithinAStretchCount(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := &Bundle{Began: began, Noise: &Noise{Pauses: []Stretch{{100 * ms, 130 * ms}, {500 * ms, 700 * ms}}}}
	x := &Exchange{Began: began.Add(50 * ms)}
	for _, tc := range []struct {
		name     string
		from, to time.Duration
		want     time.Duration
	}{
		{"between two pauses", 100 * ms, 400 * ms, 0},
		{"over the first", 0, 300 * ms, 30 * ms},
		{"from within one", 70 * ms, 300 * ms, 30 * ms},
		{"up to within one", 100 * ms, 500 * ms, 200 * ms},
		{"over both, of which the longest counts", 0, time.Second, 200 * ms},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := b.Late(x, tc.from, tc.to); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
	if got := (&Bundle{}).Late(x, 0, time.Hour); got != 0 {
		t.Errorf("without a measurement: got %v, want none", got)
	}
}
