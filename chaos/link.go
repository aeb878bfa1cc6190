package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
	zlog "github.com/rs/zerolog/log"

	"github.com/ssespec/ssespec/checks/wire"
)

// A link stands between one reader and the target, and disturbs its connections one after the other.
//
// Each connection is a chain of toxiproxy toxics that is laid before the first byte and never changed, for
// adding, updating and removing toxics on a live connection may deadlock (toxiproxy 2.12.0). The sockets at
// both ends are our own: so no error of a writer stops a chain, a connection may end in FIN, in RST or by
// half, and the target's own end is known.
type link struct {
	l       *Lab // which reaches the target
	mode    wire.Mode
	seed    uint64
	near    net.Listener
	hops    []*hop
	gates   sync.WaitGroup                             // gateways that answer in place of the target
	step    Step                                       // for the next connection
	version string                                     // that the next connection will speak
	refused time.Time                                  // until when connections are refused
	pair    func() (reader, front net.Conn, err error) // in place of sockets, for tests in fake time
}

// stopTimeout bounds how long an end of a link is waited for; it takes microseconds.
const stopTimeout = time.Second

// newLink returns a link to the lab's target.
func (l *Lab) newLink(mode wire.Mode, seed uint64) (*link, error) {
	quiet()
	k := &link{l: l, mode: mode, seed: seed}
	if l.sockets != nil {
		k.pair = l.sockets
		return k, nil
	}
	near, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	k.near, k.pair = near, k.sockets
	return k, nil
}

// quiet registers our toxic once, and silences a logger that the bandwidth toxic writes to.
var quiet = sync.OnceFunc(func() {
	zlog.Logger = zerolog.Nop()
	toxics.Register(valveType, new(valve))
})

// proxies is what toxiproxy wants around a proxy. Its HTTP interface is never opened.
var proxies = sync.OnceValue(func() *toxiproxy.ApiServer {
	return toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
})

// arm says what happens to the next connection.
func (k *link) arm(s Step, version string) { k.step, k.version = s, version }

// hop returns the latest connection, or nil.
func (k *link) hop() *hop {
	if len(k.hops) == 0 {
		return nil
	}
	return k.hops[len(k.hops)-1]
}

// speaks returns the protocol of the bytes that pass through.
func (k *link) speaks() string {
	if k.mode == wire.WireMode {
		return "TLS"
	}
	return k.version
}

// relented reports whether the time is over for which connections were to be refused, and forgets it.
func (k *link) relented() bool {
	if k.refused.IsZero() || time.Now().Before(k.refused) {
		return false
	}
	k.refused = time.Time{}
	return true
}

// close ends every connection and waits until nothing of it is left.
func (k *link) close() error {
	if k.near != nil {
		k.near.Close()
	}
	k.gates.Wait()
	var errs []error
	for _, h := range k.hops {
		errs = append(errs, h.close())
	}
	return errors.Join(errs...)
}

// dial opens a connection to the target through the link. In exact mode TLS is spoken at its far end, and
// info says what was agreed on.
func (k *link) dial(ctx context.Context, u *url.URL, addr string, protocols []string) (c net.Conn, info *wire.TLS, err error) {
	switch s := k.step; s.Kind {
	case wire.Refuse:
		if k.refused.IsZero() {
			k.refused = time.Now().Add(s.For)
		}
		return nil, nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case wire.DNSFail:
		return nil, nil, &net.DNSError{Err: "no such host", Name: u.Hostname(), IsNotFound: true}
	case wire.TLSFail:
		return nil, nil, plainly(errDisturbed, "TLS: the handshake with %s failed", u.Hostname())
	case wire.Status, wire.WrongType:
		c, err := k.gateway(s)
		return c, &wire.TLS{}, err // whose TLS, if there were any, is not what is looked at
	}
	far, info, err := k.reach(ctx, u, addr, protocols)
	if err != nil {
		return nil, nil, err
	}
	reader, front, err := k.pair()
	if err != nil {
		far.Close()
		return nil, nil, err
	}
	h, err := newHop(k, far, front, reader)
	if err != nil {
		far.Close()
		front.Close()
		reader.Close()
		return nil, nil, err
	}
	k.hops = append(k.hops, h)
	return &readerConn{Conn: reader, h: h}, info, nil
}

// errDisturbed is the cause of a failure that is our doing.
var errDisturbed = errors.New("disturbed on purpose")

// reach opens the connection at the far end.
func (k *link) reach(ctx context.Context, u *url.URL, addr string, protocols []string) (net.Conn, *wire.TLS, error) {
	c, err := k.l.tunnel(ctx, u.Scheme, addr)
	if err != nil {
		return nil, nil, err
	}
	if u.Scheme != "https" || k.mode == wire.WireMode {
		return c.Conn, nil, nil
	}
	ln := &line{Conn: c, bottom: c}
	if err := ln.secure(ctx, k.l.TLS, u.Hostname(), protocols); err != nil {
		c.Close()
		return nil, nil, explainTLS(u.Hostname(), err)
	}
	return ln.tls, ln.info, nil
}

// sockets makes two ends of a loopback connection.
func (k *link) sockets() (reader, front net.Conn, err error) {
	reader, err = net.Dial("tcp", k.near.Addr().String())
	if err != nil {
		return nil, nil, fmt.Errorf("link: %w", err)
	}
	for {
		front, err = k.near.Accept()
		if err != nil {
			reader.Close()
			return nil, nil, fmt.Errorf("link: %w", err)
		}
		if front.RemoteAddr().String() == reader.LocalAddr().String() {
			return reader, front, nil
		}
		front.Close() // somebody else's
	}
}

// A hop is one connection through a link.
type hop struct {
	step    Step
	carrier carrier  // nil where no place is looked for
	front   net.Conn // towards the reader
	reader  net.Conn // its other end
	far     net.Conn // towards the target
	random  *rand.Rand
	id      int64
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

var (
	hopsMu sync.Mutex
	hopsBy = map[int64]*hop{} // toxics are made by reflection from JSON, so a number must stand for the hop
	hopID  atomic.Int64
)

func newHop(k *link, far, front, reader net.Conn) (*hop, error) {
	h := &hop{step: k.step, far: far, front: front, reader: reader, id: hopID.Add(1), closed: make(chan struct{}), arrival: make(chan struct{}, 1),
		random: rand.New(rand.NewPCG(k.seed, uint64(len(k.hops))))}
	if h.step.Kind.Placed() {
		h.carrier = newCarrier(h.step.Spot, k.speaks(), h.step.Kind == wire.Duplicate)
	}
	hopsMu.Lock()
	hopsBy[h.id] = h
	hopsMu.Unlock()
	p := toxiproxy.NewProxy(proxies(), fmt.Sprint("hop ", h.id), "", "")
	chain := append(shaping(h.step), toxic{Type: valveType, Attributes: valve{h.id}})
	for _, t := range chain {
		if err := t.add(p); err != nil {
			h.forget()
			return nil, err
		}
	}
	h.ends.Add(2)
	p.Toxics.StartLink(proxies(), "down", farReader{h}, frontWriter{h}, stream.Downstream)
	p.Toxics.StartLink(proxies(), "up", front, farWriter{h}, stream.Upstream)
	return h, nil
}

// A toxic is one part of a chain, as toxiproxy reads it from JSON.
type toxic struct {
	Type       string `json:"type"`
	Stream     string `json:"stream,omitempty"`
	Attributes any    `json:"attributes"`
}

func (t toxic) add(p *toxiproxy.Proxy) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if _, err = p.Toxics.AddToxicJson(bytes.NewReader(b)); err != nil {
		return fmt.Errorf("toxic %s: %w", t.Type, err)
	}
	return nil
}

// shaping returns toxiproxy's own toxics for a step.
func shaping(s Step) []toxic {
	switch s.Kind {
	case wire.Latency:
		return []toxic{
			{Type: "latency", Attributes: map[string]int64{"latency": s.For.Milliseconds()}},
			{Type: "latency", Stream: "upstream", Attributes: map[string]int64{"latency": s.For.Milliseconds()}},
		}
	case wire.Bandwidth:
		return []toxic{{Type: "bandwidth", Attributes: map[string]int{"rate": s.N}}}
	}
	return nil
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
	h.forget()
	return nil
}

func (h *hop) forget() {
	hopsMu.Lock()
	defer hopsMu.Unlock()
	delete(hopsBy, h.id)
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
