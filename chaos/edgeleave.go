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

const (
	leavesAfter = time.Second      // of the reader
	writesOn    = 13 * time.Second // of the origin: four times at one write in three seconds, which is what the slowest hop that ever tells needs
)

// A manner is how a reader leaves.
type manner string

const (
	byFIN     manner = "fin"        // HTTP/1.1: as every reader that is closed does
	byRST     manner = "reset"      // HTTP/1.1: as one that crashes, or has unread bytes
	byStream  manner = "rst-stream" // HTTP/2: as a page that calls close()
	byClosing manner = "closed"     // HTTP/2: the whole connection
)

var edgeLeave = &Experiment{
	Scene:    wire.EdgeLeave,
	Title:    "the reader leaves",
	Doc:      "shows when the origin learns of it: an answer that nobody reads may be paid for",
	Requests: 32,
	From:     Standard,
	Aside:    true,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		manners := []manner{byFIN, byRST}
		if l.offersHTTP2() == nil {
			manners = append(manners, byStream, byClosing)
		}
		var errands []departing
		for _, m := range manners {
			for _, writes := range []string{"100ms", "3s", "never", "no-head"} {
				for _, e := range bothWays(leaving(writes, m)) {
					errands = append(errands, departing{e, m})
				}
			}
		}
		rec := &wire.Recording{Scene: wire.EdgeLeave}
		err := l.depart(ctx, rec, errands)
		return rec, err
	},
}

// A departing reader is an errand, and how the reader leaves.
type departing struct {
	errand
	by manner
}

// depart runs errands side by side.
func (l *Lab) depart(ctx context.Context, rec *wire.Recording, errands []departing) error {
	xs, errs := make([]*wire.Exchange, len(errands)), make([]error, len(errands))
	var wg sync.WaitGroup
	for i, e := range errands {
		wg.Go(func() {
			if e.by == byStream {
				xs[i], errs[i] = l.resetStream(ctx, e.errand)
			} else {
				xs[i], errs[i] = l.run(ctx, e.errand)
			}
		})
	}
	wg.Wait()
	for i, x := range xs {
		if x != nil {
			rec.Exchanges = append(rec.Exchanges, x)
		}
		if errors.Is(errs[i], errNoProtocol) {
			errs[i] = nil // the hop speaks HTTP/1.1 only, and over that it was asked
		}
	}
	return firstOf(errs)
}

// leaving returns an errand whose reader leaves in a manner while the origin writes at a pace.
func leaving(writes string, m manner) errand {
	e := errand{
		about:    wire.Case(fmt.Sprintf("writes=%s leave=%s", writes, m)),
		script:   writing(writes),
		patience: patience{head: leavesAfter, silent: leavesAfter, linger: leavesAfter},
		behind:   writesOn,
	}
	switch m {
	case byRST:
		e.change = func(a *ask) { a.abrupt = true }
	case byStream, byClosing:
		e.version = "HTTP/2.0"
	}
	return e
}

// writing makes an answer that goes on for long after the reader has left.
func writing(pace string) origin.Script {
	first, last := origin.Act{Data: []byte("data: first\n\n")}, origin.Act{Wait: writesOn, Data: []byte("data: last\n\n")}
	switch every, err := time.ParseDuration(pace); {
	case pace == "no-head":
		return origin.Script{Before: writesOn, Acts: acts(first)}
	case err != nil:
		return origin.Script{Acts: acts(first, last)}
	default:
		return origin.Script{Acts: func(yield func(origin.Act) bool) {
			a := first
			for t := time.Duration(0); t <= writesOn; t += every {
				if !yield(a) {
					return
				}
				a = origin.Act{Wait: every, Data: []byte("data: another\n\n")}
			}
		}}
	}
}

// resetStream runs an errand over HTTP/2 whose reader resets its stream and keeps the connection.
func (l *Lab) resetStream(ctx context.Context, e errand) (*wire.Exchange, error) {
	v := l.Edge.Origin.Expect(func(int) origin.Script { return e.script })
	defer v.Stop()
	a, one, err := l.errandAsk(e, v)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(a.req.URL)
	if err != nil {
		return nil, err
	}
	if !one.purse.take() {
		return nil, errBudget
	}
	var zero time.Time
	a.sent = func(t time.Time) { zero = t }
	s, err := one.openSession(ctx, &a, u, window)
	if err != nil {
		one.purse.refund()
		return nil, err
	}
	defer s.close()
	st, err := s.request(ctx, &a)
	if err != nil {
		return nil, err
	}
	s.run(ctx, st, func() time.Duration { return st.deadline() })
	s.fr.WriteRSTStream(1, http2.ErrCodeCancel)
	s.watchOn(ctx, v, e.behind)
	x := s.finish(st)
	x.Case = wire.Case("route=" + e.route + " " + string(e.about))
	v.Stop()
	x.Hits = l.hits(v, zero)
	return x, nil
}

// watchOn keeps a connection open until the origin is done, but no longer than d.
func (s *session) watchOn(ctx context.Context, v *origin.Visit, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	v.Settle(ctx)
}
