package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Timeline is one exchange over its time. Moments are in ms since its request was sent.
type Timeline struct {
	Scene    string       `json:"scene"`
	Exchange int          `json:"exchange"`
	Route    string       `json:"route,omitempty"` // at an edge: direct, via or the name of a hop
	Case     string       `json:"case,omitempty"`  // what tells it from the others of its scene, the route aside
	Request  string       `json:"request"`         // "GET /stream"
	Answer   string       `json:"answer"`          // "HTTP/1.1 200"
	HeadMS   float64      `json:"head_ms"`         // when the head had arrived
	EndMS    float64      `json:"end_ms"`
	End      string       `json:"end"` // complete, truncated, reset, …
	Bytes    int          `json:"bytes"`
	Events   int          `json:"events"`
	Fault    *Disturbance `json:"fault,omitempty"`
	Marks    []Mark       `json:"marks"`
}

// A Disturbance is what was done to an exchange, and when it was felt.
type Disturbance struct {
	Kind   string  `json:"kind"`
	Aim    string  `json:"aim"`
	SeenAs string  `json:"seen_as,omitempty"` // empty if it did not land
	AtMS   float64 `json:"at_ms"`
}

// A Mark is what came in one moment, or in so short a time that the picture of the whole cannot tell it from one.
type Mark struct {
	AtMS     float64 `json:"at"`
	Bytes    int     `json:"bytes"`
	Events   int     `json:"events,omitempty"` // that became complete
	Comments int     `json:"comments,omitempty"`
	LateMS   float64 `json:"late,omitempty"` // how long ago the first of it had been sent, where that is known
	Text     string  `json:"text,omitempty"` // how it begins, in quotes, ASCII only
}

// How much of a report timelines may be.
const (
	mostTimelines = 300
	mostMarks     = 30_000 // of all timelines
	leastMarks    = 60     // of one
	usualMarks    = 400    // of one
	mostTexts     = 60     // marks of one timeline that show what came
	textBytes     = 60
)

// timelines returns the exchanges over their time in the order of recording, and how many are left out: of scenes that have
// many, those that no finding points at.
func (r *Report) timelines() (out []Timeline, left int) {
	all, told := r.Evidence.All(), r.pointedAt()
	order := make(map[*checks.View]int, len(all))
	for i, v := range all {
		order[v] = i
	}
	slices.SortStableFunc(all, func(a, b *checks.View) int { return cmp.Compare(rank(a, told), rank(b, told)) })
	shown := all[:min(len(all), mostTimelines)]
	slices.SortFunc(shown, func(a, b *checks.View) int { return cmp.Compare(order[a], order[b]) })
	most := min(usualMarks, max(leastMarks, mostMarks/max(1, len(shown))))
	for _, v := range shown {
		out = append(out, timeline(v, most))
	}
	return out, len(all) - len(shown)
}

// An exchangeOf names an exchange of a scene.
type exchangeOf struct {
	scene wire.Scene
	index int
}

// pointedAt returns the exchanges that findings are about.
func (r *Report) pointedAt() map[exchangeOf]bool {
	out := map[exchangeOf]bool{}
	for _, x := range r.Results {
		for _, f := range x.Findings {
			out[exchangeOf{f.Where.Scene, f.Where.Exchange}] = true
		}
	}
	return out
}

// rank orders exchanges by how soon somebody wants to see them: the control stream, what is told of, the first ones of each scene.
func rank(v *checks.View, told map[exchangeOf]bool) int {
	switch {
	case v.Scene == wire.Control:
		return 0
	case told[exchangeOf{v.Scene, v.Index}]:
		return 1
	}
	return 2 + v.Index
}

// timeline draws one exchange with so many marks at most.
func timeline(v *checks.View, most int) Timeline {
	out := Timeline{
		Scene: string(v.Scene), Exchange: v.Index, Route: v.Route(), Case: string(v.Case.Without("route")),
		Request: v.Request.Method + " " + v.Request.URL, Answer: fmt.Sprint(v.Proto, " ", v.Status),
		HeadMS: ms(v.HeadAt), EndMS: ms(v.End.At), End: v.End.Kind.String(), Bytes: len(v.Text.Bytes), Events: len(v.Stream.Events),
		Marks: marks(v, most),
	}
	if v.Status == 0 {
		out.Answer = "no answer"
	}
	if f := v.Fault; f != nil {
		out.Fault = &Disturbance{Kind: string(f.Kind), Aim: f.Aim, SeenAs: f.Seen, AtMS: out.EndMS}
		if f.Landed >= 0 && f.Landed < len(v.Text.Bytes) {
			out.Fault.AtMS = ms(v.Text.When(f.Landed))
		}
	}
	return out
}

// marks puts together what came in one slice of the time.
func marks(v *checks.View, most int) []Mark {
	out := []Mark{}
	slice := max(time.Microsecond, v.End.At/time.Duration(most))
	var since time.Duration
	var offsets []int // behind the last byte of each mark
	v.Text.Arrivals(func(at time.Duration, lo, hi int) {
		if hi <= lo {
			return
		}
		if n := len(out); n > 0 && at-since < slice || len(out) == most {
			out[len(out)-1].Bytes += hi - lo
			offsets[len(offsets)-1] = hi
			return
		}
		since = at
		m := Mark{AtMS: ms(at), Bytes: hi - lo}
		if len(out) < mostTexts {
			m.Text = excerpt{v.Text.Bytes, lo, hi, textBytes}.quote()
		}
		out, offsets = append(out, m), append(offsets, hi)
	})
	markOf := func(hi int) *Mark {
		i, _ := slices.BinarySearch(offsets, hi)
		return &out[min(i, len(out)-1)]
	}
	count(v, markOf)
	late(v, markOf)
	return out
}

// count counts the events and comments of marks.
func count(v *checks.View, markOf func(hi int) *Mark) {
	for _, e := range v.Stream.Events {
		markOf(e.Hi).Events++
	}
	if v.Stream.Syntax != stream.EventStream {
		return
	}
	for _, l := range v.Stream.Lines {
		if v.Stream.IsComment(l) && l.End != stream.None {
			markOf(l.Hi).Comments++
		}
	}
}

// late says how late each mark is.
func late(v *checks.View, markOf func(hi int) *Mark) {
	pieces, _ := passage.Pieces(v.Exchange)
	for _, p := range pieces {
		m := markOf(p.Hi)
		m.LateMS = max(m.LateMS, ms(p.Delay()))
	}
}
