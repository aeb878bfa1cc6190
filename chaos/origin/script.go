package origin

import (
	"context"
	"iter"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Script is what the origin does with one request once it has read it.
type Script struct {
	Before  time.Duration // silence before the head
	Mute    bool          // no head and no body: only the end
	Status  int           // 200 if zero
	Fields  wire.Header   // of the head, framing aside; those of a live event stream if nil
	Framing Framing
	Size    int           // what Content-Length says, for Sized
	Acts    iter.Seq[Act] // of the body; nil for none
	End     Ending
	Forget  bool // keep no bytes of the body, only their number
}

// An Act is a piece of the body, written at once, and the silence before it. One without data is silence.
type Act struct {
	Wait time.Duration
	Data []byte
}

// Framing is how an HTTP/1.x answer says where its body ends. On HTTP/2 all of them end with END_STREAM.
type Framing string

// The framings. To an HTTP/1.0 request Chunked becomes Closed.
const (
	Chunked Framing = "" // the zero value
	Closed  Framing = "close-delimited"
	Sized   Framing = "length"
)

// Ending is what is done behind the last act.
type Ending string

// The endings. On HTTP/2 FIN, RST and MidChunk reset the stream: other streams may share the connection.
const (
	Finish   Ending = "" // the zero value: as HTTP prescribes
	FIN      Ending = "fin"
	RST      Ending = "reset"
	MidChunk Ending = "mid-chunk" // a chunk is announced, half of it sent, then FIN
	Hang     Ending = "hang"      // nothing, until the client leaves
)

// Live are the fields of an event stream that nobody may store.
func Live() wire.Header {
	return wire.Header{{Name: "Content-Type", Value: "text/event-stream"}, {Name: "Cache-Control", Value: "no-cache"}}
}

func (s *Script) status() int {
	if s.Status == 0 {
		return 200
	}
	return s.Status
}

func (s *Script) fields() wire.Header {
	if s.Fields == nil {
		return Live()
	}
	return s.Fields
}

// wait lets d pass. It returns errLeft where the client leaves meanwhile, and the error of ctx where that ends.
func wait(ctx context.Context, left <-chan struct{}, d time.Duration) error {
	if d <= 0 {
		select {
		case <-left:
			return errLeft
		default:
			return ctx.Err()
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-left:
		return errLeft
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forever is how long Hang hangs where nobody leaves.
const forever = 24 * time.Hour

// A writer puts an answer on a connection, whatever the HTTP version.
type writer interface {
	head(s *Script) error
	body(b []byte) error
}

// play does what the script says up to its end.
func (h *hit) play(ctx context.Context, s *Script, w writer, left <-chan struct{}) error {
	if err := wait(ctx, left, s.Before); err != nil {
		return err
	}
	if s.Mute {
		return nil
	}
	h.note(func() { h.head, h.status, h.fields = time.Now(), s.status(), s.fields() })
	if err := w.head(s); err != nil {
		return err
	}
	if s.Acts != nil {
		for a := range s.Acts {
			if err := wait(ctx, left, a.Wait); err != nil {
				return err
			}
			if err := h.send(s, w, a.Data); err != nil {
				return err
			}
		}
	}
	if s.End == Hang {
		return wait(ctx, left, forever)
	}
	return nil
}

// send writes a piece of the body. Its moment is the one before: it cannot have come earlier.
func (h *hit) send(s *Script, w writer, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	at := time.Now()
	if !s.Forget {
		h.note(func() { h.sent = append(h.sent, stamped{at, b}) })
	}
	err := w.body(b)
	if err == nil {
		h.note(func() { h.written += int64(len(b)) })
	}
	return err
}
