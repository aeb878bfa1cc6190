package recovery

import "slices"

// A Token is one event of a reader's history, as a place in the truth.
type Token struct {
	Index   int  // in the truth, counted from 0; -1 for an event that is not in it
	Altered bool // the event has its name, and other content
	Renamed bool // it has its content, and another name
}

// A History is what one reader was given, piece by piece, one piece for each connection, measured by a
// truth of which it should have been given the events From to To, To excluded.
type History struct {
	From, To int
	Pieces   [][]Token
	Ended    bool // the last piece ended as a whole answer does; else it was still open, or the truth has no end
	Final    bool // To is the end of the answer
}

// A Flaw is one way in which a history differs from the truth.
type Flaw struct {
	Kind   Verdict
	Tokens []int // places in the truth; empty for events that are not in it
	Piece  int   // where it shows first
	Pos    int   // in that piece
}

// Flaws compares a history with the truth. It returns at most one flaw of each kind, the worst one first:
//
//   - restarted: a later piece begins with the first event again, under its own name or a new one, though
//     more than that was read, and goes on event by event as far as was read; or the end of the truth is known
//     and it holds events of which none, the first event of all aside, is in the truth.
//   - foreign: an event that is in the truth under no name.
//   - corrupted: an event with other content; or, in a piece that is not restarted, with another name. A restarted
//     piece that has more events which are foreign or have other content than such as were read before and are
//     as they were is another answer, and neither.
//   - duplicated: events that were given more than once since the answer last began.
//   - reordered: an event was first given behind one that comes later.
//   - lost: events that were never given. They count as false-end where the last piece brings the final
//     event, nothing else that is new, and the two events before that never came; as silent-loss where the last piece is not the first, ended
//     and holds nothing, though events behind all that came are missing; and those behind all that came count
//     as hung where the end is known and the last piece did not end.
func Flaws(h History) []Flaw {
	f := &finder{h: h, came: map[int]bool{}, since: map[int]bool{}, top: -1}
	f.restarts()
	f.walk()
	f.missing()
	slices.SortStableFunc(f.flaws, func(a, b Flaw) int { return gravity(a.Kind) - gravity(b.Kind) })
	return f.flaws
}

type finder struct {
	h       History
	restart []bool       // by piece
	came    map[int]bool // the places that came
	since   map[int]bool // those that came since the answer last began
	top     int          // the latest place that came
	flaws   []Flaw
}

// add notes that a token shows a flaw; of each kind one flaw is kept, with all its tokens.
func (f *finder) add(kind Verdict, piece, pos int, tokens ...int) {
	for i := range f.flaws {
		if f.flaws[i].Kind == kind {
			for _, t := range tokens {
				if !slices.Contains(f.flaws[i].Tokens, t) {
					f.flaws[i].Tokens = append(f.flaws[i].Tokens, t)
				}
			}
			return
		}
	}
	f.flaws = append(f.flaws, Flaw{kind, tokens, piece, pos})
}

// restarts finds the pieces that begin again from the beginning.
func (f *finder) restarts() {
	f.restart = make([]bool, len(f.h.Pieces))
	top := f.h.From - 1
	for i, p := range f.h.Pieces {
		if i > 0 && len(p) > 0 && (top > f.h.From && f.again(p, top) || f.h.Final && f.strange(p)) {
			f.restart[i] = true
			f.add(Restarted, i, 0)
		}
		for _, t := range p {
			top = max(top, t.Index)
		}
	}
}

// again reports whether a piece goes through all that was read, from the first event on.
func (f *finder) again(p []Token, top int) bool {
	for i := 0; i < len(p) && f.h.From+i <= top; i++ {
		if p[i].Index != f.h.From+i {
			return false
		}
	}
	return true
}

// strange reports whether nothing of a piece is in the truth, but for the event that every answer may begin with.
func (f *finder) strange(p []Token) bool {
	if len(p) > 1 && p[0].Index == f.h.From {
		p = p[1:]
	}
	return !slices.ContainsFunc(p, func(t Token) bool { return t.Index >= 0 })
}

// another reports whether a piece is another answer: of what was read before more has other content, or is not
// in the truth, than is as it was.
func (f *finder) another(p []Token) bool {
	as, other := 0, 0
	for _, t := range p {
		switch {
		case t.Index < 0 || t.Altered:
			other++
		case f.came[t.Index]:
			as++
		}
	}
	return other > as
}

// walk looks at every token in the order in which they came.
func (f *finder) walk() {
	for i, p := range f.h.Pieces {
		if f.restart[i] && p[0].Index >= 0 {
			clear(f.since)
		}
		another := f.restart[i] && f.another(p)
		for k, t := range p {
			switch {
			case t.Index < 0 && another:
				continue
			case t.Index < 0:
				f.add(Foreign, i, k)
				continue
			case t.Altered && !another, t.Renamed && !f.restart[i]:
				f.add(Corrupted, i, k, t.Index)
			}
			f.place(i, k, t.Index)
		}
	}
}

// place takes one event that is in the truth.
func (f *finder) place(piece, pos, index int) {
	if f.since[index] {
		f.add(Duplicated, piece, pos, index)
	}
	if !f.came[index] && index < f.top {
		f.add(Reordered, piece, pos, index)
	}
	f.since[index], f.came[index], f.top = true, true, max(f.top, index)
}

// missing finds what was never given.
func (f *finder) missing() {
	h, n := f.h, len(f.h.Pieces)
	var lost, behind []int
	for i := h.From; i < h.To; i++ {
		switch {
		case f.came[i]:
		case i > f.top:
			behind = append(behind, i)
		default:
			lost = append(lost, i)
		}
	}
	var last []Token
	if n > 0 {
		last = h.Pieces[n-1]
	}
	all := slices.Concat(lost, behind)
	switch {
	case len(all) == 0:
	case h.Final && f.endAlone() && slices.Contains(all, h.To-2) && slices.Contains(all, h.To-3):
		f.add(FalseEnd, n-1, slices.IndexFunc(last, func(t Token) bool { return t.Index == h.To-1 }), all...)
	case n > 1 && h.Ended && len(last) == 0 && len(behind) > 0:
		f.add(SilentLoss, n-1, 0, all...)
	case n > 0 && h.Final && !h.Ended && len(behind) > 0:
		f.add(Hung, n-1, len(last), behind...)
		f.lose(lost)
	default:
		f.lose(all)
	}
}

// endAlone reports whether the last piece brought the final event, and nothing else that had not come before.
func (f *finder) endAlone() bool {
	n := len(f.h.Pieces)
	if n == 0 {
		return false
	}
	came := func(i int) bool {
		return slices.ContainsFunc(f.h.Pieces[:n-1], func(p []Token) bool {
			return slices.ContainsFunc(p, func(t Token) bool { return t.Index == i })
		})
	}
	end := false
	for _, t := range f.h.Pieces[n-1] {
		switch {
		case t.Index == f.h.To-1:
			end = true
		case t.Index < 0 || !came(t.Index):
			return false
		}
	}
	return end && !came(f.h.To-1)
}

// lose notes what is lost, at the first event behind it, or where the last piece stops.
func (f *finder) lose(lost []int) {
	if len(lost) == 0 {
		return
	}
	piece, pos := 0, 0
	for i, p := range f.h.Pieces {
		behind := slices.IndexFunc(p, func(t Token) bool { return t.Index > lost[0] })
		if piece, pos = i, behind; behind >= 0 {
			break
		}
		pos = len(p)
	}
	f.add(Lost, piece, pos, lost...)
}
