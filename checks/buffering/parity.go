package buffering

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// howCompared is what the rules of this file have in common.
const howCompared = `

One look is enough where it shows no difference. Where it does, both ways are asked four times each, by turns, and judged is how often bytes came
over the wire. It fails only where every answer of the one way came in a third of the pieces at most of every answer of the other, several events at a time or
none at all, and that was no trifle. What comes later and then one by one is not held. Streams in which too little happens,
refusals, limits of a rate and a machine that had no time for us are not judged.`

var compressedParity = &checks.Check{
	ID:     "buffering/compressed-parity",
	Title:  "Events must come as soon where content codings are offered as where none is",
	Level:  checks.Must,
	Timing: true,
	Clause: checks.RFC("9110", "8.4", ""),
	Since:  "0.4",
	Doc: `
A compressor keeps what it is given until it has enough, or until somebody flushes it. One that nobody flushes holds a whole stream: its ten bytes of
head come at once, and then nothing until the end. Every browser offers codings with every request, and plain curl offers none: so it works for who tries
it, and for no page.

A coding that is flushed behind each event does no harm, and passes.` + howCompared,
	Fix:   "Leave text/event-stream out of compression, or flush the compressor behind each event; Cache-Control: no-transform keeps most middlewares off, though not nginx and not Apache.",
	Good:  "Content-Encoding: gzip\n\n(a flush behind each event)",
	Bad:   "Content-Encoding: gzip\n\n(10 bytes, and nothing until the end)",
	Needs: []wire.Scene{wire.Control, wire.Compressed},
	Reads: []wire.Scene{wire.Variants},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"headers/content-encoding-truthful"},
	Judge: parity{
		name: "coding", look: wire.Compressed, least: hold.Noticed,
		ways:  [2]string{"identity", "browser"},
		words: [2]string{"without content codings", "with the content codings that browsers offer"},
	}.judge,
}

var versionParity = &checks.Check{
	ID:     "buffering/version-parity",
	Title:  "Events should come as soon over HTTP/1.1 as over HTTP/2",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
An edge writes the two versions to the network with different code. HAProxy that speaks HTTP/1.1 without TLS, as it does behind something that
takes TLS off, waits 200 ms for more before it sends what is small, and does not over HTTP/2; gateways that buffer one of them exist in both directions. A page gets HTTP/2 where the
edge offers it, other clients often do not.` + howCompared,
	Fix:   "In HAProxy set option http-no-delay; elsewhere look for buffering that is set for one version alone.",
	Good:  "(HTTP/1.1: an event every 50 ms; HTTP/2: an event every 50 ms)",
	Bad:   "(HTTP/1.1: five events every 250 ms; HTTP/2: an event every 50 ms)",
	Needs: []wire.Scene{wire.Control, wire.HTTP2},
	Reads: []wire.Scene{wire.Variants},
	When:  []checks.Condition{checks.EventStream, checks.HTTP1},
	Judge: parity{
		name: "version", look: wire.HTTP2, least: hold.Ticked,
		ways:  [2]string{"HTTP/1.1", "HTTP/2.0"},
		words: [2]string{"over HTTP/1.1", "over HTTP/2"},
	}.judge,
}

var userAgentParity = &checks.Check{
	ID:     "buffering/useragent-parity",
	Title:  "Events should come as soon for a browser's fetch() as for a tool",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
Defences against bots read what they do not trust before they pass it on, some proxies recognise a stream by Accept: text/event-stream in
the request and hold all others, and some edges compress for browsers alone. Compared are User-Agent, Accept and Sec-Fetch-* of a browser's fetch()
with those of this tool; where there is a difference, User-Agent and Accept are tried alone.` + howCompared,
	Fix:   "Let the edge recognise a stream by the type of the answer, not by the request; exempt the path from bot detection that reads bodies.",
	Good:  "(User-Agent: Mozilla/5.0 …: an event every 50 ms; User-Agent: ssespec: an event every 50 ms)",
	Bad:   "(User-Agent: Mozilla/5.0 …: nothing until the end; User-Agent: ssespec: an event every 50 ms)",
	Needs: []wire.Scene{wire.Control, wire.Fetch},
	Reads: []wire.Scene{wire.Variants},
	When:  []checks.Condition{checks.EventStream},
	Judge: parity{
		name: "client", look: wire.Fetch, least: hold.Noticed,
		ways:  [2]string{"tool", "browser"},
		words: [2]string{"for this tool", "for a browser's fetch()"},
	}.judge,
}

// A parity is a comparison of two ways of asking for the stream: that of the control scene, and another one.
type parity struct {
	name  string     // in the case of its exchanges
	look  wire.Scene // in which one look was taken at the other way
	least time.Duration
	ways  [2]string // in the case
	words [2]string // as people say it
}

// fewestRounds is how many answers of both ways it takes: all of one apart from all of the other are chance once in
// thirty-five times.
const fewestRounds = 4

func (p parity) judge(ev *checks.Evidence) checks.Outcome {
	if r := p.rounds(ev); r != nil {
		return p.judgeRounds(ev, r)
	}
	control, look := ev.Control(), ev.View(p.look)
	long, short := hold.PulseOf(control.Exchange, 0), hold.PulseOf(look.Exchange, 0)
	switch {
	case look.Status == 429 || look.Status == 503:
		return checks.Unseen("%s the request was refused with %d, which may be a limit that cools down", p.words[1], look.Status)
	case !hold.Comparable(look.Exchange):
		return checks.Unconcerned("%s no event stream was opened", p.words[1])
	case long.Events == 0 && short.Events == 0:
		return checks.Unconcerned("no event came either way")
	case hold.Unlike(control.Exchange, look.Exchange, p.least):
		return checks.Unseen("%s events came at another pace than %s, and no more looks were taken: %s", p.words[1], p.words[0], gap(ev, wire.Variants))
	case len(look.Text.Bytes) == 0:
		return checks.Unconcerned("the stream does not begin at once %s either, so nothing can be told from a look at how it begins %s", p.words[0], p.words[1])
	case p.look == wire.Compressed && len(look.Codings()) == 0:
		return checks.Unconcerned("no content coding is applied where they are offered, and events come as they do without")
	}
	if began := control.Text.When(0); control.End.Kind.ServerEnded() && 2*began > control.End.At || hold.Group(control.Exchange).Block {
		return checks.Unconcerned("%s all of the answer comes near its end, so a look at how it begins %s tells nothing", p.words[0], p.words[1])
	}
	began, begins := control.Text.When(0), look.Text.When(0)
	return checks.Held(max(1, short.Pieces), "%s the stream begins after %v, %s after %v: a hold of more than %v at its beginning would have shown",
		p.words[1], checks.Brief(begins), p.words[0], checks.Brief(began), checks.Brief(max(p.least, 2*began)))
}

// gap says why a scene was not recorded.
func gap(ev *checks.Evidence, s wire.Scene) string {
	for _, g := range ev.Bundle.Gaps {
		if g.Scene == s {
			return g.Reason
		}
	}
	return "scene " + string(s) + " was not recorded"
}

// rounds are the answers of both ways, and those of what the second way is made of.
type rounds struct {
	ways   [2][]*checks.View
	pulses [2][]hold.Pulse
	parts  []*checks.View
}

// rounds returns the answers of a comparison, or nil where none was made.
func (p parity) rounds(ev *checks.Evidence) *rounds {
	e := ev.Exhibit(wire.Variants)
	if e == nil {
		return nil
	}
	r := &rounds{}
	for _, v := range e.Views {
		if v.Case.Get("compare") != p.name || browser.Redirects(v.Status) && v.Header.Has("Location") {
			continue
		}
		i := slices.Index(p.ways[:], v.Case.Get("variant"))
		if i < 0 {
			r.parts = append(r.parts, v)
			continue
		}
		r.ways[i] = append(r.ways[i], v)
		r.pulses[i] = append(r.pulses[i], hold.PulseOf(v.Exchange, 0))
	}
	if len(r.ways[0]) == 0 || len(r.ways[1]) == 0 {
		return nil
	}
	return r
}

func (p parity) judgeRounds(ev *checks.Evidence, r *rounds) checks.Outcome {
	for i := range r.ways {
		for _, v := range r.ways[i] {
			switch {
			case v.Status == 429 || v.Status == 503:
				return checks.Unseen("%s a request was refused with %d, which may be a limit that cools down", p.words[i], v.Status)
			case !hold.Comparable(v.Exchange):
				return checks.Unseen("%s one of several requests opened no event stream", p.words[i])
			}
		}
	}
	slow := 1
	if hold.AllSlower(r.pulses[0], r.pulses[1], p.least) {
		slow = 0
	} else if !hold.AllSlower(r.pulses[1], r.pulses[0], p.least) {
		return p.alike(r)
	}
	switch n := min(len(r.ways[0]), len(r.ways[1])); {
	case n < fewestRounds:
		return checks.Unseen("%s events came later each time, but both ways were asked %d times only and it takes %d", p.words[slow], n, fewestRounds)
	case !hold.AllSlower(r.pulses[slow], r.pulses[1-slow], p.least+pause(ev, r)):
		return checks.Unseen("%s events came later each time, but this machine was too busy while it watched", p.words[slow])
	}
	return p.broke(r, slow)
}

// alike is the outcome of answers that are not apart.
func (p parity) alike(r *rounds) checks.Outcome {
	n := len(r.ways[0]) + len(r.ways[1])
	a, b := middle(r.pulses[0]), middle(r.pulses[1])
	if a.Behind(b, p.least) || b.Behind(a, p.least) {
		return checks.Unseen("what came %s and %s differs, but the %d answers do not all do so, or too little came to tell", p.words[0], p.words[1], n)
	}
	if a.Events == 0 && b.Events == 0 {
		return checks.Unseen("no event came while %d answers were watched", n)
	}
	return checks.Held(n, "one look showed a difference and %d more did not: a piece came every %v %s, every %v %s", n,
		checks.Brief(a.Pace()), p.words[0], checks.Brief(b.Pace()), p.words[1])
}

// middle returns the pulse whose pace is the median.
func middle(all []hold.Pulse) hold.Pulse {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b hold.Pulse) int { return int(a.Pace() - b.Pace()) })
	return sorted[len(sorted)/2]
}

// pause returns for how long at most this machine had no time for any of the answers: so much of a difference may be its own.
func pause(ev *checks.Evidence, r *rounds) (longest time.Duration) {
	for _, views := range r.ways {
		for _, v := range views {
			longest = max(longest, late(ev, v, 0, v.End.At))
		}
	}
	return longest
}

func (p parity) broke(r *rounds, slow int) checks.Outcome {
	held := r.ways[slow]
	seen := len(held) + len(r.ways[1-slow])
	pace := fmt.Sprintf("%s a piece came every %v", p.words[1-slow], checks.Brief(middle(r.pulses[1-slow]).Pace()))
	culprits := p.culprits(r, slow)
	if len(culprits) == 0 {
		v := held[0]
		return checks.Broke(seen, where(v, fmt.Sprintf("%s events are held: %s; %s (%d answers each)", p.words[slow], shape(v), pace, len(held)))).Shows(p.symptom(v))
	}
	var found []checks.Finding
	var shown []remedy.Symptom
	for _, v := range culprits {
		found = append(found, where(v, fmt.Sprintf("with %s alone events are held: %s; %s", offered(v), shape(v), pace)))
		shown = append(shown, p.symptom(v))
	}
	return checks.Broke(seen, found...).Shows(shown...)
}

// culprits returns the answers of those things, tried alone, that are held as the whole is.
func (p parity) culprits(r *rounds, slow int) (out []*checks.View) {
	if slow == 0 {
		return nil
	}
	for _, v := range r.parts {
		if hold.Comparable(v.Exchange) && hold.AllSlower([]hold.Pulse{hold.PulseOf(v.Exchange, 0)}, r.pulses[0], p.least) {
			out = append(out, v)
		}
	}
	return out
}

// offered names what was tried alone: a content coding, or a field of the request.
func offered(v *checks.View) string {
	name := v.Case.Get("variant")
	if value := v.Request.Header.Get(name); value != "" {
		return name + ": " + value
	}
	return name
}

// symptom says what kind of hold an answer shows.
func (p parity) symptom(v *checks.View) remedy.Symptom {
	s := remedy.Symptom{Class: remedy.HeldToEnd}
	if v.Status == 0 && v.Case.Get("variant") == p.ways[1] {
		return s
	}
	if period := tick(v); period > 0 {
		s.Class, s.Period = remedy.TimerHeld, period
	} else if n := opening(v); n > 0 {
		s.Bytes = n
	}
	switch p.name {
	case "coding":
		if s.Coding = strings.Join(v.Codings(), ", "); v.Status == 0 {
			s.Coding = v.Case.Get("variant") // which is a coding, where it was tried alone
		}
	case "version":
		s.Version = v.Proto
	}
	return s
}

// where points at the beginning of what was held, or at the head where not one byte came.
func where(v *checks.View, message string) checks.Finding {
	if len(v.Text.Bytes) == 0 {
		return v.AtField(v.Header.Index("Content-Encoding"), message)
	}
	hi := len(v.Text.Bytes)
	if len(v.Stream.Events) > 0 {
		hi = v.Stream.Events[0].Hi
	}
	return v.At(0, hi, message)
}

// fewestTicks is how many pieces at one interval it takes to name it.
const fewestTicks = 4

// tick returns the interval at which pieces come, or 0 where there is none.
func tick(v *checks.View) time.Duration {
	ps := hold.Pieces(v.Exchange)
	if len(ps) < fewestTicks {
		return 0
	}
	var gaps []time.Duration
	for i := 1; i < len(ps); i++ {
		gaps = append(gaps, ps[i]-ps[i-1])
	}
	slices.Sort(gaps)
	m := gaps[len(gaps)/2]
	near := 0
	for _, g := range gaps {
		if (g - m).Abs() <= m/4 {
			near++
		}
	}
	if 4*near < 3*len(gaps) {
		return 0
	}
	return m
}

// opening returns how many bytes came first, where they came alone and held no event: the head of a coding.
func opening(v *checks.View) int {
	if len(v.Body) == 0 || len(v.Text.Bytes) > 0 && v.Text.When(0) == v.Body[0].At {
		return 0
	}
	n := 0
	for _, c := range v.Body {
		if hold.Another(v.Body[0].At, c.At) {
			break
		}
		n += len(c.Data)
	}
	return n
}

// shape says in a few words how an answer that is held came.
func shape(v *checks.View) string {
	until := fmt.Sprintf("in the %v watched", checks.Brief(v.End.At))
	if v.End.Kind == wire.Complete {
		until = fmt.Sprintf("until the end after %v", checks.Brief(v.End.At))
	}
	ps := hold.Pieces(v.Exchange)
	n := opening(v)
	switch period := tick(v); {
	case len(ps) == 0:
		return "not one byte came " + until
	case n > 0 && len(ps) <= 2:
		what := fmt.Sprintf("%d bytes", n)
		if c := v.Codings(); len(c) > 0 {
			what += ", the head of " + c[len(c)-1]
		}
		return what + ", then nothing " + until
	case len(ps) == 1:
		return fmt.Sprintf("all of it came at once after %v", checks.Brief(ps[0]))
	case period > 0:
		return fmt.Sprintf("a piece came every %v, with several events", checks.Brief(period))
	}
	return fmt.Sprintf("it came in %d pieces %s", len(ps), until)
}
