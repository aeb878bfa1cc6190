package chaos

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// answerRounds is how often each route is asked: that four answers lie apart from four others is chance once in seventy.
const answerRounds = 4

var edgeAnswers = &Experiment{
	Scene:    wire.EdgeAnswers,
	Title:    "an answer to each, by turns on every route",
	Doc:      "shows whether answers come in larger pieces behind a hop; what differs from answer to answer falls on all routes alike",
	Requests: 2,
	From:     Quick,
	Moot: func(l *Lab) error {
		if err := theirs(l); err != nil {
			return err
		}
		if l.recordings[wire.EdgeShared] != nil {
			return moot("all readers share one feed, which was read on every route at the same time")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		rec := l.remember(wire.EdgeAnswers)
		n := l.affordable(answerRounds)
		if n == 0 {
			return nil, errBudget
		}
		for i := range n {
			hops := slices.Clone(l.Edge.Hops)
			if i%4 == 1 || i%4 == 2 { // ABBA BAAB
				slices.Reverse(hops)
			}
			for _, h := range hops {
				if err := l.calls(ctx, rec, l.answer(h, i, n)); err != nil {
					return l.unlessEmpty(rec, err)
				}
				if x := rec.Last(); x != nil && x.Status != 200 && x.Status != 0 {
					return rec, nil // we ask too much
				}
			}
		}
		return rec, nil
	},
}

// affordable returns how many rounds the user's budget allows, at most as many as are wanted.
func (l *Lab) affordable(wanted int) int {
	if l.purse == nil || l.purse.limit == 0 {
		return wanted
	}
	return min(wanted, int(l.purse.limit-l.purse.spent.Load())/len(l.Edge.Hops))
}

// answersFor is how long all answers may take together.
func (l *Lab) answersFor() time.Duration {
	switch l.Edge.Depth {
	case Quick:
		return 12 * time.Second
	case Deep:
		return 8 * time.Minute
	}
	return 40 * time.Second
}

// answer asks for one. It is watched no longer than leaves time for the others.
func (l *Lab) answer(h wire.Hop, round, rounds int) call {
	long := l.answersFor() / time.Duration(rounds*len(l.Edge.Hops))
	until := time.Now().Add(long)
	return call{hop: h, about: wire.Case(fmt.Sprintf("round=%d", round+1)), patience: whole(long),
		fields: wire.Header{{Name: "Accept-Encoding", Value: l.codings()}},
		enough: func(int) bool { return !time.Now().Before(until) }}
}
