package hold

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
)

const (
	// fewestTimes is how many events must carry a time, and fewestMoments how many of those must differ.
	fewestTimes   = 5
	fewestMoments = 3
	// mostRead bounds how many events are looked at for a time, and longestRead how long one may be.
	mostRead    = 2000
	longestRead = 64 << 10
	// deepest is how deep in an object a time is looked for.
	deepest = 3
	// sawteeth is in how many flights the times must run backwards against arrival.
	sawteeth = 3
)

// A Clock is a time that the events carry of their own.
type Clock struct {
	Field string // "id", "data", or a path in it such as "data.at"
	Step  time.Duration
	Marks []Mark
}

// A Mark is the time that one event carries.
type Mark struct {
	Event int
	Sent  time.Time
	At    time.Duration // when it was whole
}

// lag is how late an event came by its own time; the clocks differ, so that only differences of lags mean something.
func (m Mark) lag(began time.Time) time.Duration { return began.Add(m.At).Sub(m.Sent) }

// names are the fields that say when an event was made. A field that says when something began, ends or was last seen is none.
var names = map[string]bool{
	"ts": true, "t": true, "time": true, "timestamp": true, "datetime": true, "date": true, "at": true, "now": true,
	"created": true, "createdat": true, "sent": true, "sentat": true, "published": true, "publishedat": true, "emitted": true,
	"emittedat": true, "produced": true, "producedat": true, "eventtime": true, "servertime": true,
}

// Declare says at which JSON path the events carry the time at which they were made ("at", "meta.sent").
func (l *Timeline) Declare(path string) {
	l.path = strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
}

// Clock returns the time in the events that goes forward as the stream does; nil if there is none.
func (l *Timeline) Clock() *Clock {
	if !l.looked {
		l.clock, l.looked = l.findClock(), true
	}
	return l.clock
}

func (l *Timeline) findClock() *Clock {
	found := map[string]*Clock{}
	var order []string
	events := l.s.Events[:min(len(l.s.Events), mostRead)]
	asked := 0
	for i, e := range events {
		if stream.IsHeartbeat(e.Type) || l.history(i) {
			continue
		}
		asked++
		l.times(e, i > 0 && bytes.Equal(e.ID, events[i-1].ID), func(field string, sent time.Time, step time.Duration) {
			c := found[field]
			if c == nil {
				c = &Clock{Field: field}
				found[field] = c
				order = append(order, field)
			}
			if n := len(c.Marks); n > 0 && c.Marks[n-1].Event == i {
				return
			}
			c.Marks = append(c.Marks, Mark{i, sent, l.Events[i].At})
			c.Step = max(c.Step, step)
		})
	}
	var best *Clock
	for _, field := range order {
		c := found[field]
		if 5*len(c.Marks) >= 4*asked && l.keepsTime(c) && (best == nil || c.Step < best.Step) {
			best = c
		}
	}
	return best
}

// history reports whether an event came in the first second of a longer stream, where what is old is sent.
func (l *Timeline) history(i int) bool {
	first, last := l.Events[0].At, l.Events[len(l.Events)-1].At
	return last-first > 3*backlog && l.Events[i].At < first+backlog
}

// keepsTime reports whether a clock goes forward, and about as far as the stream did.
func (l *Timeline) keepsTime(c *Clock) bool {
	n := len(c.Marks)
	if n < fewestTimes {
		return false
	}
	moments := 1
	for i := 1; i < n; i++ {
		switch d := c.Marks[i].Sent.Sub(c.Marks[i-1].Sent); {
		case d < 0:
			return false
		case d > 0:
			moments++
		}
	}
	span := c.Marks[n-1].Sent.Sub(c.Marks[0].Sent)
	came := c.Marks[n-1].At - c.Marks[0].At
	return moments >= fewestMoments && span <= c.Marks[n-1].At+time.Second+c.Step && 2*(span+c.Step) >= came
}

// times calls f with each time that an event carries, or with the one that the user named.
func (l *Timeline) times(e stream.Event, oldID bool, f func(field string, sent time.Time, step time.Duration)) {
	if !oldID && l.path == "" {
		id, _, _ := strings.Cut(string(e.ID[:min(len(e.ID), 64)]), "-") // Redis: milliseconds, dash, number
		if sent, step, ok := moment(id); ok {
			f("id", sent, step)
		} else if sent, step, ok := moment(string(e.ID[:min(len(e.ID), 64)])); ok {
			f("id", sent, step)
		}
	}
	data := bytes.TrimSpace(e.Data)
	if len(data) == 0 || len(data) > longestRead {
		return
	}
	if data[0] != '{' {
		if l.path != "" {
			return
		}
		if sent, step, ok := moment(string(data[:min(len(data), 64)])); ok {
			f("data", sent, step)
		}
		return
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var object map[string]any
	switch {
	case d.Decode(&object) != nil:
	case l.path != "":
		named("data."+l.path, object, strings.Split(l.path, "."), f)
	default:
		walk("data", object, deepest, f)
	}
}

// named calls f with the time at a path in an object, if there is one.
func named(path string, object map[string]any, keys []string, f func(string, time.Time, time.Duration)) {
	v := object[keys[0]]
	if inner, ok := v.(map[string]any); ok && len(keys) > 1 {
		named(path, inner, keys[1:], f)
		return
	}
	text, ok := v.(string)
	if n, number := v.(json.Number); number {
		text, ok = n.String(), true
	}
	if sent, step, is := moment(text); ok && is && len(keys) == 1 {
		f(path, sent, step)
	}
}

// walk calls f with each time in an object, in the order of names.
func walk(path string, object map[string]any, deep int, f func(string, time.Time, time.Duration)) {
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		switch v := object[k].(type) {
		case map[string]any:
			if deep > 1 {
				walk(path+"."+k, v, deep-1, f)
			}
		case json.Number:
			if sent, step, ok := moment(v.String()); ok && isTime(k) {
				f(path+"."+k, sent, step)
			}
		case string:
			if sent, step, ok := moment(v); ok && isTime(k) {
				f(path+"."+k, sent, step)
			}
		}
	}
}

// isTime reports whether a key is the name of a time at which an event was made.
func isTime(key string) bool {
	key = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
	key = strings.TrimSuffix(strings.TrimSuffix(key, "ms"), "utc")
	return names[key]
}

// units are the powers of ten in which a Unix time is counted, and their seconds.
var units = []struct {
	per  int64 // units in a second
	step time.Duration
}{{1, time.Second}, {1e3, time.Millisecond}, {1e6, time.Microsecond}, {1e9, time.Nanosecond}}

const earliest, latest = 900_000_000, 4_100_000_000 // 1998 and 2099 in Unix seconds

// moment reads a Unix time in seconds, milli-, micro- or nanoseconds, or a time of ISO 8601, and says how fine it is.
func moment(s string) (sent time.Time, step time.Duration, ok bool) {
	if len(s) < 9 || len(s) > 40 {
		return
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil && digits(fraction) {
		for _, u := range units {
			if n < earliest*u.per || n/u.per >= latest {
				continue
			}
			part, step := part(fraction)
			return time.Unix(n/u.per, n%u.per*int64(u.step)).Add(part / time.Duration(u.per)), max(step/time.Duration(u.per), 1), true
		}
		return
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"} {
		if sent, err := time.Parse(layout, s); err == nil {
			_, step := part(digitsOf(s))
			return sent, step, true
		}
	}
	return
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// digitsOf returns the digits behind the point of a time of ISO 8601.
func digitsOf(s string) string {
	_, fraction, _ := strings.Cut(s, ".")
	return fraction[:len(fraction)-len(strings.TrimLeft(fraction, "0123456789"))]
}

// part returns the part of a second that digits behind the point stand for, and that of the last of them.
func part(fraction string) (part, step time.Duration) {
	step = time.Second
	for _, c := range fraction[:min(len(fraction), 9)] {
		step /= 10
		part += time.Duration(c-'0') * step
	}
	return part, step
}

// Late tells whether events came late against the times they carry: those of a flight were made one after another and came
// together, so all but the last had to wait.
//
// An application that looks for news at intervals and sends each with its own time is late in the same way.
func (l *Timeline) Late() Reading {
	c := l.Clock()
	if c == nil {
		return l.unclear("the events carry no time of their own that goes forward with the stream")
	}
	least := l.Stalled() + c.Step
	r := Reading{State: Clear, Power: l.power()}
	r.Power.Hold, r.Power.Events = least, len(c.Marks)
	several := 0
	for _, ms := range l.byFlight(c) {
		if len(ms) < 2 {
			continue
		}
		several++
		first, last := ms[0], ms[len(ms)-1]
		held := last.Sent.Sub(first.Sent) - (last.At - first.At)
		if held <= least || held-l.late(max(0, first.At-held), last.At) <= least {
			continue
		}
		r.Hold = max(r.Hold, held)
		e := l.s.Events[first.Event]
		r.Places = append(r.Places, Place{Text: e.Lo, At: first.At, For: held})
	}
	switch {
	case len(r.Places) >= sawteeth && 2*len(r.Places) >= several, len(r.Places) > 0 && l.Block().State == Held:
		r.State = Held
	case len(r.Places) > 0:
		return l.unclear("too few events came together to tell a pause of the network from a hold")
	case l.RTT > tooFar:
		return l.unclear("the way is so long that only a hold of a second would show")
	}
	return r
}

// byFlight divides the marks of a clock by the flights in which their events came.
func (l *Timeline) byFlight(c *Clock) [][]Mark {
	var out [][]Mark
	f, of := 0, -1
	for _, m := range c.Marks {
		for f < len(l.Flights)-1 && l.Flights[f].To < m.At {
			f++
		}
		if f != of {
			out, of = append(out, nil), f
		}
		out[len(out)-1] = append(out[len(out)-1], m)
	}
	return out
}

// Within reports whether all times of the clock lie between two moments of an exchange, a second to either side: so far the
// clocks of two machines that are set are apart.
func (c *Clock) Within(began time.Time, from, to time.Duration) bool {
	first, last := c.Marks[0].Sent, c.Marks[len(c.Marks)-1].Sent
	return !first.Before(began.Add(from-time.Second)) && !last.After(began.Add(to+time.Second+c.Step))
}

// Span returns how far apart the first and the last time of the clock are.
func (c *Clock) Span() time.Duration {
	return c.Marks[len(c.Marks)-1].Sent.Sub(c.Marks[0].Sent)
}
