package wire

import (
	"slices"
	"strings"
)

// A MediaType is a parsed media type; its zero value stands for none.
type MediaType struct {
	Essence string // "text/event-stream", in lower case
	Params  []Param
}

// A Param is one parameter of a media type: its name in lower case, its value without quotes.
type Param struct {
	Name, Value string
}

// Param returns the value of the parameter of that name, given in lower case.
func (t MediaType) Param(name string) (string, bool) {
	for _, p := range t.Params {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// MediaType returns the media type of a message as browsers extract it, or the zero value: all
// Content-Type fields are read as one list, and its last valid element that is not */* wins.
// https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
func (h Header) MediaType() MediaType {
	var last MediaType
	charset, known := "", false
	for _, v := range splitList(strings.Join(h.Values("Content-Type"), ", ")) {
		t, ok := ParseMediaType(v)
		if !ok || t.Essence == "*/*" {
			continue
		}
		own, has := t.Param("charset")
		switch {
		case t.Essence != last.Essence:
			charset, known = own, has
		case !has && known:
			t.Params = append(t.Params, Param{"charset", charset})
		}
		last = t
	}
	return last
}

// ParseMediaType reads a media type as browsers do; ok is false where they find none.
// https://mimesniff.spec.whatwg.org/#parsing-a-mime-type
func ParseMediaType(s string) (t MediaType, ok bool) {
	s, params, _ := strings.Cut(strings.Trim(s, httpSpace), ";")
	major, minor, slash := strings.Cut(s, "/")
	minor = strings.TrimRight(minor, httpSpace)
	if !slash || !IsToken(major) || !IsToken(minor) {
		// A semicolon before the slash lands here too: neither may be in a token.
		return MediaType{}, false
	}
	t.Essence = lower(major + "/" + minor)
	for params != "" {
		var p Param
		p, params, ok = cutParam(params)
		if _, twice := t.Param(p.Name); ok && !twice {
			t.Params = append(t.Params, p)
		}
	}
	return t, true
}

// cutParam reads one parameter and returns what is behind its semicolon; ok is false where
// the standard drops it (steps 11.2 to 11.10).
func cutParam(s string) (p Param, rest string, ok bool) {
	s = strings.TrimLeft(s, httpSpace)
	i := strings.IndexAny(s, ";=")
	if i < 0 {
		return Param{}, "", false
	}
	p.Name, s = lower(s[:i]), s[i:]
	if s[0] == ';' {
		return Param{}, s[1:], false
	}
	s = s[1:]
	if strings.HasPrefix(s, `"`) {
		var n int
		p.Value, n = unquote(s)
		_, rest, _ = strings.Cut(s[n:], ";")
		return p, rest, IsToken(p.Name) && isQuotable(p.Value)
	}
	p.Value, rest, _ = strings.Cut(s, ";")
	p.Value = strings.TrimRight(p.Value, httpSpace)
	return p, rest, p.Value != "" && IsToken(p.Name) && isQuotable(p.Value)
}

// splitList divides a list at the commas outside of quotes.
// https://fetch.spec.whatwg.org/#header-value-get-decode-and-split
func splitList(s string) []string {
	var list []string
	lo := 0
	for i := 0; i < len(s); {
		switch s[i] {
		case '"':
			_, n := unquote(s[i:])
			i += n
		case ',':
			list = append(list, strings.Trim(s[lo:i], "\t "))
			i++
			lo = i
		default:
			i++
		}
	}
	return append(list, strings.Trim(s[lo:], "\t "))
}

// unquote reads the quoted string at the start of s and returns its value and how many bytes
// it took; one without an end reaches to the end of s.
// https://fetch.spec.whatwg.org/#collect-an-http-quoted-string
func unquote(s string) (value string, n int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), len(s)
}

// httpSpace is HTTP white space (https://fetch.spec.whatwg.org/#http-whitespace).
const httpSpace = "\n\r\t "

// isQuotable reports whether s is HTTP quoted-string token code points only.
// https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point
func isQuotable(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// lower is ASCII lower case; strings.ToLower would touch other letters too.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
