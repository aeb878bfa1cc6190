package hold_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/wire"
)

// ticking is an event stream whose events came at these moments, watched for so long.
func ticking(watched time.Duration, at ...time.Duration) *wire.Exchange {
	x := &wire.Exchange{Status: 200, Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}}, End: wire.End{Kind: wire.HungUp, At: watched}}
	for _, at := range at {
		x.Body = append(x.Body, wire.Chunk{At: at, Data: []byte("data: tick\n\n")})
	}
	return x
}

// spaced returns n moments.
func spaced(gap, from time.Duration, n int) (at []time.Duration) {
	for i := range n {
		at = append(at, from+time.Duration(i)*gap)
	}
	return at
}

const milli = time.Millisecond

func TestAnAnswerIsSlowerThatWasHeld(t *testing.T) {
	t.Parallel()
	flowing := ticking(3*time.Second, spaced(50*milli, milli, 60)...)
	for _, c := range []struct {
		name       string
		held, free *wire.Exchange
		want       bool
	}{
		{"nothing came", ticking(2 * time.Second), flowing, true},
		{"all of it came at the end", ticking(3*time.Second, 2900*milli), flowing, true},
		{"a tick of a second", ticking(3*time.Second, corkedTicks(spaced(50*milli, milli, 60), time.Second)...), flowing, true},
		{"a corked socket", ticking(3*time.Second, corkedTicks(spaced(50*milli, milli, 60), 250*milli)...), flowing, false},
		{"a greeting, then nothing", ticking(3*time.Second, milli), flowing, true},
		{"the first event of a feed that is quiet then", ticking(2 * time.Second), ticking(2*time.Second, milli), true},
		{"a fifth of the pace, one by one", ticking(3*time.Second, spaced(250*milli, milli, 12)...), flowing, false},
		{"half the pace", ticking(3*time.Second, spaced(100*milli, milli, 30)...), flowing, false},
		{"a later beginning", ticking(5*time.Second, spaced(50*milli, 2*time.Second, 60)...), flowing, false},
		{"the same", flowing, flowing, false},
		{"a slow stream beside a copy of a cache", ticking(3*time.Second, spaced(900*milli, 300*milli, 3)...), ticking(20*milli, milli), false},
		{"a feed that is quiet in both", ticking(2 * time.Second), ticking(2 * time.Second), false},
		{"less than a reader notices", ticking(240*milli, 200*milli), ticking(240*milli, spaced(20*milli, milli, 12)...), false},
	} {
		if got := hold.PulseOf(c.held, 0).Slower(hold.PulseOf(c.free, 0), hold.Noticed); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestBytesThatCameAreNotHeldWhateverADecoderMakesOfThem(t *testing.T) {
	t.Parallel()
	coded := ticking(3*time.Second, spaced(50*milli, milli, 60)...)
	coded.Header = coded.Header.Set("Content-Encoding", "unheard-of")
	if hold.PulseOf(coded, 0).Slower(hold.PulseOf(ticking(3*time.Second, spaced(50*milli, milli, 60)...), 0), hold.Noticed) {
		t.Error("an answer that came as it was sent was taken for held")
	}
}

func TestOneLookTellsWhereToLookCloser(t *testing.T) {
	t.Parallel()
	flowing, block := ticking(3*time.Second, spaced(50*milli, milli, 60)...), ticking(3*time.Second, 2900*milli)
	for _, c := range []struct {
		name       string
		long, look *wire.Exchange
		want       bool
	}{
		{"the look brings nothing", flowing, ticking(2 * time.Second), true},
		{"the look is quick", block, ticking(time.Second, spaced(50*milli, milli, 20)...), true},
		{"both flow", flowing, ticking(time.Second, spaced(50*milli, milli, 20)...), false},
		{"both are blocks", block, block, false},
		{"the first request had to wait", ticking(6*time.Second, spaced(50*milli, 3*time.Second, 60)...), ticking(time.Second, spaced(50*milli, milli, 20)...), false},
		{"a look too short to tell", ticking(6*time.Second, spaced(50*milli, 3*time.Second, 60)...), ticking(2 * time.Second), false},
	} {
		if got := hold.Unlike(c.long, c.look, hold.Noticed); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

// A ticker makes the moments at which it speaks, another time each.
type ticker func(r *rand.Rand) []time.Duration

var tickers = map[string]ticker{
	"a slow feed":       poissonTicks(0.5),
	"a feed":            poissonTicks(3),
	"tokens":            poissonTicks(25),
	"fast tokens":       poissonTicks(150),
	"poll loop":         func(r *rand.Rand) []time.Duration { return spaced(time.Second, time.Duration(r.IntN(1000))*milli, 6) },
	"a model":           modelTicks(0.3, 0.2),
	"a moody model":     modelTicks(1.2, 0.9),
	"bursts and pauses": burstsOfTicks,
}

func poissonTicks(rate float64) ticker {
	return func(r *rand.Rand) (at []time.Duration) {
		for t := 0.0; t < 6; t += r.ExpFloat64() / rate {
			at = append(at, time.Duration(t*float64(time.Second)))
		}
		return at[1:]
	}
}

// modelTicks thinks, and then speaks at a pace that is another each time.
func modelTicks(thinks, moods float64) ticker {
	return func(r *rand.Rand) []time.Duration {
		first := time.Duration(0.5 * math.Exp(thinks*r.NormFloat64()) * float64(time.Second))
		return spaced(time.Duration(40*math.Exp(moods*r.NormFloat64()))*milli+milli, first, 100)
	}
}

func burstsOfTicks(r *rand.Rand) (at []time.Duration) {
	for t := time.Duration(r.IntN(1500)) * milli; t < 6*time.Second; t += time.Duration(200+r.IntN(3000)) * milli {
		at = append(at, spaced(30*milli, t, 1+r.IntN(8))...)
	}
	return at
}

// watchTicks is an answer as the scene of variants watches it: until its pace is known, with the jitter of a network.
func watchTicks(r *rand.Rand, at []time.Duration, limit time.Duration) *wire.Exchange {
	var came []time.Duration
	last, sent, pieces := time.Duration(0), time.Duration(-1), 0
	for _, t := range at {
		if t != sent { // what was sent together comes together
			sent = t
			t = max(last, t+time.Duration(r.ExpFloat64()*float64(8*milli)))
			if pieces == 0 || hold.Another(last, t) {
				pieces++
			}
			last = t
		}
		if last > limit {
			break
		}
		came = append(came, last)
		if pieces == 12 {
			return ticking(last, came...)
		}
	}
	return ticking(limit, came...)
}

// corkedTicks returns moments as they come where a timer sends what has gathered.
func corkedTicks(at []time.Duration, timer time.Duration) (out []time.Duration) {
	for _, t := range at {
		out = append(out, t.Truncate(timer)+timer)
	}
	return out
}

func ways(r *rand.Rand, o ticker, through func([]time.Duration) []time.Duration) (ps []hold.Pulse) {
	for range 4 {
		ps = append(ps, hold.PulseOf(watchTicks(r, through(o(r)), 4*time.Second), 0))
	}
	return ps
}

func TestChanceMakesNoDifferenceBetweenTwoWays(t *testing.T) {
	t.Parallel()
	direct := func(at []time.Duration) []time.Duration { return at }
	for name, o := range tickers {
		r := rand.New(rand.NewPCG(5, uint64(len(name))))
		alarms, found := 0, map[string]int{}
		for range *runs {
			a, b := ways(r, o, direct), ways(r, o, direct)
			if hold.AllSlower(a, b, hold.Ticked) || hold.AllSlower(b, a, hold.Ticked) {
				alarms++
			}
			for _, timer := range []time.Duration{200 * milli, time.Second, time.Hour} {
				held := ways(r, o, func(at []time.Duration) []time.Duration { return corkedTicks(at, timer) })
				least := hold.Noticed
				if timer < time.Second {
					least = hold.Ticked
				}
				if hold.AllSlower(held, a, least) {
					found[fmt.Sprint(timer)]++
				}
			}
		}
		rate := func(timer string) float64 { return 100 * float64(found[timer]) / float64(*runs) }
		t.Logf("%-18s %d false in %d; found of 200 ms %.1f %%, 1 s %.1f %%, to the end %.1f %%", name, alarms, *runs,
			rate("200ms"), rate("1s"), rate("1h0m0s"))
		if alarms > 0 {
			t.Errorf("%s: %d false alarms", name, alarms)
		}
	}
}
