package origin_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is far more than anything here takes.
const patience = 5 * time.Second

// A house is an origin that is served on loopback.
type house struct {
	*origin.Origin
	addr   string
	client *tls.Config // nil for plain TCP
	stop   func()
}

func serve(t *testing.T, secure bool) *house {
	t.Helper()
	h := &house{}
	var server *tls.Config
	if secure {
		cert := certificate(t)
		server = &tls.Config{Certificates: []tls.Certificate{cert}}
		pool := x509.NewCertPool()
		pool.AddCert(cert.Leaf)
		h.client = &tls.Config{RootCAs: pool, ServerName: "example.com"}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.Origin, h.addr = origin.New(server), ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Serve(ctx, ln) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
	t.Cleanup(h.stop)
	return h
}

// certificate borrows that of httptest, for example.com.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	cert := s.TLS.Certificates[0]
	cert.Leaf = s.Certificate()
	return cert
}

func (h *house) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	if h.client != nil {
		c = tls.Client(c, h.client)
	}
	c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends words on a new connection and returns all that comes back until it ends.
func (h *house) ask(t *testing.T, words string) (string, error) {
	t.Helper()
	c := h.dial(t)
	if _, err := io.WriteString(c, words); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	return string(b), err
}

// expect makes a visit that answers each request with s, and returns the target to ask for.
func (h *house) expect(t *testing.T, s origin.Script) (*origin.Visit, string) {
	t.Helper()
	v := h.Expect(func(int) origin.Script { return s })
	t.Cleanup(v.Stop)
	target, err := v.At("/stream?x=1")
	if err != nil {
		t.Fatal(err)
	}
	return v, target
}

func get(target, proto string, fields ...string) string {
	return fmt.Sprintf("GET %s %s\r\nHost: example.com\r\n%s\r\n", target, proto, strings.Join(append(fields, ""), "\r\n"))
}

// settled waits until each request of the visit was dealt with, and returns them.
func settled(t *testing.T, v *origin.Visit) []*wire.Hit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	v.Settle(ctx)
	if ctx.Err() != nil {
		t.Fatal("the visit did not settle")
	}
	return v.Hits(time.Now())
}

// arrived waits until the visit has so many hits.
func arrived(t *testing.T, v *origin.Visit, n int) {
	t.Helper()
	until(t, "no request arrived", func() bool { return len(v.Hits(time.Now())) >= n })
}

func until(t *testing.T, else_ string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(else_)
		}
	}
}

// body makes acts of pieces.
func body(pieces ...string) func(func(origin.Act) bool) {
	return func(yield func(origin.Act) bool) {
		for _, p := range pieces {
			if !yield(origin.Act{Data: []byte(p)}) {
				return
			}
		}
	}
}

// drip writes an event every few milliseconds, for ever.
func drip(yield func(origin.Act) bool) {
	for yield(origin.Act{Wait: 5 * time.Millisecond, Data: []byte("data: x\n\n")}) {
	}
}

func wantEnd(t *testing.T, h *wire.Hit, end wire.HitEnd) {
	t.Helper()
	if h.End != end {
		t.Errorf("got end %q, want %q", h.End, end)
	}
}

func TestEveryFramingSaysWhereTheBodyEnds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		framing origin.Framing
		size    int
		proto   string
		fields  []string // of the head
		body    string
	}{
		"chunked":                {origin.Chunked, 0, "HTTP/1.1", []string{"Transfer-Encoding: chunked"}, "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"},
		"length":                 {origin.Sized, 3, "HTTP/1.1", []string{"Content-Length: 3"}, "abc"},
		"close-delimited":        {origin.Closed, 0, "HTTP/1.1", []string{"Connection: close"}, "abc"},
		"chunked asked with 1.0": {origin.Chunked, 0, "HTTP/1.0", []string{"Connection: close"}, "abc"},
		"length asked with 1.0":  {origin.Sized, 3, "HTTP/1.0", []string{"Content-Length: 3"}, "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, secure := range []bool{false, true} {
				h := serve(t, secure)
				v, target := h.expect(t, origin.Script{Framing: tt.framing, Size: tt.size, Acts: body("ab", "c")})
				got, err := h.ask(t, get(target, tt.proto, "Connection: close"))
				if err != nil {
					t.Fatalf("TLS %v: %v", secure, err) // a proper end, over TLS with an alert
				}
				head, rest, _ := strings.Cut(got, "\r\n\r\n")
				want := append([]string{"HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Cache-Control: no-cache"}, tt.fields...)
				if head != strings.Join(want, "\r\n") || rest != tt.body {
					t.Errorf("TLS %v: got %q", secure, got)
				}
				wantEnd(t, settled(t, v)[0], wire.Finished)
			}
		})
	}
}

func TestEveryEndingLooksAsItsNameSays(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script origin.Script
		behind string // the head; what of the body comes is its end
		fails  bool   // the connection ends with an error
	}{
		"fin behind chunks":  {origin.Script{End: origin.FIN}, "2\r\nab\r\n", false},
		"inside a chunk":     {origin.Script{End: origin.MidChunk}, "2\r\nab\r\n400\r\ndata: the rest of this chunk", false},
		"fin before length":  {origin.Script{End: origin.FIN, Framing: origin.Sized, Size: 100}, "ab", false},
		"fin behind nothing": {origin.Script{End: origin.FIN, Mute: true}, "", false},
		"reset":              {origin.Script{End: origin.RST}, "2\r\nab\r\n", true},
		"reset, no answer":   {origin.Script{End: origin.RST, Mute: true}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, false)
			tt.script.Acts = func(yield func(origin.Act) bool) {
				// what is still in a buffer goes with a reset
				_ = yield(origin.Act{Data: []byte("ab")}) && yield(origin.Act{Wait: 50 * time.Millisecond})
			}
			v, target := h.expect(t, tt.script)
			got, err := h.ask(t, get(target, "HTTP/1.1"))
			if (err != nil) != tt.fails {
				t.Errorf("got error %v, want one: %v", err, tt.fails)
			}
			if _, rest, _ := strings.Cut(got, "\r\n\r\n"); rest != tt.behind || tt.script.Mute && got != "" {
				t.Errorf("got %q, want body %q", got, tt.behind)
			}
			wantEnd(t, settled(t, v)[0], wire.CutOff)
		})
	}
}

func TestOnlyAProperEndComesWithAnAlertOverTLS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		end     origin.Ending
		alerted bool
	}{{origin.Finish, true}, {origin.FIN, false}} {
		h := serve(t, true)
		v, target := h.expect(t, origin.Script{End: tt.end, Framing: origin.Closed, Acts: body("ab")})
		under, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer under.Close()
		under.SetDeadline(time.Now().Add(patience))
		w := &watched{Conn: under}
		c := tls.Client(w, h.client)
		io.WriteString(c, get(target, "HTTP/1.1"))
		if got, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(got), "ab") {
			t.Errorf("end %q: got %q and %v", tt.end, got, err)
		}
		settled(t, v)
		if w.eof == tt.alerted {
			t.Errorf("end %q: got an alert: %v", tt.end, !w.eof)
		}
	}
}

// watched notes that the connection below TLS has ended: behind an alert nobody reads that far.
type watched struct {
	net.Conn
	eof bool
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.eof = w.eof || err == io.EOF
	return n, err
}

func TestAConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	c := h.dial(t)
	r := bufio.NewReader(c)
	for n, method := range []string{"GET", "HEAD", "GET"} {
		v, target := h.expect(t, origin.Script{Acts: body("data: a\n\n")})
		fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, target)
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("request %d: %v", n, err)
		}
		if b, err := io.ReadAll(resp.Body); err != nil || method == "GET" && string(b) != "data: a\n\n" {
			t.Errorf("request %d: got %q and %v", n, b, err)
		}
		wantEnd(t, settled(t, v)[0], wire.Finished)
		if v.Reused() != (n > 0) {
			t.Errorf("request %d: got reused %v", n, v.Reused())
		}
	}
}

func TestConnectionsAtRestAreClosedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, target := h.expect(t, origin.Script{Acts: drip})
	busy := h.dial(t)
	io.WriteString(busy, get(target, "HTTP/1.1"))
	idle := h.dial(t)
	r := bufio.NewReader(idle)
	io.WriteString(idle, get("/health", "HTTP/1.1"))
	if resp, err := http.ReadResponse(r, nil); err != nil {
		t.Fatal(err)
	} else {
		io.Copy(io.Discard, resp.Body)
	}
	arrived(t, v, 1)
	gone := make(chan error, 1)
	go func() {
		_, err := r.ReadByte()
		gone <- err
	}()
	// It may not be at rest yet, so that it is asked again.
	until(t, "the connection at rest stays open", func() bool {
		h.CloseIdle()
		select {
		case err := <-gone:
			if err != io.EOF {
				t.Errorf("got %v, want a proper end", err)
			}
			return true
		default:
			return false
		}
	})
	if _, err := busy.Read(make([]byte, 1)); err != nil {
		t.Errorf("the busy connection: %v", err)
	}
	if end := v.Hits(time.Now())[0].End; end != "" {
		t.Errorf("the answer in progress ended: %s", end)
	}
}

func TestAnUploadIsNotedAsItArrives(t *testing.T) {
	t.Parallel()
	const sized = "Content-Length: 6\r\n\r\n"
	const chunked = "Transfer-Encoding: chunked\r\n\r\n"
	for name, pieces := range map[string][]string{
		"sized":                   {sized, "abc", "def"},
		"chunked":                 {chunked, "3\r\nabc\r\n", "3;x=y\r\ndef\r\n", "0\r\n\r\n"},
		"chunked, with a trailer": {chunked, "3\r\nabc\r\n", "3\r\ndef\r\n", "0\r\nA: b\r\n\r\n"},
		"a chunk in parts":        {chunked, "6\r", "\nabc", "def\r\n0\r", "\n\r\n"},
		"expected":                {"Expect: 100-continue\r\n" + sized, "abc", "def"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, false)
			v, target := h.expect(t, origin.Script{Acts: body("data: a\n\n")})
			c := h.dial(t)
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\n", target)
			for _, p := range pieces {
				io.WriteString(c, p)
				time.Sleep(5 * time.Millisecond) // so that they come by themselves
			}
			r := bufio.NewReader(c)
			resp, err := http.ReadResponse(r, nil)
			if err == nil && name == "expected" {
				if resp.StatusCode != 100 {
					t.Errorf("got %d, want 100 first", resp.StatusCode)
				}
				resp, err = http.ReadResponse(r, nil)
			}
			if err != nil || resp.StatusCode != 200 {
				t.Fatalf("got %v and %v", resp, err)
			}
			io.Copy(io.Discard, resp.Body)
			hit := settled(t, v)[0]
			if got := wire.NewText(hit.Upload).Bytes; string(got) != "abcdef" || len(hit.Upload) < 2 {
				t.Errorf("got %q in %d pieces", got, len(hit.Upload))
			}
			// The connection is at the next request.
			io.WriteString(c, get("/health", "HTTP/1.1"))
			if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 200 {
				t.Errorf("the next request: %v", err)
			}
		})
	}
}

func TestAnUploadThatBreaksOffIsAbandoned(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, target := h.expect(t, origin.Script{})
	c := h.dial(t)
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", target)
	arrived(t, v, 1)
	c.Close()
	hit := settled(t, v)[0]
	wantEnd(t, hit, wire.Abandoned)
	if string(wire.NewText(hit.Upload).Bytes) != "abc" || hit.Status != 0 {
		t.Errorf("got %d after %q", hit.Status, hit.Upload)
	}
}

// soon is more than a loaded machine takes to notice what happens on loopback.
const soon = 500 * time.Millisecond

func TestAClientThatLeavesIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	scripts := map[string]origin.Script{
		"while the origin writes":   {Acts: drip},
		"while it is silent":        {Acts: body("data: a\n\n"), End: origin.Hang},
		"before the head":           {Before: time.Hour},
		"before the head, mute":     {Before: time.Hour, Mute: true},
		"behind a head and nothing": {End: origin.Hang},
	}
	leave := map[string]func(c net.Conn){
		"with FIN": func(c net.Conn) { c.Close() },
		"with RST": func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() },
	}
	for when, s := range scripts {
		for how, close := range leave {
			t.Run(when+" "+how, func(t *testing.T) {
				t.Parallel()
				h := serve(t, false)
				v, target := h.expect(t, s)
				c := h.dial(t)
				io.WriteString(c, get(target, "HTTP/1.1"))
				arrived(t, v, 1)
				left := time.Now()
				close(c)
				settled(t, v)
				hit := v.Hits(left)[0]
				wantEnd(t, hit, wire.Abandoned)
				if hit.EndAt > soon {
					t.Errorf("it was noticed %v later", hit.EndAt)
				}
			})
		}
	}
}

func TestAStreamOfHTTP2ThatIsResetIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		h := serve(t, secure)
		v, target := h.expect(t, origin.Script{Acts: body("data: a\n\n"), End: origin.Hang})
		ctx, cancel := context.WithCancel(t.Context())
		resp := h.ask2(t, ctx, "GET", target, nil)
		if b, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || b != "data: a\n" {
			t.Fatalf("got %q and %v", b, err)
		}
		left := time.Now()
		cancel()
		settled(t, v)
		hit := v.Hits(left)[0]
		wantEnd(t, hit, wire.Abandoned)
		if hit.EndAt > soon || hit.Request.Proto != "HTTP/2.0" {
			t.Errorf("it was noticed %v later, over %s", hit.EndAt, hit.Request.Proto)
		}
		resp.Body.Close()
	}
}

// transport2 speaks HTTP/2 only.
func (h *house) transport2() *http.Transport {
	tr := &http.Transport{TLSClientConfig: h.client, DisableCompression: true, Protocols: new(http.Protocols)}
	tr.Protocols.SetHTTP2(h.client != nil)
	tr.Protocols.SetUnencryptedHTTP2(h.client == nil)
	return tr
}

// ask2 asks over HTTP/2: by ALPN, or by prior knowledge.
func (h *house) ask2(t *testing.T, ctx context.Context, method, target string, body io.Reader) *http.Response {
	t.Helper()
	resp, err := h.try2(t, ctx, method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (h *house) try2(t *testing.T, ctx context.Context, method, target string, body io.Reader) (*http.Response, error) {
	tr := h.transport2()
	scheme := "https"
	if h.client == nil {
		scheme = "http"
	}
	t.Cleanup(tr.CloseIdleConnections)
	req, err := http.NewRequestWithContext(ctx, method, scheme+"://"+h.addr+target, body)
	if err != nil {
		t.Fatal(err)
	}
	return tr.RoundTrip(req)
}

func TestHTTP2EndsAsTheScriptSays(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script origin.Script
		whole  bool
		end    wire.HitEnd
	}{
		"finish":         {origin.Script{}, true, wire.Finished},
		"with a length":  {origin.Script{Framing: origin.Sized, Size: 9}, true, wire.Finished},
		"fin":            {origin.Script{End: origin.FIN}, false, wire.CutOff},
		"reset":          {origin.Script{End: origin.RST}, false, wire.CutOff},
		"inside a chunk": {origin.Script{End: origin.MidChunk}, false, wire.CutOff},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, secure := range []bool{false, true} {
				h := serve(t, secure)
				tt.script.Acts = body("data: a\n\n")
				v, target := h.expect(t, tt.script)
				resp := h.ask2(t, t.Context(), "POST", target, strings.NewReader("upload"))
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if (err == nil) != tt.whole || string(b) != "data: a\n\n" {
					t.Errorf("TLS %v: got %q and %v", secure, b, err)
				}
				hit := settled(t, v)[0]
				wantEnd(t, hit, tt.end)
				if string(wire.NewText(hit.Upload).Bytes) != "upload" || hit.Request.Header.Get("host") == "" {
					t.Errorf("got request %v with %q", hit.Request, hit.Upload)
				}
			}
		})
	}
}

func TestARequestOverHTTP2ThatIsRefusedGetsNoHead(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, target := h.expect(t, origin.Script{Mute: true, End: origin.RST})
	if resp, err := h.try2(t, t.Context(), "POST", target, strings.NewReader("x")); err == nil {
		resp.Body.Close()
		t.Errorf("got %s, want a reset", resp.Status)
	}
	if hits := settled(t, v); len(hits) != 1 || hits[0].Status != 0 {
		t.Errorf("got %d hits, the first answered %d", len(hits), hits[0].Status)
	}
}

func TestStreamsOfOneConnectionDoNotEndEachOther(t *testing.T) {
	t.Parallel()
	h := serve(t, true)
	tr := h.transport2()
	defer tr.CloseIdleConnections()
	round := func(target string) *http.Response {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://"+h.addr+target, nil)
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	v, long := h.expect(t, origin.Script{Acts: drip})
	open := round(long)
	defer open.Body.Close()
	for _, end := range []origin.Ending{origin.FIN, origin.RST, origin.MidChunk} {
		w, short := h.expect(t, origin.Script{Acts: body("data: a\n\n"), End: end})
		resp := round(short)
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		settled(t, w)
		if !w.Reused() {
			t.Errorf("%s: the request came on another connection", end)
		}
	}
	if _, err := io.ReadFull(open.Body, make([]byte, 18)); err != nil {
		t.Errorf("the other stream: %v", err)
	}
	if end := v.Hits(time.Now())[0].End; end != "" {
		t.Errorf("the other stream ended: %s", end)
	}
}

func TestStrangersAreAnsweredAndNotNoted(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, _ := h.expect(t, origin.Script{})
	for name, tt := range map[string]struct{ words, want string }{
		"health check":          {"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "the origin of ssespec\n"},
		"HTTP/1.0":              {"OPTIONS / HTTP/1.0\r\n\r\n", "the origin of ssespec\n"},
		"HEAD":                  {"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "\r\n\r\n"},
		"a number of long ago":  {"GET /?ssespec=0123 HTTP/1.0\r\n\r\n", "the origin of ssespec\n"},
		"absolute form":         {"GET http://x/ HTTP/1.0\r\n\r\n", "the origin of ssespec\n"},
		"blank lines before it": {"\r\n\r\nGET / HTTP/1.0\r\n\r\n", ""},
		"not HTTP":              {"hello\r\n\r\n", ""},
		"no HTTP/2 preface":     {"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", ""},
		"a field without colon": {"GET / HTTP/1.1\r\nHost\r\n\r\n", ""},
		"a body of no end":      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := h.ask(t, tt.words)
			if !strings.HasSuffix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %q, want %q at its end", got, tt.want)
			}
		})
	}
	c := h.dial(t) // and who only looks whether somebody listens
	c.Close()
	if hits := v.Hits(time.Now()); len(hits) > 0 {
		t.Errorf("got %d hits", len(hits))
	}
}

func TestAHeadTooLargeCostsNoMore(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	for name, words := range map[string]string{
		"one long line": "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 1<<20),
		"many lines":    "GET / HTTP/1.1\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := h.dial(t)
			go io.WriteString(c, words) // it is not read to its end
			if b, _ := io.ReadAll(c); len(b) > 0 {
				t.Errorf("got %q", b)
			}
		})
	}
}

func TestWhoDripsARequestDisturbsNobodyAndGoesWithTheOrigin(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	for _, words := range []string{"", "P", "PRI * HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nHo"} {
		io.WriteString(h.dial(t), words)
	}
	v, target := h.expect(t, origin.Script{Acts: body("data: a\n\n")})
	if got, err := h.ask(t, get(target, "HTTP/1.0")); err != nil || !strings.HasSuffix(got, "data: a\n\n") {
		t.Errorf("got %q and %v", got, err)
	}
	wantEnd(t, settled(t, v)[0], wire.Finished)
}

func TestTheRequestIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, target := h.expect(t, origin.Script{Framing: origin.Closed})
	if _, err := h.ask(t, "GET "+target+" HTTP/1.1\r\nhOST:x\r\nB: 1\r\nA:  2 \r\nB: 3\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r := settled(t, v)[0].Request
	want := wire.Header{{Name: "hOST", Value: "x"}, {Name: "B", Value: "1"}, {Name: "A", Value: "2"}, {Name: "B", Value: "3"}}
	if r.Method != "GET" || r.URL != target || r.Proto != "HTTP/1.1" || !slices.Equal(r.Header, want) {
		t.Errorf("got %v", r)
	}
}

func TestEachRequestOfAVisitHasItsOwnScript(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v := h.Expect(func(n int) origin.Script {
		return origin.Script{Status: 200 + n, Framing: origin.Closed, Acts: body(fmt.Sprint(n))}
	})
	defer v.Stop()
	target, err := v.At("/")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		got, err := h.ask(t, get(target, "HTTP/1.1"))
		if want := fmt.Sprintf("HTTP/1.1 %d ", 200+n); err != nil || !strings.HasPrefix(got, want) || !strings.HasSuffix(got, fmt.Sprint(n)) {
			t.Errorf("got %q and %v, want %q", got, err, want)
		}
	}
	if hits := settled(t, v); len(hits) != 3 || hits[2].Status != 202 {
		t.Errorf("got %d hits", len(hits))
	}
}

func TestPiecesAreNotedWhenTheyAreSent(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, target := h.expect(t, origin.Script{Framing: origin.Closed, Before: 20 * time.Millisecond, Acts: func(yield func(origin.Act) bool) {
		_ = yield(origin.Act{Data: []byte("a")}) && yield(origin.Act{Wait: 20 * time.Millisecond, Data: []byte("b")})
	}})
	zero := time.Now()
	if _, err := h.ask(t, get(target, "HTTP/1.1")); err != nil {
		t.Fatal(err)
	}
	settled(t, v)
	hit := v.Hits(zero)[0]
	if len(hit.Sent) != 2 || hit.Written != 2 {
		t.Fatalf("got %v, %d written", hit.Sent, hit.Written)
	}
	moments := []time.Duration{0, hit.At, hit.HeadAt, hit.Sent[0].At, hit.Sent[1].At, hit.EndAt}
	if !slices.IsSorted(moments) || hit.HeadAt-hit.At < 20*time.Millisecond || hit.Sent[1].At-hit.Sent[0].At < 20*time.Millisecond {
		t.Errorf("got moments %v", moments)
	}
}

func TestAForgottenBodyIsCounted(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, target := h.expect(t, origin.Script{Framing: origin.Closed, Forget: true, Acts: body("abc", "de")})
	if _, err := h.ask(t, get(target, "HTTP/1.1")); err != nil {
		t.Fatal(err)
	}
	if hit := settled(t, v)[0]; hit.Written != 5 || len(hit.Sent) != 0 {
		t.Errorf("got %d bytes, and %d pieces kept", hit.Written, len(hit.Sent))
	}
}

func TestAVisitThatStopsLeavesWhatIsOpenOpen(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		h := serve(t, secure)
		v := h.Expect(func(int) origin.Script { return origin.Script{Acts: body("data: a\n\n"), End: origin.Hang} })
		target, err := v.At("/")
		if err != nil {
			t.Fatal(err)
		}
		c := h.dial(t)
		io.WriteString(c, get(target, "HTTP/1.1"))
		arrived(t, v, 1)
		v.Stop()
		io.Copy(io.Discard, c) // which ends
		wantEnd(t, v.Hits(time.Now())[0], wire.StillOpen)
		if got, _ := h.ask(t, get(target, "HTTP/1.1", "Connection: close")); !strings.Contains(got, "the origin of ssespec") {
			t.Errorf("a late request: got %q", got)
		}
	}
}

func TestABlockedWriteEndsWithItsClient(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	piece := bytes.Repeat([]byte("x"), 64<<10)
	v, target := h.expect(t, origin.Script{Forget: true, Acts: func(yield func(origin.Act) bool) {
		for yield(origin.Act{Data: piece}) {
		}
	}})
	c := h.dial(t)
	io.WriteString(c, get(target, "HTTP/1.1"))
	written := func() int64 {
		if hits := v.Hits(time.Now()); len(hits) > 0 {
			return hits[0].Written
		}
		return 0
	}
	until(t, "nothing was written", func() bool { return written() > 0 })
	until(t, "the writes never block", func() bool { // nobody reads
		n := written()
		time.Sleep(20 * time.Millisecond)
		return written() == n
	})
	c.Close()
	wantEnd(t, settled(t, v)[0], wire.Abandoned)
}

func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	h := serve(t, false)
	v, target := h.expect(t, origin.Script{Framing: origin.Closed, Acts: body("data: a\n\n")})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got, err := h.ask(t, get(target, "HTTP/1.1")); err != nil || !strings.HasSuffix(got, "data: a\n\n") {
				t.Errorf("got %q and %v", got, err)
			}
		})
	}
	wg.Wait()
	if n := len(settled(t, v)); n != 50 {
		t.Errorf("got %d hits", n)
	}
}
