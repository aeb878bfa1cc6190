package recovery

import (
	"bytes"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A bench is what is known of an endpoint before its trials are judged.
type bench struct {
	ev       *checks.Evidence
	sequence string // JSON path of each event's number
	ids      bool   // events have ids of their own
	control  *checks.View
	agains   []*checks.View  // the same request once more: before the trials, and behind them
	steady   bool            // the undisturbed answer is the same whenever it is asked for
	polled   bool            // it is one answer of a feed: behind its last event there is more to come
	marked   bool            // its end can be told from its other events
	volatile map[string]bool // JSON paths that change all the same
	numbered bool            // undisturbed, numbers count the events without a gap
	done     *restated       // how the last event repeats the whole; nil if it does not
	witness  []item
	identity *identity // what tells one answer from another; nil if nothing does
	read     map[*checks.View][]item
}

// benchOf returns what is known of the endpoint that the evidence is of.
func benchOf(ev *checks.Evidence) *bench {
	return ev.Learn(benches{}, func() any { return newBench(ev) }).(*bench)
}

// benches is the key of what was learnt before.
type benches struct{}

func newBench(ev *checks.Evidence) *bench {
	b := &bench{ev: ev, sequence: ev.Bundle.Sequence, read: map[*checks.View][]item{}, volatile: map[string]bool{}}
	b.control = ev.Control()
	if e := ev.Exhibit(wire.Again); e != nil {
		for _, v := range e.Views {
			if v.OpenedEventStream() {
				b.agains = append(b.agains, v)
			}
		}
	}
	b.ids = identified(b.control)
	b.steady = b.alike()
	b.polled = b.goesOn()
	b.marked = b.marks() && !b.polled
	if e := ev.Exhibit(wire.Witness); e != nil {
		for _, v := range e.Views {
			b.witness = append(b.witness, b.items(v)...)
		}
	}
	b.numbered = b.counts()
	b.done = restates(b.items(b.control))
	b.identity = b.identify()
	return b
}

// finite reports whether the undisturbed answer came to an end that is known when it comes again. A server may
// as well close a stream now and then that has no end.
func (b *bench) finite() bool { return completed(b.control) && b.marked }

func completed(v *checks.View) bool { return v != nil && v.End.Kind == wire.Complete }

// marks reports whether the last event of the undisturbed answers is told from the others: by its type, or
// because it is the same each time though the others are not.
func (b *bench) marks() bool {
	own := b.items(b.control)
	if b.steady || len(own) == 0 {
		return b.steady
	}
	end, others := own[len(own)-1], own[:len(own)-1]
	if end.typ != "" && !slices.ContainsFunc(others, func(x item) bool { return x.typ == end.typ }) {
		return true
	}
	again := b.items(b.again())
	return completed(b.again()) && len(again) > 0 && bytes.Equal(again[len(again)-1].data, end.data) &&
		!slices.ContainsFunc(others, func(x item) bool { return bytes.Equal(x.data, end.data) })
}

// goesOn reports whether who names the last event of the undisturbed answers, which are the same each time, is sent events
// that are in none of them: then what ends there is one answer of a feed that is polled.
func (b *bench) goesOn() bool {
	own := b.items(b.control)
	if !b.steady || len(own) == 0 || own[len(own)-1].name == "" {
		return false
	}
	known := map[string]bool{}
	for _, it := range own {
		known[it.name], known[string(it.data)] = true, true
	}
	end := own[len(own)-1]
	told := end.typ != "" && !slices.ContainsFunc(own[:len(own)-1], func(x item) bool { return x.typ == end.typ })
	for _, v := range b.ev.All() {
		if v.Role == wire.Rival {
			continue
		}
		if v.Cursor == end.name {
			if items := b.items(v); len(items) > 0 && !slices.ContainsFunc(items, func(it item) bool { return known[string(it.data)] }) {
				return true
			}
		}
		behind := false
		for _, it := range b.items(v) { // an answer that begins later reaches further
			if behind && !told && it.name != "" && !known[it.name] {
				return true
			}
			behind = behind || it.name == end.name && b.same(it, end)
		}
	}
	return false
}

// calm is how many times longer than its timers were late the recording machine must have waited where a
// silence is to count against a server.
const calm = 10

// restless reports whether the recording machine had too little time for its own clock.
func (b *bench) restless(waited time.Duration) bool {
	n := b.ev.Bundle.Noise
	return n != nil && n.P99 > waited/calm
}

// again returns the second undisturbed answer, or nil.
func (b *bench) again() *checks.View {
	if len(b.agains) == 0 {
		return nil
	}
	return b.agains[0]
}

// alike reports whether all undisturbed answers are the same, points in time aside.
func (b *bench) alike() bool {
	if !completed(b.control) || len(b.agains) == 0 {
		return false
	}
	return !slices.ContainsFunc(b.agains, func(v *checks.View) bool { return !completed(v) || !b.match(v) })
}

// match reports whether an answer is the same as the undisturbed one, and notes which points in time change.
func (b *bench) match(v *checks.View) bool {
	x, y := b.items(b.control), b.items(v)
	if len(x) == 0 || len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].name != y[i].name || x[i].typ != y[i].typ {
			return false
		}
		if string(x[i].data) == string(y[i].data) {
			continue
		}
		v, ok1 := parsed(x[i].data)
		w, ok2 := parsed(y[i].data)
		if !ok1 || !ok2 || !differing(v, w, "", b.volatile) {
			return false
		}
	}
	return true
}

// fewestNumbers is how many numbers in a row are no chance.
const fewestNumbers = 4

// counts reports whether the numbers of the undisturbed answers count their events.
func (b *bench) counts() bool {
	n := 0
	for _, s := range []wire.Scene{wire.Control, wire.Again, wire.Witness} {
		items := b.items(b.ev.View(s))
		for i, it := range items {
			if it.number < 0 || i > 0 && it.number != items[i-1].number+1 {
				return false
			}
		}
		n = max(n, len(items))
	}
	return n >= fewestNumbers || b.sequence != "" && n > 0
}

// starts reports whether every undisturbed answer begins with the same event.
func (b *bench) starts() bool {
	x, y := b.items(b.control), b.items(b.again())
	return len(x) > 0 && len(y) > 0 && x[0].name == y[0].name && x[0].name != ""
}

// final reports whether an item is the one that undisturbed answers end with.
func (b *bench) final(it item) bool {
	own := b.items(b.control)
	if !b.finite() || len(own) == 0 {
		return false
	}
	end := own[len(own)-1]
	if b.steady {
		return it.name == end.name && b.same(it, end)
	}
	if end.typ != "" && !slices.ContainsFunc(own[:len(own)-1], func(x item) bool { return x.typ == end.typ }) {
		return it.typ == end.typ
	}
	return string(it.data) == string(end.data)
}

// A reading is what one trial shows: the pieces that its reader was given.
type reading struct {
	rec    *wire.Recording
	resume profile.Resume
	own    []*checks.View // the reader's connections, in order
	pieces []piece        // those that brought a stream
	beside []*checks.View // with a role
}

type piece struct {
	view  *checks.View
	items []item
}

func (b *bench) reading(r *wire.Recording) *reading {
	out := &reading{rec: r}
	out.resume, _ = profile.ParseResume(r.Trial.Resume)
	for _, v := range b.ev.Exhibit(r.Scene).Views {
		switch {
		case v.Role != "":
			out.beside = append(out.beside, v)
		case v.Status/100 == 3 && v.Header.Has("Location"):
		default:
			out.own = append(out.own, v)
			if v.OpenedEventStream() {
				out.pieces = append(out.pieces, piece{v, b.withoutRepeats(v)})
			}
		}
	}
	out.dropReturns()
	return out
}

// dropReturns drops the pieces of a reader that came back by itself to a stream that had ended, and was given
// nothing: what the stream before it ended with is what counts.
func (r *reading) dropReturns() {
	for n := len(r.own) - 1; n > 0 && r.own[n].OpenedEventStream() && len(r.pieces) > 1; n-- {
		f, last := r.own[n-1].Fault, r.pieces[len(r.pieces)-1]
		if f != nil || last.view != r.own[n] || len(last.items) > 0 || !r.own[n].End.Kind.ServerEnded() {
			return
		}
		r.pieces, r.own = r.pieces[:len(r.pieces)-1], r.own[:n]
	}
}

// withoutRepeats returns the items of a connection less the one that we delivered twice.
func (b *bench) withoutRepeats(v *checks.View) []item {
	items := b.items(v)
	if f := v.Fault; f == nil || f.Kind != wire.Duplicate || f.Landed < 0 || !b.ids {
		return items
	}
	for i := 1; i < len(items); i++ {
		if items[i].name == items[i-1].name && b.same(items[i], items[i-1]) {
			return slices.Delete(slices.Clone(items), i, i+1)
		}
	}
	return items
}

// all returns what the reader was given, in order.
func (r *reading) all() []item {
	var out []item
	for _, p := range r.pieces {
		out = append(out, p.items...)
	}
	return out
}

// last returns the reader's last connection.
func (r *reading) last() *checks.View { return r.own[len(r.own)-1] }

// ended reports whether the reader's last stream was ended by the server, or by the path.
func (r *reading) ended() bool { return r.last().End.Kind.ServerEnded() }

// cuts returns the disturbances that happened.
func (r *reading) cuts() []Cut {
	var out []Cut
	for _, v := range r.own {
		f := v.Fault
		if f == nil || f.Landed < 0 {
			continue
		}
		c := Cut{Fault: f, Event: len(v.Stream.Events), Half: v.Stream.Tail < len(v.Text.Bytes) && half(v.Stream)}
		c.busy = v.End.Kind == wire.HungUp && v.Text.When(len(v.Text.Bytes)) > v.End.At/2
		if items := r.itemsOf(v); len(items) > 0 {
			c.ID = items[len(items)-1].name
		}
		if !f.Kind.Cuts() { // the stream went on behind it
			c.Event = v.Stream.EventAt(max(0, f.Landed-1)) + 1
			c.Half, c.ID = false, ""
		}
		out = append(out, c)
	}
	return out
}

// itemsOf returns what counts of one of the reader's connections.
func (r *reading) itemsOf(v *checks.View) []item {
	for _, p := range r.pieces {
		if p.view == v {
			return p.items
		}
	}
	return nil
}

// half reports whether the stream breaks off within an event.
func half(s *stream.Stream) bool {
	for i := len(s.Lines) - 1; i >= 0 && s.Lines[i].Lo >= s.Tail; i-- {
		if !s.IsComment(s.Lines[i]) && !s.IsBlank(s.Lines[i]) {
			return true
		}
	}
	return false
}

// recovery returns how long the reader was without events, from its last cut to the next event.
func (r *reading) recovery() time.Duration {
	for i := len(r.own) - 1; i > 0; i-- {
		f := r.own[i-1].Fault
		if f == nil || !f.Kind.Cuts() || f.Landed < 0 {
			continue
		}
		cut := r.own[i-1].Began.Add(r.own[i-1].End.At)
		for _, v := range r.own[i:] {
			if len(v.Stream.Events) > 0 && v.OpenedEventStream() {
				return max(0, v.Began.Add(v.Text.When(v.Stream.Events[0].Hi-1)).Sub(cut))
			}
		}
		return 0
	}
	return 0
}
