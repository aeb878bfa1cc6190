package chaos

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Course is what the undisturbed answer tells about where it can be disturbed.
type Course struct {
	Resume   profile.Resume
	Seq      string
	Events   int
	Body     int   // bytes
	Borders  []int // offset behind each event
	Finite   bool
	HTTP2    bool
	Chunked  bool
	TLS      bool
	Compare  bool     // ask for each answer once more: nothing else tells what it was
	Delays   []string // how long a reader stays away, to see how long the answer is kept
	Identity bool     // the events carry ids
	CRLF     bool     // some lines end in CRLF
	Runes    bool     // there are characters of more than one byte
}

// Course returns the course of the undisturbed answer. how is the user's way back; its zero value is to be
// detected.
func (c *Campaign) Course(how profile.Resume) *Course {
	x := c.l.control()
	out := &Course{Resume: how, Seq: c.l.Sequence, HTTP2: x.Request.Proto == "HTTP/2.0", TLS: strings.HasPrefix(c.l.Target.URL, "https:"),
		Finite: x.End.Kind.ServerEnded(), Chunked: slices.Contains(x.Header.Tokens("Transfer-Encoding"), "chunked")}
	text, _ := x.Decoded()
	s := stream.Parse(stream.EventStream, text.Bytes)
	if how.Way == "" {
		out.Resume = profile.Detect(c.l.Target.Method, s)
	}
	out.Events, out.Body, out.Identity = len(s.Events), len(text.Bytes), len(s.ID) > 0
	out.CRLF = bytes.Contains(text.Bytes, []byte("\r\n"))
	out.Runes = bytes.ContainsFunc(text.Bytes, func(r rune) bool { return r >= utf8.RuneSelf && r != utf8.RuneError })
	for _, e := range s.Events {
		out.Borders = append(out.Borders, e.Hi)
	}
	out.Compare = out.Finite && !c.Steady() && out.Resume.Way != profile.NoResume && out.Resume.Way != profile.QueryParam
	return out
}

// has reports whether the undisturbed answer has a place of that kind.
func (c *Course) has(place string) bool {
	switch Where(place) {
	case InsideChunkSize:
		return c.Chunked
	case InsideID, AfterID:
		return c.Identity
	case InsideCRLF:
		return c.CRLF
	case InsideRune:
		return c.Runes
	}
	return true
}

// middle is the event behind which an answer is cut where any would do: not the first and not the last, and
// not so late that a slow stream must be waited for.
func (c *Course) middle() int { return max(1, min(c.Events/2, 5)) }

// Trials returns what is tried where the user names nothing: every kind of fault once, every kind of place
// once, and every false place that a reader may name.
func (c *Course) Trials(only []wire.FaultKind) []*Trial {
	k := c.middle()
	var out []*Trial
	add := func(name, format string, a ...any) {
		s, err := ParseSchedule(fmt.Sprintf(format, a...))
		if err != nil {
			panic("chaos: a schedule of ours cannot be read: " + err.Error())
		}
		t := c.trial(name, s)
		if len(only) == 0 || slices.ContainsFunc(s, func(s Step) bool { return slices.Contains(only, s.Kind) }) {
			out = append(out, t)
		}
	}
	for _, fault := range []string{"fin", "rst", "stall", "half-close", "slow-close:300ms"} {
		name, _, _ := strings.Cut(fault, ":")
		add("cut-by-"+name, "event:%d/%s", k, fault)
	}
	if c.HTTP2 {
		add("cut-by-rst-stream", "event:%d/rst-stream", k)
		add("cut-by-goaway", "event:%d/goaway", k)
	}
	if c.Finite || c.Resume.Way != profile.NoResume {
		add("cut-before-head", "before-head/rst")
		add("cut-after-head", "after-head/fin")
	}
	add("cut-after-first-event", "event:1/rst")
	for i, place := range []string{"inside-id", "after-id", "inside-name", "inside-rune", "inside-crlf", "before-blank", "inside-chunk-size"} {
		if !c.has(place) {
			continue
		}
		add("cut-"+place, "%s:%d/%s", place, min(k+1, c.Events), []string{"rst", "fin"}[i%2])
	}
	if c.Finite {
		add("cut-before-end", "before-end/fin")
	}
	add("stall-and-go-on", "event:%d/stall:1s", k)
	for _, shape := range []string{"latency:50ms", "jitter:20ms", "slice:7", "bandwidth:50"} {
		name, _, _ := strings.Cut(shape, ":")
		add("slow-"+name, "%s", shape)
	}
	add("delivered-twice", "event:%d/duplicate", k)
	c.flip(add, k)
	if c.Resume.Way == profile.NoResume {
		return out
	}
	add("cut-during-replay", "event:%d/rst,event:1/rst", k)
	add("ten-cuts", "%s", strings.TrimSuffix(strings.Repeat("event:1/fin,", max(1, min(10, c.Events-1))), ","))
	for _, r := range []string{"refuse:500ms", "status:502", "status:503", "status:429", "wrong-type", "dns", "tls", "address", "cookies"} {
		if r == "tls" && !c.TLS {
			continue
		}
		add("back-"+strings.ReplaceAll(r, ":", "-"), "event:%d/rst,%s", k, r)
	}
	for _, d := range append([]string{usualDelay}, c.Delays...) {
		add("back-after-"+d, "event:%d/rst,wait:%s", k, d)
	}
	if c.Resume.Cursor() {
		c.cursors(add, k)
	}
	return out
}

// usualDelay is how long a reader stays away who has to find another network.
const usualDelay = "2s"

// cursors adds what is tried with the place that a reader names.
func (c *Course) cursors(add func(name, format string, a ...any), k int) {
	add("asked-twice", "event:%d/rst,twice", k)
	add("two-resumers", "event:%d/rst,rivals", k)
	add("beside-another", "event:%d/rst,rival", k)
	add("cursor-first", "event:%d/rst,cursor:first", k)
	if c.Finite {
		add("cursor-last", "event:%d/rst,cursor:last", k)
		add("cursor-terminal", "event:%d/rst,cursor:terminal", k)
	}
	if c.Resume.Way == profile.LastEventID {
		add("field-in-lower-case", "event:%d/rst,lower", k)
	}
	for _, kind := range []string{"unknown", "malformed", "expired", "future", "foreign", "long", "non-ascii", "empty"} {
		if kind != "empty" || c.Resume.Way == profile.LastEventID {
			add("cursor-"+kind, "event:%d/rst,cursor:%s", k, kind)
		}
	}
}

// flip adds a changed bit where something is there to notice it: TLS, or the framing of the message.
func (c *Course) flip(add func(name, format string, a ...any), k int) {
	switch {
	case c.TLS:
		add("flipped-bit", "byte:%d/flip", tlsBytes)
	case c.Chunked:
		add("flipped-bit", "inside-chunk-size:%d/flip", min(k+1, c.Events))
	}
}

// tlsBytes is behind the handshake of most servers, and not far behind it.
const tlsBytes = 3000

func (c *Course) trial(name string, s Schedule) *Trial {
	compare := c.Compare && (c.Resume.Cursor() || c.Resume.Way == profile.FullReplay) && !slices.ContainsFunc(s, func(s Step) bool { return s.Turn == UseCursor })
	return &Trial{Name: name, Schedule: s, Resume: c.Resume, Seq: c.Seq, Compare: compare}
}

// Named returns trials of the schedules that the user wrote.
func (c *Course) Named(schedules []Schedule) []*Trial {
	var out []*Trial
	for _, s := range schedules {
		t := c.trial(nameOf(s), s)
		t.Demanded = true
		out = append(out, t)
	}
	return out
}

// nameOf says in a few words what a schedule is.
func nameOf(s Schedule) string {
	switch first := s[0]; {
	case len(s) > 1 && s[1].Turn == UseCursor:
		return "cursor-" + s[1].Arg
	case len(s) > 1 && s[1].Spot.Where != "":
		return "several-cuts"
	case first.Kind.Shapes():
		return "slow-" + string(first.Kind)
	case first.Kind == wire.Pause:
		return "stall-and-go-on"
	case first.Spot.Where == AtEvent && first.Spot.Plus == 0:
		return "cut-after-event"
	case first.Spot.Where == AtEvent:
		return "cut-inside-event"
	case first.Spot.Where == AtByte:
		return "cut-at-byte"
	default:
		return "cut-" + string(first.Spot.Where)
	}
}

// Sweep returns cuts at every border and at every byte of the undisturbed answer; where that were more than
// most trials, at an even sample of both. It also returns how many places are tried, and how many there are.
func (c *Course) Sweep(only []wire.FaultKind, most int) (trials []*Trial, tried, places int) {
	if len(only) == 0 {
		only = []wire.FaultKind{wire.FIN, wire.RST}
	}
	last := c.Body
	if !c.Finite && c.Events > 0 {
		last = c.Borders[c.middle()-1]
	}
	add := func(spot Spot, kinds ...wire.FaultKind) {
		for _, kind := range kinds {
			s := Schedule{{Spot: spot, Kind: kind}}
			trials = append(trials, c.trial(nameOf(s), s))
		}
		tried++
	}
	borders := 0
	for borders < len(c.Borders) && c.Borders[borders] <= last && !(c.Finite && c.Borders[borders] == c.Body) {
		borders++
	}
	for f, step := 0.0, stride(borders, most/2/len(only)); int(f) < borders; f += step {
		add(Spot{Where: AtEvent, N: int(f) + 1}, only...)
	}
	for i, f, step := 0, 1.0, stride(last-1, most-len(trials)); int(f) < last; i, f = i+1, f+step {
		if _, border := slices.BinarySearch(c.Borders, int(f)); !border {
			add(Spot{Where: AtByte, N: int(f)}, only[i%len(only)])
		}
	}
	return trials, tried, borders + max(0, last-1-borders)
}

// stride returns how far apart n places are taken where there is room for fewer.
func stride(n, room int) float64 { return max(1, float64(n)/float64(max(1, room))) }

// Random returns n schedules drawn by lot: one to four cuts, each at any place of what is still to come.
func (c *Course) Random(only []wire.FaultKind, n int, seed int64) []*Trial {
	if len(only) == 0 {
		only = []wire.FaultKind{wire.FIN, wire.RST, wire.Stall, wire.HalfShut}
	}
	lot := rand.New(rand.NewPCG(uint64(seed), 0x55e5))
	shortest := c.shortest()
	var out []*Trial
	for range n {
		var s Schedule
		left := c.Events
		if !c.Finite {
			left = min(left, 4*c.middle())
		}
		for range 1 + lot.IntN(4) {
			if left < 2 { // behind the last event there is nothing to be cut
				break
			}
			at := 1 + lot.IntN(left-1)
			spot := Spot{Where: AtEvent, N: at}
			if lot.IntN(2) == 0 {
				spot.Plus = 1 + lot.IntN(shortest)
			}
			kind := only[lot.IntN(len(only))]
			step := Step{Spot: spot, Kind: kind}
			if kind == wire.Pause || kind == wire.SlowClose {
				step.For = 200 * time.Millisecond
			}
			s = append(s, step)
			left -= at
		}
		if len(s) == 0 {
			s = Schedule{{Spot: Spot{Where: AtEvent, N: 1}, Kind: only[0]}}
		}
		out = append(out, c.trial("drawn-by-lot", s))
	}
	return out
}

// shortest returns the length of the shortest event, less its last byte.
func (c *Course) shortest() int {
	n, last := c.Body, 0
	for _, at := range c.Borders {
		n, last = min(n, at-last), at
	}
	return max(1, n-1)
}

// mildness orders faults: those first that happen to everybody.
var mildness = []wire.FaultKind{wire.FIN, wire.RST, wire.SlowClose, wire.HalfShut, wire.Stall, wire.RSTStream, wire.GoAway}

// Milder yields schedules that are one step simpler than s, the simplest first: with fewer steps, with an
// earlier place, with a milder fault.
func Milder(s Schedule) []Schedule {
	var out []Schedule
	keep := func(c Schedule) {
		if c.check() == nil && c.String() != s.String() {
			out = append(out, c)
		}
	}
	for i := range s {
		keep(slices.Delete(slices.Clone(s), i, i+1))
	}
	for i, step := range s {
		for _, spot := range earlier(step.Spot) {
			c := slices.Clone(s)
			c[i].Spot = spot
			keep(c)
		}
	}
	for i, step := range s {
		if m := slices.Index(mildness, step.Kind); m > 0 {
			c := slices.Clone(s)
			c[i].Kind, c[i].For = wire.FIN, 0
			keep(c)
		}
	}
	return out
}

// earlier returns simpler places before a place: an event's border in place of a byte within it, then the
// first event, half of the way, one before.
func earlier(p Spot) []Spot {
	var out []Spot
	if p.Plus > 0 {
		out = append(out, Spot{Where: AtEvent, N: p.N})
	}
	for _, n := range []int{1, p.N / 2, p.N - 1} {
		if n >= 1 && n < p.N && p.Where != "" && p.Where != AtByte {
			out = append(out, Spot{Where: p.Where, N: n, Plus: p.Plus})
		}
	}
	return slices.Compact(out)
}

// Shrink looks for the simplest schedule for which fails still reports true, trying most at most.
func Shrink(s Schedule, most int, fails func(Schedule) bool) Schedule {
	tried := map[string]bool{s.String(): true}
	for again := true; again && most > 0; {
		again = false
		for _, c := range Milder(s) {
			if most == 0 || tried[c.String()] {
				continue
			}
			tried[c.String()] = true
			most--
			if fails(c) {
				s, again = c, true
				break
			}
		}
	}
	return s
}
