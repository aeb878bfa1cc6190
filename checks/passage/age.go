package passage

import (
	"bytes"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Life is one stream that was never silent, and how it ended.
type Life struct {
	Began time.Time
	Fate  Fate
	Age   time.Duration // when it ended
	Quiet time.Duration // if ended: for how long the reader had not had anything of it
}

// Moment returns when the stream ended.
func (l Life) Moment() time.Time { return l.Began.Add(l.Age) }

// LifeOf returns how a stream that was never silent ended.
func LifeOf(x *wire.Exchange) Life {
	l := Life{Began: x.Began, Age: x.End.At}
	if len(x.Hits) == 0 {
		return l
	}
	text, _ := x.Decoded()
	end, ended := endedAt(x, x.Hits[0])
	switch _, spoke := breaks(x.Hits[0]); {
	case bytes.Contains(text.Bytes, afterSilence):
		l.Fate = Survived
	case ended && !spoke:
		l.Fate, l.Age, l.Quiet = Ended, end, end
		if n := len(x.Body); n > 0 {
			l.Quiet = max(0, end-x.Body[n-1].At)
		}
	}
	return l
}

// Age is what a hop does to streams that are never silent.
type Age struct {
	After   time.Duration // at which every stream is ended; 0 if none is
	Restart bool          // streams of different ages were ended at one moment
	Upto    time.Duration // the age that at least two streams have reached
	Oldest  time.Duration // the age that one has reached
	Ends    []Life        // streams that were ended, in the order of their beginnings
	Seen    int           // streams of which it is known how they ended
}

// mostQuiet is how long ago something must have come for a stream not to have looked silent: its events are one second
// apart.
const mostQuiet = 4 * time.Second

// Held reports whether a stream had looked silent to its reader when it was ended.
func (a Age) Held() bool {
	return slices.ContainsFunc(a.Ends, func(l Life) bool { return l.Quiet > mostQuiet })
}

// AgeCut returns at which age a hop ends a stream that is not silent; 0 where it does not, or that is not certain.
func AgeCut(b *wire.Bundle) time.Duration {
	r := b.Recording(wire.EdgeAge)
	if a := AgeOf(r, wire.Via); len(AgeOf(r, wire.Direct).Ends) == 0 && !a.Held() {
		return a.After
	}
	return 0
}

// AgeOf returns what happened to the streams that were never silent on one route.
func AgeOf(r *wire.Recording, route string) Age {
	var out Age
	if r == nil {
		return out
	}
	var reached []time.Duration
	for _, x := range r.Exchanges {
		if x.Route() != route {
			continue
		}
		l := LifeOf(x)
		if l.Fate == Unknown {
			continue
		}
		out.Seen++
		reached = append(reached, l.Age)
		if l.Fate == Ended {
			out.Ends = append(out.Ends, l)
		}
	}
	slices.Sort(reached)
	if n := len(reached); n > 0 {
		out.Oldest = reached[n-1]
		out.Upto = reached[max(0, n-2)]
	}
	out.compare()
	return out
}

// compare tells a limit on age from a restart: the streams began seven seconds apart, so that they cannot have ended both
// at one age and at one moment.
func (a *Age) compare() {
	if len(a.Ends) < 2 {
		return
	}
	var ages []time.Duration
	var moments []time.Time
	for _, l := range a.Ends {
		ages, moments = append(ages, l.Age), append(moments, l.Moment())
	}
	slices.Sort(ages)
	slices.SortFunc(moments, time.Time.Compare)
	if ages[len(ages)-1]-ages[0] <= max(blur, ages[0]/50) {
		a.After = ages[len(ages)/2]
	} else if moments[len(moments)-1].Sub(moments[0]) <= blur {
		a.Restart = true
	}
}
