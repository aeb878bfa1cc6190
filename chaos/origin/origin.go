// Package origin is the server behind a hop under test: it does with each request what the experiment's script says, and
// notes what it saw. Only a request that carries the script's own number has reached it.
//
// It speaks HTTP/1.x, HTTP/2 by prior knowledge and, with a TLS configuration, both over TLS. It imports wire.
package origin

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/ssespec/ssespec/checks/wire"
)

// Param is the parameter of a URL that holds the number of a visit.
const Param = "ssespec"

// An Origin is such a server.
type Origin struct {
	secure *tls.Config // nil for plain TCP

	mu      sync.Mutex
	visits  map[string]*Visit
	resting map[net.Conn]bool // HTTP/1.x connections that wait for another request
}

// New returns an origin. With a TLS configuration it speaks TLS only.
func New(secure *tls.Config) *Origin {
	if secure != nil {
		secure = secure.Clone()
		secure.NextProtos = []string{"h2", "http/1.1"}
	}
	return &Origin{secure: secure, visits: map[string]*Visit{}, resting: map[net.Conn]bool{}}
}

// Serve accepts connections until ctx ends, and waits for what it started.
func (o *Origin) Serve(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	for {
		c, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		wg.Go(func() { o.ServeConn(ctx, c) })
	}
}

// handshakeTimeout bounds the TLS handshake: whoever connects and says nothing costs no more.
const handshakeTimeout = 10 * time.Second

// ServeConn answers the requests of one connection, until that or ctx ends, and closes it.
func (o *Origin) ServeConn(ctx context.Context, c net.Conn) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	under, h2 := c, false
	if o.secure != nil {
		t := tls.Server(c, o.secure)
		hctx, done := context.WithTimeout(ctx, handshakeTimeout)
		err := t.HandshakeContext(hctx)
		done()
		if err != nil {
			return
		}
		c, h2 = t, t.ConnectionState().NegotiatedProtocol == "h2"
	}
	if h2 { // net/http wants to see the TLS connection itself
		o.serve2(ctx, c)
		return
	}
	b := &buffered{Conn: c, r: bufio.NewReaderSize(c, readSize)}
	if o.secure == nil && b.begins(http2.ClientPreface) {
		o.serve2(ctx, b)
		return
	}
	(&conn1{o: o, c: b, under: under}).serve(ctx)
}

// readSize is one read's worth.
const readSize = 32 << 10

// A buffered connection is one of which something was read ahead.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.r.Read(p) }

// begins reports whether what the client sends begins so; it waits for no more bytes than it needs to know, and once
// the first has come no longer than a head may take.
func (b *buffered) begins(with string) bool {
	b.r.Peek(1)
	b.SetReadDeadline(time.Now().Add(headTimeout))
	defer b.SetReadDeadline(time.Time{})
	for n := 1; n <= len(with); n++ {
		if got, err := b.r.Peek(n); err != nil || string(got) != with[:n] {
			return false
		}
	}
	return true
}

// rests notes whether a connection waits for a request.
func (o *Origin) rests(c net.Conn, so bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if delete(o.resting, c); so {
		o.resting[c] = true
	}
}

// CloseIdle closes the HTTP/1.x connections that wait for another request, as servers do now and then: for its next one a
// hop must open another.
func (o *Origin) CloseIdle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c := range o.resting {
		c.Close()
	}
}

// Expect makes a visit: what is done with the n-th request of its number, counted from 0.
func (o *Origin) Expect(script func(n int) Script) *Visit {
	var number [8]byte
	rand.Read(number[:])
	ctx, cancel := context.WithCancel(context.Background())
	v := &Visit{o: o, number: hex.EncodeToString(number[:]), script: script, ctx: ctx, cancel: cancel, changed: make(chan struct{})}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.visits[v.number] = v
	return v
}

// find returns the visit that a request target names, or nil.
func (o *Origin) find(target string) *Visit {
	u, err := url.Parse(target)
	if err != nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.visits[u.Query().Get(Param)]
}

// A Visit is the requests that carry one number.
type Visit struct {
	o      *Origin
	number string
	script func(n int) Script
	ctx    context.Context // ends when nobody waits for the visit any more
	cancel context.CancelFunc

	mu      sync.Mutex
	hits    []*hit
	changed chan struct{} // closed when a hit begins or ends
}

// At returns a URL with the number of the visit.
func (v *Visit) At(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set(Param, v.number)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Hits returns what was seen so far, its moments counted from zero.
func (v *Visit) Hits(zero time.Time) []*wire.Hit {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []*wire.Hit
	for _, h := range v.hits {
		out = append(out, h.since(zero))
	}
	return out
}

// Reused reports whether the first request came on a connection that had brought another before.
func (v *Visit) Reused() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.hits) > 0 && v.hits[0].again
}

// Settle waits until each request that came was dealt with, but no longer than ctx.
func (v *Visit) Settle(ctx context.Context) {
	for {
		v.mu.Lock()
		changed, over := v.changed, true
		for _, h := range v.hits {
			over = over && h.end != ""
		}
		v.mu.Unlock()
		if over {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// Stop ends what is still done for the visit, and forgets its number. Hits that were open stay so.
func (v *Visit) Stop() {
	v.mu.Lock()
	for _, h := range v.hits {
		if h.end == "" {
			h.end, h.endAt = wire.StillOpen, time.Now()
		}
	}
	v.mu.Unlock()
	v.cancel()
	v.o.mu.Lock()
	defer v.o.mu.Unlock()
	delete(v.o.visits, v.number)
}

func (v *Visit) tell() {
	close(v.changed)
	v.changed = make(chan struct{})
}

// A hit is a request that came.
type hit struct {
	v       *Visit
	n       int
	again   bool // its connection had brought a request before
	at      time.Time
	request wire.Request
	upload  []stamped
	head    time.Time
	status  int
	fields  wire.Header
	sent    []stamped
	written int64
	end     wire.HitEnd
	endAt   time.Time
}

type stamped struct {
	at   time.Time
	data []byte
}

func (v *Visit) hit(r wire.Request, again bool) *hit {
	v.mu.Lock()
	defer v.mu.Unlock()
	h := &hit{v: v, n: len(v.hits), again: again, at: time.Now(), request: r}
	v.hits = append(v.hits, h)
	v.tell()
	return h
}

// note changes what is known of a hit.
func (h *hit) note(change func()) {
	h.v.mu.Lock()
	defer h.v.mu.Unlock()
	change()
}

// over notes how a hit ended, unless that is known.
func (h *hit) over(end wire.HitEnd) {
	h.note(func() {
		if h.end == "" {
			h.end, h.endAt = end, time.Now()
			h.v.tell()
		}
	})
}

func (h *hit) since(zero time.Time) *wire.Hit {
	out := &wire.Hit{At: h.at.Sub(zero), Request: h.request, Status: h.status, Header: h.fields, Written: h.written, End: h.end}
	if !h.head.IsZero() {
		out.HeadAt = h.head.Sub(zero)
	}
	if !h.endAt.IsZero() {
		out.EndAt = h.endAt.Sub(zero)
	}
	chunks := func(all []stamped) []wire.Chunk {
		var cs []wire.Chunk
		for _, s := range all {
			cs = append(cs, wire.Chunk{At: s.at.Sub(zero), Data: s.data})
		}
		return cs
	}
	out.Upload, out.Sent = chunks(h.upload), chunks(h.sent)
	return out
}

// errLeft says that the hop left while something was sent to it.
var errLeft = errors.New("the client left")
