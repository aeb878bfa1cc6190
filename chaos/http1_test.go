package chaos_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

const ms = time.Millisecond

func TestRecordsBytesAndMoments(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		head := "HTTP/1.1 200 Fine\r\ncontent-TYPE:text/event-stream\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
		words := []string{
			"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", head,
			"9\r\ndata: 1\n\n\r\n", "9;ext=1\r\ndata: 2\n", "\n\r\n", "0\r\nX-Sum: 7\r\n\r\n", "tail",
		}
		l := g.script(func(c *fixtures.Conn) {
			hear(c, "\r\n\r\n")
			say(c, 40*ms, words...)
		})
		x := g.control(t, l)
		if got, want := string(x.RawBytes()), strings.Join(words, ""); got != want {
			t.Errorf("got raw %q, want %q", got, want)
		}
		for i, c := range x.Raw {
			if want := time.Duration(i+1) * 40 * ms; c.At != want || string(c.Data) != words[i] {
				t.Errorf("read %d: got %q at %v, want %q at %v", i, c.Data, c.At, words[i], want)
			}
		}
		if got, want := arrivals(x.Body), "120ms data: 1\n\n\n160ms data: 2\n\n200ms \n\n"; got != want {
			t.Errorf("got body\n%s, want\n%s", got, want)
		}
		if len(x.Interim) != 1 || x.Interim[0].Status != 103 || x.Interim[0].At != 40*ms || x.HeadAt != 80*ms {
			t.Errorf("got interim %v and head at %v", x.Interim, x.HeadAt)
		}
		if len(x.Header) != 4 || x.Header[0].Name != "content-TYPE" || x.Header[2] != (wire.Field{Name: "X-A", Value: "1"}) {
			t.Errorf("got fields %v", x.Header)
		}
		if x.Trailer.Get("X-Sum") != "7" {
			t.Errorf("got trailer %v", x.Trailer)
		}
		wantEnd(t, x, wire.Complete, 240*ms, "") // what follows the end does not move it
	})
}

func TestEventsAreStampedAsTheyCome(t *testing.T) {
	for _, tc := range []struct{ name, version string }{{"HTTP/1.1", ""}, {"HTTP/2", "HTTP/2.0"}} {
		for _, secure := range []bool{false, true} {
			t.Run(tc.name, func(t *testing.T) {
				bubble(t, func(t *testing.T, g *stage) {
					s := stream(ok(fixtures.Chunked, acts(200*ms, "data: 1\n\n", "data: 2\n\n", "data: 3\n\n")...))
					s.TLS = secure
					l := g.serve(s)
					l.Version = tc.version
					x := g.control(t, l)
					if got, want := arrivals(x.Body), "200ms data: 1\n\n\n400ms data: 2\n\n\n600ms data: 3\n\n\n"; got != want {
						t.Errorf("got\n%swant\n%s", got, want)
					}
					if x.HeadAt != 0 {
						t.Errorf("got head at %v", x.HeadAt)
					}
					wantEnd(t, x, wire.Complete, 600*ms, "")
				})
			})
		}
	}
}

func TestEndsOverHTTP1(t *testing.T) {
	two := acts(10*ms, "data: 1\n\n", "data: 2\n\n")
	cut := func(end fixtures.End, f fixtures.Framing) fixtures.Answer {
		a := ok(f, two...)
		a.End = end
		return a
	}
	short := cut(fixtures.Cut, fixtures.Length)
	short.Header = append(short.Header, fixtures.Field{Name: "Content-Length", Value: "99"})
	lines := ok(fixtures.Close, fixtures.Act{Write: strings.Repeat("\n", 5000)})
	lines.End = fixtures.Hang
	long := fixtures.Answer{Head: "HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 5000), End: fixtures.Hang}
	late := ok(fixtures.Chunked)
	late.End = fixtures.Hang
	for _, tc := range []struct {
		name   string
		answer fixtures.Answer
		edit   func(*chaos.Lab)
		kind   wire.EndKind
		at     time.Duration
		note   string
	}{
		{"a chunked body is complete", cut(fixtures.Finish, fixtures.Chunked), nil, wire.Complete, 20 * ms, ""},
		{"a body of Content-Length is complete", cut(fixtures.Finish, fixtures.Length), nil, wire.Complete, 20 * ms, ""},
		{"a closed body is complete", cut(fixtures.Finish, fixtures.Close), nil, wire.Complete, 20 * ms, ""},
		{"204 is complete", fixtures.Answer{Status: 204, Reason: "No Content"}, nil, wire.Complete, 0, ""},
		{"a chunked body without its end is truncated", cut(fixtures.Cut, fixtures.Chunked), nil, wire.Truncated, 20 * ms, ""},
		{"a short body is truncated", short, nil, wire.Truncated, 20 * ms, ""},
		{"a connection closed without a word is truncated", fixtures.Answer{End: fixtures.Cut}, nil, wire.Truncated, 0, ""},
		{"a head without end is truncated", fixtures.Answer{Head: "HTTP/1.1 200 OK\r\nA: b\r\n", End: fixtures.Cut}, nil, wire.Truncated, 0, ""},
		{"a reset is a reset", cut(fixtures.Abort, fixtures.Chunked), nil, wire.Reset, 20 * ms, "reset"},
		{"no head is silent", fixtures.Answer{End: fixtures.Hang}, nil, wire.Silent, 2000 * ms, ""},
		{"a head and no body is silent", late, nil, wire.Silent, 2000 * ms, ""},
		{"half a head is not silent", fixtures.Answer{Head: "HTTP/1.1 200", End: fixtures.Hang}, nil, wire.HungUp, 2000 * ms, "head"},
		{"we leave when the watch is over", cut(fixtures.Hang, fixtures.Chunked), nil, wire.HungUp, 2010 * ms, ""},
		{"we leave at the byte limit", cut(fixtures.Hang, fixtures.Chunked), func(l *chaos.Lab) { l.Limits.Bytes = 50 }, wire.HungUp, 0, "byte limit of 50"},
		{"we leave at the line limit", lines, func(l *chaos.Lab) { l.Limits.Bytes = 100 << 10 }, wire.HungUp, 0, "limit of 4096 lines"},
		{"we leave at the head limit", long, func(l *chaos.Lab) { l.Limits.Head = 4096 }, wire.HungUp, 0, "head limit of 4096 bytes"},
		{"we leave when it is not HTTP", fixtures.Answer{Head: "SSH-2.0-OpenSSH_9\r\n", End: fixtures.Hang}, nil, wire.HungUp, 0, "cannot be read as HTTP"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := g.serve(stream(tc.answer))
				if tc.edit != nil {
					tc.edit(l)
				}
				wantEnd(t, g.control(t, l), tc.kind, tc.at, tc.note)
			})
		})
	}
}

func TestTheUserEndsTheWatch(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run("interrupted over "+version, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := g.serve(fixtures.Sound("feed"))
				l.Version = version
				ctx, cancel := context.WithCancel(g.ctx) // g's own would end the server too
				time.AfterFunc(500*ms, cancel)
				b := gather(t, ctx, l, wire.Fetch, wire.Again, wire.Crowd)
				x := b.Recording(wire.Control).Last()
				wantEnd(t, x, wire.HungUp, 500*ms, wire.Interrupted)
				if len(x.Body) != 4 {
					t.Errorf("got %d reads, want 4", len(x.Body))
				}
				if len(b.Recordings) != 1 || len(b.Gaps) != 3 {
					t.Errorf("got %d recordings and gaps %v", len(b.Recordings), b.Gaps)
				}
				for _, gap := range b.Gaps {
					if gap.Reason != wire.Interrupted || gap.Moot {
						t.Errorf("got gap %v", gap)
					}
				}
			})
		})
		t.Run("out of time over "+version, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := g.serve(fixtures.Sound("feed"))
				l.Version = version
				ctx, cancel := context.WithTimeout(g.ctx, 500*ms)
				defer cancel()
				b := gather(t, ctx, l, wire.Fetch)
				wantEnd(t, b.Recording(wire.Control).Last(), wire.HungUp, 500*ms, wire.TimeSpent)
				if got := gap(b, wire.Fetch); got.Reason != wire.TimeSpent || got.Moot {
					t.Errorf("got gap %v", got)
				}
			})
		})
	}
}

func TestBytesBehindTheEndAreKept(t *testing.T) {
	for _, tc := range []struct {
		name string
		a    fixtures.Answer
		tail string
	}{
		{"behind a chunked body", func() fixtures.Answer {
			a := ok(fixtures.Chunked, acts(0, "data: 1\n\n")...)
			a.Tail = "more"
			return a
		}(), "more"},
		{"behind a sized body", func() fixtures.Answer { a := ok(fixtures.Length, acts(0, "data: 1\n\n")...); a.Tail = "more"; return a }(), "more"},
		{"behind 204", fixtures.Answer{Status: 204, Tail: "x"}, "x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				x := g.control(t, g.serve(stream(tc.a)))
				if got := string(x.RawBytes()); !strings.HasSuffix(got, "\r\n"+tc.tail) && !strings.HasSuffix(got, "\n\n"+tc.tail) {
					t.Errorf("got raw %q", got)
				}
				if x.Message().Odd(wire.BodyAfterEnd, wire.NoBodyHasBytes) == nil || strings.Contains(string(x.BodyBytes()), tc.tail) {
					t.Errorf("got body %q and oddities %v", x.BodyBytes(), x.Message().Oddities)
				}
				wantEnd(t, x, wire.Complete, 0, "")
			})
		})
	}
}

// A server that goes on and on behind the end of its message must not keep us.
func TestDripBehindTheEndDoesNotHold(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.script(func(c *fixtures.Conn) {
			hear(c, "\r\n\r\n")
			say(c, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			for range 1000 {
				say(c, 10*ms, "x")
			}
		})
		x := g.control(t, l)
		wantEnd(t, x, wire.Complete, 0, "")
		if n := len(x.RawBytes()); n > 60 {
			t.Errorf("kept %d bytes", n)
		}
	})
}

func TestClosureOfTLS(t *testing.T) {
	for _, tc := range []struct {
		name           string
		framing        fixtures.Framing
		end            fixtures.End
		kind           wire.EndKind
		closed, notify bool
	}{
		{"closed with the alert", fixtures.Close, fixtures.Finish, wire.Complete, true, true},
		{"closed without the alert", fixtures.Close, fixtures.NoAlert, wire.Complete, true, false},
		{"closed without the alert behind a whole body", fixtures.Chunked, fixtures.NoAlert, wire.Complete, true, false},
		{"cut with the alert", fixtures.Chunked, fixtures.Cut, wire.Truncated, true, true},
		{"kept open", fixtures.Chunked, fixtures.Finish, wire.Complete, false, false},
		{"reset", fixtures.Chunked, fixtures.Abort, wire.Reset, false, false},
		{"left by us", fixtures.Chunked, fixtures.Hang, wire.HungUp, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				a := ok(tc.framing, fixtures.Act{Write: "data: 1\n\n"}, fixtures.Act{Wait: ms})
				a.End = tc.end
				s := stream(a)
				s.TLS = true
				x := g.control(t, g.serve(s))
				if x.TLS == nil || x.TLS.Version != "TLS 1.3" || x.TLS.ALPN != "http/1.1" {
					t.Fatalf("got %+v", x.TLS)
				}
				if x.End.Kind != tc.kind || x.TLS.Closed != tc.closed || x.TLS.CloseNotify != tc.notify {
					t.Errorf("got %v closed %v alert %v", x.End.Kind, x.TLS.Closed, x.TLS.CloseNotify)
				}
			})
		})
	}
}

func TestHalfCloseIsSentBehindTheRequest(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.script(func(c *fixtures.Conn) {
			hear(c, "\r\n\r\n")
			say(c, 0, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
			hear(c, "never") // until the client's side is closed
			say(c, 10*ms, "8\r\ndata: 1\n\r\n", "0\r\n\r\n")
		})
		b := gather(t, g.ctx, l, wire.HalfClose)
		if got := b.Recording(wire.Control).Last().End.Kind; got != wire.Silent {
			t.Errorf("control ended %v", got)
		}
		x := b.Recording(wire.HalfClose).Last()
		wantEnd(t, x, wire.Complete, 20*ms, "")
		if string(x.BodyBytes()) != "data: 1\n" {
			t.Errorf("got body %q", x.BodyBytes())
		}
	})
}

func TestRequestBytesOverHTTP1(t *testing.T) {
	const agent = "User-Agent: ssespec (+https://github.com/ssespec/ssespec)\r\n"
	for _, tc := range []struct {
		name   string
		target wire.Request
		want   string
	}{
		{
			"as an EventSource", wire.Request{Method: "GET", URL: "http://stream.example/s?a=1#top"},
			"GET /s?a=1 HTTP/1.1\r\nHost: stream.example\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n" +
				"Accept-Encoding: identity\r\n" + agent + "\r\n",
		},
		{
			"the root of another port", wire.Request{Method: "GET", URL: "http://stream.example:8080"},
			"GET / HTTP/1.1\r\nHost: stream.example:8080\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n" +
				"Accept-Encoding: identity\r\n" + agent + "\r\n",
		},
		{
			"the user's fields win and come first",
			wire.Request{Method: "GET", URL: "http://stream.example:80/", Header: wire.Header{
				{Name: "host", Value: "other.example"}, {Name: "ACCEPT", Value: "*/*"}, {Name: "X-A", Value: "1"}, {Name: "x-a", Value: "2"}, {Name: "User-Agent", Value: "me"},
			}},
			"GET / HTTP/1.1\r\nhost: other.example\r\nACCEPT: */*\r\nX-A: 1\r\nx-a: 2\r\nUser-Agent: me\r\nCache-Control: no-cache\r\n" +
				"Pragma: no-cache\r\nAccept-Encoding: identity\r\n\r\n",
		},
		{
			"a POST says its length", wire.Request{Method: "POST", URL: "http://stream.example/s", Body: []byte("hello")},
			"POST /s HTTP/1.1\r\nHost: stream.example\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n" +
				"Accept-Encoding: identity\r\n" + agent + "Content-Length: 5\r\n\r\nhello",
		},
		{
			"a POST without a body too", wire.Request{Method: "POST", URL: "http://stream.example/s"},
			"POST /s HTTP/1.1\r\nHost: stream.example\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n" +
				"Accept-Encoding: identity\r\n" + agent + "Content-Length: 0\r\n\r\n",
		},
		{
			"the length that the user gives is given once",
			wire.Request{Method: "POST", URL: "http://stream.example/s", Body: []byte("hello"), Header: wire.Header{{Name: "content-length", Value: "5"}}},
			"POST /s HTTP/1.1\r\nHost: stream.example\r\ncontent-length: 5\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n" +
				"Accept-Encoding: identity\r\n" + agent + "\r\nhello",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				var got string
				l := g.script(func(c *fixtures.Conn) {
					end := "\r\n\r\n"
					if len(tc.target.Body) > 0 {
						end = string(tc.target.Body)
					}
					got = hear(c, end)
					say(c, 0, "HTTP/1.1 204 No Content\r\n\r\n")
				})
				l.Target = tc.target
				x := g.control(t, l)
				if got != tc.want {
					t.Errorf("got\n%q, want\n%q", got, tc.want)
				}
				if x.Request.Proto != "HTTP/1.1" || x.Request.Method != tc.target.Method {
					t.Errorf("stored %v", x.Request)
				}
			})
		})
	}
}

func TestHTTP10IsAskedAsSuch(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		b := gather(t, g.ctx, g.serve(fixtures.Sound("answer")), wire.HTTP10)
		x := b.Recording(wire.HTTP10).Last()
		if x.Request.Proto != "HTTP/1.0" || x.Header.Has("Transfer-Encoding") || len(x.BodyBytes()) == 0 {
			t.Errorf("got %v %v", x.Request.Proto, x.Header)
		}
	})
}
