package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// Streams that are never silent begin one after another: those that end at the same age have reached the longest that a
// stream may last, those that end at the same moment met a restart. All of them end together by themselves.
const (
	ageStreams = 3
	ageApart   = 7 * time.Second
	ageLasts   = 71 * time.Second  // the second one is as old as the longest silence
	ageLong    = 924 * time.Second // the third one is older than 15 minutes, which no limit that is known exceeds
)

var edgeAge = &Experiment{
	Scene:    wire.EdgeAge,
	Title:    "streams that are never silent, begun one after another",
	Doc:      "shows whether a stream may only last so long whatever it carries, and whether all end at one moment",
	Requests: 2 * ageStreams,
	From:     Standard,
	Aside:    true,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		lasts := ageLasts
		if l.Edge.Depth == Deep {
			lasts = ageLong
		}
		var wg sync.WaitGroup
		xs, errs := make([][]*wire.Exchange, ageStreams), make([]error, ageStreams)
		for i := range ageStreams {
			wg.Go(func() {
				begins := time.Duration(i) * ageApart
				if wait(ctx, begins) {
					xs[i], errs[i] = l.within(ctx, lasts-begins+behindSilence, bothWays(lively(begins, lasts-begins))...)
				}
			})
		}
		wg.Wait()
		rec := &wire.Recording{Scene: wire.EdgeAge}
		for i := range ageStreams {
			rec.Exchanges = append(rec.Exchanges, xs[i]...)
		}
		return rec, firstOf(errs)
	},
}

func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// lively returns a stream of small events that lasts as long as d.
func lively(begins, d time.Duration) errand {
	return errand{
		about:  wire.Case(fmt.Sprintf("begins=%s lasts=%s", begins, d)),
		script: origin.Script{Acts: pings("data: before\n\n", "data: ping\n\n", d, "data: after\n\n")}, patience: whole(d + behindSilence), behind: settles,
	}
}
