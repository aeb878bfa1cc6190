package chaos

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// visit makes a request as the browser of a page makes it: asks leave first where Fetch wants that, follows
// redirects, and goes no further than the browser goes. One exchange for each step. It returns the URL that was asked
// last, secrets included, too.
func (l *Lab) visit(ctx context.Context, w *browser.Walk, a ask) (hops []*wire.Exchange, last string, err error) {
	u, err := url.Parse(a.req.URL)
	meant := a.req // as the browser sends it: it keeps fields of the script's that we do not let go to another origin
	for err == nil {
		if d := w.To(u); d != nil {
			return hops, a.req.URL, gaveUp(hops, d)
		}
		var x *wire.Exchange
		if leave, needed := l.preflight(w, meant, a, u); needed {
			if _, x, err = l.send(ctx, leave); err != nil {
				break
			}
			if hops = append(hops, x); w.Preflight(x) != nil {
				return hops, a.req.URL, nil
			}
		}
		if _, x, err = l.send(ctx, l.signed(w, a, u)); err != nil {
			break
		}
		hops = append(hops, x)
		to, d := w.Answer(x)
		next, ok := redirected(a.req, u, x)
		if d != nil || to == nil || !ok {
			return hops, a.req.URL, nil
		}
		if to.Hostname() != u.Hostname() {
			a.address = netip.Addr{} // it was another name's
		}
		meant, _ = redirectedWith(meant, u, x, withoutAuthorization)
		a.req, u = next, to
	}
	hops, err = given(hops, err)
	return hops, a.req.URL, err
}

// gaveUp says why there is nothing to see where a browser gives up before it asks.
func gaveUp(hops []*wire.Exchange, d *browser.Denial) error {
	if len(hops) == 0 {
		return moot("%s", d.Message)
	}
	return nil
}

// signed returns the request with what the browser says about who asks.
func (l *Lab) signed(w *browser.Walk, a ask, u *url.URL) ask {
	if w.Foreign() || a.req.Method != "GET" && a.req.Method != "HEAD" {
		a.req = set(a.req, "Origin", w.Origin())
	}
	a.req = withSite(a.req, w.Page.Origin, u)
	return a
}

// withSite adds what Fetch Metadata tells a server: browsers send it to trustworthy places only.
//
// https://w3c.github.io/webappsec-fetch-metadata/
func withSite(r wire.Request, origin string, to *url.URL) wire.Request {
	for _, name := range []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
		r.Header = r.Header.Without(name)
	}
	if !browser.Trustworthy(to) {
		return r
	}
	r = set(r, "Sec-Fetch-Site", site(origin, to))
	r = set(r, "Sec-Fetch-Mode", "cors")
	return set(r, "Sec-Fetch-Dest", "empty")
}

// site says how near an origin is to a URL: the same, of the same registrable domain and scheme, or neither.
func site(origin string, to *url.URL) string {
	if browser.OriginOf(to) == origin {
		return "same-origin"
	}
	from, err := url.Parse(origin)
	if err == nil && from.Scheme == to.Scheme && registrable(from.Hostname()) == registrable(to.Hostname()) {
		return "same-site"
	}
	return "cross-site"
}

func registrable(host string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

// preflight returns the request by which a browser asks leave for what the page means to send, if it does.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch
func (l *Lab) preflight(w *browser.Walk, meant wire.Request, a ask, u *url.URL) (ask, bool) {
	names, needed := w.Page.Asks(l.scripted(w.Page, meant))
	if !needed || !w.Foreign() {
		return a, false
	}
	return l.leave(w, a, u, meant.Method, strings.Join(names, ",")), true
}

// withoutAuthorization is what a browser leaves out when a redirect leads to another origin.
func withoutAuthorization(h wire.Header) wire.Header { return h.Without("Authorization") }

// leave returns a preflight for a method and a list of fields.
func (l *Lab) leave(w *browser.Walk, a ask, u *url.URL, asked, names string) ask {
	r := wire.Request{Method: "OPTIONS", URL: a.req.URL, Header: kept(a.req.Header, "Host")}
	r = set(r, "Accept", "*/*")
	r = set(r, browser.RequestMethod, asked)
	if names != "" {
		r = set(r, browser.RequestHeaders, names)
	}
	r = set(r, "Origin", w.Origin())
	r = set(r, "User-Agent", browserAgent)
	a.req = withSite(r, w.Page.Origin, u)
	a.patience, a.enough = l.glance(), nil
	return a
}

// scripted returns the request with those fields only that a script itself sets: not what the browser adds,
// such as the authentication that it asked its user for.
func (l *Lab) scripted(p browser.Page, r wire.Request) wire.Request {
	if p.Include && isBasic(r.Header) {
		r.Header = r.Header.Without("Authorization")
	}
	r.Header = slices.DeleteFunc(slices.Clone(r.Header), copied)
	return r
}

// copied reports whether a field is what a browser's developer tools put into the command that they copy, since the browser
// had added it: nobody means a script to send it.
func copied(f wire.Field) bool {
	switch strings.ToLower(f.Name) {
	case "cache-control":
		return f.Value == "no-cache" || f.Value == "max-age=0"
	case "pragma", "priority", "upgrade-insecure-requests":
		return true
	}
	return false
}

// isBasic reports whether the request has the authentication that a browser sends by itself.
func isBasic(h wire.Header) bool {
	scheme, _, _ := strings.Cut(h.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Basic") || strings.EqualFold(scheme, "Digest")
}

// kept returns the fields of the given names.
func kept(h wire.Header, names ...string) wire.Header {
	var out wire.Header
	for _, f := range h {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, f.Name) }) {
			out = append(out, f)
		}
	}
	return out
}

// asPage returns the request that the browser of a page sends for a client, as far as it does not depend on where the
// request goes. An EventSource sends none of the page's own fields.
func (l *Lab) asPage(p browser.Page) wire.Request {
	r := l.Target
	switch {
	case p.Client == browser.EventSource:
		r.Header = kept(r.Header, "Host", "User-Agent", "Accept-Language", "Authorization", "Cookie")
		if !p.Include || !isBasic(r.Header) {
			r.Header = r.Header.Without("Authorization")
		}
		r.Header = append(r.Header, wire.Field{Name: "Accept", Value: "text/event-stream"},
			wire.Field{Name: "Cache-Control", Value: "no-cache"}, wire.Field{Name: "Pragma", Value: "no-cache"})
	default:
		r.Header = slices.DeleteFunc(slices.Clone(r.Header), func(f wire.Field) bool {
			n := strings.ToLower(f.Name)
			return browser.Forbidden(n) && n != "host" && n != "user-agent" && n != "cookie"
		})
		if !r.Header.Has("Accept") {
			r.Header = append(r.Header, wire.Field{Name: "Accept", Value: "text/event-stream"})
		}
	}
	if !p.Include {
		r.Header = r.Header.Without("Cookie")
	}
	if !r.Header.Has("User-Agent") {
		r = set(r, "User-Agent", browserAgent)
	}
	return set(r, "Accept-Encoding", "identity")
}

// page returns a client on the declared origin.
func (l *Lab) page(c browser.Client) browser.Page {
	return browser.Page{Origin: l.Origin, Include: l.Include, Client: c}
}

// errNoOrigin is why no page on another origin is played.
var errNoOrigin = moot("no origin was named that must be able to read the stream (--origin)")

// declaredOrigin tells what speaks against asking as a page on the declared origin.
func declaredOrigin(l *Lab) error {
	if l.Origin == "" {
		return errNoOrigin
	}
	r := l.recordings[wire.Control]
	if u, err := url.Parse(l.Target.URL); err == nil && browser.OriginOf(u) == l.Origin && (r == nil || len(r.Exchanges) == 1) {
		return moot("%s is the target's own origin, whose pages may read it anyway", l.Origin)
	}
	return nil
}

// viaGET tells what speaks against an EventSource.
func (l *Lab) viaGET() error {
	if l.Target.Method != "GET" {
		return moot("the stream is opened with %s, which an EventSource cannot send", l.Target.Method)
	}
	return nil
}

// look is the patience of a page's request: its head decides, and the first events tell the id to come back with.
func (l *Lab) look(r wire.Request) ask {
	return ask{req: r, version: l.version(), patience: l.glance()}
}

// firstID returns the first last event ID string that came with an event, or "".
func firstID(x *wire.Exchange) string {
	text, _ := x.Decoded()
	for _, e := range stream.Parse(stream.EventStream, text.Bytes).Events {
		if len(e.ID) > 0 {
			return stream.Decode(e.ID)
		}
	}
	return ""
}

// lastID returns the last event ID string in force behind an answer, or "".
func lastID(x *wire.Exchange) string {
	text, _ := x.Decoded()
	return stream.Decode(stream.Parse(stream.EventStream, text.Bytes).ID)
}

// comesBack tells what speaks against coming back with a last event ID.
func (l *Lab) comesBack() error {
	if err := l.viaGET(); err != nil {
		return err
	}
	if firstID(l.control()) == "" {
		return moot("no event has an id, so that there is nothing to come back with")
	}
	return nil
}

var crossOrigin = &Experiment{
	Scene:    wire.CrossOrigin,
	Title:    "as an EventSource of a page on the declared origin (--origin)",
	Doc:      "whether a page may read the stream is decided by what such a request is answered",
	Requests: 1,
	Always:   true,
	Unless:   declaredOrigin,
	Moot:     (*Lab).viaGET,
	Run:      visiting(wire.CrossOrigin, browser.EventSource, func(*Lab) string { return "" }),
}

// visiting returns the experiment of one client that comes with a last event ID, or without where it is empty.
func visiting(s wire.Scene, c browser.Client, id func(*Lab) string) func(context.Context, *Lab) (*wire.Recording, error) {
	return func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		p := l.page(c)
		r := l.asPage(p)
		if id := id(l); id != "" {
			r = set(r, "Last-Event-ID", id)
		}
		if s != wire.CrossOrigin && c == browser.EventSource {
			r = l.whereItWas(r)
		}
		hops, last, err := l.visit(ctx, &browser.Walk{Page: p}, l.look(r))
		if s == wire.CrossOrigin {
			l.landed = last
		}
		return &wire.Recording{Scene: s, Exchanges: hops}, err
	}
}

// whereItWas sends an EventSource that comes back to where it was answered: not through the redirects again. Credentials
// do not go along to another origin.
func (l *Lab) whereItWas(r wire.Request) wire.Request {
	first, err := url.Parse(r.URL)
	last, err2 := url.Parse(l.landed)
	if l.landed == "" || err != nil || err2 != nil {
		return r
	}
	if browser.OriginOf(first) != browser.OriginOf(last) {
		r.Header = withoutCredentials(r.Header)
	}
	r.URL = l.landed
	return r
}

var crossResume = &Experiment{
	Scene:    wire.CrossResume,
	Title:    "as that EventSource comes back, with an id that came (--origin)",
	Doc:      "the answer to a reader that comes back is often made elsewhere, without the CORS fields",
	Requests: 1,
	Unless:   declaredOrigin,
	Moot:     (*Lab).comesBack,
	Run:      visiting(wire.CrossResume, browser.EventSource, func(l *Lab) string { return firstID(l.control()) }),
}

var crossStop = &Experiment{
	Scene:    wire.CrossStop,
	Title:    "as that EventSource comes back behind the end of a finite answer (--origin)",
	Doc:      "what tells it to stop must be readable too",
	Requests: 1,
	Unless:   declaredOrigin,
	Moot: func(l *Lab) error {
		if l.control().End.Kind != wire.Complete {
			return moot("the stream did not end while it was watched")
		}
		return l.viaGET()
	},
	Run: visiting(wire.CrossStop, browser.EventSource, func(l *Lab) string { return lastID(l.control()) }),
}

var script = &Experiment{
	Scene:    wire.Script,
	Title:    "as a script's fetch() on the declared origin: the preflight, then the request (--origin)",
	Doc:      "a script may send any method and fields, and most browsers ask leave for them first",
	Requests: 2,
	Safe:     true, // where a request is sent once only, the control request was the page's
	Always:   true,
	Unless:   declaredOrigin,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		if l.safe() {
			return visiting(wire.Script, browser.Script, func(*Lab) string { return "" })(ctx, l)
		}
		p := l.page(browser.Script)
		w := &browser.Walk{Page: p}
		a := l.look(l.asPage(p))
		u, err := url.Parse(a.req.URL)
		if err != nil {
			return nil, err
		}
		if d := w.To(u); d != nil {
			return nil, moot("%s", d.Message)
		}
		leave, needed := l.preflight(w, a.req, a, u)
		if !needed {
			return nil, moot("the request needs no preflight, and the control request was the page's")
		}
		return l.observe1(ctx, wire.Script, leave)
	},
}

// observe1 records one exchange, without following it anywhere.
func (l *Lab) observe1(ctx context.Context, s wire.Scene, a ask) (*wire.Recording, error) {
	_, x, err := l.send(ctx, a)
	if err != nil {
		return nil, err
	}
	return &wire.Recording{Scene: s, Exchanges: []*wire.Exchange{x}}, nil
}

var scriptResume = &Experiment{
	Scene:    wire.ScriptResume,
	Title:    "as that script comes back: the preflight for Last-Event-ID, then the request (--origin)",
	Doc:      "Last-Event-ID is not on the CORS safelist: only an EventSource may send it without asking",
	Requests: 2,
	Unless:   declaredOrigin,
	Moot:     (*Lab).comesBack,
	Run:      visiting(wire.ScriptResume, browser.Script, func(l *Lab) string { return firstID(l.control()) }),
}

var spaced = &Experiment{
	Scene:    wire.Spaced,
	Title:    "a preflight that was refused, its list written with capitals and spaces (--origin)",
	Doc:      "browsers write lower case and no spaces, which a hand-made parser may not know",
	Requests: 1,
	Safe:     true,
	Always:   true,
	Unless:   declaredOrigin,
	Moot: func(l *Lab) error {
		if l.refused() == nil {
			return moot("no preflight for more than one field was refused")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		x := l.refused()
		u, err := url.Parse(l.Target.URL)
		if err != nil {
			return nil, err
		}
		names := strings.Split(x.Request.Header.Get(browser.RequestHeaders), ",")
		for i, n := range names {
			names[i] = capitalised(n)
		}
		w := &browser.Walk{Page: l.page(browser.Script)}
		w.To(u)
		return l.observe1(ctx, wire.Spaced, l.leave(w, l.look(l.Target), u, x.Request.Header.Get(browser.RequestMethod), strings.Join(names, ", ")))
	},
}

// refused returns the preflight at the target itself that asks for several fields and was not granted, or nil.
func (l *Lab) refused() *wire.Exchange {
	for _, s := range []wire.Scene{wire.Script, wire.ScriptResume} {
		r := l.recordings[s]
		if r == nil || len(r.Exchanges) == 0 {
			continue
		}
		x := r.Exchanges[0]
		if browser.Preflight(x) && strings.Contains(x.Request.Header.Get(browser.RequestHeaders), ",") &&
			l.page(browser.Script).Permits(l.Origin, x) != nil {
			return x
		}
	}
	return nil
}

// capitalised writes a field name as people do: Content-Type.
func capitalised(name string) string {
	parts := strings.Split(strings.ToLower(name), "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

// from returns the user's request as it would come from a page on an origin, whatever the page may send.
func (l *Lab) from(origin string) ask {
	r := set(l.asEventSource(), "Origin", origin)
	if !l.Target.Header.Has("User-Agent") {
		r = set(r, "User-Agent", browserAgent)
	}
	if u, err := url.Parse(r.URL); err == nil {
		r = withSite(r, origin, u)
	}
	return l.look(r)
}

var stranger = &Experiment{
	Scene:    wire.Stranger,
	Title:    "with the Origin of a page that nobody knows",
	Doc:      "shows whether every origin is let in, and whether what is answered depends on it",
	Requests: 1,
	Always:   true,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		return l.observe(ctx, wire.Stranger, l.from(wire.StrangerOrigin))
	},
}

var nullOrigin = &Experiment{
	Scene:    wire.NullOrigin,
	Title:    "with Origin: null",
	Doc:      "sandboxed frames, files and some redirects ask so",
	Requests: 1,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		return l.observe(ctx, wire.NullOrigin, l.from(wire.OpaqueOrigin))
	},
}

var lookalikes = &Experiment{
	Scene:    wire.Lookalikes,
	Title:    "with origins that look like the declared one (--origin)",
	Doc:      "a list of origins that is matched by prefix, suffix or a loose pattern lets strangers in",
	Requests: 5,
	Unless:   declaredOrigin,
	Moot: func(l *Lab) error {
		x := l.recordings[wire.CrossOrigin].Last()
		if x == nil {
			x = l.recordings[wire.Script].Last()
		}
		if x == nil || x.Header.Get(browser.AllowOrigin) != l.Origin {
			return moot("the declared origin is not let in by its name")
		}
		if s := l.recordings[wire.Stranger].Last(); s != nil && s.Header.Get(browser.AllowOrigin) == wire.StrangerOrigin {
			return moot("every origin is let in")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		var asks []ask
		for _, o := range alike(l.Origin) {
			asks = append(asks, l.from(o))
		}
		return l.observe(ctx, wire.Lookalikes, asks...)
	},
}

// alike returns origins that are not the given one and that a careless comparison takes for it.
func alike(origin string) []string {
	u, err := url.Parse(origin)
	if err != nil {
		return nil
	}
	scheme, host, port := u.Scheme, u.Hostname(), u.Port()
	if port != "" {
		port = ":" + port
	}
	out := []string{
		scheme + "://" + host + ".stranger.invalid" + port, // begins like it
		scheme + "://stranger-" + registrable(host) + port, // ends like it, and is another's domain
	}
	if i := strings.IndexByte(host, '.'); i > 0 && i < len(host)-1 && !isAddress(host) {
		out = append(out, scheme+"://"+host[:i]+"x"+host[i+1:]+port) // a dot for any character
	}
	if port == "" {
		out = append(out, scheme+"://"+host+":8443") // another port
	}
	if scheme == "https" {
		out = append(out, "http://"+host+port) // without TLS
	}
	return out
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
