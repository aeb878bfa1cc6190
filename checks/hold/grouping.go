package hold

import (
	"time"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Grouping says in a few numbers how the events of an answer came together, so that answers can be compared.
type Grouping struct {
	Events, Flights  int
	Bunched          float64       // the share of events that came in flights of more than two
	First, Last, End time.Duration // the first byte of the body, its last, and the end of the answer
	Longest          time.Duration // the longest time without a byte between two of the body
	Block            bool          // all of it came at once, behind a long wait, and ended: see [Timeline.Block]
}

// pair is how many events may come together by chance.
const pair = 2

// Group decodes an answer and returns its grouping. Without a body First and Last are those of End.
func Group(x *wire.Exchange) Grouping {
	t, _ := x.Decoded() // what could be decoded is what could be read
	s := stream.Parse(stream.SyntaxOf(x.Header.MediaType().Essence), t.Bytes)
	return Read(x, s, t, nil).Grouping()
}

// Grouping returns the numbers of a timeline.
func (l *Timeline) Grouping() Grouping {
	g := Grouping{Events: len(l.Events), Flights: len(l.Flights), End: l.x.End.At, Block: l.Block().State == Held}
	g.First, g.Last = g.End, g.End
	if n := len(l.x.Body); n > 0 {
		g.First, g.Last = l.x.Body[0].At, l.x.Body[n-1].At
	}
	for i := 1; i < len(l.x.Body); i++ {
		g.Longest = max(g.Longest, l.x.Body[i].At-l.x.Body[i-1].At)
	}
	bunched := 0
	for _, f := range l.Flights {
		if f.Events > pair {
			bunched += f.Events
		}
	}
	if g.Events > 0 {
		g.Bunched = float64(bunched) / float64(g.Events)
	}
	return g
}
