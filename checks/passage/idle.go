package passage

import (
	"bytes"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Phase says where in its answer a stream is silent.
type Phase string

// The phases, as the value of "phase" in the case of an exchange.
const (
	MidStream Phase = "stream"   // behind an event
	HeadOnly  Phase = "head"     // behind the head
	NoHead    Phase = "none"     // from the request on
	Commented Phase = "comments" // not at all: there is a comment every second
)

// A Fate is what became of a silent stream.
type Fate string

// The fates.
const (
	Unknown  Fate = ""         // it did not come to its silence, or we stopped looking
	Survived Fate = "survived" // what was sent behind the silence came through
	Ended    Fate = "ended"    // the hop ended it during the silence
	Dropped  Fate = "dropped"  // what was sent behind the silence never came, and nobody had been told
)

// A Silence is one stream that was silent, and what became of it.
type Silence struct {
	Phase  Phase
	Proto  string        // the HTTP version of the answer
	Length time.Duration // until the origin broke it
	Fate   Fate
	After  time.Duration // if ended: how long it had been silent; of a commented one how long it had lasted
	AsIf   bool          // if ended: as an answer that is whole
	Status int           // if ended: of the answer that came in place of the origin's; 0 if none did
}

// afterSilence is what the origin sends to break a silence.
var afterSilence = []byte("data: after")

// arrives is how long we wait for what was sent behind a silence, at least: a lost packet is sent again within a second
// or two.
const arrives = 4 * time.Second

// SilenceOf returns what became of a silent stream.
func SilenceOf(x *wire.Exchange) Silence {
	s := Silence{Phase: Phase(x.Case.Get("phase")), Proto: x.Proto, Length: x.Case.Duration("silence")}
	if len(x.Hits) == 0 {
		return s
	}
	h := x.Hits[0] // a hop that lost patience may have asked again
	begins, begun := s.begins(h)
	text, _ := x.Decoded()
	broke, broken := breaks(h)
	end, ended := endedAt(x, h)
	switch {
	case !begun:
	case bytes.Contains(text.Bytes, afterSilence):
		s.Fate = Survived
	case ended && (!broken || end < broke):
		s.Fate, s.After, s.AsIf = Ended, end-begins, x.End.Kind == wire.Complete
		if h.Status == 0 && x.Status != 0 {
			s.Status, s.AsIf = x.Status, false
		}
	case broken && h.End == wire.Finished && s.heard(x) && !x.End.Kind.ServerEnded() && x.End.At-broke >= arrives:
		s.Fate = Dropped
	}
	return s
}

// begins returns when the silence began.
func (s Silence) begins(h *wire.Hit) (at time.Duration, begun bool) {
	switch s.Phase {
	case MidStream, Commented:
		if len(h.Sent) == 0 {
			return 0, false
		}
		return h.Sent[0].At, true
	case HeadOnly:
		return h.HeadAt, h.Status != 0
	}
	return h.At, true
}

// breaks returns when the origin broke the silence.
func breaks(h *wire.Hit) (at time.Duration, broken bool) {
	for _, c := range h.Sent {
		if bytes.HasPrefix(c.Data, afterSilence) {
			return c.At, true
		}
	}
	return 0, false
}

// heard reports whether the reader had something of the stream before its silence. A stream that is held back, or waits
// for its turn, looks like one that was dropped; in its first silence, before the head, nothing tells them apart.
func (s Silence) heard(x *wire.Exchange) bool {
	switch s.Phase {
	case HeadOnly:
		return x.Status == 200 && x.HeadAt < s.Length
	case NoHead:
		return false
	}
	return len(x.Body) > 0 && x.Body[0].At < s.Length
}

// endedAt returns when the hop ended a stream: towards the reader, or towards the origin while the reader was still there.
func endedAt(x *wire.Exchange, h *wire.Hit) (at time.Duration, ended bool) {
	if x.End.Kind.ServerEnded() {
		at, ended = x.End.At, true
		if h.Status == 0 && x.Status != 0 {
			at = min(at, x.HeadAt)
		}
	}
	if h.End == wire.Abandoned && (!ended && h.EndAt < x.End.At || ended && h.EndAt < at) {
		at, ended = h.EndAt, true
	}
	return at, ended
}

// Idle is what a hop does to silent streams.
type Idle struct {
	After  map[Phase]time.Duration // of silence in which a stream is ended; no entry where none was
	Upto   map[Phase]time.Duration // the longest silence that was survived
	AsIf   []string                // the HTTP versions over which a stream that is ended in its middle looks whole
	Status int                     // of the answer that comes where the head is too late; 0 for none

	DroppedLo, DroppedHi time.Duration // between which two a silent stream is dropped without a word; 0 if none is
	Drops                int           // how many were

	Comment Silence // what became of the stream that comments were to keep alive
	Astray  bool    // streams were ended at moments that fit no limit
	Seen    int     // silent streams of which it is known what became of them
}

// Kept reports whether comments kept a stream alive for as long as the longest silence.
func (i Idle) Kept() bool { return i.Comment.Fate == Survived }

// Together reports whether the stream with comments was ended when silent ones were: then it was not silence that ended
// them, unless comments do not count.
func (i Idle) Together() bool {
	t := i.T()
	return t > 0 && i.Comment.Fate == Ended && (i.Comment.After-t).Abs() <= max(blur, t/20)
}

// Uncounted reports whether comments do not count at this hop, although events do.
func (i Idle) Uncounted(a Age) bool { return i.Together() && a.Upto > i.Comment.After+blur }

// IdleCut returns after how long a hop ends a silent stream; 0 where it does not, or that is not certain.
func IdleCut(b *wire.Bundle) time.Duration {
	r := b.Recording(wire.EdgeIdle)
	straight, i := IdleOf(r, wire.Direct), IdleOf(r, wire.Via)
	if straight.Ends() || i.Astray || i.Together() && !i.Uncounted(AgeOf(b.Recording(wire.EdgeAge), wire.Via)) {
		return 0
	}
	return i.T()
}

// Ends reports whether any silent stream was ended or dropped.
func (i Idle) Ends() bool { return len(i.After) > 0 || i.Astray || i.Drops > 0 }

// T returns after how long a silence behind an event, or else behind the head, ends a stream; 0 if it does not.
func (i Idle) T() time.Duration {
	if d, ok := i.After[MidStream]; ok {
		return d
	}
	return i.After[HeadOnly]
}

// Longest returns the longest silence behind an event or the head that was survived.
func (i Idle) Longest() time.Duration { return max(i.Upto[MidStream], i.Upto[HeadOnly]) }

// blur is by how much the ends of streams with one limit differ: products look at their clocks once a second or so.
const blur = 2 * time.Second

// IdleOf returns what happened to the silent streams on one route.
func IdleOf(r *wire.Recording, route string) Idle {
	out := Idle{After: map[Phase]time.Duration{}, Upto: map[Phase]time.Duration{}}
	if r == nil {
		return out
	}
	var all []Silence
	for _, x := range r.Exchanges {
		if x.Route() != route {
			continue
		}
		s := SilenceOf(x)
		if s.Phase == Commented {
			out.Comment = s
			continue
		}
		if s.Fate != Unknown {
			out.Seen++
			all = append(all, s)
		}
	}
	for _, p := range []Phase{MidStream, HeadOnly, NoHead} {
		out.phase(p, all)
	}
	out.drops(all)
	return out
}

// phase looks at the silences of one phase.
func (i *Idle) phase(p Phase, all []Silence) {
	var ends []time.Duration
	for _, s := range all {
		switch {
		case s.Phase != p:
		case s.Fate == Survived:
			i.Upto[p] = max(i.Upto[p], s.Length)
		case s.Fate == Ended:
			ends = append(ends, s.After)
			if p == MidStream && s.AsIf && !slices.Contains(i.AsIf, s.Proto) {
				i.AsIf = append(i.AsIf, s.Proto)
			}
			if p == NoHead {
				i.Status = s.Status
			}
		}
	}
	if len(ends) == 0 {
		return
	}
	slices.Sort(ends)
	t := ends[len(ends)/2]
	if ends[len(ends)-1]-ends[0] > max(blur, t/20) || i.Upto[p] > t+blur {
		i.Astray = true
		return
	}
	i.After[p] = t
}

// drops looks for the silence from which on streams are dropped. One that survived a longer silence, or was ended
// properly, says that there is no such.
func (i *Idle) drops(all []Silence) {
	var survived, dropped time.Duration
	for _, s := range all {
		switch s.Fate {
		case Survived:
			survived = max(survived, s.Length)
		case Dropped:
			i.Drops++
			if dropped == 0 || s.Length < dropped {
				dropped = s.Length
			}
		}
	}
	if i.Drops > 0 && survived < dropped {
		i.DroppedLo, i.DroppedHi = survived, dropped
	}
}
