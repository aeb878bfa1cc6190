package passage_test

import (
	"testing"
	"time"

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
