package chaos

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

var edgeBytes = &Experiment{
	Scene:    wire.EdgeBytes,
	Title:    "bytes that a hop may be tempted to change",
	Doc:      "a byte order mark, every line end, comments, empty fields, characters that come in parts, large events",
	Requests: 6,
	From:     Quick,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		bodies := []errand{
			{about: "body=odd", script: origin.Script{Acts: acts(oddities()...)}},
			{about: "body=event", script: origin.Script{Acts: large(l.Seed, largeEvent, largeEventLine)}},
		}
		if l.Edge.Depth != Quick {
			bodies = append(bodies, errand{about: "body=line", script: origin.Script{Acts: large(l.Seed, largeLine, largeLine)}})
		}
		var errands []errand
		for _, e := range bodies {
			e.patience, e.behind = whole(bytesTogether), settles
			errands = append(errands, bothWays(e)...)
		}
		xs, err := l.all(ctx, errands...)
		return &wire.Recording{Scene: wire.EdgeBytes, Exchanges: xs}, err
	},
}

const (
	largeEvent     = 200_000 // the answer of a tool, the state of a page
	largeEventLine = 4000
	largeLine      = 1 << 20         // an image as base64
	bytesTogether  = 8 * time.Second // a megabyte at one megabit in a second
)

// apart is the silence between pieces that are to come by themselves.
const apart = 20 * time.Millisecond

// oddities is a stream that is fit to be read, and that a hop may be tempted to tidy up. A character and a line end come
// in parts.
func oddities() []origin.Act {
	whole := []string{
		"\ufeffid: 1\ndata: behind a byte order mark\n\n",
		": a comment\n:\n\n",
		"id: 2\rdata: ends in CR\r\r",
		"id: 3\r\ndata: ends in CRLF\r\n\r\n",
		"id: 4\r\ndata: a line end in parts\r", "\n\r\n",
		"data\n\n", "data:\n\n", "data: \n\n", "data:  two spaces, and one behind \n\n",
		"id\n\n", "event: \tx\ndata:\tx\n\n", "no-field: x\nretry: 3000\n\n\n\n",
		"data: € \xf0\x9f", "\x8c\x8d in parts \xe2\x82", "\xac\n\n",
		"data: <b>&amp; \"quoted\" %20 \\n</b>\n\n",
		"id: 5\nevent: done\ndata: whole\n\n", ": the rest has no blank line\ndata: never dispatched",
	}
	var out []origin.Act
	for i, w := range whole {
		a := origin.Act{Wait: apart, Data: []byte(w)}
		if i == 0 {
			a.Wait = 0
		}
		out = append(out, a)
	}
	return out
}

// large makes one event of about so many bytes, in lines of that length, that no coding shrinks much.
func large(seed int64, size, line int) func(yield func(origin.Act) bool) {
	random := rand.New(rand.NewPCG(uint64(seed), uint64(size)))
	var b strings.Builder
	b.WriteString("id: 1\n")
	for b.Len() < size {
		noise := make([]byte, line*3/4)
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		fmt.Fprintf(&b, "data: %s\n", base64.RawStdEncoding.EncodeToString(noise))
	}
	b.WriteString("\nid: 2\nevent: done\ndata: whole\n\n")
	return acts(origin.Act{Data: []byte(b.String())})
}
