package chaos_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/edge"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// A gatehouse is a hop that asks anew for each request, with one fault. The zero value has none.
type gatehouse struct {
	request  func(http.Header)              // what it does to the fields of a request
	answer   func(http.Header)              // and of an answer
	body     func(io.Reader) io.Reader      // and to a body
	refuses  func(*http.Request) bool       // what it answers itself, with 404
	swallows func(*http.Request) bool       // for whom it ends properly what was cut
	stores   func(*http.Response) bool      // which answers it plays to all who ask for the same URL
	repeats  func(*http.Request) bool       // what it sends once more if nobody answers
	shuns    time.Duration                  // for how long it does not ask an origin that did not answer
	old      bool                           // asks with HTTP/1.0
	straight func(string) (net.Conn, error) // to the origin

	mu     sync.Mutex
	kept   map[string]*recorded
	paused time.Time
}

// A recorded answer is one that was whole.
type recorded struct {
	header http.Header
	body   []byte
}

// before returns a lab whose reader's way leads through the hop to our own origin, all in memory.
func (g *stage) before(h *gatehouse, depth chaos.Depth) *chaos.Lab {
	o := origin.New(nil)
	h.straight = func(addr string) (net.Conn, error) {
		near, far := fixtures.Pipe("client.example:49152", addr)
		g.wg.Go(func() { o.ServeConn(g.ctx, far) })
		return near, nil
	}
	door := fixtures.NewPort(host + ":80")
	g.wg.Go(func() { h.serve(g.ctx, door) })
	return &chaos.Lab{
		Target: wire.Request{Method: "GET", URL: "http://" + host + "/s"}, Seed: 1, Dial: door.Dial,
		Edge: &chaos.Edge{Origin: o, Direct: "http://origin.example/s", Depth: depth, Wait: time.Second,
			Dial: func(_ context.Context, _, addr string) (net.Conn, error) { return h.straight(addr) }},
	}
}

func (h *gatehouse) serve(ctx context.Context, ln net.Listener) {
	t := &http.Transport{DisableCompression: true, DialContext: func(_ context.Context, _, addr string) (net.Conn, error) { return h.straight(addr) }}
	defer t.CloseIdleConnections()
	s := &http.Server{Handler: h.handler(t), ErrorLog: log.New(io.Discard, "", 0)}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	s.Serve(ln)
}

func (h *gatehouse) handler(t http.RoundTripper) http.Handler {
	if h.old {
		t = oldWay(h.straight)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.URL.RequestURI()
		switch k := h.recording(key); {
		case h.refuses != nil && h.refuses(r):
			http.NotFound(w, r)
			return
		case k != nil:
			for n, v := range k.header {
				w.Header()[n] = v
			}
			w.Write(k.body)
			return
		}
		resp, err := h.ask(t, r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		h.pass(w, r, resp, key)
	})
}

// ask asks the origin, more than once if it is one that does.
func (h *gatehouse) ask(t http.RoundTripper, r *http.Request) (*http.Response, error) {
	if h.shunning(false) {
		return nil, io.ErrUnexpectedEOF
	}
	b, _ := io.ReadAll(r.Body)
	send := func() (*http.Response, error) {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.RequestURI = "http", "origin.example", ""
		if out.Body = nil; len(b) > 0 {
			out.Body = io.NopCloser(bytes.NewReader(b))
		}
		if h.request != nil {
			h.request(out.Header)
		}
		return t.RoundTrip(out)
	}
	resp, err := send()
	if err != nil && h.repeats != nil && h.repeats(r) {
		resp, err = send()
	}
	if err != nil {
		h.shunning(true)
	}
	return resp, err
}

// pass passes an answer on, piece by piece.
func (h *gatehouse) pass(w http.ResponseWriter, r *http.Request, resp *http.Response, key string) {
	for n, v := range resp.Header {
		w.Header()[n] = v
	}
	if h.answer != nil {
		h.answer(w.Header())
	}
	w.WriteHeader(resp.StatusCode)
	out := http.NewResponseController(w)
	out.Flush()
	var in io.Reader = resp.Body
	if h.body != nil {
		in = h.body(in)
	}
	var all []byte
	for buf := make([]byte, 32<<10); ; {
		n, err := in.Read(buf)
		all = append(all, buf[:n]...)
		w.Write(buf[:n])
		out.Flush()
		switch {
		case err == io.EOF:
			if h.stores != nil && h.stores(resp) {
				h.keep(key, &recorded{w.Header().Clone(), all})
			}
			return
		case err != nil && h.swallows != nil && h.swallows(r):
			return
		case err != nil:
			panic(http.ErrAbortHandler)
		}
	}
}

func (h *gatehouse) recording(key string) *recorded {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kept[key]
}

func (h *gatehouse) keep(key string, k *recorded) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = map[string]*recorded{}
	}
	h.kept[key] = k
}

// shunning reports whether the origin is left alone, and begins to where it failed.
func (h *gatehouse) shunning(failed bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if failed {
		h.paused = time.Now().Add(h.shuns)
	}
	return time.Now().Before(h.paused)
}

// oldWay asks with HTTP/1.0.
type oldWay func(addr string) (net.Conn, error)

func (dial oldWay) RoundTrip(r *http.Request) (*http.Response, error) {
	c, err := dial("origin.example:80")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.0\r\n", r.Method, r.URL.RequestURI())
	r.Header.Write(&b)
	b.WriteString("\r\n")
	c.Write(b.Bytes())
	resp, err := http.ReadResponse(bufio.NewReader(c), r)
	if err != nil {
		c.Close()
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{resp.Body, c}
	return resp, nil
}

func always[T any](T) bool { return true }

func dropping(name string) func(http.Header) { return func(h http.Header) { h.Del(name) } }

func setting(name, value string) func(http.Header) {
	return func(h http.Header) { h.Set(name, value) }
}

func TestWhatAHopDoesToFieldsIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hop   *gatehouse
		fails string // the rule; empty for none
		says  string
	}{
		"a sound hop":                   {&gatehouse{}, "", ""},
		"drops Last-Event-ID":           {&gatehouse{request: dropping("Last-Event-ID")}, "edge/last-event-id", "does not reach the origin"},
		"changes Last-Event-ID":         {&gatehouse{request: setting("Last-Event-ID", "17")}, "edge/last-event-id", `"ssespec-17" reaches the origin as "17"`},
		"drops Accept":                  {&gatehouse{request: dropping("Accept")}, "edge/request-fields", "Accept does not reach"},
		"asks for anything":             {&gatehouse{request: setting("Accept", "*/*")}, "edge/request-fields", `"text/event-stream" reaches the origin as "*/*"`},
		"accepts more":                  {&gatehouse{request: setting("Accept", "*/*, text/event-stream")}, "", ""},
		"drops Authorization":           {&gatehouse{request: dropping("Authorization")}, "edge/request-fields", "Authorization does not reach"},
		"has its own Authorization":     {&gatehouse{request: setting("Authorization", "Basic eDp5")}, "", ""},
		"drops cookies":                 {&gatehouse{request: dropping("Cookie")}, "edge/request-fields", "Cookie does not reach"},
		"drops what it does not know":   {&gatehouse{request: dropping("X-Ssespec")}, "edge/request-fields", "X-Ssespec does not reach"},
		"reads codings itself":          {&gatehouse{request: setting("Accept-Encoding", "gzip")}, "", ""},
		"says text/plain":               {&gatehouse{answer: setting("Content-Type", "text/plain")}, "edge/answer-fields", `comes through as "text/plain"`},
		"adds a charset":                {&gatehouse{answer: setting("Content-Type", "text/event-stream;charset=UTF-8")}, "", ""},
		"drops Cache-Control":           {&gatehouse{answer: dropping("Cache-Control")}, "edge/answer-fields", "Cache-Control"},
		"lets caches store":             {&gatehouse{answer: setting("Cache-Control", "max-age=60")}, "edge/answer-fields", `as "max-age=60"`},
		"forbids caches more":           {&gatehouse{answer: setting("Cache-Control", "no-store, no-cache")}, "", ""},
		"adds another allowed origin":   {&gatehouse{answer: func(h http.Header) { h.Add("Access-Control-Allow-Origin", "*") }}, "edge/answer-fields", `as "*, *"`},
		"drops the allowed origin":      {&gatehouse{answer: dropping("Access-Control-Allow-Origin")}, "edge/answer-fields", "does not come through"},
		"drops Vary":                    {&gatehouse{answer: dropping("Vary")}, "edge/answer-fields", "Vary"},
		"adds to Vary":                  {&gatehouse{answer: func(h http.Header) { h.Add("Vary", "Accept-Encoding") }}, "", ""},
		"drops fields of the origin's":  {&gatehouse{answer: dropping("X-Ssespec")}, "edge/answer-fields", "X-Ssespec"},
		"says how long the stream is":   {&gatehouse{answer: setting("Content-Length", "48")}, "edge/answer-fields", "known only once the stream is over"},
		"says that the stream is coded": {&gatehouse{answer: setting("Content-Encoding", "identity")}, "edge/answer-fields", "coded on its way"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				l := g.before(c.hop, chaos.Quick)
				l.Target.Header = wire.Header{{Name: "Authorization", Value: "Bearer secret-17"}, {Name: "Cookie", Value: "a=secret-18"}}
				l.Secrets.AddFrom(l.Target)
				b := look(g.ctx, l, wire.EdgeFields)
				for _, id := range []string{"edge/last-event-id", "edge/request-fields", "edge/answer-fields"} {
					want := "pass"
					if id == c.fails {
						want = "fail"
						wantReason(t, b, id, c.says)
					}
					verdicts(t, b, id+" "+want)
				}
				var kept bytes.Buffer
				if err := wire.Encode(&kept, b); err != nil || strings.Contains(kept.String(), "secret-1") {
					t.Errorf("the recording holds a secret (%v)", err)
				}
			})
		})
	}
}

// reason returns what a rule says of what was recorded.
func reason(b *wire.Bundle, id string) string {
	rules, err := edge.Suite.Select([]string{id}, nil)
	if err != nil {
		return err.Error()
	}
	return rules.Judge(checks.NewEvidence(b))[0].Reason
}

func wantReason(t *testing.T, b *wire.Bundle, id, says string) {
	t.Helper()
	if got := reason(b, id); !strings.Contains(got, says) {
		t.Errorf("%s: got %q, want %q in it", id, got, says)
	}
}

func TestWhatAHopMayDoToFieldsIsToldToo(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.before(&gatehouse{old: true, request: setting("Accept-Encoding", "gzip"), answer: dropping("X-Accel-Buffering")}, chaos.Quick), wire.EdgeFields)
		wantReason(t, b, "edge/request-fields", "it is asked with HTTP/1.0")
		wantReason(t, b, "edge/request-fields", `Accept-Encoding: "identity" becomes "gzip"`)
		wantReason(t, b, "edge/accel-buffering", "takes X-Accel-Buffering out")
	})
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.before(&gatehouse{}, chaos.Quick), wire.EdgeFields)
		wantReason(t, b, "edge/accel-buffering", "nobody has obeyed it")
	})
}

func TestAWayThatDoesNotLeadToTheOriginIsSaidSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hop  *gatehouse
		says string
	}{
		"somebody else answers": {&gatehouse{refuses: always[*http.Request]}, "answered 404, and no request came from there"},
		"the number is dropped": {&gatehouse{refuses: func(r *http.Request) bool { r.URL.RawQuery = ""; return false }}, "answered 200, and no request came from there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				l := g.before(c.hop, chaos.Quick)
				b := look(g.ctx, l, wire.EdgeFields, wire.EdgeBytes)
				for _, s := range []wire.Scene{wire.EdgeFields, wire.EdgeBytes} {
					if got := gap(b, s); !strings.Contains(got.Reason, c.says) || got.Moot {
						t.Errorf("%s: got gap %+v, want %q", s, got, c.says)
					}
				}
				if b.Duration < l.Edge.Wait || b.Duration > 2*l.Edge.Wait {
					t.Errorf("it was waited for %v, want about %v", b.Duration, l.Edge.Wait)
				}
			})
		})
	}
}
