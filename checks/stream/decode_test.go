package stream

import (
	"strings"
	"testing"
)

var decodings = []struct{ name, in, want string }{
	{"valid text is kept", "aé€😀", "aé€😀"},
	{"a lone continuation byte is one", "a\x80b", "a\uFFFDb"},
	{"each continuation byte is one", "\x80\xBF", "\uFFFD\uFFFD"},
	{"a byte that occurs nowhere is one", "\xFF\xC0\xC1\xF5", "\uFFFD\uFFFD\uFFFD\uFFFD"},
	{"a cut sequence of three is one", "\xE2\x82A", "\uFFFDA"},
	{"a cut sequence of four is one", "\xF0\x9F\x98A", "\uFFFDA"},
	{"a sequence cut by the end is one", "a\xE2\x82", "a\uFFFD"},
	{"a cut sequence before a whole one is one", "\xF0\x9F\xE2\x82\xAC", "\uFFFD€"},
	{"a surrogate is three", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
	{"an overlong sequence is as many as it has bytes", "\xE0\x80\x80\xF0\x80\x80\x80", strings.Repeat("\uFFFD", 7)},
	{"beyond U+10FFFF is as many as it has bytes", "\xF4\x90\x80\x80", strings.Repeat("\uFFFD", 4)},
	{"a replacement character that was sent stays", "\uFFFD\xFF\uFFFD", "\uFFFD\uFFFD\uFFFD"},
	{"a byte order mark stays", "\uFEFFa\xFF", "\uFEFFa\uFFFD"},
	{"a bad byte swallows no ASCII", "\xC3(", "\uFFFD("},
	{"nothing is nothing", "", ""},
}

func TestDecodeReplacesWhatIsNotUTF8(t *testing.T) {
	for _, c := range decodings {
		t.Run(c.name, func(t *testing.T) {
			if got := Decode([]byte(c.in)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := decodeByStates([]byte(c.in)); got != c.want {
				t.Errorf("decodeByStates: got %q, want %q", got, c.want)
			}
		})
	}
}

// decodeByStates is the decoder of the Encoding standard, word for word.
//
// https://encoding.spec.whatwg.org/#utf-8-decoder
func decodeByStates(b []byte) string {
	var out strings.Builder
	var point rune
	seen, needed := 0, 0
	lower, upper := byte(0x80), byte(0xBF)
	for i := 0; i < len(b); i++ {
		c := b[i]
		if needed == 0 {
			switch {
			case c <= 0x7F:
				out.WriteByte(c)
			case c >= 0xC2 && c <= 0xDF:
				needed, point = 1, rune(c&0x1F)
			case c >= 0xE0 && c <= 0xEF:
				if c == 0xE0 {
					lower = 0xA0
				}
				if c == 0xED {
					upper = 0x9F
				}
				needed, point = 2, rune(c&0xF)
			case c >= 0xF0 && c <= 0xF4:
				if c == 0xF0 {
					lower = 0x90
				}
				if c == 0xF4 {
					upper = 0x8F
				}
				needed, point = 3, rune(c&0x7)
			default:
				out.WriteRune(0xFFFD)
			}
			continue
		}
		bad := c < lower || c > upper
		lower, upper = 0x80, 0xBF
		if bad {
			point, needed, seen = 0, 0, 0
			out.WriteRune(0xFFFD)
			i-- // the byte is read again
			continue
		}
		point = point<<6 | rune(c&0x3F)
		if seen++; seen == needed {
			out.WriteRune(point)
			point, needed, seen = 0, 0, 0
		}
	}
	if needed > 0 {
		out.WriteRune(0xFFFD)
	}
	return out.String()
}
