package chaos

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

var edgeCut = &Experiment{
	Scene:    wire.EdgeCut,
	Title:    "the origin breaks off in the middle",
	Doc:      "a reader who is told that the answer is whole never asks for the rest",
	Requests: 28,
	From:     Quick,
	Brief:    true,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		long := cutTold
		if l.Edge.Depth == Quick {
			long = cutToldQuick
		}
		var errands []errand
		for _, version := range l.versionsRead() {
			for _, c := range cuts {
				errands = append(errands, bothWays(errand{
					about:   wire.Case(fmt.Sprintf("framing=%s end=%s version=%s", c.framing, c.end, version)),
					version: version, script: cutScript(c), patience: whole(long), behind: settles,
				})...)
			}
		}
		xs, err := l.all(ctx, errands...)
		if len(xs) > 0 {
			err = nil // a way that does not speak one of the versions is seen by the others
		}
		return &wire.Recording{Scene: wire.EdgeCut, Exchanges: xs}, err
	},
}

// How long a reader waits to be told. One hop tells of a short answer after six seconds.
const (
	cutTold      = 7500 * time.Millisecond
	cutToldQuick = 2500 * time.Millisecond
)

// A cut is how the body is framed, as an origin would over HTTP/1.1, and what becomes of it.
type cut struct{ framing, end string }

// cuts lists them. The first is the proof that the way ends what is whole.
var cuts = []cut{
	{"chunked", "finish"}, {"chunked", "fin"}, {"chunked", "reset"}, {"chunked", "mid-chunk"}, {"length", "fin"},
	{"close-delimited", "fin"}, {"close-delimited", "reset"},
}

// promised is the length that an answer claims which is cut short.
const promised = 5000

// cutScript is two events, the silence in which they are passed on, and then the end.
func cutScript(c cut) origin.Script {
	s := origin.Script{
		End: origin.Ending(c.end), Framing: origin.Framing(c.framing), Size: promised,
		Acts: acts(origin.Act{Data: []byte("id: 1\ndata: one\n\n")}, origin.Act{Wait: 50 * time.Millisecond, Data: []byte("id: 2\ndata: two\n\n")},
			origin.Act{Wait: 150 * time.Millisecond}),
	}
	if c.end == "finish" {
		s.End = origin.Finish
	}
	if c.framing == "chunked" {
		s.Framing = origin.Chunked
	}
	return s
}

// versionsRead lists the HTTP versions in which a reader may ask at the target.
func (l *Lab) versionsRead() []string {
	switch {
	case l.Version == "HTTP/1.1":
		return []string{l.Version}
	case l.Version == "HTTP/2.0" && !strings.HasPrefix(l.Target.URL, "https:"):
		return []string{l.Version}
	case l.Version == "HTTP/2.0", strings.HasPrefix(l.Target.URL, "https:"):
		return []string{"HTTP/1.1", "HTTP/2.0"}
	}
	return []string{"HTTP/1.1"}
}
