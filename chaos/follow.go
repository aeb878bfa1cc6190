package chaos

import (
	"context"
	"io"
	"time"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// Follow opens the stream as an EventSource does, watches it for l.Watch, and hands over the body as it
// arrives, content codings removed, with the moment of the read that brought it; not the bodies of
// redirects. The answer is returned without its body, which may be endless: no byte limit holds but
// that of the user.
func (l *Lab) Follow(ctx context.Context, take func(x *wire.Exchange, at time.Duration, body []byte)) (*wire.Exchange, error) {
	f := &follower{take: take}
	defer func(tap func(Progress), forget bool) { l.Tap, l.forget = tap, forget }(l.Tap, l.forget)
	l.Tap, l.forget = f.tell, true
	defer f.close()
	hops, err := l.record(ctx, l.opening())
	if err != nil {
		return nil, err
	}
	return hops[len(hops)-1], nil
}

// A follower removes content codings from a body as it comes.
type follower struct {
	take func(*wire.Exchange, time.Duration, []byte)
	in   *feed // of a coded body; nil where there is no coding
	x    *wire.Exchange
	at   time.Duration
}

func (f *follower) tell(p Progress) {
	if p.Exchange == nil || browser.Redirects(p.Exchange.Status) && p.Exchange.Header.Has("Location") {
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
	f.in.put(p.Body)
}

// decode starts to remove codings in a goroutine of its own, since decoders pull. It works only while
// tell waits for it.
func (f *follower) decode(codings []string) {
	if len(codings) == 0 {
		return
	}
	in := &feed{more: make(chan []byte), hungry: make(chan struct{}), done: make(chan struct{})}
	d, err := wire.NewDecoder(codings, in)
	if err != nil { // an unknown coding: what comes is shown as it is
		return
	}
	f.in = in
	go func() {
		defer close(in.done)
		buf := make([]byte, readSize)
		for {
			n, err := d.Read(buf)
			if n > 0 {
				f.take(f.x, f.at, buf[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	in.settle()
}

// close waits until everything that came was handed over.
func (f *follower) close() {
	if f.in != nil {
		close(f.in.more)
		<-f.in.done
		f.in = nil
	}
}

// A feed hands bytes to a decoder, and knows when the decoder has made of them all that it can: when it
// asks for more.
type feed struct {
	more   chan []byte
	hungry chan struct{}
	done   chan struct{} // the decoder reads no further
	rest   []byte
	ended  bool
}

// put hands over b and waits until the decoder is through with it.
func (f *feed) put(b []byte) {
	select {
	case f.more <- b:
		f.settle()
	case <-f.done:
	}
}

// settle waits until the decoder asks for more, or has ended.
func (f *feed) settle() {
	select {
	case <-f.hungry:
	case <-f.done:
	}
}

// Read implements io.Reader.
func (f *feed) Read(p []byte) (int, error) {
	if len(f.rest) == 0 && !f.ended {
		f.hungry <- struct{}{}
		b, ok := <-f.more
		f.rest, f.ended = b, !ok
	}
	if f.ended {
		return 0, io.EOF
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
