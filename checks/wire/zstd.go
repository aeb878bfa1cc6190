package wire

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"
)

const zstdMagic = "\x28\xb5\x2f\xfd"

// A zstdReader reads Zstandard (RFC 8878).
//
// The library decodes block by block, as the format demands of compressed blocks, but holds back
// more than that: a Read goes on to the next block until p is full; an uncompressed block waits
// for its last byte; and the last block of a frame waits for the checksum behind it. So it is
// read in single bytes, and frames are rewritten before it gets them. What is left is what every
// decoder holds back: TestZstdWithholdsNothing.
type zstdReader struct {
	frames *zstdFrames
	d      *zstd.Decoder // of concurrency 1, which starts no goroutine and need not be closed
}

func newZstd(in *input) (*zstdReader, error) {
	f := &zstdFrames{in: in}
	f.next = f.head
	d, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(zstdWindow))
	return &zstdReader{f, d}, err
}

func (z *zstdReader) Read(p []byte) (int, error) {
	n, err := z.d.Read(p[:min(1, len(p))])
	if err != nil && z.frames.err != nil {
		err = z.frames.err // the library takes a cut in a frame's first bytes for its end
	}
	return n, err
}

// zstdFrames reads frames and rewrites them: uncompressed blocks become blocks of one byte, no block
// is the last but an empty one added behind it, and skippable frames are left out.
type zstdFrames struct {
	in   *input
	out  []byte // rewritten and not yet read
	next func() error
	err  error

	sum  bool   // a checksum ends the frame
	last bool   // the block is the frame's last
	left uint32 // bytes to come in the block, or to skip
}

func (z *zstdFrames) Read(p []byte) (int, error) {
	for len(z.out) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.err = z.next()
	}
	n := copy(p, z.out)
	z.out = z.out[n:]
	return n, nil
}

// head reads the head of a frame (RFC 8878, 3.1.1 and 3.1.2). The data may end before one.
func (z *zstdFrames) head() error {
	var m [4]byte
	for i := range m {
		err := z.in.full(m[i : i+1])
		if i == 0 && err == io.ErrUnexpectedEOF {
			return io.EOF
		}
		if err != nil {
			return err
		}
		if string(m[:i+1]) != zstdMagic[:i+1] && (m[0]&0xf0 != 0x50 || string(m[1:i+1]) != "\x2a\x4d\x18"[:i]) {
			return errHead
		}
	}
	if string(m[:]) != zstdMagic {
		err := z.in.full(m[:])
		z.left = binary.LittleEndian.Uint32(m[:])
		z.next = z.skip
		return err
	}
	return z.descriptor()
}

// descriptor reads the rest of the head, whose length its first byte gives (3.1.1.1).
func (z *zstdFrames) descriptor() error {
	var d [15]byte
	if err := z.in.full(d[:1]); err != nil {
		return err
	}
	size, single, id := d[0]>>6, d[0]&0x20 != 0, d[0]&3
	n := 1 + [4]int{0, 1, 2, 4}[id] + [4]int{0, 2, 4, 8}[size]
	if !single || size == 0 {
		n++ // the window, or a size of one byte instead
	}
	if err := z.in.full(d[1:n]); err != nil {
		return err
	}
	z.sum = d[0]&4 != 0
	z.out = append([]byte(zstdMagic), d[:n]...)
	z.next = z.block
	return nil
}

// block reads the head of a block (3.1.1.2).
func (z *zstdFrames) block() error {
	var h [4]byte
	if err := z.in.full(h[:3]); err != nil {
		return err
	}
	v := binary.LittleEndian.Uint32(h[:])
	z.last, z.left = v&1 != 0, v>>3
	switch v >> 1 & 3 {
	case 0:
		if z.left > 128<<10 { // 3.1.1.2.4
			return errHead
		}
		z.next = z.raw
		return nil
	case 1:
		z.left = 1
	}
	z.out = []byte{h[0] &^ 1, h[1], h[2]}
	z.next = z.coded
	return nil
}

// raw passes on one byte of an uncompressed block, as a block. More at a time would be faster,
// but then what comes out before an error would depend on how the bytes came in.
func (z *zstdFrames) raw() error {
	if z.left == 0 {
		return z.over()
	}
	one := [4]byte{1 << 3}
	z.left--
	err := z.in.full(one[3:])
	if err == nil {
		z.out = append(z.out[:0], one[:]...)
	}
	return err
}

// coded passes on what has come of a block of another kind.
func (z *zstdFrames) coded() (err error) {
	if z.left == 0 {
		return z.over()
	}
	z.out, err = z.piece()
	return err
}

func (z *zstdFrames) skip() error {
	if z.left == 0 {
		z.next = z.head
		return nil
	}
	_, err := z.piece()
	return err
}

// piece returns what has come of the bytes left, at least one.
func (z *zstdFrames) piece() ([]byte, error) {
	var first [1]byte
	if err := z.in.full(first[:]); err != nil {
		return nil, err
	}
	p := make([]byte, min(z.left, uint32(1+len(z.in.rest))))
	p[0] = first[0]
	z.left -= uint32(len(p))
	return p, z.in.full(p[1:])
}

// over ends a block.
func (z *zstdFrames) over() error {
	z.next = z.block
	if z.last {
		z.next = z.end
	}
	return nil
}

// end adds the empty last block, and the checksum where there is one (3.1.1).
func (z *zstdFrames) end() error {
	var sum [4]byte
	z.out, z.next = []byte{1, 0, 0}, z.head
	if !z.sum {
		return nil
	}
	err := z.in.full(sum[:])
	z.out = append(z.out, sum[:]...)
	return err
}
