package passage_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

// talk makes an answer whose events come with the given gaps in between. hold says when what was sent at a moment arrives.
func talk(random *rand.Rand, events int, hold func(at time.Duration, sent int) time.Duration) *wire.Exchange {
	x := &wire.Exchange{Status: 200, Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}}, Dial: time.Millisecond}
	at, sent := 200*time.Millisecond+time.Duration(random.IntN(300))*time.Millisecond, 0
	for n := range events {
		at += time.Duration(25+random.IntN(60)) * time.Millisecond
		data := fmt.Appendf(nil, "data: %d %0*d\n\n", n, 20+random.IntN(80), 7)
		sent += len(data)
		x.Body = append(x.Body, wire.Chunk{At: hold(at, sent), Data: data})
	}
	x.End = wire.End{Kind: wire.Complete, At: at + time.Millisecond}
	for i := range x.Body {
		x.Body[i].At = min(x.Body[i].At, x.End.At)
	}
	return x
}

func asSent(at time.Duration, _ int) time.Duration { return at }

func toTheEnd(time.Duration, int) time.Duration { return time.Hour }

// corked arrives at the next tick.
func corked(at time.Duration, _ int) time.Duration {
	const tick = 200 * time.Millisecond
	return at + tick - at%tick
}

// slowed arrives later by a constant.
func slowed(at time.Duration, _ int) time.Duration { return at + 400*time.Millisecond }

func several(n int, hold func(time.Duration, int) time.Duration, seed uint64) []passage.Answer {
	random := rand.New(rand.NewPCG(seed, 7))
	var out []passage.Answer
	for range n {
		out = append(out, passage.AnswerOf(talk(random, 40+random.IntN(20), hold)))
	}
	return out
}

func TestAnswersByTurns(t *testing.T) {
	for _, tc := range []struct {
		name        string
		hop, direct []passage.Answer
		want        passage.Delivery
		why         string
	}{
		{"the same", several(4, asSent, 1), several(4, asSent, 2), passage.Alike, ""},
		{"held to the end", several(4, toTheEnd, 1), several(4, asSent, 2), passage.Bunched, ""},
		{"held to the end, seen three times", several(3, toTheEnd, 1), several(3, asSent, 2), passage.Undecided, "the answers differ, and more of them are needed to prove it"},
		{"a cork of 200 ms", several(4, corked, 1), several(4, asSent, 2), passage.Alike, ""},
		{"distance", several(4, slowed, 1), several(4, asSent, 2), passage.Alike, ""},
		{"held at both", several(4, toTheEnd, 1), several(4, toTheEnd, 2), passage.Undecided, "the answers come in one piece, straight from the endpoint too"},
		{"one alone", several(1, toTheEnd, 1), several(1, asSent, 2), passage.Undecided, "fewer than two answers were asked for on each route, and that is too few"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := passage.Against(tc.hop, tc.direct)
			if c.State != tc.want || c.Why != tc.why {
				t.Errorf("got %v %q, want %v %q: %+v", c.State, c.Why, tc.want, tc.why, c)
			}
		})
	}
}

func TestAnswersInTwoMoodsAreNotCompared(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 7))
	short, long := passage.AnswerOf(talk(random, 20, asSent)), passage.AnswerOf(talk(random, 200, toTheEnd))
	c := passage.Against([]passage.Answer{long, long, long, long}, []passage.Answer{short, short, short, short})
	if c.State != passage.Undecided || c.Why != "too few answers took about the same time on both routes" {
		t.Errorf("got %+v", c)
	}
}

func TestAnAnswerOfWhichNothingCameWasWaitedForAllTheTime(t *testing.T) {
	a := passage.AnswerOf(&wire.Exchange{End: wire.End{Kind: wire.Silent, At: 5 * second}})
	if a.Wait != 5*second || a.Metrics[passage.FirstShare] != 1 || a.Metrics[passage.LargestShare] != 1 || a.Events != 0 {
		t.Errorf("got %+v", a)
	}
}

// The endpoint's own moods must not look like a hop, however often one looks: pairs of routes that do the same, whatever
// that is.
func TestRoutesThatDoTheSameAreNeverToldApart(t *testing.T) {
	alarms := 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 3))
		mood := func(at time.Duration, sent int) time.Duration { // batches now and then
			if random.IntN(3) == 0 {
				return at + time.Duration(random.IntN(900))*time.Millisecond
			}
			return at
		}
		var a, b []passage.Answer
		for range 4 {
			a = append(a, passage.AnswerOf(sorted(talk(random, 40, mood))))
			b = append(b, passage.AnswerOf(sorted(talk(random, 40, mood))))
		}
		if passage.Against(b, a).State == passage.Bunched {
			alarms++
		}
	}
	if alarms > 0 {
		t.Errorf("%d of 400 pairs of the same routes were told apart", alarms)
	}
}

// sorted keeps what was sent first from arriving last.
func sorted(x *wire.Exchange) *wire.Exchange {
	for i := 1; i < len(x.Body); i++ {
		x.Body[i].At = max(x.Body[i].At, x.Body[i-1].At)
	}
	return x
}
