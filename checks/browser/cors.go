package browser

import (
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// The fields of the CORS protocol.
//
// https://fetch.spec.whatwg.org/#http-cors-protocol
const (
	AllowOrigin      = "Access-Control-Allow-Origin"
	AllowCredentials = "Access-Control-Allow-Credentials"
	AllowHeaders     = "Access-Control-Allow-Headers"
	AllowMethods     = "Access-Control-Allow-Methods"
	MaxAge           = "Access-Control-Max-Age"
	ExposeHeaders    = "Access-Control-Expose-Headers"
	RequestMethod    = "Access-Control-Request-Method"
	RequestHeaders   = "Access-Control-Request-Headers"
)

// combined returns the value of a field as browsers see it: all lines joined.
//
// https://fetch.spec.whatwg.org/#concept-header-list-get
func combined(h wire.Header, name string) string { return strings.Join(h.Values(name), ", ") }

// CORSCheck returns why an answer may not be read by a page of the given serialised origin, or nil.
//
// https://fetch.spec.whatwg.org/#concept-cors-check
func CORSCheck(origin string, include bool, h wire.Header) *Denial {
	value := combined(h, AllowOrigin)
	switch {
	case !h.Has(AllowOrigin):
		return deny(NoAllowOrigin, AllowOrigin, "", "the answer has no %s: no page on another origin can read it", AllowOrigin)
	case !include && value == "*":
		return nil
	case value != origin:
		return wrongOrigin(origin, include, h, value)
	case !include:
		return nil
	}
	if c := combined(h, AllowCredentials); c != "true" {
		if !h.Has(AllowCredentials) {
			return deny(CredentialsNotTrue, AllowCredentials, "", "the answer has no %s: a request with credentials needs it, with the value true", AllowCredentials)
		}
		return deny(CredentialsNotTrue, AllowCredentials, c, "%s is %.60q: a request with credentials needs exactly true", AllowCredentials, c)
	}
	return nil
}

func wrongOrigin(origin string, include bool, h wire.Header, value string) *Denial {
	switch {
	case len(h.Values(AllowOrigin)) > 1:
		return deny(ManyAllowOrigins, AllowOrigin, value, "%s is sent %d times, which browsers join to %.120q: that equals no origin", AllowOrigin, len(h.Values(AllowOrigin)), value)
	case strings.Contains(value, ","):
		return deny(ManyAllowOrigins, AllowOrigin, value, "%s is the list %.120q: it may have one value only", AllowOrigin, value)
	case value == "*":
		return deny(StarWithCredentials, AllowOrigin, value, "%s is \"*\": with credentials %s itself must stand there", AllowOrigin, origin)
	}
	return deny(WrongAllowOrigin, AllowOrigin, value, "%s is %.120q, and must be %s byte for byte%s", AllowOrigin, value, origin, orStar(include))
}

func orStar(include bool) string {
	if include {
		return ""
	}
	return " (or *)"
}

// list returns the elements of a field that is a list of tokens; ok is false where one is no token. Empty
// elements are skipped.
//
// https://fetch.spec.whatwg.org/#extract-header-list-values
func list(h wire.Header, name string) (elements []string, ok bool) {
	for e := range strings.SplitSeq(combined(h, name), ",") {
		if e = strings.Trim(e, " \t"); e == "" {
			continue
		}
		if !wire.IsToken(e) {
			return nil, false
		}
		elements = append(elements, e)
	}
	return elements, true
}

func has(list []string, name string) bool {
	return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, name) })
}
