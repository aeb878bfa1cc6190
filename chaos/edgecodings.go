package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// The short pace at which every coding is tried.
const (
	codedEvents = 14
	codedGap    = 60 * time.Millisecond
	codedMore   = 200 * time.Millisecond // at most, on top of that
	codedBehind = 400 * time.Millisecond // of silence before the end, which a held answer waits for
	codedTime   = 12 * time.Second
)

// A coded is a media type, and which codings are offered for it.
type coded struct {
	media   string
	offered []string
}

// codedTypes are the media types of streams. Readers of event streams are asked one by one, since hops code them in different
// ways; of the others it is enough to know whether anything is different with what browsers offer.
var codedTypes = []coded{
	{"text/event-stream", []string{"identity", "gzip", "deflate", "br", "zstd", "all"}},
	{"application/x-ndjson", []string{"identity", "all"}},
	{"application/json", []string{"identity", "all"}},
	{"text/plain", []string{"identity", "all"}},
}

var edgeCodings = &Experiment{
	Scene:    wire.EdgeCodings,
	Title:    "each content coding, media type and Cache-Control",
	Doc:      "an encoder that is not flushed holds what it was given, and readers that offer no coding never see it",
	Requests: 25,
	From:     Standard,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		versions, err := l.readerVersions(ctx)
		if err != nil {
			return nil, err
		}
		version := versions[len(versions)-1]
		errands := []errand{l.inCoding(wire.Direct, version, codedTypes[0].media, "identity", "no-cache")}
		for _, t := range codedTypes {
			for _, offered := range t.offered {
				for _, cache := range []string{"no-cache", "no-transform"} {
					errands = append(errands, l.inCoding(wire.Via, version, t.media, offered, cache))
				}
			}
		}
		xs, err := l.all(ctx, errands...)
		return &wire.Recording{Scene: wire.EdgeCodings, Exchanges: xs}, err
	},
}

func (l *Lab) inCoding(route, version, media, offered, cache string) errand {
	codings, control := offered, "no-cache"
	if offered == "all" {
		codings = browserCodings
	}
	if cache == "no-transform" {
		control += ", no-transform"
	}
	s := shortPace(l.Seed)
	s.Fields = wire.Header{{Name: "Content-Type", Value: media}, {Name: "Cache-Control", Value: control}}
	return errand{
		route: route, version: version, about: wire.Case(fmt.Sprintf("version=%s type=%s offered=%s cache=%s", version, media, offered, cache)),
		script: s, patience: whole(codedTime), behind: settles, fields: wire.Header{{Name: "Accept-Encoding", Value: codings}},
	}
}

// shortPace is pace for few events, all small.
func shortPace(seed int64) origin.Script {
	return origin.Script{Acts: func(yield func(origin.Act) bool) {
		random := rand.New(rand.NewPCG(uint64(seed), codedEvents))
		for n := range codedEvents {
			size := leastSize + random.IntN(mostSize-leastSize)
			gap := codedGap + time.Duration(random.Int64N(int64(codedMore)))
			if n == 0 {
				gap = 0
			}
			if !yield(origin.Act{Wait: gap, Data: event(random, n+1, size)}) {
				return
			}
		}
		yield(origin.Act{Wait: codedBehind})
	}}
}
