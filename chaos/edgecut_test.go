package chaos_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestACutThatIsHiddenIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hop  *gatehouse
		want string
		says string
	}{
		"a sound hop":         {&gatehouse{}, "pass", "4 cuts (FIN, RST, FIN inside a chunk, FIN before Content-Length) were told"},
		"a hop that swallows": {&gatehouse{swallows: always[*http.Request]}, "fail", "cut short (FIN, RST, FIN inside a chunk) arrives over HTTP/1.1 as one that ended properly"},
		"a hop that asks as of old": {
			&gatehouse{old: true}, "fail", "cut short (FIN, FIN inside a chunk) arrives over HTTP/1.1 as one that ended properly; the hop asks with HTTP/1.0"},
		"a hop that breaks all off": {
			&gatehouse{body: broken}, "inconclusive", "even an answer that was whole did not arrive as one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.before(c.hop, chaos.Quick), wire.EdgeCut)
				verdicts(t, b, "edge/cut-visible "+c.want)
				wantReason(t, b, "edge/cut-visible", c.says)
				if most := 2 * time.Second; b.Duration > most {
					t.Errorf("it took %v, want no more than %v", b.Duration, most)
				}
			})
		})
	}
}

func TestCutsAreSeenStraightFromTheOrigin(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		for _, x := range look(g.ctx, g.before(&gatehouse{}, chaos.Quick), wire.EdgeCut).Recording(wire.EdgeCut).Exchanges {
			if x.Route() != wire.Direct || x.Case.Get("end") == "finish" {
				continue
			}
			want := passage.Shown
			if x.Case.Get("framing") == "close-delimited" && x.Case.Get("end") == "fin" {
				want = passage.Masked // by nobody: there is nothing to be seen
			}
			if c, ok := passage.CutOf(x); !ok || c.Told != want {
				t.Errorf("%s: got %+v (%v), want %s", x.Case, c, ok, want)
			}
		}
	})
}

// TestACutThatIsHiddenOverOneVersionIsFound runs over sockets: the hop speaks HTTP/2 by TLS, as net/http does.
func TestACutThatIsHiddenOverOneVersionIsFound(t *testing.T) {
	t.Parallel()
	over2 := func(r *http.Request) bool { return r.ProtoMajor == 2 }
	for name, c := range map[string]struct {
		hop  *gatehouse
		want string
		says string
	}{
		"over none":   {&gatehouse{}, "pass", "8 cuts (FIN, RST, FIN inside a chunk, FIN before Content-Length) were told to the reader, over HTTP/1.1 and HTTP/2.0"},
		"over HTTP/2": {&gatehouse{swallows: over2}, "fail", "arrives over HTTP/2.0 as one that ended properly"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdictOverTLS(t, c.hop, c.want, c.says)
		})
	}
}

func verdictOverTLS(t *testing.T, h *gatehouse, want, says string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := origin.New(nil)
	ctx := t.Context()
	done := make(chan error, 1)
	go func() { done <- o.Serve(ctx, ln) }()
	t.Cleanup(func() { <-done })
	h.straight = func(string) (net.Conn, error) { return net.Dial("tcp", ln.Addr().String()) }
	up := &http.Transport{DisableCompression: true, DialContext: func(_ context.Context, _, addr string) (net.Conn, error) { return h.straight(addr) }}
	t.Cleanup(up.CloseIdleConnections)
	s := httptest.NewUnstartedServer(h.handler(up))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	l := &chaos.Lab{
		Target: wire.Request{Method: "GET", URL: s.URL + "/s"}, TLS: &tls.Config{RootCAs: roots},
		Edge: &chaos.Edge{Origin: o, Direct: "http://" + ln.Addr().String() + "/s", Depth: chaos.Standard, Wait: time.Second},
	}
	b := look(ctx, l, wire.EdgeCut)
	verdicts(t, b, "edge/cut-visible "+want)
	wantReason(t, b, "edge/cut-visible", says)
}
