package recovery

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
)

// anomalies turns the flaws of a comparison into what a person can check.
func (b *bench) anomalies(c *comparison) []Anomaly {
	var out []Anomaly
	for _, f := range Flaws(c.h) {
		a := Anomaly{Kind: f.Kind, Oracle: c.oracle}
		for _, i := range f.Tokens {
			if len(a.Events) < maxEvents {
				a.Events = append(a.Events, c.label(i))
			}
		}
		if it, ok := c.item(f.Piece, f.Pos); ok {
			a.point(it)
		} else if f.Piece < len(c.views) {
			v := c.views[f.Piece]
			a.Where, a.At = v.Span(len(v.Text.Bytes), len(v.Text.Bytes)), v.End.At
		}
		a.Witness = b.proof(c, f)
		out = append(out, a)
	}
	return out
}

// maxEvents bounds how many events an anomaly names.
const maxEvents = 1000

// point says where an item is.
func (a *Anomaly) point(it item) {
	e := it.view.Stream.Events[it.event]
	a.Where, a.Event, a.At = it.view.Span(e.Lo, e.Hi), it.event+1, it.view.Text.When(e.Lo)
}

func (c *comparison) item(piece, pos int) (item, bool) {
	if piece < 0 || piece >= len(c.pieces) || pos < 0 || pos >= len(c.pieces[piece]) {
		return item{}, false
	}
	return c.pieces[piece][pos], true
}

// proof is the smallest witness of a flaw: two events and the connections on which they came.
func (b *bench) proof(c *comparison, f Flaw) string {
	it, _ := c.item(f.Piece, f.Pos)
	conn := f.Piece + 1
	switch f.Kind {
	case Restarted:
		return fmt.Sprintf("connection %d began with event %s again, though event %s had been read", conn, shown(it, c.label(c.h.From)), c.latest(f.Piece))
	case Foreign:
		return fmt.Sprintf("connection %d brought event %s, %s, which is none of this stream", conn, shown(it, "without id"), quote(it.data))
	case Corrupted:
		if want, ok := c.at(f.Tokens[0]); ok && want.name != it.name {
			return fmt.Sprintf("what connection %d brought as event %s is the content of event %s", conn, shown(it, "without id"), c.label(f.Tokens[0]))
		} else if ok {
			return fmt.Sprintf("event %s came as %s on connection %d, and is %s", c.label(f.Tokens[0]), quote(it.data), conn, quote(want.data))
		}
	case Duplicated:
		first := c.first(f.Tokens[0])
		if first == conn {
			return fmt.Sprintf("event %s came twice on connection %d", c.label(f.Tokens[0]), conn)
		}
		return fmt.Sprintf("event %s came on connection %d and again on connection %d", c.label(f.Tokens[0]), first, conn)
	case Reordered:
		return fmt.Sprintf("event %s came on connection %d behind event %s", c.label(f.Tokens[0]), conn, c.behind(f.Piece, f.Pos))
	case Hung:
		return fmt.Sprintf("connection %d stayed open and said no more, %s", conn, c.upTo())
	case SilentLoss:
		return fmt.Sprintf("connection %d was answered 200, held no event and ended", conn)
	case FalseEnd:
		return fmt.Sprintf("connection %d brought event %s, the end, and nothing before it", conn, c.label(c.h.To-1))
	case Lost:
		return c.gap(f.Tokens[0])
	}
	return ""
}

// latest names the latest event that was read before a piece.
func (c *comparison) latest(piece int) string {
	top := c.h.From
	for _, p := range c.h.Pieces[:piece] {
		for _, t := range p {
			top = max(top, t.Index)
		}
	}
	return c.label(top)
}

// first returns the connection, counted from 1, on which a place came first.
func (c *comparison) first(place int) int {
	return 1 + slices.IndexFunc(c.h.Pieces, func(p []Token) bool {
		return slices.ContainsFunc(p, func(t Token) bool { return t.Index == place })
	})
}

// behind names the event behind which an event came that precedes it.
func (c *comparison) behind(piece, pos int) string {
	place, top := c.h.Pieces[piece][pos].Index, -1
	for i, p := range c.h.Pieces[:piece+1] {
		for k, t := range p {
			if (i < piece || k < pos) && t.Index > place && top < 0 {
				top = t.Index
			}
		}
	}
	return c.label(max(top, 0))
}

// upTo says how far the reader got.
func (c *comparison) upTo() string {
	top := -1
	for _, p := range c.h.Pieces {
		for _, t := range p {
			top = max(top, t.Index)
		}
	}
	if top < 0 {
		return "before any event"
	}
	return "behind event " + c.label(top)
}

// gap says between which two events one is missing.
func (c *comparison) gap(place int) string {
	before := "nothing"
	for i, p := range c.h.Pieces {
		for k, t := range p {
			switch {
			case t.Index >= 0 && t.Index < place:
				before = "event " + c.label(t.Index)
			case t.Index > place && k == 0 && i > 0:
				return fmt.Sprintf("the server answered 200 and continued at %s", c.label(t.Index))
			case t.Index > place:
				return fmt.Sprintf("behind %s came event %s", before, c.label(t.Index))
			}
		}
	}
	return fmt.Sprintf("behind %s nothing more came", before)
}

func shown(it item, other string) string {
	if it.name == "" {
		return other
	}
	return it.name
}

func quote(b []byte) string { return fmt.Sprintf("%.60q", b) }

// tell says in a sentence what became of the answer.
func (b *bench) tell(j Judgment, r *reading) string {
	a := j.Anomalies[0]
	events := Span(a.Events)
	switch a.Kind {
	case Lost:
		if len(a.Events) == 0 {
			return "content was lost: " + a.Witness
		}
		return fmt.Sprintf("lost %s: %s", events, a.Witness)
	case Duplicated:
		if len(a.Events) == 0 {
			return "content came twice: " + a.Witness
		}
		return fmt.Sprintf("%s came more than once", events)
	case Restarted:
		if a.Oracle == DoneText || strings.HasPrefix(a.Witness, broughtTheAnswer) {
			return "another answer was generated: " + a.Witness
		}
		return "the answer began again: " + a.Witness
	case SilentLoss:
		return fmt.Sprintf("lost %s without a word: the server answered 200 with nothing", events)
	case FalseEnd:
		return fmt.Sprintf("lost %s: the server sent the end of the answer alone", events)
	case Hung:
		return fmt.Sprintf("the answer never came to its end: %s", a.Witness)
	case Foreign, Corrupted, Reordered:
		return a.Witness
	}
	return a.Witness
}

// wholly says what a reader was given that lost nothing.
func (b *bench) wholly(j Judgment, r *reading, cut bool) string {
	switch {
	case !cut && len(j.Cuts) > 0:
		return "nothing lost, nothing repeated"
	case r.last().Status == 204:
		return "the answer was complete, and the server said so (204)"
	case j.Recovery > 0:
		return fmt.Sprintf("resumed after %v, nothing lost, nothing repeated", round(j.Recovery))
	}
	return "nothing was left to send, and nothing was sent"
}

// round shortens a span to what a person reads.
func round(d time.Duration) time.Duration {
	if d >= 100*time.Millisecond {
		return d.Round(10 * time.Millisecond)
	}
	return checks.Brief(d)
}

// Span writes a list of events as a person says it: "event 8", "events 8 to 11", "events 3, 5 and 7".
func Span(events []string) string {
	switch {
	case len(events) == 0:
		return "events"
	case len(events) == 1:
		return "event " + events[0]
	case len(events) > 2 && consecutive(events):
		return fmt.Sprintf("events %s to %s", events[0], events[len(events)-1])
	case len(events) > 6:
		return fmt.Sprintf("%d events from %s to %s", len(events), events[0], events[len(events)-1])
	}
	return "events " + strings.Join(events[:len(events)-1], ", ") + " and " + events[len(events)-1]
}

// consecutive reports whether names count on from one to the next; a common prefix is allowed.
func consecutive(events []string) bool {
	prefix := strings.TrimRight(events[0], "0123456789")
	last := -1
	for i, e := range events {
		digits, ok := strings.CutPrefix(e, prefix)
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || i > 0 && n != last+1 {
			return false
		}
		last = n
	}
	return true
}
