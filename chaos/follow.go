package chaos

import (
	"context"
	"io"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// Follow opens the stream as an EventSource does, watches it for l.Watch, and hands over the body as it
// arrives, content codings removed, with the moment of the read that brought it. The answer is returned
// without its body, which may be endless.
func (l *Lab) Follow(ctx context.Context, take func(x *wire.Exchange, at time.Duration, body []byte)) (*wire.Exchange, error) {
	f := &follower{take: take}
	l.Tap, l.forget = f.tell, true
	defer f.close()
	hops, err := l.record(ctx, ask{req: l.asEventSource(), version: l.version(), patience: whole(l.watch())})
	if err != nil {
		return nil, err
	}
	return hops[len(hops)-1], nil
}

// A follower removes content codings from a body as it comes.
type follower struct {
	take func(*wire.Exchange, time.Duration, []byte)
	in   *io.PipeWriter // of a coded body; nil where there is no coding
	done chan struct{}
	x    *wire.Exchange
	at   time.Duration
}

func (f *follower) tell(p Progress) {
	if p.Exchange == nil {
		return
	}
	if f.x != p.Exchange {
		f.close()
		f.x = p.Exchange
		f.decode(p.Exchange.Codings())
	}
	f.at = p.At
	if f.in == nil {
		f.take(f.x, p.At, p.Body)
		return
	}
	f.in.Write(p.Body)
}

// decode starts to remove codings in a goroutine of its own, since decoders pull. It takes each read's
// bytes before the next read is made: a pipe's Write returns when all was read, and only the decoder reads.
func (f *follower) decode(codings []string) {
	if len(codings) == 0 {
		return
	}
	r, w := io.Pipe()
	d, err := wire.NewDecoder(codings, r)
	if err != nil { // an unknown coding: what comes is shown as it is
		return
	}
	f.in, f.done = w, make(chan struct{})
	go func() {
		defer close(f.done)
		buf := make([]byte, readSize)
		for {
			n, err := d.Read(buf)
			if n > 0 {
				f.take(f.x, f.at, buf[:n])
			}
			if err != nil {
				r.CloseWithError(err)
				return
			}
		}
	}()
}

// close waits until everything that came was handed over.
func (f *follower) close() {
	if f.in != nil {
		f.in.Close()
		<-f.done
		f.in = nil
	}
}
