package chaos

import (
	"bytes"
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
			_, token, _ := strings.Cut(f.Value, " ") // "Bearer x" is known by its x
			s.Add(f.Value, token)
		}
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return
	}
	if p, ok := u.User.Password(); ok {
		s.Add(p, url.QueryEscape(p))
	}
	for k, vs := range u.Query() {
		if isSecretParam(k) {
			for _, v := range vs {
				s.Add(v, url.QueryEscape(v))
			}
		}
	}
}

// isCredential reports whether a field carries what must stay with its origin.
func isCredential(name string) bool {
	switch n := strings.ToLower(name); n {
	case "authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key", "x-auth-token":
		return true
	default:
		return strings.HasSuffix(n, "-token") || strings.HasSuffix(n, "-secret") || strings.HasSuffix(n, "-key")
	}
}

func isSecretParam(name string) bool {
	n := strings.ToLower(name)
	for _, w := range []string{"token", "secret", "password", "passwd", "api_key", "apikey", "key", "auth", "signature", "sig"} {
		if n == w || strings.HasSuffix(n, "_"+w) || strings.HasSuffix(n, "-"+w) {
			return true
		}
	}
	return false
}

// Blank overwrites every secret in b.
func (s Secrets) Blank(b []byte) {
	for _, v := range s.values {
		for rest := b; ; {
			i := bytes.Index(rest, []byte(v))
			if i < 0 {
				break
			}
			for j := range len(v) {
				rest[i+j] = '*'
			}
			rest = rest[i+len(v):]
		}
	}
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
