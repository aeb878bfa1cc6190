package chaos

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

var http10 = &Experiment{
	Scene:    wire.HTTP10,
	Title:    "as HTTP/1.0",
	Doc:      "an HTTP/1.0 client must not be sent a transfer coding",
	Requests: 1,
	Moot: func(l *Lab) error {
		if l.version() != "HTTP/1.1" {
			return moot("the endpoint is asked over HTTP/2 only")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		return l.observe(ctx, wire.HTTP10, ask{req: l.asEventSource(), version: "HTTP/1.0", patience: l.glance()})
	},
}

// errNoHTTP2 is why nothing was recorded over HTTP/2.
var errNoHTTP2 = moot("HTTP/2 is not offered")

// offersHTTP2 tells what speaks against an experiment over HTTP/2.
func (l *Lab) offersHTTP2() error {
	u, err := url.Parse(l.Target.URL)
	switch {
	case err != nil:
		return err
	case l.Version == "HTTP/1.1":
		return moot("HTTP/1.1 was asked for")
	case u.Scheme == "http" && l.Version != "HTTP/2.0":
		return moot("browsers use HTTP/2 over https only")
	}
	return nil
}

var http2Scene = &Experiment{
	Scene:    wire.HTTP2,
	Title:    "over HTTP/2, frame by frame",
	Doc:      "edges often treat the two versions differently, and some mistakes exist in one only",
	Requests: 1,
	Moot:     (*Lab).offersHTTP2,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		p := l.glance()
		p.linger = againLinger
		if x := l.control(); x.End.Kind == wire.Complete {
			p = whole(min(l.watch(), 2*x.End.At+againLinger))
		}
		r, err := l.observe(ctx, wire.HTTP2, ask{req: l.asEventSource(), version: "HTTP/2.0", patience: p})
		if errors.Is(err, errNoProtocol) {
			err = errNoHTTP2
		}
		return r, err
	},
}

// unreadWindow is what a stream that is not read may send ahead: small, so that a slow stream fills it too.
const unreadWindow = 256

var slowRead = &Experiment{
	Scene:    wire.SlowRead,
	Title:    "over HTTP/2: one stream left unread, another one opened on the same connection",
	Doc:      "a stream that nobody reads must not hold up its neighbours",
	Requests: 2,
	Moot:     (*Lab).offersHTTP2,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		a := &ask{req: l.asEventSource(), version: "HTTP/2.0", patience: l.glance(), address: netip.Addr{}}
		u, err := url.Parse(a.req.URL)
		if err != nil {
			return nil, err
		}
		s, err := l.openSession(ctx, a, u, unreadWindow)
		if errors.Is(err, errNoProtocol) {
			return nil, errNoHTTP2
		}
		if err != nil {
			return nil, err
		}
		defer s.close()
		return l.pair(ctx, s, a)
	},
}

// pair opens the stream that stays unread, then its neighbour, and watches the neighbour.
func (l *Lab) pair(ctx context.Context, s *session, a *ask) (*wire.Recording, error) {
	first, err := s.request(ctx, a)
	if err != nil {
		return nil, err
	}
	first.unread = true
	s.run(ctx, first, func() time.Duration { return first.deadline() })
	second, err := s.request(ctx, a)
	if err != nil {
		return nil, err
	}
	s.run(ctx, second, func() time.Duration { return second.deadline() })
	return &wire.Recording{Scene: wire.SlowRead, Exchanges: []*wire.Exchange{s.finish(first), s.finish(second)}}, nil
}
