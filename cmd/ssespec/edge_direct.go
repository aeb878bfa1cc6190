package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/net/http/httpproxy"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
)

// directFlags say who else reads the user's own endpoint.
func directFlags() []cli.Flag {
	return []cli.Flag{
		text("origin", "with --direct: an `ORIGIN` whose pages must be able to read the stream on every route: https://app.example"),
		toggle("credentials", "those pages ask with credentials: cookies, HTTP authentication, client certificates"),
	}
}

// fillHops names the routes to the user's own endpoint: straight, through each hop, to where the reader is. Where ssespec is
// the endpoint there are none. The user's fields go to all of them: by naming a route he says that it may have them.
func fillHops(c *cli.Context, l *chaos.Lab, e *chaos.Edge) error {
	if c.String("direct") == "" {
		return nil
	}
	if err := directOnly(c, l); err != nil {
		return err
	}
	direct, err := routeURL(l, "--direct", c.String("direct"))
	if err != nil {
		return err
	}
	e.Direct = direct
	e.Hops = []wire.Hop{{Name: wire.Direct, URL: direct}}
	for _, v := range c.StringSlice("hop") {
		name, raw, ok := strings.Cut(v, "=")
		if !ok || !isHopName(name) {
			return usage("Write --hop ingress=http://10.0.0.1/chat; the name is of letters, digits, dots and dashes.", "--hop %q is not NAME=URL", v)
		}
		u, err := routeURL(l, "--hop "+name, raw)
		if err != nil {
			return err
		}
		e.Hops = append(e.Hops, wire.Hop{Name: name, URL: u})
	}
	e.Hops = append(e.Hops, wire.Hop{Name: wire.Via, URL: l.Target.URL})
	if err := distinct(e.Hops); err != nil {
		return err
	}
	if !c.IsSet("watch") {
		l.Watch = watchFor[e.Depth]
	}
	return sameProxy(c, e.Hops)
}

// watchFor is how long a feed is compared where the user does not say it.
var watchFor = map[chaos.Depth]time.Duration{chaos.Quick: 6 * time.Second, chaos.Standard: 30 * time.Second, chaos.Deep: 2 * time.Minute}

// directOnly refuses what makes no sense where several routes lead to one endpoint.
func directOnly(c *cli.Context, l *chaos.Lab) error {
	switch {
	case c.String("unix-socket") != "":
		return usage("Name the routes by --resolve or --connect-to.", "--unix-socket leads all routes to the same place")
	case l.Target.Method != "GET" && l.Target.Method != "HEAD" && !l.Repeat:
		return usage("Write --repeat-post if it may be sent about ten times on each route.", "a %s is sent once only, since each may be billed, and routes cannot be compared so", l.Target.Method)
	}
	return nil
}

// routeURL reads the URL of a route. Credentials are the same on all of them, so that none stands in a URL.
func routeURL(l *chaos.Lab, flag, raw string) (string, error) {
	u, err := parseURL(raw)
	if err != nil {
		return "", err
	}
	if u.User != nil {
		return "", usage("Give them with -u or -H: they are sent on every route.", "the URL of %s holds credentials", flag)
	}
	l.Secrets.AddFrom(wire.Request{URL: u.String()})
	return u.String(), nil
}

// isHopName reports whether a name can stand in a case.
func isHopName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
}

// distinct refuses routes that cannot be told apart.
func distinct(hops []wire.Hop) error {
	names, urls := map[string]bool{}, map[string]string{}
	for _, h := range hops {
		if names[h.Name] {
			return usage("Give each hop a name of its own, other than direct and via.", "two routes are called %s", h.Name)
		}
		if other, ok := urls[h.URL]; ok {
			return usage("Each route has a URL of its own.", "the routes %s and %s are the same URL", other, h.Name)
		}
		names[h.Name], urls[h.URL] = true, h.Name
	}
	return nil
}

// sameProxy refuses a proxy of the environment that stands on some routes only: what it does would be taken for the hop's.
func sameProxy(c *cli.Context, hops []wire.Hop) error {
	if c.String("proxy") != "" {
		return nil
	}
	through := map[string]bool{}
	for _, h := range hops {
		u, err := url.Parse(h.URL)
		if err != nil {
			return err
		}
		p, err := httpproxy.FromEnvironment().ProxyFunc()(u)
		if err != nil {
			return usage("", "the proxy of the environment cannot be used: %v", err)
		}
		through[fmt.Sprint(p)] = true
	}
	if len(through) > 1 {
		return usage("Set NO_PROXY for all of them, or give -x.", "the environment names a proxy for some of the routes only")
	}
	return nil
}
