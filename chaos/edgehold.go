package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// holdSizes are the sizes of single events. They are no multiples of each other, nor of any size that buffers have: from
// those, nothing but a multiple of the buffer's size would follow.
var holdSizes = []int{64, 1010, 3900, 5070, 9050, 20300, 70700, 150300}

const (
	holdSilence = 2 * time.Second        // behind the piece: whatever is on its way has come by then
	holdBehind  = 500 * time.Millisecond // between the next event and the end: so that it is known which of them freed the piece
	holdSmall   = 60                     // the next event
	holdBefore  = 50 * time.Millisecond  // behind the head: what comes with it in one read may be treated as the head is
	headSilence = 1200 * time.Millisecond
	holdTime    = 10 * time.Second
)

var edgeHold = &Experiment{
	Scene:    wire.EdgeHold,
	Title:    "one event of each of some sizes, then silence",
	Doc:      "shows how many bytes stay behind where nothing pushes them on, and whether the head comes before the body",
	Requests: 26,
	From:     Quick,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		versions, err := l.readerVersions(ctx)
		if err != nil {
			return nil, err
		}
		var errands []errand
		for _, v := range versions {
			errands = append(errands, l.holds(wire.Via, v, 0, 0))
			for i := range framings {
				for _, size := range holdSizes {
					errands = append(errands, l.holds(wire.Via, v, i, size))
				}
			}
		}
		for _, size := range append([]int{0}, holdSizes...) {
			errands = append(errands, l.holds(wire.Direct, versions[0], 0, size))
		}
		xs, err := l.all(ctx, errands...)
		return &wire.Recording{Scene: wire.EdgeHold, Exchanges: xs}, err
	},
}

// holds returns the errand of one size, framing and version. Size 0 is silence between head and body.
func (l *Lab) holds(route, version string, framing, size int) errand {
	f := framings[framing]
	return errand{
		route: route, version: version, about: wire.Case(fmt.Sprintf("version=%s framing=%s size=%d", version, f.name, size)),
		script: holdScript(l.Seed, size, f.framing), patience: whole(holdTime), behind: settles,
	}
}

func holdScript(seed int64, size int, f origin.Framing) origin.Script {
	random := rand.New(rand.NewPCG(uint64(seed), uint64(size)))
	first, silence := origin.Act{Wait: holdBefore, Data: event(random, 1, size)}, holdSilence
	if size == 0 {
		first, silence = origin.Act{Wait: headSilence, Data: event(random, 1, holdSmall)}, 0
	}
	return origin.Script{Framing: f, Acts: acts(
		first, origin.Act{Wait: silence, Data: event(random, 2, holdSmall)}, origin.Act{Wait: holdBehind},
	)}
}
