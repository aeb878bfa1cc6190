package stream

import (
	"strings"
	"testing"
)

func TestHeartbeatsGoByTheirNames(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{
		"ping": true, "Keep-Alive": true, " heartbeat\n": true, "": false, "pings": false, "message": false, strings.Repeat("x", 1<<20): false,
	} {
		if got := IsHeartbeat([]byte(word)); got != want {
			t.Errorf("%.20q: got %v, want %v", word, got, want)
		}
	}
}
