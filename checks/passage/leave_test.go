package passage_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestWhenTheOriginLearnsThatItsReaderLeft(t *testing.T) {
	t.Parallel()
	left := wire.End{Kind: wire.HungUp, At: s}
	hit := func(end wire.HitEnd, at time.Duration, sent ...any) *wire.Hit {
		return &wire.Hit{Sent: saying(sent...), End: end, EndAt: at}
	}
	for _, c := range []struct {
		name  string
		end   wire.End
		hit   *wire.Hit
		want  passage.Leave
		known bool
	}{
		{"at once", left, hit(wire.Abandoned, s+ms, 900*ms, "x"), passage.Leave{Told: true, After: ms}, true},
		{"a little before we noted that it left", left, hit(wire.Abandoned, s-ms, 900*ms, "x"), passage.Leave{Told: true}, true},
		{"by two writes", left, hit(wire.Abandoned, 1200*ms, 1100*ms, "x", 1200*ms, "x"), passage.Leave{Told: true, After: 200 * ms, Writes: 2}, true},
		{"never, to the end of the answer", left, hit(wire.Finished, 3*s, 2*s, "x", 3*s, "x"), passage.Leave{After: 2 * s, Writes: 2, ToEnd: true}, true},
		{"not while we looked", left, hit(wire.StillOpen, 3*s), passage.Leave{After: 2 * s}, true},
		{"in no way that is the reader's, since the answer had ended", wire.End{Kind: wire.Complete, At: s}, hit(wire.Finished, s), passage.Leave{}, false},
		{"in no way that is the reader's, since the hop had left before", left, hit(wire.Abandoned, 500*ms), passage.Leave{}, false},
		{"in no way that counts, since we were interrupted", wire.End{Kind: wire.HungUp, At: s, Note: wire.Interrupted}, hit(wire.Abandoned, s), passage.Leave{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, known := passage.LeaveOf(&wire.Exchange{End: c.end, Hits: []*wire.Hit{c.hit}})
			if got != c.want || known != c.known {
				t.Errorf("got %+v, %v; want %+v, %v", got, known, c.want, c.known)
			}
		})
	}
	if _, known := passage.LeaveOf(&wire.Exchange{End: left}); known {
		t.Error("a request that did not reach the origin tells something")
	}
}
