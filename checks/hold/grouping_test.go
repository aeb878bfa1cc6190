package hold_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/wire"
)

// answer makes an answer of pieces that ended.
func answer(ps ...piece) *wire.Exchange { return networks[0].record(ps) }

// events makes n events.
func events(n int) string { return strings.Repeat("data: a\n\n", n) }

func TestGroup(t *testing.T) {
	t.Parallel()
	var paced []piece
	for i := range 10 {
		paced = append(paced, piece{time.Duration(i) * 300 * time.Millisecond, events(1)})
	}
	open := answer(piece{0, events(20)})
	open.End = wire.End{Kind: wire.HungUp, At: 15 * time.Second}
	empty := answer(piece{})
	empty.Body, empty.End.At = nil, 5*time.Second
	for _, c := range []struct {
		says string
		x    *wire.Exchange
		want string
	}{
		{"events one by one", answer(paced...), "10 events, 10 flights, 0% bunched, longest 300ms, block false"},
		{"all at once behind a wait", answer(piece{4 * time.Second, events(10)}), "10 events, 1 flights, 100% bunched, longest 0s, block true"},
		{"all at once and soon", answer(piece{0, events(10)}), "10 events, 1 flights, 100% bunched, longest 0s, block false"},
		{"a history, and the stream stays open", open, "20 events, 1 flights, 100% bunched, longest 0s, block false"},
		{"pairs", answer(piece{0, events(2)}, piece{time.Second, events(2)}), "4 events, 2 flights, 0% bunched, longest 1s, block false"},
		{"nothing", empty, "0 events, 0 flights, 0% bunched, longest 0s, block false"},
	} {
		g := hold.Group(c.x)
		got := fmt.Sprintf("%d events, %d flights, %.0f%% bunched, longest %v, block %v", g.Events, g.Flights, 100*g.Bunched, g.Longest, g.Block)
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.says, got, c.want)
		}
	}
}

func TestGroupOfACodedAnswer(t *testing.T) {
	t.Parallel()
	x := answer(piece{0, "coded"})
	x.Header = append(x.Header, wire.Field{Name: "Content-Encoding", Value: "nobody-knows"})
	if got := hold.Group(x); got.Events != 0 || got.Flights != 1 || got.First != got.Last {
		t.Errorf("got %+v, want one flight without events", got)
	}
}
