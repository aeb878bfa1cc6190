package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A hop is one connection through a link.
type hop struct {
	step    Step
	carrier carrier  // nil where no place is looked for
	front   net.Conn // towards the reader
	reader  net.Conn // its other end
	far     net.Conn // towards the target
	random  *rand.Rand
	ends    sync.WaitGroup // the two writers
	closed  chan struct{}
	once    sync.Once

	mu       sync.Mutex
	landed   bool
	mute     time.Time     // behind this moment the reader gives up waiting; zero for never
	fizzled  string        // why the fault cannot be done here
	emitted  int64         // bytes on their way to the reader
	received int64         // bytes that the reader has
	arrival  chan struct{} // told when received grows
	left     bool          // the reader closed its end
	ending   wire.FaultKind
	farEnd   error // how the target ended the connection; nil if it did not
}

func newHop(k *link, far, front, reader net.Conn) *hop {
	h := &hop{step: k.step, far: far, front: front, reader: reader, closed: make(chan struct{}), arrival: make(chan struct{}, 1),
		random: rand.New(rand.NewPCG(k.seed, uint64(len(k.hops))))}
	if h.step.Kind.Placed() {
		h.carrier = newCarrier(h.step.Spot, k.speaks(), h.step.Kind == wire.Duplicate)
	}
	h.lay()
	return h
}

// close ends the connection and waits for its chain.
func (h *hop) close() error {
	h.once.Do(func() { close(h.closed) })
	h.front.Close()
	h.far.Close()
	done := make(chan struct{})
	go func() { h.ends.Wait(); close(done) }()
	t := time.NewTimer(stopTimeout)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		return fmt.Errorf("a connection did not end within %v", stopTimeout)
	}
	return nil
}

// open reports whether the target is to believe the connection open although the reader is gone.
func (h *hop) open() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.landed && (h.step.Kind == wire.Stall || h.step.Kind == wire.HalfShut)
}

// farReader reads what the target sends, and notes how it ends.
type farReader struct{ h *hop }

func (r farReader) Read(b []byte) (int, error) {
	n, err := r.h.far.Read(b)
	if err != nil {
		r.h.mu.Lock()
		if r.h.farEnd == nil {
			r.h.farEnd = err
		}
		r.h.mu.Unlock()
	}
	return n, err
}

// farWriter writes to the target. It never fails: what the target no longer takes is dropped.
type farWriter struct{ h *hop }

func (w farWriter) Write(b []byte) (int, error) {
	w.h.far.Write(b)
	return len(b), nil
}

// Close is called when the reader has ended its side.
func (w farWriter) Close() error {
	defer w.h.ends.Done()
	w.h.mu.Lock()
	left := w.h.left
	w.h.mu.Unlock()
	if half, ok := w.h.far.(interface{ CloseWrite() error }); ok && !left {
		return half.CloseWrite()
	}
	if w.h.open() {
		return nil
	}
	return w.h.far.Close()
}

// frontWriter writes to the reader. It never fails: what the reader no longer takes is dropped, since a
// chain behind a failed writer would block for ever.
type frontWriter struct{ h *hop }

func (w frontWriter) Write(b []byte) (int, error) {
	w.h.front.Write(b)
	return len(b), nil
}

// Close ends the connection towards the reader in the way that the fault wants, or as the target did.
func (w frontWriter) Close() error {
	h := w.h
	defer h.ends.Done()
	h.mu.Lock()
	how, farEnd := h.ending, h.farEnd
	h.mu.Unlock()
	if how == "" && errors.Is(farEnd, syscall.ECONNRESET) {
		h.delivered()
		how = wire.RST
	}
	switch how {
	case wire.RST:
		reset(h.front)
		reset(h.far)
		return nil
	case wire.HalfShut:
		return closeWrite(h.front)
	}
	closeWrite(h.front)
	return h.far.Close()
}

// closeWrite ends our side of a connection; the reader's is read until it ends too, since closing with
// bytes unread would make a reset of it.
func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// reset drops a connection so that its peer sees RST.
func reset(c net.Conn) {
	if under, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = under.NetConn()
	}
	if s, ok := c.(*stamped); ok {
		c = s.Conn
	}
	switch t := c.(type) {
	case *net.TCPConn:
		t.SetLinger(0)
	case interface{ Reset() error }:
		t.Reset()
		return
	}
	c.Close()
}

// readerConn is the reader's end of a connection.
type readerConn struct {
	net.Conn
	h *hop
}

func (c *readerConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.h.mu.Lock()
		c.h.received += int64(n)
		c.h.mu.Unlock()
		select {
		case c.h.arrival <- struct{}{}:
		default:
		}
	}
	return n, err
}

// SetReadDeadline lets the reader wait no longer than it makes sense to.
func (c *readerConn) SetReadDeadline(t time.Time) error {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	if m := c.h.mute; !m.IsZero() && (t.IsZero() || t.After(m)) {
		t = m
	}
	return c.Conn.SetReadDeadline(t)
}

// silence is how long the reader waits on a connection that was stalled for ever.
const silence = 300 * time.Millisecond

// mutes makes the reader give up soon.
func (h *hop) mutes() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mute = time.Now().Add(silence)
	h.reader.SetReadDeadline(h.mute)
}

func (c *readerConn) CloseWrite() error { return closeWrite(c.Conn) }

func (c *readerConn) Close() error {
	c.h.mu.Lock()
	c.h.left = true
	c.h.mu.Unlock()
	return c.Conn.Close()
}

// delivered waits until the reader has all that was sent to it, or is gone: a reset throws away what is
// still on its way.
func (h *hop) delivered() {
	t := time.NewTimer(stopTimeout)
	defer t.Stop()
	for {
		h.mu.Lock()
		done := h.received >= h.emitted || h.left
		h.mu.Unlock()
		if done {
			return
		}
		select {
		case <-h.arrival:
		case <-h.closed:
			return
		case <-t.C:
			return
		}
	}
}
