package passage_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestPiecesAreMatchedUpToTheFirstByteThatDiffers(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	x := &wire.Exchange{
		Body: []wire.Chunk{{At: 5 * ms, Data: []byte("data: a")}, {At: 9 * ms, Data: []byte("\n\ndata: b\n\ndata: X\n\n")}},
		Hits: []*wire.Hit{{Sent: []wire.Chunk{{At: 1 * ms, Data: []byte("data: a\n\n")}, {At: 8 * ms, Data: []byte("data: b\n\n")}, {At: 9 * ms, Data: []byte("data: c\n\n")}}}},
	}
	came, sent := passage.Pieces(x)
	if len(came) != 2 || sent != 3 || came[0].Delay() != 8*ms || came[1].Delay() != 1*ms {
		t.Errorf("got %v of %d, want two of three, 8 ms and 1 ms late", came, sent)
	}
	if came, sent := passage.Pieces(&wire.Exchange{}); came != nil || sent != 0 {
		t.Errorf("got %v of %d of an exchange that did not reach our origin", came, sent)
	}
}

func TestDelaysAreSummedUp(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for n := range 100 {
		all = append(all, time.Duration((n*37)%100))
	}
	if d := passage.DelaysOf(all); d.P50 != 50 || d.P95 != 95 || d.P99 != 99 || d.Max != 99 {
		t.Errorf("got %d %d %d %d", d.P50, d.P95, d.P99, d.Max)
	}
	if d := passage.DelaysOf(all[:1]); d.P50 != 0 || d.P99 != 0 {
		t.Errorf("got %v of a single one", d)
	}
}

func TestTheRoundTripIsThatOfTheQuickestConnectionToTheHop(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	b := &wire.Bundle{Recordings: []*wire.Recording{{Exchanges: []*wire.Exchange{
		{Case: "route=direct", Dial: ms}, {Case: "route=via", Dial: 90 * ms}, {Case: "route=via", Dial: 80 * ms, TLS: &wire.TLS{}},
	}}}}
	if got := passage.RTT(b); got != 40*ms {
		t.Errorf("got %v, want 40 ms: TLS takes a round trip of its own", got)
	}
}

func TestAFarOriginIsAwayToo(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	hits := func(s wire.Scene, at ...time.Duration) *wire.Recording {
		r := &wire.Recording{Scene: s}
		for _, at := range at {
			r.Exchanges = append(r.Exchanges, &wire.Exchange{Case: "route=via", Dial: 40 * ms, Hits: []*wire.Hit{{At: at}}})
		}
		return r
	}
	for _, c := range []struct {
		name string
		in   []*wire.Recording
		want time.Duration
	}{
		{"twice the quickest way to the origin", []*wire.Recording{hits(wire.EdgeFields, 300*ms, 250*ms), hits(wire.EdgePace, 260*ms)}, 500 * ms},
		{"the hop alone where the origin is near", []*wire.Recording{hits(wire.EdgePace, -ms)}, 40 * ms},
		{"requests that may wait for others do not count", []*wire.Recording{hits(wire.EdgeHold, 900*ms)}, 40 * ms},
	} {
		if got := passage.Away(&wire.Bundle{Recordings: c.in}); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestATimerFarAwayIsNotOneBehind(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		b := recorded(seed, far(corkedBy(200*time.Millisecond, 65483), 250*time.Millisecond))
		for _, r := range b.Recordings {
			for _, x := range r.Exchanges {
				x.Dial = 500 * time.Millisecond
			}
		}
		if p := passage.PacesOf(b)[0]; p.Behind != hold.Clear {
			t.Fatalf("seed %d: got %v", seed, p.Behind)
		}
	}
}

func TestFewLateEventsAreNotAllLateByTheSame(t *testing.T) {
	t.Parallel()
	slow := func(sent []wire.Chunk, _ time.Duration) (out []wire.Chunk) { // a hundred bytes in a millisecond
		free := time.Duration(0)
		for _, c := range sent {
			free = max(free, c.At) + time.Duration(len(c.Data))*10*time.Microsecond
			out = append(out, wire.Chunk{At: free, Data: c.Data})
		}
		return out
	}
	p := passage.PacesOf(recorded(1, slow))[0]
	if p.Steady || p.Delays.P95 < 100*time.Millisecond {
		t.Errorf("steady: %v; half came %v late, one in twenty %v", p.Steady, p.Delays.P50, p.Delays.P95)
	}
	if p := passage.PacesOf(recorded(1, lateBy(300*time.Millisecond)))[0]; !p.Steady {
		t.Error("events that were all 300 ms late were not steady")
	}
}

func TestWhatThisMachineMissedIsNotTimed(t *testing.T) {
	t.Parallel()
	b := recorded(1, lateBy(400*time.Millisecond))
	b.Noise = &wire.Noise{Pauses: []wire.Stretch{{From: time.Second, To: 3 * time.Second}}}
	p := passage.PacesOf(b)[0]
	if p.Spoilt < 5 || p.Spoilt+len(p.Late) != p.Came || p.Came != 40 {
		t.Errorf("of %d events %d count and %d do not; want those of two seconds left out", p.Came, len(p.Late), p.Spoilt)
	}
	b.Noise.Pauses = []wire.Stretch{{From: time.Second, To: 1030 * time.Millisecond}}
	if p := passage.PacesOf(b)[0]; p.Spoilt != 0 {
		t.Errorf("%d events that came 400 ms late were explained by a pause of 30 ms", p.Spoilt)
	}
}
