package chaos_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func hanging(ctx context.Context, network, addr string) (net.Conn, error) {
	<-ctx.Done()
	return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
}

// controlError performs the control experiment and returns its error.
func controlError(t *testing.T, ctx context.Context, l *chaos.Lab) error {
	t.Helper()
	plan, err := chaos.Plan(nil)
	if err != nil {
		t.Fatal(err)
	}
	for take := range chaos.Perform(ctx, l, plan) {
		if take.Recording != nil {
			t.Errorf("something was recorded: %v", take.Recording.Last().End)
		}
		return take.Err
	}
	return nil
}

func TestFailuresToConnectAreSentences(t *testing.T) {
	failing := func(err error) func(*testing.T, *stage, *chaos.Lab) {
		return func(_ *testing.T, _ *stage, l *chaos.Lab) {
			l.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, err }
		}
	}
	missing := &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	broken := &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	for _, tc := range []struct {
		name, url string
		edit      func(*testing.T, *stage, *chaos.Lab)
		want      string
		is        func(error) bool
	}{
		{"an unknown name", "http://stream.example/", failing(&net.OpError{Op: "dial", Err: missing}),
			"the name stream.example does not exist (DNS)", func(err error) bool { return errors.Is(err, missing) }},
		{"a resolver that fails", "http://stream.example/", failing(broken),
			"the name stream.example could not be looked up: server misbehaving", func(err error) bool { return errors.Is(err, broken) }},
		{"a port where nobody listens", "http://stream.example:81/", func(_ *testing.T, g *stage, l *chaos.Lab) { l.Dial = g.net.Dial },
			"stream.example:81 refused the connection: is the server running?", func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		{"an address that does not answer", "http://stream.example/", func(_ *testing.T, _ *stage, l *chaos.Lab) { l.Dial = hanging },
			"stream.example:80 did not answer within 10s", func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		{"an address without a way to it", "http://stream.example/", failing(syscall.EHOSTUNREACH),
			"stream.example:80 cannot be reached: ", func(err error) bool { return errors.Is(err, syscall.EHOSTUNREACH) }},
		{"TLS to a plain server", "https://stream.example/", func(_ *testing.T, g *stage, l *chaos.Lab) {
			l.Dial = g.scripted(func(c *fixtures.Conn) {
				say(c, 0, "HTTP/1.1 400 Bad Request\r\n\r\n")
				hear(c, "never")
			})
		}, "TLS: stream.example does not speak it on this port", func(err error) bool { var e tls.RecordHeaderError; return errors.As(err, &e) }},
		{"an unknown authority", "https://stream.example/", func(_ *testing.T, g *stage, l *chaos.Lab) {
			l.Dial, _ = g.secured(fixtures.Sound("answer"), "http/1.1")
			l.TLS = &tls.Config{RootCAs: roots()}
		}, "TLS: the certificate of stream.example is not signed by a known authority", func(err error) bool { var e x509.UnknownAuthorityError; return errors.As(err, &e) }},
		{"another name", "https://other.example/", func(_ *testing.T, g *stage, l *chaos.Lab) {
			l.Dial, l.TLS = g.secured(fixtures.Sound("answer"), "http/1.1")
		}, "TLS: the certificate of other.example is made out to another name", func(err error) bool { var e x509.HostnameError; return errors.As(err, &e) }},
		{"a handshake that is hung up", "https://stream.example/", func(_ *testing.T, g *stage, l *chaos.Lab) {
			l.Dial = g.scripted(func(*fixtures.Conn) {})
		}, "TLS: stream.example closed the connection during the handshake", func(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) }},
		{"a handshake without end", "https://stream.example/", func(_ *testing.T, g *stage, l *chaos.Lab) {
			l.Dial = g.scripted(func(c *fixtures.Conn) { hear(c, "never") })
		}, "TLS: stream.example did not finish the handshake within 10s", func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		{"a proxy where nobody listens", "http://stream.example/", func(_ *testing.T, g *stage, l *chaos.Lab) {
			l.Dial, l.Proxy = g.net.Dial, &url.URL{Scheme: "http", Host: "proxy.example:3128"}
		}, "the proxy: proxy.example:3128 refused the connection", func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: tc.url}}
				tc.edit(t, g, l)
				err := controlError(t, g.ctx, l)
				if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
					t.Fatalf("got %v, want %s", err, tc.want)
				}
				if !tc.is(err) {
					t.Errorf("the cause of %v cannot be found", err)
				}
			})
		})
	}
}

func TestARefusalOverTCPIsASentence(t *testing.T) {
	n, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := n.Addr().String()
	n.Close()
	err = controlError(t, t.Context(), &chaos.Lab{Target: wire.Request{Method: "GET", URL: "http://" + addr + "/"}})
	if err == nil || err.Error() != addr+" refused the connection: is the server running?" || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v", err)
	}
}

func TestRecordsOverTCPAndTLS(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := fixtures.Sound("answer")
		s.TLS = secure
		e, err := fixtures.Listen(t.Context(), s, "")
		if err != nil {
			t.Fatal(err)
		}
		l := labFor(s, e.Addr)
		l.Watch = 10 * time.Second
		b := gather(t, t.Context(), l)
		e.Close()
		if x := b.Recording(wire.Control).Last(); x == nil || x.End.Kind != wire.Complete || len(x.BodyBytes()) == 0 || x.Dial <= 0 {
			t.Errorf("TLS %v: got %v", secure, b.Gaps)
		}
	}
}
