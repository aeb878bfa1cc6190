package chaos_test

import (
	"slices"
	"testing"

	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func TestASharedFeedIsReadInThreeWindowsInBothOrders(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := g.compare(g.between(feed(), feed()))
		want := []string{
			"route=direct window=1 drop=1s", "route=direct window=1 drop=1s twin=1", "route=via window=1 drop=1s",
			"route=direct window=2 drop=1s", "route=direct window=2 drop=1s twin=1", "route=via window=2 drop=1s",
			"route=direct window=3 drop=1s", "route=direct window=3 drop=1s twin=1", "route=via window=3 drop=1s",
		}
		if got := cases(b, wire.EdgeShared); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		xs := b.Recording(wire.EdgeShared).Exchanges
		if !xs[0].Began.Before(xs[2].Began) || !xs[5].Began.Before(xs[3].Began) {
			t.Error("the routes do not begin by turns")
		}
		if got := gap(b, wire.EdgeAnswers); !got.Moot {
			t.Errorf("answers were compared although the feed is shared: %q", got.Reason)
		}
	})
}

func TestAFeedThatIsNotSharedIsFoundOut(t *testing.T) {
	for _, tc := range []struct {
		name   string
		server func() *fixtures.Server
	}{
		{"each reader has the same ids at other times", func() *fixtures.Server { return own(100) }},
		{"each answer has an end", func() *fixtures.Server { return own(4) }},
		{"each answer has an end that is not seen at first", func() *fixtures.Server { return own(12) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				b := g.compare(g.between(tc.server(), tc.server()))
				if got := gap(b, wire.EdgeShared); !got.Moot || b.Recording(wire.EdgeAnswers) == nil {
					t.Errorf("got %q, want answers compared", got.Reason)
				}
			})
		})
	}
}

func TestAPromiseSaysThatAFeedIsShared(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.between(own(100), own(100))
		l.Promises = []string{"shared"}
		if b := g.compare(l); b.Recording(wire.EdgeShared) == nil {
			t.Errorf("got %v", b.Gaps)
		}
	})
}

func TestAnIdleFeedIsRecordedAllTheSame(t *testing.T) {
	idle := func() *fixtures.Server {
		a := ok(fixtures.Chunked, acts(0, "data: hello\n\n")...)
		a.End = fixtures.Hang
		return stream(a)
	}
	bubble(t, func(t *testing.T, g *stage) {
		if b := g.compare(g.between(idle(), idle())); b.Recording(wire.EdgeShared) == nil {
			t.Errorf("got %v", b.Gaps)
		}
	})
}
