package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func every() []wire.Scene {
	var out []wire.Scene
	for _, e := range chaos.Experiments() {
		out = append(out, e.Scene)
	}
	return out
}

func TestPlanKeepsTheOrder(t *testing.T) {
	for _, tc := range []struct {
		name  string
		asked []wire.Scene
		want  string
	}{
		{"control always comes", nil, "[control]"},
		{"and comes first", []wire.Scene{wire.Again, wire.Fetch, wire.Fetch, wire.Control}, "[control fetch again]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			plan, err := chaos.Plan(tc.asked)
			var got []wire.Scene
			for _, e := range plan {
				got = append(got, e.Scene)
			}
			if err != nil || fmt.Sprint(got) != tc.want {
				t.Errorf("got %v, %v, want %v", got, err, tc.want)
			}
		})
	}
	if _, err := chaos.Plan([]wire.Scene{"nonsense"}); err == nil {
		t.Error("a scene that nobody records is no error")
	}
}

func TestForecast(t *testing.T) {
	post := &chaos.Lab{Target: wire.Request{Method: "POST"}}
	get := &chaos.Lab{Target: wire.Request{Method: "GET"}}
	all := &chaos.Lab{
		Target: wire.Request{Method: "GET", URL: "http://stream.example/", Header: wire.Header{{Name: "Cookie", Value: "sid=1"}}},
		Load:   true, Scale: &chaos.Scale{}, Origin: "http://app.example", Other: wire.Header{{Name: "Cookie", Value: "sid=2"}}, Echo: &chaos.Echo{URL: "http://stream.example/?q={text}"},
	}
	for _, e := range chaos.Experiments() {
		if got := get.Forecast(e); (got != nil) != (e.Unless != nil) {
			t.Errorf("GET, %s: %v", e.Scene, got)
		}
		if got := all.Forecast(e); got != nil {
			t.Errorf("all that can be allowed, %s: %v", e.Scene, got)
		}
		if got := post.Forecast(e); (got != nil) != (e.Scene != wire.Control && !e.Safe || e.Unless != nil) {
			t.Errorf("POST, %s: %v", e.Scene, got)
		}
	}
}

func TestAFullRunSendsAtMostTwentyThreeRequests(t *testing.T) {
	for _, name := range []string{"feed", "answer", "chat"} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " TLS ", secure), func(t *testing.T) {
				bubble(t, func(t *testing.T, g *stage) {
					s := fixtures.Sound(name)
					s.TLS = secure
					var served atomic.Int64
					s.EditAny(func(*fixtures.Request, *fixtures.Answer) { served.Add(1) })
					l := g.serve(s)
					l.Repeat = true
					b := gather(t, g.ctx, l, every()...)
					if b.Requests > 23 || b.Requests != int(served.Load()) {
						t.Errorf("%d requests counted, %d served", b.Requests, served.Load())
					}
					for _, gap := range b.Gaps {
						if !gap.Moot {
							t.Errorf("got gap %v", gap)
						}
					}
					for i, r := range b.Recordings[1:] {
						if r.Exchanges[0].Began.Before(b.Recordings[i].Last().Began) {
							t.Errorf("%s began before the one before it", r.Scene)
						}
					}
					if b.Duration <= 0 || b.Noise == nil || b.Noise.P99 != 0 {
						t.Errorf("got duration %v, noise %v", b.Duration, b.Noise)
					}
					t.Logf("%d requests in %v", b.Requests, b.Duration)
				})
			})
		}
	}
}

func TestBudgetOfRequests(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("answer")
		var served atomic.Int64
		s.EditAny(func(*fixtures.Request, *fixtures.Answer) { served.Add(1) })
		l := g.serve(s)
		l.Limits.Requests = 3
		b := gather(t, g.ctx, l, wire.Fetch, wire.Accept, wire.Head, wire.Again)
		if b.Requests != 3 || served.Load() != 3 {
			t.Errorf("%d requests counted, %d served", b.Requests, served.Load())
		}
		if got := gap(b, wire.Accept); got.Reason != wire.RequestsSpent || got.Moot { // it takes two, one is left
			t.Errorf("accept: got gap %v", got)
		}
		if b.Recording(wire.Again) == nil {
			t.Error("again was affordable")
		}
		if got := gap(b, wire.Head); got.Reason != wire.RequestsSpent || got.Moot {
			t.Errorf("head: got gap %v", got)
		}
	})
}

func TestTimeOutsWhileConnectingAreTheUsers(t *testing.T) {
	for _, tc := range []struct{ name, url string }{{"plain", "http://stream.example/"}, {"TLS", "https://stream.example/"}} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := g.script(func(c *fixtures.Conn) { hear(c, "never") })
				l.Target.URL = tc.url
				if tc.name == "plain" {
					l.Dial = hanging
				}
				ctx, cancel := context.WithTimeout(g.ctx, time.Second)
				defer cancel()
				b := gather(t, ctx, l, wire.Fetch)
				for _, scene := range []wire.Scene{wire.Control, wire.Fetch} {
					if got := gap(b, scene); got.Reason != wire.TimeSpent {
						t.Errorf("%s: got gap %v", scene, got)
					}
				}
			})
		})
	}
}

func TestAPostIsSentOnceUnlessAllowed(t *testing.T) {
	for _, repeat := range []bool{false, true} {
		t.Run(fmt.Sprint("repeat ", repeat), func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				s := fixtures.Sound("chat")
				var posts atomic.Int64
				s.EditAny(func(r *fixtures.Request, _ *fixtures.Answer) {
					if r.Method == "POST" {
						posts.Add(1)
					}
				})
				l := g.serve(s)
				l.Repeat = repeat
				b := gather(t, g.ctx, l, every()...)
				if (posts.Load() == 1) == repeat {
					t.Errorf("%d POSTs", posts.Load())
				}
				if got := gap(b, wire.Again); !repeat && (got.Moot || got.Reason == "") {
					t.Errorf("got gap %v", got)
				}
				if x := b.Recording(wire.Options).Last(); x == nil || x.Request.Method != "OPTIONS" || len(x.Request.Body) > 0 {
					t.Errorf("OPTIONS: %v", x)
				}
			})
		})
	}
}

func TestScenesAfterNoStreamAreMoot(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer fixtures.Answer
	}{
		{"a page", fixtures.Answer{Status: 200, Header: fixtures.Header{{Name: "Content-Type", Value: "text/html"}}, Framing: fixtures.Length}},
		{"an error", fixtures.Answer{Status: 500, Header: fixtures.Header{{Name: "Content-Type", Value: "text/event-stream"}}, Framing: fixtures.Length}},
		{"nothing", fixtures.Answer{End: fixtures.Cut}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				b := gather(t, g.ctx, g.serve(stream(tc.answer)), every()...)
				for _, e := range chaos.Experiments()[1:] {
					made := e.Always && e.Unless == nil && e.Moot == nil && tc.answer.Status != 0
					if got := gap(b, e.Scene); (b.Recording(e.Scene) != nil) != made || got.Moot == made {
						t.Errorf("%s: got gap %v", e.Scene, got)
					}
				}
			})
		})
	}
}

func TestWithoutControlNothingIsMade(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: "http://gone.example/"}, Dial: g.net.Dial}
		b := gather(t, g.ctx, l, wire.Fetch, wire.Again)
		if len(b.Recordings) != 0 || len(b.Gaps) != 3 || b.Requests != 0 {
			t.Fatalf("got %d recordings, gaps %v", len(b.Recordings), b.Gaps)
		}
		if got := b.Gaps[0]; got.Moot || got.Reason != "gone.example:80 refused the connection: is the server running?" {
			t.Errorf("got gap %v", got)
		}
		if got := b.Gaps[2]; got.Moot || got.Reason != "the control request could not be made" {
			t.Errorf("got gap %v", got)
		}
	})
}

func TestPerformCanBeLeft(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		plan, err := chaos.Plan(every())
		if err != nil {
			t.Fatal(err)
		}
		l := g.serve(fixtures.Sound("answer"))
		var told []wire.Scene
		l.Tap = func(p chaos.Progress) {
			if p.Exchange == nil {
				told = append(told, p.Experiment.Scene)
			}
		}
		for take := range chaos.Perform(g.ctx, l, plan) {
			if take.Err != nil || take.Recording == nil {
				t.Errorf("%s: %v", take.Experiment.Scene, take.Err)
			}
			if take.Experiment.Scene == wire.Fetch {
				break
			}
		}
		if fmt.Sprint(told) != "[control fetch]" || l.Requests() != 2 || l.Recording(wire.Fetch) == nil || l.Recording(wire.Again) != nil {
			t.Errorf("told %v, %d requests", told, l.Requests())
		}
	})
}

func TestLoadIsMadeWhereItIsAllowed(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("feed")
		l := g.serve(s)
		l.Load = true
		b := gather(t, g.ctx, l, wire.Twins, wire.Crowd, wire.Churn)
		crowd := b.Recording(wire.Crowd).Exchanges
		for _, x := range crowd {
			if !x.Began.Equal(crowd[0].Began) {
				t.Error("the crowd did not come at once")
			}
		}
		if len(crowd) != 7 {
			t.Errorf("%d exchanges", len(crowd))
		}
		if got := len(b.Recording(wire.Churn).Exchanges); got != 1 || b.Requests != 1+2+7+51 {
			t.Errorf("%d exchanges, %d requests in all", got, b.Requests)
		}
	})
}

func TestReconnectTellsTheLastID(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := gather(t, g.ctx, g.serve(fixtures.Sound("answer")), wire.Reconnect)
		x := b.Recording(wire.Reconnect).Last()
		if got := x.Request.Header.Get("Last-Event-ID"); got != "6" || x.Status != 204 {
			t.Errorf("asked with %q, answered %d", got, x.Status)
		}
	})
}

func TestMootErrorsCanBeToldApart(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		plan, _ := chaos.Plan([]wire.Scene{wire.Reconnect})
		for take := range chaos.Perform(g.ctx, g.serve(fixtures.Sound("feed")), plan) {
			var moot *chaos.MootError
			if got := errors.As(take.Err, &moot); got != (take.Experiment.Scene == wire.Reconnect) {
				t.Errorf("%s: %v", take.Experiment.Scene, take.Err)
			}
		}
	})
}

func TestACallOfMCPIsKnownByItsBody(t *testing.T) {
	for _, tc := range []struct{ name, method, body, want string }{
		{"initialize", "POST", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`, "mcp"},
		{"a tool", "POST", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"sea"}}`, "mcp"},
		{"another protocol", "POST", `{"jsonrpc":"2.0","id":1,"method":"message/stream"}`, "fetch"},
		{"no JSON-RPC", "POST", `{"method":"initialize"}`, "fetch"},
		{"no JSON", "POST", `jsonrpc=2.0&method=initialize`, "fetch"},
		{"a GET", "GET", "", "eventsource"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				s := stream(fixtures.Answer{Status: 200, Header: fixtures.Header{{Name: "Content-Type", Value: "text/event-stream"}}})
				l := g.serve(s)
				l.Target.Method, l.Target.Body = tc.method, []byte(tc.body)
				if got := gather(t, g.ctx, l).Profile; got != tc.want {
					t.Errorf("got %s, want %s", got, tc.want)
				}
			})
		})
	}
}

func TestWhoHasNoCredentialsIsWatchedForSomeEvents(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(fixtures.Sound("feed")) // five events a second
		l.Target.Header = wire.Header{{Name: "Cookie", Value: "sid=of-the-first-session"}}
		x := gather(t, g.ctx, l, wire.Anonymous).Recording(wire.Anonymous).Last()
		if got := bytes.Count(x.BodyBytes(), []byte("data: ")); got < 2 {
			t.Errorf("got %d events", got)
		}
	})
}
