package chaos

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Lab is one endpoint under experiment, and all that an experiment may use.
// It is used by one experiment at a time.
type Lab struct {
	Target   wire.Request // as the user gave it: method, absolute URL, fields, body. Never stored; see Secrets
	Secrets  Secrets      // what must not appear in any recording
	Profile  string       // the dialect, empty to detect it
	Promises []string     // what the endpoint is said to promise
	Origin   string       // of a page that must be able to read the stream, serialised, or empty
	Include  bool         // that page asks with credentials (Fetch, credentials mode "include")
	Other    wire.Header  // the credentials of another session that the user owns, in place of the target's; nil for none
	Echo     *Echo        // where the server repeats a text of the client's; nil where nobody knows

	Watch  time.Duration // how long the control stream is observed
	Limits Limits
	Repeat bool // a request that is not safe, such as a POST, may be sent more than once
	Load   bool // many streams at once are allowed

	Version string                                                            // "HTTP/1.1" or "HTTP/2.0" if the user insists, else empty
	TLS     *tls.Config                                                       // roots, client certificate, verification; nil for the system's
	Proxy   *url.URL                                                          // HTTP proxy to go through; nil for none
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error) // nil for the network
	Lookup  func(ctx context.Context, host string) ([]netip.Addr, error)      // nil for the system's resolver
	Tap     func(Progress)                                                    // told what goes on; may be nil

	Permit    func(*url.URL) bool // whether a connection may be disturbed that leads there; nil for all
	Seed      int64               // of all that is drawn by lot
	Edge      *Edge               // what stands between an origin and the target; nil where that is no matter
	Scale     *Scale              // what makes the answer short or long; nil where nobody knows
	Clock     string              // JSON path of the time at which each event was made, where the user knows one
	Heartbeat time.Duration       // at which the endpoint is said to send something at least; 0 for none
	Slowest   wire.Limits         // how slow the endpoint is said to be at most
	Sequence  string              // JSON path of each event's number, where the user knows one
	Patience  time.Duration       // how long a stream that was resumed may bring nothing new; 0 for the usual

	purse      *purse                                     // that many trials share; nil to count alone
	link       *link                                      // that connections pass through; nil for none
	sockets    func() (reader, front net.Conn, err error) // makes the reader's end of a link; nil for loopback
	landed     string                                     // where the EventSource of the declared origin was answered, behind redirects
	forget     bool                                       // keep no body: an endless stream is followed, not recorded
	requests   int
	recordings map[wire.Scene]*wire.Recording
}

// Limits bound what a hostile endpoint can cost.
type Limits struct {
	Requests int   // of the whole run; 0 for no limit
	Bytes    int64 // of one answer, as it came over the connection
	Head     int   // of one head
}

// The limits in force where none is set.
const (
	defaultBytes = 8 << 20   // forty thousand chat tokens; seventeen scenes of it stay far below 256 MB
	defaultHead  = 256 << 10 // browsers stop at 256 KiB of fields
	defaultWatch = 15 * time.Second
)

// bytesPerItem bounds how many lines, chunks or frames an answer may be made of: one for so many of
// its bytes on average, since each costs memory of its own however short it is.
const bytesPerItem = 32

func (l *Lab) maxBytes() int64 {
	if l.Limits.Bytes > 0 {
		return l.Limits.Bytes
	}
	return defaultBytes
}

// fewestItems is allowed however small an answer may be: a head alone has a dozen lines.
const fewestItems = 4096

// mostItems returns of how many lines, chunks or frames an answer of so many bytes may be made.
func mostItems(bytes int64) int { return int(max(fewestItems, min(bytes/bytesPerItem, math.MaxInt32))) }

func (l *Lab) maxHead() int {
	if l.Limits.Head > 0 {
		return l.Limits.Head
	}
	return defaultHead
}

func (l *Lab) watch() time.Duration {
	if l.Watch > 0 {
		return l.Watch
	}
	return defaultWatch
}

// Progress is what the lab is doing at this moment.
type Progress struct {
	Experiment *Experiment
	Body       []byte        // body bytes that have just arrived, before content decoding; valid during the call
	At         time.Duration // their moment
	Exchange   *wire.Exchange
}

// Recording returns what was recorded of a scene, or nil.
func (l *Lab) Recording(s wire.Scene) *wire.Recording { return l.recordings[s] }

// control returns the answer of the control scene, or nil.
func (l *Lab) control() *wire.Exchange { return l.recordings[wire.Control].Last() }

// Requests returns how many requests were sent.
func (l *Lab) Requests() int { return l.requests }

// safe reports whether the user's request may be repeated at will (RFC 9110, 9.2.1).
func (l *Lab) safe() bool { return l.Repeat || l.Target.Method == "GET" || l.Target.Method == "HEAD" }

// A MootError says that a scene does not concern this endpoint.
type MootError struct{ Reason string }

func (e *MootError) Error() string { return e.Reason }

func moot(format string, a ...any) error { return &MootError{fmt.Sprintf(format, a...)} }
