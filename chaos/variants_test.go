package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// defect returns a server with the defect of that title.
func defect(t *testing.T, title string) *fixtures.Server {
	t.Helper()
	for _, d := range fixtures.Defects() {
		if d.Title() == title {
			return d.Server()
		}
	}
	t.Fatalf("there is no defect %s", title)
	return nil
}

// looks are the scenes in which one look is taken at another way of asking.
var looks = []wire.Scene{wire.Fetch, wire.Compressed, wire.HTTP2, wire.Variants}

func variantsOf(b *wire.Bundle) (out []string) {
	if b.Recording(wire.Variants) == nil {
		return nil
	}
	for _, x := range b.Recording(wire.Variants).Exchanges {
		out = append(out, x.Case.Get("variant"))
	}
	return out
}

func TestASoundEndpointIsNotAskedForVariants(t *testing.T) {
	for _, name := range []string{"feed", "answer", "feed-gzip", "answer-gzip-h2", "feed-h2", "idle", "bursts", "burst-at-connect", "warms-up"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				b := gather(t, g.ctx, g.serve(fixtures.Sound(name)), looks...)
				if got := gap(b, wire.Variants); !got.Moot || b.Recording(wire.Variants) != nil {
					t.Errorf("got gap %v, variants %v", got, b.Recording(wire.Variants) != nil)
				}
			})
		})
	}
}

func TestTwoWaysThatDifferAreComparedByTurns(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := gather(t, g.ctx, g.serve(defect(t, "buffering/compressed-parity")), looks...)
		got := strings.Join(variantsOf(b), " ")
		if want := "identity browser browser identity browser identity identity browser gzip br zstd"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		for _, x := range b.Recording(wire.Variants).Exchanges {
			h, control := x.Request.Header, b.Recording(wire.Control).Last().Request.Header
			if fmt.Sprint(h.Without("Accept-Encoding")) != fmt.Sprint(control.Without("Accept-Encoding")) {
				t.Errorf("%s differs in more than the coding: %v", x.Case, h)
			}
		}
		if x := b.Recording(wire.Variants).Exchanges[0]; x.End.At > 3*time.Second {
			t.Errorf("an answer whose pace is known was watched for %v", x.End.At)
		}
	})
}

func TestOnePairThatIsAlikeEndsAComparison(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("feed")
		s.Edit(func(r *fixtures.Request, a *fixtures.Answer) {
			if r.Serial == 2 { // the look as a browser: chance
				a.First(fixtures.Act{Wait: 1200 * time.Millisecond})
			}
		})
		b := gather(t, g.ctx, g.serve(s), looks...)
		if got, want := fmt.Sprint(variantsOf(b)), "[tool browser]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestTwoWaysAreAskedSideBySideWhereLoadIsAllowed(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(defect(t, "buffering/version-parity"))
		l.Load = true
		b := gather(t, g.ctx, l, looks...)
		xs := b.Recording(wire.Variants).Exchanges
		if len(xs) != 8 {
			t.Fatalf("got %d exchanges", len(xs))
		}
		for pair := range slices.Chunk(xs, 2) {
			if !pair[0].Began.Equal(pair[1].Began) || pair[0].Proto == pair[1].Proto {
				t.Errorf("got %s over %s at %v, %s over %s at %v", pair[0].Case, pair[0].Proto, pair[0].Began, pair[1].Case, pair[1].Proto, pair[1].Began)
			}
		}
		if b.Requests != 1+3+8 {
			t.Errorf("got %d requests", b.Requests)
		}
	})
}

func TestVariantsStopAtALimitOfTheRate(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := defect(t, "buffering/compressed-parity")
		s.EditAny(func(r *fixtures.Request, a *fixtures.Answer) {
			if r.Serial > 5 {
				*a = fixtures.Answer{Status: 429, Reason: "Too Many Requests", Framing: fixtures.NoBody}
			}
		})
		b := gather(t, g.ctx, g.serve(s), looks...)
		if xs := b.Recording(wire.Variants).Exchanges; len(xs) != 4 || xs[2].Status != 429 {
			t.Errorf("got %v", variantsOf(b))
		}
	})
}

func TestVariantsThatCannotBeAffordedAreAGap(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(defect(t, "buffering/compressed-parity"))
		l.Limits.Requests = 20
		b := gather(t, g.ctx, l, looks...)
		if got := gap(b, wire.Variants); got.Moot || got.Reason != wire.RequestsSpent {
			t.Errorf("got gap %v", got)
		}
	})
}

func TestACodedAnswerIsWatchedUntilItIsWhereTheControlStreamWas(t *testing.T) {
	for _, tc := range []struct {
		name        string
		server      *fixtures.Server
		least, most time.Duration
	}{
		{"one that is flushed", fixtures.Sound("feed-gzip"), 600 * time.Millisecond, time.Second},
		{"one that is held", defect(t, "buffering/compressed-parity"), 1500 * time.Millisecond, 2500 * time.Millisecond},
		{"one that is over soon", fixtures.Sound("answer-gzip"), 50 * time.Millisecond, 200 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				x := gather(t, g.ctx, g.serve(tc.server), wire.Compressed).Recording(wire.Compressed).Last()
				if x.End.At < tc.least || x.End.At > tc.most {
					t.Errorf("watched for %v, want %v to %v", x.End.At, tc.least, tc.most)
				}
			})
		})
	}
}

func TestLengthsAreAskedForByTurnsWhereTheUserNamesThem(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(fixtures.Sound("chat"))
		l.Target.Body = []byte(`{"model":"sound-1","options":{"max_tokens":1}}`)
		if b := gather(t, g.ctx, l, wire.Lengths); b.Requests != 1 || !gap(b, wire.Lengths).Moot {
			t.Errorf("unasked: %d requests, gap %v", b.Requests, gap(b, wire.Lengths))
		}
		var err error
		if l.Scale, err = chaos.ParseScale("options.max_tokens=16:256", l.Target); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range gather(t, g.ctx, l, wire.Lengths).Recording(wire.Lengths).Exchanges {
			got = append(got, x.Case.Get("length")+string(x.Request.Body))
		}
		short, long := `short{"model":"sound-1","options":{"max_tokens":16}}`, `long{"model":"sound-1","options":{"max_tokens":256}}`
		if want := []string{short, long, long, short, short, long}; !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestAScaleMustFitTheRequest(t *testing.T) {
	t.Parallel()
	get := wire.Request{Method: "GET", URL: "http://a.example/s?q=1"}
	post := wire.Request{Method: "POST", URL: "http://a.example/", Body: []byte(`{"a":[{"n":1}]}`)}
	for _, tc := range []struct {
		scale string
		r     wire.Request
		want  string
	}{
		{"max_tokens=16:256", get, ""},
		{"$.a.0.n=16:256", post, ""},
		{"max_tokens=16:256", post, ""},
		{"max_tokens", get, `"max_tokens" is not PATH=SHORT:LONG`},
		{"n=a:b", get, `"n=a:b" has no two numbers`},
		{"n=0:9", get, `"n=0:9" has no two numbers`},
		{"n=16:20", get, "20 is not much longer than 16: to tell them apart takes 4 times as much"},
		{"a.1.n=16:256", post, "the request's body has no place a.1.n"},
		{"b.n=16:256", post, "the request's body has no place b.n"},
		{"n=16:256", wire.Request{Method: "POST", Body: []byte("n=1")}, "the request's body is not JSON"},
	} {
		_, err := chaos.ParseScale(tc.scale, tc.r)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.scale, got, tc.want)
		}
	}
}
