package passage

import (
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
)

// An Item is one event of a feed as one reader saw it.
type Item struct {
	Key    string        // what tells it from the others
	At     time.Duration // when it was whole, on a clock that all readers share
	Lo, Hi int           // in the reader's body
}

// A Feed is what one reader saw of a feed that others read at the same time.
type Feed struct {
	Items    []Item
	From, To time.Duration // when the reader was there
	Over     bool          // the server ended it, not the reader: nothing of it is still to come
	Named    bool          // keys are ids: each is that of one event
	RTT      time.Duration // of its connection, at most
}

const (
	// earlier is by how much an event may come earlier through a hop than straight, where it has no id: the way to
	// the origin may be the longer one.
	earlier = 500 * time.Millisecond
	// due is how long an event that came to one reader may still be on its way to another.
	due = 300 * time.Millisecond
	// noisy is how long this machine may have had no time for us where an event's delay is still believed, unless the
	// delay is far longer.
	noisy = 100 * time.Millisecond
)

// A Lag is how one reader of a feed was behind another, in the time in which both read.
type Lag struct {
	Seen    int             // how many events the other one saw
	Each    []time.Duration // by how much later each came; those that had not come when the reader left, at least
	Unheard int             // how many of Each had not
	Next    []time.Duration // beside Each: how much later the other one had the event behind it; 0 for the last
	Paused  []time.Duration // beside Each: for how long this machine was, which Each leaves out
	Flights [2]int          // in how many pieces they came, to the other one and to the reader
	Lost    []Item          // of the other's: a later one came
	Twice   []Item          // of the reader's: it had come before
	Swapped []Item          // of the reader's: one that the other had before came later
	Farther time.Duration   // by how much the reader's round trip is longer, at most
	Noise   int             // how many were left out of Each, since this machine had a pause
}

// Behind compares what a reader saw with what another one did. drop is left out at the beginning, where a feed may bring
// what was missed; late says for how long this machine itself was paused in a stretch.
func Behind(reader, other Feed, drop time.Duration, late func(from, to time.Duration) time.Duration) Lag {
	m := match(reader, other, drop)
	l := Lag{Seen: len(m.within), Twice: m.twice(), Swapped: m.swapped(), Farther: max(0, reader.RTT-other.RTT)}
	var sent, came []time.Duration
	for n, i := range m.within {
		it, j := other.Items[i], m.of[i]
		end := reader.To
		switch {
		case j >= 0:
			end = reader.Items[j].At
			came = append(came, end)
		case i < m.last:
			l.Lost = append(l.Lost, it)
			continue
		case reader.Over || end-it.At < due:
			continue
		}
		sent = append(sent, it.At)
		paused := late(it.At, max(it.At, end))
		if paused >= noisy && 4*paused >= end-it.At {
			l.Noise++
			continue
		}
		if j < 0 {
			l.Unheard++
		}
		next := time.Duration(0)
		if n+1 < len(m.within) {
			next = other.Items[m.within[n+1]].At - it.At
		}
		l.Each, l.Next, l.Paused = append(l.Each, max(0, end-it.At-paused)), append(l.Next, next), append(l.Paused, paused)
	}
	gap := hold.Together(max(reader.RTT, other.RTT))
	l.Flights = [2]int{flights(sent, gap), flights(came, gap)}
	return l
}

// flights counts in how many pieces what came at the given moments did.
func flights(at []time.Duration, gap time.Duration) int {
	at = slices.Sorted(slices.Values(at))
	n := 0
	for i, t := range at {
		if i == 0 || t-at[i-1] > gap {
			n++
		}
	}
	return n
}

// A matching says which events of two readers are the same.
type matching struct {
	reader, other Feed
	from, to      time.Duration
	within        []int       // the other's events in the time in which both read
	of            map[int]int // for each of them the reader's; -1 for none
	last          int         // the last of them that has one
}

func match(reader, other Feed, drop time.Duration) *matching {
	m := &matching{reader: reader, other: other, from: max(reader.From, other.From) + drop, to: min(reader.To, other.To), of: map[int]int{}, last: -1}
	places := map[string][]int{}
	for j, it := range reader.Items {
		places[it.Key] = append(places[it.Key], j)
	}
	for i, it := range other.Items {
		if it.At < m.from || it.At > m.to {
			continue
		}
		m.within = append(m.within, i)
		m.of[i] = -1
		for n, j := range places[it.Key] {
			if other.Named || reader.Items[j].At >= it.At-earlier {
				m.of[i], m.last = j, i
				places[it.Key] = places[it.Key][n+1:]
				break
			}
		}
	}
	return m
}

// twice returns the reader's events that came more often than the other one had them at all.
func (m *matching) twice() []Item {
	had, times := map[string]int{}, map[string]int{}
	for _, it := range m.other.Items {
		had[it.Key]++
	}
	var out []Item
	for _, it := range m.reader.Items {
		if it.At < m.from || had[it.Key] == 0 {
			continue
		}
		if times[it.Key]++; times[it.Key] > had[it.Key] {
			out = append(out, it)
		}
	}
	return out
}

// swapped returns the reader's events that came before one that the other had earlier. Only ids tell events apart well
// enough for that, or texts that are not repeated.
func (m *matching) swapped() []Item {
	times := map[string]int{}
	for _, it := range append(slices.Clone(m.reader.Items), m.other.Items...) {
		times[it.Key]++
	}
	var out []Item
	latest := -1
	for _, i := range m.within {
		j := m.of[i]
		if j < 0 || times[m.other.Items[i].Key] > 2 {
			continue
		}
		if j < latest {
			out = append(out, m.reader.Items[latest])
			continue
		}
		latest = j
	}
	return out
}

// A Delivery is how events come on one route, compared with another.
type Delivery uint8

// The deliveries.
const (
	Undecided  Delivery = iota // it cannot be told
	Alike                      // no difference, as far as the power of the comparison goes
	Distant                    // later, and else the same: distance does this
	Bunched                    // later, and in fewer pieces
	Behindhand                 // each event came with the next one
)

const (
	// fewestLags is how many events of a window a verdict is built on at least.
	fewestLags = 5
	// mostLag is by how much later than at another reader an event may come: people notice more.
	mostLag = 250 * time.Millisecond
	// leastWait is how long events that wait for the next one must wait so that anybody minds. That they do so needs no more
	// proof.
	leastWait = 100 * time.Millisecond
	// spread is by how much gaps must differ so that one that waits for the next event is told from a constant delay.
	spread = 60 * time.Millisecond
)

// P95 returns by how much later one event in twenty came at least, or 0 where none did.
func (l Lag) P95() time.Duration {
	if len(l.Each) == 0 {
		return 0
	}
	return DelaysOf(l.Each).P95
}

// Delivery says what the lag shows.
func (l Lag) Delivery() Delivery {
	switch {
	case len(l.Each) < fewestLags:
		return Undecided
	case l.P95() >= leastWait+l.Farther && l.behindhand():
		return Behindhand
	case l.P95() < mostLag+l.Farther:
		return Alike
	case 2*l.Flights[1] < l.Flights[0]:
		return Bunched
	}
	return Distant
}

// behindhand reports whether most events came when the next one was sent and hardly any later, and gaps differ so much
// that this is no constant delay. Some may have come earlier: a comment pushes them out too.
func (l Lag) behindhand() bool {
	near := max(10*time.Millisecond, l.Farther/4)
	hits, later := 0, 0
	var gaps []time.Duration
	for i, next := range l.Next {
		if next == 0 {
			continue
		}
		gaps = append(gaps, next)
		switch d := l.Each[i] + l.Paused[i] - next; {
		case d.Abs() <= near:
			hits++
		case d > l.Paused[i]+near:
			later++
		}
	}
	n := len(gaps)
	if n < fewestLags || 5*hits < 3*n || 10*later > n {
		return false
	}
	slices.Sort(gaps)
	return gaps[n*3/4]-gaps[n/4] >= spread
}

// Overall returns what windows say together: what shows in two of them at least, and in most, is no chance.
func Overall(lags []Lag) Delivery {
	n := map[Delivery]int{}
	judged := 0
	for _, l := range lags {
		s := l.Delivery()
		if n[s]++; s != Undecided {
			judged++
		}
	}
	for _, s := range []Delivery{Bunched, Behindhand, Distant, Alike} {
		if n[s] >= 2 && 2*n[s] > judged {
			return s
		}
	}
	return Undecided
}
