package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// What the case of an exchange says that was asked for ("ask=resume").
const (
	askLook      = "look"      // the stream, until a few events have come
	askCoded     = "coded"     // the same with the browsers' content codings
	askResume    = "resume"    // with Last-Event-ID: what came behind the first event of the look
	askPage      = "page"      // as a page on the declared origin
	askPreflight = "preflight" // leave for the fields that "fields" names
)

var edgeSemantics = &Experiment{
	Scene:    wire.EdgeSemantics,
	Title:    "whether every route leads to the stream, and what differs between them",
	Doc:      "the fields of the answer, what a reader is given who comes back, and what a page is allowed",
	Requests: 4,
	From:     Quick,
	Moot:     theirs,
	Unless: func(l *Lab) error {
		if !l.safe() {
			return fmt.Errorf("a %s is sent once only, since each may be billed (--repeat-post allows more)", l.Target.Method)
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		rec := l.remember(wire.EdgeSemantics)
		if err := l.meet(ctx, rec); err != nil {
			delete(l.recordings, wire.EdgeSemantics)
			return nil, err
		}
		err := l.comeBack(ctx, rec)
		if err == nil {
			err = l.askLeave(ctx, rec)
		}
		return cutShort(rec, err), nil // every route leads to a stream: the others can be asked
	},
}

// remember begins a recording that later experiments look at.
func (l *Lab) remember(s wire.Scene) *wire.Recording {
	if l.recordings == nil {
		l.recordings = map[wire.Scene]*wire.Recording{}
	}
	r := &wire.Recording{Scene: s}
	l.recordings[s] = r
	return r
}

// cutShort has a recording say that the user's limit ended it: what was seen so far is kept.
func cutShort(r *wire.Recording, err error) *wire.Recording {
	if x := r.Last(); x != nil && errors.Is(err, errBudget) {
		x.End.Note = err.Error()
	}
	return r
}

// A call is one request to the user's own endpoint on one route.
type call struct {
	hop      wire.Hop
	about    wire.Case
	fields   wire.Header                            // in place of those of the same name, or beside them
	turned   func(*Lab, wire.Request) *wire.Request // makes another request of it; nil to leave it; may return nil for none
	patience patience
	wait     time.Duration // before it is sent
	heard    func()        // told of each event; may be nil
	enough   func(events int) bool
}

// call makes one call. It follows no redirect: where that leads is another route.
func (l *Lab) call(ctx context.Context, c call) (*wire.Exchange, error) {
	if c.wait > 0 && !wait(ctx, c.wait) {
		return nil, stopped(ctx)
	}
	one := l.beside()
	r := one.asEventSource()
	r.URL = c.hop.URL
	for _, f := range c.fields {
		r = set(r, f.Name, f.Value)
	}
	if c.turned != nil {
		other := c.turned(one, r)
		if other == nil {
			return nil, nil
		}
		r = *other
	}
	a := ask{req: r, version: l.versionOn(c.hop), patience: c.patience, either: l.Version == ""}
	events := 0
	f := &follower{take: counting(func() {
		if events++; c.heard != nil {
			c.heard()
		}
	})}
	one.Tap = f.tell
	defer f.close()
	if c.enough != nil {
		a.enough = func() bool { return c.enough(events) }
	}
	_, x, err := one.send(ctx, a)
	if err != nil {
		return nil, err
	}
	x.Case = wire.Case("route=" + c.hop.Name)
	if c.about != "" {
		x.Case += " " + c.about
	}
	return x, nil
}

// counting returns what calls tell for each event of a body that is handed over as it comes.
func counting(tell func()) func(*wire.Exchange, time.Duration, []byte) {
	var in *stream.Reader
	return func(x *wire.Exchange, _ time.Duration, b []byte) {
		if in == nil {
			in = stream.NewReader(syntaxOf(x), func(*stream.Event) { tell() })
			in.MaxEvent = longestEvent
		}
		in.Write(b)
	}
}

// syntaxOf returns how the body of an answer is read here: as events, unless it says that it is something else that streams.
func syntaxOf(x *wire.Exchange) stream.Syntax {
	if s := stream.SyntaxOf(x.Header.MediaType().Essence); s != stream.Text {
		return s
	}
	return stream.EventStream
}

// eventsOf returns the events of an answer.
func eventsOf(x *wire.Exchange) []stream.Event {
	text, _ := x.Decoded()
	return stream.Parse(syntaxOf(x), text.Bytes).Events
}

// versionOn returns the HTTP version of a route: the same on all, so that nothing differs but the way. HTTP/2 without TLS
// is spoken by few, and where the reader's end has TLS the user did not ask for it.
func (l *Lab) versionOn(h wire.Hop) string {
	u, err := url.Parse(h.URL)
	if l.Version == "HTTP/2.0" && err == nil && u.Scheme == "http" && originScheme(l.Target.URL) == "https" {
		return "HTTP/1.1"
	}
	if l.Version != "" {
		return l.Version
	}
	return "HTTP/1.1"
}

func originScheme(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme
}

// calls makes calls side by side, and adds to the recording those of which something was observed, in their order. The
// error is the first one.
func (l *Lab) calls(ctx context.Context, rec *wire.Recording, all ...call) error {
	xs, errs := make([]*wire.Exchange, len(all)), make([]error, len(all))
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() { xs[i], errs[i] = l.call(ctx, c) })
	}
	wg.Wait()
	for i, x := range xs {
		if x != nil {
			rec.Exchanges = append(rec.Exchanges, x)
		}
		if errs[i] != nil {
			errs[i] = fmt.Errorf("%s: %w", all[i].hop.Name, errs[i])
		}
	}
	for _, err := range errs {
		if err != nil && errors.Is(err, errBudget) {
			return errBudget
		}
	}
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	return errors.Join(errs...)
}

// fewEvents is how many events are looked at on each route: what came behind the first of them is asked for again.
const fewEvents = 5

// lookFor is how long a route is looked at, where the answer does not end before.
func (l *Lab) lookFor() time.Duration {
	if l.Edge.Depth == Quick {
		return 4 * time.Second
	}
	return 12 * time.Second
}

// meet looks at the stream straight from the endpoint, then on all other routes. The error names the route that leads to
// no stream. One that stays silent while the endpoint does not is no such: it may hold back what was sent.
func (l *Lab) meet(ctx context.Context, rec *wire.Recording) error {
	hops := l.Edge.Hops
	if len(hops) < 2 {
		return errors.New("there are no two routes to compare")
	}
	look := func(h wire.Hop, p patience) call {
		return call{hop: h, about: wire.Case("ask=" + askLook), patience: p, enough: func(n int) bool { return n >= fewEvents }}
	}
	d := l.lookFor()
	if err := l.calls(ctx, rec, look(hops[0], whole(d))); err != nil {
		return unmet(ctx, err)
	}
	first := rec.Last()
	if err := l.misled(hops[0], first, true); err != nil {
		return err
	}
	p := l.asPatientAs(first)
	var rest []call
	for _, h := range hops[1:] {
		rest = append(rest, look(h, p))
	}
	if err := l.calls(ctx, rec, rest...); err != nil {
		return unmet(ctx, err)
	}
	for i, h := range hops[1:] {
		if err := l.misled(h, rec.Exchanges[i+1], false); err != nil {
			return err
		}
	}
	return nil
}

// unmet says that a route could not be asked.
func unmet(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, errBudget) {
		return err
	}
	return fmt.Errorf("the route %w", err)
}

// asPatientAs is the patience for what took an earlier answer so long.
func (l *Lab) asPatientAs(x *wire.Exchange) patience {
	d := min(l.lookFor(), 2*x.End.At+2*time.Second)
	return whole(d)
}

// misled says, in a sentence, why a route leads to no stream; nil where it does, or may.
func (l *Lab) misled(h wire.Hop, x *wire.Exchange, first bool) error {
	switch {
	case x.Status == 0 && x.End.Kind == wire.Silent && !first:
		return nil
	case x.Status == 0 && x.End.Kind == wire.Silent:
		return fmt.Errorf("the route %s did not answer in %v", h.Name, x.End.At.Round(100*time.Millisecond))
	case x.Status == 0:
		return fmt.Errorf("the route %s ended the connection without an answer", h.Name)
	case browser.Redirects(x.Status) && x.Header.Has("Location"):
		return fmt.Errorf("the route %s redirects to %s: name that URL with %s", h.Name, printable(x.Header.Get("Location")), flagOf(h))
	case x.Status == 401 || x.Status == 403 || x.Status == 407:
		return fmt.Errorf("the route %s refused authentication with status %d: pass credentials with -H 'Authorization: Bearer $TOKEN' or -u", h.Name, x.Status)
	case x.Status != 200:
		return fmt.Errorf("the route %s answered with status %d, which is no stream", h.Name, x.Status)
	case !opened(x) && len(eventsOf(x)) == 0:
		return fmt.Errorf("the route %s answered with media type %.60q, which is no stream", h.Name, x.Header.Get("Content-Type"))
	}
	return nil
}

// flagOf returns the flag by which the user named a route.
func flagOf(h wire.Hop) string {
	switch h.Name {
	case wire.Direct, wire.Via:
		return "--" + h.Name
	}
	return "--hop " + h.Name + "=…"
}

// looked returns the look at a route, or nil.
func (l *Lab) looked(name, what string) *wire.Exchange {
	r := l.recordings[wire.EdgeSemantics]
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.Exchanges, func(x *wire.Exchange) bool { return x.Route() == name && x.Case.Get("ask") == what })
	if i < 0 {
		return nil
	}
	return r.Exchanges[i]
}

// comeBack asks on every route for what came behind the first event that the endpoint sent; and once, straight from it,
// with the content codings that browsers offer.
func (l *Lab) comeBack(ctx context.Context, rec *wire.Recording) error {
	first := l.looked(wire.Direct, askLook)
	p := l.asPatientAs(first)
	all := []call{{hop: l.Edge.Hops[0], about: wire.Case("ask=" + askCoded), patience: p,
		fields: wire.Header{{Name: "Accept-Encoding", Value: browserCodings}}, enough: func(n int) bool { return n >= min(2, len(eventsOf(first))) }}}
	id, ok := cursorOf(first)
	if ok {
		all = append(all, l.resumptions(id, p, 1)...)
	}
	from := len(rec.Exchanges)
	if err := l.calls(ctx, rec, all...); err != nil || !ok {
		return err
	}
	naming(rec.Exchanges[from:], id)
	if !l.differ(rec.Exchanges[from:]) {
		return nil
	}
	from = len(rec.Exchanges)
	err := l.calls(ctx, rec, l.resumptions(id, p, 2)...) // once may be chance
	naming(rec.Exchanges[from:], id)
	return err
}

// resumptions are the requests of readers that come back with an id.
func (l *Lab) resumptions(id string, p patience, run int) []call {
	var out []call
	for _, h := range l.Edge.Hops {
		out = append(out, call{hop: h, about: wire.Case(fmt.Sprintf("ask=%s run=%d", askResume, run)), patience: p,
			fields: wire.Header{{Name: "Last-Event-ID", Value: id}}, enough: func(n int) bool { return n >= 2 }})
	}
	return out
}

// naming notes the id with which readers came back.
func naming(xs []*wire.Exchange, id string) {
	for _, x := range xs {
		if x.Case.Get("ask") == askResume {
			x.Cursor = id
		}
	}
}

// differ reports whether readers that come back are given different events first.
func (l *Lab) differ(xs []*wire.Exchange) bool {
	ids := map[string]bool{}
	for _, x := range xs {
		if x.Case.Get("ask") == askResume {
			ids[firstID(x)] = true
		}
	}
	return len(ids) > 1
}

// cursorOf returns the id of the first event, if there is one and the next event has another: then it names a place.
func cursorOf(x *wire.Exchange) (string, bool) {
	events := eventsOf(x)
	if len(events) < 2 || len(events[0].ID) == 0 || string(events[0].ID) == string(events[1].ID) {
		return "", false
	}
	return stream.Decode(events[0].ID), true
}

// leaves are the fields that pages send to streams and that need leave.
var leaves = []string{"authorization", "cache-control", "content-type", "last-event-id"}

// askLeave asks on every route as the browser of a page on the declared origin does.
func (l *Lab) askLeave(ctx context.Context, rec *wire.Recording) error {
	u, err := url.Parse(l.Target.URL)
	if err != nil || l.Origin == "" || browser.OriginOf(u) == l.Origin {
		return err
	}
	var all []call
	for _, h := range l.Edge.Hops {
		all = append(all, l.asPageOn(h), l.leaveOn(h, leaves...))
	}
	from := len(rec.Exchanges)
	if err := l.calls(ctx, rec, all...); err != nil {
		return err
	}
	granted := func(x *wire.Exchange) bool { return l.page(browser.Script).Permits(l.Origin, x) == nil }
	if !slices.ContainsFunc(rec.Exchanges[from:], func(x *wire.Exchange) bool { return browser.Preflight(x) && !granted(x) }) {
		return nil
	}
	all = nil
	for _, name := range leaves { // which of them is not granted
		for _, h := range l.Edge.Hops {
			all = append(all, l.leaveOn(h, name))
		}
	}
	return l.calls(ctx, rec, all...)
}

func (l *Lab) asPageOn(h wire.Hop) call {
	return call{hop: h, about: l.included(wire.Case("ask=" + askPage)), patience: l.glance(), turned: func(one *Lab, r wire.Request) *wire.Request {
		u, err := url.Parse(r.URL)
		if err != nil {
			return nil
		}
		r = withSite(set(r, "Origin", l.Origin), l.Origin, u)
		return &r
	}}
}

// included notes that the page asks with credentials, where it does.
func (l *Lab) included(c wire.Case) wire.Case {
	if l.Include {
		return c.With("credentials", "include")
	}
	return c
}

func (l *Lab) leaveOn(h wire.Hop, names ...string) call {
	fields := "all"
	if len(names) == 1 {
		fields = names[0]
	}
	return call{hop: h, about: l.included(wire.Case("ask=" + askPreflight + " fields=" + fields)), patience: l.glance(), turned: func(one *Lab, r wire.Request) *wire.Request {
		u, err := url.Parse(r.URL)
		if err != nil {
			return nil
		}
		w := &browser.Walk{Page: l.page(browser.Script)}
		r = one.leave(w, ask{req: r}, u, l.Target.Method, strings.Join(names, ",")).req
		return &r
	}}
}

// codings are those that are offered where routes are compared: as browsers do, unless the endpoint itself brings nothing
// then, which is not for its hops to answer for.
func (l *Lab) codings() string {
	x := l.looked(wire.Direct, askCoded)
	if x == nil || x.Status != 200 || len(eventsOf(x)) == 0 {
		return "identity"
	}
	return browserCodings
}
