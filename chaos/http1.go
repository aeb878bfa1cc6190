package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// A tape is the growing record of one HTTP/1.x answer.
type tape struct {
	l      *Lab
	ask    *ask
	ln     *line
	sent   time.Time // when the request's last byte was written
	buf    []byte
	marks  []tapeMark
	parser *wire.MessageParser
	total  int64 // bytes that came
	items  int
	headAt time.Duration
	bodyAt time.Duration
	doneAt time.Duration // when the message was whole, if it is
	told   int           // body extents already passed to the tap
	graces int           // how often a read was repeated because we came late
	live   *wire.Exchange
}

type tapeMark struct {
	off int
	at  time.Duration
}

// exchange1 sends an HTTP/1.x request on a connection of its own and keeps every byte that comes back.
func (l *Lab) exchange1(ctx context.Context, a *ask, u *url.URL) (*wire.Exchange, error) {
	ln, err := l.connect(ctx, u, []string{"http/1.1"}, a.address)
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	l.requests++
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { ln.bottom.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	ln.bottom.SetWriteDeadline(began.Add(dialTimeout))
	if err := a.write1(ln, u, l.Proxy); err != nil && !gone(err) {
		return nil, unsent(ctx, err)
	}
	if a.halfClose && ln.tls == nil {
		ln.bottom.CloseWrite()
	}
	if a.abrupt {
		defer ln.bottom.lingerNot()
	}
	t := &tape{l: l, ask: a, ln: ln, sent: a.wrote(), parser: wire.NewMessageParser(a.req.Method)}
	x := &wire.Exchange{Request: l.stored(a), Began: began, Address: ln.RemoteAddr().String(), Dial: ln.dial, TLS: ln.info}
	t.live = x
	x.End = t.record(ctx)
	t.fill(x)
	return x, nil
}

// gone reports whether a write failed because the peer left; what it said before still counts.
func gone(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// unsent says why a request was not sent.
func unsent(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	return fmt.Errorf("the request could not be sent: %w", err)
}

// readSize is one read's worth: what a socket buffer usually hands over at once.
const readSize = 32 << 10

// record reads until the answer ends, patience does, or a limit is hit.
func (t *tape) record(ctx context.Context) wire.End {
	for {
		until := t.deadline()
		t.ln.bottom.SetReadDeadline(t.sent.Add(until))
		if ctx.Err() != nil { // it may have ended between its hook and our deadline
			return t.left(ctx)
		}
		n, err := t.read()
		if n > 0 {
			t.advance(n)
			if end, over := t.limit(); over {
				return end
			}
			if t.ask.sated() {
				return wire.End{Kind: wire.HungUp, At: t.lastAt()}
			}
		}
		if err != nil && !t.late(ctx, err, until) {
			return t.ended(ctx, err)
		}
	}
}

// late reports whether patience ended while this machine had no time for us. Then what has long arrived
// lies unread in the socket, and to call it missing would be false: it is read as if in time.
func (t *tape) late(ctx context.Context, err error, until time.Duration) bool {
	if !overslept(ctx, err, time.Since(t.sent)-until) || t.graces == maxGraces {
		return false
	}
	t.graces++
	t.ln.bottom.SetReadDeadline(time.Now().Add(tick))
	n, _ := t.read()
	if n > 0 {
		t.advance(n)
	}
	return n > 0
}

// maxGraces bounds how often one exchange is read on past its time.
const maxGraces = 8

// overslept reports whether a read ran out of time, and we noticed only much later.
func overslept(ctx context.Context, err error, by time.Duration) bool {
	return ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded) && by > tick
}

// deadline returns until when to wait for the next byte.
func (t *tape) deadline() time.Duration {
	p := t.ask.patience
	if t.parser.Done() {
		return t.doneAt + p.behind // however much follows it
	}
	until := p.deadline(t.headAt, t.bodyAt, t.parser.HeadDone(), t.bodyAt > 0)
	if m := t.parser.Message(); browser.Redirects(m.Status) && m.Header.Has("Location") {
		until = min(until, t.headAt+p.behind)
	}
	return until
}

func (t *tape) lastAt() time.Duration {
	if len(t.marks) == 0 {
		return 0
	}
	return t.marks[len(t.marks)-1].at
}

// read appends what one read brings.
func (t *tape) read() (int, error) {
	if cap(t.buf)-len(t.buf) < readSize {
		grown := make([]byte, len(t.buf), max(2*cap(t.buf), 2*readSize))
		copy(grown, t.buf)
		t.buf = grown
	}
	n, err := t.ln.Read(t.buf[len(t.buf) : len(t.buf)+readSize])
	if n > 0 {
		t.marks = append(t.marks, tapeMark{len(t.buf), max(0, t.ln.bottom.last.Sub(t.sent))})
		t.buf = t.buf[:len(t.buf)+n]
	}
	return n, err
}

// advance looks at the n bytes that have just come.
func (t *tape) advance(n int) {
	at := t.lastAt()
	headDone, done := t.parser.HeadDone(), t.parser.Done()
	t.parser.Advance(t.buf)
	m := t.parser.Message()
	if !headDone && t.parser.HeadDone() {
		t.headAt = at
		t.live.Proto, t.live.Status, t.live.Header, t.live.HeadAt = m.Proto, m.Status, m.Header, at
		t.ask.answered(t.live)
	}
	if !done && t.parser.Done() {
		t.doneAt = at
	}
	if t.bodyAt == 0 && len(m.Body) > 0 {
		t.bodyAt = max(at, 1) // a moment of zero would read as none
	}
	t.total += int64(n)
	t.tell(at, len(t.buf)-n)
	if t.l.forget && t.parser.HeadDone() {
		t.forget()
		return
	}
	t.items += lineEnds(t.buf[len(t.buf)-n:])
}

// lineEnds counts what may end a line.
func lineEnds(b []byte) int {
	return bytes.Count(b, []byte{'\n'}) + bytes.Count(b, []byte{'\r'})
}

// forget drops the bytes that were passed on.
func (t *tape) forget() {
	n := t.parser.Forget()
	t.buf = t.buf[:copy(t.buf, t.buf[n:])]
	t.marks = append(t.marks[:0], tapeMark{0, t.lastAt()})
	t.told = 0
}

// tell passes body bytes behind raw offset from to the tap.
func (t *tape) tell(at time.Duration, from int) {
	if t.l.Tap == nil {
		return
	}
	body := t.parser.Message().Body
	for ; t.told < len(body); t.told++ {
		e := body[t.told]
		if lo := max(e.Lo, from); lo < e.Hi {
			t.l.Tap(Progress{Exchange: t.live, At: at, Body: t.buf[lo:e.Hi]})
		}
		if t.told == len(body)-1 { // the last one may still grow
			return
		}
	}
}

// limit reports whether reading on would cost too much, or make no sense.
func (t *tape) limit() (wire.End, bool) {
	note, most := "", t.ask.patience.most(t.l)
	switch {
	case !t.parser.HeadDone() && len(t.buf) > t.l.maxHead():
		note = fmt.Sprintf("head limit of %d bytes", t.l.maxHead())
	case t.l.forget && t.parser.HeadDone() && len(t.buf) > t.l.maxHead(): // else only bytes that say nothing yet are held
		note = fmt.Sprintf("trailer limit of %d bytes", t.l.maxHead())
	case t.total > most:
		note = fmt.Sprintf("byte limit of %d", most)
	case t.items > mostItems(most):
		note = fmt.Sprintf("limit of %d lines", mostItems(most))
	case t.parser.Stuck():
		note = "what came cannot be read as HTTP"
	}
	return wire.End{Kind: wire.HungUp, At: t.lastAt(), Note: note}, note != ""
}

// ended says how the exchange stopped, given the error of the last read.
func (t *tape) ended(ctx context.Context, err error) wire.End {
	now := time.Since(t.sent)
	done := t.parser.Done()
	if t.ln.info != nil {
		t.ln.info.Closed = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		t.ln.info.CloseNotify = errors.Is(err, io.EOF) && !t.ln.bottom.eof
	}
	switch {
	case done:
		return wire.End{Kind: wire.Complete, At: t.doneAt}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return t.left(ctx)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return wire.End{Kind: wire.Reset, At: now, Note: "the connection was reset"}
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return wire.End{Kind: wire.Reset, At: now, Note: err.Error()}
	case t.parser.HeadDone() && t.parser.Message().Framing == wire.Close:
		return wire.End{Kind: wire.Complete, At: now}
	}
	return wire.End{Kind: wire.Truncated, At: now}
}

// left says how we stopped watching.
func (t *tape) left(ctx context.Context) wire.End {
	end := departure(ctx, t.bodyAt > 0, time.Since(t.sent))
	if end.Kind == wire.Silent && t.total > 0 && !t.parser.HeadDone() {
		end.Kind, end.Note = wire.HungUp, "its head had begun and not ended"
	}
	return end
}

// departure says how we stopped watching a stream that was still open.
func departure(ctx context.Context, heard bool, at time.Duration) wire.End {
	end := wire.End{Kind: wire.HungUp, At: at}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		end.Note = wire.TimeSpent
	case ctx.Err() != nil:
		end.Note = wire.Interrupted
	case !heard:
		end.Kind = wire.Silent
	}
	return end
}

// fill puts the tape into the exchange, secrets blanked.
func (t *tape) fill(x *wire.Exchange) {
	if t.l.forget {
		x.Header = t.l.Secrets.header(x.Header)
		return
	}
	if cap(t.buf) > 2*len(t.buf) { // what was read ahead for is not kept: a run holds thousands of answers
		t.buf = bytes.Clone(t.buf)
	}
	t.l.Secrets.Blank(t.buf)
	for i, m := range t.marks {
		hi := len(t.buf)
		if i+1 < len(t.marks) {
			hi = t.marks[i+1].off
		}
		x.Raw = append(x.Raw, wire.Chunk{At: m.at, Data: t.buf[m.off:hi]})
	}
	x.Assemble()
	t.l.Secrets.blankAcross(x.Body) // which aliases the raw bytes
}
