package checks

import (
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// What caches may do with an answer (RFC 9111), for all families that ask.

// A directive is one element of Cache-Control: its name in lower case, its argument without quotes.
type directive struct{ name, arg string }

// directives reads Cache-Control (RFC 9111, 5.2).
func directives(h wire.Header) []directive {
	var out []directive
	for _, value := range h.Values("Cache-Control") {
		for _, e := range SplitList(value, ',') {
			name, arg, _ := strings.Cut(e, "=")
			out = append(out, directive{strings.ToLower(strings.TrimRight(name, " \t")), strings.Trim(arg, " \t\"")})
		}
	}
	return out
}

// HasDirective reports whether Cache-Control holds the directive without an argument: no-cache and private
// with one concern only the fields they name (RFC 9111, 5.2.2.4 and 5.2.2.7).
func HasDirective(h wire.Header, name string) bool {
	for _, d := range directives(h) {
		if d.name == name && d.arg == "" {
			return true
		}
	}
	return false
}

// CacheBarrier returns what keeps every cache from reusing the answer without asking, or "": no-store,
// no-cache, or a Vary that no request can match (RFC 9111, 4.1).
func CacheBarrier(h wire.Header) string {
	for _, name := range []string{"no-store", "no-cache"} {
		if HasDirective(h, name) {
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

// Lifetime returns for how many seconds the answer says that a shared cache may reuse it, and in
// which word: s-maxage goes before max-age, and both before Expires (RFC 9111, 4.2.1). The word is
// empty if it says nothing. What is not a number, or no date, counts as over (4.2.1 and 5.3).
func (v *View) Lifetime() (seconds int64, word string) {
	for _, name := range []string{"s-maxage", "max-age"} {
		if n, ok := shortest(v.Header, name); ok {
			return n, name
		}
	}
	if !v.Header.Has("Expires") {
		return 0, ""
	}
	until, ok := HTTPDate(v.Header.Get("Expires"))
	if !ok {
		return 0, "Expires"
	}
	since, ok := HTTPDate(v.Header.Get("Date"))
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

// Reusable reports whether a shared cache may answer another request with v: it need not know for
// how long, for then it may guess (RFC 9111, 3 and 4.2.2).
func (v *View) Reusable() bool {
	seconds, word := v.Lifetime()
	return CacheBarrier(v.Header) == "" && !HasDirective(v.Header, "private") && (word == "" || seconds > 0) &&
		!v.Request.Header.Has("Authorization")
}

// Varies reports whether Vary names the field, or * for anything.
func Varies(h wire.Header, field string) bool {
	for _, value := range h.Values("Vary") {
		for _, e := range SplitList(value, ',') {
			if e == "*" || strings.EqualFold(e, field) {
				return true
			}
		}
	}
	return false
}

// SplitList divides a value at the separators outside of quotes (RFC 9110, 5.6.1 and 5.6.4) and trims
// the elements, which may be empty.
func SplitList(value string, sep byte) []string {
	var out []string
	quoted, lo := false, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == sep && !quoted:
			out = append(out, strings.Trim(value[lo:i], " \t"))
			lo = i + 1
		}
	}
	return append(out, strings.Trim(value[lo:], " \t"))
}

// dateForms are the three forms of a date that recipients must read (RFC 9110, 5.6.7).
var dateForms = []string{
	"Mon, 02 Jan 2006 15:04:05 GMT",
	"Monday, 02-Jan-06 15:04:05 GMT",
	"Mon Jan _2 15:04:05 2006",
}

// HTTPDate reads a date. The second 60 is one of HTTP's and none of package time's.
func HTTPDate(s string) (time.Time, bool) {
	for _, form := range dateForms {
		if t, err := time.Parse(form, strings.Replace(s, ":60 ", ":59 ", 1)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
