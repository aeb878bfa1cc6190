package chaos

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// An ask is one request, and how long its answer is watched.
type ask struct {
	req       wire.Request // complete, secrets included
	version   string       // "HTTP/1.0", "HTTP/1.1" or "HTTP/2.0"
	patience  patience
	address   netip.Addr                           // to use in place of the name's; invalid for any
	halfClose bool                                 // end our side of the connection behind the request
	either    bool                                 // over HTTP/2 where the server speaks nothing else
	enough    func() bool                          // asked after each read: nothing more is wanted; nil for never
	head      func(*wire.Exchange)                 // told of each final head; nil for nobody
	sent      func(time.Time)                      // told when the request was written, from which moments count; nil for nobody
	drip      func(write func([]byte) error) error // writes the body; nil where it is written with the head
	abrupt    bool                                 // leave with a reset
}

// wrote notes that the request was written.
func (a *ask) wrote() time.Time {
	now := time.Now()
	if a.sent != nil {
		a.sent(now)
	}
	return now
}

// answered tells of a final head.
func (a *ask) answered(x *wire.Exchange) {
	if a.head != nil {
		a.head(x)
	}
}

// sated reports whether enough was seen of the answer.
func (a *ask) sated() bool { return a.enough != nil && a.enough() }

// A patience says how long an answer is watched, counted from the request's last byte.
type patience struct {
	head   time.Duration // for the final head
	silent time.Duration // behind the head, for the first body byte
	linger time.Duration // behind the first body byte
	behind time.Duration // behind the end of a message, for bytes that should not follow
	bytes  int64         // of the answer; 0 for the lab's limit
}

// glance is the patience of an experiment that asks how the endpoint answers, not what.
var glance = patience{
	head:   5 * time.Second,        // a head that takes longer is late whatever it says
	silent: 2 * time.Second,        // an idle stream shows its head and then nothing
	linger: 100 * time.Millisecond, // what a server has to say at once comes within
	behind: 20 * time.Millisecond,  // stray bytes come in the same segment, or in the next
	bytes:  256 << 10,              // a flood is seen in the control scene
}

// idle is how long a glance waits for the first byte where the control stream brought none at all.
const idle = 500 * time.Millisecond

// glance returns the patience of a look at how the endpoint answers.
func (l *Lab) glance() patience {
	p := glance
	if x := l.control(); x != nil && len(x.Body) == 0 {
		p.silent = idle
	}
	return p
}

// whole is the patience for a stream that is observed to its end, or for as long as d.
func whole(d time.Duration) patience {
	return patience{head: d, silent: d, linger: d, behind: 50 * time.Millisecond}
}

// deadline returns the moment until which to wait for more, given what has come so far.
func (p patience) deadline(headAt, bodyAt time.Duration, head, body bool) time.Duration {
	switch {
	case body:
		return bodyAt + p.linger
	case head:
		return headAt + p.silent
	}
	return p.head
}

// most returns how many bytes of an answer are read.
func (p patience) most(l *Lab) int64 {
	if l.forget && l.Limits.Bytes <= 0 {
		return math.MaxInt64 // what is not kept costs nothing
	}
	if p.bytes > 0 {
		return min(p.bytes, l.maxBytes())
	}
	return l.maxBytes()
}

// userAgent names the tool where the user names none.
const userAgent = "ssespec (+https://github.com/ssespec/ssespec)"

// asEventSource returns the request as a browser's EventSource makes it, without offering a content
// coding: HTML 9.2.2 sets Accept and the cache mode no-store, which Fetch turns into two fields.
func (l *Lab) asEventSource() wire.Request {
	return l.with(
		wire.Field{Name: "Accept", Value: "text/event-stream"},
		wire.Field{Name: "Cache-Control", Value: "no-cache"},
		wire.Field{Name: "Pragma", Value: "no-cache"},
		wire.Field{Name: "Accept-Encoding", Value: "identity"},
	)
}

// with returns the user's request with the given fields, unless the user set them.
func (l *Lab) with(fields ...wire.Field) wire.Request {
	r := l.Target
	r.Header = slices.Clone(r.Header)
	for _, f := range append(fields, wire.Field{Name: "User-Agent", Value: userAgent}) {
		if !r.Header.Has(f.Name) {
			r.Header = append(r.Header, f)
		}
	}
	return r
}

// set returns the request with a field replaced.
func set(r wire.Request, name, value string) wire.Request {
	r.Header = r.Header.Set(name, value)
	return r
}

// method returns the request with another method and no body.
func method(r wire.Request, m string) wire.Request {
	r.Method, r.Body = m, nil
	for _, n := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Location"} {
		r.Header = r.Header.Without(n)
	}
	return r
}

// target returns the request target in origin form, or in absolute form for a proxy (RFC 9112, 3.2).
func target(u *url.URL, absolute bool) string {
	if !absolute {
		return u.RequestURI()
	}
	v := *u
	v.User, v.Fragment = nil, ""
	return v.String()
}

// authority returns host and port as a Host field shows them: without the scheme's own port.
func authority(u *url.URL) string {
	if p := u.Port(); p == "" || u.Scheme == "http" && p == "80" || u.Scheme == "https" && p == "443" {
		return strings.TrimSuffix(u.Host, ":"+p)
	}
	return u.Host
}

// sizes reports whether the request says how long its body is: where it has one, or is expected to
// (RFC 9110, 8.6), and the user did not say it.
func (a *ask) sizes() bool {
	m := a.req.Method
	return !a.req.Header.Has("Content-Length") && (len(a.req.Body) > 0 || m == "POST" || m == "PUT" || m == "PATCH")
}

// write1 writes the request as HTTP/1.x.
func (a *ask) write1(w io.Writer, u *url.URL, proxy *url.URL) error {
	head := a.head1(u, proxy)
	if a.drip == nil {
		_, err := w.Write(append(head, a.req.Body...))
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	return a.drip(func(b []byte) error {
		_, err := w.Write(b)
		return err
	})
}

// head1 returns the head of the request as HTTP/1.x bytes.
func (a *ask) head1(u *url.URL, proxy *url.URL) []byte {
	var b strings.Builder
	viaProxy := proxy != nil && u.Scheme == "http"
	fmt.Fprintf(&b, "%s %s %s\r\n", a.req.Method, target(u, viaProxy), a.version)
	if !a.req.Header.Has("Host") {
		fmt.Fprintf(&b, "Host: %s\r\n", authority(u))
	}
	for _, f := range a.req.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	if viaProxy && !a.req.Header.Has("Proxy-Authorization") {
		b.WriteString(proxyAuthorization(proxy.User))
	}
	if a.sizes() {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(a.req.Body))
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}
