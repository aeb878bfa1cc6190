package chaos

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// tick is the period of the control stream that watches this machine. Delays of 5 to 100 ms were measured on
// two busy cores, so ten milliseconds sees what could spoil a verdict on timing.
const tick = 10 * time.Millisecond

// pauseFrom is how late the control stream must be for the moment to be kept: less spoils no threshold.
const pauseFrom = 2 * tick

// mostPauses bounds what is kept of a machine that is never in time.
const mostPauses = 2000

// A listener measures how late this machine is while recordings are made: it writes to a stream of its own every tick, on
// loopback, and reads it in the same process.
type listener struct {
	began time.Time
	near  net.Conn
	quit  chan struct{}
	done  chan *wire.Noise
}

// listen begins to measure. Where connections are made in memory, as tests do in time of their own, so is this one.
func (l *Lab) listen(began time.Time) *listener {
	near, far := net.Pipe()
	if l.Dial == nil {
		if a, b, err := loopback(); err == nil {
			near, far = a, b
		}
	}
	n := &listener{began: began, near: near, quit: make(chan struct{}), done: make(chan *wire.Noise, 1)}
	go n.write()
	go n.read(far)
	return n
}

// loopback returns both ends of a TCP connection on this machine.
func loopback() (near, far net.Conn, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	if near, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	if far, err = ln.Accept(); err != nil {
		near.Close()
	}
	return near, far, err
}

// write sends the moment at which each piece was due, counted from the beginning.
func (n *listener) write() {
	defer n.near.Close()
	t := time.NewTimer(tick)
	defer t.Stop()
	var piece [8]byte
	for due := time.Now().Add(tick); ; {
		select {
		case <-n.quit:
			return
		case <-t.C:
		}
		binary.BigEndian.PutUint64(piece[:], uint64(due.Sub(n.began)))
		if _, err := n.near.Write(piece[:]); err != nil {
			return
		}
		due = time.Now().Add(tick)
		t.Reset(tick)
	}
}

func (n *listener) read(far net.Conn) {
	defer far.Close()
	var late []time.Duration
	var pauses []wire.Stretch
	for piece := make([]byte, 8); ; {
		if _, err := io.ReadFull(far, piece); err != nil {
			n.done <- noiseOf(late, pauses)
			return
		}
		due, now := time.Duration(binary.BigEndian.Uint64(piece)), time.Since(n.began)
		late = append(late, max(0, now-due))
		if now-due >= pauseFrom {
			pauses = pause(pauses, wire.Stretch{From: due, To: now})
		}
	}
}

// pause adds a stretch: to the last one where they are neighbours, or there is no room.
func pause(all []wire.Stretch, s wire.Stretch) []wire.Stretch {
	if n := len(all); n > 0 && (s.From-all[n-1].To <= tick || n == mostPauses) {
		all[n-1].To = s.To
		return all
	}
	return append(all, s)
}

// stop ends the measurement and returns it, or nil where the run was too short for one.
func (n *listener) stop() *wire.Noise {
	close(n.quit)
	return <-n.done
}

func noiseOf(late []time.Duration, pauses []wire.Stretch) *wire.Noise {
	if len(late) == 0 {
		return nil
	}
	slices.Sort(late)
	return &wire.Noise{P50: late[len(late)/2], P99: late[len(late)*99/100], Pauses: pauses}
}
