package stream

import (
	"strings"
	"unicode/utf8"
)

// Decode returns b as a browser shows it: each maximal part of an ill-formed UTF-8 sequence
// becomes one U+FFFD. A byte order mark stays, since the one at the start of a stream is no part
// of any field.
//
// https://encoding.spec.whatwg.org/#utf-8-decoder
func Decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	out.Grow(len(b) + len("\uFFFD"))
	for len(b) > 0 {
		n := validLen(b)
		out.Write(b[:n])
		if b = b[n:]; len(b) > 0 {
			out.WriteRune(utf8.RuneError)
			b = b[illFormedLen(b):]
		}
	}
	return out.String()
}

// validLen returns the length of the well-formed beginning of b.
func validLen(b []byte) int {
	n := 0
	for n < len(b) {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// illFormedLen returns the length of the ill-formed sequence that b begins with: of the longest
// beginning that a well-formed sequence could have too, or 1.
func illFormedLen(b []byte) int {
	size, lo, hi := 0, byte(0x80), byte(0xBF) // of the sequence; of its second byte
	switch c := b[0]; {
	case c < 0xC2 || c > 0xF4:
		return 1
	case c < 0xE0:
		size = 2
	case c < 0xF0:
		size = 3
	default:
		size = 4
	}
	switch b[0] {
	case 0xE0:
		lo = 0xA0 // less would be overlong
	case 0xED:
		hi = 0x9F // more would be a surrogate
	case 0xF0:
		lo = 0x90 // less would be overlong
	case 0xF4:
		hi = 0x8F // more would be above U+10FFFF
	}
	n := 1
	for n < min(size, len(b)) && lo <= b[n] && b[n] <= hi {
		n++
		lo, hi = 0x80, 0xBF
	}
	return n
}
