package recovery

import (
	"slices"
	"testing"
)

// brute reads a history by the definitions above Flaws, one sentence at a time and without any thought
// for speed. Its first version was written without a look at how Flaws does it, so that the two can be
// held together; where a definition leaves room, the comment here says which way it is taken.
func brute(h History) map[Verdict][]int {
	came := all(h)
	found := map[Verdict][]int{}
	note := func(v Verdict, holds bool, places ...int) {
		if holds {
			found[v] = append(found[v], places...)
		}
	}
	for i, c := range came {
		restarted := bruteRestart(h, c.piece)
		note(Restarted, restarted) // as a whole: no single event shows it
		another := restarted && bruteAnother(h, c.piece)
		note(Foreign, c.Index < 0 && !another)
		if c.Index >= 0 {
			note(Corrupted, c.Altered && !another || c.Renamed && !restarted, c.Index)
			note(Duplicated, bruteRepeat(h, came, i), c.Index)
			note(Reordered, bruteLate(came, i), c.Index)
		}
	}
	lost := bruteLost(h, came)
	for _, place := range lost {
		note(bruteLoss(h, came, lost, place), true, place)
	}
	for v, places := range found {
		slices.Sort(places)
		found[v] = slices.Compact(places)
	}
	return found
}

// given is a token and the piece that it came in.
type given struct {
	Token
	piece int
}

// "A restarted piece that has more events which are foreign or have other content than such as were read before
// and are as they were is another answer."
func bruteAnother(h History, piece int) bool {
	before := all(History{Pieces: h.Pieces[:piece]})
	as, other := 0, 0
	for _, t := range h.Pieces[piece] {
		read := slices.ContainsFunc(before, func(c given) bool { return c.Index == t.Index })
		if t.Index < 0 || t.Altered {
			other++
		} else if read {
			as++
		}
	}
	return other > as
}

func all(h History) []given {
	var came []given
	for i, p := range h.Pieces {
		for _, t := range p {
			came = append(came, given{t, i})
		}
	}
	return came
}

func latest(came []given) int {
	top := -1
	for _, c := range came {
		top = max(top, c.Index)
	}
	return top
}

// "A later piece begins with the first event again, under its own name or a new one, though more than that
// was read, and goes on in order; or it holds nothing that is in the truth, whose end is known."
// A piece without any event begins with nothing, and is no other answer either.
func bruteRestart(h History, piece int) bool {
	if piece == 0 || len(h.Pieces[piece]) == 0 {
		return false
	}
	return bruteAgain(h, piece) || h.Final && bruteStrange(h, h.Pieces[piece])
}

// In order is one event after the other, as far as was read: what is out of order behind that is new, and
// has its own name.
func bruteAgain(h History, piece int) bool {
	read := latest(all(History{Pieces: h.Pieces[:piece]}))
	for i, t := range h.Pieces[piece] {
		if h.From+i <= read && t.Index != h.From+i {
			return false
		}
	}
	return read > h.From
}

// The first event of all may begin a new answer too, if more follows.
func bruteStrange(h History, p []Token) bool {
	for i, t := range p {
		if t.Index >= 0 && !(i == 0 && t.Index == h.From && len(p) > 1) {
			return false
		}
	}
	return true
}

// "Events that were given more than once, other than by a restart." Where a reader was sent back to the
// beginning, what follows repeats what was before by the restart, also on the connections behind it; so only
// what came since then counts.
func bruteRepeat(h History, came []given, i int) bool {
	since := 0
	for piece := 1; piece <= came[i].piece; piece++ {
		if len(h.Pieces[piece]) > 0 && (bruteRestart(h, piece) && h.Pieces[piece][0].Index >= 0) {
			since = piece
		}
	}
	for _, before := range came[:i] {
		if before.piece >= since && before.Index == came[i].Index {
			return true
		}
	}
	return false
}

// "An event was first given behind one that comes later."
func bruteLate(came []given, i int) bool {
	for _, before := range came[:i] {
		if before.Index == came[i].Index {
			return false
		}
	}
	return latest(came[:i]) > came[i].Index
}

// "Events that were never given."
func bruteLost(h History, came []given) []int {
	var lost []int
	for place := h.From; place < h.To; place++ {
		if !slices.ContainsFunc(came, func(c given) bool { return c.Index == place }) {
			lost = append(lost, place)
		}
	}
	return lost
}

// "They count as false-end where the last piece holds the final event alone; as silent-loss where a piece
// behind the first ended and holds nothing; as hung where the answer did not come to its end."
//
// The final event alone is all that was left if the one before it had come, and nothing is right if all the
// rest had come: the loss is then elsewhere. Only of the last piece is it known whether it ended. Hung are
// the events behind all that came; those before are lost, however the answer ends.
// bruteNew says what the last piece brought that no piece before it did: "end" for the final event alone.
func bruteNew(h History) string {
	before := all(History{Pieces: h.Pieces[:len(h.Pieces)-1]})
	said := ""
	for _, t := range h.Pieces[len(h.Pieces)-1] {
		known := slices.ContainsFunc(before, func(c given) bool { return c.Index == t.Index && t.Index >= 0 })
		switch {
		case known:
		case t.Index == h.To-1 && said != "other":
			said = "end"
		default:
			said = "other"
		}
	}
	return said
}

func bruteLoss(h History, came []given, lost []int, place int) Verdict {
	n := len(h.Pieces)
	if n == 0 {
		return Lost // where there was no connection, none ended and none is open
	}
	last := h.Pieces[n-1]
	missed := lost[len(lost)-1] > latest(came)
	switch {
	case h.Final && slices.Contains(lost, h.To-2) && slices.Contains(lost, h.To-3) && bruteNew(h) == "end":
		return FalseEnd
	case n > 1 && len(last) == 0 && h.Ended && missed:
		return SilentLoss
	case h.Final && !h.Ended && place > latest(came):
		return Hung
	}
	return Lost
}

func TestBruteFindsNothingInASoundHistory(t *testing.T) {
	t.Parallel()
	if got := brute(History{To: 3, Pieces: [][]Token{{{Index: 0}, {Index: 1}}, {{Index: 2}}}, Ended: true, Final: true}); len(got) != 0 {
		t.Errorf("got %v, want nothing", got)
	}
}
