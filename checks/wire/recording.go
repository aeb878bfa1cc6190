// Package wire holds what was observed: bytes and the moments they arrived.
//
// A [Bundle] is all that one run recorded of one endpoint. It is made by package
// chaos, read by package checks, and stored as text by [Encode]. Once made it is
// never changed.
//
// This package imports nothing else of this module, opens no socket and looks at no clock.
package wire

import (
	"cmp"
	"strings"
	"time"
)

// A Scene names one way of looking at an endpoint.
type Scene string

// The scenes of an undisturbed endpoint. Package chaos says how each is recorded.
const (
	Control    Scene = "control"    // the request as an EventSource makes it, HTTP/1.1 where it can be had, watched to the end or for --watch
	Fetch      Scene = "fetch"      // as a script's fetch makes it: Accept */*, browser-like Sec-Fetch fields and User-Agent
	Compressed Scene = "compressed" // with the browsers' Accept-Encoding
	HTTP10     Scene = "http10"     // the request sent as HTTP/1.0
	HTTP2      Scene = "http2"      // over HTTP/2, frame by frame
	Head       Scene = "head"       // method HEAD
	Options    Scene = "options"    // method OPTIONS without any CORS field
	Accept     Scene = "accept"     // two exchanges: no Accept at all, then Accept application/json
	Range      Scene = "range"      // with Range: bytes=0-
	Condition  Scene = "condition"  // conditional: If-None-Match and If-Modified-Since with what control was given
	Again      Scene = "again"      // the control request once more, some time later
	Reconnect  Scene = "reconnect"  // after a finite answer: the request with Last-Event-ID, as EventSource comes back
	HalfClose  Scene = "half-close" // the client closes its write side after the request
	Twins      Scene = "twins"      // two streams open at the same time
	SlowRead   Scene = "slow-read"  // HTTP/2: one stream left unread while a second one on the same connection is used
	Addresses  Scene = "addresses"  // one exchange for each address the name resolves to
	Crowd      Scene = "crowd"      // seven streams at once; only where the user allows load
	Churn      Scene = "churn"      // many streams opened and cut, then one more; only where the user allows load
)

// The scenes of pages on other origins, and of others who should not see the stream.
const (
	CrossOrigin     Scene = "cross-origin"        // as an EventSource of a page on the declared origin opens it
	CrossResume     Scene = "cross-origin-resume" // as that EventSource comes back, with the first id that came
	CrossStop       Scene = "cross-origin-stop"   // as it comes back behind the end of a finite answer
	Script          Scene = "script"              // as a script's fetch() on the declared origin opens it: first the preflight, if one is needed
	ScriptResume    Scene = "script-resume"       // as that script comes back with Last-Event-ID: first the preflight
	Spaced          Scene = "preflight-spaced"    // a preflight that was refused, its list written with capitals and spaces
	Stranger        Scene = "stranger"            // as an EventSource on an origin that nobody knows opens it
	NullOrigin      Scene = "null-origin"         // with Origin: null
	Lookalikes      Scene = "lookalikes"          // one exchange for each origin that looks like the declared one
	Anonymous       Scene = "anonymous"           // without the user's credentials
	AnonymousResume Scene = "anonymous-resume"    // without them, with an id that came with them
	OtherSession    Scene = "other-session"       // two exchanges with the credentials of another session: alone, and with an id of the first
	Inject          Scene = "inject"              // one exchange for each text that must not become fields
	Returns         Scene = "returns"             // as an EventSource comes back a second and a third time
)

// The scenes in which two ways of asking for the stream are compared.
const (
	Variants Scene = "variants" // the stream in pairs that differ in one thing, the coding or the version, where one look showed a difference
	Lengths  Scene = "lengths"  // a short and a long answer by turns; only where the user says what makes them so
)

// The scenes at what stands between an origin of our own and the reader. Each is made both straight to the origin
// and through what is under test; the case of an exchange says which ("route=via").
const (
	EdgeFields   Scene = "edge-fields"   // what arrives of the fields, on both sides
	EdgePace     Scene = "edge-pace"     // events of random sizes at random moments
	EdgeDrip     Scene = "edge-drip"     // many small comments, at two rates
	EdgeHold     Scene = "edge-hold"     // one piece of each of some sizes, then silence
	EdgeCodings  Scene = "edge-codings"  // each content coding, media type and Cache-Control
	EdgeIdle     Scene = "edge-idle"     // silences of growing length, all at once
	EdgeAge      Scene = "edge-age"      // streams that are never silent, begun one after another
	EdgeLeave    Scene = "edge-leave"    // the reader leaves: when does the origin learn of it
	EdgePressure Scene = "edge-pressure" // the reader stops reading: how much is taken from the origin meanwhile
	EdgeBytes    Scene = "edge-bytes"    // bytes that must come through as they are
	EdgeCache    Scene = "edge-cache"    // one URL, asked for by several readers and again
	EdgeRetry    Scene = "edge-retry"    // the origin closes before it answers: is it asked again
	EdgeCut      Scene = "edge-cut"      // the origin breaks off in the middle: does the reader learn of it
	EdgeCrowd    Scene = "edge-crowd"    // many streams at once
	EdgeUpload   Scene = "edge-upload"   // a request body that is sent slowly
)

// The scenes at what stands between an endpoint of the user's and the reader. The case says the route: a [Hop].
const (
	EdgeShared    Scene = "edge-shared"    // one feed, read on every route at the same time
	EdgeAnswers   Scene = "edge-answers"   // an answer to each, by turns
	EdgeSemantics Scene = "edge-semantics" // fields, resumption and preflight on every route
)

// The origins of pages that no server can know (RFC 2606, 2).
const (
	StrangerOrigin = "https://stranger.invalid"
	OpaqueOrigin   = "null"
)

// Marker is what a text that a server is asked to repeat begins with. Forged is the type of the event that
// it turns into where its line ends are taken for those of the stream.
const (
	Marker = "ssespec-7f3a"
	Forged = Marker + "-forged"
)

// Injections returns the texts that the scene Inject asks a server to repeat, in its order: a harmless one, then one
// for each line end.
func Injections() []string {
	texts := []string{Marker + "-plain"}
	for _, end := range []string{"\n", "\r", "\r\n"} {
		texts = append(texts, Marker+end+"event: "+Forged+end+"data: forged"+end+end)
	}
	return texts
}

// Witness is the scene of a stream that is left alone while others are disturbed.
const Witness Scene = "witness"

// A Bundle is all that one run recorded of one endpoint, and what was asked of it.
type Bundle struct {
	Command   string        // the command that recorded it: check, chaos, edge, gate
	Target    Request       // the request as the user gave it, secrets masked
	Name      string        // the user's name for the target, or empty
	Profile   string        // the dialect, as declared or detected
	Promises  []string      // what the user declared that the endpoint promises
	Origin    string        // of a page that must be able to read the stream ("https://app.example"), or empty
	Include   bool          // whether that page asks with credentials (Fetch, credentials mode "include")
	Sequence  string        // the JSON path of each event's number, where the user knows one
	Clock     string        // the JSON path of the time at which each event was made, where the user knows one
	Heartbeat time.Duration // at which something comes at least, as the user declared; 0 for none
	Limits    Limits        // how slow it may be, as the user declared
	Began     time.Time     // start of the first request
	Duration  time.Duration // of the whole run
	Requests  int           // how many requests were sent
	Seed      int64
	Hops      []Hop  // for the command edge: the ways to the stream, the origin's first, the reader's last
	Depth     string // of the command edge: "quick", "standard" or "deep"
	Noise     *Noise // how late this machine itself was; nil if not measured

	Recordings []*Recording
	Gaps       []Gap
	Wants      []string // lines that begin with "want", kept for checktest
}

// Limits say how slow an endpoint may be; 0 sets none.
type Limits struct {
	FirstEvent time.Duration // from the request to the first event
	GapP99     time.Duration // between an event and the next, but for one time in a hundred
	Recovery   time.Duration // from a cut to the next event
}

// Or returns l, and what other says where l sets no limit.
func (l Limits) Or(other Limits) Limits {
	return Limits{cmp.Or(l.FirstEvent, other.FirstEvent), cmp.Or(l.GapP99, other.GapP99), cmp.Or(l.Recovery, other.Recovery)}
}

// A namedLimit is a limit under the name by which it is kept.
type namedLimit struct {
	name  string
	value *time.Duration
}

func (l *Limits) named() []namedLimit {
	return []namedLimit{{"first-event", &l.FirstEvent}, {"gap-p99", &l.GapP99}, {"recovery", &l.Recovery}}
}

// Noise says how late the recording machine was while it recorded: a control stream of its own, on loopback in the
// same process, had a byte due every few milliseconds.
type Noise struct {
	P50, P99 time.Duration
	Pauses   []Stretch // the stretches in which it came late enough to spoil what was timed meanwhile
}

// A Stretch is a part of the time of a run.
type Stretch struct {
	From, To time.Duration // since [Bundle.Began]
}

// Late returns the longest time for which the recording machine had no time for us within a stretch of an
// exchange, whose moments are those of the exchange.
func (b *Bundle) Late(x *Exchange, from, to time.Duration) time.Duration {
	if b.Noise == nil {
		return 0
	}
	var longest time.Duration
	start := x.Began.Sub(b.Began)
	for _, p := range b.Noise.Pauses {
		if p.To >= start+from && p.From <= start+to {
			longest = max(longest, p.To-p.From)
		}
	}
	return longest
}

// A Gap is a scene that was not recorded, and why.
type Gap struct {
	Scene  Scene
	Moot   bool   // the scene does not concern this endpoint; else it does and could not be had
	Reason string // one sentence without full stop
}

// The reasons of gaps, and notes of ends, that come from the user: what was not judged for them
// is never green.
const (
	TimeSpent     = "the time budget was spent (--max-time)"
	RequestsSpent = "the request budget was spent (--max-requests)"
	Interrupted   = "interrupted"
)

// Recording returns the recording of a scene, or nil.
func (b *Bundle) Recording(s Scene) *Recording {
	for _, r := range b.Recordings {
		if r.Scene == s {
			return r
		}
	}
	return nil
}

// A Recording is one scene: every exchange it took, in order. Where redirects were
// followed each hop is an exchange and the last one is the answer.
type Recording struct {
	Scene     Scene
	Trial     *Trial // what was tried; nil for an undisturbed endpoint
	Exchanges []*Exchange
}

// Last returns the last exchange, or nil.
func (r *Recording) Last() *Exchange {
	if r == nil || len(r.Exchanges) == 0 {
		return nil
	}
	return r.Exchanges[len(r.Exchanges)-1]
}

// A Request is what was asked. Secrets are masked before they get here.
type Request struct {
	Method string
	URL    string
	Proto  string // "HTTP/1.0", "HTTP/1.1" or "HTTP/2.0"
	Header Header
	Body   []byte
}

// An Exchange is one request and all that came back.
//
// OneClock writes when exchanges began by the clock that the bundle itself began with. Who judges again has the wall clock alone,
// which may be set, and is slewed, while a run lasts.
func (b *Bundle) OneClock() {
	began := b.Began.Round(0)
	for _, r := range b.Recordings {
		for _, x := range r.Exchanges {
			if !x.Began.IsZero() {
				x.Began = began.Add(x.Began.Sub(b.Began))
			}
		}
	}
	b.Began = began
}

// All moments count from the instant the last byte of the request was written.
type Exchange struct {
	Request Request
	Began   time.Time     // for reports only; checks use the moments below
	Address string        // the peer, "127.0.0.1:80"
	Dial    time.Duration // how long the connection took to open, TLS included
	TLS     *TLS          // nil over plain TCP

	Proto   string // of the answer: "HTTP/1.0", "HTTP/1.1", "HTTP/2.0"
	Status  int
	Header  Header        // order, case and repeats as sent
	HeadAt  time.Duration // when the last byte of the final head arrived
	Interim []Interim     // 1xx answers before the final one
	Body    []Chunk       // after transfer decoding, before content decoding
	Trailer Header

	Raw    []Chunk // HTTP/1.x: the connection's own bytes. Body aliases it
	Frames []Frame // HTTP/2: the frames the server sent, DATA without its payload

	Case   Case   // what tells it from the others of its scene; empty where the request does
	Hits   []*Hit // where the origin is our own: the requests by which this one reached it
	Cursor string // in a trial: the place that the request named; empty for none
	Fault  *Fault // what was done to it; nil if left alone
	Role   Role   // in a trial: whose exchange it is
	End    End    // how it stopped, as seen from here
}

// Interim is a 1xx answer.
type Interim struct {
	Status int
	Header Header
	At     time.Duration
}

// TLS says what the handshake agreed on, and whether the peer closed the session properly.
type TLS struct {
	Version     string // "TLS 1.3"
	ALPN        string // "h2", "http/1.1" or empty
	Closed      bool   // the peer closed the connection while we watched
	CloseNotify bool   // and sent the closure alert before (RFC 8446, 6.1)
}

// A Chunk is what one read returned, and when.
type Chunk struct {
	At   time.Duration
	Data []byte
}

// A Frame is one HTTP/2 frame from the server (RFC 9113, 4.1).
type Frame struct {
	At        time.Duration
	Type      string // "DATA", "HEADERS", "RST_STREAM", …
	Stream    uint32
	Flags     uint8
	Length    int
	Code      uint32    // RST_STREAM and GOAWAY: the error code
	Last      uint32    // GOAWAY: the last stream id
	Settings  []Setting // SETTINGS
	Increment uint32    // WINDOW_UPDATE
}

// EndStream is the flag that ends a stream (RFC 9113, 6.1 and 6.2).
const EndStream uint8 = 0x1

// A Setting is one parameter of a SETTINGS frame (RFC 9113, 6.5.1).
type Setting struct {
	ID    uint16
	Value uint32
}

// EndKind says how an exchange stopped, as seen from here.
type EndKind uint8

// The ways an exchange stops.
const (
	Complete  EndKind = iota + 1 // the server ended the message as HTTP prescribes; for a close-delimited body: closed
	Truncated                    // closed or END_STREAM before the message was whole
	Reset                        // TCP RST, or RST_STREAM
	Silent                       // nothing had come when we stopped waiting
	HungUp                       // we left while the stream was open: watched long enough, or a limit of ours was hit
)

var endNames = [...]string{Complete: "complete", Truncated: "truncated", Reset: "reset", Silent: "silent", HungUp: "hung-up"}

// String returns the word used in stored recordings.
func (k EndKind) String() string {
	if int(k) < len(endNames) {
		return endNames[k]
	}
	return ""
}

// ServerEnded reports whether the end was the server's or the path's doing, not ours.
func (k EndKind) ServerEnded() bool { return k == Complete || k == Truncated || k == Reset }

// closed reports whether the connection ended in an orderly way: after a reset nothing can be said
// about what the server would still have sent.
func (k EndKind) closed() bool { return k == Complete || k == Truncated }

// End is how an exchange stopped.
type End struct {
	Kind EndKind
	At   time.Duration
	Note string // a limit of ours that was hit ("byte limit"), or the error's text
}

// Part says which bytes of an exchange a [Span] counts.
type Part string

// The parts of an exchange.
const (
	BodyPart Part = "body" // after transfer and content decoding
	RawPart  Part = "raw"  // the connection's own bytes
	HeadPart Part = "head" // fields of the final head; Lo and Hi are indices into Header
)

// A Span points at bytes of one exchange, half open.
type Span struct {
	Scene    Scene
	Exchange int
	Part     Part
	Lo, Hi   int
}

// A Field is one header line as it was sent.
type Field struct {
	Name, Value string
}

// is reports whether the field has that name. Of equal length, only ASCII letters fold to each other.
func (f Field) is(name string) bool {
	return len(f.Name) == len(name) && strings.EqualFold(f.Name, name)
}

// A Header is the fields of one head in the order, case and number in which they were sent.
type Header []Field

// Get returns the value of the first field of that name, compared without case, or "".
func (h Header) Get(name string) string {
	for _, f := range h {
		if f.is(name) {
			return f.Value
		}
	}
	return ""
}

// Has reports whether a field of that name is present.
func (h Header) Has(name string) bool {
	for _, f := range h {
		if f.is(name) {
			return true
		}
	}
	return false
}

// Values returns the values of all fields of that name, in order.
func (h Header) Values(name string) []string {
	var v []string
	for _, f := range h {
		if f.is(name) {
			v = append(v, f.Value)
		}
	}
	return v
}

// Index returns the index of the first field of that name, or -1.
func (h Header) Index(name string) int {
	for i, f := range h {
		if f.is(name) {
			return i
		}
	}
	return -1
}

// Set returns h with exactly one field of that name.
func (h Header) Set(name, value string) Header {
	return append(h.Without(name), Field{name, value})
}

// Without returns a copy of h without the fields of that name.
func (h Header) Without(name string) Header {
	out := make(Header, 0, len(h)+1)
	for _, f := range h {
		if !f.is(name) {
			out = append(out, f)
		}
	}
	return out
}

// Tokens returns the comma-separated elements of all fields of that name, trimmed and in lower case.
func (h Header) Tokens(name string) []string {
	var out []string
	for _, v := range h.Values(name) {
		for e := range strings.SplitSeq(v, ",") {
			if e = lower(strings.Trim(e, " \t")); e != "" {
				out = append(out, e)
			}
		}
	}
	return out
}

// RoundTrip returns what a round trip takes at most: to open the connection took one, and another with TLS (RFC 8446, 2).
func (x *Exchange) RoundTrip() time.Duration {
	if x.TLS != nil {
		return x.Dial / 2
	}
	return x.Dial
}

// BodyBytes returns the body before content decoding in one piece.
func (x *Exchange) BodyBytes() []byte { return join(x.Body) }

// RawBytes returns the connection's own bytes in one piece.
func (x *Exchange) RawBytes() []byte { return join(x.Raw) }

// join returns the chunks in one piece: without copying where they are neighbours in one array.
func join(cs []Chunk) []byte {
	n := 0
	for _, c := range cs {
		n += len(c.Data)
	}
	if b, ok := spanned(cs, n); ok {
		return b
	}
	b := make([]byte, 0, n)
	for _, c := range cs {
		b = append(b, c.Data...)
	}
	return b
}

// spanned returns the n bytes of cs as one slice of the array they share, if they do.
func spanned(cs []Chunk, n int) ([]byte, bool) {
	if n == 0 || cap(cs[0].Data) < n {
		return nil, n == 0
	}
	all, off := cs[0].Data[:n:n], 0
	for _, c := range cs {
		if len(c.Data) > 0 && &all[off] != &c.Data[0] {
			return nil, false
		}
		off += len(c.Data)
	}
	return all, true
}
