package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// How many streams are opened at once: more than a browser opens to one site over HTTP/1.1, more than a few workers serve,
// and more than HTTP/2 servers are used to allow.
var crowdSizes = []int{8, 32, 120}

const (
	crowdLoad  = 120                     // from this size on the user must allow it
	crowdWaits = 2500 * time.Millisecond // for everybody to reach the origin: two seconds, and what it takes to connect
	crowdStays = 100 * time.Millisecond  // once everybody has: nobody came because another had left
	crowdTries = 2                       // a size that failed once may have met a bad moment
	crowdTail  = time.Second             // for the end of streams that were let go
)

var edgeCrowd = &Experiment{
	Scene:    wire.EdgeCrowd,
	Title:    "many streams at once",
	Doc:      "shows how many readers the hop serves at the same time: a stream that is never over is a connection that is never free",
	Requests: 80,
	From:     Standard,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		rec := &wire.Recording{Scene: wire.EdgeCrowd}
		err := l.crowds(ctx, rec, "HTTP/1.1", l.crowd1)
		if err != nil || l.offersHTTP2() != nil {
			return rec, err
		}
		if err = l.crowds(ctx, rec, "HTTP/2.0", l.crowd2); errors.Is(err, errNoProtocol) {
			err = nil
		}
		return rec, err
	},
}

// A gathering opens the streams of a crowd on one route.
type gathering func(ctx context.Context, c *crowding, e errand) ([]*wire.Exchange, error)

// crowds opens more and more streams until some do not come through, or no more are allowed.
func (l *Lab) crowds(ctx context.Context, rec *wire.Recording, version string, open gathering) error {
	for _, size := range crowdSizes {
		if size >= crowdLoad && !l.mayLoad(ctx) {
			return nil
		}
		all, limited := false, false
		for try := 1; try <= crowdTries && !all; try++ {
			for _, route := range []string{wire.Direct, wire.Via} {
				c := newCrowding(ctx, size)
				xs, err := open(ctx, c, errand{
					route: route, version: version, script: c.script(), patience: whole(crowdWaits + crowdTail),
					about: wire.Case(fmt.Sprintf("version=%s size=%d try=%d", version, size, try)),
				})
				c.over()
				if rec.Exchanges = append(rec.Exchanges, xs...); err != nil {
					return err
				}
				all, limited = c.complete(), c.size < size
			}
		}
		if !all || limited {
			return nil
		}
	}
	return nil
}

// crowd1 gives each stream a connection of its own.
func (l *Lab) crowd1(ctx context.Context, c *crowding, e errand) ([]*wire.Exchange, error) {
	errands := make([]errand, c.size)
	for i := range errands {
		errands[i] = e
	}
	return l.all(ctx, errands...)
}

// crowd2 opens all streams on one connection, as a browser does. Those that the server's SETTINGS do not allow are not
// opened: a browser lets them wait (RFC 9113, 5.1.2).
func (l *Lab) crowd2(ctx context.Context, c *crowding, e errand) ([]*wire.Exchange, error) {
	v := l.Edge.Origin.Expect(func(int) origin.Script { return e.script })
	defer v.Stop()
	a, one, err := l.errandAsk(e, v) // only to know where the connection leads
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(a.req.URL)
	if err != nil {
		return nil, err
	}
	s, err := one.openSession(ctx, &a, u, window)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if allowed, said := s.allowed(ctx); said && allowed < c.size {
		c.size, e.about = allowed, e.about.With("allowed", fmt.Sprint(allowed))
	}
	return l.sharing(ctx, s, c.size, e)
}

// allowed returns how many streams the server's first SETTINGS allow at once, if they say it.
func (s *session) allowed(ctx context.Context) (n int, said bool) {
	until := time.Now().Add(crowdWaits)
	stop := context.AfterFunc(ctx, func() { s.ln.bottom.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	s.ln.bottom.SetReadDeadline(until)
	for {
		f, err := s.next(ctx, until)
		if err != nil {
			return 0, false
		}
		s.take(f)
		if f, ok := f.(*http2.SettingsFrame); ok && !f.IsAck() {
			v, said := f.Value(http2.SettingMaxConcurrentStreams)
			return int(v), said
		}
	}
}

// sharing opens n streams on one connection and reads them to their ends.
func (l *Lab) sharing(ctx context.Context, s *session, n int, e errand) ([]*wire.Exchange, error) {
	var streams []*h2stream
	var visits []*origin.Visit
	var zeros []time.Time
	for range n {
		v := l.Edge.Origin.Expect(func(int) origin.Script { return e.script })
		defer v.Stop()
		a, one, err := l.errandAsk(e, v)
		if err != nil {
			return nil, err
		}
		if !one.purse.take() {
			return nil, errBudget
		}
		if s.u, err = url.Parse(a.req.URL); err != nil { // its number is its own
			return nil, err
		}
		var zero time.Time
		a.sent = func(t time.Time) { zero = t }
		st, err := s.request(ctx, &a)
		if err != nil {
			return nil, err
		}
		streams, visits, zeros = append(streams, st), append(visits, v), append(zeros, zero)
	}
	var xs []*wire.Exchange
	for i, st := range streams {
		s.run(ctx, st, func() time.Duration { return st.deadline() })
		x := s.finish(st)
		x.Case = wire.Case("route=" + e.route + " " + string(e.about))
		visits[i].Stop()
		x.Hits = l.hits(visits[i], zeros[i])
		xs = append(xs, x)
	}
	return xs, nil
}

// A crowding is streams that are held open until each has reached the origin, or its time is over.
type crowding struct {
	size int
	done context.Context
	over context.CancelFunc

	mu sync.Mutex
	in int
}

func newCrowding(ctx context.Context, size int) *crowding {
	c := &crowding{size: size}
	c.done, c.over = context.WithTimeout(ctx, crowdWaits)
	return c
}

// arrive counts a stream that has reached the origin.
func (c *crowding) arrive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done.Err() != nil {
		return // it had to wait for others to leave
	}
	if c.in++; c.in == c.size {
		c.over()
	}
}

// complete reports whether all have.
func (c *crowding) complete() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in >= c.size
}

// script is what the origin does with each of them.
func (c *crowding) script() origin.Script {
	return origin.Script{Acts: func(yield func(origin.Act) bool) {
		if !yield(origin.Act{Data: []byte("data: first\n\n")}) {
			return
		}
		c.arrive()
		<-c.done.Done()
		if !yield(origin.Act{Wait: crowdStays}) {
			return
		}
		yield(origin.Act{Data: []byte("data: last\n\n")})
	}}
}
