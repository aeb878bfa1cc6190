package chaos

import (
	"context"
	"sync"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A witness is a stream that is left alone while others are disturbed: of an endless stream that many
// share, it knows what was said meanwhile. A nil witness knows nothing.
type witness struct {
	cancel context.CancelFunc
	done   chan struct{}
	rec    *wire.Recording

	mu     sync.Mutex
	events int
	more   chan struct{} // closed at the next event
}

// day is longer than any run.
const day = 24 * time.Hour

// watchBeside opens a witness. It is stopped by stop.
func (l *Lab) watchBeside(ctx context.Context) *witness {
	ctx, cancel := context.WithCancel(ctx)
	w := &witness{cancel: cancel, done: make(chan struct{}), more: make(chan struct{}), rec: &wire.Recording{Scene: wire.Witness}}
	one := *l
	one.requests, one.Limits.Requests = 0, 0
	live := stream.NewReader(stream.EventStream, func(*stream.Event) { w.hear() })
	one.Tap = func(p Progress) { live.Write(p.Body) }
	go func() {
		defer close(w.done)
		w.rec.Exchanges, _ = one.record(ctx, ask{req: one.asEventSource(), version: one.version(), patience: whole(day)})
	}()
	return w
}

func (w *witness) hear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events++
	close(w.more)
	w.more = make(chan struct{})
}

// heard returns how many events came.
func (w *witness) heard() int {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events
}

// due waits until the witness has heard more events than before, but no longer than most: whoever comes
// back then has missed something.
func (w *witness) due(ctx context.Context, before int, most time.Duration) error {
	if w == nil {
		return nil
	}
	t := time.NewTimer(most)
	defer t.Stop()
	for {
		w.mu.Lock()
		heard, more := w.events, w.more
		w.mu.Unlock()
		if heard > before {
			return nil
		}
		select {
		case <-more:
		case <-w.done:
			return nil
		case <-t.C:
			return nil
		case <-ctx.Done():
			return stopped(ctx)
		}
	}
}

// stop ends the witness and returns what it has heard, or nil.
func (w *witness) stop() *wire.Recording {
	w.cancel()
	<-w.done
	x := w.rec.Last()
	if x == nil {
		return nil
	}
	if x.End.Note == wire.Interrupted { // by us
		x.End.Note = ""
	}
	return w.rec
}
