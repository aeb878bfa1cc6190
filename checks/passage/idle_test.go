package passage_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

// silent returns an exchange of the scene of silences.
func silent(about wire.Case, x wire.Exchange, hits ...*wire.Hit) *wire.Exchange {
	x.Case, x.Hits = "route=via "+about, hits
	if x.Status == 0 {
		x.Status = 200
	}
	if x.Proto == "" {
		x.Proto = "HTTP/1.1"
	}
	return &x
}

// saying makes pieces: a moment, a text, and so on.
func saying(all ...any) []wire.Chunk {
	var out []wire.Chunk
	for i := 0; i < len(all); i += 2 {
		out = append(out, wire.Chunk{At: all[i].(time.Duration), Data: []byte(all[i+1].(string))})
	}
	return out
}

const (
	before = "data: before\n\n"
	after  = "data: after\n\n"
	ms     = time.Millisecond
	s      = time.Second
)

func TestWhatBecameOfASilentStream(t *testing.T) {
	t.Parallel()
	abandoned := func(at time.Duration) *wire.Hit {
		return &wire.Hit{At: ms, Status: 200, HeadAt: ms, Sent: saying(ms, before), End: wire.Abandoned, EndAt: at}
	}
	spoke := func(at time.Duration) *wire.Hit {
		return &wire.Hit{At: ms, Status: 200, HeadAt: ms, Sent: saying(ms, before, at, after), End: wire.Finished, EndAt: at}
	}
	heard := saying(2*ms, before)
	for _, c := range []struct {
		name string
		x    *wire.Exchange
		want passage.Silence
	}{
		{"it survived, where what follows comes",
			silent("phase=stream silence=9s", wire.Exchange{Body: saying(2*ms, before, 9*s, after), End: wire.End{Kind: wire.Complete, At: 9 * s}}, spoke(9*s)),
			passage.Silence{Fate: passage.Survived}},
		{"it survived, where the hop holds all of it to its end",
			silent("phase=stream silence=9s", wire.Exchange{Body: saying(9*s, before+after), End: wire.End{Kind: wire.Complete, At: 9 * s}}, spoke(9*s)),
			passage.Silence{Fate: passage.Survived}},
		{"it was ended, where the answer breaks off",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.Truncated, At: 5 * s}}, abandoned(5*s)),
			passage.Silence{Fate: passage.Ended, After: 5*s - ms}},
		{"it was ended, where the reader was cut off and the origin does not know yet",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.Reset, At: 5 * s}},
				&wire.Hit{At: ms, Status: 200, HeadAt: ms, Sent: saying(ms, before), End: wire.StillOpen, EndAt: 5200 * ms}),
			passage.Silence{Fate: passage.Ended, After: 5*s - ms}},
		{"it was ended, where the hop left the origin and the reader does not know yet",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.HungUp, At: 14 * s}}, abandoned(5*s)),
			passage.Silence{Fate: passage.Ended, After: 5*s - ms}},
		{"it was ended as if it were whole",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.Complete, At: 5 * s}}, abandoned(5*s)),
			passage.Silence{Fate: passage.Ended, After: 5*s - ms, AsIf: true}},
		{"it was ended, where another answer comes in place of a late head",
			silent("phase=none silence=9s", wire.Exchange{Status: 504, HeadAt: 5 * s, End: wire.End{Kind: wire.Complete, At: 5100 * ms}},
				&wire.Hit{At: ms, End: wire.Abandoned, EndAt: 5 * s}),
			passage.Silence{Fate: passage.Ended, After: 5*s - ms, Status: 504}},
		{"it was ended when the hop asked again",
			silent("phase=none silence=9s", wire.Exchange{HeadAt: 14 * s, Body: saying(14*s, "x"), End: wire.End{Kind: wire.HungUp, At: 14 * s}},
				&wire.Hit{At: ms, End: wire.Abandoned, EndAt: 5 * s}, &wire.Hit{At: 5 * s, End: wire.StillOpen, EndAt: 14 * s}),
			passage.Silence{Fate: passage.Ended, After: 5*s - ms, Status: 200}},
		{"it was dropped, where what follows never comes and nothing ends",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.HungUp, At: 14 * s}}, spoke(9*s)),
			passage.Silence{Fate: passage.Dropped}},
		{"nobody knows, where what follows may still be on its way",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.HungUp, At: 10 * s}}, spoke(9*s)), passage.Silence{}},
		{"nobody knows, where nothing had come before",
			silent("phase=stream silence=9s", wire.Exchange{End: wire.End{Kind: wire.Silent, At: 14 * s}}, spoke(9*s)), passage.Silence{}},
		{"nobody knows, where it broke off when the origin spoke again",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.Truncated, At: 9*s + ms}}, spoke(9*s)), passage.Silence{}},
		{"nobody knows, where we left",
			silent("phase=stream silence=9s", wire.Exchange{Body: heard, End: wire.End{Kind: wire.HungUp, At: 3 * s, Note: wire.Interrupted}}, abandoned(3*s)), passage.Silence{}},
		{"nobody knows, where the request did not come to the origin",
			silent("phase=stream silence=9s", wire.Exchange{Status: 503, End: wire.End{Kind: wire.Complete, At: ms}}), passage.Silence{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.want.Phase, c.want.Length, c.want.Proto = passage.Phase(c.x.Case.Get("phase")), 9*s, "HTTP/1.1"
			if got := passage.SilenceOf(c.x); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestALimitThatLongerSilencesContradictIsNone(t *testing.T) {
	t.Parallel()
	r := &wire.Recording{Scene: wire.EdgeIdle, Exchanges: []*wire.Exchange{
		silent("phase=stream silence=9s", wire.Exchange{Body: saying(2*ms, before), End: wire.End{Kind: wire.Truncated, At: 5 * s}},
			&wire.Hit{Status: 200, Sent: saying(ms, before), End: wire.Abandoned, EndAt: 5 * s}),
		silent("phase=stream silence=19s", wire.Exchange{Body: saying(2*ms, before, 19*s, after), End: wire.End{Kind: wire.Complete, At: 19 * s}},
			&wire.Hit{Status: 200, Sent: saying(ms, before, 19*s, after), End: wire.Finished, EndAt: 19 * s}),
	}}
	if got := passage.IdleOf(r, wire.Via); got.T() != 0 || !got.Astray || got.Longest() != 19*s {
		t.Errorf("got %+v, want no limit", got)
	}
	if got := passage.IdleOf(nil, wire.Via); got.Seen != 0 || got.T() != 0 {
		t.Errorf("of no recording: got %+v", got)
	}
}
