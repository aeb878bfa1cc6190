package ssetest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// An Option says how an endpoint is asked and judged. Options are named as the flags of the command.
type Option func(*settings) error

// settings are all options, settled.
type settings struct {
	lab        chaos.Lab
	path       string
	only, skip []string
	failOn     checks.Level // 0: never
	expected   map[string]string
}

// defaultWatch is how long a stream that does not end is watched: long enough for two events of a slow feed, short enough
// for a unit test.
const defaultWatch = 3 * time.Second

// maxRequests is what all experiments together need, with room for redirects, as in the command.
const maxRequests = 100

func settle(opts []Option) (*settings, error) {
	s := &settings{path: "/", failOn: checks.Must, expected: map[string]string{}}
	s.lab.Watch, s.lab.Limits.Requests = defaultWatch, maxRequests
	var errs []error
	for _, o := range opts {
		errs = append(errs, o(s))
	}
	if s.lab.Include && s.lab.Origin == "" {
		errs = append(errs, errors.New("Credentials says how a page asks, and no page's origin was named: add Origin"))
	}
	return s, errors.Join(errs...)
}

// Only judges only rules that match one of some globs, families or ids: "framing", "headers/*", "framing/utf8". A rule that is
// named by its id must be judged: inconclusive fails it.
func Only(globs ...string) Option {
	return func(s *settings) error { s.only = append(s.only, globs...); return nil }
}

// Skip leaves out rules that match one of some globs, families or ids.
func Skip(globs ...string) Option {
	return func(s *settings) error { s.skip = append(s.skip, globs...); return nil }
}

// Header sends a field. Values of fields that carry credentials are shown nowhere.
func Header(name, value string) Option {
	return func(s *settings) error {
		if !wire.IsToken(name) {
			return fmt.Errorf("Header: %q is not the name of a field", name)
		}
		if strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("Header: the value of %s holds a line end", name)
		}
		r := &s.lab.Target
		r.Header = append(r.Header.Without(name), wire.Field{Name: name, Value: value})
		return nil
	}
}

// Method asks by another method than GET, or than POST where there is a body.
func Method(name string) Option {
	return func(s *settings) error {
		if !wire.IsToken(name) {
			return fmt.Errorf("Method: %q is not an HTTP method", name)
		}
		s.lab.Target.Method = name
		return nil
	}
}

// Body sends a body, by POST unless Method says something else. Its media type is application/json unless Header says something else.
func Body(body string) Option {
	return func(s *settings) error { s.lab.Target.Body = []byte(body); return nil }
}

// CACert trusts a certificate and those that it signed, and no authority of the system. That of a server of httptest is
// its Certificate().
func CACert(cert *x509.Certificate) Option {
	return func(s *settings) error {
		if cert == nil {
			return errors.New("CACert: there is no certificate: a server of httptest has one behind StartTLS")
		}
		if s.lab.TLS == nil {
			s.lab.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		}
		s.lab.TLS.RootCAs.AddCert(cert)
		return nil
	}
}

// Expect declares what the endpoint promises, so that breaking it is a failure at level must: "resume", "exactly-once", "finite",
// "endless", "json", "shared" or "incremental".
func Expect(promised ...string) Option {
	return func(s *settings) error {
		for _, p := range promised {
			if !slices.Contains(checks.Promises, p) {
				return fmt.Errorf("Expect: there is no promise %q: write one of %s", p, strings.Join(checks.Promises, ", "))
			}
		}
		s.lab.Promises = append(s.lab.Promises, promised...)
		return nil
	}
}

// Profile names the dialect that the endpoint speaks; without it, it is detected.
func Profile(name string) Option {
	return func(s *settings) error {
		if !slices.Contains(checks.Profiles, name) {
			return fmt.Errorf("Profile: there is no profile %q: write one of %s", name, strings.Join(checks.Profiles, ", "))
		}
		s.lab.Profile = name
		return nil
	}
}

// Origin names an origin whose pages must be able to read the stream: "https://app.example".
func Origin(origin string) Option {
	return func(s *settings) error {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return fmt.Errorf("Origin: %q is no origin: write scheme, host and port as a browser does, such as https://app.example", origin)
		}
		s.lab.Origin = browser.OriginOf(u)
		return nil
	}
}

// Credentials says that the pages of [Origin] ask with credentials.
func Credentials() Option {
	return func(s *settings) error { s.lab.Include = true; return nil }
}

// Watch watches a stream that does not end for another time than three seconds.
func Watch(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("Watch: %v is no time to watch", d)
		}
		s.lab.Watch = d
		return nil
	}
}

// FailOn fails on failures at or above a level: "must" (as without it), "should", "advice" or "never".
func FailOn(level string) Option {
	return func(s *settings) error {
		levels := map[string]checks.Level{"must": checks.Must, "should": checks.Should, "advice": checks.Advice, "never": 0}
		l, ok := levels[level]
		if !ok {
			return fmt.Errorf("FailOn: %q is no level: write must, should, advice or never", level)
		}
		s.failOn = l
		return nil
	}
}

// Path says at which path and query a handler is asked: "/stream?room=1". [URL] does not look at it.
func Path(path string) Option {
	return func(s *settings) error {
		if !strings.HasPrefix(path, "/") {
			return fmt.Errorf("Path: %q does not begin with a slash", path)
		}
		s.path = path
		return nil
	}
}

// Expected says that a rule is known to fail, and why. Its subtest passes as long as it does, and fails as stale once the
// rule passes.
func Expected(rule, reason string) Option {
	return func(s *settings) error {
		if reason == "" {
			return fmt.Errorf("Expected: say why %s is known to fail", rule)
		}
		s.expected[rule] = reason
		return nil
	}
}
