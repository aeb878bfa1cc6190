package chaos

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// windows is how often a feed is read on all routes at once: what shows in two of three is no chance.
const windows = 3

// stagger is how much later than the first some readers of a window begin: an event of a feed comes to all of them at
// the same moment all the same, one that is made for each reader does not.
const stagger = 700 * time.Millisecond

// What is enough of a window: so many events at each reader, which the endpoint sent in so many pieces. A hop that holds
// events shows in having fewer of those.
const (
	windowEvents = 20
	windowPieces = 10
	pieceGap     = 50 * time.Millisecond // between two pieces at least
)

// fewestShared is how many events tell whether two readers read the same feed.
const fewestShared = 3

var edgeShared = &Experiment{
	Scene:    wire.EdgeShared,
	Title:    "one feed, read on every route at the same time",
	Doc:      "what comes later behind a hop, not at all, or twice; two readers straight from the endpoint show what is its own doing",
	Requests: 3,
	From:     Quick,
	Moot: func(l *Lab) error {
		if err := theirs(l); err != nil {
			return err
		}
		x := l.looked(wire.Direct, askLook)
		switch {
		case slices.Contains(l.Promises, "shared"):
			return nil
		case l.Target.Method != "GET":
			return moot("a %s is given an answer of its own", l.Target.Method)
		case x != nil && x.End.Kind == wire.Complete:
			return moot("the answer has an end: each reader is given one of its own")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		rec := l.remember(wire.EdgeShared)
		for w := range windows {
			err := l.window(ctx, rec, w)
			if err != nil {
				return l.unlessEmpty(rec, err)
			}
			if w == 0 && !slices.Contains(l.Promises, "shared") {
				if why := unshared(rec); why != nil {
					delete(l.recordings, wire.EdgeShared)
					return nil, why
				}
			}
		}
		return rec, nil
	},
}

// unlessEmpty keeps what was recorded before something went wrong.
func (l *Lab) unlessEmpty(rec *wire.Recording, err error) (*wire.Recording, error) {
	if len(rec.Exchanges) == 0 {
		delete(l.recordings, rec.Scene)
		return nil, err
	}
	return cutShort(rec, err), err
}

// dropped is what is not looked at behind the beginning of a window: a feed may begin with what was missed.
func (l *Lab) dropped() time.Duration {
	if l.Edge.Depth == Quick {
		return time.Second
	}
	return 2 * time.Second
}

// window reads the feed on all routes, and twice straight from the endpoint. In every second window that begins last.
func (l *Lab) window(ctx context.Context, rec *wire.Recording, w int) error {
	long := l.dropped() + stagger + l.watch()/windows
	began := time.Now()
	a := &audience{from: began.Add(l.dropped() + stagger), until: began.Add(long)}
	first, others := l.Edge.Hops[0], slices.Clone(l.Edge.Hops[1:])
	begins, follow := time.Duration(0), stagger
	if w%2 == 1 {
		slices.Reverse(others)
		begins, follow = stagger, 0
	}
	about := wire.Case(fmt.Sprintf("window=%d drop=%v", w+1, l.dropped()))
	all := []call{a.join(call{hop: first, about: about, wait: begins}, long), a.join(call{hop: first, about: about.With("twin", "1"), wait: follow}, long)}
	for _, h := range others {
		all = append(all, a.join(call{hop: h, about: about, wait: follow}, long))
	}
	for i := range all {
		all[i].fields = wire.Header{{Name: "Accept-Encoding", Value: l.codings()}}
	}
	return l.calls(ctx, rec, all...)
}

// An audience is those who read at the same time.
type audience struct {
	from, until time.Time // when events count, and when everybody leaves
	readers     []*listening
}

// A listening is what one of them has heard so far.
type listening struct {
	direct         bool
	last           time.Time // touched by the reader alone
	events, pieces atomic.Int64
}

// hear counts an event.
func (r *listening) hear(now time.Time) {
	r.events.Add(1)
	if now.Sub(r.last) > pieceGap {
		r.pieces.Add(1)
	}
	r.last = now
}

// hungry reports whether more would tell more.
func (r *listening) hungry() bool {
	return r.events.Load() < windowEvents || r.direct && r.pieces.Load() < windowPieces
}

// join makes the call of one who reads until all have heard enough. All join before the first one reads.
func (a *audience) join(c call, long time.Duration) call {
	r := &listening{direct: c.hop.Name == wire.Direct}
	a.readers = append(a.readers, r)
	c.heard = func() {
		if now := time.Now(); !now.Before(a.from) {
			r.hear(now)
		}
	}
	c.enough = func(int) bool { return !time.Now().Before(a.until) || a.sated() }
	c.patience = whole(long - c.wait)
	return c
}

func (a *audience) sated() bool {
	return !slices.ContainsFunc(a.readers, (*listening).hungry)
}

// unshared says, of a first window, why it shows no feed that all share; nil where it may.
func unshared(rec *wire.Recording) error {
	var pair []*wire.Exchange
	for _, x := range rec.Exchanges {
		if x.Route() == wire.Direct {
			pair = append(pair, x)
		}
	}
	if len(pair) < 2 {
		return nil
	}
	own := moot("each reader is given a stream of its own")
	if pair[0].End.Kind.ServerEnded() && pair[1].End.Kind.ServerEnded() {
		return own
	}
	a, b := heardBy(pair[0]), heardBy(pair[1])
	if min(len(a), len(b)) < fewestShared {
		return nil // it is idle, which is for the rules to say
	}
	var apart []time.Duration
	for key, at := range b {
		if t, ok := a[key]; ok {
			apart = append(apart, at.Sub(t).Abs())
		}
	}
	slices.Sort(apart)
	if 2*len(apart) < min(len(a), len(b)) || apart[len(apart)/2] > stagger/2 {
		return own
	}
	return nil
}

// heardBy returns when each event came that can be told from the others, behind the beginning of both readers.
func heardBy(x *wire.Exchange) map[string]time.Time {
	text, _ := x.Decoded()
	events := stream.Parse(syntaxOf(x), text.Bytes).Events
	at, times := map[string]time.Time{}, map[string]int{}
	for _, e := range events {
		key := fmt.Sprintf("%s\x00%s\x00%s", e.ID, e.Type, e.Data)
		times[key]++
		if t := text.When(e.Hi - 1); t > stagger {
			at[key] = x.Began.Add(t)
		}
	}
	for key, n := range times {
		if n > 1 {
			delete(at, key)
		}
	}
	return at
}
