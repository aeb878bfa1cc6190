package passage_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestHowOftenARequestCameIsCounted(t *testing.T) {
	t.Parallel()
	hits := func(n int) []*wire.Hit { return make([]*wire.Hit, n) }
	for n := range 3 {
		x := &wire.Exchange{Case: "route=via method=POST end=reset connection=reused", Hits: hits(n)}
		got, ok := passage.RefusalOf(x)
		want := passage.Refusal{Method: "POST", End: "reset", Connection: "reused", Times: n}
		if n == 0 {
			want = passage.Refusal{}
		}
		if ok != (n > 0) || got != want {
			t.Errorf("%d hits: got %+v (%v)", n, got, ok)
		}
	}
	if r, ok := passage.RefusalOf(&wire.Exchange{Case: "route=via method=GET end=finish", Hits: hits(1)}); ok {
		t.Errorf("a plain request: got %+v", r)
	}
}

func TestTheTimeWithoutTheOriginIsTaken(t *testing.T) {
	t.Parallel()
	look := func(at time.Duration, hits int) *wire.Exchange {
		return &wire.Exchange{Case: "route=via method=GET end=finish", Began: zero.Add(at), Hits: make([]*wire.Hit, hits)}
	}
	refused := &wire.Exchange{Case: "route=via method=GET end=fin", Began: zero}
	for name, tt := range map[string]struct {
		xs   []*wire.Exchange
		want time.Duration
	}{
		"no look was needed": {[]*wire.Exchange{refused}, 0},
		"it was not asked":   {[]*wire.Exchange{refused, look(time.Second, 0), look(11*time.Second, 1)}, 10 * time.Second},
		"nor to the end":     {[]*wire.Exchange{look(0, 0), look(11*time.Second, 0)}, 11 * time.Second},
		"the run ended":      {[]*wire.Exchange{look(0, 0)}, 0},
	} {
		if got := passage.Shunned(tt.xs); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
