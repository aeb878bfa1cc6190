package browser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// Preflight reports whether an exchange is one: OPTIONS with what is asked for.
func Preflight(x *wire.Exchange) bool {
	return x.Request.Method == "OPTIONS" && x.Request.Header.Has(RequestMethod)
}

// Asks returns the fields for which a page must ask leave before it sends a request, in the form of
// Access-Control-Request-Headers: lower-case, sorted. needed is false where no preflight is made.
//
// https://fetch.spec.whatwg.org/#main-fetch, https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func (p Page) Asks(r wire.Request) (names []string, needed bool) {
	if p.Client == EventSource {
		return nil, false
	}
	names = unsafeNames(r.Header)
	return names, len(names) > 0 || !safelistedMethod(r.Method)
}

func safelistedMethod(m string) bool { return m == "GET" || m == "HEAD" || m == "POST" }

// unsafeNames returns the names of fields that are not on the CORS safelist.
func unsafeNames(h wire.Header) []string {
	var names, mayBe []string
	size := 0
	for _, f := range h {
		n := strings.ToLower(f.Name)
		switch {
		case Forbidden(n):
		case safelisted(n, f.Value):
			mayBe = append(mayBe, n)
			size += len(f.Value)
		default:
			names = append(names, n)
		}
	}
	if size > mostSafelisted {
		names = append(names, mayBe...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// How long safelisted values may be, alone and together.
const (
	longestSafelisted = 128
	mostSafelisted    = 1024
)

// safelisted reports whether any page may send a field without asking.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func safelisted(name, value string) bool {
	if len(value) > longestSafelisted {
		return false
	}
	switch name {
	case "accept":
		return !hasUnsafeByte(value)
	case "accept-language", "content-language":
		return strings.IndexFunc(value, func(r rune) bool {
			return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || strings.ContainsRune(" *,-.;=", r))
		}) < 0
	case "content-type":
		t, ok := wire.ParseMediaType(value)
		return ok && !hasUnsafeByte(value) &&
			slices.Contains([]string{"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}, t.Essence)
	case "range":
		return simpleRange(value)
	}
	return false
}

// hasUnsafeByte reports whether a value holds a CORS-unsafe request-header byte.
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte
func hasUnsafeByte(value string) bool {
	return slices.ContainsFunc([]byte(value), func(c byte) bool {
		return c < 0x20 && c != '\t' || c == 0x7f || strings.IndexByte(`"():<>?@[\]{}`, c) >= 0
	})
}

// UnsafeCursor reports whether a last event ID would need a preflight if Last-Event-ID were safelisted only for
// short values without unsafe bytes.
//
// https://github.com/whatwg/fetch/issues/568
func UnsafeCursor(id string) bool { return len(id) > longestSafelisted || hasUnsafeByte(id) }

// simpleRange reports whether a value is one range that begins somewhere: bytes=0- or bytes=0-99.
func simpleRange(value string) bool {
	first, last, ok := strings.Cut(strings.TrimPrefix(value, "bytes="), "-")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return ok && strings.HasPrefix(value, "bytes=") && first != "" && digits(first) && digits(last)
}

// Forbidden reports whether no script can set a request field of that name, given in lower case.
//
// https://fetch.spec.whatwg.org/#forbidden-request-header
func Forbidden(name string) bool {
	return strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-") || slices.Contains(forbidden, name)
}

// User-Agent is not on the standard's list, but a checker names its own, and no page sets it.
var forbidden = strings.Fields(`accept-charset accept-encoding access-control-request-headers access-control-request-method connection
	content-length cookie cookie2 date dnt expect host keep-alive origin referer set-cookie te trailer transfer-encoding upgrade user-agent via`)

// Permits returns why a preflight's answer does not let the page send the request that it asks for, or nil. origin is
// the page's, or "null" behind certain redirects.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch
func (p Page) Permits(origin string, x *wire.Exchange) *Denial {
	switch {
	case x.Status == 0:
		return deny(NoAnswer, "", "", "the preflight brought no answer")
	case x.Status/100 == 3:
		return deny(PreflightRedirected, "Location", x.Header.Get("Location"), "the preflight is redirected, status %d: a browser does not follow it and gives up", x.Status)
	case x.Status == 401:
		return deny(PreflightUnauthenticated, "", "", "the preflight is answered 401: it never carries credentials, so that none can be asked of it")
	case x.Status == 403:
		return deny(PreflightStatus, "", "", "the preflight is answered 403: by a CORS layer that does not know the origin, the method or a field, by a firewall that forbids OPTIONS, or by a login in front")
	case x.Status/100 != 2:
		return deny(PreflightStatus, "", "", "the preflight is answered %d, and must be answered 200 to 299", x.Status)
	}
	if d := CORSCheck(origin, p.Include, x.Header); d != nil {
		d.Message = "in the answer to the preflight " + strings.Replace(d.Message, "the answer has", "there is", 1)
		if names := x.Request.Header.Get(RequestHeaders); d.Cause == NoAllowOrigin && names != "" {
			d.Message += fmt.Sprintf(" (libraries leave it out where one of the fields is not on their list: %.120s)", names)
		}
		return d
	}
	for _, name := range []string{AllowMethods, AllowHeaders} {
		if _, ok := list(x.Header, name); !ok {
			return deny(PreflightSyntax, name, combined(x.Header, name), "%s is %.120q, which is no comma list of tokens: one bad element spoils the whole answer", name, combined(x.Header, name))
		}
	}
	return p.permitsRequest(x)
}

// permitsRequest compares what is allowed with what is asked for.
func (p Page) permitsRequest(x *wire.Exchange) *Denial {
	methods, _ := list(x.Header, AllowMethods)
	method := x.Request.Header.Get(RequestMethod)
	star := slices.Contains(methods, "*")
	if !slices.Contains(methods, method) && !safelistedMethod(method) && (p.Include || !star) {
		value := combined(x.Header, AllowMethods)
		if star {
			return deny(PreflightStarCredentials, AllowMethods, value, "%s is %.120q: with credentials the method %s itself must stand there", AllowMethods, value, method)
		}
		return deny(PreflightMethod, AllowMethods, value, "%s does not list %s (it is %.120q)", AllowMethods, method, value)
	}
	headers, _ := list(x.Header, AllowHeaders)
	value := combined(x.Header, AllowHeaders)
	star = slices.Contains(headers, "*")
	for name := range strings.SplitSeq(x.Request.Header.Get(RequestHeaders), ",") {
		if name = strings.Trim(name, " \t"); name == "" || has(headers, name) {
			continue
		}
		switch {
		case !x.Header.Has(AllowHeaders):
			return deny(PreflightHeader, AllowHeaders, "", "the answer to the preflight has no %s, which must list %s", AllowHeaders, name)
		case !star:
			return deny(PreflightHeader, AllowHeaders, value, "%s does not list %s (it is %.120q)", AllowHeaders, name, value)
		case p.Include:
			return deny(PreflightStarCredentials, AllowHeaders, value, "%s is %.120q: with credentials %s itself must stand there", AllowHeaders, value, name)
		}
	}
	return nil
}

// StarForAuthorization reports whether a preflight's answer lets Authorization pass by * alone. The standard does not
// let it; Chromium does so far, and warns.
//
// https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
func StarForAuthorization(x *wire.Exchange) bool {
	headers, ok := list(x.Header, AllowHeaders)
	asked := strings.Split(x.Request.Header.Get(RequestHeaders), ",")
	return ok && has(asked, "authorization") && slices.Contains(headers, "*") && !has(headers, "authorization")
}
