package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// between puts a server at each of the routes, the first one straight to the endpoint and the last one the reader's.
func (g *stage) between(servers ...*fixtures.Server) *chaos.Lab {
	l := &chaos.Lab{Watch: 6 * time.Second, Dial: g.net.Dial, Edge: &chaos.Edge{Depth: chaos.Quick}}
	for i, s := range servers {
		name := []string{wire.Direct, "app", "cdn"}[i]
		if i == len(servers)-1 {
			name = wire.Via
		}
		at := name + ".example"
		g.net.Serve(g.ctx, at+":80", s)
		l.Edge.Hops = append(l.Edge.Hops, wire.Hop{Name: name, URL: "http://" + at + "/s"})
	}
	l.Target = wire.Request{Method: "GET", URL: l.Edge.Hops[len(servers)-1].URL}
	return l
}

// compare makes the experiments that compare routes.
func (g *stage) compare(l *chaos.Lab) *wire.Bundle {
	plan := slices.DeleteFunc(chaos.EdgeExperiments(), func(e *chaos.Experiment) bool {
		return !slices.Contains([]wire.Scene{wire.EdgeSemantics, wire.EdgeShared, wire.EdgeAnswers}, e.Scene)
	})
	return chaos.GatherEdge(g.ctx, l, plan)
}

// cases lists the exchanges of a scene by their cases.
func cases(b *wire.Bundle, s wire.Scene) []string {
	var out []string
	if r := b.Recording(s); r != nil {
		for _, x := range r.Exchanges {
			out = append(out, string(x.Case))
		}
	}
	return out
}

// feed is a server whose events all readers share: one every 200 ms since the bubble began. It resumes.
func feed() *fixtures.Server {
	began := time.Now()
	return answering(func(r *fixtures.Request) fixtures.Answer {
		n := int(time.Since(began)/feedPace) + 1
		fmt.Sscan(r.Header.Get("Last-Event-ID"), &n)
		a := ok(fixtures.Chunked)
		a.More = func(yield func(fixtures.Act) bool) {
			for {
				n++
				due := began.Add(time.Duration(n) * feedPace)
				if !yield(fixtures.Act{Wait: time.Until(due), Write: fmt.Sprintf("id: %d\ndata: %d\n\n", n, n)}) {
					return
				}
			}
		}
		return a
	})
}

const feedPace = 200 * time.Millisecond

// own gives each reader a stream of its own, with ids that begin with 1.
func own(events int) *fixtures.Server {
	return answering(func(*fixtures.Request) fixtures.Answer {
		a := ok(fixtures.Chunked)
		for n := range events {
			a.Acts = append(a.Acts, fixtures.Act{Wait: feedPace, Write: fmt.Sprintf("id: %d\ndata: %d\n\n", n+1, n+1)})
		}
		return a
	})
}

func status(code int, fields ...string) *fixtures.Server {
	a := fixtures.Answer{Status: code, Reason: "x", Framing: fixtures.Length}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		a.Header = append(a.Header, fixtures.Field{Name: name, Value: value})
	}
	return stream(a)
}

func TestARouteThatLeadsToNoStreamIsNamed(t *testing.T) {
	page := fixtures.Answer{Status: 200, Reason: "OK", Header: fixtures.Header{{Name: "Content-Type", Value: "text/html"}}, Acts: acts(0, "<p>hello</p>")}
	mute := ok(fixtures.Chunked)
	mute.HeadLag = time.Hour
	for _, tc := range []struct {
		name    string
		servers func() []*fixtures.Server
		want    string
	}{
		{"a redirect is another route", func() []*fixtures.Server {
			return []*fixtures.Server{status(301, "Location: https://elsewhere.example/s"), feed()}
		}, "the route direct redirects to https://elsewhere.example/s: name that URL with --direct"},
		{"a hop in between", func() []*fixtures.Server { return []*fixtures.Server{feed(), status(502), feed()} }, "the route app answered with status 502, which is no stream"},
		{"a login", func() []*fixtures.Server { return []*fixtures.Server{feed(), status(401)} }, "the route via refused authentication with status 401"},
		{"a page", func() []*fixtures.Server { return []*fixtures.Server{feed(), stream(page)} }, `the route via answered with media type "text/html", which is no stream`},
		{"an endpoint that says nothing", func() []*fixtures.Server { return []*fixtures.Server{stream(mute), feed()} }, "the route direct did not answer in 4s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				b := g.compare(g.between(tc.servers()...))
				if got := gap(b, wire.EdgeSemantics); got.Moot || !strings.HasPrefix(got.Reason, tc.want) {
					t.Errorf("got %q, want %q", got.Reason, tc.want)
				}
				if got := gap(b, wire.EdgeShared); !strings.Contains(got.Reason, tc.want) {
					t.Errorf("got %q, want it to say the same", got.Reason)
				}
			})
		})
	}
}

func TestANameThatIsNotServedIsToldWithItsRoute(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.between(feed(), feed())
		l.Edge.Hops[1].URL = "http://nowhere.example/s"
		b := g.compare(l)
		if got := gap(b, wire.EdgeSemantics); !strings.HasPrefix(got.Reason, "the route via: nowhere.example") {
			t.Errorf("got %q", got.Reason)
		}
	})
}

func TestAHopThatHoldsTheHeadIsNoRouteThatLeadsNowhere(t *testing.T) {
	mute := ok(fixtures.Chunked)
	mute.HeadLag = time.Hour
	bubble(t, func(t *testing.T, g *stage) {
		b := g.compare(g.between(feed(), stream(mute)))
		if r := b.Recording(wire.EdgeSemantics); r == nil || r.Exchanges[1].Status != 0 || r.Exchanges[1].End.Kind != wire.Silent {
			t.Errorf("got %v, want a look that brought nothing: %v", cases(b, wire.EdgeSemantics), b.Gaps)
		}
		if b.Recording(wire.EdgeShared) == nil {
			t.Errorf("the feed was not compared: %v", b.Gaps)
		}
	})
}

func TestReadersComeBackOnEveryRouteBehindTheSameEvent(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := g.compare(g.between(feed(), feed(), feed()))
		want := []string{
			"route=direct ask=look", "route=app ask=look", "route=via ask=look", "route=direct ask=coded",
			"route=direct ask=resume run=1", "route=app ask=resume run=1", "route=via ask=resume run=1",
		}
		if got := cases(b, wire.EdgeSemantics); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		first := firstOf(b.Recording(wire.EdgeSemantics).Exchanges[0])
		for _, x := range b.Recording(wire.EdgeSemantics).Exchanges[4:] {
			if x.Request.Header.Get("Last-Event-ID") != first || x.Cursor != first {
				t.Errorf("%s named %q and %q, want %q", x.Case, x.Request.Header.Get("Last-Event-ID"), x.Cursor, first)
			}
		}
	})
}

// firstOf returns the first id of a body.
func firstOf(x *wire.Exchange) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(string(x.BodyBytes()), "id: "), "\n")
	return id
}

func TestADifferentFirstEventIsAskedForAgain(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := g.compare(g.between(feed(), own(100)))
		if got := strings.Join(cases(b, wire.EdgeSemantics), ", "); !strings.HasSuffix(got, "route=direct ask=resume run=2, route=via ask=resume run=2") {
			t.Errorf("got %s, want a second run", got)
		}
	})
}

func TestLeaveIsAskedForWhereAPageMustReadTheStream(t *testing.T) {
	open := func(s *fixtures.Server) *fixtures.Server {
		answer := s.Answer
		s.Answer = func(r *fixtures.Request) *fixtures.Answer {
			a := answer(r)
			if r.Method == "OPTIONS" {
				*a = fixtures.Answer{Status: 204, Reason: "No Content"}
			}
			a.Header = append(a.Header, fixtures.Field{Name: "Access-Control-Allow-Origin", Value: "*"})
			return a
		}
		return s
	}
	bubble(t, func(t *testing.T, g *stage) {
		l := g.between(open(feed()), open(feed()))
		l.Origin = "https://app.example"
		got := strings.Join(cases(g.compare(l), wire.EdgeSemantics), ", ")
		for _, want := range []string{"route=direct ask=page", "route=via ask=preflight fields=all", "route=via ask=preflight fields=last-event-id"} {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
	bubble(t, func(t *testing.T, g *stage) {
		l := g.between(feed(), feed())
		l.Origin = "http://via.example"
		if got := strings.Join(cases(g.compare(l), wire.EdgeSemantics), ", "); strings.Contains(got, "ask=page") {
			t.Errorf("got %s, though pages of the target's own origin need no leave", got)
		}
	})
}

func TestCredentialsDoNotFollowARedirect(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var got []string
		elsewhere := answering(func(r *fixtures.Request) fixtures.Answer {
			got = append(got, r.Header.Get("Authorization"))
			return ok(fixtures.Chunked)
		})
		g.net.Serve(g.ctx, "elsewhere.example:80", elsewhere)
		l := g.between(feed(), status(302, "Location: http://elsewhere.example/s"))
		l.Target.Header = wire.Header{{Name: "Authorization", Value: "Bearer sesame-open"}}
		g.compare(l)
		if len(got) > 0 {
			t.Errorf("the redirect was followed with %q", got)
		}
	})
}

func TestEveryRouteThatTheUserNamedIsGivenHisFields(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var with, without sync.Map
		listen := func(name string) *fixtures.Server {
			s := feed()
			s.EditAny(func(r *fixtures.Request, _ *fixtures.Answer) {
				if r.Header.Get("Authorization") == "Bearer sesame-open" {
					with.Store(name, true)
				} else {
					without.Store(name, true)
				}
			})
			return s
		}
		l := g.between(listen("direct"), listen("app"), listen("via"))
		l.Target.Header = wire.Header{{Name: "Authorization", Value: "Bearer sesame-open"}}
		l.Secrets.AddFrom(l.Target)
		b := g.compare(l)
		for _, name := range []string{"direct", "app", "via"} {
			_, given := with.Load(name)
			if _, not := without.Load(name); !given || not {
				t.Errorf("%s was not given the credentials each time", name)
			}
		}
		for _, x := range b.Recording(wire.EdgeShared).Exchanges {
			if v := x.Request.Header.Get("Authorization"); v != "Bearer ***" {
				t.Errorf("the recording holds %q", v)
			}
		}
	})
}

func TestAPOSTIsNotRepeatedUnasked(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.between(feed(), feed())
		l.Target.Method = "POST"
		b := g.compare(l)
		if got := gap(b, wire.EdgeSemantics); !strings.Contains(got.Reason, "--repeat-post") || b.Requests != 0 {
			t.Errorf("got %q and %d requests", got.Reason, b.Requests)
		}
	})
}

func TestABudgetThatIsSpentIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.between(feed(), feed())
		l.Limits.Requests = 4
		b := g.compare(l)
		if x := b.Recording(wire.EdgeSemantics).Last(); x == nil || x.End.Note != wire.RequestsSpent {
			t.Errorf("the recording does not say that the budget was spent: %v", cases(b, wire.EdgeSemantics))
		}
		if got := gap(b, wire.EdgeAnswers); got.Reason != wire.RequestsSpent {
			t.Errorf("got %q, want %q", got.Reason, wire.RequestsSpent)
		}
	})
}
