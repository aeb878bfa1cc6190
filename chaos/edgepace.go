package chaos

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// The pace that shows a hop's delay: the gaps are random, so that an event that waits for the next one is told from one
// that is late by a constant, and the sizes are, so that a buffer does not fill in step with the events.
const (
	paceEvents   = 60
	leastGap     = 30 * time.Millisecond
	mostGap      = 300 * time.Millisecond
	leastSize    = 80
	mostSize     = 400
	largeEvents  = 5
	leastLarge   = 6000
	mostLarge    = 20000
	paceRuns     = 3 // one shows a delay, three prove it
	paceTogether = 20 * time.Second
)

var edgePace = &Experiment{
	Scene:    wire.EdgePace,
	Title:    "events of random sizes at random moments",
	Doc:      "shows how late each event comes through, and whether it waits for others",
	Requests: 6,
	From:     Quick,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		rec := &wire.Recording{Scene: wire.EdgePace}
		runs := 1
		if l.Edge.Depth != Quick {
			runs = paceRuns
		}
		for run := range runs {
			xs, err := l.all(ctx, bothWays(errand{
				about: wire.Case(fmt.Sprintf("run=%d", run+1)), script: pace(l.Seed, run), patience: whole(paceTogether), behind: settles,
			})...)
			if rec.Exchanges = append(rec.Exchanges, xs...); err != nil {
				return rec, err
			}
		}
		return rec, nil
	},
}

// pace makes a run's answer.
func pace(seed int64, run int) origin.Script {
	return origin.Script{Acts: func(yield func(origin.Act) bool) {
		random := rand.New(rand.NewPCG(uint64(seed), uint64(run)))
		for n := range paceEvents {
			size := leastSize + random.IntN(mostSize-leastSize)
			if n%(paceEvents/largeEvents) == paceEvents/largeEvents/2 {
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

// event makes an event of about so many bytes that no coding shrinks much.
func event(random *rand.Rand, id, size int) []byte {
	head := fmt.Sprintf("id: %d\ndata: ", id)
	noise := make([]byte, max(0, size-len(head)-2)*3/4)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	return fmt.Appendf(nil, "%s%s\n\n", head, base64.RawStdEncoding.EncodeToString(noise))
}
