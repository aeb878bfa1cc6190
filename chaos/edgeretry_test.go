package chaos_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestARequestThatIsSentTwiceIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hop           *gatehouse
		want          string
		posts, gets   string
		least, atMost time.Duration
	}{
		// Like most, net/http sends a GET again on a connection that was used before.
		"a sound hop":        {&gatehouse{}, "pass", "reached it once: on 2 new and 2 used before connections", "4 GETs were not answered, and 2 of them reached the origin again: on 2 used before connections", 0, 3 * time.Second},
		"a hop that repeats": {&gatehouse{repeats: always[*http.Request]}, "fail", "one POST reached the origin 2 times, behind a FIN on a fresh connection (and 3 more)", "and 4 of them reached", 0, 3 * time.Second},
		"a hop that repeats GET": {
			&gatehouse{repeats: func(r *http.Request) bool { return r.Method == "GET" }}, "pass", "reached it once", "and 4 of them reached the origin again", 0, 3 * time.Second},
		"a hop that asks nobody who failed": {
			&gatehouse{shuns: 10 * time.Second}, "pass", "on 1 new connection; behind a request without an answer the hop did not ask the origin for 10 s", "no GET", 10 * time.Second, 12 * time.Second},
		"a hop that asks nobody who failed for long": {
			&gatehouse{shuns: time.Hour}, "pass", "did not ask the origin for 11 s", "no GET", 11 * time.Second, 13 * time.Second},
		"a hop that takes no POST": {
			&gatehouse{refuses: func(r *http.Request) bool { return r.Method == "POST" }}, "inconclusive", "no POST reached the origin", "of them reached the origin again", 0, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.before(c.hop, chaos.Standard), wire.EdgeRetry)
				verdicts(t, b, "edge/request-repeated "+c.want)
				wantReason(t, b, "edge/request-repeated", c.posts)
				wantReason(t, b, "edge/get-repeated", c.gets)
				if b.Duration < c.least || b.Duration > c.atMost {
					t.Errorf("it took %v, want %v to %v", b.Duration, c.least, c.atMost)
				}
			})
		})
	}
}

func TestTheOriginDoesNotAnswerARefusal(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		seen := map[passage.Refusal]int{}
		for _, x := range look(g.ctx, g.before(&gatehouse{}, chaos.Standard), wire.EdgeRetry).Recording(wire.EdgeRetry).Exchanges {
			r, ok := passage.RefusalOf(x)
			if h := x.Hits[0]; !ok || h.Status != 0 || h.End != wire.CutOff {
				t.Errorf("%s: got %+v, answered %d, end %s", x.Case, r, h.Status, h.End)
			}
			if r.Method == "POST" && string(wire.NewText(x.Hits[0].Upload).Bytes) != `{"prompt":"ssespec"}` {
				t.Errorf("%s: the origin was sent %q", x.Case, x.Hits[0].Upload)
			}
			r.Times = 0
			seen[r]++
		}
		for _, method := range []string{"GET", "POST"} {
			for _, end := range []string{"fin", "reset"} {
				for _, connection := range []string{"fresh", "reused"} {
					if r := (passage.Refusal{Method: method, End: end, Connection: connection}); seen[r] != 1 {
						t.Errorf("%+v: got %d", r, seen[r])
					}
				}
			}
		}
	})
}
