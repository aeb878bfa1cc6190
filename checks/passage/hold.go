package passage

import (
	"bytes"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Kept is what came of one event while nothing was sent behind it.
type Kept struct {
	X       *wire.Exchange
	Size    int           // of the event
	Came    int           // how much of it came while the origin was silent
	Sent    time.Duration // when it was written
	Whole   time.Duration // when all of it had come; 0 for never
	ByNext  bool          // the rest came with the next event, and not only at the end
	Silence time.Duration // how long nothing was sent
	Next    time.Duration // how late the next event came; 0 where it did not come before the end
}

// Hold is what single events before a silence show of one way through a hop.
type Hold struct {
	State   hold.State
	Class   remedy.Class // Held: ByteHeld, LargeTail, OneBehind or HeldToEnd
	Bytes   int          // in steps of which the bytes came; 0 where too few sizes show it
	Why     string       // Unclear: what was missing
	Each    []Kept       // in the order of their sizes
	Slowest time.Duration
}

// enoughKept is how many sizes it takes to judge.
const enoughKept = 5

// HoldOf reads the exchanges of one way.
func HoldOf(b *wire.Bundle, xs []*wire.Exchange) Hold {
	h := Hold{}
	for _, x := range xs {
		if k, ok := keptOf(b, x); ok {
			h.Each = append(h.Each, k)
			h.Slowest = max(h.Slowest, k.Whole-k.Sent)
		}
	}
	slices.SortStableFunc(h.Each, func(a, b Kept) int { return a.Size - b.Size })
	var kept []Kept
	for _, k := range h.Each {
		if k.Came < k.Size {
			kept = append(kept, k)
		}
	}
	switch {
	case len(h.Each) < enoughKept:
		h.Why = "too few single events came through as they were sent"
	case len(kept) == 0:
		h.State = hold.Clear
	case len(kept) == 1:
		h.Why = "a single event was held, and larger and smaller ones were not"
	default:
		h.State, h.Bytes = hold.Held, stepOf(kept)
		h.Class = classOf(h.Each, kept)
	}
	return h
}

// classOf tells kinds of holding apart by how much came, and what freed the rest.
func classOf(each, kept []Kept) remedy.Class {
	some, next := false, 0
	for _, k := range kept {
		some = some || k.Came > someBytes
		if k.ByNext {
			next++
		}
	}
	every := len(kept) == len(each)
	switch {
	case 5*next >= 4*len(kept) && !some && every:
		return remedy.OneBehind
	case 5*next >= 4*len(kept) && each[0].Came == each[0].Size:
		return remedy.LargeTail
	case !some && every:
		return remedy.HeldToEnd
	}
	return remedy.ByteHeld
}

// keptOf reads one exchange: an event, silence, another event, silence. It is of no use where what was sent had not all
// come to rest when the silence was over, or this machine had no time.
func keptOf(b *wire.Bundle, x *wire.Exchange) (Kept, bool) {
	o := x.Origin()
	if o == nil || len(o.Sent) != 2 {
		return Kept{}, false
	}
	first, second := o.Sent[0], o.Sent[1]
	text, _ := x.Decoded()
	n := min(len(first.Data), len(text.Bytes))
	came, at := reached(text, second.At)
	k := Kept{X: x, Size: len(first.Data), Came: min(came, len(first.Data)), Sent: first.At, Silence: second.At - first.At}
	if n == len(first.Data) {
		k.Whole = text.When(n - 1)
		k.ByNext = o.EndAt == 0 || k.Whole < o.EndAt
	}
	if all := len(first.Data) + len(second.Data); all <= len(text.Bytes) {
		if at := text.When(all - 1); o.EndAt == 0 || at < o.EndAt {
			k.Next = at - second.At
		}
	}
	switch {
	case !bytes.Equal(text.Bytes[:n], first.Data[:n]):
		return k, false
	case k.Came < k.Size && k.Came > 0 && second.At-at < k.Silence/2:
		return k, false // it was still coming
	case b.Late(x, first.At, second.At) > k.Silence/4:
		return k, false
	}
	return k, true
}

// stepOf returns the size in steps of which events came that were held, or 0.
func stepOf(kept []Kept) int {
	var at []int
	for _, k := range kept {
		if k.Came > someBytes {
			at = append(at, k.Came)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	var steps []int
	for i := 1; i < len(at); i++ {
		steps = append(steps, at[i]-at[i-1])
	}
	if len(steps) < 2 {
		return 0
	}
	least := slices.Min(steps)
	for n := 1; least/n >= leastBuffer; n++ {
		if size := least / n; fits(steps, size) && holdsRest(kept, size) {
			return size
		}
	}
	return 0
}

// leastBuffer is the smallest buffer that is worth a name: less does not hold an event.
const leastBuffer = 512

// fits reports whether all steps are multiples of a size.
func fits(steps []int, size int) bool {
	for _, s := range steps {
		times := (s + size/2) / size
		if off := s - times*size; max(off, -off) > slack {
			return false
		}
	}
	return true
}

// holdsRest reports whether what was held back of each event is less than a buffer.
func holdsRest(kept []Kept, size int) bool {
	for _, k := range kept {
		if k.Size-k.Came > size+slack {
			return false
		}
	}
	return true
}

// A Head is when the head of an answer came whose body began later.
type Head struct {
	X      *wire.Exchange
	Sent   time.Duration // when the origin wrote it
	Came   time.Duration
	Body   time.Duration // when the origin wrote the first byte of the body
	Waited bool          // it came no sooner than that byte was sent
}

// withBody is how long behind the sending of the first byte a head may come that waited for it.
const withBody = 100 * time.Millisecond

// HeadOf reads an exchange whose origin was silent between head and body. It is of no use where the head came even later than
// the body was sent, or while this machine had no time: then it is not known what it waited for.
func HeadOf(b *wire.Bundle, x *wire.Exchange) (Head, bool) {
	o := x.Origin()
	if o == nil || len(o.Sent) == 0 || x.Status == 0 {
		return Head{}, false
	}
	h := Head{X: x, Sent: o.HeadAt, Came: x.HeadAt, Body: o.Sent[0].At}
	h.Waited = h.Came >= h.Body
	return h, !h.Waited || h.Came-h.Body <= withBody+RTT(b) && !busy(b, x, h.Sent, h.Came)
}
