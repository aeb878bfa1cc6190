package chaos

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A State is the readyState of an EventSource.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate
type State uint8

// The states.
const (
	Connecting State = iota
	Open
	Closed
)

var stateNames = [...]string{Connecting: "CONNECTING", Open: "OPEN", Closed: "CLOSED"}

// String returns the standard's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return ""
}

// DefaultReconnectionTime is how long an EventSource waits before it comes back where the stream says nothing: the
// standard leaves it to the browser, "a few seconds"; this is Chromium's.
const DefaultReconnectionTime = 3 * time.Second

// An EventSource is what a browser keeps of a stream over all its connections. It follows the processing model of
// HTML 9.2: what opens, what is dispatched, when it comes back, with what, and when it gives up.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
type EventSource struct {
	State            State
	URL              string        // of the next connection: behind redirects the one that answered
	LastEventID      string        // sent when it comes back, if not empty
	ReconnectionTime time.Duration // it waits so long before
	Why              error         // why it is CLOSED

	OnOpen    func(*wire.Exchange)               // told of each connection that opens, with what is known by then; may be nil
	OnMessage func(time.Duration, *stream.Event) // told of each event that is dispatched, and when it came; may be nil
	OnError   func()                             // told when it waits to come back, or is CLOSED; may be nil

	page   browser.Page
	walk   *browser.Walk // of the connection in progress
	reader *stream.Reader
	at     time.Duration
}

// NewEventSource returns an EventSource for a URL. Without an origin the page lies where the URL does.
func NewEventSource(raw string, p browser.Page) *EventSource {
	p.Client = browser.EventSource
	if u, err := url.Parse(raw); err == nil && p.Origin == "" {
		p.Origin = browser.OriginOf(u)
	}
	return &EventSource{URL: raw, ReconnectionTime: DefaultReconnectionTime, page: p}
}

// Request returns the request of the next connection, made of one that has all its other fields.
func (e *EventSource) Request(r wire.Request) wire.Request {
	if originAt(r.URL) != originAt(e.URL) {
		r.Header = withoutCredentials(r.Header)
	}
	r.URL = e.URL
	r.Header = r.Header.Without("Last-Event-ID")
	if e.LastEventID != "" {
		r = set(r, "Last-Event-ID", e.LastEventID)
	}
	return r
}

func originAt(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return browser.OriginOf(u)
}

// Announce takes the head of an answer and returns whether the connection is open. An answer that is not taken closes
// the EventSource for good (HTML, fail the connection).
func (e *EventSource) Announce(x *wire.Exchange) bool {
	var d *browser.Denial
	if e.State == Closed {
		return false
	}
	if e.walk != nil && e.walk.Foreign() {
		d = browser.CORSCheck(e.walk.Origin(), e.page.Include, x.Header)
	}
	if d == nil {
		d = browser.Open(browser.EventSource, x)
	}
	if d != nil {
		e.fail(d)
		return false
	}
	e.State, e.reader = Open, stream.NewReader(stream.EventStream, e.dispatch)
	e.reader.MaxEvent = longestEvent
	if e.OnOpen != nil {
		e.OnOpen(x)
	}
	return true
}

// longestEvent bounds what one event may make an EventSource hold.
const longestEvent = 16 << 20

// dispatch hands an event over. A connection that has brought no id so far keeps the last one of those before.
func (e *EventSource) dispatch(ev *stream.Event) {
	if ev.ID == nil {
		ev.ID = []byte(e.LastEventID)
	}
	if e.OnMessage != nil {
		e.OnMessage(e.at, ev)
	}
}

// Write takes bytes of the body, content codings removed.
func (e *EventSource) Write(b []byte) {
	e.reader.Write(b)
	if id := e.reader.ID(); id != nil {
		e.LastEventID = stream.Decode(id) // what is no UTF-8 became U+FFFD when the stream was decoded
	}
	if ms := e.reader.Retry(); ms >= 0 {
		e.ReconnectionTime = time.Duration(min(ms, int64(longestReconnect/time.Millisecond))) * time.Millisecond
	}
}

// longestReconnect keeps a number of milliseconds within what a clock can count.
const longestReconnect = 24 * time.Hour

// Ended takes the end of a connection, clean or broken. Neither is a reason to stay away.
func (e *EventSource) Ended() {
	if e.State == Closed {
		return
	}
	e.State = Connecting
	if e.OnError != nil {
		e.OnError()
	}
}

func (e *EventSource) fail(why error) {
	e.State, e.Why = Closed, why
	if e.OnError != nil {
		e.OnError()
	}
}

// Listen keeps an EventSource at the lab's target until it is CLOSED or ctx ends. That the first connection cannot be
// made is an error; later ones are tried again, as a browser does. Nothing is recorded.
func (l *Lab) Listen(ctx context.Context, e *EventSource) error {
	defer func(tap func(Progress), forget bool) { l.Tap, l.forget = tap, forget }(l.Tap, l.forget)
	for first := true; ; first = false {
		err := l.attend(ctx, e)
		pause := e.ReconnectionTime
		if err != nil {
			pause = max(pause, shortestRetry)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && (first || errors.Is(err, errBudget)):
			return err
		case e.State == Closed:
			return nil
		case !wait(ctx, pause):
			return nil
		}
	}
}

// shortestRetry is how soon a connection that could not be made is tried again at the earliest, whatever the stream says:
// the standard lets a browser wait longer.
const shortestRetry = 500 * time.Millisecond

// attend makes one connection of an EventSource and hands over what comes, as it comes.
func (l *Lab) attend(ctx context.Context, e *EventSource) error {
	var open *wire.Exchange
	announce := func(x *wire.Exchange) {
		if open != x && !(browser.Redirects(x.Status) && x.Header.Has("Location")) && !browser.Preflight(x) {
			open = x
			e.Announce(x)
		}
	}
	f := &follower{take: func(_ *wire.Exchange, at time.Duration, body []byte) {
		if e.at = at; e.State == Open {
			e.Write(body)
		}
	}}
	l.Tap, l.forget = f.tell, true
	r := l.asEventSource()
	if l.Origin != "" {
		r = l.asPage(e.page)
	}
	a := ask{req: e.Request(r), version: l.version(), patience: whole(l.watch()), either: l.Version == "",
		enough: func() bool { return e.State == Closed }, head: announce}
	e.walk = &browser.Walk{Page: e.page}
	hops, last, err := l.visit(ctx, e.walk, a)
	f.close()
	if e.State == Closed {
		return nil
	}
	if err != nil {
		e.Ended()
		return err
	}
	if d := e.page.Reads(hops); d != nil && d.Cause != browser.NoAnswer {
		e.fail(d)
		return nil
	}
	e.URL = last
	e.Ended()
	return nil
}

// resumed returns the EventSource as the control stream left it.
func (l *Lab) resumed() *EventSource {
	e := NewEventSource(l.Target.URL, browser.Page{})
	e.take(l.control())
	return e
}

// take takes a whole answer.
func (e *EventSource) take(x *wire.Exchange) {
	if e.Announce(x) {
		text, _ := x.Decoded()
		e.Write(text.Bytes)
	}
	e.Ended()
}

var reconnect = &Experiment{
	Scene:    wire.Reconnect,
	Title:    "after a finite answer: come back as an EventSource does, with Last-Event-ID",
	Doc:      "an EventSource returns after a clean end too, unless it is answered 204",
	Requests: 1,
	Moot:     (*Lab).unfinished,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		return l.observe(ctx, wire.Reconnect, l.returning(l.resumed()))
	},
}

// unfinished tells whether there is no end to come back from.
func (l *Lab) unfinished() error {
	switch {
	case !opened(l.control()):
		return moot("no event stream was opened")
	case l.control().End.Kind != wire.Complete:
		return moot("the stream did not end while it was watched")
	}
	return nil
}

// returning is the request with which an EventSource comes back.
func (l *Lab) returning(e *EventSource) ask {
	return ask{req: e.Request(l.asEventSource()), version: l.version(), patience: whole(min(l.watch(), 2*l.control().End.At+againLinger))}
}

// calmReturn is how seldom readers may come back so that nobody minds: who is asked to wait longer makes no storm.
const calmReturn = time.Second

// mostVisits is how often an EventSource is let come back, the first time included: two short visits may be chance.
const mostVisits = 3

var returns = &Experiment{
	Scene:    wire.Returns,
	Title:    "after that: come back again, as an EventSource that nobody stops",
	Doc:      "a server that ends each answer at once and asks to be called again soon is called for ever",
	Requests: mostVisits - 1,
	Moot: func(l *Lab) error {
		if err := l.unfinished(); err != nil {
			return err
		}
		away := l.resumed().ReconnectionTime
		switch x := l.recordings[wire.Reconnect].Last(); {
		case x == nil:
			return errors.New("the EventSource could not come back a first time")
		case away > calmReturn:
			return moot("readers stay away for %v between two visits", away)
		case !opened(x) || x.End.Kind != wire.Complete:
			return moot("the EventSource was not sent away a second time")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		e := l.resumed()
		for _, x := range l.recordings[wire.Reconnect].Exchanges {
			if opened(x) {
				e.take(x)
			}
		}
		r := &wire.Recording{Scene: wire.Returns}
		for range mostVisits - 1 {
			if !wait(ctx, min(e.ReconnectionTime, mostReconnect)) {
				return r, stopped(ctx)
			}
			hops, err := l.record(ctx, l.returning(e))
			r.Exchanges = append(r.Exchanges, hops...)
			if err != nil || !opened(r.Last()) || r.Last().End.Kind != wire.Complete {
				return r, err
			}
			e.take(r.Last())
		}
		return r, nil
	},
}
