package chaos_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	sse "github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

const appOrigin = fixtures.AppOrigin

// witnessed returns what a server was asked so far.
func witnessed(s *fixtures.Server) func() []fixtures.Request {
	var mu sync.Mutex
	var seen []fixtures.Request
	s.EditAny(func(r *fixtures.Request, _ *fixtures.Answer) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, *r)
	})
	return func() []fixtures.Request {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

// TestNothingIsSentThatTheUserDidNotAllow lets every experiment run that a page's origin, credentials and all
// scenes ask for: no unsafe method, no id that the stream did not give, no text that wants to become fields.
func TestNothingIsSentThatTheUserDidNotAllow(t *testing.T) {
	for _, name := range []string{"feed", "answer", "cors", "cors-feed", "cors-credentials", "cors-bearer", "chat", "cors-chat"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				s := fixtures.Sound(name)
				asked := witnessed(s)
				l := g.serve(s)
				l.Origin, l.Include = appOrigin, s.Include
				for _, f := range s.Ask {
					if !l.Target.Header.Has(f.Name) {
						l.Target.Header = append(l.Target.Header, wire.Field(f))
					}
				}
				b := gather(t, g.ctx, l, every()...)
				given := map[string]bool{"": true}
				for _, r := range b.Recordings {
					for _, x := range r.Exchanges {
						text, _ := x.Decoded()
						for _, e := range sse.Parse(sse.EventStream, text.Bytes).Events {
							given[string(e.ID)] = true
						}
					}
				}
				posts := 0
				for _, r := range asked() {
					if r.Method == "POST" {
						posts++
					}
					if m := r.Method; m != "GET" && m != "HEAD" && m != "OPTIONS" && m != s.Method {
						t.Errorf("%s was sent", m)
					}
					if id := r.Header.Get("Last-Event-ID"); !given[id] {
						t.Errorf("the id %q was named, which the stream did not give", id)
					}
					if strings.Contains(r.Target, wire.Marker) || bytes.Contains(r.Body, []byte(wire.Marker)) {
						t.Errorf("an injection was sent: %s %s", r.Method, r.Target)
					}
				}
				if s.Method == "POST" && posts != 1 {
					t.Errorf("POST was sent %d times, want once", posts)
				}
			})
		})
	}
}

func TestAnEventSourceSendsNoneOfTheUsersOwnFields(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("cors")
		asked := witnessed(s)
		l := g.serve(s)
		l.Origin = appOrigin
		l.Target.Header = wire.Header{{Name: "Authorization", Value: "Bearer abcdefgh"}, {Name: "X-Own", Value: "1"}, {Name: "Cookie", Value: "sid=abcdefgh"}}
		gather(t, g.ctx, l, wire.CrossOrigin)
		all := asked()
		r := all[len(all)-1]
		for _, name := range []string{"Authorization", "X-Own", "Cookie"} {
			if r.Header.Has(name) {
				t.Errorf("%s was sent", name)
			}
		}
		for name, want := range map[string]string{"Origin": appOrigin, "Accept": "text/event-stream", "Cache-Control": "no-cache"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
}

func TestCookiesGoAlongWithCredentialsOnly(t *testing.T) {
	for include, want := range map[bool]string{false: "", true: "sid=abcdefgh"} {
		bubble(t, func(t *testing.T, g *stage) {
			s := fixtures.Sound("cors")
			asked := witnessed(s)
			l := g.serve(s)
			l.Origin, l.Include = appOrigin, include
			l.Target.Header = wire.Header{{Name: "Cookie", Value: "sid=abcdefgh"}}
			gather(t, g.ctx, l, wire.CrossOrigin, wire.Script)
			for _, r := range asked()[1:] {
				if got := r.Header.Get("Cookie"); r.Method == "GET" && got != want {
					t.Errorf("credentials %v: Cookie is %q, want %q", include, got, want)
				}
			}
		})
	}
}

func TestAPreflightIsAskedAsBrowsersAskIt(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("cors-chat")
		asked := witnessed(s)
		l := g.serve(s)
		l.Origin = appOrigin
		l.Target.Header = wire.Header{{Name: "X-B", Value: "2"}, {Name: "Content-Type", Value: "application/json"}, {Name: "Authorization", Value: "Bearer of-the-first-session"}, {Name: "x-a", Value: "1"}}
		b := gather(t, g.ctx, l, wire.Script)
		all := asked()
		if len(all) != 2 || all[0].Method != "POST" || all[1].Method != "OPTIONS" {
			t.Fatalf("got %d requests", len(all))
		}
		leave := all[1].Header
		for name, want := range map[string]string{
			"Access-Control-Request-Headers": "authorization,content-type,x-a,x-b", "Access-Control-Request-Method": "POST",
			"Origin": appOrigin, "Accept": "*/*", "Authorization": "", "Cookie": "",
		} {
			if got := leave.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if got := b.Recording(wire.Control).Last().Request.Header.Get("Origin"); got != appOrigin {
			t.Errorf("the POST that is sent once has Origin %q", got)
		}
	})
}

// TestOriginBecomesNullBehindAForeignRedirect leads a page's request from one foreign origin to another.
func TestOriginBecomesNullBehindAForeignRedirect(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		far := fixtures.Sound("cors")
		asked := witnessed(far)
		g.net.Serve(g.ctx, "far.example:80", far)
		near := answering(func(*fixtures.Request) fixtures.Answer {
			return fixtures.Answer{Status: 307, Framing: fixtures.Length, Header: fixtures.Header{{Name: "Location", Value: "http://far.example/cors"}, {Name: "Access-Control-Allow-Origin", Value: "*"}}}
		})
		l := g.serve(near)
		l.Origin, l.Include = appOrigin, true
		l.Target.Header = wire.Header{{Name: "Cookie", Value: "sid=abcdefgh"}}
		gather(t, g.ctx, l, wire.CrossOrigin)
		l.Include = false
		gather(t, g.ctx, l, wire.CrossOrigin)
		null := 0
		for _, r := range asked() {
			if r.Header.Get("Origin") == "null" {
				null++
			}
			if r.Header.Has("Cookie") {
				t.Error("the cookie went to another origin")
			}
		}
		if null != 1 { // with credentials * lets nobody on
			t.Errorf("%d requests have Origin: null, want 1", null)
		}
	})
}

func TestABrowserThatMayNotAskSendsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("cors")
		asked := witnessed(s)
		l := g.serve(s)
		l.Origin = "https://app.example" // and the stream is at http
		b := gather(t, g.ctx, l, wire.CrossOrigin)
		if len(asked()) != 1 {
			t.Errorf("%d requests were sent, want the control alone", len(asked()))
		}
		if len(b.Gaps) != 1 || !b.Gaps[0].Moot || !strings.Contains(b.Gaps[0].Reason, "mixed content") {
			t.Errorf("got %+v", b.Gaps)
		}
	})
}

// TestAPageAsksLeaveBehindARedirectForWhatWeKeepHere sends a page's request with a key to another origin: the browser would
// take the key along, and asks leave for it there. We ask too, and keep the key.
func TestAPageAsksLeaveBehindARedirectForWhatWeKeepHere(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		far := fixtures.Sound("cors")
		asked := witnessed(far)
		g.net.Serve(g.ctx, "far.example:80", far)
		near := answering(func(r *fixtures.Request) fixtures.Answer {
			open := fixtures.Header{{Name: "Access-Control-Allow-Origin", Value: "*"}, {Name: "Access-Control-Allow-Headers", Value: "x-api-key"}}
			if r.Method == "OPTIONS" {
				return fixtures.Answer{Status: 204, Header: open}
			}
			return fixtures.Answer{Status: 307, Framing: fixtures.Length, Header: append(open, fixtures.Field{Name: "Location", Value: "http://far.example/cors"})}
		})
		l := g.serve(near)
		l.Origin = appOrigin
		l.Target.Header = wire.Header{{Name: "X-Api-Key", Value: "of-the-first-session"}}
		b := gather(t, g.ctx, l, wire.Script)
		var leaves []string
		for _, r := range asked() {
			if r.Header.Has("X-Api-Key") {
				t.Error("the key went to another origin")
			}
			if r.Method == "OPTIONS" {
				leaves = append(leaves, r.Header.Get("Access-Control-Request-Headers"))
			}
		}
		if len(leaves) != 1 || leaves[0] != "x-api-key" {
			t.Errorf("leave was asked for %q, want x-api-key once", leaves)
		}
		if x := b.Recording(wire.Script).Last(); x.Request.Method != "OPTIONS" {
			t.Errorf("%s was sent, though no leave was given", x.Request.Method)
		}
	})
}

// TestWhatABrowserAddsIsNotTheScripts sends what "Copy as cURL" gives: the fields that the browser had added need no leave.
func TestWhatABrowserAddsIsNotTheScripts(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("cors")
		asked := witnessed(s)
		l := g.serve(s)
		l.Origin = appOrigin
		l.Target.Header = wire.Header{{Name: "Accept", Value: "text/event-stream"}, {Name: "Cache-Control", Value: "no-cache"}, {Name: "Pragma", Value: "no-cache"}, {Name: "Priority", Value: "u=1, i"}, {Name: "Sec-Fetch-Mode", Value: "cors"}}
		gather(t, g.ctx, l, wire.Script)
		for _, r := range asked() {
			if r.Method == "OPTIONS" {
				t.Errorf("leave was asked for %q", r.Header.Get("Access-Control-Request-Headers"))
			}
		}
	})
}
