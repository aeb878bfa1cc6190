package passage

import (
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Coded is an answer whose reader offered a content coding, or none.
type Coded struct {
	X       *wire.Exchange
	Media   string       // of the origin's answer
	Offered string       // "identity", a coding, or "all" that browsers offer
	Kept    bool         // the origin forbade to change it (no-transform)
	Coding  string       // in which it came, or ""
	Known   bool         // the events came as they were sent, and this machine had time for most of them
	Delays  Delays       // where Known
	Class   remedy.Class // HeldToEnd, OneBehind, EventsHeld, or "" where nothing shows
	Only    bool         // and it does not where no coding is offered
}

// codedLater is by how much half of the events must come later than without a coding for them to be held: less than the
// pauses between them, and more than any encoder takes.
const codedLater = 80 * time.Millisecond

// CodingsOf returns the answers in the order of asking.
func CodingsOf(b *wire.Bundle) []Coded {
	var out []Coded
	away := Away(b)
	for _, x := range exchanges(b, wire.EdgeCodings, wire.Via) {
		if x.Origin() != nil {
			out = append(out, codedOf(b, x, away))
		}
	}
	for i := range out {
		c := &out[i]
		plain := plainOf(out, *c)
		c.Only = c.Class != "" && plain != nil && plain.Known && c.Delays.P50-plain.Delays.P50 >= codedLater
	}
	return out
}

// plainOf returns the answer of the same kind for which no coding was offered, or nil.
func plainOf(all []Coded, c Coded) *Coded {
	for i := range all {
		if p := &all[i]; p.Offered == "identity" && p.Media == c.Media && p.Kept == c.Kept {
			return p
		}
	}
	return nil
}

func codedOf(b *wire.Bundle, x *wire.Exchange, away time.Duration) Coded {
	c := Coded{X: x, Media: x.Case.Get("type"), Offered: x.Case.Get("offered"), Kept: x.Case.Get("cache") == "no-transform"}
	c.Coding = strings.Join(x.Codings(), ", ")
	pieces, sent := Pieces(x)
	var late []time.Duration
	for _, p := range pieces {
		if d := p.Delay(); d < codedLater || b.Late(x, p.Sent, p.Arrived) < d/3 {
			late = append(late, d)
		}
	}
	if c.Known = sent > 0 && len(pieces) == sent && 2*len(late) > sent; !c.Known {
		return c
	}
	text, _ := x.Decoded()
	way := min(journey(text, pieces), away+shortStop) // what is far is not held
	if c.Delays = DelaysOf(late); c.Delays.P50-way < codedLater {
		return c
	}
	came, _ := reached(text, pieces[len(pieces)-1].Sent)
	switch {
	case came <= someBytes:
		c.Class = remedy.HeldToEnd
	case behind(pieces, longStop/2) == hold.Held:
		c.Class = remedy.OneBehind
	default:
		c.Class = remedy.EventsHeld
	}
	return c
}
