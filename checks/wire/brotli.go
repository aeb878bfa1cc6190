package wire

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"
)

// A brotliReader reads Brotli (RFC 7932).
//
// The library gives out all that its input decides, also inside a meta-block, for its decoder
// pushes proactively as the C one does: TestBrotliWithholdsNothing. But it loses what came before an
// error in the same read, and calls a body "excessive input" if its last byte comes alone. So it
// gets single bytes and, in between, io.EOF, which it does not remember; its answer to that tells
// whether the data ended (io.EOF) or not (io.ErrUnexpectedEOF).
type brotliReader struct {
	in  *input
	fed bytes.Buffer // answers io.EOF when empty
	d   *brotli.Reader
	err error // the last error that was not about fed being empty
}

func newBrotli(in *input) *brotliReader {
	r := &brotliReader{in: in}
	r.d = brotli.NewReader(&r.fed)
	return r
}

func (r *brotliReader) Read(p []byte) (int, error) {
	for {
		n, err := r.d.Read(p)
		switch {
		case n == 0 && err == io.EOF:
			if _, err := r.in.ReadByte(); err != nil {
				return 0, err
			}
			return 0, errBehind
		case n == 0 && err == io.ErrUnexpectedEOF:
			if r.err != nil {
				return 0, r.err
			}
			if err := r.feed(); err != nil {
				return 0, err
			}
		case n == 0 && err != nil && r.err != nil:
			return 0, err
		case err != nil:
			r.err = err // to be told unless the data ended
		}
		if n > 0 {
			return n, nil
		}
	}
}

func (r *brotliReader) feed() error {
	var b [1]byte
	if err := r.in.full(b[:]); err != nil {
		return err
	}
	r.fed.Write(b[:])
	return nil
}
