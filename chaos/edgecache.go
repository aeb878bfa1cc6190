package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

var edgeCache = &Experiment{
	Scene:    wire.EdgeCache,
	Title:    "one URL, asked for by several readers",
	Doc:      "each is to have a stream of its own, of what happens now: not the one of another, nor one that is over",
	Requests: 12,
	From:     Standard,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		rec := &wire.Recording{Scene: wire.EdgeCache}
		found := make([][]*wire.Exchange, len(cacheControls))
		errs := make([]error, len(cacheControls))
		var wg sync.WaitGroup
		for i, c := range cacheControls {
			wg.Go(func() { found[i], errs[i] = l.readers(ctx, c) })
		}
		wg.Wait()
		for _, xs := range found {
			rec.Exchanges = append(rec.Exchanges, xs...)
		}
		return rec, errors.Join(errs...)
	},
}

// cacheControls are what the answers say: nothing, which leaves it to the cache, and two words against reuse.
var cacheControls = []string{"none", "no-cache", "no-store"}

// The readers of one URL, as the case names them.
const (
	firstReader  = "first"
	secondReader = "second" // while the first one reads
	laterReader  = "later"  // when both have done
	backReader   = "back"   // with the id of the first one's first event
)

const (
	readersApart = time.Second            // a second reader finds what is one second old
	eventsApart  = 200 * time.Millisecond // often enough to see what is old
	firstEvents  = 12                     // the first answer lasts 2.2 seconds, so that the second reader comes while it does
	otherEvents  = 3
	stored       = 300 * time.Millisecond // what a cache needs to keep an answer that is over
	readerWaits  = 6 * time.Second
)

// readers has one URL asked for by all readers.
func (l *Lab) readers(ctx context.Context, control string) ([]*wire.Exchange, error) {
	v := l.Edge.Origin.Expect(func(n int) origin.Script { return cacheScript(control, n) })
	defer v.Stop()
	xs := make([]*wire.Exchange, 4)
	errs := make([]error, 4)
	read := func(i int, name string, more ...wire.Field) {
		xs[i], errs[i] = l.run(ctx, cacheErrand(v, control, name, more...))
	}
	var wg sync.WaitGroup
	wg.Go(func() { read(0, firstReader) })
	if wait(ctx, readersApart) {
		read(1, secondReader)
	}
	wg.Wait()
	if wait(ctx, stored) {
		read(2, laterReader)
		read(3, backReader, wire.Field{Name: "Last-Event-ID", Value: "0-1"})
	}
	xs = slices.DeleteFunc(xs, func(x *wire.Exchange) bool { return x == nil })
	for _, x := range xs {
		for n, h := range l.hits(v, x.Began) {
			if askedFor(h, n, xs) == x {
				x.Hits = append(x.Hits, h)
			}
		}
	}
	return xs, errors.Join(errs...)
}

// readerField says in a request whose it is.
const readerField = "X-Ssespec"

// cacheErrand is what one reader asks. Scripts ask without the Cache-Control of an EventSource, which some caches obey and
// others do not.
func cacheErrand(v *origin.Visit, control, name string, more ...wire.Field) errand {
	return errand{
		route: wire.Via, about: wire.Case("control=" + control + " reader=" + name), visit: v, patience: whole(readerWaits),
		fields: append(wire.Header{{Name: "Accept", Value: "*/*"}, {Name: readerField, Value: name}}, more...),
		change: func(a *ask) { a.req.Header = a.req.Header.Without("Cache-Control").Without("Pragma") },
	}
}

// cacheScript is the answer to the n-th request of a URL, which says so in each event.
func cacheScript(control string, n int) origin.Script {
	s := origin.Script{Fields: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}}}
	if control != "none" {
		s.Fields = append(s.Fields, wire.Field{Name: "Cache-Control", Value: control})
	}
	events := otherEvents
	if n == 0 {
		events = firstEvents
	}
	s.Acts = func(yield func(origin.Act) bool) {
		for e := range events {
			a := origin.Act{Data: fmt.Appendf(nil, "id: %d-%d\ndata: event %d of answer %d\n\n", n, e+1, e+1, n)}
			if e > 0 {
				a.Wait = eventsApart
			}
			if !yield(a) {
				return
			}
		}
	}
	return s
}

// askedFor returns the exchange whose reader caused a hit, the n-th of the URL: the request says whose it is, and where the
// hop dropped that, the first one that was given its answer. It may be nil.
func askedFor(h *wire.Hit, n int, xs []*wire.Exchange) *wire.Exchange {
	name := h.Request.Header.Get(readerField)
	i := slices.IndexFunc(xs, func(x *wire.Exchange) bool {
		if name != "" {
			return x.Case.Get("reader") == name
		}
		return bytes.Contains(x.BodyBytes(), fmt.Appendf(nil, "id: %d-", n))
	})
	if i < 0 {
		return nil
	}
	return xs[i]
}
