package security

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var privateCache = &checks.Check{
	ID:     "security/private-cache",
	Title:  "A stream for one account should keep shared caches from storing it",
	Level:  checks.Advice,
	Clause: checks.RFC("9111", "5.2.2.7", "The unqualified private response directive indicates that a shared cache MUST NOT store the response"),
	Since:  "0.3",
	Doc: `
HTTP keeps answers to requests with Authorization out of shared caches. To a cookie, or a key in a field of its own,
it gives no such protection: only the answer's Cache-Control does. An answer that is stale at once, and may be
stored, is what a cache plays while the server is away, to whoever asks.

One of private and no-store is enough; so is no-cache without an ETag or Last-Modified that a cache could ask with,
and a Vary that tells accounts apart. Streams that forbid nothing at all, or grant their reuse, are for
headers/cache-control and headers/cache-control-conflict, a copy that is seen to be shared for
http/authorized-shared-cache, and a stream that is given without the credentials too is not for one account.`,
	Fix:   "Send Cache-Control: private, no-store with streams that depend on who is asking.",
	Good:  "Cache-Control: private, no-store\n",
	Bad:   "Cache-Control: max-age=0\n(to a request with a cookie)",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Anonymous},
	When:  []checks.Condition{checks.EventStream, checks.ViaGET, withCredentials, forOneAccount},
	After: []string{"headers/cache-control", "headers/cache-control-conflict"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		if kept := keptApart(v); kept != "" {
			return checks.Held(1, "%s keeps the stream of one account from others", kept)
		}
		return checks.Broke(1, v.AtField(v.Header.Index("Cache-Control"), fmt.Sprintf(
			"Cache-Control %.80q lets a shared cache store the stream of one account, and play it to another while the server is away", v.Header.Get("Cache-Control"))))
	},
}

// withCredentials is the condition of checks on streams that may depend on who is asking.
var withCredentials = checks.Condition{
	Says: "the stream is asked for with credentials",
	Else: "the request has no credentials",
	Holds: func(ev *checks.Evidence) bool {
		byItself, byScript := credentialed(ev.Control().Request)
		return byItself || byScript
	},
}

// forOneAccount is the condition of checks on streams that do.
var forOneAccount = checks.Condition{
	Says:  "the stream is not given without the credentials",
	Else:  "the stream is given without the credentials too",
	Holds: func(ev *checks.Evidence) bool { return !public(ev) },
}

// keptApart returns what keeps a shared cache from giving the answer to somebody else, or "" (RFC 9111, 3, 3.5 and 4.1).
func keptApart(v *checks.View) string {
	h, vary := v.Header, v.Header.Tokens("Vary")
	directives := h.Tokens("Cache-Control")
	for _, d := range []string{"no-store", "private"} {
		if slices.Contains(directives, d) {
			return d
		}
	}
	for _, field := range []string{"*", "cookie", "authorization"} {
		if slices.Contains(vary, field) && (field == "*" || v.Request.Header.Has(field)) {
			return "Vary: " + field
		}
	}
	checked := h.Has("ETag") || h.Has("Last-Modified") // a cache may ask with them, and does not say for whom
	switch {
	case slices.Contains(directives, "no-cache") && !checked:
		return "no-cache"
	case slices.Contains(directives, "max-age=0") && slices.Contains(directives, "must-revalidate") && !checked:
		return "must-revalidate"
	case v.Request.Header.Has("Authorization") && !slices.ContainsFunc(directives, lifting):
		return "the Authorization of the request"
	}
	return ""
}

// lifting reports whether a directive lets shared caches store the answer to a request with Authorization (RFC 9111, 3.5).
func lifting(directive string) bool {
	return directive == "public" || directive == "must-revalidate" || strings.HasPrefix(directive, "s-maxage=")
}
