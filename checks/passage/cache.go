package passage

import (
	"bytes"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Reading is what one of several readers of a URL was given.
type Reading struct {
	Exchange int    // in the scene
	Control  string // what the answer says in Cache-Control; "none" for nothing
	Reader   string // "first", "second" while that one reads, "later" behind the end, "back" with a Last-Event-ID
	From     Source
	Whose    string // the reader whose answer it is, where it is borrowed
	Past     int    // of the events, how many had been sent before this reader asked
	Events   int
}

// A Source says for whom the origin had made the answer that a reader was given.
type Source string

// The sources.
const (
	Own      Source = "own"      // for this reader
	Borrowed Source = "borrowed" // for another one
	Unfound  Source = ""         // it is no answer of our origin, or none came
)

// eventEnd is how our origin ends each event.
var eventEnd = []byte("\n\n")

// Readings returns what the readers of a scene were given.
func Readings(xs []*wire.Exchange) []Reading {
	var out []Reading
	for i, x := range xs {
		if x.Route() != wire.Via {
			continue
		}
		r := Reading{Exchange: i, Control: x.Case.Get("control"), Reader: x.Case.Get("reader")}
		text, _ := x.Decoded()
		r.Events = bytes.Count(text.Bytes, eventEnd)
		if i := bytes.Index(text.Bytes, eventEnd); i >= 0 && x.Status == 200 {
			r.find(xs, x, text.Bytes[:i+len(eventEnd)])
		}
		r.count(xs, x, text.Bytes)
		out = append(out, r)
	}
	return out
}

// find looks for the answer that an event is of.
func (r *Reading) find(xs []*wire.Exchange, x *wire.Exchange, event []byte) {
	if sent(x, event) != nil {
		r.From = Own
		return
	}
	for _, y := range xs {
		if y != x && y.Case.Get("control") == r.Control && sent(y, event) != nil {
			r.From, r.Whose = Borrowed, y.Case.Get("reader")
			return
		}
	}
}

// sent returns the hit of an exchange in which the origin sent an event, or nil.
func sent(x *wire.Exchange, event []byte) *wire.Hit {
	for _, h := range x.Hits {
		if bytes.Contains(wire.NewText(h.Sent).Bytes, event) {
			return h
		}
	}
	return nil
}

// count counts the events that are older than the request, on the clock that both exchanges were begun by.
func (r *Reading) count(xs []*wire.Exchange, x *wire.Exchange, body []byte) {
	if r.From != Borrowed {
		return
	}
	for _, y := range xs {
		if y.Case.Get("control") != r.Control || y.Case.Get("reader") != r.Whose {
			continue
		}
		ahead := x.Began.Sub(y.Began)
		for _, h := range y.Hits {
			for _, c := range h.Sent {
				if c.At < ahead && bytes.Contains(body, c.Data) {
					r.Past++
				}
			}
		}
	}
}
