package chaos_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// redirecting sends who asks for /s elsewhere, and streams to who asks for anything else.
func redirecting(status int, location string, seen *[]fixtures.Request) *fixtures.Server {
	return answering(func(r *fixtures.Request) fixtures.Answer {
		if seen != nil {
			*seen = append(*seen, *r)
		}
		if r.Path() != "/s" {
			return ok(fixtures.Chunked, acts(0, "data: 1\n\n")...)
		}
		return fixtures.Answer{Status: status, Reason: "Elsewhere", Framing: fixtures.Length, Header: fixtures.Header{{Name: "Location", Value: location}}}
	})
}

func TestRedirectsKeepOrChangeTheMethod(t *testing.T) {
	for _, tc := range []struct {
		status       int
		method, want string
	}{
		{301, "GET", "GET"}, {308, "GET", "GET"}, {303, "GET", "GET"}, {301, "POST", "GET"}, {302, "POST", "GET"}, {303, "POST", "GET"},
		{307, "POST", "POST"}, {308, "POST", "POST"}, {302, "PUT", "PUT"}, {303, "PUT", "GET"}, {303, "HEAD", "HEAD"},
	} {
		t.Run(fmt.Sprintf("%d makes %s %s", tc.status, tc.method, tc.want), func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				var seen []fixtures.Request
				l := g.serve(redirecting(tc.status, "../t?x=1#top", &seen))
				l.Target.Method, l.Target.Header = tc.method, wire.Header{{Name: "Content-Type", Value: "text/plain"}, {Name: "Content-Language", Value: "en"}}
				if tc.method != "GET" && tc.method != "HEAD" {
					l.Target.Body = []byte("hello")
				}
				b := gather(t, g.ctx, l)
				r := b.Recording(wire.Control)
				if len(r.Exchanges) != 2 || len(seen) != 2 || b.Requests != 2 {
					t.Fatalf("got %d exchanges, %d requests", len(r.Exchanges), len(seen))
				}
				if got := r.Exchanges[0]; got.Status != tc.status || got.Request.URL != "http://stream.example/s" {
					t.Errorf("the first hop is %v", got)
				}
				last := seen[1]
				if last.Method != tc.want || last.Target != "/t?x=1" || r.Last().Request.Method != tc.want {
					t.Errorf("got %s %s", last.Method, last.Target)
				}
				wantBody := ""
				if last.Method == "POST" || last.Method == "PUT" {
					wantBody = "hello"
				}
				if string(last.Body) != wantBody || last.Header.Has("Content-Language") != (tc.want == tc.method) {
					t.Errorf("got body %q, fields %v", last.Body, last.Header)
				}
			})
		})
	}
}

func TestCredentialsStayWithTheirOrigin(t *testing.T) {
	for _, tc := range []struct {
		name, location, at string
		stays              bool
	}{
		{"the same origin", "/t", "stream.example:80", true},
		{"the same origin, with its port", "http://stream.example:80/t", "stream.example:80", true},
		{"another host", "http://other.example/t", "other.example:80", false},
		{"another port", "http://stream.example:8080/t", "stream.example:8080", false},
		{"another scheme", "https://stream.example/t", "stream.example:443", false},
		{"user and password in the location", "http://user:pass@other.example/t", "other.example:80", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				var seen []fixtures.Request
				s := redirecting(302, tc.location, &seen)
				l := g.serve(s)
				if tc.at != "stream.example:80" {
					other := redirecting(302, "", &seen)
					other.TLS = tc.at == "stream.example:443"
					g.net.Serve(g.ctx, tc.at, other)
				}
				l.Target.Header = wire.Header{
					{Name: "authorization", Value: "Bearer abcdef"}, {Name: "Cookie", Value: "sid=abcdef"}, {Name: "X-Api-Key", Value: "abcdef"},
					{Name: "Last-Event-ID", Value: "7"}, {Name: "host", Value: "virtual.example"},
				}
				x := g.control(t, l)
				if x.Status != 200 || len(seen) != 2 {
					t.Fatalf("got status %d after %d requests", x.Status, len(seen))
				}
				h := seen[1].Header
				for _, name := range []string{"Authorization", "Cookie", "X-Api-Key"} {
					if h.Has(name) != tc.stays {
						t.Errorf("%s was sent: %v", name, h.Has(name))
					}
				}
				if h.Get("Last-Event-ID") != "7" || (h.Get("Host") == "virtual.example") != tc.stays {
					t.Errorf("got fields %v", h)
				}
			})
		})
	}
}

func TestWhereRedirectsEnd(t *testing.T) {
	for _, tc := range []struct {
		name, location string
		hops           int
	}{
		{"a loop after 20 redirects", "/s", 21},
		{"no location", "", 1},
		{"a location that is no URL", "http://[::1", 1},
		{"another scheme", "ftp://stream.example/t", 1},
		{"no host", "http:///t", 1},
		{"a host that is not there", "http://gone.example/t", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				b := gather(t, g.ctx, g.serve(redirecting(302, tc.location, nil)), wire.Fetch, wire.Again)
				r := b.Recording(wire.Control)
				if len(r.Exchanges) != tc.hops || r.Last().Status != 302 {
					t.Errorf("got %d exchanges, want %d", len(r.Exchanges), tc.hops)
				}
				if got := gap(b, wire.Again); !got.Moot {
					t.Errorf("got gap %v", got)
				}
			})
		})
	}
}

func TestBudgetOnTheWay(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(redirecting(302, "/s", nil))
		l.Limits.Requests = 3
		b := gather(t, g.ctx, l, wire.Fetch, wire.Again)
		r := b.Recording(wire.Control)
		if len(r.Exchanges) != 3 || r.Last().End.Note != wire.RequestsSpent {
			t.Errorf("got %d exchanges, the last ended %v", len(r.Exchanges), r.Last().End)
		}
		if got := gap(b, wire.Again); got.Moot || got.Reason != wire.RequestsSpent {
			t.Errorf("got gap %v", got)
		}
	})
}

func TestInterruptionOnTheWay(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(redirecting(302, "/s", nil)) // each hop is watched a little for what stands behind it
		ctx, cancel := context.WithTimeout(g.ctx, 120*ms)
		defer cancel()
		b := gather(t, ctx, l, wire.Fetch)
		if got := b.Recording(wire.Control).Last().End.Note; got != wire.TimeSpent {
			t.Errorf("got note %q", got)
		}
		if got := gap(b, wire.Fetch); got.Moot || got.Reason != wire.TimeSpent {
			t.Errorf("got gap %v", got)
		}
	})
}

func TestAddressesOfANameAreNotUsedForAnother(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: "http://stream.example/s"}, Dial: g.net.Dial}
		l.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, nil
		}
		s := redirecting(302, "http://other.example/t", nil)
		for _, at := range []string{"stream.example:80", "192.0.2.1:80", "192.0.2.2:80", "other.example:80"} {
			g.net.Serve(g.ctx, at, s)
		}
		b := gather(t, g.ctx, l, wire.Addresses)
		var got []string
		for _, x := range b.Recording(wire.Addresses).Exchanges {
			got = append(got, x.Address)
		}
		if want := "[192.0.2.1:80 other.example:80 192.0.2.2:80 other.example:80]"; fmt.Sprint(got) != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
