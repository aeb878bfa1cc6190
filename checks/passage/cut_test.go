package passage_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestWhatAReaderIsToldOfACut(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		end    wire.EndKind
		want   passage.Told
	}{
		"the connection ends too early": {200, wire.Truncated, passage.Shown},
		"a reset":                       {200, wire.Reset, passage.Shown},
		"a proper end":                  {200, wire.Complete, passage.Masked},
		"an error in place of it":       {502, wire.Complete, passage.Shown},
		"nothing while it was watched":  {200, wire.HungUp, passage.Untold},
		"nothing at all":                {0, wire.Silent, passage.Untold},
		"a close without an answer":     {0, wire.Truncated, passage.Shown},
	} {
		x := &wire.Exchange{
			Case: "route=via framing=chunked end=fin", Request: wire.Request{Proto: "HTTP/2.0"}, Status: tt.status, End: wire.End{Kind: tt.end},
			Hits: []*wire.Hit{{Request: wire.Request{Proto: "HTTP/1.1"}, End: wire.CutOff}},
		}
		c, ok := passage.CutOf(x)
		if want := (passage.Cut{"chunked", "fin", "HTTP/1.1", "HTTP/2.0", tt.want}); !ok || c != want {
			t.Errorf("%s: got %+v (%v), want %+v", name, c, ok, want)
		}
	}
}

func TestOnlyWhatTheOriginBrokeOffIsACut(t *testing.T) {
	t.Parallel()
	for _, end := range []wire.HitEnd{wire.Finished, wire.Abandoned, wire.StillOpen} {
		if c, ok := passage.CutOf(&wire.Exchange{Hits: []*wire.Hit{{End: end}}}); ok {
			t.Errorf("%s: got %+v", end, c)
		}
	}
	if c, ok := passage.CutOf(&wire.Exchange{}); ok {
		t.Errorf("no hit: got %+v", c)
	}
}
