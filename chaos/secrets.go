package chaos

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// Secrets are byte strings that must not be stored or shown. They are blanked before an exchange
// leaves this package, in what was sent and in what came back, each byte by an asterisk so that
// offsets stay true. A secret that the endpoint sends back under a content coding is not seen here.
type Secrets struct {
	values []string
}

// shortest is the length below which a string is too common to be blanked wherever it stands.
const shortest = 6

// Add registers a secret.
func (s *Secrets) Add(values ...string) {
	for _, v := range values {
		if len(v) >= shortest {
			s.values = append(s.values, v)
		}
	}
}

// AddFrom registers what is secret in a request: the values of credential fields, the password in its
// URL, and query parameters named like credentials.
func (s *Secrets) AddFrom(r wire.Request) {
	for _, f := range r.Header {
		if isCredential(f.Name) {
			s.addCredential(f)
		}
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return
	}
	if p, ok := u.User.Password(); ok {
		_, raw, _ := strings.Cut(u.User.String(), ":")
		s.Add(p, raw, url.QueryEscape(p))
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		k, raw, _ := strings.Cut(pair, "=")
		if v, err := url.QueryUnescape(raw); isSecretParam(k) {
			s.Add(raw)
			if err == nil {
				s.Add(v, url.QueryEscape(v))
			}
		}
	}
}

// addCredential registers the value of a field and the parts of it that an endpoint may show alone: x of
// "Bearer x", the password in "Basic x", and each value of a Cookie.
func (s *Secrets) addCredential(f wire.Field) {
	scheme, token, _ := strings.Cut(f.Value, " ")
	s.Add(f.Value, token)
	if pair, err := base64.StdEncoding.DecodeString(token); err == nil && strings.EqualFold(scheme, "Basic") {
		_, password, _ := strings.Cut(string(pair), ":")
		s.Add(string(pair), password)
	}
	if strings.EqualFold(f.Name, "Cookie") {
		for pair := range strings.SplitSeq(f.Value, ";") {
			_, v, _ := strings.Cut(pair, "=")
			s.Add(strings.TrimSpace(v))
		}
	}
}

// isCredential reports whether a field carries what must stay with its origin.
func isCredential(name string) bool {
	switch n := strings.ToLower(name); n {
	case "authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key", "x-auth-token":
		return true
	case "idempotency-key", "x-idempotency-key":
		return false
	default:
		if strings.Contains(n, "csrf") || strings.Contains(n, "xsrf") {
			return false // it proves where a request comes from, not who sends it
		}
		return strings.HasSuffix(n, "-token") || strings.HasSuffix(n, "-secret") || strings.HasSuffix(n, "-key")
	}
}

func isSecretParam(name string) bool {
	n := strings.ToLower(name)
	for _, w := range []string{"token", "secret", "password"} { // accessToken too
		if strings.HasSuffix(n, w) {
			return true
		}
	}
	for _, w := range []string{"passwd", "api_key", "apikey", "key", "auth", "authorization", "bearer", "jwt", "signature", "sig"} {
		if n == w || strings.HasSuffix(n, "_"+w) || strings.HasSuffix(n, "-"+w) {
			return true
		}
	}
	return false
}

// Blank overwrites every secret in b.
func (s Secrets) Blank(b []byte) {
	for _, e := range s.find(b) {
		for i := e.Lo; i < e.Hi; i++ {
			b[i] = '*'
		}
	}
}

// find returns where secrets stand, all of them, before any is overwritten: one may be part of another,
// or begin in the end of another.
func (s Secrets) find(b []byte) []wire.Extent {
	var out []wire.Extent
	for _, v := range s.values {
		first := len(out)
		for from := 0; ; from++ {
			i := bytes.Index(b[from:], []byte(v))
			if i < 0 {
				break
			}
			from += i
			if n := len(out); n > first && out[n-1].Hi >= from {
				out[n-1].Hi = from + len(v)
			} else {
				out = append(out, wire.Extent{Lo: from, Hi: from + len(v)})
			}
		}
	}
	return out
}

// blankAcross overwrites every secret in what the chunks hold together, where something else stands
// between them, such as the size of the next chunk.
func (s Secrets) blankAcross(cs []wire.Chunk) {
	if len(s.values) == 0 || len(cs) < 2 {
		return
	}
	var all []byte
	for _, c := range cs {
		all = append(all, c.Data...)
	}
	s.Blank(all)
	for _, c := range cs {
		all = all[copy(c.Data, all):]
	}
}

// header returns a copy of h with every secret overwritten.
func (s Secrets) header(h wire.Header) wire.Header {
	var out wire.Header
	for _, f := range h {
		out = append(out, wire.Field{Name: s.Mask(f.Name), Value: s.Mask(f.Value)})
	}
	return out
}

// Mask returns v with every secret overwritten.
func (s Secrets) Mask(v string) string {
	b := []byte(v)
	s.Blank(b)
	return string(b)
}

// Request returns a copy of r that may be stored: credential fields say only that they were there.
func (s Secrets) Request(r wire.Request) wire.Request {
	out := wire.Request{Method: r.Method, URL: s.Mask(maskURL(r.URL)), Proto: r.Proto, Body: []byte(s.Mask(string(r.Body)))}
	for _, f := range r.Header {
		v := s.Mask(f.Value)
		if isCredential(f.Name) {
			v = maskCredential(f.Value)
		}
		out.Header = append(out.Header, wire.Field{Name: f.Name, Value: v})
	}
	if len(out.Body) == 0 {
		out.Body = nil
	}
	return out
}

// maskCredential keeps the scheme of an authorization and nothing else.
func maskCredential(v string) string {
	if scheme, _, ok := strings.Cut(v, " "); ok && len(scheme) < 12 && !strings.ContainsAny(scheme, "=;,") {
		return scheme + " ***"
	}
	return "***"
}

// maskURL hides the password and the credentials in the query of a URL.
func maskURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	if _, ok := u.User.Password(); ok {
		u.User = url.UserPassword(u.User.Username(), "***")
	}
	pairs := strings.Split(u.RawQuery, "&")
	for i, p := range pairs {
		if k, _, ok := strings.Cut(p, "="); ok && isSecretParam(k) {
			pairs[i] = k + "=***"
		}
	}
	u.RawQuery = strings.Join(pairs, "&")
	return strings.ReplaceAll(u.String(), "%2A%2A%2A", "***")
}

// stored returns what the recording keeps of a request.
func (l *Lab) stored(a *ask) wire.Request {
	r := l.Secrets.Request(a.req)
	r.Proto = a.version
	return r
}
