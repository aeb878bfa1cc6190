package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A conn1 is one HTTP/1.x connection.
type conn1 struct {
	o     *Origin
	c     *buffered
	under net.Conn // below TLS
	plain bool     // the answer in progress is not chunked
	asked int      // how many requests came
}

// maxHead and maxUpload bound what a request may cost; who sends more is no hop under test.
const (
	maxHead   = 256 << 10
	maxUpload = 4 << 20
)

// serve answers requests until the connection cannot take another.
func (c *conn1) serve(ctx context.Context) {
	for ctx.Err() == nil {
		if !c.rest() {
			return
		}
		r, err := c.readHead()
		if err != nil {
			return
		}
		c.asked++
		v := c.o.find(r.URL)
		if v == nil {
			if !c.stranger(r) {
				return
			}
			continue
		}
		if !c.answer(ctx, v, r) {
			return
		}
	}
}

// rest waits for the first byte of a request, and reports whether it came. A connection that is new is not at rest: its
// request is under way.
func (c *conn1) rest() bool {
	if c.asked > 0 {
		c.o.rests(c.under, true)
		defer c.o.rests(c.under, false)
	}
	_, err := c.c.r.Peek(1)
	return err == nil
}

// headTimeout bounds how long a head may take from its first byte to its last: whoever drips it costs no more.
const headTimeout = 10 * time.Second

// readHead reads a request up to the blank line.
func (c *conn1) readHead() (wire.Request, error) {
	c.c.SetReadDeadline(time.Now().Add(headTimeout))
	defer c.c.SetReadDeadline(time.Time{})
	var head []byte
	for {
		l, err := c.c.r.ReadSlice('\n')
		head = append(head, l...)
		if err != nil || len(head) > maxHead {
			return wire.Request{}, fmt.Errorf("no request: %w", err)
		}
		if len(bytes.TrimRight(l, "\r\n")) == 0 && len(head) > len(l) {
			return parse(head)
		}
	}
}

// parse reads a head as it came, order and case kept.
func parse(head []byte) (wire.Request, error) {
	lines := strings.Split(strings.TrimSpace(string(head)), "\n")
	first := strings.Fields(lines[0])
	if len(first) != 3 || !strings.HasPrefix(first[2], "HTTP/1.") {
		return wire.Request{}, errors.New("no request line")
	}
	r := wire.Request{Method: first[0], URL: first[1], Proto: first[2]}
	for _, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ":")
		if !ok {
			return wire.Request{}, errors.New("no field line")
		}
		r.Header = append(r.Header, wire.Field{Name: name, Value: strings.TrimSpace(value)})
	}
	return r, nil
}

// stranger answers a request that is not ours, such as a health check, and reports whether another may follow.
func (c *conn1) stranger(r wire.Request) bool {
	if c.readBody(r, func([]byte) {}) != nil {
		return false
	}
	const text = "the origin of ssespec\n"
	_, err := fmt.Fprintf(c.c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n", len(text))
	if err == nil && r.Method != "HEAD" {
		_, err = io.WriteString(c.c, text)
	}
	return err == nil && persistent(r)
}

// persistent reports whether the client wants to use the connection again (RFC 9112, 9.3).
func persistent(r wire.Request) bool {
	for _, o := range r.Header.Tokens("Connection") {
		if o == "close" {
			return false
		}
	}
	return r.Proto == "HTTP/1.1"
}

// readBody reads the request's body and passes on each piece as it comes.
func (c *conn1) readBody(r wire.Request, take func([]byte)) error {
	tokens := r.Header.Tokens("Transfer-Encoding")
	chunked := len(tokens) > 0 && tokens[len(tokens)-1] == "chunked"
	n, err := strconv.ParseInt(r.Header.Get("Content-Length"), 10, 64)
	if !chunked && (err != nil || n <= 0) {
		return nil
	}
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		if _, err := io.WriteString(c.c, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return err
		}
	}
	if chunked {
		return c.readChunks(take)
	}
	return c.readExactly(n, take)
}

// readChunks reads a chunked body (RFC 9112, 7.1). It passes on what is there of a chunk, however large that will be.
func (c *conn1) readChunks(take func([]byte)) error {
	for total := int64(0); ; {
		l, err := c.c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(l, []byte(";"))
		n, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 16, 64)
		if total += n; err != nil || n < 0 || total > maxUpload {
			return errUpload
		}
		if n == 0 {
			return c.skipTrailer()
		}
		if err := c.readExactly(n, take); err != nil {
			return err
		}
		if l, err := c.c.r.ReadSlice('\n'); err != nil || len(bytes.TrimRight(l, "\r\n")) > 0 {
			return errUpload
		}
	}
}

// readExactly reads n bytes of a body.
func (c *conn1) readExactly(n int64, take func([]byte)) error {
	if n > maxUpload {
		return errUpload
	}
	for buf := make([]byte, readSize); n > 0; {
		m, err := c.c.r.Read(buf[:min(n, readSize)])
		if n -= int64(m); m > 0 {
			take(bytes.Clone(buf[:m]))
		}
		if err != nil && n > 0 {
			return err
		}
	}
	return nil
}

var errUpload = errors.New("the body is larger than any of ours, or is not what its framing says")

// skipTrailer reads what follows the last chunk.
func (c *conn1) skipTrailer() error {
	for {
		l, err := c.c.r.ReadSlice('\n')
		if err != nil || len(bytes.TrimRight(l, "\r\n")) == 0 {
			return err
		}
	}
}

// answer deals with one request of ours, and reports whether another may follow.
func (c *conn1) answer(ctx context.Context, v *Visit, r wire.Request) bool {
	h := v.hit(r, c.asked > 1)
	take := func(b []byte) {
		at := time.Now()
		h.note(func() { h.upload = append(h.upload, stamped{at, b}) })
	}
	if c.readBody(r, take) != nil {
		h.over(wire.Abandoned)
		return false
	}
	s := v.script(h.n)
	if s.Framing == Chunked && r.Proto != "HTTP/1.1" {
		s.Framing = Closed
	}
	left, rest := c.watch()
	stop := v.stops(ctx, func() { c.c.SetDeadline(time.Unix(1, 0)) })
	err := h.play(v.ctx, &s, &writer1{c, r.Method == "HEAD"}, left)
	stop()
	gone := rest()
	switch {
	case v.ctx.Err() != nil || ctx.Err() != nil:
		h.over(wire.StillOpen)
		return false
	case err != nil:
		h.over(wire.Abandoned)
		return false
	}
	return c.end(&s, h, r.Method == "HEAD") && persistent(r) && !gone
}

// stops has f called when nobody waits for the visit any more, or ctx ends.
func (v *Visit) stops(ctx context.Context, f func()) (stop func()) {
	a, b := context.AfterFunc(v.ctx, f), context.AfterFunc(ctx, f)
	return func() { a(); b() }
}

// watch looks out for the client's leaving while an answer is written. rest ends the watch and reports whether it left.
func (c *conn1) watch() (left chan struct{}, rest func() bool) {
	left = make(chan struct{})
	done := make(chan bool)
	go func() {
		_, err := c.c.r.Peek(1) // the next request may come ahead of its time, and says nothing
		gone := err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
		if gone {
			close(left)
		}
		done <- gone
	}()
	return left, func() bool {
		c.c.SetReadDeadline(time.Unix(1, 0))
		gone := <-done
		c.c.SetReadDeadline(time.Time{})
		return gone
	}
}

// end does what is to be done behind the body, and reports whether the connection can be used again.
func (c *conn1) end(s *Script, h *hit, bare bool) bool {
	switch s.End {
	case Finish:
		if s.Framing == Chunked && !s.Mute && !bare {
			if _, err := io.WriteString(c.c, "0\r\n\r\n"); err != nil {
				h.over(wire.Abandoned)
				return false
			}
		}
		h.over(wire.Finished)
		if s.Framing == Closed || s.Mute {
			c.c.Close() // over TLS with an alert, which a cut has not (RFC 9112, 9.8)
			return false
		}
		return true
	case MidChunk:
		io.WriteString(c.c, "400\r\ndata: the rest of this chunk")
	}
	h.over(wire.CutOff)
	if s.End == RST {
		reset(c.under)
	}
	return false
}

// reset closes a connection with RST. One in memory has a word for it.
func reset(c net.Conn) {
	if r, ok := c.(interface{ Reset() error }); ok {
		r.Reset()
		return
	}
	if l, ok := c.(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0)
	}
	c.Close()
}

// A writer1 writes HTTP/1.1.
type writer1 struct {
	c    *conn1
	bare bool // the answer has no body, since the method is HEAD
}

func (w *writer1) head(s *Script) error {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", s.status(), http.StatusText(s.status()))
	for _, f := range s.fields() {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	switch s.Framing {
	case Chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	case Closed:
		b.WriteString("Connection: close\r\n")
	case Sized:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", s.Size)
	}
	b.WriteString("\r\n")
	w.c.plain = s.Framing != Chunked
	_, err := io.WriteString(w.c.c, b.String())
	return err
}

func (w *writer1) body(b []byte) error {
	if w.bare {
		return nil
	}
	if !w.c.plain {
		b = fmt.Appendf(nil, "%x\r\n%s\r\n", len(b), b)
	}
	_, err := w.c.c.Write(b)
	return err
}
