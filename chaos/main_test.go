package chaos_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const host = "stream.example"

// A stage is a network in memory within a bubble of fake time.
type stage struct {
	ctx    context.Context
	cancel context.CancelFunc
	net    *fixtures.Network
	wg     sync.WaitGroup
}

// bubble runs f in fake time, and waits for all that it started.
func bubble(t *testing.T, f func(t *testing.T, g *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := &stage{net: fixtures.NewNetwork()}
		g.ctx, g.cancel = context.WithCancel(t.Context())
		defer func() {
			g.cancel()
			g.net.Wait()
			g.wg.Wait()
		}()
		f(t, g)
	})
}

// serve makes s answer at the usual host.
func (g *stage) serve(s *fixtures.Server) *chaos.Lab {
	port := ":80"
	if s.TLS {
		port = ":443"
	}
	g.net.Serve(g.ctx, host+port, s)
	l := labFor(s, host)
	l.Dial = g.net.Dial
	return l
}

func labFor(s *fixtures.Server, at string) *chaos.Lab {
	l := &chaos.Lab{
		Target: wire.Request{Method: s.Method, URL: s.URL(at), Body: []byte(s.Body)},
		Watch:  2 * time.Second, TLS: &tls.Config{RootCAs: roots()},
	}
	for _, f := range s.Ask {
		l.Target.Header = append(l.Target.Header, wire.Field(f))
	}
	return l
}

func roots() *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(fixtures.CA())
	return p
}

// script returns a lab whose every connection is served by play.
func (g *stage) script(play func(c *fixtures.Conn)) *chaos.Lab {
	l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: "http://" + host + "/s"}, Watch: 2 * time.Second}
	l.Dial = g.scripted(play)
	return l
}

func (g *stage) scripted(play func(c *fixtures.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, addr string) (net.Conn, error) {
		near, far := fixtures.Pipe("client.example:49152", addr)
		g.wg.Go(func() {
			defer far.Close()
			play(far)
		})
		return near, nil
	}
}

// hear reads until what was read ends in end, or nothing more comes.
func hear(c net.Conn, end string) string {
	var got []byte
	for buf := make([]byte, 4096); !bytes.HasSuffix(got, []byte(end)); {
		n, err := c.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			break
		}
	}
	return string(got)
}

// say puts words onto the connection, and waits before each.
func say(c net.Conn, pace time.Duration, words ...string) {
	for _, w := range words {
		<-time.After(pace)
		if _, err := c.Write([]byte(w)); err != nil {
			return
		}
	}
}

// stream is a server that gives the same answer to every request.
func stream(a fixtures.Answer) *fixtures.Server {
	return answering(func(*fixtures.Request) fixtures.Answer { return a })
}

func answering(f func(r *fixtures.Request) fixtures.Answer) *fixtures.Server {
	return &fixtures.Server{Name: "s", Method: "GET", Path: "/s", Answer: func(r *fixtures.Request) *fixtures.Answer {
		a := f(r)
		a.Header = slices.Clone(a.Header)
		return &a
	}}
}

// ok is the head of a stream.
func ok(framing fixtures.Framing, acts ...fixtures.Act) fixtures.Answer {
	return fixtures.Answer{
		Status: 200, Reason: "OK", Framing: framing, Acts: acts,
		Header: fixtures.Header{{Name: "Content-Type", Value: "text/event-stream"}},
	}
}

func acts(pace time.Duration, words ...string) []fixtures.Act {
	var out []fixtures.Act
	for _, w := range words {
		out = append(out, fixtures.Act{Wait: pace, Write: w})
	}
	return out
}

func gather(t *testing.T, ctx context.Context, l *chaos.Lab, scenes ...wire.Scene) *wire.Bundle {
	t.Helper()
	plan, err := chaos.Plan(scenes)
	if err != nil {
		t.Fatal(err)
	}
	return chaos.Gather(ctx, l, "check", plan)
}

// control records the control scene and returns its answer.
func (g *stage) control(t *testing.T, l *chaos.Lab) *wire.Exchange {
	t.Helper()
	b := gather(t, g.ctx, l)
	x := b.Recording(wire.Control).Last()
	if x == nil {
		t.Fatalf("nothing was recorded: %v", b.Gaps)
	}
	return x
}

func gap(b *wire.Bundle, s wire.Scene) wire.Gap {
	for _, g := range b.Gaps {
		if g.Scene == s {
			return g
		}
	}
	return wire.Gap{}
}

func wantEnd(t *testing.T, x *wire.Exchange, kind wire.EndKind, at time.Duration, note string) {
	t.Helper()
	if x.End.Kind != kind || x.End.At != at || !strings.Contains(x.End.Note, note) || note == "" && x.End.Note != "" {
		t.Errorf("got end %v at %v %q, want %v at %v %q", x.End.Kind, x.End.At, x.End.Note, kind, at, note)
	}
}

// arrivals writes chunks as moments and texts.
func arrivals(cs []wire.Chunk) string {
	var b strings.Builder
	for _, c := range cs {
		b.WriteString(c.At.String() + " " + string(c.Data) + "\n")
	}
	return b.String()
}
