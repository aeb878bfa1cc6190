package chaos

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

var halfClose = &Experiment{
	Scene:    wire.HalfClose,
	Title:    "the client closes its side of the connection behind the request",
	Doc:      "to be done with sending is not to be done with listening",
	Requests: 1,
	Moot: func(l *Lab) error {
		if u, err := url.Parse(l.Target.URL); err != nil || u.Scheme == "https" || l.Proxy != nil {
			return moot("half of a TLS or proxied connection cannot be closed on purpose")
		}
		if l.version() != "HTTP/1.1" {
			return moot("HTTP/2 has no half-closed connection")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		return l.observe(ctx, wire.HalfClose, ask{req: l.asEventSource(), version: "HTTP/1.1", patience: l.glance(), halfClose: true})
	},
}

// together makes the same request n times at once. The lab's counters are kept by one goroutine at a
// time, since each exchange works on a copy.
func (l *Lab) together(ctx context.Context, s wire.Scene, n int, a ask) (*wire.Recording, error) {
	type result struct {
		hops []*wire.Exchange
		err  error
	}
	results := make([]result, n)
	spent := make([]int, n)
	var wg sync.WaitGroup
	for i := range n {
		one := *l
		one.requests, one.Tap = 0, nil
		one.Limits.Requests = 0 // the experiment as a whole was afforded
		wg.Go(func() {
			results[i].hops, results[i].err = one.record(ctx, a)
			spent[i] = one.requests
		})
	}
	wg.Wait()
	r := &wire.Recording{Scene: s}
	var err error
	for i, x := range results {
		r.Exchanges = append(r.Exchanges, x.hops...)
		l.requests += spent[i]
		if x.err != nil && err == nil {
			err = x.err
		}
	}
	return r, err
}

var twins = &Experiment{
	Scene:    wire.Twins,
	Title:    "two streams at the same time",
	Doc:      "they must not take events from each other",
	Requests: 2,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		p := l.glance()
		p.linger = againLinger
		return l.together(ctx, wire.Twins, 2, ask{req: l.asEventSource(), version: l.version(), patience: p})
	},
}

var addresses = &Experiment{
	Scene:    wire.Addresses,
	Title:    "every address that the name has",
	Doc:      "a pool behaves alike only where each member does",
	Requests: 2,
	Moot: func(l *Lab) error {
		if u, err := url.Parse(l.Target.URL); err == nil {
			if _, err := netip.ParseAddr(u.Hostname()); err == nil {
				return moot("the target has one address")
			}
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		u, err := url.Parse(l.Target.URL)
		if err != nil {
			return nil, err
		}
		ips, err := l.lookup(ctx, u.Hostname())
		if err != nil {
			return nil, moot("the name was not looked up: %v", err)
		}
		if len(ips) < 2 {
			return nil, moot("the target has one address")
		}
		var asks []ask
		for _, ip := range ips[:min(len(ips), maxAddresses)] {
			asks = append(asks, ask{req: l.asEventSource(), version: l.version(), patience: l.glance(), address: ip})
		}
		return l.observe(ctx, wire.Addresses, asks...)
	},
}

// maxAddresses bounds how many addresses of a name are tried.
const maxAddresses = 4

func (l *Lab) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	if l.Lookup != nil {
		return l.Lookup(ctx, host)
	}
	if l.Dial != nil || l.Proxy != nil {
		return nil, nil
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// noLoad tells whether many streams at once were not allowed.
func (l *Lab) noLoad() error {
	if !l.Load {
		return moot("many streams at once were not allowed (--allow-load)")
	}
	return nil
}

// crowdSize is one more stream than browsers open to one host over HTTP/1.1.
const crowdSize = 7

var crowd = &Experiment{
	Scene:    wire.Crowd,
	Title:    "seven streams at once (with --allow-load)",
	Doc:      "one more than browsers open to a host over HTTP/1.1",
	Requests: crowdSize,
	Unless:   (*Lab).noLoad,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		a := ask{req: l.asEventSource(), version: l.version(), patience: l.glance()}
		if l.Origin != "" {
			a = l.from(l.Origin) // a limit that is met should be readable
		}
		return l.together(ctx, wire.Crowd, crowdSize, a)
	},
}

// churnCycles is how many streams are opened and left before the one that must still be answered.
const churnCycles = 50

var churn = &Experiment{
	Scene:    wire.Churn,
	Title:    "fifty streams opened and cut, then one more (with --allow-load)",
	Doc:      "what a client left behind must be released",
	Requests: churnCycles + 1,
	Unless:   (*Lab).noLoad,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		hasty := patience{head: 2 * time.Second}
		for range churnCycles {
			if _, err := l.record(ctx, ask{req: l.asEventSource(), version: l.version(), patience: hasty}); err != nil {
				return nil, err
			}
		}
		return l.observe(ctx, wire.Churn, ask{req: l.asEventSource(), version: l.version(), patience: l.glance()})
	},
}
