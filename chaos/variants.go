package chaos

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/wire"
)

// A comparison is two ways of asking for the stream that differ in one thing.
type comparison struct {
	name  string     // in the case of its exchanges
	look  wire.Scene // in which one look was taken at the second way
	least time.Duration
	ways  [2]way // the control scene's first
	parts []way  // what the second way is made of, one thing at a time
}

// A way is what is changed of the control scene's request.
type way struct {
	name    string // in the case
	version string // of HTTP; empty for that of other requests
	fields  wire.Header
}

// The comparisons, the one that browsers suffer from first.
var comparisons = []comparison{
	{
		name: "coding", look: wire.Compressed, least: hold.Noticed,
		ways:  [2]way{{name: "identity"}, offering("browser", browserCodings)},
		parts: []way{offering("gzip", "gzip"), offering("br", "br"), offering("zstd", "zstd")},
	},
	{
		name: "version", look: wire.HTTP2, least: hold.Ticked,
		ways: [2]way{{name: "HTTP/1.1"}, {name: "HTTP/2.0", version: "HTTP/2.0"}},
	},
	{
		name: "client", look: wire.Fetch, least: hold.Noticed,
		ways: [2]way{{name: "tool"}, {name: "browser", fields: wire.Header{
			{Name: "Accept", Value: "*/*"}, {Name: "User-Agent", Value: browserAgent},
			{Name: "Sec-Fetch-Mode", Value: "cors"}, {Name: "Sec-Fetch-Dest", Value: "empty"},
		}}},
		parts: []way{
			{name: "User-Agent", fields: wire.Header{{Name: "User-Agent", Value: browserAgent}}},
			{name: "Accept", fields: wire.Header{{Name: "Accept", Value: "*/*"}}},
		},
	},
}

func offering(name, codings string) way {
	return way{name: name, fields: wire.Header{{Name: "Accept-Encoding", Value: codings}}}
}

// rounds is how often both ways are asked: four of each, when all of one differ from all of the other, are chance once
// in thirty-five times.
const rounds = 4

var variants = &Experiment{
	Scene:    wire.Variants,
	Title:    "with and without codings, over both versions, as browser and tool: by turns, where one look showed a difference",
	Doc:      "what is held in one way only is held by something between",
	Requests: mostVariants(),
	Moot: func(l *Lab) error {
		if len(l.unlike()) == 0 {
			return moot("no look showed a difference")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		r := &wire.Recording{Scene: wire.Variants}
		for _, c := range l.unlike() {
			xs, err := l.contrast(ctx, c)
			r.Exchanges = append(r.Exchanges, xs...)
			if err != nil {
				return r, err
			}
		}
		return r, nil
	},
}

func mostVariants() (n int) {
	for _, c := range comparisons {
		n += len(c.ways)*rounds + len(c.parts)
	}
	return n
}

// unlike returns the comparisons for which one look gave a reason.
func (l *Lab) unlike() (out []comparison) {
	x := l.control()
	if !opened(x) || x.End.Note != "" { // a flood that was cut off tells nothing of its pace
		return nil
	}
	for _, c := range comparisons {
		look := l.recordings[c.look].Last()
		if c.name == "version" && x.Proto == "HTTP/2.0" || !hold.Comparable(look) {
			continue
		}
		if hold.Unlike(x, look, c.least) {
			out = append(out, c)
		}
	}
	return out
}

// contrast asks in both ways by turns, the order reversed in every other pair, until nothing more can come of it: one
// pair that is alike is enough. Where the second way is slower, each thing that it is made of is tried alone.
func (l *Lab) contrast(ctx context.Context, c comparison) ([]*wire.Exchange, error) {
	var all []*wire.Exchange
	var pulses [2][]hold.Pulse
	watch := l.span(c)
	for round := 1; round <= rounds; round++ {
		order := []int{0, 1}
		if round == 2 || round == 3 {
			order = []int{1, 0}
		}
		pair, err := l.both(ctx, c, order, round, watch)
		for _, i := range order {
			xs := pair[i]
			all = append(all, xs...)
			if len(xs) > 0 {
				pulses[i] = append(pulses[i], hold.PulseOf(xs[len(xs)-1], 0))
			}
		}
		if err != nil || !comparable(pair[0]) || !comparable(pair[1]) {
			return all, err
		}
		if !hold.AllSlower(pulses[0], pulses[1], c.least) && !hold.AllSlower(pulses[1], pulses[0], c.least) {
			return all, nil
		}
	}
	if !hold.AllSlower(pulses[1], pulses[0], c.least) {
		return all, nil
	}
	for _, part := range c.parts {
		one := *l
		xs, err := one.asks(ctx, c, part, rounds+1, watch)
		l.requests = one.requests
		all = append(all, xs...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func comparable(xs []*wire.Exchange) bool { return len(xs) > 0 && hold.Comparable(xs[len(xs)-1]) }

// both asks in both ways: side by side where the user allows load, else one after the other.
func (l *Lab) both(ctx context.Context, c comparison, order []int, round int, watch time.Duration) (pair [2][]*wire.Exchange, err error) {
	if !l.Load {
		for _, i := range order {
			one := *l
			pair[i], err = one.asks(ctx, c, c.ways[i], round, watch)
			l.requests = one.requests
			if err != nil {
				return pair, err
			}
		}
		return pair, nil
	}
	var errs [2]error
	var labs [2]Lab
	var wg sync.WaitGroup
	for _, i := range order {
		labs[i] = *l
		labs[i].requests, labs[i].Limits.Requests = 0, 0 // the experiment as a whole was afforded
		wg.Go(func() { pair[i], errs[i] = labs[i].asks(ctx, c, c.ways[i], round, watch) })
	}
	wg.Wait()
	l.requests += labs[0].requests + labs[1].requests
	if errs[0] != nil {
		return pair, errs[0]
	}
	return pair, errs[1]
}

// asks asks in one way. It uses the lab up: its tap is another one.
func (l *Lab) asks(ctx context.Context, c comparison, w way, round int, watch time.Duration) ([]*wire.Exchange, error) {
	a := ask{req: l.asEventSource(), version: l.version(), patience: whole(watch)}
	if c.name == "version" && w.version == "" {
		a.version = "HTTP/1.1"
	}
	if w.version != "" {
		a.version = w.version
	}
	for _, f := range w.fields {
		a.req = set(a.req, f.Name, f.Value)
	}
	p := &pieces{}
	l.Tap, a.enough = p.tell, func() bool { return p.n >= paceOf }
	xs, err := l.record(ctx, a)
	for _, x := range xs {
		x.Case = wire.Case("compare="+c.name).With("variant", w.name).With("round", strconv.Itoa(round))
	}
	return xs, err
}

// paceOf is how many pieces of an answer tell its pace.
const paceOf = 12

// pieces counts the pieces in which an answer comes, as package hold does.
type pieces struct {
	x           *wire.Exchange
	n           int
	first, last time.Duration
	then        func(Progress) // told too; may be nil
}

func (p *pieces) tell(q Progress) {
	if p.then != nil {
		p.then(q)
	}
	if q.Exchange == nil || len(q.Body) == 0 {
		return
	}
	if p.x != q.Exchange {
		*p = pieces{x: q.Exchange, then: p.then}
	}
	if p.n == 0 || hold.Another(p.last, q.At) {
		p.last = q.At
		if p.n++; p.n == 1 {
			p.first = q.At
		}
	}
}

// How long an answer is watched in a comparison.
const (
	shortestWatch = 2 * time.Second // eight of what a reader notices
	longestWatch  = 6 * time.Second // five pieces of a stream that ticks once a second
	firstPieces   = 6               // of the quicker answer; a third of its pace would show within three times as long
)

// span is how long both ways are watched: until the slower one has had time to show that it is.
func (l *Lab) span(c comparison) time.Duration {
	x, look := l.control(), l.recordings[c.look].Last()
	quick := longestWatch
	for _, x := range []*wire.Exchange{x, look} {
		if ps := hold.Pieces(x); len(ps) > 0 {
			quick = min(quick, ps[min(len(ps), firstPieces)-1])
		}
	}
	watch := min(max(3*quick+time.Second/2, shortestWatch), longestWatch)
	if x.End.Kind == wire.Complete && x.End.At < longestWatch {
		watch = max(watch, x.End.At+time.Second) // what is held to the end should be seen to come
	}
	return watch
}

// What the control stream tells of how long a coded answer is watched.
const (
	soon       = time.Second     // behind the first piece of the control stream: what came in this time is waited for
	fewPieces  = 4               // of these are enough
	mostBehind = 2 * time.Second // of the control stream
	mostSilent = 4 * time.Second // with a model that thinks for longer, nothing is learned from one look
)

// asControl makes an answer be watched until as much of it came as of the control stream at first, or it is far behind.
// It uses the lab up.
func (l *Lab) asControl(a *ask) {
	var ps []time.Duration
	for _, at := range hold.Pieces(l.control()) {
		if len(ps) < fewPieces && (len(ps) == 0 || at <= ps[0]+soon) {
			ps = append(ps, at)
		}
	}
	if len(ps) == 0 {
		return
	}
	last := ps[len(ps)-1]
	until := min(max(3*last, last+time.Second/2), last+mostBehind)
	a.patience.linger = max(a.patience.linger, until)
	a.patience.silent = max(a.patience.silent, min(until, mostSilent))
	p := &pieces{then: l.Tap}
	l.Tap = p.tell
	a.enough = func() bool { return p.n > len(ps) && p.last-p.first >= codedLinger } // the head of a coding is one more
}
