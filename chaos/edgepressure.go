package chaos

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	stopsReading  = 5 * time.Second // of the reader
	pressurePiece = 8 << 10
	pressureMost  = 64 << 20  // eight times what the buffers of the sockets on the way hold
	pressureDeep  = 256 << 20 // to tell a hop with a large limit from one without
)

var edgePressure = &Experiment{
	Scene:    wire.EdgePressure,
	Title:    "the reader stops reading",
	Doc:      "shows how much the hop takes from the origin meanwhile: without a limit one slow reader costs it memory or disk",
	Requests: 2,
	From:     Standard,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		most := pressureMost
		if l.Edge.Depth == Deep {
			most = pressureDeep
		}
		if !l.mayLoad(ctx) {
			return nil, fmt.Errorf("up to %d MB would go through the hop, which is done on loopback, or with --allow-load", most>>20)
		}
		xs, err := l.all(ctx, bothWays(errand{
			about: wire.Case(fmt.Sprintf("most=%d", most)), script: flood(most), patience: whole(stopsReading), behind: settles,
			change: func(a *ask) { a.enough = func() bool { wait(ctx, stopsReading); return true } },
		})...)
		return &wire.Recording{Scene: wire.EdgePressure, Exchanges: xs}, err
	},
}

// mayLoad reports whether the hop may be put under load: it is the user's own machine, or the user says so.
func (l *Lab) mayLoad(ctx context.Context) bool {
	u, err := url.Parse(l.Target.URL)
	if l.Load || err != nil {
		return l.Load
	}
	if l.Proxy != nil {
		return false // it may lead anywhere
	}
	ips, err := l.lookup(ctx, u.Hostname())
	return err == nil && len(ips) > 0 && !slices.ContainsFunc(ips, func(ip netip.Addr) bool { return !ip.Unmap().IsLoopback() })
}

// flood writes as much as is taken while the reader does not read.
func flood(most int) origin.Script {
	piece := slices.Concat([]byte("data: "), bytes.Repeat([]byte("x"), pressurePiece-len("data: \n\n")), []byte("\n\n"))
	return origin.Script{Forget: true, End: origin.Hang, Acts: func(yield func(origin.Act) bool) {
		began := time.Now()
		for n := 0; n < most && time.Since(began) < stopsReading; n += len(piece) {
			if !yield(origin.Act{Data: piece}) {
				return
			}
		}
	}}
}
