package chaos_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func TestAnswersAreAskedForByTurns(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := g.compare(g.between(own(4), own(4)))
		want := []string{
			"route=direct round=1", "route=via round=1", "route=via round=2", "route=direct round=2",
			"route=via round=3", "route=direct round=3", "route=direct round=4", "route=via round=4",
		}
		if got := cases(b, wire.EdgeAnswers); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestTheBudgetSaysHowManyRoundsThereAre(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.between(own(4), own(4))
		l.Limits.Requests = 5 + 2*2 + 1
		b := g.compare(l)
		if got := strings.Join(cases(b, wire.EdgeAnswers), ", "); !strings.HasSuffix(got, "route=via round=2, route=direct round=2") {
			t.Errorf("got %s", got)
		}
	})
}

func TestAnEndpointThatHasEnoughIsNotAskedOn(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var asked atomic.Int64
		s := own(4)
		answer := s.Answer
		s.Answer = func(r *fixtures.Request) *fixtures.Answer {
			if asked.Add(1) > 6 {
				return &fixtures.Answer{Status: 429, Reason: "Too Many Requests"}
			}
			return answer(r)
		}
		b := g.compare(g.between(s, s))
		if x := b.Recording(wire.EdgeAnswers).Last(); x == nil || x.Status != 429 || asked.Load() != 7 {
			t.Errorf("got %d requests and %v", asked.Load(), cases(b, wire.EdgeAnswers))
		}
	})
}

func TestAnswersWithoutEndAreWatchedForAWhile(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := g.compare(g.between(own(1000), own(1000)))
		for _, x := range b.Recording(wire.EdgeAnswers).Exchanges {
			if x.End.Kind != wire.HungUp || len(x.Body) < 5 {
				t.Errorf("%s ended %v with %d pieces", x.Case, x.End, len(x.Body))
			}
		}
		if b.Duration.Seconds() > 20 {
			t.Errorf("it took %v", b.Duration)
		}
	})
}
