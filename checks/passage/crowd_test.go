package passage_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

// crowd returns the streams of one try, of which some came through while all were open.
func crowd(about wire.Case, size, through int) []*wire.Exchange {
	var out []*wire.Exchange
	for i := range size {
		x := &wire.Exchange{
			Case: "route=via version=HTTP/1.1 " + about, Began: time.Unix(100, 0), Status: 200,
			Body: saying(3*ms, "data: first\n\n"), End: wire.End{Kind: wire.Complete, At: 3 * s},
			Hits: []*wire.Hit{{At: 2 * ms, Status: 200, Sent: saying(2*ms, "data: first\n\n", 2500*ms, "data: last\n\n"), End: wire.Finished, EndAt: 3 * s}},
		}
		if i >= through {
			x.Hits[0].At = 2600 * ms
		}
		out = append(out, x)
	}
	return out
}

func TestStreamsThatWereOpenAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	b := &wire.Bundle{Recordings: []*wire.Recording{
		{Scene: wire.EdgeIdle, Exchanges: []*wire.Exchange{
			{Case: "route=via", Began: time.Unix(90, 0), Hits: []*wire.Hit{{End: wire.Finished, EndAt: 60 * s}}},
			{Case: "route=via", Began: time.Unix(90, 0), Hits: []*wire.Hit{{End: wire.Abandoned, EndAt: 5 * s}}}, // over by then
			{Case: "route=direct", Began: time.Unix(90, 0), Hits: []*wire.Hit{{End: wire.Finished, EndAt: 60 * s}}},
		}},
		{Scene: wire.EdgeCrowd},
	}}
	streams := func(all ...[]*wire.Exchange) {
		b.Recordings[1].Exchanges = nil
		for _, xs := range all {
			b.Recordings[1].Exchanges = append(b.Recordings[1].Exchanges, xs...)
		}
	}
	streams(crowd("size=8 try=1", 8, 8), crowd("size=32 try=1", 32, 10), crowd("size=32 try=2", 32, 12))
	if got, _ := passage.CrowdOf(b, wire.Via, "HTTP/1.1"); got.Worked != 8 || got.Failed != 32 || got.Through != 12 || got.Beside != 1 {
		t.Errorf("got %+v, want 8 that worked, and 12 of 32 beside one other", got)
	}
	streams(crowd("size=8 try=1", 8, 6), crowd("size=8 try=2", 8, 8))
	if got, _ := passage.CrowdOf(b, wire.Via, "HTTP/1.1"); got.Worked != 8 || got.Failed != 0 {
		t.Errorf("of a second try: got %+v, want 8 that worked", got)
	}
	late := crowd("size=8 try=1", 8, 6)
	late[5].Hits[0].At = 1900 * ms
	streams(late)
	if got, _ := passage.CrowdOf(b, wire.Via, "HTTP/1.1"); got.Failed != 0 {
		t.Errorf("of streams that still came one by one: got %+v, want no limit", got)
	}
	if _, known := passage.CrowdOf(b, wire.Via, "HTTP/2.0"); known {
		t.Error("something is known of a version that was not asked")
	}
}
