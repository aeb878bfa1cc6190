package chaos

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/ssespec/ssespec/checks/wire"
)

// A carrier takes the bytes of a connection as they come from the server, finds a place in them, and hands
// them on in a form that may be cut there.
type carrier interface {
	// carry returns what is to be delivered up to the place, and whether the place was reached; then also
	// what is behind it. After that no place is looked for.
	carry(b []byte) (before []byte, reached bool, behind []byte)
	// end reports whether the place is where the server ends the connection, which it has.
	end() bool
	// repeat returns the event that ends at the place as it can be delivered there once more, or nil.
	repeat() []byte
	// place returns where in the body the place was: its offset, and how many events are before it.
	place() (offset, events int)
}

// newCarrier returns a carrier for what speaks the given protocol. repeats says that repeat will be asked.
func newCarrier(spot Spot, protocol string, repeats bool) carrier {
	s := sight{spot: spot, repeats: repeats}
	switch protocol {
	case "HTTP/2.0":
		return newCarrier2(s)
	case "TLS":
		return &carrier0{sight: s}
	}
	return &carrier1{sight: s}
}

// carrier0 carries what it does not understand: the only places are numbers of bytes.
type carrier0 struct{ sight }

func (c *carrier0) end() bool      { return false }
func (c *carrier0) repeat() []byte { return nil }

func (c *carrier0) carry(b []byte) (before []byte, reached bool, behind []byte) {
	left := c.spot.N - c.body
	if c.found || left > len(b) {
		c.body += len(b)
		return b, false, nil
	}
	c.body = c.spot.N
	c.mark()
	return b[:left], true, b[left:]
}

// carrier1 follows the framing of an HTTP/1.x answer (RFC 9112, 6 and 7).
type carrier1 struct {
	sight
	state state1
	head  []byte
	left  int64 // body bytes until the chunk or the message ends; -1 for an unknown number
	size  []byte
	chunk bool // the message is chunked
}

type state1 uint8

const (
	inHead state1 = iota
	inSize
	inBody
	afterChunk // the line end behind a chunk
	inTrailer
	unread // what comes now is not looked at
)

func (c *carrier1) end() bool {
	ends := !c.found && c.spot.Where == BeforeEnd && c.state == inBody && c.left < 0
	if ends {
		c.mark()
	}
	return ends
}

func (c *carrier1) carry(b []byte) (before []byte, reached bool, behind []byte) {
	for i := range b {
		next := -1
		if i+1 < len(b) {
			next = int(b[i+1])
		}
		switch where := c.step(b[i], next); {
		case c.found || where == nowhere:
		case where == rightBefore:
			c.mark()
			return b[:i], true, b[i:]
		default:
			c.mark()
			return b[:i+1], true, b[i+1:]
		}
	}
	return b, false, nil
}

// A relation is where the place is, seen from a byte.
type relation uint8

const (
	nowhere relation = iota
	rightBefore
	rightBehind
)

func behindIf(reached bool) relation {
	if reached {
		return rightBehind
	}
	return nowhere
}

func (c *carrier1) step(b byte, next int) relation {
	switch c.state {
	case inHead:
		return c.inHead(b)
	case inSize:
		return c.inSize(b)
	case inBody:
		if !c.found && c.before(b) {
			return rightBefore
		}
		return behindIf(c.inBody(b, next))
	case afterChunk:
		if b == '\n' {
			c.state = inSize
		}
	}
	return nowhere
}

func (c *carrier1) inHead(b byte) relation {
	c.head = append(c.head, b)
	switch {
	case len(c.head) == 1 && c.spot.Where == BeforeHead:
		return rightBefore
	case len(c.head) > defaultHead:
		c.state = unread
	case bytes.HasSuffix(c.head, []byte("\r\n\r\n")):
		return behindIf(c.endHead())
	}
	return nowhere
}

// endHead learns from the head how the body is framed.
func (c *carrier1) endHead() bool {
	lines := strings.Split(string(c.head), "\r\n")
	c.head = c.head[:0]
	_, status, _ := strings.Cut(lines[0], " ")
	if strings.HasPrefix(status, "1") && !strings.HasPrefix(status, "101") {
		return false // the final head is still to come
	}
	if !strings.HasPrefix(status, "200") {
		c.state = unread
		return false
	}
	c.state, c.left = inBody, -1
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.EqualFold(name, "Transfer-Encoding") && strings.HasSuffix(strings.ToLower(value), "chunked"):
			c.state, c.chunk = inSize, true
		case strings.EqualFold(name, "Content-Length") && !c.chunk:
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				c.left = n
			}
		}
	}
	return c.start()
}

// inSize takes a byte of the line that begins a chunk. Whether that is the last chunk is only known behind
// its zeros, of which there may be several; the message has not ended there yet.
func (c *carrier1) inSize(b byte) relation {
	zeros := len(bytes.TrimLeft(c.size, "0")) == 0 // so far
	c.size = append(c.size, b)
	switch digit := !strings.ContainsRune("; \t\r\n", rune(b)); {
	case zeros && digit && b != '0':
		return behindIf(c.spot.Where == InsideChunkSize && c.due())
	case zeros && !digit && len(c.size) > 1:
		c.state = inTrailer
		if c.spot.Where == BeforeEnd {
			return rightBefore
		}
	case b == '\n':
		c.endSize()
	}
	return nowhere
}

// endSize learns how long the chunk is.
func (c *carrier1) endSize() {
	digits, _, _ := bytes.Cut(bytes.TrimRight(c.size, "\r\n"), []byte(";"))
	n, err := strconv.ParseInt(strings.TrimSpace(string(digits)), 16, 64)
	c.size = c.size[:0]
	if c.state, c.left = inBody, n; err != nil || n <= 0 {
		c.state = unread
	}
}

func (c *carrier1) inBody(b byte, next int) bool {
	if c.left == 1 {
		next = -1 // of the framing: the next chunk may begin with the LF of this CR
	}
	reached := c.take(b, next)
	if c.left > 0 {
		c.left--
	}
	if c.left == 0 {
		c.state = unread
		if c.chunk {
			c.state = afterChunk
		}
	}
	return reached
}

// repeat makes a chunk of the event: the line end that belongs behind the chunk before ends it too.
// Inside a chunk, or where the length of the body was announced, nothing can be put in.
func (c *carrier1) repeat() []byte {
	switch {
	case len(c.twice) == 0 || !c.chunk && c.left >= 0:
		return nil
	case !c.chunk:
		return c.twice
	case c.state != afterChunk:
		return nil
	}
	return append(fmt.Appendf(nil, "\r\n%x\r\n", len(c.twice)), c.twice...)
}

// carrier2 follows the frames of an HTTP/2 connection with one stream (RFC 9113, 4.1). It writes the DATA
// frames anew, so that a cut inside one leaves a whole frame of what was delivered.
type carrier2 struct {
	sight
	head   [frameHead]byte
	have   int     // bytes of head that came
	left   int     // bytes of its payload still to come
	frame  []byte  // one that is looked at as a whole, so far
	headed bool    // the answer's final head went by
	stream [4]byte // the answer's
	before []byte
	behind []byte

	hdec    *hpack.Decoder
	interim bool // the head that was decoded last is not the final one
}

func newCarrier2(s sight) *carrier2 {
	c := &carrier2{sight: s}
	c.hdec = hpack.NewDecoder(4096, func(f hpack.HeaderField) { // 4,096 is what we let the target have (RFC 9113, 6.5.2)
		if f.Name == ":status" {
			c.interim = strings.HasPrefix(f.Value, "1")
		}
	})
	c.hdec.SetMaxStringLength(defaultHead)
	return c
}

func (c *carrier2) end() bool { return false }

func (c *carrier2) carry(b []byte) (before []byte, reached bool, behind []byte) {
	was := c.found
	c.before, c.behind = nil, nil
	for len(b) > 0 {
		if c.have < frameHead {
			n := copy(c.head[c.have:], b)
			c.have += n
			b = b[n:]
			if c.have < frameHead {
				break
			}
			c.left = int(c.head[0])<<16 | int(c.head[1])<<8 | int(c.head[2])
		}
		n := min(c.left, len(b))
		if c.isData() {
			c.payload(b[:n])
		} else {
			c.other(b[:n])
		}
		if b = b[n:]; c.left == 0 {
			c.have = 0
		}
	}
	if was {
		return c.behind, false, nil
	}
	return c.before, c.found, c.behind
}

// put hands on what is before the place, or behind it once that was reached.
func (c *carrier2) put(b ...byte) {
	if c.found {
		c.behind = append(c.behind, b...)
	} else {
		c.before = append(c.before, b...)
	}
}

// isData reports whether the frame holds bytes of a body and nothing else.
func (c *carrier2) isData() bool {
	return http2.FrameType(c.head[3]) == http2.FrameData && c.head[4]&byte(http2.FlagDataPadded) == 0
}

// ends reports whether the frame ends its stream.
func (c *carrier2) ends() bool { return c.head[4]&wire.EndStream != 0 }

// payload takes bytes of a DATA frame.
func (c *carrier2) payload(b []byte) {
	c.left -= len(b)
	last := c.left == 0 && c.ends()
	lo := 0
	for i := range b {
		next := -1
		if i+1 < len(b) {
			next = int(b[i+1])
		}
		if !c.found && c.sight.before(b[i]) {
			c.data(b[lo:i], false)
			lo = i
			c.mark()
		}
		if c.take(b[i], next) && !c.found {
			c.data(b[lo:i+1], false)
			lo = i + 1
			c.mark()
		}
	}
	if last && !c.found && c.spot.Where == BeforeEnd {
		c.data(b[lo:], false)
		lo = len(b)
		c.mark()
	}
	c.data(b[lo:], last)
}

// data writes a DATA frame, unless it would say nothing.
func (c *carrier2) data(b []byte, last bool) {
	if len(b) == 0 && !last {
		return
	}
	c.put(dataFrame(c.head[5:], b, last)...)
}

func dataFrame(stream, b []byte, last bool) []byte {
	flags := byte(0)
	if last {
		flags = wire.EndStream
	}
	f := []byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b)), byte(http2.FrameData), flags}
	return append(append(f, stream...), b...)
}

// reach marks the place if it is here.
func (c *carrier2) reach(here bool) {
	if here && !c.found {
		c.mark()
	}
}

// other takes bytes of a frame that is looked at as a whole.
func (c *carrier2) other(b []byte) {
	c.left -= len(b)
	if c.frame = append(c.frame, b...); c.left > 0 {
		return
	}
	frame := c.frame
	c.frame = c.frame[:0]
	switch http2.FrameType(c.head[3]) {
	case http2.FrameData:
		if c.padded(frame) {
			return
		}
	case http2.FrameHeaders:
		copy(c.stream[:], c.head[5:])
		c.reach(!c.headed && c.spot.Where == BeforeHead || c.headed && c.ends() && c.spot.Where == BeforeEnd)
	}
	c.put(c.head[:]...)
	c.put(frame...)
	if !c.headed && c.endsHead(frame) {
		c.headed = true
		c.reach(c.start())
	}
}

// padded takes a DATA frame with padding, unless that is longer than the frame. The padding is handed on
// in a frame of its own: it counts against the target's windows, which the reader opens for what it has
// got (RFC 9113, 6.9.1).
func (c *carrier2) padded(frame []byte) bool {
	if len(frame) == 0 || int(frame[0]) >= len(frame) {
		return false
	}
	n := len(frame) - int(frame[0])
	padding := dataFrame(c.head[5:], slices.Concat(frame[:1], frame[n:]), false)
	padding[4] = byte(http2.FlagDataPadded)
	c.put(padding...)
	c.left = n - 1
	c.payload(frame[1:n])
	return true
}

// endsHead reports whether the final head ends with the frame: interim ones may come before it (RFC 9113,
// 8.1), and each may take several frames.
func (c *carrier2) endsHead(frame []byte) bool {
	fr := http2.NewFramer(nil, bytes.NewReader(slices.Concat(c.head[:], frame)))
	fr.AllowIllegalReads = true // it has not seen the frames before
	read, err := fr.ReadFrame()
	if err != nil {
		return false
	}
	switch f := read.(type) {
	case *http2.HeadersFrame:
		c.interim = false
		c.hdec.Write(f.HeaderBlockFragment()) // what cannot be decoded is for the reader to say
		return f.HeadersEnded() && c.endsBlock()
	case *http2.ContinuationFrame:
		c.hdec.Write(f.HeaderBlockFragment())
		return f.HeadersEnded() && c.endsBlock()
	}
	return false
}

// endsBlock ends a block of fields, and reports whether it was the final head.
func (c *carrier2) endsBlock() bool {
	c.hdec.Close()
	return !c.interim
}

// repeat makes a DATA frame of the event; a place is never inside another frame.
func (c *carrier2) repeat() []byte {
	if len(c.twice) == 0 {
		return nil
	}
	return dataFrame(c.stream[:], c.twice, false)
}

// nextBody returns where in whole frames the first byte of a body is, or -1.
func nextBody(frames []byte) int {
	for at := 0; at+frameHead <= len(frames); {
		n := int(frames[at])<<16 | int(frames[at+1])<<8 | int(frames[at+2])
		data, padded := http2.FrameType(frames[at+3]) == http2.FrameData, frames[at+4]&byte(http2.FlagDataPadded) != 0
		if at += frameHead; data && !padded && n > 0 {
			return at
		}
		at += n
	}
	return -1
}

// resetStream returns the frame that ends the answer's stream with an error (RFC 9113, 6.4).
func (c *carrier2) resetStream() []byte {
	f := append([]byte{0, 0, 4, byte(http2.FrameRSTStream), 0}, c.stream[:]...)
	return binary.BigEndian.AppendUint32(f, uint32(http2.ErrCodeInternal))
}

// goAway returns the frame that announces the end of the connection, the answer's stream included among
// those that were taken up (RFC 9113, 6.8).
func (c *carrier2) goAway() []byte {
	f := []byte{0, 0, 8, byte(http2.FrameGoAway), 0, 0, 0, 0, 0}
	f = append(f, c.stream[:]...)
	return binary.BigEndian.AppendUint32(f, uint32(http2.ErrCodeNo))
}
