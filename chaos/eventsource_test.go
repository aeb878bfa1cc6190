package chaos_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/browser"
	sse "github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

const streamURL = "http://" + host + "/s"

// source returns an EventSource of the usual stream that writes down what it dispatches: type|data|lastEventId.
func source(heard *[]string) *chaos.EventSource {
	e := chaos.NewEventSource(streamURL, browser.Page{})
	e.OnMessage = func(_ time.Duration, ev *sse.Event) {
		*heard = append(*heard, fmt.Sprintf("%s|%s|%s", ev.Name(), sse.Decode(ev.Data), sse.Decode(ev.ID)))
	}
	return e
}

// head is the head of an answer with the given values of Content-Type.
func head(status int, types ...string) *wire.Exchange {
	x := &wire.Exchange{Request: wire.Request{Method: "GET", URL: streamURL}, Proto: "HTTP/1.1", Status: status}
	for _, t := range types {
		x.Header = append(x.Header, wire.Field{Name: "Content-Type", Value: t})
	}
	return x
}

// connection opens a connection, takes a body in these pieces, and comes to its end.
func connection(t *testing.T, e *chaos.EventSource, pieces ...string) {
	t.Helper()
	if !e.Announce(head(200, "text/event-stream")) {
		t.Fatalf("it did not open: %v", e.Why)
	}
	for _, p := range pieces {
		e.Write([]byte(p))
	}
	if !comesBack(e) {
		t.Fatal("it does not come back")
	}
}

// comesBack ends a connection and reports whether another one is to follow.
func comesBack(e *chaos.EventSource) bool {
	e.Ended()
	return e.State == chaos.Connecting
}

// sent returns the Last-Event-ID with which it comes back; given is false where it sends none.
func sent(e *chaos.EventSource) (id string, given bool) {
	r := e.Request(wire.Request{Method: "GET", Header: wire.Header{{Name: "Accept", Value: "text/event-stream"}}})
	return r.Header.Get("Last-Event-ID"), r.Header.Has("Last-Event-ID")
}

func wantSent(t *testing.T, e *chaos.EventSource, want string) {
	t.Helper()
	if got, given := sent(e); got != want || given != (want != "") {
		t.Errorf("it comes back with %q (sent: %v), want %q", got, given, want)
	}
}

func wantHeard(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got events %q, want %q", got, want)
	}
}

// https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
func TestAnEventSourceBeginsWithoutAnID(t *testing.T) {
	t.Parallel()
	e := source(new([]string))
	if e.State != chaos.Connecting || e.URL != streamURL || e.ReconnectionTime != chaos.DefaultReconnectionTime || e.Why != nil {
		t.Errorf("got %v at %s, waiting %v, %v", e.State, e.URL, e.ReconnectionTime, e.Why)
	}
	wantSent(t, e, "")
}

func TestStatesHaveTheStandardsNames(t *testing.T) {
	t.Parallel()
	got := fmt.Sprintf("%d %v, %d %v, %d %v, %q", chaos.Connecting, chaos.Connecting, chaos.Open, chaos.Open, chaos.Closed, chaos.Closed, chaos.State(9).String())
	if want := `0 CONNECTING, 1 OPEN, 2 CLOSED, ""`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOnly200AndTheTypeOpen(t *testing.T) {
	t.Parallel()
	const es = "text/event-stream"
	for _, tc := range []struct {
		name  string
		head  *wire.Exchange
		opens bool
	}{
		{"200 and the type", head(200, es), true},
		{"capital letters", head(200, "Text/Event-Stream"), true},
		{"the one charset", head(200, es+";charset=utf-8"), true},
		{"the one charset, in capitals", head(200, es+`; charset="UTF-8"`), true},
		{"another parameter", head(200, es+"; note=a"), true},
		{"a semicolon", head(200, es+";"), true},
		{"the type behind another one", head(200, "text/plain", es), true},
		{"the type before another one", head(200, es, "text/plain"), false},
		{"another charset, on which Chromium gives up", head(200, es+"; charset=iso-8859-1"), false},
		{"no type", head(200), false},
		{"a page", head(200, "text/html; charset=utf-8"), false},
		{"half of the type", head(200, "text/event"), false},
		{"204", head(204), false},
		{"204 with the type", head(204, es), false},
		{"201", head(201, es), false},
		{"206", head(206, es), false},
		{"301 that leads nowhere", head(301, es), false},
		{"304", head(304, es), false},
		{"401", head(401, es), false},
		{"404", head(404, es), false},
		{"429", head(429, es), false},
		{"500", head(500, es), false},
		{"503", head(503, es), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e := source(new([]string))
			if got := e.Announce(tc.head); got != tc.opens {
				t.Fatalf("got %v: %v", got, e.Why)
			}
			if tc.opens {
				if e.State != chaos.Open || e.Why != nil || !comesBack(e) {
					t.Errorf("got %v, %v", e.State, e.Why)
				}
				return
			}
			if e.State != chaos.Closed || e.Why == nil || comesBack(e) || e.State != chaos.Closed {
				t.Errorf("got %v, %v: what is refused is refused for good", e.State, e.Why)
			}
		})
	}
}

func TestAnAnswerThatIsNotTakenClosesItInTheMiddleToo(t *testing.T) {
	t.Parallel()
	e := source(new([]string))
	connection(t, e, "id: 1\ndata: a\n\n")
	if e.Announce(head(204)) || e.State != chaos.Closed || comesBack(e) {
		t.Errorf("got %v after 204", e.State)
	}
	if e.LastEventID != "1" {
		t.Errorf("got the id %q, want that of its last event", e.LastEventID)
	}
}

func TestNothingOpensAClosedOne(t *testing.T) {
	t.Parallel()
	e := source(new([]string))
	e.Announce(head(404))
	why := e.Why
	if e.Announce(head(200, "text/event-stream")) || e.State != chaos.Closed || e.Why != why {
		t.Errorf("got %v, %v", e.State, e.Why)
	}
}

// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
func TestWhatCountsOfAStream(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body, cursor string
		heard              []string
	}{
		{"an id with its event", "id: 1\ndata: a\n\n", "1", []string{"message|a|1"}},
		{"the last of several ids in one event", "id: 1\nid: 2\ndata: a\n\n", "2", []string{"message|a|2"}},
		{"the id of the last event that has one", "id: 1\ndata: a\n\ndata: b\n\n", "1", []string{"message|a|1", "message|b|1"}},
		{"not the id of an unfinished event", "id: 1\ndata: a\n\nid: 2\ndata: b\n", "1", []string{"message|a|1"}},
		{"nor of half a line", "id: 1\ndata: a\n\nid: 2", "1", []string{"message|a|1"}},
		{"an id without data, though nothing is dispatched", "id: 1\n\n", "1", nil},
		{"an id with empty data, which is dispatched", "id: 1\ndata\n\n", "1", []string{"message||1"}},
		{"an empty id resets", "id: 1\ndata: a\n\nid:\ndata: b\n\n", "", []string{"message|a|1", "message|b|"}},
		{"an id without colon resets too", "id: 1\ndata: a\n\nid\ndata: b\n\n", "", []string{"message|a|1", "message|b|"}},
		{"a reset without data", "id: 1\ndata: a\n\nid\n\n", "", []string{"message|a|1"}},
		{"not a reset that is unfinished", "id: 1\ndata: a\n\nid\n", "1", []string{"message|a|1"}},
		{"not an id with U+0000", "id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", "1", []string{"message|a|1", "message|b|1"}},
		{"nor one beside it in its event", "id: 2\nid: 3\x00\ndata: a\n\n", "2", []string{"message|a|2"}},
		{"one space is removed", "id:  1 \ndata: a\n\n", " 1 ", []string{"message|a| 1 "}},
		{"characters beyond ASCII, as UTF-8", "id: grün\ndata: a\n\n", "gr\xc3\xbcn", []string{"message|a|grün"}},
		{"what is no UTF-8, as U+FFFD", "id: \xff\ndata: a\n\n", "\ufffd", []string{"message|a|\ufffd"}},
		{"CR and CRLF end lines", "id: 1\rdata: a\r\rid: 2\r\ndata: b\r\n\r\n", "2", []string{"message|a|1", "message|b|2"}},
		{"a byte order mark", "\ufeffid: 1\ndata: a\n\n", "1", []string{"message|a|1"}},
		{"names are compared with their case", "ID: 1\ndata: a\n\n", "", []string{"message|a|"}},
		{"types", "event: b\nid: 1\ndata: a\n\n", "1", []string{"b|a|1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var heard []string
			e := source(&heard)
			connection(t, e, tc.body)
			wantHeard(t, heard, tc.heard...)
			wantSent(t, e, tc.cursor)
		})
	}
}

func TestAnIDCountsFromItsBlankLineOn(t *testing.T) {
	t.Parallel()
	var heard []string
	e := source(&heard)
	e.Announce(head(200, "text/event-stream"))
	for _, tc := range []struct{ piece, cursor string }{
		{"id: 1\nda", ""}, {"ta: a\n", ""}, {"\n", "1"}, {"id: 2\r", "1"}, {"\n", "1"}, {"\r", "2"}, {"\n", "2"}, {"id\n\n", ""},
	} {
		e.Write([]byte(tc.piece))
		if e.LastEventID != tc.cursor {
			t.Errorf("behind %q the id is %q, want %q", tc.piece, e.LastEventID, tc.cursor)
		}
	}
	wantHeard(t, heard, "message|a|1")
}

func TestTheIDSurvivesAConnectionThatBringsNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", ": hello\n\n", "\n\n", "data: b\n\n", "retry: 5\n\n", "id: 2", "id: 2\ndata: c\n", "id: \x00\n\n"} {
		t.Run(fmt.Sprintf("%q", body), func(t *testing.T) {
			t.Parallel()
			var heard []string
			e := source(&heard)
			connection(t, e, "id: 1\ndata: a\n\n")
			connection(t, e, body)
			wantSent(t, e, "1")
			if body == "data: b\n\n" {
				wantHeard(t, heard, "message|a|1", "message|b|1")
			}
		})
	}
}

func TestAResetOutlivesTheConnection(t *testing.T) {
	t.Parallel()
	var heard []string
	e := source(&heard)
	connection(t, e, "id: 1\ndata: a\n\n", "id:\n\n")
	connection(t, e, "data: b\n\n")
	wantSent(t, e, "")
	wantHeard(t, heard, "message|a|1", "message|b|")
}

func TestNothingUnfinishedIsCarriedToTheNextConnection(t *testing.T) {
	t.Parallel()
	var heard []string
	e := source(&heard)
	connection(t, e, "id: 1\ndata: a\n\nevent: x\nid: 2\ndata: half")
	connection(t, e, "\n\ndata: b\n\n")
	wantHeard(t, heard, "message|a|1", "message|b|1")
}

func TestEachConnectionMayBeginWithAByteOrderMark(t *testing.T) {
	t.Parallel()
	var heard []string
	e := source(&heard)
	connection(t, e, "\ufeffdata: a\n\n")
	connection(t, e, "\xef", "\xbb", "\xbfdata: b\n\n")
	connection(t, e, "\ufeff\ufeffdata: c\n\ndata: d\n\n")
	wantHeard(t, heard, "message|a|", "message|b|", "message|d|")
}

// https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time
func TestRetryPersists(t *testing.T) {
	t.Parallel()
	e := source(new([]string))
	for _, tc := range []struct {
		name, body string
		want       time.Duration
	}{
		{"where nothing is said the browser decides", "data: a\n\n", chaos.DefaultReconnectionTime},
		{"it is set", "retry: 250\n\n", 250 * time.Millisecond},
		{"it outlives the connection", "data: a\n\n", 250 * time.Millisecond},
		{"and an empty one", "", 250 * time.Millisecond},
		{"the last one counts", "retry: 7\nretry: 8\n\n", 8 * time.Millisecond},
		{"it counts without a blank line", "retry: 40\ndata: a\n", 40 * time.Millisecond},
		{"but not without its line end", "retry: 50", 40 * time.Millisecond},
		{"letters are ignored", "retry: 3s\n\n", 40 * time.Millisecond},
		{"signs and points are too", "retry: -1\nretry: +1\nretry: 1.5\n\n", 40 * time.Millisecond},
		{"spaces are too", "retry:  1\nretry: 1 \n\n", 40 * time.Millisecond},
		{"one space is removed", "retry: 2\n\n", 2 * time.Millisecond},
		{"digits of other scripts are ignored", "retry: ٣\n\n", 2 * time.Millisecond},
		{"zeros in front change nothing", "retry: 0100\n\n", 100 * time.Millisecond},
		{"zero is a number", "retry: 0\n\n", 0},
	} {
		connection(t, e, tc.body)
		if e.ReconnectionTime != tc.want {
			t.Errorf("%s: it waits %v, want %v", tc.name, e.ReconnectionTime, tc.want)
		}
	}
	for _, huge := range []string{"9223372036854775807", "9223372036854775808", strings.Repeat("9", 400)} {
		connection(t, e, "retry: "+huge+"\n\n")
		if e.ReconnectionTime < time.Hour {
			t.Errorf("retry: %.20s makes it wait %v", huge, e.ReconnectionTime)
		}
	}
}

func TestRetryCountsAtOnce(t *testing.T) {
	t.Parallel()
	e := source(new([]string))
	e.Announce(head(200, "text/event-stream"))
	e.Write([]byte("retry: 10"))
	if e.ReconnectionTime != chaos.DefaultReconnectionTime {
		t.Errorf("half a line makes it wait %v", e.ReconnectionTime)
	}
	e.Write([]byte("0\n"))
	if e.ReconnectionTime != 100*time.Millisecond {
		t.Errorf("a whole line makes it wait %v", e.ReconnectionTime)
	}
}

// https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
func TestOnlyTheStreamSaysWhichIDIsSent(t *testing.T) {
	t.Parallel()
	e := source(new([]string))
	user := wire.Request{Method: "GET", URL: streamURL, Header: wire.Header{{Name: "last-event-id", Value: "9"}, {Name: "Cookie", Value: "a=b"}}}
	connection(t, e, "id: 1\ndata: a\n\n")
	r := e.Request(user)
	if got := r.Header.Values("Last-Event-ID"); !slices.Equal(got, []string{"1"}) || r.Header.Get("Cookie") != "a=b" || r.URL != streamURL {
		t.Errorf("got %v at %s", r.Header, r.URL)
	}
	if user.Header.Get("Last-Event-ID") != "9" {
		t.Error("the request it was made of has changed")
	}
}

// TestHowAStreamIsCutUpChangesNothing holds it against a reader of the whole body.
func TestHowAStreamIsCutUpChangesNothing(t *testing.T) {
	t.Parallel()
	line := rapid.SampledFrom([]string{
		"id: 1", "id: 2", "id:", "id", "id: \x00", "data: a", "data", "event: e", "retry: 5", "retry: 6x", ": c", "", "", "\ufeff", "idx: 1",
	})
	end := rapid.SampledFrom([]string{"\n", "\r", "\r\n"})
	rapid.Check(t, func(t *rapid.T) {
		var heard, want []string
		e := source(&heard)
		cursor, retry := "", chaos.DefaultReconnectionTime
		for range rapid.IntRange(1, 3).Draw(t, "connections") {
			var body []byte
			for range rapid.IntRange(0, 12).Draw(t, "lines") {
				body = append(body, line.Draw(t, "line")+end.Draw(t, "end")...)
			}
			body = body[:len(body)-rapid.IntRange(0, min(3, len(body))).Draw(t, "lost")]
			s := sse.Parse(sse.EventStream, bytes.Clone(body))
			for _, ev := range s.Events {
				id := cursor
				if ev.ID != nil {
					id = string(ev.ID)
				}
				want = append(want, fmt.Sprintf("%s|%s|%s", ev.Name(), ev.Data, id))
			}
			if s.ID != nil {
				cursor = string(s.ID)
			}
			if s.Retry >= 0 {
				retry = time.Duration(s.Retry) * time.Millisecond
			}
			e.Announce(head(200, "text/event-stream"))
			for len(body) > 0 {
				n := rapid.IntRange(1, len(body)).Draw(t, "piece")
				e.Write(body[:n])
				body = body[n:]
			}
			e.Ended()
		}
		if !slices.Equal(heard, want) || e.LastEventID != cursor || e.ReconnectionTime != retry {
			t.Errorf("got %q, id %q, %v; want %q, id %q, %v", heard, e.LastEventID, e.ReconnectionTime, want, cursor, retry)
		}
	})
}

// A visit is what a server was asked, and when.
type visit struct {
	at               time.Time
	target, id, auth string
}

// visited makes a server write down its visits.
func visited(s *fixtures.Server, to *[]visit) *fixtures.Server {
	inner := s.Answer
	s.Answer = func(r *fixtures.Request) *fixtures.Answer {
		*to = append(*to, visit{time.Now(), r.Target, r.Header.Get("Last-Event-ID"), r.Header.Get("Authorization")})
		return inner(r)
	}
	return s
}

// ids joins the ids of all visits.
func ids(vs []visit) string {
	var out []string
	for _, v := range vs {
		out = append(out, v.id)
	}
	return strings.Join(out, ",")
}

// polled is a feed that ends each answer behind two events, and goes on where its reader stopped.
func polled(retry string) *fixtures.Server {
	return answering(func(r *fixtures.Request) fixtures.Answer {
		n := 0
		fmt.Sscan(r.Header.Get("Last-Event-ID"), &n)
		return ok(fixtures.Chunked, acts(0, retry, fmt.Sprintf("id: %d\ndata: a\n\n", n+1), fmt.Sprintf("id: %d\ndata: b\n\n", n+2))...)
	})
}

// ended is a stream with one event that comes to this end.
func ended(end fixtures.End) fixtures.Answer {
	a := ok(fixtures.Chunked, acts(0, "retry: 100\n\n", "id: 1\ndata: a\n\n")...)
	a.Acts = append(a.Acts, fixtures.Act{Wait: 10 * ms}) // a reset takes with it what was not read
	a.End = end
	return a
}

// refusal is an answer that is no stream.
func refusal(status int) fixtures.Answer {
	return fixtures.Answer{Status: status, Reason: "No", Framing: fixtures.Length}
}

// stopped is how a server tells an EventSource not to come back.
var stopped = fixtures.Answer{Status: 204, Reason: "No Content", Framing: fixtures.NoBody}

// turns answers each visit with the next of these, and those behind the last with it.
func turns(answers ...fixtures.Answer) *fixtures.Server {
	n := 0
	return answering(func(*fixtures.Request) fixtures.Answer {
		n++
		return answers[min(n, len(answers))-1]
	})
}

// heardOf keeps an EventSource at a lab's target for as long as d, and writes down all that it tells: each connection
// that opens, each event, and each state that it comes to behind a connection.
func heardOf(t *testing.T, g *stage, l *chaos.Lab, e *chaos.EventSource, d time.Duration) (told []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(g.ctx, d)
	defer cancel()
	e.OnOpen = func(*wire.Exchange) { told = append(told, "open") }
	e.OnMessage = func(_ time.Duration, ev *sse.Event) { told = append(told, string(ev.Data)) }
	e.OnError = func() { told = append(told, e.State.String()) }
	if err := l.Listen(ctx, e); err != nil {
		t.Errorf("listen: %v", err)
	}
	return told
}

// TestEveryEndButARefusalMakesItComeBack gives an EventSource each kind of end, and then 204.
func TestEveryEndButARefusalMakesItComeBack(t *testing.T) {
	for _, tc := range []struct {
		name  string
		first fixtures.Answer
		want  string
	}{
		{"a clean end", ended(fixtures.Finish), "open a CONNECTING CLOSED"},
		{"a connection closed too early", ended(fixtures.Cut), "open a CONNECTING CLOSED"},
		{"a reset", ended(fixtures.Abort), "open a CONNECTING CLOSED"},
		{"an empty stream", ok(fixtures.Chunked), "open CONNECTING CLOSED"},
		{"no answer at all", fixtures.Answer{End: fixtures.Abort}, "CONNECTING CLOSED"},
		{"204", stopped, "CLOSED"},
		{"404", refusal(404), "CLOSED"},
		{"503", refusal(503), "CLOSED"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				e := chaos.NewEventSource(streamURL, browser.Page{})
				if got := strings.Join(heardOf(t, g, g.serve(turns(tc.first, stopped)), e, time.Minute), " "); got != tc.want {
					t.Errorf("got %s, want %s", got, tc.want)
				}
				if e.State != chaos.Closed || e.Why == nil {
					t.Errorf("got %v, %v", e.State, e.Why)
				}
			})
		})
	}
}

func TestItWaitsTheReconnectionTimeAndNoLess(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var vs []visit
		e := chaos.NewEventSource(streamURL, browser.Page{})
		wait := []string{"", "retry: 200\n\n", "", "retry: 300\n\n"}
		n := 0
		s := answering(func(*fixtures.Request) fixtures.Answer {
			if n++; n > len(wait) {
				return stopped
			}
			return ok(fixtures.Chunked, acts(0, wait[n-1], "data: a\n\n")...)
		})
		heardOf(t, g, g.serve(visited(s, &vs)), e, time.Minute)
		want := []time.Duration{chaos.DefaultReconnectionTime, 200 * ms, 200 * ms, 300 * ms}
		if len(vs) != len(want)+1 {
			t.Fatalf("got %d visits", len(vs))
		}
		for i, w := range want {
			if d := vs[i+1].at.Sub(vs[i].at); d < w || d > w+100*ms { // each answer is watched a little for what stands behind it
				t.Errorf("visit %d came %v after the one before, want %v", i+2, d, w)
			}
		}
	})
}

func TestItGoesOnWhereItStopped(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var vs []visit
		e := chaos.NewEventSource(streamURL, browser.Page{})
		heardOf(t, g, g.serve(visited(polled("retry: 100\n\n"), &vs)), e, 500*ms)
		if got, want := ids(vs), ",2,4,6"; got != want {
			t.Errorf("it came with the ids %q, want %q", got, want)
		}
	})
}

// TestItComesBackToWhereARedirectLed follows the request's URL list, which a redirect grows: the next connection
// goes to the end of it (https://github.com/whatwg/html/issues/503), as in Chromium.
func TestItComesBackToWhereARedirectLed(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var vs []visit
		inner := polled("retry: 100\n\n")
		s := answering(func(r *fixtures.Request) fixtures.Answer {
			if r.Path() == "/s" {
				return fixtures.Answer{Status: 302, Reason: "Found", Framing: fixtures.Length, Header: fixtures.Header{{Name: "Location", Value: "/t?token=for-one-account"}}}
			}
			return *inner.Answer(r)
		})
		e := chaos.NewEventSource(streamURL, browser.Page{})
		heardOf(t, g, g.serve(visited(s, &vs)), e, 400*ms)
		var got []string
		for _, v := range vs {
			got = append(got, v.target)
		}
		if want := "/s /t?token=for-one-account /t?token=for-one-account /t?token=for-one-account"; strings.Join(got, " ") != want {
			t.Errorf("it asked for %s, want %s", strings.Join(got, " "), want)
		}
	})
}

// TestAnOpenStreamIsAnnouncedByItsHead opens a stream that has nothing to say at first.
func TestAnOpenStreamIsAnnouncedByItsHead(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		e := chaos.NewEventSource(streamURL, browser.Page{})
		began, opened := time.Now(), time.Duration(0)
		e.OnOpen = func(*wire.Exchange) { opened = time.Since(began) }
		ctx, cancel := context.WithTimeout(g.ctx, 1500*ms)
		defer cancel()
		if err := g.serve(stream(ok(fixtures.Chunked, acts(time.Second, "data: a\n\n")...))).Listen(ctx, e); err != nil {
			t.Error(err)
		}
		if opened > 500*ms {
			t.Errorf("it is told of the open stream after %v", opened)
		}
	})
}

func TestAnUnreachableServerIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		n := 0
		l := g.serve(turns(ended(fixtures.Finish), stopped))
		inner := l.Dial
		l.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if n++; n == 2 || n == 3 {
				return nil, syscall.ECONNREFUSED
			}
			return inner(ctx, network, addr)
		}
		e := chaos.NewEventSource(streamURL, browser.Page{})
		if got, want := strings.Join(heardOf(t, g, l, e, time.Minute), " "), "open a CONNECTING CONNECTING CONNECTING CLOSED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestABudgetThatIsSpentEndsTheListening(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var vs []visit
		l := g.serve(visited(polled("retry: 100\n\n"), &vs))
		l.Limits.Requests = 2
		ctx, cancel := context.WithTimeout(g.ctx, time.Minute)
		defer cancel()
		began := time.Now()
		_ = l.Listen(ctx, chaos.NewEventSource(streamURL, browser.Page{}))
		if took := time.Since(began); len(vs) != 2 || took > 5*time.Second {
			t.Errorf("it made %d visits and listened for %v", len(vs), took)
		}
	})
}

// TestAPolledFeedIsReadOn comes back to a feed that ends each of its answers, as an EventSource does that nobody stops:
// with what each visit before has taught it.
func TestAPolledFeedIsReadOn(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var vs []visit
		b := gather(t, g.ctx, g.serve(visited(polled("retry: 700\n\n"), &vs)), wire.Reconnect, wire.Returns)
		if got, want := ids(vs), ",2,4,6"; got != want {
			t.Fatalf("it came with the ids %q, want %q", got, want)
		}
		if n := len(b.Recording(wire.Returns).Exchanges); n != 2 {
			t.Errorf("%d returns were recorded", n)
		}
		for i := 2; i < len(vs); i++ {
			if d := vs[i].at.Sub(vs[i-1].at); d < 700*ms || d > 800*ms {
				t.Errorf("it came back after %v, the stream asks for 700 ms", d)
			}
		}
	})
}

func TestNobodyReturnsWhoWasStopped(t *testing.T) {
	open := ok(fixtures.Chunked, acts(0, "data: a\n\n")...)
	open.End = fixtures.Hang
	whole := ended(fixtures.Finish)
	for _, tc := range []struct {
		name            string
		answers         []fixtures.Answer
		visits, returns int
	}{
		{"204 at the first return", []fixtures.Answer{whole, stopped}, 2, 0},
		{"404 at the first return", []fixtures.Answer{whole, refusal(404)}, 2, 0},
		{"204 at the second", []fixtures.Answer{whole, whole, stopped}, 3, 1},
		{"a stream that stays open", []fixtures.Answer{whole, open}, 2, 0},
		{"a stream that is cut", []fixtures.Answer{whole, ended(fixtures.Cut)}, 2, 0},
		{"nobody stops it", []fixtures.Answer{whole}, 4, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				var vs []visit
				b := gather(t, g.ctx, g.serve(visited(turns(tc.answers...), &vs)), wire.Reconnect, wire.Returns)
				n := 0
				if r := b.Recording(wire.Returns); r != nil {
					n = len(r.Exchanges)
				} else if got := gap(b, wire.Returns); !got.Moot {
					t.Errorf("got gap %v", got)
				}
				if len(vs) != tc.visits || n != tc.returns {
					t.Errorf("got %d visits and %d returns, want %d and %d", len(vs), n, tc.visits, tc.returns)
				}
			})
		})
	}
}

func TestAnEndlessStreamIsNotComeBackTo(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var vs []visit
		b := gather(t, g.ctx, g.serve(visited(fixtures.Sound("feed"), &vs)), wire.Reconnect, wire.Returns)
		for _, s := range []wire.Scene{wire.Reconnect, wire.Returns} {
			if got := gap(b, s); !got.Moot {
				t.Errorf("%s: got gap %v", s, got)
			}
		}
		if len(vs) != 1 {
			t.Errorf("got %d visits", len(vs))
		}
	})
}

// TestASecretInTheURLGoesBackAsItIs asks a server that lets in who has its key, though no recording may show it.
func TestASecretInTheURLGoesBackAsItIs(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var vs []visit
		l := g.serve(visited(polled("retry: 100\n\n"), &vs))
		l.Target.URL += "?token=for-one-account"
		b := gather(t, g.ctx, l, wire.Reconnect, wire.Returns)
		for i, v := range vs {
			if v.target != "/s?token=for-one-account" {
				t.Errorf("visit %d asked for %s", i+1, v.target)
			}
		}
		for _, r := range b.Recordings {
			if u := r.Last().Request.URL; strings.Contains(u, "for-one-account") {
				t.Errorf("%s shows %s", r.Scene, u)
			}
		}
	})
}

// TestCredentialsStayWithTheirOriginOnEveryReturn comes back to a stream that a redirect has led to another host.
func TestCredentialsStayWithTheirOriginOnEveryReturn(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var here, there []visit
		l := g.serve(visited(redirecting(302, "http://other.example/t", nil), &here))
		g.net.Serve(g.ctx, "other.example:80", visited(polled("retry: 100\n\n"), &there))
		l.Target.Header = wire.Header{{Name: "Authorization", Value: "Bearer abcdef"}}
		gather(t, g.ctx, l, wire.Reconnect, wire.Returns)
		for i, v := range here {
			if v.auth != "Bearer abcdef" {
				t.Errorf("visit %d went without credentials", i+1)
			}
		}
		for i, v := range there {
			if v.auth != "" {
				t.Errorf("visit %d to the other host brought the credentials of the first", i+1)
			}
		}
		if got, want := ids(there), ",2,4,6"; got != want {
			t.Errorf("it came with the ids %q, want %q", got, want)
		}
	})
}

// TestAServerThatIsGoneIsAGap comes back to a host that refuses connections by then.
func TestAServerThatIsGoneIsAGap(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		n := 0
		l := g.serve(polled(""))
		inner := l.Dial
		l.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if n++; n > 1 {
				return nil, syscall.ECONNREFUSED
			}
			return inner(ctx, network, addr)
		}
		b := gather(t, g.ctx, l, wire.Reconnect, wire.Returns)
		for _, s := range []wire.Scene{wire.Reconnect, wire.Returns} {
			if got := gap(b, s); got.Moot || got.Reason == "" {
				t.Errorf("%s: got gap %v", s, got)
			}
		}
	})
}
