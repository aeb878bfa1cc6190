package chaos

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// The pace that shows a hop's delay: the gaps are random, so that an event that waits for the next one is told from one
// that is late by a constant, and the sizes are, so that a buffer does not fill in step with the events.
const (
	paceEvents   = 60
	fewerEvents  = 40 // in a quick look, and where a run is repeated
	leastGap     = 30 * time.Millisecond
	mostGap      = 300 * time.Millisecond
	leastSize    = 80
	mostSize     = 400
	largeEvents  = 5
	leastLarge   = 6000
	mostLarge    = 20000
	paceRuns     = 3 // one shows a delay, three prove it
	paceTogether = 25 * time.Second
)

// noticed is by how much an event must be late for a run to be repeated.
const noticed = 50 * time.Millisecond

var edgePace = &Experiment{
	Scene:    wire.EdgePace,
	Title:    "events of random sizes at random moments",
	Doc:      "shows how late each event comes through, and whether it waits for others",
	Requests: 2,
	From:     Quick,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		rec := &wire.Recording{Scene: wire.EdgePace}
		versions, err := l.readerVersions(ctx)
		if err != nil {
			return nil, err
		}
		for run, events := range l.paces() {
			var errands []errand
			for _, v := range versions {
				errands = append(errands, bothWays(errand{
					version: v, about: wire.Case(fmt.Sprintf("run=%d version=%s", run+1, v)),
					script: pace(l.Seed, run, events), patience: whole(paceTogether), behind: settles,
				})...)
			}
			xs, err := l.all(ctx, errands...)
			if rec.Exchanges = append(rec.Exchanges, xs...); err != nil {
				return rec, err
			}
			if !cameLate(xs) {
				break
			}
		}
		return rec, nil
	},
}

// paces returns how many events each run has.
func (l *Lab) paces() []int {
	if l.Edge.Depth == Quick {
		return []int{fewerEvents}
	}
	out := []int{paceEvents}
	for len(out) < paceRuns {
		out = append(out, fewerEvents)
	}
	return out
}

// cameLate reports whether some events came late enough to look again.
func cameLate(xs []*wire.Exchange) bool {
	for _, x := range xs {
		if x.Route() == wire.Via && x.Origin() != nil && lateIn(x) > 1 {
			return true
		}
	}
	return false
}

// lateIn returns how many pieces came late, or not at all.
func lateIn(x *wire.Exchange) int {
	text, _ := x.Decoded()
	n, hi := 0, 0
	for _, c := range x.Origin().Sent {
		hi += len(c.Data)
		if hi > len(text.Bytes) || text.When(hi-1)-c.At > noticed {
			n++
		}
	}
	return n
}

// readerVersions returns the HTTP versions over which a reader may ask the hop, which may treat them differently: over
// https both where they are spoken. Over http browsers use no other than HTTP/1.1.
func (l *Lab) readerVersions(ctx context.Context) ([]string, error) {
	if l.Version != "" {
		return []string{l.Version}, nil
	}
	u, err := url.Parse(l.Target.URL)
	if err != nil || u.Scheme != "https" {
		return []string{"HTTP/1.1"}, err
	}
	var spoken []string
	for _, v := range []string{"HTTP/1.1", "HTTP/2.0"} {
		x, e := l.run(ctx, errand{route: wire.Via, version: v, script: telltale(), patience: whole(5 * time.Second), behind: settles})
		if e == nil && len(x.Hits) > 0 {
			spoken = append(spoken, v)
		} else if e != nil {
			err = e
		}
	}
	if len(spoken) > 0 {
		err = nil
	}
	return spoken, err
}

// pace makes a run's answer.
func pace(seed int64, run, events int) origin.Script {
	return origin.Script{Acts: func(yield func(origin.Act) bool) {
		random := rand.New(rand.NewPCG(uint64(seed), uint64(run)))
		for n := range events {
			size := leastSize + random.IntN(mostSize-leastSize)
			if n%(events/largeEvents) == events/largeEvents/2 {
				size = leastLarge + random.IntN(mostLarge-leastLarge)
			}
			gap := leastGap + time.Duration(random.Int64N(int64(mostGap-leastGap)))
			if n == 0 {
				gap = 0
			}
			if !yield(origin.Act{Wait: gap, Data: event(random, n+1, size)}) {
				return
			}
		}
	}}
}

// event makes an event of so many bytes that no coding shrinks much.
func event(random *rand.Rand, id, size int) []byte {
	b := fmt.Appendf(nil, "id: %d\ndata: ", id)
	return append(append(b, noiseText(random, size-len(b)-2)...), "\n\n"...)
}

// noiseText makes a text of so many bytes that no coding shrinks much.
func noiseText(random *rand.Rand, size int) []byte {
	size = max(0, size)
	noise := make([]byte, (size*3+3)/4)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	return []byte(base64.RawStdEncoding.EncodeToString(noise))[:size]
}
