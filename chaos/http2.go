package chaos

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// window is how much a peer may send ahead on one stream and on the connection. It is replenished as
// frames are read, so flow control never makes our own experiments wait.
const window = 1 << 20

// A session is one HTTP/2 connection that is read frame by frame, in one goroutine.
type session struct {
	l       *Lab
	ln      *line
	u       *url.URL
	fr      *http2.Framer
	in      *bufio.Reader // which the framer reads from
	graces  int           // how often a read was repeated because we came late
	sent    time.Time     // of the first request; moments count from here
	hdec    *hpack.Decoder
	fields  wire.Header // of the block being decoded
	block   []byte      // header block fragments until END_HEADERS
	blockOf uint32
	ends    bool // the block's HEADERS frame had END_STREAM
	size    int  // of the fields of the block being decoded, which may be far larger than the block
	streams map[uint32]*h2stream
	nextID  uint32
	items   int
	bytes   int64
	room    room
}

// An h2stream is the growing record of one answer.
type h2stream struct {
	x      *wire.Exchange
	ask    *ask
	sent   time.Duration // when its request was written, on the session's clock
	buf    []byte
	marks  []tapeMark
	head   bool // the final head is there
	bodyAt time.Duration
	over   bool
	unread bool // its flow-control window is not replenished
}

// exchange2 sends one request over an HTTP/2 connection of its own.
func (l *Lab) exchange2(ctx context.Context, a *ask, u *url.URL) (*wire.Exchange, error) {
	s, err := l.openSession(ctx, a, u, window)
	if err != nil {
		return nil, err
	}
	defer s.close()
	st, err := s.request(ctx, a)
	if err != nil {
		return nil, err
	}
	s.run(ctx, st, func() time.Duration { return st.deadline() })
	return s.finish(st), nil
}

// openSession opens a connection that speaks HTTP/2: by ALPN over TLS, else by prior knowledge (RFC 9113, 3).
func (l *Lab) openSession(ctx context.Context, a *ask, u *url.URL, streamWindow uint32) (*session, error) {
	ln, err := l.connect(ctx, u, []string{"h2"}, a.address)
	if err != nil {
		return nil, err
	}
	if ln.info != nil && ln.info.ALPN != "h2" {
		ln.Close()
		return nil, errNoProtocol
	}
	s := &session{l: l, ln: ln, u: u, streams: map[uint32]*h2stream{}, nextID: 1, room: newRoom()}
	s.in = bufio.NewReaderSize(ln, readSize)
	s.fr = http2.NewFramer(ln, s.in)
	s.fr.AllowIllegalReads = true // what is illegal is for the checks to say
	s.fr.SetMaxReadFrameSize(window)
	s.hdec = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if s.size += int(f.Size()); s.size <= l.maxHead() { // a byte of the block may stand for 4 KiB
			s.fields = append(s.fields, wire.Field{Name: f.Name, Value: f.Value})
		}
	})
	ln.bottom.SetWriteDeadline(time.Now().Add(dialTimeout))
	if err := s.greet(streamWindow); err != nil && !gone(err) {
		ln.Close()
		return nil, unsent(ctx, err)
	}
	return s, nil
}

func (s *session) greet(streamWindow uint32) error {
	if _, err := io.WriteString(s.ln, http2.ClientPreface); err != nil {
		return err
	}
	err := s.fr.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow},
	)
	if err != nil {
		return err
	}
	return s.fr.WriteWindowUpdate(0, 16*window)
}

func (s *session) close() { s.ln.Close() }

// maxFrame is the payload that every peer takes (RFC 9113, 4.2).
const maxFrame = 16 << 10

// request opens a stream.
func (s *session) request(ctx context.Context, a *ask) (*h2stream, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	s.ln.bottom.SetWriteDeadline(time.Now().Add(dialTimeout))
	s.l.requests++
	id := s.nextID
	s.nextID += 2
	began := time.Now()
	end := len(a.req.Body) == 0
	block := headerBlock(a, s.u)
	n := min(len(block), maxFrame)
	err := s.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block[:n], EndHeaders: n == len(block), EndStream: end})
	for block = block[n:]; err == nil && len(block) > 0; block = block[n:] {
		n = min(len(block), maxFrame)
		err = s.fr.WriteContinuation(id, n == len(block), block[:n])
	}
	st := &h2stream{ask: a, x: &wire.Exchange{
		Request: s.l.stored(a), Began: began, Address: s.ln.RemoteAddr().String(), Dial: s.ln.dial, TLS: s.ln.info}}
	s.streams[id], s.room.streams[id] = st, s.room.initial
	if err == nil {
		err = s.sendBody(ctx, id, st)
	}
	if err != nil && !gone(err) {
		return nil, unsent(ctx, err)
	}
	wrote := a.wrote()
	if s.sent.IsZero() {
		s.sent = wrote
	}
	st.sent = wrote.Sub(s.sent)
	return st, nil
}

// headerBlock returns the request's fields as RFC 9113, 8.3.1 wants them.
func headerBlock(a *ask, u *url.URL) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	put := func(n, v string) { e.WriteField(hpack.HeaderField{Name: n, Value: v}) }
	host := authority(u)
	if h := a.req.Header.Get("Host"); h != "" {
		host = h
	}
	put(":method", a.req.Method)
	put(":scheme", u.Scheme)
	put(":authority", host)
	put(":path", u.RequestURI())
	for _, f := range a.req.Header {
		n := strings.ToLower(f.Name)
		if n != "host" && n != "connection" && n != "transfer-encoding" && n != "keep-alive" {
			put(n, f.Value)
		}
	}
	if len(a.req.Body) > 0 && a.sizes() {
		put("content-length", fmt.Sprint(len(a.req.Body)))
	}
	return b.Bytes()
}

// run reads frames until st is over, its patience is, or a limit is hit.
func (s *session) run(ctx context.Context, st *h2stream, until func() time.Duration) {
	stop := context.AfterFunc(ctx, func() { s.ln.bottom.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for !st.over {
		moment := s.sent.Add(st.sent + until())
		s.ln.bottom.SetReadDeadline(moment)
		s.ln.bottom.SetWriteDeadline(moment.Add(dialTimeout)) // acknowledgements and windows, for as long as we read
		if ctx.Err() != nil {
			s.endAll(departure(ctx, st.bodyAt > 0, s.now()))
			return
		}
		f, err := s.next(ctx, moment)
		if err != nil {
			s.failed(ctx, st, err)
			return
		}
		s.take(f)
		if note := s.limit(st.ask.patience.most(s.l)); note != "" {
			s.endAll(wire.End{Kind: wire.HungUp, At: s.arrived(), Note: note})
			return
		}
		if !st.over && st.ask.sated() {
			s.endAll(wire.End{Kind: wire.HungUp, At: s.arrived()})
			return
		}
	}
}

// frameHead is the length of what begins every frame (RFC 9113, 4.1).
const frameHead = 9

// next reads a frame. Where patience ended while this machine had no time for us, what has long arrived
// is read as if in time.
func (s *session) next(ctx context.Context, moment time.Time) (http2.Frame, error) {
	_, err := s.in.Peek(frameHead)
	if overslept(ctx, err, time.Since(moment)) && s.graces < maxGraces {
		s.graces++
		s.ln.bottom.SetReadDeadline(time.Now().Add(tick))
		_, err = s.in.Peek(frameHead)
	}
	if err != nil {
		return nil, err
	}
	return s.fr.ReadFrame()
}

func (s *session) now() time.Duration { return time.Since(s.sent) }

// arrived returns the moment of the read that brought the latest frame; what comes before the first
// request is whole counts as come at once.
func (s *session) arrived() time.Duration {
	if s.sent.IsZero() {
		return 0
	}
	return max(0, s.ln.bottom.last.Sub(s.sent))
}

func (s *session) limit(most int64) string {
	switch {
	case s.bytes > most:
		return fmt.Sprintf("byte limit of %d", most)
	case s.items > mostItems(most):
		return fmt.Sprintf("limit of %d frames and lines", mostItems(most))
	case len(s.block) > s.l.maxHead():
		return fmt.Sprintf("head limit of %d bytes", s.l.maxHead())
	}
	return ""
}

// failed says how the streams ended when no further frame could be read.
func (s *session) failed(ctx context.Context, st *h2stream, err error) {
	at := s.now()
	eof := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		st.end(departure(ctx, st.bodyAt > 0, at))
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), eof && s.ln.bottom.reset:
		s.endAll(wire.End{Kind: wire.Reset, At: at, Note: "the connection was reset"})
	case eof:
		s.endAll(wire.End{Kind: wire.Truncated, At: at, Note: "the connection was closed before END_STREAM"})
	case illegal(err):
		s.endAll(wire.End{Kind: wire.HungUp, At: at, Note: "what came cannot be read as HTTP/2: " + err.Error()})
	default:
		s.endAll(wire.End{Kind: wire.Reset, At: at, Note: err.Error()})
	}
}

// illegal reports whether bytes came that make no frame: then it is we who leave.
func illegal(err error) bool {
	var conn http2.ConnectionError
	var stream http2.StreamError
	return errors.As(err, &conn) || errors.As(err, &stream) || errors.Is(err, http2.ErrFrameTooLarge)
}

func (s *session) endAll(e wire.End) {
	for _, st := range s.streams {
		st.end(e)
	}
}

func (st *h2stream) end(e wire.End) {
	if !st.over {
		e.At -= min(e.At, st.sent)
		st.over, st.x.End = true, e
	}
}

// deadline returns until when to wait for the next frame of this stream.
func (st *h2stream) deadline() time.Duration {
	until := st.ask.patience.deadline(st.x.HeadAt, st.bodyAt, st.head, st.bodyAt > 0)
	if browser.Redirects(st.x.Status) && st.x.Header.Has("Location") {
		until = min(until, st.x.HeadAt+st.ask.patience.behind)
	}
	return until
}

// take keeps one frame and what it brings.
func (s *session) take(f http2.Frame) {
	h := f.Header()
	at := s.arrived()
	s.items++
	s.bytes += int64(h.Length) + frameHead
	note := wire.Frame{At: at, Type: h.Type.String(), Stream: h.StreamID, Flags: uint8(h.Flags), Length: int(h.Length)}
	switch f := f.(type) {
	case *http2.SettingsFrame:
		note.Settings = settings(f)
		if !f.IsAck() {
			s.fr.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			s.fr.WritePing(true, f.Data)
		}
	case *http2.WindowUpdateFrame:
		note.Increment = f.Increment
	case *http2.RSTStreamFrame:
		note.Code = uint32(f.ErrCode)
	case *http2.GoAwayFrame:
		note.Code, note.Last = uint32(f.ErrCode), f.LastStreamID
	}
	s.keep(note)
	s.room.take(f)
	switch f := f.(type) {
	case *http2.HeadersFrame:
		s.block, s.blockOf, s.ends = append([]byte(nil), f.HeaderBlockFragment()...), h.StreamID, f.StreamEnded()
		s.headers(f.HeadersEnded(), at)
	case *http2.ContinuationFrame:
		s.block = append(s.block, f.HeaderBlockFragment()...)
		s.headers(f.HeadersEnded(), at)
	case *http2.DataFrame:
		s.data(f, at)
	case *http2.RSTStreamFrame:
		if st := s.streams[h.StreamID]; st != nil {
			st.end(wire.End{Kind: wire.Reset, At: at, Note: "RST_STREAM " + f.ErrCode.String()})
		}
	}
}

// keep adds a frame to the record of its stream; frames of the connection belong to every stream.
func (s *session) keep(f wire.Frame) {
	if s.l.forget {
		s.items = 0
		return
	}
	for id, st := range s.streams {
		if (f.Stream == 0 || f.Stream == id) && !st.over {
			g := f
			g.At -= min(g.At, st.sent)
			st.x.Frames = append(st.x.Frames, g)
		}
	}
}

func settings(f *http2.SettingsFrame) []wire.Setting {
	var out []wire.Setting
	f.ForeachSetting(func(x http2.Setting) error {
		out = append(out, wire.Setting{ID: uint16(x.ID), Value: x.Val})
		return nil
	})
	return out
}

// headers decodes a header block once it is whole: an interim head, the final one, or the trailer.
func (s *session) headers(whole bool, at time.Duration) {
	if !whole {
		return
	}
	s.fields, s.size = nil, 0
	_, err := s.hdec.Write(s.block)
	if err == nil {
		err = s.hdec.Close()
	}
	s.block = s.block[:0]
	st := s.streams[s.blockOf]
	if st == nil || st.over {
		return
	}
	if err != nil {
		st.end(wire.End{Kind: wire.HungUp, At: at, Note: "the header block cannot be decoded: " + err.Error()})
		return
	}
	if s.size > s.l.maxHead() {
		st.end(wire.End{Kind: wire.HungUp, At: at, Note: fmt.Sprintf("head limit of %d bytes", s.l.maxHead())})
		return
	}
	st.headers(s.l.Secrets, s.fields, at-min(at, st.sent))
	if s.ends {
		st.end(wire.End{Kind: wire.Complete, At: at})
	}
}

func (st *h2stream) headers(sec Secrets, fields wire.Header, at time.Duration) {
	status := 0
	var h wire.Header
	for _, f := range fields {
		if f.Name == ":status" {
			fmt.Sscanf(f.Value, "%d", &status)
			continue
		}
		h = append(h, wire.Field{Name: sec.Mask(f.Name), Value: sec.Mask(f.Value)})
	}
	switch {
	case st.head:
		st.x.Trailer = h
	case status >= 100 && status < 200:
		st.x.Interim = append(st.x.Interim, wire.Interim{Status: status, Header: h, At: at})
	default:
		st.head = true
		st.x.Proto, st.x.Status, st.x.Header, st.x.HeadAt = "HTTP/2.0", status, h, at
		st.ask.answered(st.x)
	}
}

// data keeps the payload of a DATA frame and gives the peer room for as much again.
func (s *session) data(f *http2.DataFrame, at time.Duration) {
	b := f.Data()
	if n := f.Header().Length; n > 0 {
		s.fr.WriteWindowUpdate(0, n)
	}
	st := s.streams[f.Header().StreamID]
	if st == nil || st.over {
		return
	}
	if n := f.Header().Length; n > 0 && !st.unread {
		s.fr.WriteWindowUpdate(f.Header().StreamID, n)
	}
	if len(b) > 0 {
		rel := at - min(at, st.sent)
		if st.bodyAt == 0 {
			st.bodyAt = max(rel, 1)
		}
		if !s.l.forget {
			st.marks = append(st.marks, tapeMark{len(st.buf), rel})
			st.buf = append(st.buf, b...)
			s.items += lineEnds(b)
		}
		if s.l.Tap != nil {
			s.l.Tap(Progress{Exchange: st.x, At: rel, Body: b})
		}
	}
	if f.StreamEnded() {
		st.end(wire.End{Kind: wire.Complete, At: at})
	}
}

// finish returns the exchange of a stream, secrets blanked.
func (s *session) finish(st *h2stream) *wire.Exchange {
	s.l.Secrets.Blank(st.buf)
	for i, m := range st.marks {
		hi := len(st.buf)
		if i+1 < len(st.marks) {
			hi = st.marks[i+1].off
		}
		st.x.Body = append(st.x.Body, wire.Chunk{At: m.at, Data: st.buf[m.off:hi]})
	}
	return st.x
}
