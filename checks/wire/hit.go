package wire

import (
	"strconv"
	"strings"
	"time"
)

// A Case tells the exchanges of a scene apart: words with a space between, each a key and a value, as in
// "route=via size=4096". Neither holds a space.
type Case string

// Get returns the value of a key, or "".
func (c Case) Get(key string) string {
	for w := range strings.FieldsSeq(string(c)) {
		if k, v, ok := strings.Cut(w, "="); ok && k == key {
			return v
		}
	}
	return ""
}

// Int returns the value of a key as a number, or 0.
func (c Case) Int(key string) int {
	n, _ := strconv.Atoi(c.Get(key))
	return n
}

// Duration returns the value of a key as a duration, or 0.
func (c Case) Duration(key string) time.Duration {
	d, _ := time.ParseDuration(c.Get(key))
	return d
}

// Without returns the case without a key.
func (c Case) Without(key string) Case {
	var kept []string
	for w := range strings.FieldsSeq(string(c)) {
		if k, _, _ := strings.Cut(w, "="); k != key {
			kept = append(kept, w)
		}
	}
	return Case(strings.Join(kept, " "))
}

// With returns the case with one more key.
func (c Case) With(key, value string) Case {
	w := key + "=" + value
	if c == "" {
		return Case(w)
	}
	return c + Case(" "+w)
}

// The routes of an exchange, as the value of "route" in its case. Other values are the user's names of hops.
const (
	Direct = "direct" // straight to the origin
	Via    = "via"    // through what is under test
)

// Counterpart reports whether an exchange is the same as another one, but for the route.
func (x *Exchange) Counterpart(y *Exchange) bool {
	return x.Case.Without("route") == y.Case.Without("route")
}

// Route returns by which way the exchange went: [Direct], [Via] or the name of a hop.
func (x *Exchange) Route() string { return x.Case.Get("route") }

// A Hit is one request that reached our own origin, as the origin saw it. Its moments are on the clock of the
// exchange, which began when the reader had sent its request: the head of a hit may have come before.
type Hit struct {
	At      time.Duration // when the head had arrived
	Request Request       // as it arrived, what a hop changed included; the body is in Upload
	Upload  []Chunk       // of the request's body, as it arrived
	HeadAt  time.Duration // when the head of the answer was written; 0 where none was
	Status  int           // of that head
	Header  Header        // of that head, framing aside
	Sent    []Chunk       // of the answer's body before any framing, each when it was written; none where Written alone is kept
	Written int64         // how many bytes of the body the connection took
	End     HitEnd
	EndAt   time.Duration // when that was so
}

// HitEnd says how the origin's part in an exchange ended.
type HitEnd string

// The ends of a hit.
const (
	Finished  HitEnd = "finished"   // it ended the message as HTTP prescribes
	CutOff    HitEnd = "cut"        // it broke the message off, as it was told to
	Abandoned HitEnd = "abandoned"  // the hop left: its connection ended or broke
	StillOpen HitEnd = "still-open" // nothing had told it to stop when the experiment was over
)

var hitEnds = []HitEnd{Finished, CutOff, Abandoned, StillOpen}

// Origin returns the hit that answered the exchange: the last one that reached our own origin, or nil.
func (x *Exchange) Origin() *Hit {
	if len(x.Hits) == 0 {
		return nil
	}
	return x.Hits[len(x.Hits)-1]
}

// A Hop is one place on the way from the origin to the reader where the stream can be asked for.
type Hop struct {
	Name string // "direct", "app", "cdn", "via"
	URL  string
}
