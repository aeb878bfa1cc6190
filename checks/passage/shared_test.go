package passage_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
)

const second = time.Second

// feedOf makes a feed whose events came at the given moments.
func feedOf(at ...time.Duration) passage.Feed {
	f := passage.Feed{To: 20 * second, Named: true, RTT: time.Millisecond}
	for n, t := range at {
		f.Items = append(f.Items, passage.Item{Key: fmt.Sprint(n), At: t})
	}
	return f
}

// uneven are moments from 3 s on with random gaps.
func uneven(n int) []time.Duration {
	random := rand.New(rand.NewPCG(1, 2))
	out, at := []time.Duration{}, 3*second
	for range n {
		at += time.Duration(60+random.IntN(500)) * time.Millisecond
		out = append(out, at)
	}
	return out
}

func shifted(at []time.Duration, by func(i int) time.Duration) []time.Duration {
	out := slices.Clone(at)
	for i := range out {
		out[i] += by(i)
	}
	return out
}

func never(_, _ time.Duration) time.Duration { return 0 }

func TestDeliveryOfASharedFeed(t *testing.T) {
	at := uneven(20)
	fours := func(i int) time.Duration { return at[i/4*4+3] - at[i] }
	next := func(i int) time.Duration { return at[min(i+1, len(at)-1)] - at[i] + time.Millisecond }
	for _, tc := range []struct {
		name   string
		direct passage.Feed
		hop    passage.Feed
		want   passage.Delivery
	}{
		{"the same moments", feedOf(at...), feedOf(shifted(at, func(int) time.Duration { return 2 * time.Millisecond })...), passage.Alike},
		{"a little earlier", feedOf(at...), feedOf(shifted(at, func(int) time.Duration { return -40 * time.Millisecond })...), passage.Alike},
		{"distance", feedOf(at...), feedOf(shifted(at, func(int) time.Duration { return 600 * time.Millisecond })...), passage.Distant},
		{"four at a time", feedOf(at...), feedOf(shifted(at, fours)...), passage.Bunched},
		{"with the next one", feedOf(at...), feedOf(shifted(at, next)...), passage.Behindhand},
		{"with the next one, or a comment before it", feedOf(at...), feedOf(shifted(at, func(i int) time.Duration {
			if i%5 == 2 {
				return 20 * time.Millisecond
			}
			return next(i)
		})...), passage.Behindhand},
		{"not at all", feedOf(at...), passage.Feed{To: 20 * second, Named: true}, passage.Bunched},
		{"a cork of 200 ms", feedOf(at...), feedOf(shifted(at, func(i int) time.Duration { return 200*time.Millisecond - at[i]%(200*time.Millisecond) })...), passage.Alike},
		{"an endpoint that sends in bursts itself", feedOf(shifted(at, fours)...), feedOf(shifted(at, fours)...), passage.Alike},
		{"too few", feedOf(at[:4]...), feedOf(at[:4]...), passage.Undecided},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := passage.Behind(tc.hop, tc.direct, 2*second, never)
			if got := l.Delivery(); got != tc.want {
				t.Errorf("got %v, want %v: %+v", got, tc.want, l)
			}
			if len(l.Lost)+len(l.Twice)+len(l.Swapped) > 0 {
				t.Errorf("got %d lost, %d twice, %d swapped, want none", len(l.Lost), len(l.Twice), len(l.Swapped))
			}
		})
	}
}

func TestEventsThatDidNotComeOnceAndInOrder(t *testing.T) {
	at := uneven(20)
	without := func(f passage.Feed, n int) passage.Feed {
		f.Items = slices.Delete(slices.Clone(f.Items), n, n+1)
		return f
	}
	twice := func(f passage.Feed, n int) passage.Feed {
		f.Items = slices.Insert(slices.Clone(f.Items), n+1, f.Items[n])
		return f
	}
	swapped := func(f passage.Feed, n int) passage.Feed {
		f.Items = slices.Clone(f.Items)
		f.Items[n], f.Items[n+1] = f.Items[n+1], f.Items[n]
		return f
	}
	over := feedOf(at[:15]...)
	over.Over = true
	for _, tc := range []struct {
		name string
		hop  passage.Feed
		want [3]int
	}{
		{"all", feedOf(at...), [3]int{}},
		{"one is missing in the middle", without(feedOf(at...), 7), [3]int{1, 0, 0}},
		{"the last is still on its way", without(feedOf(at...), 19), [3]int{}},
		{"one comes twice", twice(feedOf(at...), 7), [3]int{0, 1, 0}},
		{"two are swapped", swapped(feedOf(at...), 7), [3]int{0, 0, 1}},
		{"the server ended the stream", over, [3]int{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := passage.Behind(tc.hop, feedOf(at...), 2*second, never)
			if got := [3]int{len(l.Lost), len(l.Twice), len(l.Swapped)}; got != tc.want {
				t.Errorf("got %v lost, twice and swapped, want %v", got, tc.want)
			}
		})
	}
}

func TestWhatCameBeforeBothReadersHaveSettledDoesNotCount(t *testing.T) {
	at := uneven(20)
	hop := feedOf(at...)
	hop.From, hop.Items = 6*second, slices.DeleteFunc(hop.Items, func(it passage.Item) bool { return it.At < 6*second })
	l := passage.Behind(hop, feedOf(at...), 2*second, never)
	if n := len(slices.DeleteFunc(at, func(t time.Duration) bool { return t < 8*second })); len(l.Lost) > 0 || l.Seen != n {
		t.Errorf("got %d events seen and %d lost, want %d and none", l.Seen, len(l.Lost), n)
	}
}

func TestEventsWithoutIDsAreTakenInTheOrderInWhichTheyCame(t *testing.T) {
	at := uneven(20)
	direct, hop := feedOf(at...), feedOf(at...)
	direct.Named = false
	for i := range direct.Items {
		direct.Items[i].Key, hop.Items[i].Key = "ping", "ping"
	}
	if l := passage.Behind(hop, direct, 2*second, never); l.Delivery() != passage.Alike || len(l.Swapped)+len(l.Lost)+len(l.Twice) > 0 {
		t.Errorf("got %+v, want the same", l)
	}
}

func TestAPauseOfThisMachineIsNoDelay(t *testing.T) {
	at := uneven(20)
	hop := feedOf(shifted(at, func(int) time.Duration { return 300 * time.Millisecond })...)
	l := passage.Behind(hop, feedOf(at...), 2*second, func(_, _ time.Duration) time.Duration { return 250 * time.Millisecond })
	if l.Delivery() != passage.Undecided || l.Noise != 20 {
		t.Errorf("got %v and %d left out, want nothing to be said", l.Delivery(), l.Noise)
	}
	l = passage.Behind(passage.Feed{To: 30 * second}, feedOf(at...), 2*second, func(_, _ time.Duration) time.Duration { return 120 * time.Millisecond })
	if l.Delivery() != passage.Bunched {
		t.Errorf("got %v, want a hold that no such pause explains: %+v", l.Delivery(), l)
	}
}

func TestOneWindowIsChance(t *testing.T) {
	at := uneven(20)
	same := passage.Behind(feedOf(at...), feedOf(at...), 2*second, never)
	held := passage.Behind(passage.Feed{To: 20 * second}, feedOf(at...), 2*second, never)
	none := passage.Behind(feedOf(), feedOf(), 2*second, never)
	for _, tc := range []struct {
		name string
		lags []passage.Lag
		want passage.Delivery
	}{
		{"nothing", nil, passage.Undecided},
		{"one of one", []passage.Lag{held}, passage.Undecided},
		{"one of three", []passage.Lag{held, same, same}, passage.Alike},
		{"two of three", []passage.Lag{held, same, held}, passage.Bunched},
		{"two, and one says nothing", []passage.Lag{held, none, held}, passage.Bunched},
		{"one, and two say nothing", []passage.Lag{held, none, none}, passage.Undecided},
		{"one of each", []passage.Lag{held, same, none}, passage.Undecided},
	} {
		if got := passage.Overall(tc.lags); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}
