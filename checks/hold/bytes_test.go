package hold_test

import (
	"strings"
	"testing"
	"time"
)

func TestABufferThatFillsTooSoonIsNotSaidToBeAbsent(t *testing.T) {
	t.Parallel()
	event := "data: " + strings.Repeat("x", 256) + "\n\n" // 22 kB a second: 4 KiB take 186 ms
	var ps []piece
	for i := range 1000 {
		ps = append(ps, piece{time.Duration(i) * 12 * time.Millisecond, event})
	}
	if got := read(ps).ByteHeld().Power; got.Least != 8<<10 || got.Buffer != 64<<10 {
		t.Errorf("got buffers from %d to %d, want 8 KiB to 64 KiB", got.Least, got.Buffer)
	}
}
