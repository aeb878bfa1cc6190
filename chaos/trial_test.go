package chaos_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// A desk is a server that remembers what it was asked. It answers with blocks behind the one whose id is named.
type desk struct {
	blocks []string
	field  fixtures.Header                               // of every answer
	change func(r *fixtures.Request, a *fixtures.Answer) // nil for no change

	mu    sync.Mutex
	asked []*fixtures.Request
}

// numbered are n events with ids from 1, the last of a type of its own, and the server ends then.
func numbered(n int) *desk {
	d := &desk{}
	for i := 1; i < n; i++ {
		d.blocks = append(d.blocks, fmt.Sprintf("id: %d\ndata: Grüße %d\n\n", i, i))
	}
	d.blocks = append(d.blocks, fmt.Sprintf("event: done\nid: %d\ndata: all\n\n", n))
	return d
}

func (d *desk) server() *fixtures.Server {
	return answering(func(r *fixtures.Request) fixtures.Answer {
		d.mu.Lock()
		d.asked = append(d.asked, r)
		d.mu.Unlock()
		from := 0
		if id := r.Header.Get("Last-Event-ID"); id != "" {
			from = 1 + slices.IndexFunc(d.blocks, func(b string) bool { return strings.Contains("\n"+b, "\nid: "+id+"\n") })
		}
		a := ok(fixtures.Chunked, acts(10*ms, d.blocks[from:]...)...)
		if from == len(d.blocks) { // nothing will follow
			a.Status, a.Reason, a.Framing = 204, "No Content", fixtures.NoBody
		}
		a.Header = append(a.Header, d.field...)
		if d.change != nil {
			d.change(r, &a)
		}
		return a
	})
}

// requests are those that came so far. A server may still be at one when its reader has left.
func (d *desk) requests() []*fixtures.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

// cursors are what the requests named from the i-th on, counted from 0; "-" for nothing.
func (d *desk) cursors(i int) string {
	var out []string
	for _, r := range d.requests()[min(i, len(d.requests())):] {
		c := "-"
		for _, f := range r.Header {
			if strings.EqualFold(f.Name, "Last-Event-ID") {
				c = f.Value
			}
		}
		out = append(out, c)
	}
	return strings.Join(out, " ")
}

// begun is how many requests a campaign makes before its trials, of a stream that ends.
const begun = 2

var lastEventID = profile.Resume{Way: profile.LastEventID}

func trial(t *testing.T, schedule string) *chaos.Trial {
	t.Helper()
	s, err := chaos.ParseSchedule(schedule)
	if err != nil {
		t.Fatal(err)
	}
	return &chaos.Trial{Name: "x", Schedule: s, Resume: lastEventID}
}

// try makes one trial of a lab, and returns what was recorded of it.
func try(ctx context.Context, l *chaos.Lab, ts ...*chaos.Trial) (*wire.Recording, *wire.Bundle) {
	c := chaos.Begin(ctx, l)
	c.Try(ctx, ts, nil)
	b := c.End()
	i := slices.IndexFunc(b.Recordings, func(r *wire.Recording) bool { return r.Trial != nil })
	return b.Recordings[i], b
}

// visit makes one trial of the desk in fake time.
func (g *stage) visit(t *testing.T, d *desk, schedule string) *wire.Recording {
	t.Helper()
	rec, _ := try(g.ctx, bubbled(g.serve(d.server())), trial(t, schedule))
	return rec
}

func wantNoGap(t *testing.T, rec *wire.Recording) {
	t.Helper()
	if rec.Trial.Gap != "" {
		t.Fatalf("%s: %s", rec.Trial.Schedule, rec.Trial.Gap)
	}
}

func TestHalfAnEventDoesNotMoveTheCursor(t *testing.T) {
	for _, schedule := range []string{"after-id:3/rst", "inside-id:3/fin", "before-blank:3/rst", "inside-rune:3/stall", "event:2+3/half-close", "event:2/fin"} {
		t.Run(schedule, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := numbered(6)
				wantNoGap(t, g.visit(t, d, schedule))
				if got := d.cursors(begun); got != "- 2" {
					t.Errorf("got cursors %s, want - 2", got)
				}
			})
		})
	}
}

func TestWhatMovesTheCursor(t *testing.T) {
	for name, c := range map[string]struct {
		blocks         []string
		schedule, want string
	}{
		"an id alone, without data":           {[]string{"id: 1\ndata: a\n\n", "id: 9\n\n", "data: b\n\n", "event: done\ndata: c\n\n"}, "event:1+8/rst", "- 9"},
		"not the id alone before it is whole": {[]string{"id: 1\ndata: a\n\n", "id: 9\n\n", "data: b\n\n", "event: done\ndata: c\n\n"}, "event:1+6/rst", "- 1"},
		"an empty id, which forgets it":       {[]string{"id: 1\ndata: a\n\n", "id:\ndata: b\n\n", "data: c\n\n", "event: done\ndata: d\n\n"}, "event:2/rst", "- -"},
		"not an id with NULL":                 {[]string{"id: 1\ndata: a\n\n", "id: 2\x00\ndata: b\n\n", "event: done\ndata: d\n\n"}, "event:2/rst", "- 1"},
		"not an event without id":             {[]string{"id: 1\ndata: a\n\n", "data: b\n\n", "event: done\ndata: d\n\n"}, "event:2/rst", "- 1"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := &desk{blocks: c.blocks}
				wantNoGap(t, g.visit(t, d, c.schedule))
				if got := d.cursors(begun); got != c.want && !strings.HasPrefix(got, c.want+" ") {
					t.Errorf("got cursors %s, want %s", got, c.want)
				}
			})
		})
	}
}

// An event without an id of its own has the id that was in force: also the last one, which is then the
// same as that of the control stream.
func TestReaderThatHasTheLastEventDoesNotComeBack(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := &desk{blocks: []string{"id: 1\ndata: a\n\n", "id: 2\ndata: b\n\n", "data: c\n\n", "event: done\ndata: d\n\n"}}
		wantNoGap(t, g.visit(t, d, "event:2/rst"))
		if got := d.cursors(begun); got != "- 2" {
			t.Errorf("got cursors %s, want - 2", got)
		}
	})
}

func TestConnectionWithoutIDsLeavesTheCursor(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := numbered(6)
		d.change = func(r *fixtures.Request, a *fixtures.Answer) {
			if r.Serial == begun+2 {
				a.Acts = acts(10*ms, "data: no id\n\n", "data: nor here\n\n")
			}
		}
		wantNoGap(t, g.visit(t, d, "event:3/rst,event:1/rst"))
		if got := d.cursors(begun); got != "- 3 3" {
			t.Errorf("got cursors %s, want - 3 3", got)
		}
	})
}

func TestReaderStaysAwayAsLongAsItWasTold(t *testing.T) {
	for retry, least := range map[string]time.Duration{
		"": 500 * ms, "retry: 20\n\n": 20 * ms, "retry: 700\n\n": 700 * ms, "retry: 3000\n\n": 3 * time.Second,
		"retry: 86400000\n\n": 5 * time.Second, // longer than that nobody waits
	} {
		for _, turn := range []string{"", "wait:900ms,"} {
			t.Run(fmt.Sprintf("%q %s", retry, turn), func(t *testing.T) {
				bubble(t, func(t *testing.T, g *stage) {
					d := numbered(9)
					d.change = func(r *fixtures.Request, a *fixtures.Answer) {
						if r.Header.Get("Last-Event-ID") == "" { // later connections do not repeat it
							a.First(fixtures.Act{Write: retry})
						}
					}
					rec := g.visit(t, d, "event:3/rst,"+turn+"event:2/fin")
					wantNoGap(t, rec)
					if len(rec.Exchanges) != 3 {
						t.Fatalf("got %d exchanges, want 3", len(rec.Exchanges))
					}
					least := []time.Duration{least, least}
					if turn != "" {
						least[0] += 900 * ms
					}
					for i, x := range rec.Exchanges[:2] {
						if away := rec.Exchanges[i+1].Began.Sub(x.Began) - x.End.At; away < least[i] || away > least[i]+100*ms {
							t.Errorf("connection %d was followed after %v, want %v", i+1, away, least[i])
						}
					}
				})
			})
		}
	}
}

func TestCookiesAreBroughtOnlyWhereTheScheduleSaysSo(t *testing.T) {
	for schedule, want := range map[string]string{"event:3/rst": "", "event:3/rst,cookies": "sid=1"} {
		t.Run(schedule, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := numbered(6)
				d.field = fixtures.Header{{Name: "Set-Cookie", Value: "sid=1; Path=/; HttpOnly"}}
				wantNoGap(t, g.visit(t, d, schedule))
				if got := d.requests()[len(d.requests())-1].Header.Get("Cookie"); got != want {
					t.Errorf("got cookie %q, want %q", got, want)
				}
			})
		})
	}
}

func TestNewerCookieReplacesTheOlder(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := numbered(6)
		d.change = func(r *fixtures.Request, a *fixtures.Answer) {
			a.Header = append(a.Header, fixtures.Field{Name: "Set-Cookie", Value: fmt.Sprintf("sid=%d; Path=/", r.Serial)})
		}
		wantNoGap(t, g.visit(t, d, "event:3/rst,event:1/rst,cookies"))
		if got, want := d.requests()[len(d.requests())-1].Header.Get("Cookie"), fmt.Sprintf("sid=%d", begun+2); got != want {
			t.Errorf("got cookie %q, want %q", got, want)
		}
	})
}

func TestCookiesWithoutCookiesAreMoot(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		rec := g.visit(t, numbered(6), "event:3/rst,cookies")
		if !rec.Trial.Moot || !strings.Contains(rec.Trial.Gap, "cookies") {
			t.Errorf("got gap %q (moot: %v)", rec.Trial.Gap, rec.Trial.Moot)
		}
	})
}

func TestRedirectsAreFollowedOnEachConnection(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := numbered(6)
		d.change = func(r *fixtures.Request, a *fixtures.Answer) {
			if r.Target == "/s" {
				a.Only()
				a.Status, a.Framing = 302, fixtures.Length
				a.Header = fixtures.Header{{Name: "Location", Value: "/t"}}
			}
		}
		rec := g.visit(t, d, "event:3/rst")
		wantNoGap(t, rec)
		if got := d.cursors(2 * begun); got != "- - 3 3" {
			t.Errorf("got cursors %s, want - - 3 3", got)
		}
		if n := len(rec.Exchanges); n != 4 || rec.Exchanges[1].Fault == nil || rec.Exchanges[0].Fault != nil || rec.Exchanges[3].Cursor != "3" {
			t.Errorf("got %d exchanges, want two redirects, a fault and the rest", n)
		}
	})
}

func TestFieldNameInLowerCase(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := numbered(6)
		wantNoGap(t, g.visit(t, d, "event:3/rst,lower"))
		for _, f := range d.requests()[len(d.requests())-1].Header {
			if f.Name == "last-event-id" && f.Value == "3" {
				return
			}
		}
		t.Errorf("got %v", d.requests()[len(d.requests())-1].Header)
	})
}

func TestFalseCursors(t *testing.T) {
	for kind, want := range map[string]string{
		"unknown": `[0-9]{7,}`, "expired": "4000003", "future": "6000003", "malformed": `\W.*`,
		"foreign": "5000001", "long": `(5000003){512}5000003.*`, "non-ascii": `größe-東京-5000003`, "empty": "",
	} {
		t.Run(kind, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := &desk{}
				for i := 1; i <= 6; i++ {
					d.blocks = append(d.blocks, fmt.Sprintf("id: 500000%d\ndata: %d\n\n", i, i))
				}
				rec := g.visit(t, d, "event:3/rst,cursor:"+kind)
				wantNoGap(t, rec)
				h := d.requests()[len(d.requests())-1].Header
				got := h.Get("Last-Event-ID")
				if !regexp.MustCompile("^("+want+")$").MatchString(got) || got == "5000003" {
					t.Errorf("got %q, want %s", got, want)
				}
				if kind == "long" && len(got) != 4096 {
					t.Errorf("got %d bytes, want 4096", len(got))
				}
				if kind == "empty" && !slices.ContainsFunc(h, func(f fixtures.Field) bool { return f.Name == "Last-Event-ID" }) {
					t.Error("the field is missing, want an empty one")
				}
				x := rec.Last()
				if x.Cursor != got || x.Role != "" {
					t.Errorf("recorded as cursor %q of %q, want %q", x.Cursor, x.Role, got)
				}
				if rival := rec.Exchanges[1]; kind == "foreign" && (rival.Role != wire.Rival || rival.Cursor != "") {
					t.Errorf("the other stream is recorded as %q with cursor %q", rival.Role, rival.Cursor)
				}
			})
		})
	}
}

func TestUnknownIDLooksLikeTheOwn(t *testing.T) {
	t.Parallel()
	for id, shape := range map[string]string{
		"7": `\d+`, "0": `\d+`, "-5": `-?\d+`, "+5": `\+?\d+`, "007": `\d+`, "123456789012345678901234567890": `\d{30}`, "9223372036854775807": `\d+`,
		"7-3": `\d-\d`, "e1": `[a-z]\d`, "a": `[a-z]`, "A-b": `[A-Z]-[a-z]`, "1719403-0": `\d{7}-\d`,
		"550e8400-e29b-41d4-a716-446655440000": `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
		"msg_ZzYy":                             `[a-z]{3}_[A-Z][a-z][A-Z][a-z]`, "東京": `.+`, "-": `.+`,
	} {
		for seed := range int64(40) {
			l := &chaos.Lab{Seed: seed}
			if got := l.Unknown(id); got == id || !regexp.MustCompile("^"+shape+"$").MatchString(got) {
				t.Errorf("%q, seed %d: got %q, want another one of the shape %s", id, seed, got, shape)
				break
			}
		}
	}
}

// An id that happens to be given to another event is not unknown.
func TestUnknownIDWasNeverGiven(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := &desk{}
		for _, id := range "abcdef" {
			d.blocks = append(d.blocks, fmt.Sprintf("id: %c\ndata: x\n\n", id))
		}
		for seed := range int64(6) {
			l := bubbled(g.serve(d.server()))
			l.Seed = seed
			try(g.ctx, l, trial(t, "event:6/rst,cursor:unknown"))
			if got := d.requests()[len(d.requests())-1].Header.Get("Last-Event-ID"); strings.Contains("abcdef", got) {
				t.Errorf("seed %d: %q is called unknown, and the server gave it", seed, got)
				return
			}
		}
	})
}

// roles writes what the exchanges of a trial are for, and what they named.
func roles(rec *wire.Recording) string {
	var out []string
	for _, x := range rec.Exchanges {
		out = append(out, strings.TrimRight(string(x.Role)+":"+x.Cursor, ":"))
	}
	return strings.Join(out, " ")
}

func TestRolesAndCursors(t *testing.T) {
	for schedule, want := range map[string]string{
		"event:3/rst":                          " :3",
		"event:3/rst,twice":                    " :3 twin:3",
		"event:3/rst,rivals":                   " :3 twin:3",
		"event:3/rst,rival":                    " :3 rival",
		"event:3/rst,rival,twice":              " :3 twin:3 rival",
		"event:3/rst,cursor:first":             " :3 replay:1",
		"event:3/rst,cursor:last":              " :3 replay:5",
		"event:3/rst,cursor:terminal":          " :3 replay:6",
		"event:3/rst,cursor:first,cursor:last": " :3 replay:1 replay:5",
		"event:3/rst,event:1/rst,twice":        " :3 :4 twin:4",
		"event:2/rst,twice,event:1/rst":        " :2 twin:2 :3",
		"event:3/rst,status:503":               " :3 :3",
		"event:3/rst,wrong-type":               " :3 :3",
		"event:3/rst,dns":                      " :3 :3",
		"event:3/duplicate":                    "",
		"event:3/stall:100ms":                  "",
		"latency:10ms":                         "",
		"before-head/rst":                      " ",
		"after-head/fin":                       " ",
		"before-end/fin":                       " :6",
	} {
		t.Run(schedule, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := numbered(6)
				rec := g.visit(t, d, schedule)
				wantNoGap(t, rec)
				if got := roles(rec); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				for _, x := range rec.Exchanges {
					if x.Fault != nil && x.Fault.Landed < 0 {
						t.Errorf("%s did not land", x.Fault.Aim)
					}
				}
			})
		})
	}
}

func TestCompareAsksFromTheFirstEventOn(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		one := trial(t, "event:3/rst")
		one.Compare = true
		rec, _ := try(g.ctx, bubbled(g.serve(numbered(6).server())), one)
		if got := roles(rec); got != " :3 replay:1" {
			t.Errorf("got %q", got)
		}
	})
}

func TestWhoHasNoWayBackDoesNotComeBack(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := numbered(6)
		one := trial(t, "event:3/rst")
		one.Resume = profile.Resume{Way: profile.NoResume}
		rec, _ := try(g.ctx, bubbled(g.serve(d.server())), one)
		wantNoGap(t, rec)
		if got := len(d.requests()); got != begun+1 {
			t.Errorf("%d requests were made, want %d", got, begun+1)
		}
	})
}

func TestWaysToAskForTheRest(t *testing.T) {
	for way, want := range map[string]string{
		"last-event-id":                    "GET /s id=3 cursor=",
		"header:X-Since":                   "GET /s id= cursor=3",
		"query:after":                      "GET /s?after=3 id= cursor=",
		"get:/items/{last-event-id}?n={n}": "GET /items/3?n=3 id=3 cursor=",
		"get:other?of={a.b}":               "GET /other?of=x%26y id=3 cursor=",
		"replay":                           "GET /s id= cursor=",
	} {
		t.Run(way, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := &desk{}
				for i := 1; i <= 5; i++ {
					d.blocks = append(d.blocks, fmt.Sprintf("id: %d\ndata: {\"n\":%d,\"a\":{\"b\":\"x&y\"}}\n\n", i, i))
				}
				one := trial(t, "event:3/rst")
				var err error
				if one.Resume, err = profile.ParseResume(way); err != nil {
					t.Fatal(err)
				}
				rec, _ := try(g.ctx, bubbled(g.serve(d.server())), one)
				wantNoGap(t, rec)
				r := d.requests()[begun+1]
				got := fmt.Sprintf("%s %s id=%s cursor=%s", r.Method, r.Target, r.Header.Get("Last-Event-ID"), r.Header.Get("X-Since"))
				if got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if c := rec.Last().Cursor; (c == "3") != one.Resume.Cursor() {
					t.Errorf("recorded with cursor %q", c)
				}
			})
		})
	}
}

func TestTemplateWithoutItsValueSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		one := trial(t, "event:3/rst")
		one.Resume = profile.Resume{Way: profile.GetRoute, Name: "/x/{response.id}"}
		rec, _ := try(g.ctx, bubbled(g.serve(numbered(6).server())), one)
		if !strings.Contains(rec.Trial.Gap, "get:/x/{response.id}") {
			t.Errorf("got gap %q", rec.Trial.Gap)
		}
	})
}

func TestNumberInTheDataStandsForAnID(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := &desk{}
		for i := range 5 {
			d.blocks = append(d.blocks, fmt.Sprintf("data: {\"n\":%d}\n\n", i))
		}
		one := trial(t, "event:3/rst")
		one.Resume, one.Seq = profile.Resume{Way: profile.QueryParam, Name: "after"}, "n"
		rec, _ := try(g.ctx, bubbled(g.serve(d.server())), one)
		wantNoGap(t, rec)
		if got := d.requests()[begun+1].Target; got != "/s?after=2" {
			t.Errorf("got %s, want /s?after=2", got)
		}
	})
}

func TestPostIsSentOnceUnlessItMayBeRepeated(t *testing.T) {
	for _, repeat := range []bool{false, true} {
		bubble(t, func(t *testing.T, g *stage) {
			d := numbered(6)
			s := d.server()
			s.Method, s.Body = "POST", "{}"
			l := bubbled(g.serve(s))
			l.Repeat = repeat
			rec, _ := try(g.ctx, l, trial(t, "event:3/rst,twice"), trial(t, "slice:3"))
			if n := len(d.requests()); !repeat && n != 1 || repeat && n < 5 {
				t.Errorf("repeat %v: the server got %d requests", repeat, n)
			}
			if !repeat && !strings.Contains(rec.Trial.Gap, "--repeat-post") {
				t.Errorf("got gap %q", rec.Trial.Gap)
			}
		})
	}
}

// A user who allows n requests may be billed for n.
func TestBudgetOfRequestsIsNeverExceeded(t *testing.T) {
	desks := map[string]func() *desk{
		"a stream that ends": func() *desk { return numbered(6) },
		"one that ends too early when it is taken up": func() *desk {
			d := numbered(6)
			d.change = func(r *fixtures.Request, a *fixtures.Answer) {
				if r.Header.Get("Last-Event-ID") != "" {
					a.Take(1)
				}
			}
			return d
		},
		"one behind a redirect": func() *desk {
			d := numbered(6)
			d.change = func(r *fixtures.Request, a *fixtures.Answer) {
				if r.Target == "/s" {
					a.Only()
					a.Status, a.Framing = 302, fixtures.Length
					a.Header = fixtures.Header{{Name: "Location", Value: "/t"}}
				}
			}
			return d
		},
		"one without end": func() *desk {
			d := numbered(6)
			d.change = func(r *fixtures.Request, a *fixtures.Answer) {
				a.Acts = append(a.Acts, fixtures.Act{Wait: 100 * ms, Write: "data: tick\n\n"})
				a.Loop = len(a.Acts) - 1
			}
			return d
		},
	}
	for name, make := range desks {
		for _, schedule := range []string{"event:3/rst", "event:2/rst,twice,event:1/rst,rival", "event:2/rst,cursor:foreign", "slice:9", "event:2/rst,cursor:first,cursor:last"} {
			t.Run(name+" "+schedule, func(t *testing.T) {
				bubble(t, func(t *testing.T, g *stage) {
					for limit := 1; limit <= 9; limit++ {
						d := make()
						l := bubbled(g.serve(d.server()))
						l.Limits.Requests = limit
						_, b := try(g.ctx, l, trial(t, schedule), trial(t, schedule))
						if len(d.requests()) > limit {
							t.Errorf("%d requests were sent where %d are allowed", len(d.requests()), limit)
							return
						}
						if b.Requests > limit {
							t.Errorf("%d requests are counted where %d are allowed", b.Requests, limit)
						}
					}
				})
			})
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	for _, schedule := range []string{"event:3/rst", "event:3/rst,twice", "event:3/rst,cursor:foreign", "event:3/rst,rival,event:1/fin", "event:3/rst,refuse:1s", "event:3/rst,dns"} {
		t.Run(schedule, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := numbered(6)
				_, b := try(g.ctx, bubbled(g.serve(d.server())), trial(t, schedule))
				if b.Requests != len(d.requests()) {
					t.Errorf("counted %d requests, and the server got %d", b.Requests, len(d.requests()))
				}
			})
		})
	}
}

// What a gateway of ours answers, the target is not asked.
func TestAnswersOfTheGatewayAreNoRequests(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := numbered(6)
		_, b := try(g.ctx, bubbled(g.serve(d.server())), trial(t, "event:3/rst,status:503,wrong-type"))
		if b.Requests != len(d.requests()) {
			t.Errorf("counted %d requests, and the server got %d", b.Requests, len(d.requests()))
		}
	})
}

func TestEndOfTheUsersTimeIsTheGap(t *testing.T) {
	for name, c := range map[string]struct {
		schedule string
		after    time.Duration // behind the first request of the trial
	}{
		"before the place is reached":     {"event:5/rst", 25 * ms},
		"while the reader stays away":     {"event:3/rst", 300 * ms},
		"while the rest is read":          {"event:3/rst", 542 * ms},
		"while connections are refused":   {"event:3/rst,refuse:10s", 3 * time.Second},
		"while what is compared is read":  {"event:3/rst,cursor:first", 548 * ms},
		"while the request is made again": {"event:3/rst,twice", 548 * ms},
		"during a stall":                  {"event:3/stall:10s", 3 * time.Second},
		"while the stream is shaped":      {"slice:3", 30 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				d := numbered(6)
				var first time.Time
				ctx, cancel := context.WithCancel(g.ctx)
				defer cancel()
				limit, expire := context.WithDeadline(ctx, time.Now().Add(time.Hour))
				defer expire()
				d.change = func(r *fixtures.Request, a *fixtures.Answer) {
					if r.Serial == begun+1 {
						first = time.Now()
						time.AfterFunc(c.after, cancel)
					}
				}
				rec, _ := try(limit, bubbled(g.serve(d.server())), trial(t, c.schedule), trial(t, "slice:7"))
				if first.IsZero() {
					t.Fatal("the trial was not begun")
				}
				said := rec.Trial.Gap
				if x := rec.Last(); said == "" && x.Role == "" { // then the judge goes by how the reader's last answer ended
					said = x.End.Note
				}
				if said != wire.Interrupted {
					t.Errorf("got gap %q, want %q", said, wire.Interrupted)
				}
			})
		})
	}
}

func TestTrialsBehindTheEndAreGaps(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		ctx, cancel := context.WithTimeout(g.ctx, 4*time.Second)
		defer cancel()
		_, b := try(ctx, bubbled(g.serve(numbered(6).server())), trial(t, "event:3/rst,wait:1m"), trial(t, "slice:3"), trial(t, "event:1/fin"))
		for _, r := range b.Recordings {
			if r.Trial != nil && r.Trial.Gap != wire.TimeSpent {
				t.Errorf("%s: got gap %q, want %q", r.Trial.Schedule, r.Trial.Gap, wire.TimeSpent)
			}
		}
	})
}

// refusals are when connections of a trial were refused, and when the reader came through behind them.
func refusals(rec *wire.Recording) (refused []time.Time, through time.Time) {
	for _, x := range rec.Exchanges {
		if x.Fault != nil && x.Fault.Kind == wire.Refuse {
			refused, through = append(refused, x.Began), time.Time{}
		} else if through.IsZero() {
			through = x.Began
		}
	}
	return refused, through
}

func TestRefusalLastsAsLongAsItIsToldTo(t *testing.T) {
	for _, retry := range []int{0, 20, 300, 2000} {
		for _, d := range []time.Duration{50 * ms, 700 * ms, 2 * time.Second} {
			t.Run(fmt.Sprintf("%v with retry %d", d, retry), func(t *testing.T) {
				bubble(t, func(t *testing.T, g *stage) {
					k := numbered(6)
					if retry > 0 {
						k.blocks[0] = fmt.Sprintf("retry: %d\n%s", retry, k.blocks[0])
					}
					rec := g.visit(t, k, "event:3/rst,refuse:"+d.String())
					wantNoGap(t, rec)
					refused, through := refusals(rec)
					if len(refused) == 0 || rec.Last().Status != 200 {
						t.Fatalf("%d connections were refused, and then the status is %d: the reader never came back", len(refused), rec.Last().Status)
					}
					if through.Before(refused[0].Add(d)) {
						t.Errorf("the reader came through %v after the first refusal, want %v at least", through.Sub(refused[0]), d)
					}
					if last := refused[len(refused)-1].Sub(refused[0]); last > d {
						t.Errorf("a connection was refused %v after the first one, want none later than %v", last, d)
					}
				})
			})
		}
	}
}

func TestSecondRefusalLastsToo(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		rec := g.visit(t, numbered(6), "event:2/rst,refuse:2s,event:1/rst,refuse:2s")
		wantNoGap(t, rec)
		var away []time.Duration
		for i, x := range rec.Exchanges {
			if i > 0 && x.Status == 200 {
				away = append(away, x.Began.Sub(lastOpened(rec.Exchanges[:i]).Began))
			}
		}
		if len(away) != 2 || away[0] < 2*time.Second || away[1] < 2*time.Second {
			t.Errorf("the reader was away for %v, want 2s at least each time", away)
		}
	})
}

func lastOpened(xs []*wire.Exchange) *wire.Exchange {
	for _, x := range slices.Backward(xs) {
		if x.Status == 200 {
			return x
		}
	}
	return xs[0]
}

func TestFaultThatIsNotReachedIsAGap(t *testing.T) {
	for schedule, want := range map[string]string{
		"event:99/rst":        "the answer ended before event:99 was reached",
		"byte:99999/fin":      "the answer ended before byte:99999 was reached",
		"inside-crlf/rst":     "the stream has no such place: inside-crlf",
		"event:3/goaway":      "HTTP/1.x has no such frame",
		"event:3+2/duplicate": "the event does not end where",
	} {
		t.Run(schedule, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				rec := g.visit(t, numbered(6), schedule)
				if !strings.Contains(rec.Trial.Gap, want) {
					t.Errorf("got gap %q, want %q", rec.Trial.Gap, want)
				}
			})
		})
	}
}

// Nothing that TLS lets nobody do is done above it instead, and blamed on the server.
func TestBitsOfATLSStreamAreChangedBelowItOnly(t *testing.T) {
	for schedule, moot := range map[string]bool{"event:3/rst,byte:9000/flip": true, "event:3/flip": true, "byte:900/flip": false} {
		bubble(t, func(t *testing.T, g *stage) {
			s := numbered(6).server()
			s.TLS = true
			rec, _ := try(g.ctx, bubbled(g.serve(s)), trial(t, schedule))
			if rec.Trial.Moot != moot || moot && len(rec.Exchanges) > 0 {
				t.Errorf("%s: got moot %v and %d exchanges (%s), want moot %v", schedule, rec.Trial.Moot, len(rec.Exchanges), rec.Trial.Gap, moot)
			}
		})
	}
}

func TestManyTrialsAtOnceAreRecordedInOrder(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := bubbled(g.serve(numbered(6).server()))
		c := chaos.Begin(g.ctx, l)
		c.Parallel = 5
		var ts []*chaos.Trial
		for i := range 20 {
			ts = append(ts, trial(t, fmt.Sprintf("event:%d/rst,wait:%dms", 1+i%5, 1+(7*i)%50)))
		}
		told := 0
		c.Try(g.ctx, ts, func(*chaos.Trial, *wire.Recording) { told++ })
		var got, want []string
		for _, r := range c.End().Recordings {
			if r.Trial != nil {
				got = append(got, r.Trial.Schedule)
			}
		}
		for _, one := range ts {
			want = append(want, one.Schedule.String())
		}
		if !slices.Equal(got, want) || told != len(ts) {
			t.Errorf("told %d; got %v, want %v", told, got, want)
		}
	})
}

// A target may lead a reader that comes back to somebody who never agreed to be disturbed.
func TestWhoIsNotToBeDisturbedIsNot(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		d := numbered(6)
		d.change = func(r *fixtures.Request, a *fixtures.Answer) {
			if r.Header.Get("Last-Event-ID") != "" {
				a.Only()
				a.Status, a.Framing = 307, fixtures.Length
				a.Header = fixtures.Header{{Name: "Location", Value: "http://elsewhere.example/s"}}
			}
		}
		l := bubbled(g.serve(d.server()))
		l.Permit = func(u *url.URL) bool { return u.Hostname() == host }
		rec, _ := try(g.ctx, l, trial(t, "event:2/rst,event:1/rst"))
		if !strings.Contains(rec.Trial.Gap, `redirects to "http://elsewhere.example/s"`) {
			t.Errorf("got gap %q", rec.Trial.Gap)
		}
		for _, x := range rec.Exchanges {
			if strings.Contains(x.Request.URL, "elsewhere") {
				t.Error("the other host was asked")
			}
		}
	})
}
