package chaos

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// A body that is sent slowly, piece by piece: large enough to fill the buffers that hops have for one, and sent for so long
// that no pause of this machine explains why the origin sees nothing of it.
const (
	uploadPiece  = 16 << 10
	uploadPieces = 16
	uploadPace   = 100 * time.Millisecond
	expectWaits  = 300 * time.Millisecond // for the hop to say 100 Continue, before the body makes that needless
)

var edgeUpload = &Experiment{
	Scene:    wire.EdgeUpload,
	Title:    "a request body that is sent slowly",
	Doc:      "shows whether the hop collects a body before it passes it on, and what it makes of Expect: 100-continue",
	Requests: 4,
	From:     Standard,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		piece := bytes.Repeat([]byte("x"), uploadPiece)
		slow := errand{
			about: "body=slow", method: "POST", body: bytes.Repeat(piece, uploadPieces), script: thanks(), patience: whole(5 * time.Second), behind: settles,
			fields: wire.Header{{Name: "Content-Type", Value: "application/octet-stream"}},
			change: func(a *ask) { a.drip = dripping(ctx, piece, uploadPieces, uploadPace) },
		}
		asking := slow
		asking.about, asking.body = "body=expected", piece
		asking.fields = append(asking.fields[:1:1], wire.Field{Name: "Expect", Value: "100-continue"})
		asking.change = func(a *ask) { a.drip = dripping(ctx, piece, 1, expectWaits) }
		xs, err := l.all(ctx, append(bothWays(slow), bothWays(asking)...)...)
		for _, x := range xs {
			x.Case = x.Case.With("bytes", fmt.Sprint(len(x.Request.Body)))
			x.Request.Body = nil // it says nothing
		}
		return &wire.Recording{Scene: wire.EdgeUpload, Exchanges: xs}, err
	},
}

// dripping writes a body of equal pieces, and waits before each.
func dripping(ctx context.Context, piece []byte, n int, pace time.Duration) func(func([]byte) error) error {
	return func(write func([]byte) error) error {
		for range n {
			if !wait(ctx, pace) {
				return stopped(ctx)
			}
			if err := write(piece); err != nil {
				return err
			}
		}
		return nil
	}
}

// thanks is the answer to a body.
func thanks() origin.Script {
	return origin.Script{Acts: acts(origin.Act{Data: []byte("data: received\n\n")})}
}
