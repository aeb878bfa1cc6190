package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"

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

// quiet silences a logger that the bandwidth toxic writes to.
var quiet = sync.OnceFunc(func() { zlog.Logger = zerolog.Nop() })

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
	h := newHop(k, far, front, reader)
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

// lay starts the chains of toxics of both directions.
func (h *hop) lay() {
	h.ends.Add(2)
	down, up := shaping(h.step)
	chain(farReader{h}, frontWriter{h}, append(down, valve{h}))
	chain(h.front, farWriter{h}, up)
}

// chain carries what a source sends through toxics, one behind the other, to a destination, as a link of toxiproxy does.
func chain(source io.Reader, dest io.WriteCloser, all []toxics.Toxic) {
	first := make(chan *stream.StreamChunk, queue(all))
	last := first
	for i, t := range all {
		next := make(chan *stream.StreamChunk, queue(all[i+1:]))
		go toxics.NewToxicStub(last, next).Run(&toxics.ToxicWrapper{Toxic: t, Toxicity: 1})
		last = next
	}
	go func() {
		in := stream.NewChanWriter(first)
		io.Copy(in, source) // how it ended is noted by the source
		in.Close()
	}()
	go func() {
		io.Copy(dest, stream.NewChanReader(last))
		dest.Close()
	}()
}

// queue is how many pieces may wait for the first of some toxics: latency must not hold up who sends.
func queue(all []toxics.Toxic) int {
	if len(all) == 0 {
		return 0
	}
	if b, ok := all[0].(toxics.BufferedToxic); ok {
		return b.GetBufferSize()
	}
	return 0
}

// shaping returns toxiproxy's own toxics for a step, towards the reader and towards the target.
func shaping(s Step) (down, up []toxics.Toxic) {
	switch s.Kind {
	case wire.Latency:
		one := &toxics.LatencyToxic{Latency: s.For.Milliseconds()}
		return []toxics.Toxic{one}, []toxics.Toxic{one}
	case wire.Bandwidth:
		return []toxics.Toxic{&toxics.BandwidthToxic{Rate: int64(s.N)}}, nil
	}
	return nil, nil
}
