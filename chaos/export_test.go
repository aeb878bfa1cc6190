package chaos

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// What a schedule may be made of.
var (
	Wheres  = wheres
	Cursors = cursors
)

// FaultWords returns the faults as they are written.
func FaultWords() []string { return slices.Sorted(maps.Keys(faultWords)) }

// A Carrier shows a carrier to the tests.
type Carrier struct{ carrier }

func NewCarrier(spot Spot, protocol string, repeats bool) Carrier {
	return Carrier{newCarrier(spot, protocol, repeats)}
}

func (c Carrier) Carry(b []byte) (before []byte, reached bool, behind []byte) { return c.carry(b) }
func (c Carrier) End() bool                                                   { return c.end() }
func (c Carrier) Repeat() []byte                                              { return c.repeat() }
func (c Carrier) Place() (offset, events int)                                 { return c.place() }

// UseSockets makes the ends of links with pair, so that trials can be made in fake time.
func (l *Lab) UseSockets(pair func() (reader, front net.Conn, err error)) { l.sockets = pair }

// A Passage is one answer that was read through a link.
type Passage struct {
	Exchange *wire.Exchange
	Fault    *wire.Fault
	Closing  time.Duration // how long the link took to end
	Err      error
}

// Pass reads one answer through a link of its own that does the step to it. Before the link ends it
// calls stay, if there is one, and reads no longer than enough says.
func (l *Lab) Pass(ctx context.Context, step Step, version string, enough func() bool, stay func()) (p Passage) {
	k, err := l.newLink(l.mode(Schedule{step}), 1)
	if err != nil {
		return Passage{Err: err}
	}
	one := *l
	one.link = k
	k.arm(step, version)
	r := &reader{l: one, t: &Trial{}, k: k}
	xs, err := one.record(ctx, ask{req: one.asEventSource(), version: version, patience: whole(l.watch()), enough: enough})
	if p.Err = err; len(xs) > 0 {
		p.Exchange = xs[len(xs)-1]
		p.Fault = r.fault(step, p.Exchange, len(k.hops) > 0)
	}
	if stay != nil {
		stay()
	}
	began := time.Now()
	if err := k.close(); err != nil {
		p.Err = err
	}
	p.Closing = time.Since(began)
	return p
}

// Reach dials through a link that does the step, and leaves again.
func (l *Lab) Reach(ctx context.Context, step Step) error {
	k, err := l.newLink(wire.ExactMode, 1)
	if err != nil {
		return err
	}
	defer k.close()
	one := *l
	one.link = k
	k.arm(step, "HTTP/1.1")
	u, err := url.Parse(l.Target.URL)
	if err != nil {
		return err
	}
	c, err := one.connect(ctx, u, nil, netip.Addr{})
	if err == nil {
		c.Close()
	}
	return err
}

// Unknown returns what a reader names in place of its id where it is to name one that was never given.
func (l *Lab) Unknown(id string) string { return (&reader{l: *l}).unknown(id) }

// Leave does without a link what a trial does through one: a reader leaves its stream behind so many events,
// and comes back for the rest. It returns how many events it was given.
func (l *Lab) Leave(ctx context.Context, events int, resume profile.Resume) (int, error) {
	r := &reader{l: *l, t: &Trial{Resume: resume}, rec: &wire.Recording{}, retry: -1}
	n, all := 0, 0
	live := stream.NewReader(stream.EventStream, func(*stream.Event) { n++; all++ })
	r.l.Tap = func(p Progress) { live.Write(p.Body) }
	a := ask{req: r.l.asEventSource(), version: r.l.version(), patience: (&reader{l: *l}).watch(Step{}), enough: func() bool { return n >= events }}
	xs, err := r.l.record(ctx, a)
	if err != nil {
		return 0, err
	}
	r.learn(xs[len(xs)-1])
	if !wait(ctx, r.retry) {
		return 0, ctx.Err()
	}
	live = stream.NewReader(stream.EventStream, func(*stream.Event) { all++ })
	a.enough = nil
	if a.req, err = r.request(ctx, a.req); err != nil {
		return 0, err
	}
	_, err = r.l.record(ctx, a)
	return all, err
}
