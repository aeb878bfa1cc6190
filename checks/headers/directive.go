package headers

import (
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// A directive is one element of Cache-Control: its name in lower case, its argument without quotes.
type directive struct{ name, arg string }

// directives reads Cache-Control (RFC 9111, 5.2).
func directives(h wire.Header) []directive {
	var out []directive
	for _, value := range h.Values("Cache-Control") {
		for _, e := range split(value, ',') {
			name, arg, _ := strings.Cut(e, "=")
			out = append(out, directive{strings.ToLower(strings.TrimRight(name, " \t")), strings.Trim(arg, " \t\"")})
		}
	}
	return out
}

// says reports whether Cache-Control holds the directive without an argument: no-cache and private
// with one concern only the fields they name (RFC 9111, 5.2.2.4 and 5.2.2.7).
func says(h wire.Header, name string) bool {
	for _, d := range directives(h) {
		if d.name == name && d.arg == "" {
			return true
		}
	}
	return false
}

// barrier returns what keeps every cache from reusing the answer without asking, or "": no-store,
// no-cache, or a Vary that no request can match (RFC 9111, 4.1).
func barrier(h wire.Header) string {
	for _, name := range []string{"no-store", "no-cache"} {
		if says(h, name) {
			return name
		}
	}
	for _, field := range h.Tokens("Vary") {
		if field == "*" {
			return "Vary: *"
		}
	}
	return ""
}

// lifetime returns for how many seconds the answer says that a shared cache may reuse it, and in
// which word: s-maxage goes before max-age, and both before Expires (RFC 9111, 4.2.1). The word is
// empty if it says nothing. What is not a number, or no date, counts as over (4.2.1 and 5.3).
func lifetime(v *checks.View) (seconds int64, word string) {
	for _, name := range []string{"s-maxage", "max-age"} {
		if n, ok := shortest(v.Header, name); ok {
			return n, name
		}
	}
	if !v.Header.Has("Expires") {
		return 0, ""
	}
	until, ok := httpDate(v.Header.Get("Expires"))
	if !ok {
		return 0, "Expires"
	}
	since, ok := httpDate(v.Header.Get("Date"))
	if !ok {
		since = v.Began.Add(v.HeadAt)
	}
	return until.Unix() - since.Unix(), "Expires" // a time.Duration does not reach the year 9999
}

// shortest returns the least argument of a directive, since of several the most restrictive counts.
func shortest(h wire.Header, name string) (seconds int64, ok bool) {
	for _, d := range directives(h) {
		if d.name != name {
			continue
		}
		n, err := strconv.ParseInt(d.arg, 10, 64)
		if err != nil {
			n = 0
		}
		if !ok || n < seconds {
			seconds, ok = n, true
		}
	}
	return seconds, ok
}

// reusable reports whether a shared cache may answer another request with v: it need not know for
// how long, for then it may guess (RFC 9111, 3 and 4.2.2).
func reusable(v *checks.View) bool {
	seconds, word := lifetime(v)
	return barrier(v.Header) == "" && !says(v.Header, "private") && (word == "" || seconds > 0) &&
		!v.Request.Header.Has("Authorization")
}
