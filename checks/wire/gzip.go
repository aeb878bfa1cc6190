package wire

import (
	"encoding/binary"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"io"
)

const gzipMagic = "\x1f\x8b\x08" // and method deflate

// A flateReader reads gzip (RFC 1952), zlib (RFC 1950) or bare DEFLATE.
type flateReader struct {
	in   *input
	z    *inflater
	sum  hash.Hash32 // of what was given out since head
	size uint32      // likewise
	head func() error
	tail func() error
	next func() error
	err  error
}

func newFlate(in *input) *flateReader {
	r := &flateReader{in: in}
	r.next = func() error { return r.head() }
	r.head = func() error { r.begin(crc32.NewIEEE()); return nil }
	r.tail = r.nothing
	return r
}

func (r *flateReader) begin(sum hash.Hash32) {
	r.z, r.sum, r.size = newInflater(), sum, 0
	r.next = r.data
}

// Read gives out what there is before anything else is read or any error told.
func (r *flateReader) Read(p []byte) (int, error) {
	for {
		if r.z != nil && r.z.waiting() > 0 {
			n := r.z.take(p)
			r.sum.Write(p[:n])
			r.size += uint32(n)
			return n, nil
		}
		if r.err != nil {
			return 0, r.err
		}
		r.err = r.next()
	}
}

func (r *flateReader) data() error {
	for {
		switch err := r.z.run(); {
		case err == io.EOF:
			r.next = func() error { return r.tail() }
			return nil
		case err != errStarved:
			return err
		case len(r.in.rest) == 0 && r.z.waiting() > 0:
			return nil
		}
		var b [1]byte
		if err := r.in.full(b[:]); err != nil {
			return err
		}
		r.z.feed(b[0])
	}
}

// nothing ends a format that has one part only.
func (r *flateReader) nothing() error {
	if _, err := r.in.ReadByte(); err != nil {
		return err
	}
	return errBehind
}

// zlibHead reads the header of RFC 1950, 2.2. Some servers send DEFLATE without it, and every
// browser takes that, so two bytes that are no header are data.
func (r *flateReader) zlibHead() error {
	var b [2]byte
	if err := r.in.full(b[:]); err != nil {
		return err
	}
	r.begin(adler32.New())
	if b[0]&15 != 8 || b[0] > 0x78 || binary.BigEndian.Uint16(b[:])%31 != 0 {
		r.z.feed(b[0])
		r.z.feed(b[1])
		return nil
	}
	if b[1]&0x20 != 0 {
		return errDict
	}
	r.tail = r.zlibTail
	return nil
}

func (r *flateReader) zlibTail() error {
	var b [4]byte
	if err := r.in.full(b[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(b[:]) != r.sum.Sum32() {
		return errSum
	}
	r.next = r.nothing
	return nil
}

// gzipHead reads the header of a member (RFC 1952, 2.3). The data may end before one.
func (r *flateReader) gzipHead() error {
	h := &gzipHeader{in: r.in, sum: crc32.NewIEEE()}
	for i := range len(gzipMagic) {
		switch b := h.bytes(1); {
		case i == 0 && h.err == io.ErrUnexpectedEOF:
			return io.EOF
		case h.err == nil && b[0] != gzipMagic[i]:
			return errHead
		}
	}
	flags := h.bytes(7)[0] // then time, compression and system, which say nothing
	if h.err == nil && flags&0xe0 != 0 {
		return errHead
	}
	if flags&4 != 0 {
		h.bytes(int(binary.LittleEndian.Uint16(h.bytes(2))))
	}
	if flags&8 != 0 {
		h.text()
	}
	if flags&16 != 0 {
		h.text()
	}
	if want := uint16(h.sum.Sum32()); flags&2 != 0 && binary.LittleEndian.Uint16(h.bytes(2)) != want && h.err == nil {
		return errSum
	}
	r.begin(crc32.NewIEEE())
	return h.err
}

func (r *flateReader) gzipTail() error {
	var b [8]byte
	if err := r.in.full(b[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(b[:]) != r.sum.Sum32() || binary.LittleEndian.Uint32(b[4:]) != r.size {
		return errSum
	}
	r.next = r.head
	return nil
}

// A gzipHeader reads the parts of a header until one fails.
type gzipHeader struct {
	in  *input
	sum hash.Hash32
	err error
}

func (h *gzipHeader) bytes(n int) []byte {
	b := make([]byte, n)
	if h.err == nil {
		h.err = h.in.full(b)
		h.sum.Write(b)
	}
	return b
}

// text reads over a name or comment.
func (h *gzipHeader) text() {
	for h.err == nil && h.bytes(1)[0] != 0 {
	}
}
