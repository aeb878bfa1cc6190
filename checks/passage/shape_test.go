package passage_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// A way turns what was sent into what comes.
type way func(sent []wire.Chunk, end time.Duration) []wire.Chunk

// lateBy passes on each piece so much later.
func lateBy(d time.Duration) way {
	return func(sent []wire.Chunk, _ time.Duration) (out []wire.Chunk) {
		for _, c := range sent {
			out = append(out, wire.Chunk{At: c.At + d, Data: c.Data})
		}
		return out
	}
}

// far is a long way behind another.
func far(w way, d time.Duration) way {
	return func(sent []wire.Chunk, end time.Duration) []wire.Chunk { return lateBy(d)(w(sent, end), end) }
}

// filled passes on what fills a buffer in which the head was too.
func filled(size, head int) way {
	return func(sent []wire.Chunk, end time.Duration) (out []wire.Chunk) {
		var kept []byte
		room := size - head
		for _, c := range sent {
			kept = append(kept, c.Data...)
			for len(kept) >= room {
				out = append(out, wire.Chunk{At: c.At, Data: bytes.Clone(kept[:room])})
				kept, room = kept[room:], size
			}
		}
		return append(out, wire.Chunk{At: end, Data: kept})
	}
}

// ticked passes on what is there at each tick of a timer that began at a phase.
func ticked(period, phase time.Duration) way {
	return func(sent []wire.Chunk, end time.Duration) (out []wire.Chunk) {
		for _, c := range sent {
			at := phase + (c.At-phase+period-1)/period*period
			out = append(out, wire.Chunk{At: min(at, max(end, c.At)), Data: c.Data})
		}
		return out
	}
}

// corkedBy passes on what came within a time of the first byte that was kept, or a full segment at once.
func corkedBy(period time.Duration, segment int) way {
	return func(sent []wire.Chunk, end time.Duration) (out []wire.Chunk) {
		var kept []byte
		var since time.Duration
		flush := func(at time.Duration) {
			if len(kept) > 0 {
				out = append(out, wire.Chunk{At: at, Data: kept})
				kept = nil
			}
		}
		for _, c := range sent {
			if len(kept) > 0 && since+period <= c.At {
				flush(since + period)
			}
			if len(kept) == 0 {
				since = c.At
			}
			kept = append(kept, c.Data...)
			if n := len(kept) / segment * segment; n > 0 {
				out = append(out, wire.Chunk{At: c.At, Data: kept[:n]})
				kept, since = bytes.Clone(kept[n:]), c.At
			}
		}
		flush(min(end, since+period))
		return out
	}
}

// tailed keeps the end of large pieces until something follows.
func tailed(size int) way {
	return func(sent []wire.Chunk, end time.Duration) (out []wire.Chunk) {
		var kept []byte
		for _, c := range sent {
			kept = append(kept, c.Data...)
			n := len(kept)
			if len(c.Data) > size {
				n = n / size * size
			}
			out = append(out, wire.Chunk{At: c.At, Data: bytes.Clone(kept[:n])})
			kept = kept[n:]
		}
		return append(out, wire.Chunk{At: end, Data: kept})
	}
}

// oneLate passes on each piece when the next is sent.
func oneLate(sent []wire.Chunk, end time.Duration) (out []wire.Chunk) {
	for i, c := range sent {
		at := end
		if i+1 < len(sent) {
			at = sent[i+1].At
		}
		out = append(out, wire.Chunk{At: at, Data: c.Data})
	}
	return out
}

// atTheEnd passes on all of it when it ends.
func atTheEnd(sent []wire.Chunk, end time.Duration) (out []wire.Chunk) {
	for _, c := range sent {
		out = append(out, wire.Chunk{At: end, Data: c.Data})
	}
	return out
}

// crossed records a body on its way.
func crossed(about string, sent []wire.Chunk, end time.Duration, w way) *wire.Exchange {
	return &wire.Exchange{
		Case: wire.Case(about), Status: 200, HeadAt: time.Millisecond, Body: w(sent, end), End: wire.End{Kind: wire.Complete, At: end},
		Hits: []*wire.Hit{{Sent: sent, HeadAt: time.Millisecond, End: wire.Finished, EndAt: end}},
	}
}

// A rhythm is what an origin sends, by the scene.
func paced(random *rand.Rand) (sent []wire.Chunk, end time.Duration) {
	at := time.Duration(0)
	for n := range 40 {
		size := 80 + random.IntN(320)
		if n%8 == 4 {
			size = 6000 + random.IntN(14000)
		}
		sent = append(sent, wire.Chunk{At: at, Data: bytes.Repeat([]byte("x"), size)})
		at += 30*time.Millisecond + time.Duration(random.Int64N(int64(270*time.Millisecond)))
	}
	return sent, sent[39].At
}

func dripped(size int) (sent []wire.Chunk, end time.Duration) {
	for n := range 600 {
		sent = append(sent, wire.Chunk{At: time.Duration(n+1) * 4 * time.Millisecond, Data: bytes.Repeat([]byte("x"), size)})
	}
	return sent, 2400 * time.Millisecond
}

func single(size int) (sent []wire.Chunk, end time.Duration) {
	return []wire.Chunk{
		{At: 50 * time.Millisecond, Data: bytes.Repeat([]byte("x"), size)},
		{At: 2050 * time.Millisecond, Data: bytes.Repeat([]byte("y"), 60)},
	}, 2550 * time.Millisecond
}

// recorded makes pace, drip and hold over a way.
func recorded(seed uint64, w way) *wire.Bundle {
	pace, drip, held := &wire.Recording{Scene: wire.EdgePace}, &wire.Recording{Scene: wire.EdgeDrip}, &wire.Recording{Scene: wire.EdgeHold}
	sent, end := paced(rand.New(rand.NewPCG(seed, 0)))
	for route, w := range map[string]way{"direct": lateBy(0), "via": w} {
		pace.Exchanges = append(pace.Exchanges, crossed("route="+route+" run=1 version=HTTP/1.1", sent, end, w))
	}
	sizes := []int{60, 240}
	if sent, end := dripped(60); len(w(sent, end)) == 0 || w(sent, end)[0].At >= end {
		sizes = append(sizes, 1750)
	}
	for _, size := range sizes {
		sent, end := dripped(size)
		drip.Exchanges = append(drip.Exchanges, crossed(fmt.Sprintf("route=via version=HTTP/1.1 framing=chunked size=%d", size), sent, end, w))
	}
	for _, size := range []int{64, 1010, 3900, 5070, 9050, 20300, 70700, 150300} {
		sent, end := single(size)
		held.Exchanges = append(held.Exchanges, crossed(fmt.Sprintf("route=via version=HTTP/1.1 framing=chunked size=%d", size), sent, end, w))
	}
	return &wire.Bundle{Recordings: []*wire.Recording{pace, drip, held}}
}

func TestTheShapeOfAHop(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		way    way
		class  remedy.Class
		bytes  int
		period time.Duration
	}{
		{"nothing is held on a short way", lateBy(0), "", 0, 0},
		{"nor on a long one", lateBy(180 * ms), "", 0, 0},
		{"a buffer of nginx", filled(4096, 114), remedy.ByteHeld, 4096, 0},
		{"a larger one", filled(16384, 114), remedy.ByteHeld, 16384, 0},
		{"a small one", filled(1000, 0), remedy.ByteHeld, 1000, 0},
		{"one that the slow drip does not fill", filled(65536, 300), remedy.ByteHeld, 65536, 0},
		{"one that only a megabyte fills", filled(200_000, 0), remedy.ByteHeld, 200_000, 0},
		{"a timer of a tenth of a second", ticked(100*ms, 0), remedy.TimerHeld, 0, 100 * ms},
		{"one of a second", ticked(1000*ms, 370*ms), remedy.TimerHeld, 0, 1000 * ms},
		{"one that the drip is too short for", ticked(1900*ms, 370*ms), remedy.TimerHeld, 0, 1900 * ms},
		{"a corked socket on loopback", corkedBy(200*ms, 65483), remedy.TimerHeld, 0, 200 * ms},
		{"and on a network, where full segments leave at once", corkedBy(200*ms, 1448), remedy.TimerHeld, 0, 200 * ms},
		{"a timer far away", far(ticked(200*ms, 0), 250*ms), remedy.TimerHeld, 0, 200 * ms},
		{"a corked socket far away", far(corkedBy(200*ms, 65483), 250*ms), remedy.TimerHeld, 0, 200 * ms},
		{"the end of large events waits", tailed(4096), remedy.LargeTail, 4096, 0},
		{"each event waits for the next", oneLate, remedy.OneBehind, 0, 0},
		{"all of it waits for the end", atTheEnd, remedy.HeldToEnd, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				s := passage.ShapeOf(recorded(seed, c.way))
				near := s.Period() - c.period
				if s.Class() != c.class || s.Bytes() != c.bytes || near.Abs() > c.period/10 {
					t.Fatalf("seed %d: got %q, %d bytes, every %v (%s); want %q, %d bytes, every %v",
						seed, s.Class(), s.Bytes(), s.Period(), s.Ways[0].Why, c.class, c.bytes, c.period)
				}
				if c.class == "" && s.Ways[0].State != hold.Clear {
					t.Fatalf("seed %d: it is not clear that nothing is held: %s", seed, s.Ways[0].Why)
				}
			}
		})
	}
}

func TestAWayOnWhichPacketsAreLostIsNotTakenForAHold(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		lossy := func(sent []wire.Chunk, _ time.Duration) (out []wire.Chunk) {
			free := time.Duration(0)
			for _, c := range sent {
				at := max(free, c.At+40*time.Millisecond+time.Duration(random.Int64N(int64(15*time.Millisecond))))
				if random.IntN(50) == 0 {
					at += 250 * time.Millisecond // what follows waits for the repeated packet
				}
				free = at
				out = append(out, wire.Chunk{At: at, Data: c.Data})
			}
			return out
		}
		s := passage.ShapeOf(recorded(seed, lossy))
		if s.Class() != "" {
			t.Fatalf("seed %d: got %q, %d bytes, every %v", seed, s.Class(), s.Bytes(), s.Period())
		}
	}
}

func TestAPauseOfTheHopsMachineIsNoTimer(t *testing.T) {
	t.Parallel()
	frozen := func(sent []wire.Chunk, end time.Duration) []wire.Chunk { // all streams at once, while the single events are sent
		out := lateBy(0)(sent, end)
		for i := range out {
			if out[i].At >= 2050*time.Millisecond && out[i].At < 2320*time.Millisecond {
				out[i].At = 2320 * time.Millisecond
			}
		}
		return out
	}
	if s := passage.ShapeOf(recorded(1, frozen)); s.Class() != "" {
		t.Errorf("got %q, every %v", s.Class(), s.Period())
	}
}

func TestOfTwoVersionsTheOneAloneIsNamed(t *testing.T) {
	t.Parallel()
	b := recorded(1, filled(4096, 114))
	other := recorded(1, lateBy(0))
	for i, r := range other.Recordings {
		for _, x := range r.Exchanges {
			x.Case = wire.Case(bytes.ReplaceAll([]byte(x.Case), []byte("HTTP/1.1"), []byte("HTTP/2.0")))
			b.Recordings[i].Exchanges = append(b.Recordings[i].Exchanges, x)
		}
	}
	if s := passage.ShapeOf(b); s.Alone() != "HTTP/1.1" || s.Symptom().Version != "HTTP/1.1" || len(s.Ways) != 2 {
		t.Errorf("got %q alone of %d ways, want HTTP/1.1 of 2", s.Alone(), len(s.Ways))
	}
}
