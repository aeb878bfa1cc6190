package chaos_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// me:secret-1, as RFC 7617 writes it.
const proxyField = "Proxy-Authorization: Basic bWU6c2VjcmV0LTE=\r\n"

// through gives the lab a proxy that is served by play, and keeps the head that it hears.
func (g *stage) through(l *chaos.Lab, head *string, play func(c *fixtures.Conn)) {
	l.Proxy = &url.URL{Scheme: "http", Host: "proxy.example:3128", User: url.UserPassword("me", "secret-1")}
	l.Dial = g.scripted(func(c *fixtures.Conn) {
		if c.LocalAddr().String() != "proxy.example:3128" {
			return
		}
		*head = hear(c, "\r\n\r\n")
		play(c)
	})
}

func TestHTTPGoesThroughAProxyInAbsoluteForm(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: "http://me:pass@stream.example:8080/s?a=1#top"}}
		var head string
		g.through(l, &head, func(c *fixtures.Conn) { say(c, 0, "HTTP/1.1 204 No Content\r\n\r\n") })
		x := g.control(t, l)
		if !strings.HasPrefix(head, "GET http://stream.example:8080/s?a=1 HTTP/1.1\r\nHost: stream.example:8080\r\n") || strings.Count(head, proxyField) != 1 {
			t.Errorf("the proxy heard %q", head)
		}
		if x.Status != 204 || x.Request.Header.Has("Proxy-Authorization") {
			t.Errorf("got %v", x.Request)
		}
	})
}

func TestHTTPSGoesThroughATunnel(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				s := fixtures.Sound("answer")
				s.TLS = true
				l := labFor(s, host)
				l.Version = version
				var head string
				g.through(l, &head, func(c *fixtures.Conn) {
					say(c, 0, "HTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\n\r\n")
					s.ServeConn(g.ctx, c)
				})
				x := g.control(t, l)
				if want := "CONNECT stream.example:443 HTTP/1.1\r\nHost: stream.example:443\r\n" + proxyField + "\r\n"; head != want {
					t.Errorf("the proxy heard %q, want %q", head, want)
				}
				if x.Proto != version || x.End.Kind != wire.Complete {
					t.Errorf("got %s %v", x.Proto, x.End)
				}
			})
		})
	}
}

func TestTunnelsThatFailAreSentences(t *testing.T) {
	for _, tc := range []struct {
		name, answer, want string
	}{
		{"refused", "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", `stream.example:443 cannot be reached: the proxy refused the tunnel: "HTTP/1.1 407 Proxy Authentication Required"`},
		{"no HTTP", "?\r\n\r\n", `stream.example:443 cannot be reached: the proxy refused the tunnel: "?"`},
		{"hung up", "HTTP/1.1 200 OK\r\n", "stream.example:443 cannot be reached: the proxy ended the connection: EOF"},
		{"no end", strings.Repeat("x", 300<<10), "stream.example:443 cannot be reached: the proxy's answer has no end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: "https://stream.example/s"}}
				var head string
				g.through(l, &head, func(c *fixtures.Conn) { say(c, 0, tc.answer) })
				if err := controlError(t, g.ctx, l); err == nil || err.Error() != tc.want {
					t.Errorf("got %v, want %s", err, tc.want)
				}
			})
		})
	}
}
