package wire

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Encode writes a bundle as text: one line for each thing that was asked or observed, bytes in Go's
// quoted form. The text is lossless, diffs well and can be written by hand:
//
//	scene control
//	> GET /stream HTTP/1.1
//	> accept: text/event-stream
//	< HTTP/1.1 200
//	< content-type: text/event-stream
//	+12ms "id: 1\ndata: a\n\n"
//	end complete +20ms
//
// An exchange that holds the connection's own bytes is written as those bytes alone; the rest is read
// out of them again.
func Encode(w io.Writer, b *Bundle) error {
	e := &recWriter{w: bufio.NewWriterSize(w, 1<<16)}
	e.bundle(b)
	return e.w.Flush()
}

type recWriter struct {
	w   *bufio.Writer
	buf []byte
}

// line writes words with a space between; those that would not survive as they are become quoted.
func (e *recWriter) line(words ...string) {
	for i, s := range words {
		if i > 0 {
			e.w.WriteByte(' ')
		}
		e.w.WriteString(s)
	}
	e.w.WriteByte('\n')
}

// bytes writes a line that ends in quoted bytes.
func (e *recWriter) bytes(prefix string, b []byte) {
	e.w.WriteString(prefix)
	e.buf = strconv.AppendQuote(e.buf[:0], string(b))
	e.w.Write(e.buf)
	e.w.WriteByte('\n')
}

func (e *recWriter) bundle(b *Bundle) {
	e.line("rec", "1")
	for _, w := range b.Wants {
		e.line(w)
	}
	opt := func(key, value string) {
		if value != "" {
			e.line(key, word(value))
		}
	}
	opt("command", b.Command)
	if t := b.Target; t.Method != "" || t.URL != "" || t.Proto != "" || len(t.Header) > 0 || len(t.Body) > 0 {
		e.request("target", b.Target)
	}
	opt("name", b.Name)
	opt("profile", b.Profile)
	for _, p := range b.Promises {
		e.line("promise", word(p))
	}
	opt("origin", b.Origin)
	if b.Include {
		e.line("credentials", "include")
	}
	opt("sequence", b.Sequence)
	opt("clock", b.Clock)
	if b.Heartbeat != 0 {
		e.line("heartbeat", b.Heartbeat.String())
	}
	for _, l := range b.Limits.named() {
		if *l.value != 0 {
			e.line("limit", l.name, l.value.String())
		}
	}
	if !b.Began.IsZero() {
		e.line("began", b.Began.UTC().Format(time.RFC3339Nano))
	}
	if b.Duration != 0 {
		e.line("duration", b.Duration.String())
	}
	if b.Requests != 0 {
		e.line("requests", strconv.Itoa(b.Requests))
	}
	if b.Seed != 0 {
		e.line("seed", strconv.FormatInt(b.Seed, 10))
	}
	for _, h := range b.Hops {
		e.line("hop", word(h.Name), word(h.URL))
	}
	opt("depth", b.Depth)
	if b.Noise != nil {
		e.line("noise", b.Noise.P50.String(), b.Noise.P99.String())
		for _, p := range b.Noise.Pauses {
			e.line("pause", p.From.String(), p.To.String())
		}
	}
	for _, g := range b.Gaps {
		e.line(gapKey(g.Moot), word(string(g.Scene)), strconv.Quote(g.Reason))
	}
	for _, r := range b.Recordings {
		e.line("")
		e.line("scene", word(string(r.Scene)))
		e.trial(r.Trial)
		for i, x := range r.Exchanges {
			if i > 0 {
				e.line("")
			}
			e.exchange(x)
		}
	}
}

func (e *recWriter) trial(t *Trial) {
	if t == nil {
		return
	}
	e.line("trial", word(t.Name), word(t.Schedule), word(t.Resume), word(string(t.Mode)))
	if t.Demanded {
		e.line("demanded")
	}
	if t.Gap != "" {
		e.line(gapKey(t.Moot), strconv.Quote(t.Gap))
	}
}

// gapKey tells what was not recorded from what does not concern the endpoint.
func gapKey(moot bool) string {
	if moot {
		return "moot"
	}
	return "gap"
}

func (e *recWriter) request(mark string, r Request) {
	words := []string{mark, word(r.Method), word(r.URL)}
	if r.Proto != "" {
		words = append(words, word(r.Proto))
	}
	e.line(words...)
	e.header(mark, r.Header)
	if len(r.Body) > 0 {
		e.bytes(mark+"= ", r.Body)
	}
}

// header writes fields as "mark name: value".
func (e *recWriter) header(mark string, h Header) {
	for _, f := range h {
		e.line(mark, name(f.Name)+":", value(f.Value))
	}
}

func (e *recWriter) exchange(x *Exchange) {
	e.request(">", x.Request)
	if !x.Began.IsZero() {
		e.line("began", x.Began.UTC().Format(time.RFC3339Nano))
	}
	if x.Address != "" || x.Dial != 0 {
		e.line("peer", word(x.Address), x.Dial.String())
	}
	if t := x.TLS; t != nil {
		e.line("tls", word(t.Version), word(t.ALPN), t.closing())
	}
	if len(x.Raw) > 0 {
		for _, c := range x.Raw {
			e.bytes("raw "+moment(c.At)+" ", c.Data)
		}
	} else {
		e.answer(x)
	}
	for _, f := range x.Frames {
		e.frame(f)
	}
	if f := x.Fault; f != nil {
		words := []string{"fault", word(string(f.Kind)), word(f.Aim), strconv.Itoa(f.Landed)}
		if f.Seen != "" {
			words = append(words, word(f.Seen))
		}
		e.line(words...)
	}
	if x.Case != "" {
		e.line("case", strings.TrimSpace(string(x.Case)))
	}
	for _, h := range x.Hits {
		e.hit(h)
	}
	if x.Cursor != "" {
		e.line("cursor", word(x.Cursor))
	}
	if x.Role != "" {
		e.line("role", word(string(x.Role)))
	}
	end := []string{"end", x.End.Kind.String(), moment(x.End.At)}
	if x.End.Note != "" {
		end = append(end, strconv.Quote(x.End.Note))
	}
	e.line(end...)
}

// hit writes one request as our own origin saw it, and what it sent.
func (e *recWriter) hit(h *Hit) {
	r := h.Request
	e.line("hit", moment(h.At), word(r.Method), word(r.URL), word(r.Proto))
	e.header("hit>", r.Header)
	for _, c := range h.Upload {
		e.bytes("upload "+moment(c.At)+" ", c.Data)
	}
	if h.HeadAt != 0 || h.Status != 0 {
		e.line("sent-head", strconv.Itoa(h.Status), moment(h.HeadAt))
	}
	e.header("sent>", h.Header)
	for _, c := range h.Sent {
		e.bytes("sent "+moment(c.At)+" ", c.Data)
	}
	if h.Written != 0 {
		e.line("written", strconv.FormatInt(h.Written, 10))
	}
	if h.End != "" {
		e.line("hit-end", word(string(h.End)), moment(h.EndAt))
	}
}

// How the peer closed the session, in one word.
const (
	tlsOpen     = "open"
	tlsNotified = "close-notify"
	tlsCut      = "no-close-notify"
)

var closings = []string{tlsOpen, tlsNotified, tlsCut}

func (t *TLS) closing() string {
	switch {
	case !t.Closed:
		return tlsOpen
	case t.CloseNotify:
		return tlsNotified
	}
	return tlsCut
}

// answer writes what came back as it was read, for exchanges without raw bytes.
func (e *recWriter) answer(x *Exchange) {
	for _, i := range x.Interim {
		e.line("interim", strconv.Itoa(i.Status), moment(i.At))
		e.header("interim", i.Header)
	}
	if x.Proto != "" || x.Status != 0 || len(x.Header) > 0 {
		e.line("<", word(x.Proto), strconv.Itoa(x.Status))
	}
	e.header("<", x.Header)
	if x.HeadAt != 0 {
		e.line("head", moment(x.HeadAt))
	}
	for _, c := range x.Body {
		e.bytes(moment(c.At)+" ", c.Data)
	}
	e.header("trailer", x.Trailer)
}

func (e *recWriter) frame(f Frame) {
	words := []string{"frame", moment(f.At), word(f.Type),
		fmt.Sprintf("stream=%d", f.Stream), fmt.Sprintf("flags=%#x", f.Flags), fmt.Sprintf("length=%d", f.Length)}
	number := func(key string, n uint32) {
		if n != 0 {
			words = append(words, fmt.Sprintf("%s=%d", key, n))
		}
	}
	number("code", f.Code)
	number("last", f.Last)
	number("increment", f.Increment)
	for _, s := range f.Settings {
		words = append(words, fmt.Sprintf("%d:%d", s.ID, s.Value))
	}
	e.line(words...)
}

// moment returns a duration with its sign: bytes may come before the request's last one was written.
func moment(d time.Duration) string {
	if d < 0 {
		return d.String()
	}
	return "+" + d.String()
}

// word returns s, quoted where it would not be read back as one word.
func word(s string) string {
	if s == "" || strings.ContainsAny(s, " \"") || !plain(s) {
		return strconv.Quote(s)
	}
	return s
}

// name returns a field name, quoted where it could not be told from what follows.
func name(s string) string {
	if s == "" || strings.ContainsAny(s, " \":") || !plain(s) {
		return strconv.Quote(s)
	}
	return s
}

// value returns a field value, quoted where it would not survive as the rest of a line.
func value(s string) string {
	if strings.Trim(s, " \t") != s || strings.HasPrefix(s, `"`) || !plain(s) {
		return strconv.Quote(s)
	}
	return s
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
