package chaos_test

import (
	"context"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func TestACopyIsGivenTimeToAge(t *testing.T) {
	for _, tc := range []struct {
		name, field, value string
		waits              bool
	}{
		{"nothing speaks of a cache", "Cache-Control", "no-store", false},
		{"private", "Cache-Control", "max-age=60, Private", false},
		{"it may be stored", "Cache-Control", "max-age=60", true},
		{"nothing forbids it", "Cache-Control", "", true},
		{"age", "Age", "0", true},
		{"a proxy", "via", "1.1 edge.example", true},
		{"a cache's own field", "X-Cache-Status", "MISS", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				s := fixtures.Sound("answer")
				s.Edit(func(_ *fixtures.Request, a *fixtures.Answer) { a.Header.Set(tc.field, tc.value) })
				b := gather(t, g.ctx, g.serve(s), wire.Again)
				x := b.Recording(wire.Control).Last()
				after := b.Recording(wire.Again).Last().Began.Sub(x.Began.Add(x.HeadAt))
				if waited := after >= 2200*time.Millisecond; waited != tc.waits || after > 3*time.Second {
					t.Errorf("asked again %v after the head", after)
				}
			})
		})
	}
}

func TestTheWaitForACopyEndsWithTheRun(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("answer")
		s.Edit(func(_ *fixtures.Request, a *fixtures.Answer) { a.Header.Set("Age", "0") })
		ctx, cancel := context.WithTimeout(g.ctx, time.Second)
		defer cancel()
		b := gather(t, ctx, g.serve(s), wire.Again)
		if got := gap(b, wire.Again); got.Reason != wire.TimeSpent || b.Duration != time.Second {
			t.Errorf("got gap %v after %v", got, b.Duration)
		}
	})
}

func TestAnEndlessStreamIsAskedAgainWithoutWaiting(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("feed")
		s.Edit(func(_ *fixtures.Request, a *fixtures.Answer) { a.Header.Set("Age", "0") })
		l := g.serve(s)
		l.Watch = time.Second
		b := gather(t, g.ctx, l, wire.Again)
		if after := b.Recording(wire.Again).Last().Began.Sub(b.Recording(wire.Control).Last().Began); after > 1100*time.Millisecond {
			t.Errorf("asked again after %v", after)
		}
	})
}
