package reports

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// How many of the bytes that a finding points at are told: in JSON, and on a terminal in rows.
const (
	maxBytes = 48
	maxRows  = 2
)

// maxField is how many bytes of a header field are told.
const maxField = 4 * maxBytes

// An excerpt is the bytes that a finding points at, and those around them.
type excerpt struct {
	bytes  []byte // all of the body, the connection, or the field
	lo, hi int    // the finding's own part of bytes
	most   int    // how many of them programs are told
}

// find returns the bytes of a finding; ok is false where it points at none.
func find(ev *checks.Evidence, s wire.Span) (e excerpt, ok bool) {
	x := ev.Exhibit(s.Scene)
	if x == nil || s.Exchange < 0 || s.Exchange >= len(x.Views) {
		return e, false
	}
	v := x.Views[s.Exchange]
	e = excerpt{lo: s.Lo, hi: s.Hi, most: maxBytes}
	switch s.Part {
	case wire.BodyPart:
		e.bytes = v.Text.Bytes
	case wire.RawPart:
		e.bytes = v.RawBytes()
	case wire.HeadPart:
		if s.Hi-s.Lo != 1 || s.Lo < 0 || s.Hi > len(v.Header) { // the head as a whole
			return excerpt{}, false
		}
		f := v.Header[s.Lo]
		b := []byte(f.Name + ": " + f.Value)
		return excerpt{b, 0, len(b), maxField}, true
	}
	return e, 0 <= e.lo && e.lo <= e.hi && e.hi <= len(e.bytes) && len(e.bytes) > 0
}

// own returns the finding's own bytes, as many as are told; cut says that there are more.
func (e excerpt) own() (b []byte, cut bool) {
	s, left := clip(string(e.bytes[e.lo:min(e.hi, e.lo+e.most+4)]), e.most) // 4: to see whether a character is divided
	return []byte(s), left > 0
}

// quote returns the finding's own bytes in Go's quoted form, ASCII only.
func (e excerpt) quote() string {
	b, cut := e.own()
	s := strconv.QuoteToASCII(string(b))
	if cut {
		s += "…"
	}
	return s
}

// hex returns the finding's own bytes as hexadecimal digits.
func (e excerpt) hex() string {
	b, _ := e.own()
	return hex.EncodeToString(b)
}

// dump shows the bytes around the start of a finding as rows of hex and text, its own part marked by
// carets below both. A finding between two bytes is marked by a caret between their hex. A last row
// says how many of its bytes are not shown.
func (e excerpt) dump(perRow int) []string {
	hi := min(e.hi, e.lo+maxRows*perRow)
	from := max(0, e.lo-perRow/2)
	rows := max(1, (hi-from+perRow-1)/perRow)
	if rows > maxRows {
		rows, hi = maxRows, from+maxRows*perRow
	}
	to := min(len(e.bytes), from+rows*perRow)
	var out []string
	for at := from; at < to; at += perRow {
		out = append(out, e.row(at, min(at+perRow, to), perRow)...)
	}
	if n := e.hi - hi; n > 0 {
		out = append(out, " … "+size(n)+" more")
	}
	return out
}

// row shows the bytes lo to hi, and below them the carets if there are any. Hex takes three columns
// for each byte, a gap and two digits.
func (e excerpt) row(lo, hi, perRow int) []string {
	hexes := []byte(strings.Repeat(" ", 3*perRow+1))
	carets := []byte(strings.Repeat(" ", 3*perRow+2+perRow))
	text := make([]byte, 0, perRow)
	for at := lo; at < hi; at++ {
		i := at - lo
		copy(hexes[3*i+1:], fmt.Sprintf("%02x", e.bytes[at]))
		text = append(text, shown(e.bytes[at]))
		if at >= e.lo && at < e.hi {
			copy(carets[3*i+1:], "^^")
			carets[3*perRow+2+i] = '^'
		}
	}
	last := hi == len(e.bytes) // the gap behind the last byte has no row of its own
	if e.lo == e.hi && (lo <= e.lo && e.lo < hi || e.lo == hi && last) {
		carets[3*(e.lo-lo)] = '^'
	}
	out := []string{strings.TrimRight(string(hexes)+" "+string(text), " ")}
	if marks := strings.TrimRight(string(carets), " "); marks != "" {
		out = append(out, marks)
	}
	return out
}

// shown returns a byte as one ASCII character.
func shown(c byte) byte {
	if c < ' ' || c > '~' {
		return '.'
	}
	return c
}
