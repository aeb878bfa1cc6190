package chaos

import (
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/ssespec/ssespec/checks/wire"
)

// A valve is the toxic that disturbs a connection at a place in what it carries. It is steered by its hop.
type valve struct{ h *hop }

// Pipe implements toxics.Toxic.
func (v valve) Pipe(stub *toxics.ToxicStub) {
	f := &flow{h: v.h, stub: stub}
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				f.end()
				return
			}
			if f.pass(c.Data) == shut {
				stub.Close()
				f.drain()
				return
			}
		}
	}
}

// A flow is what goes through a valve.
type flow struct {
	h    *hop
	stub *toxics.ToxicStub
	flip bool // a bit of what comes next is to be changed
}

type valveState bool

const (
	flowing valveState = false
	shut    valveState = true // nothing more is to be delivered
)

// emit sends bytes on to the reader.
func (f *flow) emit(b []byte) {
	if len(b) == 0 {
		return
	}
	f.h.mu.Lock()
	f.h.emitted += int64(len(b))
	f.h.mu.Unlock()
	f.stub.Output <- &stream.StreamChunk{Data: b, Timestamp: time.Now()}
}

// drain reads on to the end: the stages before us would wait for ever otherwise.
func (f *flow) drain() {
	for c := range f.stub.Input {
		if c == nil {
			return
		}
	}
}

// pass hands on the next bytes, up to the place where the fault is to happen.
func (f *flow) pass(b []byte) valveState {
	h := f.h
	switch h.step.Kind {
	case wire.Jitter:
		f.pause(time.Duration(h.random.Int64N(int64(h.step.For) + 1)))
		h.land()
	case wire.Slice:
		h.land()
		for ; len(b) > h.step.N; b = b[h.step.N:] {
			f.emit(b[:h.step.N])
			h.delivered()
		}
		f.emit(b)
		h.delivered()
		return flowing
	case wire.Latency, wire.Bandwidth:
		h.land()
	}
	if h.carrier == nil {
		f.emit(b)
		return flowing
	}
	before, reached, behind := h.carrier.carry(b)
	f.emit(f.flipped(before))
	if !reached {
		return flowing
	}
	return f.disturb(behind)
}

// flipped changes a bit of the first byte behind the place, once one has come. Over HTTP/2 it is one of the
// body: the carrier wrote the frames around it anew.
func (f *flow) flipped(b []byte) []byte {
	if !f.flip {
		return b
	}
	at := 0
	if _, h2 := f.h.carrier.(*carrier2); h2 {
		at = nextBody(b)
	}
	if at >= 0 && at < len(b) {
		f.h.land() // before the reader sees it
		b[at] ^= 1 << 2
		f.flip = false
	}
	return b
}

// land notes that the fault has happened.
func (h *hop) land() {
	h.mu.Lock()
	h.landed = true
	h.mu.Unlock()
}

// pause lets time pass, unless the connection ends.
func (f *flow) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-f.h.closed:
	}
}

// disturb does the fault; behind is what had come with the place and lies behind it.
func (f *flow) disturb(behind []byte) valveState {
	h := f.h
	switch h.step.Kind {
	case wire.Pause:
		h.land()
		f.pause(h.step.For)
		f.emit(behind)
		return flowing
	case wire.Flip:
		f.flip = true
		f.emit(f.flipped(behind))
		return flowing
	case wire.Duplicate:
		twice := h.carrier.repeat()
		if twice == nil {
			return f.fizzle(behind, "the event does not end where a piece of the message does, so that no hop could deliver it twice")
		}
		h.land()
		f.emit(twice)
		f.emit(behind)
		return flowing
	case wire.RSTStream, wire.GoAway:
		frames, h2 := h.carrier.(*carrier2)
		if !h2 {
			return f.fizzle(behind, "HTTP/1.x has no such frame")
		}
		if h.step.Kind == wire.RSTStream {
			h.land() // before the reader sees it, and is done
			f.emit(frames.resetStream())
		} else {
			f.emit(frames.goAway())
		}
	}
	f.cut(h.step.Kind)
	return shut
}

// cut ends what the reader is to get.
func (f *flow) cut(kind wire.FaultKind) {
	h := f.h
	h.delivered() // so that the offset at which the reader saw it is the place, and a reset loses nothing
	h.land()
	switch kind {
	case wire.Stall:
		h.mutes()
		f.swallow()
	case wire.RSTStream:
		f.swallow()
	case wire.SlowClose:
		f.pause(h.step.For)
	}
	h.mu.Lock()
	h.ending = wire.FIN
	if kind == wire.RST || kind == wire.HalfShut {
		h.ending = kind
	}
	h.mu.Unlock()
}

// fizzle notes why a fault cannot be done at its place, and goes on as if there were none.
func (f *flow) fizzle(behind []byte, why string) valveState {
	f.h.mu.Lock()
	f.h.fizzled = why
	f.h.mu.Unlock()
	f.h.carrier = nil
	f.emit(behind)
	return flowing
}

// swallow takes all that still comes, and keeps silent until the hop is closed.
func (f *flow) swallow() {
	for {
		select {
		case <-f.h.closed:
			return
		case c := <-f.stub.Input:
			if c == nil {
				<-f.h.closed
				return
			}
		}
	}
}

// end is called when the target has ended the connection.
func (f *flow) end() {
	if c := f.h.carrier; c != nil && c.end() {
		f.disturb(nil)
	}
	f.stub.Close()
}
