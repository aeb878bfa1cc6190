package origin

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// maxStreams is more than any experiment opens at once.
const maxStreams = 1000

// serve2 answers the requests of an HTTP/2 connection.
func (o *Origin) serve2(ctx context.Context, c net.Conn) {
	var asked atomic.Int64
	var answers sync.WaitGroup
	defer answers.Wait()
	over := make(chan struct{})
	srv := &http.Server{
		ErrorLog: quiet, Protocols: new(http.Protocols), HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateClosed {
				close(over)
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answers.Add(1)
			defer answers.Done()
			o.answer2(ctx, w, r, asked.Add(1) > 1)
		}),
	}
	srv.Protocols.SetHTTP2(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	srv.Serve(&lone{c: c, over: over})
}

// A lone listener accepts one connection, and lasts as long as that.
type lone struct {
	c     net.Conn
	given bool
	over  chan struct{}
}

func (l *lone) Accept() (net.Conn, error) {
	if !l.given {
		l.given = true
		return l.c, nil
	}
	<-l.over
	return nil, net.ErrClosed
}

func (l *lone) Close() error   { return nil }
func (l *lone) Addr() net.Addr { return l.c.LocalAddr() }

// quiet swallows what the server would say about clients that leave.
var quiet = log.New(io.Discard, "", 0)

func (o *Origin) answer2(ctx context.Context, w http.ResponseWriter, r *http.Request, again bool) {
	v := o.find(r.URL.String())
	if v == nil {
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, "the origin of ssespec\n")
		return
	}
	h := v.hit(request2(r), again)
	for buf := make([]byte, readSize); ; {
		n, err := r.Body.Read(buf)
		if n > 0 {
			at, b := time.Now(), slices.Clone(buf[:n])
			h.note(func() { h.upload = append(h.upload, stamped{at, b}) })
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			h.over(wire.Abandoned)
			return
		}
	}
	s := v.script(h.n)
	out := http.NewResponseController(w)
	stop := v.stops(ctx, func() { out.SetWriteDeadline(time.Unix(1, 0)) })
	err := h.play(v.ctx, &s, &writer2{w, out}, r.Context().Done())
	stop()
	switch {
	case v.ctx.Err() != nil || ctx.Err() != nil:
		h.over(wire.StillOpen)
		panic(http.ErrAbortHandler)
	case err != nil:
		h.over(wire.Abandoned)
		return
	case s.End == Finish:
		h.over(wire.Finished)
		return
	}
	h.over(wire.CutOff)
	panic(http.ErrAbortHandler) // RST_STREAM
}

// request2 returns a request as it came. HTTP/2 names are in lower case; their order is not kept.
func request2(r *http.Request) wire.Request {
	out := wire.Request{Method: r.Method, URL: r.URL.String(), Proto: "HTTP/2.0"}
	for name, values := range r.Header {
		for _, v := range values {
			out.Header = append(out.Header, wire.Field{Name: strings.ToLower(name), Value: v})
		}
	}
	out.Header = append(out.Header, wire.Field{Name: "host", Value: r.Host})
	slices.SortStableFunc(out.Header, func(a, b wire.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// A writer2 writes HTTP/2.
type writer2 struct {
	w   http.ResponseWriter
	out *http.ResponseController
}

func (w *writer2) head(s *Script) error {
	for _, f := range s.fields() {
		w.w.Header().Add(f.Name, f.Value)
	}
	if s.Framing == Sized {
		w.w.Header().Set("Content-Length", strconv.Itoa(s.Size))
	}
	w.w.WriteHeader(s.status())
	return w.out.Flush()
}

func (w *writer2) body(b []byte) error {
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	return w.out.Flush()
}
