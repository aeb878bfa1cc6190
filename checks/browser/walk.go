package browser

import (
	"net/url"
	"strings"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// MostRedirects is where a browser gives up on redirects.
//
// https://fetch.spec.whatwg.org/#http-redirect-fetch
const MostRedirects = 20

// A Walk follows one request of a page from answer to answer: what its origin is called, and whether the CORS check
// is asked, depend on where the request has been.
type Walk struct {
	Page Page
	last string // the origin of the URL that was asked last, or empty
	cors bool   // an origin other than the page's was asked: what comes is checked from now on
	null bool   // the request went from one foreign origin to another: it is sent with Origin: null
	hops int
}

// To moves the request to a URL and returns why a browser does not ask it, or nil.
func (w *Walk) To(u *url.URL) *Denial {
	here := OriginOf(u)
	if w.last != "" && here != w.last && w.last != w.Page.Origin {
		w.null = true // Fetch, redirect-taint
	}
	w.last, w.cors = here, w.cors || here != w.Page.Origin
	switch {
	case BadPort(u.Port()):
		return deny(BlockedPort, "", "", "no browser connects to port %s", u.Port())
	case strings.HasPrefix(w.Page.Origin, "https://") && !Trustworthy(u):
		return deny(MixedContent, "", "", "a page over https may not ask %s://%s: it is mixed content", u.Scheme, u.Host)
	}
	return nil
}

// Origin returns the value of the Origin field of the request where it is now.
func (w *Walk) Origin() string {
	if w.null {
		return OpaqueOrigin
	}
	return w.Page.Origin
}

// OpaqueOrigin is how an origin is called that nobody is to know.
const OpaqueOrigin = wire.OpaqueOrigin

// Foreign reports whether an answer where the request is now must pass the CORS check.
func (w *Walk) Foreign() bool { return w.cors }

// Preflight returns why the answer to a preflight does not let the request go on, or nil.
func (w *Walk) Preflight(x *wire.Exchange) *Denial { return w.Page.Permits(w.Origin(), x) }

// Answer returns why a browser gives up at an answer, or where it goes on from there; both are nil where the
// answer is the last.
func (w *Walk) Answer(x *wire.Exchange) (next *url.URL, d *Denial) {
	if x.Status == 0 {
		return nil, deny(NoAnswer, "", "", "no answer came")
	}
	if w.cors {
		if d := CORSCheck(w.Origin(), w.Page.Include, x.Header); d != nil {
			return nil, d
		}
	}
	location := x.Header.Get("Location")
	if !Redirects(x.Status) || !x.Header.Has("Location") {
		return nil, nil
	}
	from, err := url.Parse(x.Request.URL)
	if err != nil {
		return nil, deny(NoAnswer, "", "", "%v", err)
	}
	w.hops++
	to, err := from.Parse(location)
	switch {
	case err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "":
		return nil, deny(RedirectScheme, "Location", location, "Location is %.120q, where no request can go", location)
	case w.hops > MostRedirects:
		return nil, deny(RedirectLoop, "Location", location, "there are more than %d redirects", MostRedirects)
	case to.User != nil:
		// The standard allows it while the request has not left the page's origin; Chromium never does.
		return nil, deny(RedirectUserinfo, "Location", "", "Location names a user or password: a browser does not follow it for a page")
	}
	to.Fragment = ""
	return to, nil
}

// Redirects reports whether a status sends a client elsewhere.
//
// https://fetch.spec.whatwg.org/#redirect-status
func Redirects(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}

// Open returns why a client does not take a final answer for its stream, or nil.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
func Open(c Client, x *wire.Exchange) *Denial {
	t := x.Header.MediaType()
	charset, given := t.Param("charset")
	switch {
	case x.Status != 200:
		return deny(WrongStatus, "", "", "the answer has status %d", x.Status)
	case c == Script && t.Essence != "" && stream.SyntaxOf(t.Essence) != stream.Text: // a script's reader may know any format
		return nil
	case t.Essence != "text/event-stream":
		return deny(WrongType, "Content-Type", combined(x.Header, "Content-Type"), "Content-Type is %.80q, not text/event-stream", combined(x.Header, "Content-Type"))
	case c == EventSource && given && !strings.EqualFold(charset, "utf-8"):
		// The standard ignores the parameter; Chromium does not open the stream.
		return deny(WrongCharset, "Content-Type", combined(x.Header, "Content-Type"), "Content-Type names the charset %.40q: Chromium gives up on it", charset)
	}
	return nil
}

// Reads walks through all exchanges that a page's request took, preflights and redirects included, and returns why
// the page cannot read the stream at their end, or nil.
func (p Page) Reads(hops []*wire.Exchange) *Denial {
	w := &Walk{Page: p}
	var ahead *url.URL
	for i, x := range hops {
		u, err := url.Parse(x.Request.URL)
		if err != nil {
			return deny(NoAnswer, "", "", "%v", err).at(i, w)
		}
		if i == 0 || !Preflight(hops[i-1]) {
			if d := w.To(u); d != nil {
				return d.at(i, w)
			}
		}
		if Preflight(x) {
			if d := w.Preflight(x); d != nil {
				return d.at(i, w)
			}
			continue
		}
		next, d := w.Answer(x)
		switch {
		case d != nil:
			return d.at(i, w)
		case next == nil:
			return Open(p.Client, x).at(i, w)
		}
		ahead = next
	}
	if ahead != nil {
		if d := w.To(ahead); d != nil {
			return d.at(len(hops)-1, w)
		}
	}
	return deny(NoAnswer, "", "", "the request did not come to its end").at(len(hops)-1, w)
}
