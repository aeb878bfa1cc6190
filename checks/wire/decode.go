package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Why a content coding could not be removed, or not to the end.
var (
	ErrUnknownCoding = errors.New("unknown content coding")
	ErrCodedCut      = errors.New("the body stops inside its content coding") // all that could be decoded was
	ErrDecodedLimit  = errors.New("the decoded body is larger than we accept")
)

// A CodingError says that the bytes are not what Content-Encoding says they are.
type CodingError struct {
	Coding string
	Off    int // of the byte of the coded body that showed it; of several codings, for all but the last, of the last byte read
	Err    error
}

func (e *CodingError) Error() string {
	return fmt.Sprintf("not %s at byte %d of the coded body: %v", e.Coding, e.Off, e.Err)
}

// Unwrap returns what the decoder said.
func (e *CodingError) Unwrap() error { return e.Err }

// What a decoded body may hold. A body that is not coded has no such limits: there one byte
// from the wire is one byte here, and the recorder bounds those.
const (
	// A few kB of any coding can stand for gigabytes. Event streams that are flushed event by
	// event shrink two to eight times; the base lets short ones shrink more. What counts is the
	// coded size so far, so that a live reader has the same limit as a stored recording. It holds for
	// each coding of several.
	decodedBase  = 4 << 20
	decodedRatio = 4
	// Readers keep some 100 bytes for each line, so 16 MiB of line ends would take gigabytes.
	maxDecodedLines = 1 << 19
	// Each coding holds a window of up to 16 MiB. curl allows five too; nobody has use for three.
	maxCodings = 5
	// Browsers refuse a larger zstd window (RFC 8878, 3.1.1.1.2 recommends it, RFC 9659 demands it).
	zstdWindow = 8 << 20
)

func maxDecoded(coded int) int { return decodedBase + decodedRatio*coded }

// LooksCoded returns the coding whose magic number a body starts with: "gzip" (RFC 1952, 2.3.1),
// "zstd" (RFC 8878, 3.1.1) or "". The others have none.
func LooksCoded(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte(gzipMagic)):
		return "gzip"
	case bytes.HasPrefix(body, []byte(zstdMagic)):
		return "zstd"
	}
	return ""
}

// Codings returns the content codings of the body in the order in which they were applied, in
// lower case, without identity and with the old name of gzip made new (RFC 9110, 8.4).
func (x *Exchange) Codings() []string {
	var out []string
	for _, c := range x.Header.Tokens("Content-Encoding") {
		switch c {
		case "identity":
		case "x-gzip":
			out = append(out, "gzip")
		default:
			out = append(out, c)
		}
	}
	return out
}

// Decoded returns the body without its content codings. Each byte counts as arrived when the
// last coded byte it takes had arrived, and nothing is held back: what the first k chunks
// decide is there with the moment of chunk k at the latest.
//
// On an error the text holds what could be decoded; for an unknown coding, the coded bytes.
// A body without codings is returned as it came.
func (x *Exchange) Decoded() (Text, error) {
	codings := x.Codings()
	if len(codings) == 0 {
		return NewText(x.Body), nil
	}
	src := &chunkReader{chunks: x.Body}
	r, err := NewDecoder(codings, src)
	if err != nil {
		return NewText(x.Body), err
	}
	return src.text(r)
}

// A chunkReader hands out one chunk at a time.
type chunkReader struct {
	chunks []Chunk
	next   int // index of the chunk that comes next
	rest   []byte
}

func (c *chunkReader) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.next == len(c.chunks) {
			return 0, io.EOF
		}
		c.rest = c.chunks[c.next].Data
		c.next++
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// text reads a decoder over c to the end. A decoder reads on only when it has nothing left to
// give, so what it gives was brought by the chunk handed out last.
func (c *chunkReader) text(r io.Reader) (Text, error) {
	var t Text
	buf := make([]byte, 16<<10)
	from := 0
	for {
		n, err := r.Read(buf)
		if n > 0 && c.next != from {
			from = c.next
			t.marks = append(t.marks, mark{len(t.Bytes), c.chunks[from-1].At})
		}
		t.Bytes = append(t.Bytes, buf[:n]...)
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return t, err
		}
	}
}

// NewDecoder returns a reader of what r holds without its content codings, named as
// [Exchange.Codings] names them. It suits live connections: it reads from r only when all that
// could be decoded was given out, and takes what one Read of r returns, so it never waits while
// it could answer. It needs no closing.
//
// It fails with [ErrUnknownCoding]. Reading ends with io.EOF where the coding ends properly or
// the body is empty, else with [ErrCodedCut], a [*CodingError], [ErrDecodedLimit], or what r failed with.
func NewDecoder(codings []string, r io.Reader) (io.Reader, error) {
	if len(codings) == 0 {
		return r, nil
	}
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("%w: %d content codings", ErrDecodedLimit, len(codings))
	}
	var body *input
	for _, coding := range slices.Backward(codings) {
		in := &input{r: r}
		if body == nil {
			body = in
		}
		d, err := newCoding(coding, in)
		if err != nil {
			return nil, err
		}
		r = &layer{coding: coding, in: in, body: body, r: d}
	}
	return &lineLimit{r: r}, nil
}

func newCoding(coding string, in *input) (io.Reader, error) {
	switch coding {
	case "gzip":
		d := newFlate(in)
		d.head, d.tail = d.gzipHead, d.gzipTail
		return d, nil
	case "deflate":
		d := newFlate(in)
		d.head = d.zlibHead
		return d, nil
	case "br":
		return newBrotli(in), nil
	case "zstd":
		return newZstd(in)
	}
	return nil, fmt.Errorf("%w %q", ErrUnknownCoding, coding)
}

// An input gives a decoder the bytes it asks for, never one more.
type input struct {
	r     io.Reader
	buf   []byte
	rest  []byte // read and not yet given
	off   int    // how many bytes were given
	err   error  // what r failed with
	ended error  // err, once the decoder asked for more
}

func (in *input) ReadByte() (byte, error) {
	for len(in.rest) == 0 {
		if in.err != nil {
			in.ended = in.err
			return 0, in.err
		}
		if in.buf == nil {
			in.buf = make([]byte, 4<<10)
		}
		var n int
		n, in.err = in.r.Read(in.buf)
		in.rest = in.buf[:n]
	}
	b := in.rest[0]
	in.rest = in.rest[1:]
	in.off++
	return b, nil
}

// full reads all of p; there, the end of the input is not expected.
func (in *input) full(p []byte) error {
	for i := range p {
		b, err := in.ReadByte()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		p[i] = b
	}
	return nil
}

var (
	errHead   = errors.New("wrong header")
	errDict   = errors.New("a preset dictionary is asked for")
	errSum    = errors.New("wrong checksum")
	errBehind = errors.New("more bytes behind the end")
)

// A layer removes one coding, bounds what comes out, and says what an error means.
type layer struct {
	coding string
	in     *input
	body   *input // of the outermost coding
	r      io.Reader
	given  int
	err    error
}

func (l *layer) Read(p []byte) (int, error) {
	if l.err != nil || len(p) == 0 {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	if room := maxDecoded(l.body.off) - l.given; n > room {
		n, l.err = room, ErrDecodedLimit
	} else if err != nil {
		l.err = l.meaning(err)
	}
	l.given += n
	return n, l.err
}

func (l *layer) meaning(err error) error {
	switch {
	case l.in.ended == nil:
		return &CodingError{l.coding, max(l.body.off-1, 0), err}
	case l.in.ended != io.EOF:
		return l.in.ended
	case err == io.EOF || l.in.off == 0:
		return io.EOF
	}
	return ErrCodedCut
}

// A lineLimit ends the text behind the last line we accept.
type lineLimit struct {
	r     io.Reader
	lines int
	cr    bool // the last byte was CR, so LF ends no further line
}

func (l *lineLimit) Read(p []byte) (int, error) {
	if l.lines > maxDecodedLines {
		return 0, ErrDecodedLimit
	}
	n, err := l.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' || b == '\n' && !l.cr {
			if l.lines++; l.lines > maxDecodedLines {
				return i, ErrDecodedLimit
			}
		}
		l.cr = b == '\r'
	}
	return n, err
}
