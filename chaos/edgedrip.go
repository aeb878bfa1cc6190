package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// The drip that tells a buffer from a timer: so many pieces at equal gaps, once with four times the bytes. What waits for a
// buffer waits for the same number of bytes at both rates, what waits for a timer for the same time.
const (
	dripPieces = 600
	dripGap    = 4 * time.Millisecond
	dripSmall  = 60   // 36 kB in all
	dripLarge  = 240  // 144 kB; more would fill the buffer of some hops before their timer fires
	dripHuge   = 1750 // 1 MB, where what was sent before did not fill what it waited for
	dripTime   = 15 * time.Second
)

// framings are the ways in which the origin may say where its answer ends: some hops pass on the one and hold the other.
var framings = []struct {
	name    string
	framing origin.Framing
}{{"chunked", origin.Chunked}, {"closed", origin.Closed}}

var edgeDrip = &Experiment{
	Scene:    wire.EdgeDrip,
	Title:    "many small comments, at two rates",
	Doc:      "shows whether bytes wait until a buffer is full, or for a timer",
	Requests: 6,
	From:     Quick,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		versions, err := l.readerVersions(ctx)
		if err != nil {
			return nil, err
		}
		var errands []errand
		for _, size := range []int{dripSmall, dripLarge} {
			errands = append(errands, l.drips(wire.Direct, versions[:1], size)[0])
			errands = append(errands, l.drips(wire.Via, versions, size)...)
		}
		rec := &wire.Recording{Scene: wire.EdgeDrip}
		if rec.Exchanges, err = l.all(ctx, errands...); err != nil {
			return rec, err
		}
		var more []errand
		for _, e := range l.drips(wire.Via, versions, dripHuge) {
			if waited(rec.Exchanges, e) {
				more = append(more, e)
			}
		}
		xs, err := l.all(ctx, more...)
		rec.Exchanges = append(rec.Exchanges, xs...)
		return rec, err
	},
}

// drips returns an errand for each version and framing.
func (l *Lab) drips(route string, versions []string, size int) []errand {
	var out []errand
	for _, v := range versions {
		for _, f := range framings {
			out = append(out, errand{
				route: route, version: v, about: wire.Case(fmt.Sprintf("version=%s framing=%s size=%d", v, f.name, size)),
				script: drip(l.Seed, size, f.framing), patience: whole(dripTime), behind: settles,
			})
		}
	}
	return out
}

// drip makes an answer of many pieces, each a whole comment.
func drip(seed int64, size int, f origin.Framing) origin.Script {
	return origin.Script{Framing: f, Acts: func(yield func(origin.Act) bool) {
		random := rand.New(rand.NewPCG(uint64(seed), uint64(size)))
		for n := range dripPieces {
			b := fmt.Appendf(nil, ": %d ", n+1)
			b = append(append(b, noiseText(random, size-len(b)-1)...), '\n')
			if !yield(origin.Act{Wait: dripGap, Data: b}) {
				return
			}
		}
	}}
}

// waited reports whether so little of what was sent the way of an errand came before the origin was done that the size of
// what it waits for does not show: next to nothing at the low rate, or less than most at the high one.
func waited(xs []*wire.Exchange, e errand) bool {
	for _, x := range xs {
		if x.Route() != wire.Via || x.Origin() == nil || x.Case.Get("version") != e.about.Get("version") || x.Case.Get("framing") != e.about.Get("framing") {
			continue
		}
		came, sent := beforeEnd(x)
		if came <= dripSmall || x.Case.Int("size") == dripLarge && came < sent*3/4 {
			return true
		}
	}
	return false
}

// beforeEnd returns how much of a body came before its last piece was sent, and how much was sent in all.
func beforeEnd(x *wire.Exchange) (came, sent int) {
	last := time.Duration(0)
	for _, c := range x.Origin().Sent {
		sent, last = sent+len(c.Data), c.At
	}
	text, _ := x.Decoded()
	text.Arrivals(func(at time.Duration, _, hi int) {
		if at < last {
			came = hi
		}
	})
	return came, sent
}
