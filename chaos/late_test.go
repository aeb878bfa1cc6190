package chaos_test

import (
	"context"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// A sleeper is a connection on a machine that has no time for its owner: one read, past the n-th, wakes up long
// after its deadline and finds that out before it finds the bytes that have arrived.
type sleeper struct {
	net.Conn
	mu       sync.Mutex
	deadline time.Time
	reads    int
	at       int
}

func (s *sleeper) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	s.deadline = t
	s.mu.Unlock()
	return s.Conn.SetReadDeadline(t)
}

func (s *sleeper) Read(b []byte) (int, error) {
	s.mu.Lock()
	s.reads++
	asleep, until := s.reads == s.at, time.Until(s.deadline)
	s.mu.Unlock()
	if asleep {
		time.Sleep(max(until, 0) + time.Second)
		return 0, os.ErrDeadlineExceeded
	}
	return s.Conn.Read(b)
}

func TestWhatArrivedWhileThisMachineSleptIsNotMissing(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := g.serve(fixtures.Sound("answer"))
				l.Version = version
				dial := l.Dial
				l.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					c, err := dial(ctx, network, addr)
					return &sleeper{Conn: c, at: 1}, err
				}
				x := gather(t, g.ctx, l, wire.Control).Recording(wire.Control).Last()
				if x.End.Kind != wire.Complete || x.Status != 200 {
					t.Errorf("the exchange ended %v with status %d, want complete with 200", x.End, x.Status)
				}
			})
		})
	}
}
