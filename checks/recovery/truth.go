package recovery

import (
	"slices"
	"strconv"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/wire"
)

// A truth is what a reader should have been given.
type truth struct {
	oracle Oracle
	items  []item         // in order
	index  map[string]int // by name; by content where events have no name
	final  bool           // items reach to the end of the answer
	part   bool           // what is not among the items may still be right: they are a window of an endless stream
}

func (b *bench) newTruth(o Oracle, items []item, final bool) *truth {
	t := &truth{oracle: o, items: items, final: final, index: map[string]int{}}
	for i, it := range items {
		if _, twice := t.index[b.key(it)]; !twice {
			t.index[b.key(it)] = i
		}
	}
	if len(items) == 0 || len(t.index) < len(items) { // events that cannot be told apart prove nothing
		return nil
	}
	return t
}

// key returns what an item is known by.
func (b *bench) key(it item) string {
	if it.name != "" {
		return it.name
	}
	return it.typ + "\x00" + b.content(it)
}

// truths returns the truths that the evidence holds for one reading, the strongest first.
func (b *bench) truths(r *reading) []*truth {
	var out []*truth
	add := func(t *truth) {
		if t != nil {
			out = append(out, t)
		}
	}
	add(b.replayed(r))
	add(b.witnessed(r))
	if b.steady && !b.polled {
		add(b.newTruth(ControlAnswer, b.items(b.control), true))
	}
	return out
}

// replayed makes a truth of what the reader was given first, uninterrupted, and of what the server gave
// when it was asked for the same answer once more.
func (b *bench) replayed(r *reading) *truth {
	if len(r.pieces) == 0 || len(r.pieces[0].items) == 0 {
		return nil
	}
	first := r.pieces[0].items
	for _, v := range r.beside {
		if v.Role != wire.Replay || !v.OpenedEventStream() || v.End.Kind != wire.Complete {
			continue
		}
		again := b.items(v)
		at := b.behind(again, first[len(first)-1])
		if at < 0 || !b.final(again[len(again)-1]) || !b.agree(first, again[:at]) {
			continue
		}
		oracle := SuffixAgreement
		if r.resume.Way == profile.FullReplay {
			oracle = SecondReplay
		}
		return b.newTruth(oracle, slices.Concat(first, again[at:]), true)
	}
	return nil
}

// agree reports whether what a server sent again is of the same answer: every event that was read before has
// the content that it had. A server that knows nothing of places may send another answer with the same ids.
func (b *bench) agree(first, again []item) bool {
	for _, it := range again {
		i := b.behind(first, it) - 1
		if i < 0 || !b.same(it, first[i]) {
			return false
		}
	}
	return true
}

// behind returns the place behind an item in a list, or -1.
func (b *bench) behind(items []item, last item) int {
	for i, it := range items {
		if b.key(it) == b.key(last) {
			return i + 1
		}
	}
	return -1
}

// witnessed makes a truth of the stream that was left alone, where the reader's stream is the same: what
// the reader was given before it was interrupted must be in it.
func (b *bench) witnessed(r *reading) *truth {
	if len(b.witness) == 0 || len(r.pieces) == 0 || !b.ids {
		return nil
	}
	t := b.newTruth(WitnessStream, b.witness, false)
	if t == nil {
		return nil
	}
	t.part = true
	known := 0
	for _, it := range r.pieces[0].items {
		i, ok := t.index[b.key(it)]
		if ok && !b.same(it, t.items[i]) {
			return nil // ids that mean something else on each connection
		}
		if ok {
			known++
		}
	}
	if known == 0 {
		return nil
	}
	return t
}

// A comparison is a history, the items it was made of, and how its places are called.
type comparison struct {
	oracle Oracle
	h      History
	pieces [][]item // as h.Pieces
	views  []*checks.View
	label  func(place int) string
	at     func(place int) (item, bool) // what the truth holds there, if it is known
}

// against puts pieces beside a truth, and returns nil where they have nothing to do with each other.
func (b *bench) against(t *truth, pieces []piece, ended bool) *comparison {
	c := &comparison{oracle: t.oracle, h: History{Final: t.final, Ended: ended, To: len(t.items)}}
	c.label = func(i int) string { return label(t.items, i) }
	c.at = func(i int) (item, bool) { return t.items[i], true }
	lo, hi := len(t.items), -1
	for n, p := range pieces {
		var tokens []Token
		var items []item
		for _, it := range p.items {
			k := b.token(t, it)
			if k.Index < 0 && t.part {
				continue // outside of the window
			}
			if k.Index >= 0 {
				lo, hi = min(lo, k.Index), max(hi, k.Index)
			}
			tokens, items = append(tokens, k), append(items, it)
		}
		if n == 0 && t.final && otherwise(tokens) {
			return nil
		}
		c.h.Pieces, c.pieces, c.views = append(c.h.Pieces, tokens), append(c.pieces, items), append(c.views, p.view)
	}
	if t.part {
		if hi < 0 {
			return nil
		}
		c.h.From, c.h.To = lo, hi+1
	}
	return c
}

// otherwise reports whether what came first is not how the truth begins: then it was another answer.
func otherwise(tokens []Token) bool {
	return len(tokens) > 0 && (tokens[0].Index != 0 ||
		slices.ContainsFunc(tokens, func(k Token) bool { return k.Index < 0 || k.Altered || k.Renamed }))
}

// label says what the item at a place is called: its name, or its number counted from 1.
func label(items []item, i int) string {
	if i < len(items) && items[i].name != "" {
		return items[i].name
	}
	return strconv.Itoa(i + 1)
}

// token finds an item in a truth.
func (b *bench) token(t *truth, it item) Token {
	i, known := t.index[b.key(it)]
	if known && b.same(it, t.items[i]) {
		return Token{Index: i}
	}
	if it.name == "" {
		return Token{Index: -1}
	}
	if j := slices.IndexFunc(t.items, func(x item) bool { return b.same(x, it) }); j >= 0 && len(it.data) > 0 && !t.part {
		return Token{Index: j, Renamed: true}
	}
	if known {
		return Token{Index: i, Altered: true}
	}
	return Token{Index: -1}
}

// numbers makes a comparison with what counts the events. It is nil where not everything that came has a number,
// or where the numbers may count the events of others too: 41, 43, 44 is complete if 42 was somebody else's.
func (b *bench) numbers(r *reading) *comparison {
	if !b.numbered || b.sequence == "" && !b.starts() && b.witnessed(r) == nil {
		return nil
	}
	base, top, ok := b.span(r.all())
	if !ok {
		return nil
	}
	c := &comparison{oracle: NumberedIDs}
	if b.sequence != "" {
		c.oracle = NumberedPayload
	}
	known := map[int]item{}
	done := false
	for _, p := range r.pieces {
		tokens := make([]Token, 0, len(p.items))
		for _, it := range p.items {
			i := int(it.number - base)
			first, twice := known[i]
			if !twice {
				known[i] = it
			}
			done = done || b.final(it)
			tokens = append(tokens, Token{Index: i, Altered: twice && !b.same(first, it)})
		}
		c.h.Pieces, c.pieces, c.views = append(c.h.Pieces, tokens), append(c.pieces, p.items), append(c.views, p.view)
	}
	c.label = func(i int) string { return strconv.FormatInt(base+int64(i), 10) }
	c.at = func(i int) (item, bool) { it, ok := known[i]; return it, ok }
	c.h.To = max(int(top-base)+1, 0)
	if c.h.Final, c.h.Ended = b.finite(), r.ended(); c.h.Final && !done {
		c.h.To++ // at least the end is still to come
	}
	return c
}

// span returns the first and the greatest number that a reader can have been given.
func (b *bench) span(items []item) (base, top int64, ok bool) {
	base, top = -1, -1
	if b.finite() && b.starts() {
		base = b.items(b.control)[0].number
	}
	for _, it := range items {
		if base < 0 {
			base = it.number
		}
		if it.number < max(base, 0) || it.number > maxNumber {
			return 0, 0, false
		}
		top = max(top, it.number)
	}
	return base, top, base >= 0 && top-base <= maxSpan
}

// maxNumber and maxSpan bound what is taken for a count.
const (
	maxNumber = 1 << 53
	maxSpan   = 1 << 20
)
