package buffering

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/checktest"
	"github.com/ssespec/ssespec/checks/hold"
)

func TestRecordedCases(t *testing.T) { checktest.Run(t, Suite) }

func TestEqualPiecesAtEqualTimes(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for _, c := range []struct {
		says   string
		places []hold.Place
		size   int
		every  time.Duration
	}{
		{"measured out", []hold.Place{{Wire: 4096, At: second}, {Wire: 8192, At: 2 * second}, {Wire: 12288, At: 3 * second}}, 4096, second},
		{"equal pieces alone", []hold.Place{{Wire: 4096, At: second}, {Wire: 8192, At: 2 * second}, {Wire: 12288, At: 4 * second}}, 0, 0},
		{"equal times alone", []hold.Place{{Wire: 4096, At: second}, {Wire: 8192, At: 2 * second}, {Wire: 16384, At: 3 * second}}, 0, 0},
	} {
		if size, every := evenly(c.places); size != c.size || every != c.every {
			t.Errorf("%s: got %d bytes every %v, want %d every %v", c.says, size, every, c.size, c.every)
		}
	}
}
