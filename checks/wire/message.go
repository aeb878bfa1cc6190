package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// An Extent is a half-open run of raw bytes.
type Extent struct{ Lo, Hi int }

// A Message is one HTTP/1.x answer taken apart: what lies where in the raw bytes of the connection.
type Message struct {
	Interim  []InterimHead
	Proto    string // "HTTP/1.1"; empty where the bytes are not HTTP
	Status   int
	Reason   string
	Header   Header
	Head     Extent // the final head, blank line included; empty until it is whole
	Framing  Framing
	Length   int64 // Content-Length; -1 if there is none that can be used
	Chunks   []ChunkLine
	Body     []Extent
	Trailer  Header
	End      int // raw offset behind the message, where its own framing ends it; -1 if it did not
	Oddities []Oddity
}

// An InterimHead is the head of a 1xx answer.
type InterimHead struct {
	Status int
	Header Header
	Head   Extent
}

// Odd returns the first oddity of one of the given kinds, or nil.
func (m *Message) Odd(kinds ...OddityKind) *Oddity {
	for i := range m.Oddities {
		for _, k := range kinds {
			if m.Oddities[i].Kind == k {
				return &m.Oddities[i]
			}
		}
	}
	return nil
}

// ParseMessage takes apart the whole answer to a request with the given method. closed says that
// the peer ended the connection, so that what is missing will not come.
func ParseMessage(method string, raw []byte, closed bool) *Message {
	p := NewMessageParser(method)
	p.Advance(raw)
	if closed {
		p.Close()
	}
	return p.Message()
}

// A MessageParser takes an answer apart while it arrives. It never fails: what it cannot read it
// records as an [Oddity] and reads no further.
type MessageParser struct {
	m      Message
	method string
	raw    []byte
	pos    int // everything before is read
	seen   int // no blank line ends before: where to look on for one
	step   func(*MessageParser) bool
	left   int64 // bytes that the current chunk, or the body, still lacks
	stray  bool  // one byte that is no line end follows the chunk; its extent waits for a second one
	closed bool
}

// NewMessageParser returns a parser for the answer to a request with the given method.
func NewMessageParser(method string) *MessageParser {
	return &MessageParser{m: Message{Length: -1, End: -1}, method: method, step: (*MessageParser).head}
}

// Message returns what is known so far.
func (p *MessageParser) Message() *Message { return &p.m }

// Done reports whether the message has ended as its own framing prescribes.
func (p *MessageParser) Done() bool { return p.m.End >= 0 }

// Stuck reports whether the bytes cannot be read any further as HTTP.
func (p *MessageParser) Stuck() bool { return p.step == nil }

// HeadDone reports whether the final head is whole.
func (p *MessageParser) HeadDone() bool { return p.m.Head.Hi > 0 }

// Advance reads on. raw is everything that has arrived so far, what was given before included.
func (p *MessageParser) Advance(raw []byte) {
	p.raw = raw
	for p.step != nil && p.step(p) {
	}
}

// Forget drops what was read, for who follows an endless answer: the next Advance is given what has
// arrived behind the returned offset only. Offsets told before lose their meaning.
func (p *MessageParser) Forget() int {
	n := p.pos
	p.raw, p.pos, p.seen = p.raw[n:], 0, max(0, p.seen-n)
	p.m.Body, p.m.Chunks, p.m.Oddities = nil, nil, nil
	return n
}

// Close says that the peer ended the connection: a body delimited by it is whole now,
// anything else that is unfinished stays so.
func (p *MessageParser) Close() {
	if p.closed {
		return
	}
	p.closed = true
	switch {
	case p.Done() || p.Stuck():
	case !p.HeadDone():
		p.odd(HeadCut, p.pos, len(p.raw), "the connection ended inside the head")
	case p.m.Framing == Close:
		p.m.End = len(p.raw)
	case p.m.Framing == Length:
		p.odd(ShortBody, len(p.raw), len(p.raw), fmt.Sprintf("%d of %d body bytes came", p.m.Length-p.left, p.m.Length))
	case p.stray:
		p.stop(BadChunkEnd, p.pos, len(p.raw), noLineEnd)
	case p.left > 0:
		p.odd(MissingZero, len(p.raw), len(p.raw), fmt.Sprintf("the connection ended inside a chunk, %d bytes short", p.left))
	default:
		p.odd(MissingZero, len(p.raw), len(p.raw), "the connection ended before the zero chunk and its blank line")
	}
}

func (p *MessageParser) odd(k OddityKind, lo, hi int, note string) {
	p.m.Oddities = append(p.m.Oddities, Oddity{k, lo, hi, note})
}

// line returns the next line without its terminator and moves behind it; ok is false where it is not whole yet.
func (p *MessageParser) line() (line []byte, lo int, ok bool) {
	i := bytes.IndexByte(p.raw[p.pos:], '\n')
	if i < 0 {
		return nil, 0, false
	}
	lo = p.pos
	line = p.raw[lo : lo+i]
	p.pos += i + 1
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1], lo, true
	}
	p.odd(BareLF, lo+i, lo+i+1, "a line ends in LF without CR")
	return line, lo, true
}

// head reads one whole head, interim or final, once its blank line is there (RFC 9112, 4 and 5).
func (p *MessageParser) head() bool {
	start := p.pos
	if !p.headWhole() {
		return false
	}
	first, lo, _ := p.line()
	proto, status, reason, ok := statusLine(first)
	if !ok {
		p.odd(BadStatusLine, lo, p.pos, "the first line is not an HTTP status line")
	}
	if proto == "" {
		p.step = nil
		return false
	}
	h := p.fields()
	if status >= 100 && status < 200 && status != 101 {
		p.m.Interim = append(p.m.Interim, InterimHead{status, h, Extent{start, p.pos}})
		return true
	}
	p.m.Proto, p.m.Status, p.m.Reason, p.m.Header = proto, status, reason, h
	p.m.Head = Extent{start, p.pos}
	p.frame()
	return true
}

// headWhole reports whether a blank line has arrived, or a first line that cannot be a status line.
func (p *MessageParser) headWhole() bool {
	if bytes.HasPrefix(p.raw[p.pos:], []byte("HTTP/")) {
		return p.blankLine()
	}
	from := max(p.pos, p.seen)
	if bytes.IndexByte(p.raw[from:], '\n') < 0 {
		p.seen = len(p.raw)
		return false
	}
	return true
}

// blankLine reports whether an empty line has arrived behind the line at pos. It looks at each byte
// about once, in however many pieces they come.
func (p *MessageParser) blankLine() bool {
	for i := max(p.pos, p.seen); ; i++ {
		n := bytes.IndexByte(p.raw[i:], '\n')
		if n < 0 {
			p.seen = len(p.raw)
			return false
		}
		i += n
		switch rest := p.raw[i+1:]; {
		case len(rest) == 0 || len(rest) == 1 && rest[0] == '\r':
			p.seen = i
			return false
		case rest[0] == '\n' || rest[0] == '\r' && rest[1] == '\n':
			p.seen = 0
			return true
		}
	}
}

// statusLine reads HTTP-version SP status-code SP [reason-phrase] (RFC 9112, 4). An empty proto says
// that the line is nothing like it.
func statusLine(l []byte) (proto string, status int, reason string, ok bool) {
	if len(l) < len("HTTP/1.1 200") || !bytes.HasPrefix(l, []byte("HTTP/1.")) || !isDigit(l[7]) || l[8] != ' ' {
		return "", 0, "", false
	}
	for _, c := range l[9:12] {
		if !isDigit(c) {
			return "", 0, "", false
		}
		status = status*10 + int(c-'0')
	}
	proto = string(l[:8])
	if len(l) == 12 || l[12] != ' ' {
		return proto, status, "", false
	}
	return proto, status, string(l[13:]), true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// fields reads field lines up to and including the blank line.
func (p *MessageParser) fields() Header {
	var h Header
	var value []byte // of the last field; it may continue
	for {
		l, lo, ok := p.line()
		folds := ok && len(l) > 0 && (l[0] == ' ' || l[0] == '\t') && len(h) > 0 // obs-fold (RFC 9112, 5.2)
		if !folds && len(h) > 0 {
			h[len(h)-1].Value = string(trimOWS(value))
		}
		switch {
		case !ok || len(l) == 0:
			return h
		case folds:
			p.odd(FoldedLine, lo, p.pos, fmt.Sprintf("the field %.60s continues on the next line", h[len(h)-1].Name))
			p.fieldBytes(h[len(h)-1].Name, l, lo)
			value = append(append(value, ' '), trimOWS(l)...)
			continue
		}
		name, v, colon := bytes.Cut(l, []byte(":"))
		if !colon || !IsToken(string(name)) {
			p.odd(BadFieldLine, lo, p.pos, "not a field line: a token, a colon, a value")
		}
		h = append(h, Field{Name: string(bytes.TrimRight(name, " \t"))})
		p.fieldBytes(h[len(h)-1].Name, v, lo)
		value = append(value[:0], trimOWS(v)...)
	}
}

// fieldBytes looks for control characters in the value that the line at lo holds, or goes on with.
func (p *MessageParser) fieldBytes(name string, value []byte, lo int) {
	if i := bytes.IndexFunc(value, isControl); i >= 0 {
		p.odd(BadFieldByte, lo, p.pos, fmt.Sprintf("the value of %.60s holds the control character 0x%02x", name, value[i]))
	}
}

func trimOWS(b []byte) []byte { return bytes.Trim(b, " \t") }

// isControl reports what RFC 9110, 5.5 keeps out of field values: control characters but the tab.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// IsToken reports whether s is a token (RFC 9110, 5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// frame decides how the body ends (RFC 9112, 6.3).
func (p *MessageParser) frame() {
	m := &p.m
	codings := m.Header.Tokens("Transfer-Encoding")
	length, ok := p.contentLength()
	if len(codings) > 0 && m.Header.Has("Content-Length") {
		p.odd(LengthAndCoding, m.Head.Lo, m.Head.Hi, "Content-Length stands next to Transfer-Encoding")
	}
	switch {
	case p.method == "HEAD" || m.Status < 200 || m.Status == 204 || m.Status == 304:
		m.Framing, m.End, p.step = NoBody, p.pos, (*MessageParser).behind
	case len(codings) > 0 && codings[len(codings)-1] == "chunked":
		m.Framing, p.step = Chunked, (*MessageParser).size
	case len(codings) == 0 && ok:
		m.Framing, m.Length, p.left, p.step = Length, length, length, (*MessageParser).sized
	default:
		m.Framing, p.step = Close, (*MessageParser).rest
	}
}

// contentLength returns the one Content-Length; ok is false if there is none or no two are alike.
func (p *MessageParser) contentLength() (n int64, ok bool) {
	n = -1
	for _, t := range p.m.Header.Tokens("Content-Length") {
		v, err := strconv.ParseUint(t, 10, 62)
		if err != nil || n >= 0 && int64(v) != n {
			n = -1
			break
		}
		n = int64(v)
	}
	if n < 0 && p.m.Header.Has("Content-Length") {
		p.odd(ConflictLength, p.m.Head.Lo, p.m.Head.Hi, "Content-Length is not one number")
	}
	return n, n >= 0
}

// take hands up to p.left bytes to the body.
func (p *MessageParser) take() {
	n := int(min(int64(len(p.raw)-p.pos), p.left))
	if n <= 0 {
		return
	}
	p.body(n)
	p.left -= int64(n)
}

// body counts the next n bytes to the body.
func (p *MessageParser) body(n int) {
	if b := p.m.Body; len(b) > 0 && b[len(b)-1].Hi == p.pos {
		b[len(b)-1].Hi += n
	} else {
		p.m.Body = append(b, Extent{p.pos, p.pos + n})
	}
	p.pos += n
}

// sized reads a body of Content-Length bytes.
func (p *MessageParser) sized() bool {
	p.take()
	if p.left > 0 {
		return false
	}
	p.m.End, p.step = p.pos, (*MessageParser).behind
	return true
}

// rest reads a body that ends with the connection.
func (p *MessageParser) rest() bool {
	if n := len(p.raw) - p.pos; n > 0 {
		p.body(n)
	}
	return false
}

// maxChunkLine bounds a chunk's size line: longer ones are refused by common recipients.
const maxChunkLine = 16 << 10

// size reads chunk-size [chunk-ext] CRLF (RFC 9112, 7.1).
func (p *MessageParser) size() bool {
	if end := p.pos + maxChunkLine; len(p.raw) >= end && bytes.IndexByte(p.raw[p.pos:end], '\n') < 0 {
		p.stop(BadChunkSize, p.pos, end, "no chunk size within 16 KiB")
		return false
	}
	l, lo, ok := p.line()
	if !ok {
		return false
	}
	digits, ext, _ := bytes.Cut(l, []byte(";"))
	trimmed := bytes.TrimRight(digits, " \t")
	n, err := strconv.ParseUint(string(trimmed), 16, 60)
	if err != nil || len(trimmed) == 0 || trimmed[0] == '+' || trimmed[0] == '_' {
		p.stop(BadChunkSize, lo, p.pos, fmt.Sprintf("%.40q is not a chunk size", l))
		return false
	}
	if len(trimmed) < len(digits) && len(ext) == 0 {
		p.odd(BadChunkSize, lo, p.pos, "white space behind the chunk size")
	}
	p.m.Chunks = append(p.m.Chunks, ChunkLine{lo, p.pos, int64(n), string(ext)})
	p.left = int64(n)
	if n == 0 {
		p.step = (*MessageParser).trailer
	} else {
		p.step = (*MessageParser).chunk
	}
	return true
}

const noLineEnd = "chunk data is not followed by a line end"

// chunk reads a chunk's data and the line end behind it.
func (p *MessageParser) chunk() bool {
	p.take()
	rest := p.raw[p.pos:]
	rest = rest[:min(len(rest), 2)]
	switch {
	case p.left > 0 || len(rest) == 0 || rest[0] == '\r' && len(rest) == 1:
		return false
	case rest[0] == '\n':
		p.odd(BareLF, p.pos, p.pos+1, "chunk data is followed by LF without CR")
		p.pos++
	case string(rest) == "\r\n":
		p.pos += 2
	case len(rest) == 1:
		p.stray = true
		return false
	default:
		p.stop(BadChunkEnd, p.pos, p.pos+2, noLineEnd)
		return false
	}
	p.step = (*MessageParser).size
	return true
}

// trailer reads the trailer section up to its blank line (RFC 9112, 7.1.2).
func (p *MessageParser) trailer() bool {
	rest := p.raw[p.pos:]
	none := bytes.HasPrefix(rest, []byte("\r\n")) || bytes.HasPrefix(rest, []byte("\n"))
	if !none && !p.blankLine() {
		return false
	}
	p.m.Trailer = p.fields()
	p.m.End, p.step = p.pos, (*MessageParser).behind
	return true
}

// behind looks at bytes that follow the message.
func (p *MessageParser) behind() bool {
	if p.pos == len(p.raw) {
		return false
	}
	kind, note := BodyAfterEnd, "bytes follow the end of the message"
	if p.m.Framing == NoBody {
		kind, note = NoBodyHasBytes, "bytes follow the head of an answer that has no body"
	}
	if n := len(p.m.Oddities); n > 0 && p.m.Oddities[n-1].Kind == kind {
		p.m.Oddities[n-1].Hi = len(p.raw)
	} else {
		p.odd(kind, p.pos, len(p.raw), note)
	}
	p.pos = len(p.raw)
	return false
}

func (p *MessageParser) stop(k OddityKind, lo, hi int, note string) {
	p.odd(k, lo, hi, note)
	p.step = nil
}

// Assemble fills in all that the raw bytes of an HTTP/1.x exchange say: version, status, fields, body
// and trailer, each with its moment. Raw, End and the request must be set.
func (x *Exchange) Assemble() {
	raw := NewText(x.Raw)
	m := ParseMessage(x.Request.Method, raw.Bytes, x.End.Kind.closed())
	x.Proto, x.Status, x.Header, x.Trailer = m.Proto, m.Status, m.Header, m.Trailer
	x.Interim, x.Body, x.HeadAt = nil, nil, 0
	for _, i := range m.Interim {
		x.Interim = append(x.Interim, Interim{i.Status, i.Header, raw.When(i.Head.Hi - 1)})
	}
	if m.Head.Hi > 0 {
		x.HeadAt = raw.When(m.Head.Hi - 1)
	}
	x.Body = raw.slice(m.Body)
}

// slice returns the given ranges as chunks, divided where the reads were.
func (t Text) slice(ranges []Extent) []Chunk {
	var out []Chunk
	i := 0
	for _, r := range ranges {
		for lo := r.Lo; lo < r.Hi; {
			for i+1 < len(t.marks) && t.marks[i+1].off <= lo {
				i++
			}
			hi := r.Hi
			if i+1 < len(t.marks) {
				hi = min(hi, t.marks[i+1].off)
			}
			out = append(out, Chunk{t.marks[i].at, t.Bytes[lo:hi]})
			lo = hi
		}
	}
	return out
}

// Message takes the raw bytes of the exchange apart, or returns nil where there are none.
func (x *Exchange) Message() *Message {
	if len(x.Raw) == 0 {
		return nil
	}
	return ParseMessage(x.Request.Method, x.RawBytes(), x.End.Kind.closed())
}
