package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

// A track is when the events of one stream were sent, or came by one way.
type track struct {
	name    string
	moments []time.Duration
}

// edge draws when events were sent and when they came on each way, and says what was measured between.
func (p *page) edge() {
	if p.r.Evidence.Bundle.Command != "edge" || !p.r.asked() {
		return
	}
	p.line("")
	p.tracks(p.r.tracks())
	var all []item
	for _, w := range p.r.measures() {
		all = append(all, item{w, plain})
	}
	p.items("  ", all...)
}

// tracks draws streams above each other, on one scale: a hold is where events gather that were sent apart.
func (p *page) tracks(all []track) {
	wide, span := 0, time.Duration(0)
	for _, t := range all {
		wide = max(wide, columns(t.name))
		for _, at := range t.moments {
			span = max(span, at)
		}
	}
	width := p.Width - wide - 4
	if span <= 0 || width < 10 {
		return
	}
	cells, most := make([][]int, len(all)), 0
	for i, t := range all {
		cells[i] = make([]int, width)
		for _, at := range t.moments {
			cells[i][min(width-1, int(float64(max(0, at))*float64(width)/float64(span)))]++
		}
		most = max(most, slices.Max(cells[i]))
	}
	for i, t := range all {
		p.line("  %s", strings.TrimRight(p.paint(pad(safe(t.name), wide), faint)+"  "+p.paint(strings.TrimRight(bars(cells[i], nil, most), " "), graph), " "))
	}
	p.line("  %s  %s", strings.Repeat(" ", wide), p.paint(scaleOf(span, width, most, false), faint))
}

// tracks returns what to draw: of an origin of our own the worst run of events at random moments, of the user's a feed or
// an answer on each way.
func (r *Report) tracks() []track {
	if x := r.worstPace(); x != nil {
		pieces, _ := passage.Pieces(x)
		var sent, came []time.Duration
		for _, p := range pieces {
			sent, came = append(sent, p.Sent), append(came, p.Arrived)
		}
		return []track{{"sent", sent}, {"came", came}}
	}
	for _, scene := range []wire.Scene{wire.EdgeShared, wire.EdgeAnswers} {
		if all := r.eachHop(scene); len(all) > 0 {
			return all
		}
	}
	return nil
}

// worstPace returns the exchange in which events came latest, or nil.
func (r *Report) worstPace() *wire.Exchange {
	var worst *wire.Exchange
	most := time.Duration(-1)
	for _, p := range passage.PacesOf(r.Evidence.Bundle) {
		if p.Came > 0 && p.Delays.P95 > most {
			worst, most = p.X, p.Delays.P95
		}
	}
	return worst
}

// eachHop returns a track for every way of which the scene has a stream: the first one of each. Of a feed, which all read
// at the same time, they are on one clock.
func (r *Report) eachHop(scene wire.Scene) []track {
	e := r.Evidence.Exhibit(scene)
	if e == nil {
		return nil
	}
	began := e.Views[0].Began
	var out []track
	for _, h := range r.Evidence.Bundle.Hops {
		by := func(v *checks.View) bool { return v.Route() == h.Name }
		i := slices.IndexFunc(e.Views, func(v *checks.View) bool { return by(v) && len(v.Stream.Events) > 0 })
		if i < 0 { // an empty row then
			i = slices.IndexFunc(e.Views, by)
		}
		if i < 0 {
			continue
		}
		v, since := e.Views[i], time.Duration(0)
		if scene == wire.EdgeShared {
			since = v.Began.Sub(began)
		}
		t := track{name: h.Name}
		for _, event := range v.Stream.Events {
			t.moments = append(t.moments, since+v.Text.When(event.Hi-1))
		}
		out = append(out, t)
	}
	return out
}

// measures says in a few words each what was measured at a hop before an origin of our own.
func (r *Report) measures() []string {
	b := r.Evidence.Bundle
	s := passage.ShapeOf(b)
	var words []string
	if d := s.Delays; d != nil {
		words = append(words, fmt.Sprintf("each event later by %v (half), %v (95 %%), %v (99 %%)", round(d.P50), round(d.P95), round(d.P99)))
	}
	switch {
	case s.Bytes() > 0:
		words = append(words, fmt.Sprintf("%s: %s", s.Class(), plural(s.Bytes(), "byte", "bytes")))
	case s.Period() > 0:
		words = append(words, fmt.Sprintf("%s: %v", s.Class(), round(s.Period())))
	case s.Class() != "":
		words = append(words, string(s.Class()))
	}
	if t := passage.IdleCut(b); t > 0 {
		words = append(words, fmt.Sprintf("silence ends a stream after %v", round(t)))
	} else if i := passage.IdleOf(b.Recording(wire.EdgeIdle), wire.Via); i.Longest() > 0 && !i.Ends() {
		words = append(words, fmt.Sprintf("silent streams live %v and longer", round(i.Longest())))
	}
	if t := passage.AgeCut(b); t > 0 {
		words = append(words, fmt.Sprintf("no stream lives longer than %v", round(t)))
	}
	return words
}

// An Edge is what was measured of what stands between an endpoint and its readers.
type Edge struct {
	Depth    string   `json:"depth"`
	Hops     []Hop    `json:"hops"`
	Delay    *Delay   `json:"delay_ms"`
	Class    string   `json:"class,omitempty"`
	Buffer   *int     `json:"buffer_bytes"`
	Flush    *float64 `json:"flush_ms"`
	Idle     *float64 `json:"idle_cut_s"`
	Age      *float64 `json:"age_cut_s"`
	Suspects []string `json:"suspects"`
	Measures []string `json:"measures,omitempty"` // what was measured, in a few words each
	Tracks   []Track  `json:"tracks,omitempty"`   // when the events of a stream were sent, and when they came by each way
}

// A Track is when the events of one stream were sent, or came by one way: ms on one clock for all tracks.
type Track struct {
	Name string    `json:"name"`
	AtMS []float64 `json:"at_ms"`
	Left int       `json:"left_out,omitempty"` // later moments, for the size of it
}

// mostMoments bounds a track.
const mostMoments = 2000

// A Hop is a place at which the stream was read.
type Hop struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// A Delay is how much later than sent events came, in ms.
type Delay struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// edgeJSON tells what was measured; nil for other commands.
func (r *Report) edgeJSON() *Edge {
	b := r.Evidence.Bundle
	if b.Command != "edge" {
		return nil
	}
	out := &Edge{Depth: b.Depth, Hops: []Hop{}, Suspects: r.suspects()}
	if r.asked() {
		out.Measures, out.Tracks = r.measures(), r.tracksJSON()
	}
	for _, h := range b.Hops {
		out.Hops = append(out.Hops, Hop(h))
	}
	s := passage.ShapeOf(b)
	if d := s.Delays; d != nil {
		out.Delay = &Delay{ms(d.P50), ms(d.P95), ms(d.P99)}
	}
	out.Class = string(s.Class())
	if n := s.Bytes(); n > 0 {
		out.Buffer = &n
	}
	out.Flush = known(s.Period(), time.Millisecond)
	out.Idle, out.Age = known(passage.IdleCut(b), time.Second), known(passage.AgeCut(b), time.Second)
	return out
}

// tracksJSON tells what the text draws.
func (r *Report) tracksJSON() []Track {
	var out []Track
	for _, t := range r.tracks() {
		n := min(len(t.moments), mostMoments)
		one := Track{Name: t.name, AtMS: []float64{}, Left: len(t.moments) - n}
		for _, at := range t.moments[:n] {
			one.AtMS = append(one.AtMS, ms(at))
		}
		out = append(out, one)
	}
	return out
}

// known returns a duration in units to three digits behind the point, or nil where there is none.
func known(d, unit time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	n := math.Round(float64(d)/float64(unit)*1e3) / 1e3
	return &n
}
