package checks

import (
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// Evidence is all that was recorded of one endpoint, read once, then only looked at.
type Evidence struct {
	Bundle   *wire.Bundle
	exhibits map[wire.Scene]*Exhibit
	gaps     map[wire.Scene]wire.Gap
	learned  map[any]any
}

// NewEvidence reads a bundle.
func NewEvidence(b *wire.Bundle) *Evidence {
	ev := &Evidence{Bundle: b, exhibits: map[wire.Scene]*Exhibit{}, gaps: map[wire.Scene]wire.Gap{}, learned: map[any]any{}}
	for _, r := range b.Recordings {
		e := &Exhibit{Recording: r}
		for i, x := range r.Exchanges {
			e.Views = append(e.Views, newView(r.Scene, i, x))
		}
		ev.exhibits[r.Scene] = e
	}
	for _, g := range b.Gaps {
		ev.gaps[g.Scene] = g
	}
	return ev
}

// Learn returns what learn makes of the evidence, and asks it once for each key: several checks may look at
// the same thing that takes long to work out.
func (ev *Evidence) Learn(key any, learn func() any) any {
	v, known := ev.learned[key]
	if !known {
		v = learn()
		ev.learned[key] = v
	}
	return v
}

// Promises are what may be declared of an endpoint by --expect.
var Promises = []string{"resume", "exactly-once", "finite", "endless", "json", "shared", "incremental"}

// Profiles are the dialects that change what is judged (the catalogue of requirements, part 3).
var Profiles = []string{"eventsource", "fetch", "llm", "mcp", "mercure", "ndjson", "json-seq"}

// The promises that are declared by other flags than --expect.
const (
	Readable     = "--origin"                                 // a page on another origin must be able to read the stream
	Credentials  = "--origin --credentials"                   // with credentials
	SecurePage   = "--origin https://…"                       // that page lies at an https URL
	Heartbeat    = "--heartbeat"                              // something comes at least so often
	FirstEvent   = "--first-event"                            // the first event comes so soon
	GapP99       = "--gap-p99"                                // the next event comes so soon, but for one time in a hundred
	Recovery     = "--recovery"                               // who is cut off has the next event so soon
	ScriptResume = "--origin --expect resume --profile fetch" // (or llm, or mcp) a script's reader must be able to resume
)

// Promised reports whether the user declared that the endpoint promises p, or something that p follows from.
func (ev *Evidence) Promised(p string) bool {
	b := ev.Bundle
	switch p {
	case Readable:
		return b.Origin != ""
	case Credentials:
		return b.Origin != "" && b.Include
	case SecurePage:
		return strings.HasPrefix(b.Origin, "https://")
	case Heartbeat:
		return b.Heartbeat > 0
	case FirstEvent:
		return b.Limits.FirstEvent > 0
	case GapP99:
		return b.Limits.GapP99 > 0
	case Recovery:
		return b.Limits.Recovery > 0
	case ScriptResume:
		return b.Origin != "" && slices.Contains(b.Promises, "resume") && slices.Contains([]string{"fetch", "llm", "mcp"}, ev.Profile())
	}
	return slices.Contains(b.Promises, p)
}

// Profile returns the name of the dialect in force.
func (ev *Evidence) Profile() string {
	if ev.Bundle.Profile == "" {
		return "eventsource"
	}
	return ev.Bundle.Profile
}

// Method returns the method of the user's request.
func (ev *Evidence) Method() string {
	if m := ev.Bundle.Target.Method; m != "" {
		return m
	}
	return "GET"
}

// Exhibit returns a scene, read, or nil where it was not recorded.
func (ev *Evidence) Exhibit(s wire.Scene) *Exhibit { return ev.exhibits[s] }

// View returns the last exchange of a scene, or nil where it was not recorded.
func (ev *Evidence) View(s wire.Scene) *View {
	if e := ev.exhibits[s]; e != nil && len(e.Views) > 0 {
		return e.Views[len(e.Views)-1]
	}
	return nil
}

// Control returns the answer to the control request, or nil.
func (ev *Evidence) Control() *View { return ev.View(wire.Control) }

// All returns every exchange of every scene in the order of recording.
func (ev *Evidence) All() []*View {
	var out []*View
	for _, r := range ev.Bundle.Recordings {
		out = append(out, ev.exhibits[r.Scene].Views...)
	}
	return out
}

func (ev *Evidence) missing(s wire.Scene) Outcome {
	switch g, ok := ev.gaps[s]; {
	case !ok:
		return Unseen("scene %s was not recorded", s)
	case g.Moot:
		return Unconcerned("%s", g.Reason)
	default:
		return Unseen("%s", g.Reason)
	}
}

// An Exhibit is one recording, read.
type Exhibit struct {
	*wire.Recording
	Views []*View
}

// A View is one exchange, read: its body decoded and divided into lines and events.
type View struct {
	*wire.Exchange
	Scene     wire.Scene
	Index     int
	Text      wire.Text      // the body after content decoding
	Stream    *stream.Stream // the body, read; never nil
	CodingErr error          // why the content coding could not be removed; Text then holds what could
	Type      wire.MediaType // of the answer, as Fetch extracts it
	Message   *wire.Message  // the raw bytes taken apart; nil where there are none
	raw       wire.Text
}

func newView(s wire.Scene, i int, x *wire.Exchange) *View {
	v := &View{Exchange: x, Scene: s, Index: i}
	v.Text, v.CodingErr = x.Decoded()
	v.Type = x.Header.MediaType()
	v.Message, v.raw = x.Message(), wire.NewText(x.Raw)
	v.Stream = stream.Parse(stream.SyntaxOf(v.Type.Essence), v.Text.Bytes)
	return v
}

// OpenedEventStream reports whether a conforming EventSource would have opened this answer:
// status 200 and the right media type (HTML 9.2.2).
func (v *View) OpenedEventStream() bool {
	return v != nil && v.Status == 200 && v.Type.Essence == "text/event-stream"
}

// Span points at body bytes of this exchange.
func (v *View) Span(lo, hi int) wire.Span {
	return wire.Span{Scene: v.Scene, Exchange: v.Index, Part: wire.BodyPart, Lo: lo, Hi: hi}
}

// At returns a finding on the body bytes lo to hi of this exchange.
func (v *View) At(lo, hi int, message string) Finding {
	f := Finding{Message: message, Where: v.Span(lo, hi), At: v.Text.When(lo)}
	f.Event = v.Stream.EventAt(lo) + 1
	return f
}

// AtRaw returns a finding on raw bytes of the connection.
func (v *View) AtRaw(lo, hi int, message string) Finding {
	return Finding{Message: message, At: v.raw.When(lo),
		Where: wire.Span{Scene: v.Scene, Exchange: v.Index, Part: wire.RawPart, Lo: lo, Hi: hi}}
}

// AtField returns a finding on the i-th header field; i = -1 points at the head as a whole.
func (v *View) AtField(i int, message string) Finding {
	lo, hi := i, i+1
	if i < 0 {
		lo, hi = 0, len(v.Header)
	}
	return Finding{Message: message, At: v.HeadAt,
		Where: wire.Span{Scene: v.Scene, Exchange: v.Index, Part: wire.HeadPart, Lo: lo, Hi: hi}}
}

// EventStream is the condition of every check on the stream's own bytes.
var EventStream = Condition{
	Says:  "the control request was answered 200 with an event stream",
	Else:  "no event stream was opened",
	Holds: func(ev *Evidence) bool { return ev.Control().OpenedEventStream() },
}

// HTTP1 is the condition of checks on the framing of HTTP/1.x messages.
var HTTP1 = Condition{
	Says:  "the control answer came over HTTP/1.x",
	Else:  "the answer came over HTTP/2",
	Holds: func(ev *Evidence) bool { v := ev.Control(); return v != nil && len(v.Proto) > 6 && v.Proto[5] == '1' },
}

// ViaGET is the condition of checks on streams opened with GET.
var ViaGET = Condition{
	Says:  "the stream is opened with GET",
	Else:  "the stream is not opened with GET",
	Holds: func(ev *Evidence) bool { return ev.Method() == "GET" },
}
