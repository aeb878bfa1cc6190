package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/net/http/httpproxy"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// newLab turns the flags and one URL into a lab.
func newLab(c *cli.Context, raw string) (*chaos.Lab, error) {
	u, err := parseURL(raw)
	if err != nil {
		return nil, err
	}
	l := &chaos.Lab{
		Promises: c.StringSlice("expect"), Watch: c.Duration("watch"),
		Limits: chaos.Limits{Requests: maxRequests(c), Bytes: c.Int64("max-bytes")},
		Repeat: c.Bool("repeat-post"), Load: c.Bool("allow-load"),
		Clock: c.String("time"), Heartbeat: c.Duration("heartbeat"), Slowest: limitsOf(c),
	}
	if twice := 2*l.Heartbeat + time.Second; l.Heartbeat > 0 && !c.IsSet("watch") {
		l.Watch = max(l.Watch, twice) // else it could not be judged
	}
	if soonest := max(l.Slowest.FirstEvent, l.Slowest.GapP99); soonest > 0 && !c.IsSet("watch") {
		l.Watch = max(l.Watch, soonest+time.Second)
	}
	if l.Profile, err = profileOf(c.String("profile")); err != nil {
		return nil, err
	}
	if l.Version, err = versionOf(c); err != nil {
		return nil, err
	}
	if err := fillRequest(c, l, u); err != nil {
		return nil, err
	}
	if err := fillPage(c, l); err != nil {
		return nil, err
	}
	if l.Scale, err = scaleOf(c, l.Target); err != nil {
		return nil, err
	}
	if l.TLS, err = tlsConfig(c); err != nil {
		return nil, err
	}
	if l.Dial, err = dialer(c); err != nil {
		return nil, err
	}
	if l.Proxy, err = proxy(c, u); err != nil {
		return nil, err
	}
	if l.Proxy != nil {
		password, _ := l.Proxy.User.Password()
		l.Secrets.Add(password)
	}
	l.Secrets.AddFrom(l.Target)
	return l, nil
}

// limitsOf returns how slow the user says that the endpoint is at most.
func limitsOf(c *cli.Context) wire.Limits {
	return wire.Limits{FirstEvent: c.Duration("first-event"), GapP99: c.Duration("gap-p99"), Recovery: c.Duration("recovery")}
}

// maxRequests is the user's budget; without one, what all experiments together need, with room for redirects.
func maxRequests(c *cli.Context) int {
	switch {
	case c.IsSet("max-requests"):
		return c.Int("max-requests")
	case c.Bool("allow-load"):
		return 190
	}
	return 100
}

// parseURL reads what the user gave as a target; like curl it takes a missing scheme for http.
func parseURL(raw string) (*url.URL, error) {
	full := raw
	if !strings.Contains(raw, "://") {
		if !strings.ContainsAny(raw, "./:") && raw != "localhost" {
			return nil, usage("Write a URL such as http://localhost:8080/stream, or see ssespec help.", "%q is neither a command nor a URL", raw)
		}
		full = "http://" + raw
	}
	u, err := url.Parse(full)
	switch {
	case err != nil:
		return nil, usage("", "%q is not a URL: %v", withoutUser(raw), err.(*url.Error).Err)
	case u.Scheme == "ws" || u.Scheme == "wss":
		return nil, usage("", "WebSocket endpoints are not judged in this release: %s", withoutUser(raw))
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, usage("Write http:// or https://.", "%q is no scheme that streams over HTTP", u.Scheme)
	case u.Hostname() == "":
		return nil, usage("", "%q has no host", withoutUser(raw))
	}
	u.Fragment = ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// userOf is the name and the password in what was meant to be a URL.
var userOf = regexp.MustCompile(`//[^/?#]*@`)

func withoutUser(raw string) string { return userOf.ReplaceAllString(raw, "//") }

func profileOf(name string) (string, error) {
	if name == "" || name == "auto" {
		return "", nil
	}
	for _, p := range checks.Profiles {
		if p == name {
			return name, nil
		}
	}
	return "", usage("Known profiles: auto, "+strings.Join(checks.Profiles, ", ")+".", "there is no profile %q", name)
}

func versionOf(c *cli.Context) (string, error) {
	switch {
	case c.Bool("http3"):
		return "", usage("", "HTTP/3 is not in this build")
	case c.Bool("http2") && c.Bool("http1.1"):
		return "", usage("", "--http1.1 and --http2 exclude each other")
	case c.Bool("http2"):
		return "HTTP/2.0", nil
	case c.Bool("http1.1"):
		return "HTTP/1.1", nil
	}
	return "", nil
}

// fillRequest puts method, fields and body together as curl does.
func fillRequest(c *cli.Context, l *chaos.Lab, u *url.URL) error {
	r := wire.Request{Method: c.String("request")}
	if u.User != nil {
		password, _ := u.User.Password()
		basic(l, &r, u.User.Username()+":"+password)
		u.User = nil
	}
	r.URL = u.String()
	for _, h := range c.StringSlice("header") {
		if err := addField(c, l, &r, h); err != nil {
			return err
		}
	}
	if v := c.String("user"); v != "" {
		basic(l, &r, v)
	}
	if c.IsSet("data") {
		body, err := dataOf(c.String("data"))
		if err != nil {
			return err
		}
		r.Body = body
		if r.Method == "" {
			r.Method = "POST"
		}
		if !r.Header.Has("Content-Type") {
			r.Header = append(r.Header, wire.Field{Name: "Content-Type", Value: "application/x-www-form-urlencoded"})
		}
	}
	if r.Method == "" {
		r.Method = "GET"
	}
	if !wire.IsToken(r.Method) {
		return usage("", "%q is not an HTTP method", r.Method)
	}
	l.Target = r
	return nil
}

// fillPage says who else comes to the endpoint.
func fillPage(c *cli.Context, l *chaos.Lab) error {
	var err error
	if l.Origin, err = originOf(c.String("origin")); err != nil {
		return err
	}
	if l.Include = c.Bool("credentials"); l.Include && l.Origin == "" {
		return usage("Write --origin https://app.example too.", "--credentials says how a page asks, and no page's origin was named")
	}
	var other wire.Request
	for _, h := range c.StringSlice("other-session") {
		if err := addField(c, l, &other, h); err != nil {
			return err
		}
	}
	l.Other = other.Header
	l.Secrets.AddFrom(other)
	l.Echo, err = echoOf(c, l.Target)
	return err
}

// scaleOf reads what makes the answer short or long.
func scaleOf(c *cli.Context, target wire.Request) (*chaos.Scale, error) {
	text := c.String("scale")
	if text == "" {
		return nil, nil
	}
	s, err := chaos.ParseScale(text, target)
	if err != nil {
		return nil, usage("Write --scale max_tokens=16:256.", "--scale: %v", err)
	}
	return s, nil
}

// originOf reads an origin; a URL of a page stands for the page's origin.
func originOf(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", usage("Write scheme, host and port as a browser does: https://app.example or http://localhost:3000.", "--origin %q is no origin", raw)
	}
	return browser.OriginOf(u), nil
}

// echoOf reads where the server repeats a text.
func echoOf(c *cli.Context, target wire.Request) (*chaos.Echo, error) {
	template := c.String("inject")
	switch {
	case template == "":
		return nil, nil
	case !strings.Contains(template, chaos.Text):
		return nil, usage("Write "+chaos.Text+" where the text belongs.", "--inject %q has no place for a text", template)
	case len(target.Body) > 0 && !strings.Contains(template, "://"):
		return &chaos.Echo{Body: template}, nil
	}
	u, err := url.Parse(template)
	t, _ := url.Parse(target.URL)
	if err != nil || browser.OriginOf(t.ResolveReference(u)) != browser.OriginOf(t) {
		return nil, usage("Write a URL of the same origin, such as "+target.URL+"?q="+chaos.Text+".", "--inject %q is not at the target", template)
	}
	return &chaos.Echo{URL: strings.NewReplacer("%7B", "{", "%7D", "}").Replace(t.ResolveReference(u).String())}, nil
}

// basic sets HTTP basic authentication (RFC 7617).
func basic(l *chaos.Lab, r *wire.Request, userPassword string) {
	user, password, _ := strings.Cut(userPassword, ":")
	l.Secrets.Add(password)
	if password == "" { // some services take the token for the name
		l.Secrets.Add(user)
	}
	r.Header = r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(userPassword)))
}

var variable = regexp.MustCompile(`\$(\w+|\{\w+\})`)

// addField adds one -H field; what comes from the environment is a secret.
func addField(c *cli.Context, l *chaos.Lab, r *wire.Request, h string) error {
	name, value, ok := strings.Cut(h, ":")
	if !ok || !wire.IsToken(name) {
		return usage("Write -H 'Name: value'.", "%q is not a header field", l.Secrets.Mask(h))
	}
	var missing string
	if !c.Bool("literal") {
		value = fromEnvironment(l, value, &missing)
	}
	if missing != "" {
		return usage("Set it, or write the value itself.", "-H %s: the environment variable %s is not set", name, missing)
	}
	value = strings.TrimSpace(value)
	if strings.ContainsAny(value, "\r\n\x00") {
		return usage("", "the value of -H %s holds a line end", name)
	}
	r.Header = append(r.Header.Without(name), wire.Field{Name: name, Value: value})
	return nil
}

// fromEnvironment puts the values of variables into a text, and names one that is not set. They are secrets.
func fromEnvironment(l *chaos.Lab, text string, missing *string) string {
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		key := strings.Trim(v, "${}")
		s, ok := os.LookupEnv(key)
		if !ok {
			*missing = key
		}
		l.Secrets.Add(s)
		return s
	})
}

// dataOf returns the body: the text itself, or what @FILE or @- holds.
func dataOf(v string) ([]byte, error) {
	file, ok := strings.CutPrefix(v, "@")
	switch {
	case !ok:
		return []byte(v), nil
	case file == "-":
		return io.ReadAll(os.Stdin)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("", "the request body cannot be read: %v", err)
	}
	return b, nil
}

func tlsConfig(c *cli.Context) (*tls.Config, error) {
	cfg := &tls.Config{InsecureSkipVerify: c.Bool("insecure")}
	if f := c.String("cacert"); f != "" {
		pem, err := os.ReadFile(f)
		if err != nil {
			return nil, usage("", "--cacert cannot be read: %v", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usage("", "--cacert %s holds no PEM certificate", f)
		}
	}
	if f := c.String("cert"); f != "" {
		key := c.String("key")
		if key == "" {
			key = f
		}
		pair, err := tls.LoadX509KeyPair(f, key)
		if err != nil {
			return nil, usage("", "the client certificate cannot be used: %v", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer applies --unix-socket, --resolve and --connect-to; without them it returns nil.
func dialer(c *cli.Context) (dialFunc, error) {
	if path := c.String("unix-socket"); path != "" {
		return func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}, nil
	}
	instead := map[string]string{}
	for _, v := range c.StringSlice("resolve") {
		host, port, addr, ok := cut3(v)
		if !ok {
			return nil, usage("", "--resolve %q is not HOST:PORT:ADDRESS", v)
		}
		instead[net.JoinHostPort(host, port)] = net.JoinHostPort(strings.Trim(addr, "[]"), port)
	}
	for _, v := range c.StringSlice("connect-to") {
		host, port, to, ok := cut3(v)
		host2, port2, err := net.SplitHostPort(to)
		if !ok || err != nil {
			return nil, usage("", "--connect-to %q is not HOST1:PORT1:HOST2:PORT2", v)
		}
		instead[net.JoinHostPort(host, port)] = net.JoinHostPort(host2, port2)
	}
	if len(instead) == 0 {
		return nil, nil
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if to, ok := instead[addr]; ok {
			addr = to
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}, nil
}

// cut3 divides host:port:rest; the host may be an IPv6 address in brackets.
func cut3(v string) (host, port, rest string, ok bool) {
	if strings.HasPrefix(v, "[") {
		host, v, ok = strings.Cut(v[1:], "]:")
	} else {
		host, v, ok = strings.Cut(v, ":")
	}
	if !ok {
		return "", "", "", false
	}
	port, rest, ok = strings.Cut(v, ":")
	return host, port, rest, ok && port != "" && rest != ""
}

// proxy returns the proxy to go through: the flag's, or the environment's.
func proxy(c *cli.Context, u *url.URL) (*url.URL, error) {
	if v := c.String("proxy"); v != "" {
		if !strings.Contains(v, "://") {
			v = "http://" + v
		}
		p, err := url.Parse(v)
		if err != nil || p.Scheme != "http" || p.Hostname() == "" {
			return nil, usage("Write http://HOST:PORT.", "--proxy %q is not an HTTP proxy", v)
		}
		return p, nil
	}
	p, err := httpproxy.FromEnvironment().ProxyFunc()(u)
	if err != nil {
		return nil, usage("", "the proxy of the environment cannot be used: %v", err)
	}
	if p != nil && p.Scheme != "http" {
		return nil, usage("Set NO_PROXY for this host, or give an HTTP proxy with -x.", "the proxy of the environment is no HTTP proxy: %s", p.Redacted())
	}
	if p != nil {
		fmt.Fprintf(c.App.ErrWriter, "ssespec: going through the proxy %s, as the environment says\n", p.Redacted())
	}
	return p, nil
}
