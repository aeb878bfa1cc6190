package wire

import (
	"errors"
	"io"
	"slices"
)

// An inflater undoes DEFLATE (RFC 1951) and has each byte ready as soon as the bits that decide it are in.
//
// It is written for that alone. compress/flate and the packages derived from it give data out at
// the end of a block or when 32 KiB are full, so an event inside an open block looks late though
// any zlib client has it. Speed was no aim.
//
// Bits come in by feed, one byte at a time and only after run was starved. So never more than
// seven bits are left over at the end, and the byte behind the data is never touched.
type inflater struct {
	bits uint64 // fed and not yet used, the next one lowest
	n    uint   // how many; one step needs at most 48 (a length and a distance)

	out   []byte // the last window and what was not yet taken
	taken int    // out[taken:] was not yet taken

	step func(*inflater) error // what comes next; it uses bits only if it has all it needs
	last bool                  // no block follows this one
	left int                   // bytes to come in a stored block

	lens             [maxLit + maxDist]uint8 // of a dynamic block, as they come in
	have             int
	nlit, nall, nlen int
	lit, dist        *huffman
	own              [2]huffman
}

const (
	window  = 32 << 10 // the farthest a match reaches back (RFC 1951, 2)
	maxLit  = 286      // literal and length codes (3.2.7)
	maxDist = 30       // distance codes (3.2.6: 30 and 31 never occur)
)

var (
	errStarved = errors.New("more input is needed")
	errDeflate = errors.New("bits that are not DEFLATE")
)

func newInflater() *inflater { return &inflater{step: (*inflater).block} }

func (f *inflater) feed(b byte) {
	f.bits |= uint64(b) << f.n
	f.n += 8
}

// run inflates until it is starved, a window is waiting to be taken (nil) or the data ended (io.EOF).
func (f *inflater) run() error {
	for f.waiting() < window {
		if err := f.step(f); err != nil {
			return err
		}
	}
	return nil
}

func (f *inflater) waiting() int { return len(f.out) - f.taken }

func (f *inflater) take(p []byte) int {
	n := copy(p, f.out[f.taken:])
	f.taken += n
	if f.taken >= 2*window {
		f.out = f.out[:copy(f.out, f.out[f.taken-window:])]
		f.taken = window
	}
	return n
}

// get uses n bits.
func (f *inflater) get(n uint) (v int, err error) {
	if f.n < n {
		return 0, errStarved
	}
	v = int(f.bits & (1<<n - 1))
	f.drop(n)
	return v, nil
}

func (f *inflater) drop(n uint) {
	f.bits >>= n
	f.n -= n
}

// block reads the head of a block (3.2.3).
func (f *inflater) block() error {
	if f.last {
		return io.EOF
	}
	v, err := f.get(3)
	if err != nil {
		return err
	}
	f.last = v&1 == 1
	switch v >> 1 {
	case 0:
		f.drop(f.n % 8)
		f.step = (*inflater).storedHead
	case 1:
		f.lit, f.dist = fixedLit, fixedDist
		f.step = (*inflater).symbol
	case 2:
		f.step = (*inflater).dynamicHead
	default:
		return errDeflate
	}
	return nil
}

func (f *inflater) storedHead() error {
	v, err := f.get(32)
	if err != nil {
		return err
	}
	if v&0xffff != ^v>>16&0xffff {
		return errDeflate
	}
	f.left = v & 0xffff
	f.step = (*inflater).stored
	return nil
}

func (f *inflater) stored() error {
	if f.left == 0 {
		f.step = (*inflater).block
		return nil
	}
	v, err := f.get(8)
	if err != nil {
		return err
	}
	f.out = append(f.out, byte(v))
	f.left--
	return nil
}

func (f *inflater) dynamicHead() error {
	v, err := f.get(14)
	if err != nil {
		return err
	}
	f.nlit = v&31 + 257
	f.nall = f.nlit + v>>5&31 + 1
	f.nlen = v>>10 + 4
	if f.nlit > maxLit || f.nall-f.nlit > maxDist {
		return errDeflate
	}
	f.have, f.lens = 0, [len(f.lens)]uint8{}
	f.step = (*inflater).codeLengths
	return nil
}

// codeLengths reads the code in which the two codes of the block are written (3.2.7).
func (f *inflater) codeLengths() error {
	for ; f.have < f.nlen; f.have++ {
		v, err := f.get(3)
		if err != nil {
			return err
		}
		f.lens[codeOrder[f.have]] = uint8(v)
	}
	f.lit, f.dist = &f.own[0], &f.own[1]
	if !f.lit.build(f.lens[:len(codeOrder)]) {
		return errDeflate
	}
	f.have, f.lens = 0, [len(f.lens)]uint8{}
	f.step = (*inflater).lengths
	return nil
}

// lengths reads one entry of the two codes of the block, and builds them behind the last.
func (f *inflater) lengths() error {
	if f.have == f.nall {
		// Without a code for 256 the block could not end.
		if f.lens[256] == 0 || !f.lit.build(f.lens[:f.nlit]) || !f.dist.build(f.lens[f.nlit:f.nall]) {
			return errDeflate
		}
		f.step = (*inflater).symbol
		return nil
	}
	sym, n, err := f.lit.decode(f.bits, f.n)
	if err != nil {
		return err
	}
	if sym < 16 {
		f.drop(n)
		f.lens[f.have] = uint8(sym)
		f.have++
		return nil
	}
	return f.repeat(sym, n)
}

func (f *inflater) repeat(sym int, n uint) error {
	var length uint8
	extra, times := uint(2), 3
	switch sym {
	case 16:
		if f.have == 0 {
			return errDeflate
		}
		length = f.lens[f.have-1]
	case 17:
		extra = 3
	case 18:
		extra, times = 7, 11
	}
	more, n, err := f.peek(n, extra)
	if err != nil {
		return err
	}
	times += more
	if f.have+times > f.nall {
		return errDeflate
	}
	f.drop(n)
	for range times {
		f.lens[f.have] = length
		f.have++
	}
	return nil
}

// peek reads the extra bits behind the first n, and returns how many both are.
func (f *inflater) peek(n, extra uint) (v int, used uint, err error) {
	if f.n < n+extra {
		return 0, 0, errStarved
	}
	return int(f.bits >> n & (1<<extra - 1)), n + extra, nil
}

// symbol reads a literal, a match or the end of the block (3.2.5).
func (f *inflater) symbol() error {
	sym, n, err := f.lit.decode(f.bits, f.n)
	switch {
	case err != nil:
		return err
	case sym < 256:
		f.out = append(f.out, byte(sym))
	case sym == 256:
		f.step = (*inflater).block
	case sym < maxLit:
		return f.match(sym-257, n)
	default:
		return errDeflate
	}
	f.drop(n)
	return nil
}

func (f *inflater) match(sym int, n uint) error {
	length, n, err := f.peek(n, uint(lengthExtra[sym]))
	if err != nil {
		return err
	}
	length += int(lengthBase[sym])
	sym, used, err := f.dist.decode(f.bits>>n, f.n-n)
	if err != nil {
		return err
	}
	if sym >= maxDist {
		return errDeflate
	}
	far, n, err := f.peek(n+used, uint(max(sym/2-1, 0)))
	if err != nil {
		return err
	}
	far += int(distBase[sym])
	if far > len(f.out) {
		return errDeflate
	}
	f.drop(n)
	for range length {
		f.out = append(f.out, f.out[len(f.out)-far])
	}
	return nil
}

// A huffman is a prefix code: how many codes have each length, and the symbols in code order (3.2.2).
type huffman struct {
	count   [16]int
	symbol  [maxLit + 2]uint16 // the fixed code has two that never occur
	longest int
}

// build reports whether the lengths make a code. As in zlib it may be empty, which fails on use,
// or hold one code of one bit (3.2.7); else it has to be complete.
func (h *huffman) build(lens []uint8) bool {
	h.count, h.longest = [16]int{}, 0
	for _, l := range lens {
		h.count[l]++
		h.longest = max(h.longest, int(l))
	}
	h.count[0] = 0
	var next [16]int
	left := 1
	for l := 1; l < 16; l++ {
		next[l] = next[l-1] + h.count[l-1]
		left = left<<1 - h.count[l]
		if left < 0 {
			return false
		}
	}
	for sym, l := range lens {
		if l != 0 {
			h.symbol[next[l]] = uint16(sym)
			next[l]++
		}
	}
	return left == 0 || h.longest == 0 || h.longest == 1 && h.count[1] == 1
}

// decode finds the symbol at the start of the n bits given, and how many of them it takes.
func (h *huffman) decode(v uint64, n uint) (sym int, used uint, err error) {
	code, first, at := 0, 0, 0
	for l := 1; l <= h.longest; l++ {
		if uint(l) > n {
			return 0, 0, errStarved
		}
		code |= int(v & 1)
		v >>= 1
		if c := h.count[l]; code-first < c {
			return int(h.symbol[at+code-first]), uint(l), nil
		}
		at += h.count[l]
		first = (first + h.count[l]) << 1
		code <<= 1
	}
	return 0, 0, errDeflate
}

// The tables of RFC 1951, 3.2.5 to 3.2.7.
var (
	codeOrder   = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	lengthBase  = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}

	fixedLit  = fixed(8, 144, 9, 112, 7, 24, 8, 8)
	fixedDist = fixed(5, 32)
)

// fixed builds a code from pairs of a length and how many symbols in a row have it.
func fixed(pairs ...int) *huffman {
	var lens []uint8
	for p := range slices.Chunk(pairs, 2) {
		lens = append(lens, slices.Repeat([]uint8{uint8(p[0])}, p[1])...)
	}
	h := new(huffman)
	h.build(lens)
	return h
}
