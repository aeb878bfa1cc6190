package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// record sends a request and, where the answer is a redirect, goes on as a browser does: one exchange
// for each hop, the last one is the answer. An error means that nothing was observed at all.
func (l *Lab) record(ctx context.Context, a ask) ([]*wire.Exchange, error) {
	var hops []*wire.Exchange
	for {
		u, x, err := l.send(ctx, a)
		switch {
		case errors.Is(err, errBudget), err != nil && ctx.Err() != nil:
			return given(hops, err)
		case err != nil && len(hops) > 0: // what was seen so far is an observation, and it ends with a redirect
			hops[len(hops)-1].End.Note = l.Secrets.Mask(err.Error())
			return hops, nil
		case err != nil:
			return nil, err
		}
		hops = append(hops, x)
		next, ok := redirected(a.req, u, x)
		if !ok || len(hops) > browser.MostRedirects {
			return hops, nil
		}
		if l.link != nil && !l.permits(next.URL) {
			return hops, fmt.Errorf("the target redirects to %.200q, which was not said to be there to be disturbed", next.URL)
		}
		if to, err := url.Parse(next.URL); err != nil || to.Hostname() != u.Hostname() {
			a.address = netip.Addr{} // it was another name's
		}
		a.req = next
	}
}

// send makes one exchange, if the budget has one left. An error is the budget's, that of ctx, or says that nothing
// was observed.
func (l *Lab) send(ctx context.Context, a ask) (*url.URL, *wire.Exchange, error) {
	u, err := url.Parse(a.req.URL)
	if err != nil {
		return nil, nil, err
	}
	u.Fragment = ""
	if l.Limits.Requests > 0 && l.requests >= l.Limits.Requests || !l.purse.take() {
		return u, nil, errBudget
	}
	x, err := l.exchange(ctx, a, u)
	if err != nil {
		l.purse.refund()
	}
	if err != nil && ctx.Err() != nil {
		err = stopped(ctx)
	}
	return u, x, err
}

// permits reports whether connections to a URL may be disturbed.
func (l *Lab) permits(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (l.Permit == nil || l.Permit(u))
}

// given returns the hops that were made before the user's limit stopped us; the last one says so, since
// it was not the endpoint that left it at a redirect.
func given(hops []*wire.Exchange, limit error) ([]*wire.Exchange, error) {
	if len(hops) > 0 {
		hops[len(hops)-1].End.Note = limit.Error()
	}
	return hops, limit
}

// errBudget says that the user's limit on requests is used up.
var errBudget = errors.New(wire.RequestsSpent)

// exchange makes one exchange over the HTTP version that is asked for. Like a browser it uses HTTP/2 over
// plain http only where the user insists: a redirect may change the scheme.
func (l *Lab) exchange(ctx context.Context, a ask, u *url.URL) (*wire.Exchange, error) {
	if a.version == "HTTP/2.0" && (u.Scheme == "https" || l.Version == a.version) {
		return l.exchange2(ctx, &a, u)
	}
	one := a
	if one.version == "HTTP/2.0" {
		one.version = "HTTP/1.1"
	}
	x, err := l.exchange1(ctx, &one, u)
	if a.either && errors.Is(err, errNoProtocol) {
		a.version = "HTTP/2.0"
		return l.exchange2(ctx, &a, u)
	}
	return x, err
}

// redirected returns the request that follows a redirect answer (Fetch, HTTP-redirect fetch). Credentials
// do not leave their origin: fields that carry them are dropped when it changes.
func redirected(r wire.Request, from *url.URL, x *wire.Exchange) (wire.Request, bool) {
	return redirectedWith(r, from, x, withoutCredentials)
}

// redirectedWith is redirected for one who leaves out other fields where the origin changes.
func redirectedWith(r wire.Request, from *url.URL, x *wire.Exchange, kept func(wire.Header) wire.Header) (wire.Request, bool) {
	location := x.Header.Get("Location")
	if !browser.Redirects(x.Status) || location == "" {
		return r, false
	}
	to, err := from.Parse(location)
	if err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return r, false
	}
	next := r
	if x.Status == 303 && r.Method != "GET" && r.Method != "HEAD" || (x.Status == 301 || x.Status == 302) && r.Method == "POST" {
		next = method(r, "GET")
	}
	if browser.OriginOf(to) != browser.OriginOf(from) {
		next.Header = kept(next.Header)
		to.User = nil
	}
	next.URL = to.String()
	return next, true
}

func withoutCredentials(h wire.Header) wire.Header {
	var out wire.Header
	for _, f := range h {
		if !isCredential(f.Name) && !strings.EqualFold(f.Name, "Host") {
			out = append(out, f)
		}
	}
	return out
}

// observe is record for experiments of one scene.
func (l *Lab) observe(ctx context.Context, s wire.Scene, asks ...ask) (*wire.Recording, error) {
	r := &wire.Recording{Scene: s}
	for _, a := range asks {
		hops, err := l.record(ctx, a)
		r.Exchanges = append(r.Exchanges, hops...)
		if err != nil {
			return r, err
		}
	}
	return r, nil
}
