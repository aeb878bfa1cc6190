package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// attempt makes one connection, and notes what was done to it.
func (r *reader) attempt(ctx context.Context, step Step, resumed bool) ([]*wire.Exchange, error) {
	req := r.l.asEventSource()
	if resumed {
		var err error
		if req, err = r.request(ctx, req); err != nil {
			return nil, err
		}
	}
	version := r.l.version()
	if step.Kind == wire.Status || step.Kind == wire.WrongType {
		version = "HTTP/1.1"
	}
	a := ask{req: req, version: version, patience: r.watch(step)}
	if _, ok := r.turn(Address); ok {
		if err := r.another(ctx, &a); err != nil {
			return nil, err
		}
	}
	beside := func() {}
	if _, ok := r.turn(Together); ok && resumed {
		beside = r.beside(ctx, a, wire.Twin, 0)
	}
	if _, ok := r.turn(Another); ok && resumed {
		beside = r.beside(ctx, ask{req: r.l.asEventSource(), version: version, patience: a.patience}, wire.Rival, rivalEvents)
	}
	r.k.arm(step, version)
	hops := len(r.k.hops)
	xs, err := r.look(ctx, &r.l, a, step.Kind == "" || step.Kind.Shapes())
	defer beside()
	if err != nil && len(xs) == 0 {
		if x := r.unopened(step, a, resumed, err); x != nil {
			x.Cursor = r.named
			r.rec.Exchanges = append(r.rec.Exchanges, x)
			return []*wire.Exchange{x}, nil
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	x := xs[len(xs)-1]
	r.rec.Exchanges = append(r.rec.Exchanges, xs...)
	if r.heard = r.witness.heard(); resumed {
		x.Cursor = r.named
	}
	if step.Kind == wire.Status || step.Kind == wire.WrongType {
		r.l.purse.refund() // no request of the target's
	}
	if step.Kind != "" {
		x.Fault = r.fault(step, x, len(r.k.hops) > hops)
	}
	r.learn(x)
	if _, ok := r.turn(Twice); ok && resumed {
		return xs, r.ask(ctx, a, wire.Twin)
	}
	return xs, nil
}

// ask makes a request that is not the reader's own.
func (r *reader) ask(ctx context.Context, a ask, role wire.Role) error {
	xs, err := r.look(ctx, r.plain(), a, true)
	r.keep(xs, role)
	return err
}

// plain returns a lab for requests that are not disturbed.
func (r *reader) plain() *Lab {
	one := r.l
	one.link = nil
	return &one
}

// keep adds the exchanges of a request beside the reader's own.
func (r *reader) keep(xs []*wire.Exchange, role wire.Role) {
	for _, x := range xs {
		x.Role = role
		if role != wire.Rival {
			x.Cursor = r.named
		}
	}
	r.rec.Exchanges = append(r.rec.Exchanges, xs...)
}

// beside makes a request while the reader makes its own, and returns when that has brought so many events,
// or ended. The exchanges are kept when the function that is returned is called.
func (r *reader) beside(ctx context.Context, a ask, role wire.Role, events int) func() {
	one := r.plain()
	var xs []*wire.Exchange
	begun, done := make(chan struct{}), make(chan struct{})
	n := 0
	tell := sync.OnceFunc(func() { close(begun) })
	live := stream.NewReader(stream.EventStream, func(*stream.Event) {
		if n++; n == events {
			tell()
		}
	})
	one.Tap = func(p Progress) { live.Write(p.Body) }
	if r.l.endless() {
		a.enough = func() bool { return n >= events+enoughEvents }
	}
	if events == 0 {
		tell()
	}
	go func() {
		defer close(done)
		defer tell()
		xs, _ = one.record(ctx, a)
	}()
	<-begun
	return func() {
		<-done
		r.keep(xs, role)
	}
}

// rivalEvents are how many events another stream brings before the reader comes back to its own.
const rivalEvents = 2

// endless reports whether the control stream did not end while it was watched.
func (l *Lab) endless() bool {
	x := l.control()
	return x == nil || !x.End.Kind.ServerEnded()
}

// watch is how long one connection is watched.
func (r *reader) watch(step Step) patience {
	d := r.l.patience()
	p := whole(d)
	p.linger, p.behind = d, 0 // what follows the answer is looked for elsewhere
	if step.Kind == wire.Pause || step.Kind == wire.SlowClose {
		p.linger += step.For
	}
	if step.Spot.Where != "" || step.Kind.Shapes() {
		p.linger += r.l.watch()
	}
	return p
}

// look reads one answer. Of an endless stream that is left alone, a few events are enough.
func (r *reader) look(ctx context.Context, l *Lab, a ask, alone bool) ([]*wire.Exchange, error) {
	if alone && l.endless() {
		n := 0
		events := stream.NewReader(stream.EventStream, func(*stream.Event) { n++ })
		l.Tap = func(p Progress) { events.Write(p.Body) }
		a.enough = func() bool { return n >= enoughEvents }
		defer func() { l.Tap = nil }()
	}
	return l.record(ctx, a)
}

// fault says what was done to an exchange and how the reader saw it.
func (r *reader) fault(step Step, x *wire.Exchange, hopped bool) *wire.Fault {
	f := &wire.Fault{Kind: step.Kind, Aim: step.String(), Landed: -1}
	if step.Kind == wire.Status || step.Kind == wire.WrongType {
		f.Landed, f.Seen = 0, fmt.Sprintf("status %d", x.Status)
		return f
	}
	if !hopped {
		return f
	}
	h := r.k.hop()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.landed {
		return f
	}
	for _, c := range x.Body {
		f.Landed += len(c.Data)
	}
	f.Landed++ // from -1
	if (step.Kind == wire.Pause || step.Kind == wire.Duplicate) && h.carrier != nil {
		f.Landed, _ = h.carrier.place()
	}
	f.Seen = seen(step.Kind, x)
	return f
}

// seen says how the reader saw a fault.
func seen(kind wire.FaultKind, x *wire.Exchange) string {
	if !kind.Cuts() {
		return string(kind)
	}
	for _, f := range x.Frames {
		if f.Type == "GOAWAY" && kind == wire.GoAway || f.Type == "RST_STREAM" {
			return f.Type
		}
	}
	switch x.End.Kind {
	case wire.Complete:
		return wire.SeenAsEnd
	case wire.Truncated:
		return "fin"
	case wire.Reset:
		if kind == wire.Flip {
			return x.End.Note
		}
		return "reset"
	}
	if x.End.Note != "" { // what came could not be read any more
		return x.End.Note
	}
	return wire.SeenSilence
}

// unopened makes an exchange of a connection that did not open: because we kept it from opening, or because the
// server that answered before is gone. It is nil for any other cause.
func (r *reader) unopened(step Step, a ask, resumed bool, err error) *wire.Exchange {
	note := r.l.Secrets.Mask(err.Error())
	x := &wire.Exchange{Request: r.l.stored(&a), Began: time.Now(), End: wire.End{Kind: wire.Reset, Note: note}}
	switch step.Kind {
	case wire.Refuse, wire.DNSFail, wire.TLSFail:
	case wire.Flip:
		if h := r.k.hop(); h == nil || !h.landed {
			return nil
		}
	default:
		if resumed && errors.Is(err, syscall.ECONNREFUSED) {
			return x
		}
		return nil
	}
	x.Fault = &wire.Fault{Kind: step.Kind, Aim: step.String(), Landed: 0, Seen: note}
	return x
}

// another chooses another address of the target's name.
func (r *reader) another(ctx context.Context, a *ask) error {
	u, err := url.Parse(a.req.URL)
	if err != nil {
		return err
	}
	ips, err := r.l.lookup(ctx, u.Hostname())
	if err != nil || len(ips) < 2 {
		return moot("the target has one address")
	}
	a.address = ips[1]
	return nil
}
