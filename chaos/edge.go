package chaos

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// An Edge is what stands between an origin and the reader. The lab's target is the reader's end of it.
type Edge struct {
	Origin    *origin.Origin                                                    // our own behind the hop under test; nil where the user has one
	Direct    string                                                            // the URL of the origin, which leads past the hop; for a path it is used as it is
	DirectTLS *tls.Config                                                       // to trust the origin with
	Dial      func(ctx context.Context, network, addr string) (net.Conn, error) // straight to the origin; nil for the network
	Hops      []wire.Hop                                                        // where the origin is the user's: every way to the stream, the origin's first, the target last
	Depth     Depth
	Wait      time.Duration // how long the hop may take to find the origin

	began time.Time // when it was known that the way leads to the origin
}

// Depth says how much is asked of an edge.
type Depth string

// The depths, and how long they take at most.
const (
	Quick    Depth = "quick"    // 20 seconds: held bytes, fields, cuts
	Standard Depth = "standard" // 90 seconds: silences up to 65 seconds, and all else that fits in beside them
	Deep     Depth = "deep"     // 16 minutes: silences up to 6 minutes, and age
)

var depths = []Depth{Quick, Standard, Deep}

// reaches reports whether what is made from depth e on is made at depth d.
func (d Depth) reaches(e Depth) bool { return slices.Index(depths, d) >= slices.Index(depths, e) }

// EdgeExperiments lists what is done at an edge, in the order of the report.
func EdgeExperiments() []*Experiment {
	return []*Experiment{
		edgeFields, edgePace, edgeDrip, edgeHold, edgeCut, edgeCodings,
		edgeSemantics, edgeShared, edgeAnswers,
		edgeBytes, edgeCache, edgeIdle, edgeAge, edgeLeave, edgePressure, edgeCrowd, edgeUpload,
		edgeRetry, // last: behind one that it did not answer a hop may take the origin out of service
	}
}

// beside returns a lab for an exchange that is made while others are.
func (l *Lab) beside() *Lab {
	one := *l
	one.requests, one.Limits.Requests, one.recordings, one.Tap = 0, 0, nil, nil
	return &one
}

// GatherEdge makes every experiment of an edge and puts what was recorded into one bundle. Those that are nearly
// silent are made beside the others.
func GatherEdge(ctx context.Context, l *Lab, plan []*Experiment) *wire.Bundle {
	began := time.Now()
	noise := l.listen(began)
	l.recordings = map[wire.Scene]*wire.Recording{}
	l.purse = &purse{limit: int64(l.Limits.Requests)}
	b := &wire.Bundle{Command: "edge", Target: l.Secrets.Request(l.Target), Promises: l.Promises, Origin: l.Origin, Include: l.Include, Began: began,
		Hops: l.hops(), Depth: string(l.Edge.Depth), Profile: "eventsource", Seed: l.Seed}
	for _, t := range l.survey(ctx, plan) {
		l.keep(b, t)
	}
	b.Noise = noise.stop()
	b.Duration, b.Requests = time.Since(began), int(l.purse.spent.Load())
	b.OneClock()
	return b
}

// hops returns the ways to the stream, secrets masked.
func (l *Lab) hops() []wire.Hop {
	if l.Edge.Origin == nil {
		var out []wire.Hop
		for _, h := range l.Edge.Hops {
			out = append(out, wire.Hop{Name: h.Name, URL: l.masked(h.URL)})
		}
		return out
	}
	return []wire.Hop{{Name: wire.Direct, URL: l.masked(l.Edge.Direct)}, {Name: wire.Via, URL: l.masked(l.Target.URL)}}
}

// masked returns a URL without its secrets.
func (l *Lab) masked(raw string) string { return l.Secrets.Request(wire.Request{URL: raw}).URL }

// survey makes the experiments. The first one that concerns the edge finds out whether the way leads to the origin at all.
func (l *Lab) survey(ctx context.Context, plan []*Experiment) []Take {
	takes := make([]Take, len(plan))
	first := slices.IndexFunc(plan, func(e *Experiment) bool { return e.Moot == nil || e.Moot(l) == nil })
	var missed error
	if first >= 0 {
		l.Edge.began = time.Now()
		takes[first] = l.undertake(ctx, plan[first], nil)
		missed = takes[first].Err
	}
	var aside sync.WaitGroup
	for i, e := range plan {
		if i != first && e.Aside {
			aside.Go(func() { takes[i] = l.undertake(ctx, e, missed) })
		}
	}
	for i, e := range plan {
		if i != first && !e.Aside {
			takes[i] = l.undertake(ctx, e, missed)
		}
	}
	aside.Wait()
	return takes
}

// ours and theirs say which experiments concern an edge: those with an origin of our own, or of the user's.
func ours(l *Lab) error {
	if l.Edge.Origin == nil {
		return moot("the origin is the user's own")
	}
	return nil
}

func theirs(l *Lab) error {
	if l.Edge.Origin != nil {
		return moot("the origin is our own")
	}
	return nil
}

// undertake makes one experiment at an edge, unless its depth is not reached, the user does not allow it, or missed says that
// the hop does not lead to the origin.
func (l *Lab) undertake(ctx context.Context, e *Experiment, missed error) Take {
	t := Take{Experiment: e}
	if l.Tap != nil && !e.Aside {
		l.Tap(Progress{Experiment: e})
	}
	switch {
	case ctx.Err() != nil:
		t.Err = stopped(ctx)
	case e.Moot != nil && e.Moot(l) != nil:
		t.Err = e.Moot(l)
	case missed != nil:
		t.Err = fmt.Errorf("nothing was asked, since %w", missed)
	case e.Unless != nil && e.Unless(l) != nil:
		t.Err = e.Unless(l)
	case !l.Edge.Depth.reaches(e.From):
		t.Err = moot("it is asked at depth %s", e.From)
	case l.purse.limit > 0 && l.purse.spent.Load()+int64(e.Requests) > l.purse.limit:
		t.Err = errBudget
	case l.tooLate(e):
		t.Err = fmt.Errorf("the time of depth %s was spent on what takes long at this hop", l.Edge.Depth)
	default:
		t.Recording, t.Err = e.Run(ctx, l)
	}
	if t.Recording != nil && len(t.Recording.Exchanges) == 0 {
		t.Recording = nil
	}
	return t
}

// lastStart is when the last experiment of a depth may begin, so that all end in the time that is promised for it. A hop
// that holds for seconds makes each of them take longer, but for brief ones, which may begin later.
var (
	lastStart = map[Depth]time.Duration{Quick: 15 * time.Second, Standard: 80 * time.Second}
	forBrief  = 2 * time.Second
)

// tooLate reports whether there is no time left to begin an experiment.
func (l *Lab) tooLate(e *Experiment) bool {
	most, bounded := lastStart[l.Edge.Depth]
	if e.Brief {
		most += forBrief
	}
	return bounded && time.Since(l.Edge.began) > most
}

// An errand is one request on one route, and what our own origin does with it.
type errand struct {
	route    string // wire.Direct or wire.Via
	about    wire.Case
	method   string      // GET if empty
	version  string      // HTTP/1.1 if empty
	fields   wire.Header // in place of those of the same name, or beside them
	body     []byte      // of the request
	script   origin.Script
	visit    *origin.Visit // to come to the origin under the number of an earlier errand; nil for a number of its own
	patience patience
	behind   time.Duration // how long the origin is watched once the reader is done
	change   func(*ask)    // what else is unusual about the request; may be nil
}

// run sends an errand and returns the exchange with what the origin saw of it. An error says that nothing was observed.
func (l *Lab) run(ctx context.Context, e errand) (*wire.Exchange, error) {
	v := e.visit
	if v == nil {
		v = l.Edge.Origin.Expect(func(int) origin.Script { return e.script })
		defer v.Stop()
	}
	a, one, err := l.errandAsk(e, v)
	if err != nil {
		return nil, err
	}
	var zero time.Time
	a.sent = func(t time.Time) { zero = t }
	_, x, err := one.send(ctx, a)
	if err != nil {
		return nil, err
	}
	x.Case = wire.Case("route=" + e.route)
	if e.about != "" {
		x.Case += " " + e.about
	}
	wait, cancel := context.WithTimeout(ctx, e.behind)
	v.Settle(wait)
	cancel()
	if e.visit == nil {
		v.Stop()
		x.Hits = l.hits(v, zero)
	}
	return x, nil
}

// hits returns what the origin saw, secrets masked.
func (l *Lab) hits(v *origin.Visit, zero time.Time) []*wire.Hit {
	hits := v.Hits(zero)
	for _, h := range hits {
		h.Request = l.Secrets.Request(h.Request)
	}
	return hits
}

// errandAsk returns the request of an errand, and the lab that sends it.
func (l *Lab) errandAsk(e errand, v *origin.Visit) (ask, *Lab, error) {
	one := l.beside()
	r := one.asEventSource()
	if e.route == wire.Direct {
		r.URL = l.Edge.Direct
		one.TLS, one.Dial, one.Proxy = l.Edge.DirectTLS, l.Edge.Dial, nil
	}
	var err error
	if r.URL, err = v.At(r.URL); err != nil {
		return ask{}, nil, err
	}
	r.Method, r.Body = "GET", e.body
	if e.method != "" {
		r.Method = e.method
	}
	for _, f := range e.fields {
		r = set(r, f.Name, f.Value)
	}
	a := ask{req: r, version: cmp.Or(e.version, l.Version, "HTTP/1.1"), patience: e.patience, either: e.version == "" && l.Version == ""}
	if e.version != "" {
		one.Version = e.version
	}
	if e.change != nil {
		e.change(&a)
	}
	return a, one, nil
}

// all runs errands side by side, and returns the exchanges of those of which something was observed, in their order.
// The error is the first one.
func (l *Lab) all(ctx context.Context, errands ...errand) ([]*wire.Exchange, error) {
	xs, errs := make([]*wire.Exchange, len(errands)), make([]error, len(errands))
	var wg sync.WaitGroup
	for i, e := range errands {
		wg.Go(func() { xs[i], errs[i] = l.run(ctx, e) })
	}
	wg.Wait()
	xs = slices.DeleteFunc(xs, func(x *wire.Exchange) bool { return x == nil })
	return xs, errors.Join(errs...)
}

// bothWays returns an errand for each route.
func bothWays(e errand) []errand {
	d, v := e, e
	d.route, v.route = wire.Direct, wire.Via
	return []errand{d, v}
}
