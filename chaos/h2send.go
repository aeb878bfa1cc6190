package chaos

import (
	"context"
	"time"

	"golang.org/x/net/http2"
)

// A room is how much of request bodies the server lets us send (RFC 9113, 6.9).
type room struct {
	initial int64            // of every new stream, as the server's SETTINGS say
	conn    int64            // left on the connection
	streams map[uint32]int64 // left on each stream
}

// firstRoom is the window before the server says anything (RFC 9113, 6.9.2).
const firstRoom = 65535

func newRoom() room {
	return room{initial: firstRoom, conn: firstRoom, streams: map[uint32]int64{}}
}

// take learns from a frame of the server's.
func (r *room) take(f http2.Frame) {
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if v, ok := f.Value(http2.SettingInitialWindowSize); ok {
			for id := range r.streams {
				r.streams[id] += int64(v) - r.initial
			}
			r.initial = int64(v)
		}
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			r.conn += int64(f.Increment)
		} else {
			r.streams[f.StreamID] += int64(f.Increment)
		}
	}
}

// sendBody writes a request body as the windows allow, reading what the server says meanwhile. A server
// that answers before it has read all is left to it.
func (s *session) sendBody(ctx context.Context, id uint32, st *h2stream) error {
	until := time.Now().Add(dialTimeout)
	for body := st.ask.req.Body; len(body) > 0 && !st.over; {
		n := int(min(int64(len(body)), maxFrame, s.room.conn, s.room.streams[id]))
		if n <= 0 {
			s.ln.bottom.SetReadDeadline(until)
			f, err := s.next(ctx, until)
			if err != nil {
				return err
			}
			s.take(f)
			continue
		}
		if err := s.fr.WriteData(id, n == len(body), body[:n]); err != nil {
			return err
		}
		body = body[n:]
		s.room.conn -= int64(n)
		s.room.streams[id] -= int64(n)
	}
	return nil
}
