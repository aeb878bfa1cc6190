package origin

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"

	"github.com/ssespec/ssespec/checks/wire"
)

// maxStreams is more than any experiment opens at once.
const maxStreams = 1000

// serve2 answers the requests of an HTTP/2 connection.
func (o *Origin) serve2(ctx context.Context, c net.Conn, under net.Conn) {
	srv := &http2.Server{MaxConcurrentStreams: maxStreams}
	srv.ServeConn(c, &http2.ServeConnOpts{Context: ctx, BaseConfig: &http.Server{}, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.answer2(ctx, w, r, under)
	})})
}

func (o *Origin) answer2(ctx context.Context, w http.ResponseWriter, r *http.Request, under net.Conn) {
	v := o.find(r.URL.String())
	if v == nil {
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, "the origin of ssespec\n")
		return
	}
	h := v.hit(request2(r))
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
	if s.End != RST {
		under.Close()
	}
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
