package wire

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Heads that many answers begin with: 17, 47 and 38 bytes.
const (
	ok200   = "HTTP/1.1 200 OK\r\n"
	chunked = ok200 + "Transfer-Encoding: chunked\r\n\r\n"
	length9 = ok200 + "Content-Length: 9\r\n\r\n"
)

// outline writes a message as text, with the bytes that each extent covers.
func outline(m *Message, raw []byte) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	ascii := func(s string) string { return strings.Trim(strconv.QuoteToASCII(s), `"`) }
	bytesOf := func(lo, hi int) string { return fmt.Sprintf("%d..%d %+.60q", lo, hi, raw[lo:hi]) }
	for _, i := range m.Interim {
		line("interim %d %d..%d", i.Status, i.Head.Lo, i.Head.Hi)
		for _, f := range i.Header {
			line("  %s: %+q", ascii(f.Name), f.Value)
		}
	}
	framing := [...]string{"unframed", NoBody: "no body", Chunked: "chunked", Length: fmt.Sprintf("length %d", m.Length), Close: "close"}[m.Framing]
	line("%s %d %q head %d..%d %s end %d", m.Proto, m.Status, m.Reason, m.Head.Lo, m.Head.Hi, framing, m.End)
	for _, f := range m.Header {
		line("  %s: %+q", ascii(f.Name), f.Value)
	}
	for _, c := range m.Chunks {
		line("chunk %d %q %s", c.Size, c.Ext, bytesOf(c.Lo, c.Hi))
	}
	for _, e := range m.Body {
		line("body %s", bytesOf(e.Lo, e.Hi))
	}
	for _, f := range m.Trailer {
		line("trailer %s: %+q", ascii(f.Name), f.Value)
	}
	for _, o := range m.Oddities {
		line("odd %s %s", o.Kind, bytesOf(o.Lo, o.Hi))
	}
	return b.String()
}

type messageCase struct {
	method  string // GET if empty
	raw     string
	open    bool // the connection was still open when we left
	witness bool // net/http reads it the same way
	want    string
}

var messageCases = map[string]messageCase{
	"a body of announced length": {raw: length9 + "data: a\n\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..38 length 9 end 47
  Content-Length: "9"
body 38..47 "data: a\n\n"
`},
	"an empty body of announced length": {raw: ok200 + "Content-Length: 0\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..38 length 0 end 38
  Content-Length: "0"
`},
	"a body of announced length may go on later": {raw: length9 + "data:", open: true, want: `
HTTP/1.1 200 "OK" head 0..38 length 9 end -1
  Content-Length: "9"
body 38..43 "data:"
`},
	"equal lengths count as one": {raw: ok200 + "Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab", want: `
HTTP/1.1 200 "OK" head 0..60 length 2 end 62
  Content-Length: "2, 2"
  Content-Length: "2"
body 60..62 "ab"
`},
	"a chunked body": {raw: chunked + "9\r\ndata: a\n\n\r\n0\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 66
  Transfer-Encoding: "chunked"
chunk 9 "" 47..50 "9\r\n"
chunk 0 "" 61..64 "0\r\n"
body 50..59 "data: a\n\n"
`},
	"an empty chunked body": {raw: chunked + "0\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 52
  Transfer-Encoding: "chunked"
chunk 0 "" 47..50 "0\r\n"
`},
	"chunks of one byte": {raw: chunked + "1\r\na\r\n1\r\n\n\r\n0\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 64
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
chunk 1 "" 53..56 "1\r\n"
chunk 0 "" 59..62 "0\r\n"
body 50..51 "a"
body 56..57 "\n"
`},
	"sizes with leading zeros in either case": {raw: chunked + "0000000000000000000a\r\n0123456789\r\n0B\r\n0123456789a\r\n000\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 105
  Transfer-Encoding: "chunked"
chunk 10 "" 47..69 "0000000000000000000a\r\n"
chunk 11 "" 81..85 "0B\r\n"
chunk 0 "" 98..103 "000\r\n"
body 69..79 "0123456789"
body 85..96 "0123456789a"
`},
	"chunk extensions": {raw: chunked + "1;a\r\nx\r\n1;b=\"c\"\r\ny\r\n0;last\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 77
  Transfer-Encoding: "chunked"
chunk 1 "a" 47..52 "1;a\r\n"
chunk 1 "b=\"c\"" 55..64 "1;b=\"c\"\r\n"
chunk 0 "last" 67..75 "0;last\r\n"
body 52..53 "x"
body 64..65 "y"
`},
	"white space around the semicolon of a chunk extension": {raw: chunked + "1 ; b=\"c\"\r\ny\r\n0\t;c\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 69
  Transfer-Encoding: "chunked"
chunk 1 " b=\"c\"" 47..58 "1 ; b=\"c\"\r\n"
chunk 0 "c" 61..67 "0\t;c\r\n"
body 58..59 "y"
`},
	"chunk data that looks like chunks": {raw: chunked + "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 64
  Transfer-Encoding: "chunked"
chunk 7 "" 47..50 "7\r\n"
chunk 0 "" 59..62 "0\r\n"
body 50..57 "0\r\n\r\n\r\n"
`},
	"a trailer": {raw: chunked + "1\r\na\r\n0\r\nServer-Timing: db;dur=5\r\nX-Sum:1\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 92
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
chunk 0 "" 53..56 "0\r\n"
body 50..51 "a"
trailer Server-Timing: "db;dur=5"
trailer X-Sum: "1"
`},
	"a chunked body may go on later": {raw: chunked + "9\r\ndata: a\n\n\r\n", open: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 9 "" 47..50 "9\r\n"
body 50..59 "data: a\n\n"
`},
	"half a line end behind a chunk may go on later": {raw: chunked + "1\r\na\r", open: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
`},
	"one wrong byte behind a chunk waits for a second one": {raw: chunked + "1\r\nab", open: true, want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
`},
	"a body up to the close": {raw: ok200 + "\r\ndata: a\n\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..19 close end 28
body 19..28 "data: a\n\n"
`},
	"a body up to the close has no end while the connection is open": {raw: ok200 + "\r\ndata: a\n\n", open: true, want: `
HTTP/1.1 200 "OK" head 0..19 close end -1
body 19..28 "data: a\n\n"
`},
	"a body up to the close of HTTP/1.0": {raw: "HTTP/1.0 200 OK\r\n\r\ndata: a\n\n", witness: true, want: `
HTTP/1.0 200 "OK" head 0..19 close end 28
body 19..28 "data: a\n\n"
`},
	"chunked in HTTP/1.0 is read all the same": {raw: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", want: `
HTTP/1.0 200 "OK" head 0..47 chunked end 58
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
chunk 0 "" 53..56 "0\r\n"
body 50..51 "a"
`},
	"HEAD has no body, whatever its fields say": {method: "HEAD", raw: length9, witness: true, want: `
HTTP/1.1 200 "OK" head 0..38 no body end 38
  Content-Length: "9"
`},
	"HEAD of a chunked answer": {method: "HEAD", raw: chunked, witness: true, want: `
HTTP/1.1 200 "OK" head 0..47 no body end 47
  Transfer-Encoding: "chunked"
`},
	"204 has no body": {raw: "HTTP/1.1 204 No Content\r\n\r\n", witness: true, want: `
HTTP/1.1 204 "No Content" head 0..27 no body end 27
`},
	"304 has no body, whatever its fields say": {raw: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", witness: true, want: `
HTTP/1.1 304 "Not Modified" head 0..48 no body end 48
  Content-Length: "9"
`},
	"101 ends HTTP": {raw: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", witness: true, want: `
HTTP/1.1 101 "Switching Protocols" head 0..48 no body end 48
  Upgrade: "x"
`},
	"interim answers come before the final one": {raw: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + length9 + "data: a\n\n", witness: true, want: `
interim 100 0..25
interim 103 25..65
  Link: "</a>"
HTTP/1.1 200 "OK" head 65..103 length 9 end 112
  Content-Length: "9"
body 103..112 "data: a\n\n"
`},
	"an interim answer has no body": {raw: "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" + length9 + "data: a\n\n", witness: true, want: `
interim 103 0..47
  Content-Length: "5"
HTTP/1.1 200 "OK" head 47..85 length 9 end 94
  Content-Length: "9"
body 85..94 "data: a\n\n"
`},
	"an answer may stop at an interim one": {raw: "HTTP/1.1 103 Early Hints\r\n\r\n", open: true, want: `
interim 103 0..28
 0 "" head 0..0 unframed end -1
`},
	"gzip below chunked": {raw: ok200 + "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..53 chunked end 64
  Transfer-Encoding: "gzip, chunked"
chunk 1 "" 53..56 "1\r\n"
chunk 0 "" 59..62 "0\r\n"
body 56..57 "a"
`},
	"gzip below chunked in two fields": {raw: ok200 + "transfer-encoding: gzip\r\nTRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..72 chunked end 77
  transfer-encoding: "gzip"
  TRANSFER-ENCODING: "Chunked"
chunk 0 "" 72..75 "0\r\n"
`},
	"gzip alone ends with the connection": {raw: ok200 + "Transfer-Encoding: gzip\r\n\r\n\x1f\x8b", want: `
HTTP/1.1 200 "OK" head 0..44 close end 46
  Transfer-Encoding: "gzip"
body 44..46 "\x1f\x8b"
`},
	"chunked below gzip ends with the connection": {raw: ok200 + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..53 close end 58
  Transfer-Encoding: "chunked, gzip"
body 53..58 "0\r\n\r\n"
`},
	"a letter that only folds to k is no k": {raw: ok200 + "Transfer-Encoding: chun\u212aed\r\n\r\n0\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..49 close end 54
  Transfer-Encoding: "chun\u212aed"
body 49..54 "0\r\n\r\n"
`},
	"a name that only folds to a known one is another": {raw: ok200 + "Content-Length: 1\r\nTran\u017ffer-Encoding: chunked\r\n\r\na", want: `
HTTP/1.1 200 "OK" head 0..67 length 1 end 68
  Content-Length: "1"
  Tran\u017ffer-Encoding: "chunked"
body 67..68 "a"
odd field-line 36..65 "Tran\u017ffer-Encoding: chunked\r\n"
`},
	"no reason, but its space": {raw: "HTTP/1.1 200 \r\n\r\n", witness: true, want: `
HTTP/1.1 200 "" head 0..17 close end 17
`},
	"values keep what is inside and lose the white space around": {raw: ok200 + "a: \t b \t c\t \r\nB:\r\nc: \xff\u00e9\r\n\r\n", witness: true, want: `
HTTP/1.1 200 "OK" head 0..45 close end 45
  a: "b \t c"
  B: ""
  c: "\xff\u00e9"
`},
	"nothing came": {raw: "", want: `
 0 "" head 0..0 unframed end -1
odd head-cut 0..0 ""
`},

	"a status line without the space behind the status": {raw: "HTTP/1.1 200\r\n\r\na", want: `
HTTP/1.1 200 "" head 0..16 close end 17
body 16..17 "a"
odd status-line 0..14 "HTTP/1.1 200\r\n"
`},
	"a status of four digits": {raw: "HTTP/1.1 2000 OK\r\n\r\na", want: `
HTTP/1.1 200 "" head 0..20 close end 21
body 20..21 "a"
odd status-line 0..18 "HTTP/1.1 2000 OK\r\n"
`},
	"a status that is no number": {raw: "HTTP/1.1 2x0 OK\r\n\r\na", want: `
 0 "" head 0..0 unframed end -1
odd status-line 0..17 "HTTP/1.1 2x0 OK\r\n"
`},
	"a version that is no number": {raw: "HTTP/1.x 200 OK\r\n\r\na", want: `
 0 "" head 0..0 unframed end -1
odd status-line 0..17 "HTTP/1.x 200 OK\r\n"
`},
	"another version": {raw: "HTTP/2 200\r\n\r\na", want: `
 0 "" head 0..0 unframed end -1
odd status-line 0..12 "HTTP/2 200\r\n"
`},
	"another protocol": {raw: "SSH-2.0-x\r\nsecond line", want: `
 0 "" head 0..0 unframed end -1
odd status-line 0..11 "SSH-2.0-x\r\n"
`},
	"another protocol, its first line not whole": {raw: "SSH-2.0-x", open: true, want: `
 0 "" head 0..0 unframed end -1
`},
	"an empty line before the status line": {raw: "\r\n" + length9, want: `
 0 "" head 0..0 unframed end -1
odd status-line 0..2 "\r\n"
`},
	"something else behind an interim answer": {raw: "HTTP/1.1 103 Early Hints\r\n\r\ndata: a\n", want: `
interim 103 0..28
 0 "" head 0..0 unframed end -1
odd bare-lf 35..36 "\n"
odd status-line 28..36 "data: a\n"
`},

	"lines of the head end in LF": {raw: "HTTP/1.1 200 OK\nContent-Length: 1\n\na", want: `
HTTP/1.1 200 "OK" head 0..35 length 1 end 36
  Content-Length: "1"
body 35..36 "a"
odd bare-lf 15..16 "\n"
odd bare-lf 33..34 "\n"
odd bare-lf 34..35 "\n"
`},
	"one line of the head ends in LF, its blank line in CRLF": {raw: "HTTP/1.1 200 OK\n\r\na", want: `
HTTP/1.1 200 "OK" head 0..18 close end 19
body 18..19 "a"
odd bare-lf 15..16 "\n"
`},
	"lines of the chunked coding end in LF": {raw: chunked + "1\na\n0\nX: y\n\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 59
  Transfer-Encoding: "chunked"
chunk 1 "" 47..49 "1\n"
chunk 0 "" 51..53 "0\n"
body 49..50 "a"
trailer X: "y"
odd bare-lf 48..49 "\n"
odd bare-lf 50..51 "\n"
odd bare-lf 52..53 "\n"
odd bare-lf 57..58 "\n"
odd bare-lf 58..59 "\n"
`},
	"a CR within a line does not end it": {raw: ok200 + "A: b\rC: d\r\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..31 close end 31
  A: "b\rC: d\r"
odd field-byte 17..29 "A: b\rC: d\r\r\n"
`},
	"a folded field": {raw: ok200 + "A: b\r\n \tc\r\nD:\r\n e\r\n\t\r\n  f\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..46 close end 46
  A: "b c"
  D: "e  f"
odd folded-line 23..28 " \tc\r\n"
odd folded-line 32..36 " e\r\n"
odd folded-line 36..39 "\t\r\n"
odd folded-line 39..44 "  f\r\n"
`},
	"a control character in a folded line": {raw: ok200 + "A: b\r\n c\x01\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..30 close end 30
  A: "b c\x01"
odd folded-line 23..28 " c\x01\r\n"
odd field-byte 23..28 " c\x01\r\n"
`},
	"white space before the first field folds nothing": {raw: ok200 + " A: b\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..26 close end 26
   A: "b"
odd field-line 17..24 " A: b\r\n"
`},
	"fields that are none": {raw: ok200 + "no colon\r\nA : b\r\n: c\r\nd\u00e9: e\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..49 close end 49
  no colon: ""
  A: "b"
  : "c"
  d\u00e9: "e"
odd field-line 17..27 "no colon\r\n"
odd field-line 27..34 "A : b\r\n"
odd field-line 34..39 ": c\r\n"
odd field-line 39..47 "d\u00e9: e\r\n"
`},
	"control characters in values": {raw: ok200 + "A: b\x00c\r\nD: \x7f\r\nE: f\tg\r\nH: \u0085\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..48 close end 48
  A: "b\x00c"
  D: "\x7f"
  E: "f\tg"
  H: "\u0085"
odd field-byte 17..25 "A: b\x00c\r\n"
odd field-byte 25..31 "D: \x7f\r\n"
`},
	"a folded trailer": {raw: chunked + "0\r\nA: b\r\n c\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 62
  Transfer-Encoding: "chunked"
chunk 0 "" 47..50 "0\r\n"
trailer A: "b c"
odd folded-line 56..60 " c\r\n"
`},

	"different lengths": {raw: ok200 + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", want: `
HTTP/1.1 200 "OK" head 0..57 close end 59
  Content-Length: "1"
  Content-Length: "2"
body 57..59 "ab"
odd conflict-length 0..57 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
`},
	"different lengths in one field": {raw: ok200 + "Content-Length: 1, 2\r\n\r\nab", want: `
HTTP/1.1 200 "OK" head 0..41 close end 43
  Content-Length: "1, 2"
body 41..43 "ab"
odd conflict-length 0..41 "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n"
`},
	"a length with a sign": {raw: ok200 + "Content-Length: +1\r\n\r\nab", want: `
HTTP/1.1 200 "OK" head 0..39 close end 41
  Content-Length: "+1"
body 39..41 "ab"
odd conflict-length 0..39 "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n"
`},
	"a negative length": {raw: ok200 + "Content-Length: -1\r\n\r\nab", want: `
HTTP/1.1 200 "OK" head 0..39 close end 41
  Content-Length: "-1"
body 39..41 "ab"
odd conflict-length 0..39 "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"
`},
	"a length that overflows": {raw: ok200 + "Content-Length: 9223372036854775808\r\n\r\nab", want: `
HTTP/1.1 200 "OK" head 0..56 close end 58
  Content-Length: "9223372036854775808"
body 56..58 "ab"
odd conflict-length 0..56 "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n"
`},
	"a length without a value": {raw: ok200 + "Content-Length: \r\n\r\nab", want: `
HTTP/1.1 200 "OK" head 0..37 close end 39
  Content-Length: ""
body 37..39 "ab"
odd conflict-length 0..37 "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n"
`},
	"length and chunked": {raw: ok200 + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..66 chunked end 71
  Content-Length: "1"
  Transfer-Encoding: "chunked"
chunk 0 "" 66..69 "0\r\n"
odd length-and-coding 0..66 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunk"
`},
	"different lengths, and chunked": {raw: ok200 + "Content-Length: 1, x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..69 chunked end 74
  Content-Length: "1, x"
  Transfer-Encoding: "chunked"
chunk 0 "" 69..72 "0\r\n"
odd conflict-length 0..69 "HTTP/1.1 200 OK\r\nContent-Length: 1, x\r\nTransfer-Encoding: ch"
odd length-and-coding 0..69 "HTTP/1.1 200 OK\r\nContent-Length: 1, x\r\nTransfer-Encoding: ch"
`},

	"a size that is no number": {raw: chunked + "1\r\na\r\ndata: b\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd chunk-size 53..62 "data: b\r\n"
`},
	"a size with a prefix": {raw: chunked + "0x1\r\na\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
odd chunk-size 47..52 "0x1\r\n"
`},
	"a size with a sign": {raw: chunked + "+1\r\na\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
odd chunk-size 47..51 "+1\r\n"
`},
	"a size after white space": {raw: chunked + " 1\r\na\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
odd chunk-size 47..51 " 1\r\n"
`},
	"a size before white space": {raw: chunked + "1 \r\na\r\n0\t\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 60
  Transfer-Encoding: "chunked"
chunk 1 "" 47..51 "1 \r\n"
chunk 0 "" 54..58 "0\t\r\n"
body 51..52 "a"
odd chunk-size 47..51 "1 \r\n"
odd chunk-size 54..58 "0\t\r\n"
`},
	"an empty size": {raw: chunked + "\r\na\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
odd chunk-size 47..49 "\r\n"
`},
	"a size of 64 bits": {raw: chunked + "ffffffffffffffff\r\na", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
odd chunk-size 47..65 "ffffffffffffffff\r\n"
`},
	"the largest size": {raw: chunked + "fffffffffffffff\r\na", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1152921504606846975 "" 47..64 "fffffffffffffff\r\n"
body 64..65 "a"
odd missing-zero 65..65 ""
`},
	"a chunk longer than its size": {raw: chunked + "1\r\nabc\r\n0\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd chunk-end 51..53 "bc"
`},
	"a chunk longer than its size by one byte, then the close": {raw: chunked + "1\r\nab", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd chunk-end 51..52 "b"
`},
	"a chunk followed by a CR alone": {raw: chunked + "1\r\na\rb", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd chunk-end 51..53 "\rb"
`},

	"bytes behind the zero chunk": {raw: chunked + "0\r\n\r\n9\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end 52
  Transfer-Encoding: "chunked"
chunk 0 "" 47..50 "0\r\n"
odd body-after-end 52..55 "9\r\n"
`},
	"bytes behind the announced length": {raw: length9 + "data: a\n\n\n", want: `
HTTP/1.1 200 "OK" head 0..38 length 9 end 47
  Content-Length: "9"
body 38..47 "data: a\n\n"
odd body-after-end 47..48 "\n"
`},
	"another answer behind the first": {raw: length9 + "data: a\n\n" + "HTTP/1.1 408 Request Timeout\r\n\r\n", want: `
HTTP/1.1 200 "OK" head 0..38 length 9 end 47
  Content-Length: "9"
body 38..47 "data: a\n\n"
odd body-after-end 47..79 "HTTP/1.1 408 Request Timeout\r\n\r\n"
`},
	"bytes behind HEAD": {method: "HEAD", raw: length9 + "data: a\n\n", want: `
HTTP/1.1 200 "OK" head 0..38 no body end 38
  Content-Length: "9"
odd no-body-bytes 38..47 "data: a\n\n"
`},
	"bytes behind 204": {raw: "HTTP/1.1 204 No Content\r\n\r\nx", want: `
HTTP/1.1 204 "No Content" head 0..27 no body end 27
odd no-body-bytes 27..28 "x"
`},

	"the close comes inside a chunk": {raw: chunked + "9\r\ndata", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 9 "" 47..50 "9\r\n"
body 50..54 "data"
odd missing-zero 54..54 ""
`},
	"the close comes before the line end of a chunk": {raw: chunked + "1\r\na", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd missing-zero 51..51 ""
`},
	"the close comes inside the line end of a chunk": {raw: chunked + "1\r\na\r", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd missing-zero 52..52 ""
`},
	"the close comes inside a size": {raw: chunked + "1\r\na\r\n1", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd missing-zero 54..54 ""
`},
	"the close comes before the zero chunk": {raw: chunked + "1\r\na\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 1 "" 47..50 "1\r\n"
body 50..51 "a"
odd missing-zero 53..53 ""
`},
	"the close comes before the blank line": {raw: chunked + "0\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 0 "" 47..50 "0\r\n"
odd missing-zero 50..50 ""
`},
	"the close comes inside the trailer": {raw: chunked + "0\r\nA: b\r\n", want: `
HTTP/1.1 200 "OK" head 0..47 chunked end -1
  Transfer-Encoding: "chunked"
chunk 0 "" 47..50 "0\r\n"
odd missing-zero 56..56 ""
`},
	"the close comes before the announced length": {raw: length9 + "data", want: `
HTTP/1.1 200 "OK" head 0..38 length 9 end -1
  Content-Length: "9"
body 38..42 "data"
odd short-body 42..42 ""
`},
	"the close comes before any of the announced length": {raw: length9, want: `
HTTP/1.1 200 "OK" head 0..38 length 9 end -1
  Content-Length: "9"
odd short-body 38..38 ""
`},
	"the close comes inside the head": {raw: ok200 + "Content-", want: `
 0 "" head 0..0 unframed end -1
odd head-cut 0..25 "HTTP/1.1 200 OK\r\nContent-"
`},
	"the close comes before the blank line of the head": {raw: ok200, want: `
 0 "" head 0..0 unframed end -1
odd head-cut 0..17 "HTTP/1.1 200 OK\r\n"
`},
	"the close comes inside the second head": {raw: "HTTP/1.1 103 Early Hints\r\n\r\n" + "HTTP/1.1 2", want: `
interim 103 0..28
 0 "" head 0..0 unframed end -1
odd head-cut 28..38 "HTTP/1.1 2"
`},
	"the close comes instead of a final answer": {raw: "HTTP/1.1 103 Early Hints\r\n\r\n", want: `
interim 103 0..28
 0 "" head 0..0 unframed end -1
odd head-cut 28..28 ""
`},
}

func TestParseMessageTakesAnAnswerApart(t *testing.T) {
	t.Parallel()
	for name, c := range messageCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := []byte(c.raw)
			got := ParseMessage(c.method, raw, !c.open)
			if diff := cmp.Diff(outline(got, raw), strings.TrimPrefix(c.want, "\n")); diff != "" {
				t.Errorf("ParseMessage(%q), got - want +\n%s", raw, diff)
			}
			checkExtents(t, got, raw)
			checkSplits(t, c.method, raw, !c.open, []byte{0})
			checkForgetting(t, c.method, raw, !c.open, []byte{0})
			for i := range raw {
				p := NewMessageParser(c.method)
				p.Advance(raw[:i])
				p.Advance(raw)
				if !c.open {
					p.Close()
				}
				if diff := cmp.Diff(p.Message(), got); diff != "" {
					t.Errorf("divided at %d, got - want +\n%s", i, diff)
				}
			}
			if c.witness {
				checkWitness(t, c.method, raw)
			}
		})
	}
}

func TestEveryOddityHasACase(t *testing.T) {
	t.Parallel()
	seen := map[OddityKind]bool{}
	for _, c := range messageCases {
		for _, o := range ParseMessage(c.method, []byte(c.raw), !c.open).Oddities {
			seen[o.Kind] = true
			if o.Note == "" {
				t.Errorf("%s in %q has no note", o.Kind, c.raw)
			}
		}
	}
	got := slices.Sorted(maps.Keys(seen))
	want := []OddityKind{BadStatusLine, BareLF, FoldedLine, BadFieldLine, BadFieldByte, BadChunkSize, BadChunkEnd, BodyAfterEnd,
		NoBodyHasBytes, MissingZero, ShortBody, HeadCut, ConflictLength, LengthAndCoding}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMessageOddFindsTheFirstOfSeveralKinds(t *testing.T) {
	t.Parallel()
	m := ParseMessage("GET", []byte(ok200+"A: b\r\n c\r\nD\r\n\r\n"), true)
	if got := m.Odd(BadFieldLine, FoldedLine); got == nil || got.Kind != FoldedLine {
		t.Errorf("got %v, want the folded line, which is first", got)
	}
	if got := m.Odd(BadFieldLine); got == nil || got.Lo != 27 {
		t.Errorf("got %v, want the line at 27", got)
	}
	if got := m.Odd(ShortBody); got != nil {
		t.Errorf("got %v, want none", got)
	}
}

func TestNotesSayWhatIsThere(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1000)
	for name, c := range map[string]struct {
		raw, want string
	}{
		"a folded field":      {ok200 + "A: b\r\n c\r\n\r\n", "the field A continues on the next line"},
		"a control character": {ok200 + "A: b\x01\r\n\r\n", "the value of A holds the control character 0x01"},
		"a chunk size":        {chunked + "0x1\r\n", `"0x1" is not a chunk size`},
		"a short body":        {length9 + "data", "4 of 9 body bytes came"},
		"a cut chunk":         {chunked + "9\r\ndata", "the connection ended inside a chunk, 5 bytes short"},
		"no zero chunk":       {chunked, "the connection ended before the zero chunk and its blank line"},
		"a long name is cut":  {ok200 + long + ": b\r\n c\r\n\r\n", "the field " + long[:60] + " continues on the next line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ParseMessage("GET", []byte(c.raw), true).Oddities[0].Note; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAChunkLineIsBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ext  int
		want string
	}{
		"the longest one":  {maxChunkLine - len("1;\r\n"), ""},
		"one byte more":    {maxChunkLine - len("1;\r\n") + 1, "chunk-size 47..16431"},
		"many bytes more":  {10 * maxChunkLine, "chunk-size 47..16431"},
		"none, as is rule": {0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := []byte(chunked + "1;" + strings.Repeat("x", c.ext) + "\r\na\r\n0\r\n\r\n")
			got := ""
			m := ParseMessage("GET", raw, true)
			for _, o := range m.Oddities {
				got += fmt.Sprintf("%s %d..%d", o.Kind, o.Lo, o.Hi)
			}
			if got != c.want || (m.End == len(raw)) != (c.want == "") {
				t.Errorf("got %q, end %d of %d; want %q", got, m.End, len(raw), c.want)
			}
			checkSplits(t, "GET", raw, true, []byte{1, 255})
		})
	}
}

func TestCloseEndsWhatTheConnectionDelimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw         string
		done, stuck bool // before
		end         int  // behind
		odd         OddityKind
	}{
		"a body up to the close is whole now":        {ok200 + "\r\nabc", false, false, 22, ""},
		"a whole chunked body stays as it is":        {chunked + "0\r\n\r\n", true, false, 52, ""},
		"a cut chunked body stays without an end":    {chunked + "5\r\nab", false, false, -1, MissingZero},
		"a short body stays without an end":          {length9 + "ab", false, false, -1, ShortBody},
		"a head that is not whole":                   {ok200, false, false, -1, HeadCut},
		"bytes that are not HTTP stay what they are": {"what?\r\n", false, true, -1, BadStatusLine},
		"a bad chunk size is not a missing zero":     {chunked + "x\r\n", false, true, -1, BadChunkSize},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := NewMessageParser("GET")
			p.Advance([]byte(c.raw))
			if p.Done() != c.done || p.Stuck() != c.stuck {
				t.Errorf("before Close: got done %t, stuck %t; want %t, %t", p.Done(), p.Stuck(), c.done, c.stuck)
			}
			p.Close()
			p.Close() // says nothing new
			m := p.Message()
			var got OddityKind
			for _, o := range m.Oddities {
				got += o.Kind
			}
			if m.End != c.end || got != c.odd || p.Done() != (c.end >= 0) {
				t.Errorf("got end %d, done %t, %q; want %d, %q", m.End, p.Done(), got, c.end, c.odd)
			}
		})
	}
}

func TestAParserTellsWhenTheHeadIsWhole(t *testing.T) {
	t.Parallel()
	raw := []byte("HTTP/1.1 103 Early Hints\r\n\r\n" + length9 + "data: a\n\n")
	p := NewMessageParser("GET")
	for n := range len(raw) + 1 {
		p.Advance(raw[:n])
		if got, want := p.HeadDone(), n >= 28+38; got != want {
			t.Errorf("after %d bytes: HeadDone() = %t, want %t", n, got, want)
		}
		if got, want := p.Done(), n == len(raw); got != want {
			t.Errorf("after %d bytes: Done() = %t, want %t", n, got, want)
		}
	}
}

// checkExtents fails unless extents lie in order inside raw.
func checkExtents(t *testing.T, m *Message, raw []byte) {
	t.Helper()
	last := 0
	in := func(what string, lo, hi int) {
		if lo < last || hi < lo || hi > len(raw) {
			t.Errorf("%s %d..%d does not lie in order within %d..%d", what, lo, hi, last, len(raw))
		}
		last = hi
	}
	for _, i := range m.Interim {
		in("interim head", i.Head.Lo, i.Head.Hi)
	}
	if m.Head.Hi > 0 {
		in("head", m.Head.Lo, m.Head.Hi)
	}
	behind := last
	for _, c := range m.Chunks {
		in("chunk line", c.Lo, c.Hi)
	}
	last = behind
	sum := int64(0)
	for _, e := range m.Body {
		in("body", e.Lo, e.Hi)
		sum += int64(e.Hi - e.Lo)
	}
	if m.End > len(raw) || m.End >= 0 && m.End < last {
		t.Errorf("end %d, want it from %d to %d", m.End, last, len(raw))
	}
	for _, o := range m.Oddities {
		last = 0
		in("oddity "+string(o.Kind), o.Lo, o.Hi)
	}
	announced := int64(0)
	for _, c := range m.Chunks {
		announced += c.Size
	}
	switch {
	case m.Framing == Chunked && (sum > announced || m.End >= 0 && sum != announced):
		t.Errorf("the body has %d bytes, its chunks announce %d", sum, announced)
	case m.Framing == Length && (sum > m.Length || m.End >= 0 && sum != m.Length):
		t.Errorf("the body has %d bytes, announced are %d", sum, m.Length)
	case m.Framing == NoBody && sum > 0:
		t.Errorf("an answer without a body has %d bytes of it", sum)
	}
}

// pieces calls f with growing prefixes of raw; cuts says by how much they grow, again and again.
func pieces(raw []byte, cuts []byte, f func(n int)) {
	n := 0
	for i := 0; n < len(raw); i++ {
		if len(cuts) == 0 {
			n = len(raw)
		} else {
			n = min(len(raw), n+1+int(cuts[i%len(cuts)]))
		}
		f(n)
	}
}

// checkSplits fails unless the answer is read in pieces as it is read whole.
func checkSplits(t *testing.T, method string, raw []byte, closed bool, cuts []byte) {
	t.Helper()
	p := NewMessageParser(method)
	pieces(raw, cuts, func(n int) { p.Advance(raw[:n:n]) })
	if closed {
		p.Close()
	}
	if want := ParseMessage(method, raw, closed); !reflect.DeepEqual(p.Message(), want) {
		t.Errorf("%q in pieces of %v+1, got - want +\n%s", raw, cuts, cmp.Diff(p.Message(), want))
	}
}

// follow reads an answer as who keeps none of it.
func follow(method string, raw []byte, closed bool, cuts []byte) (p *MessageParser, body []byte, odd []OddityKind) {
	p = NewMessageParser(method)
	var held []byte
	last := 0
	keep := func() {
		for _, e := range p.Message().Body {
			body = append(body, held[e.Lo:e.Hi]...)
		}
		for _, o := range p.Message().Oddities {
			if len(odd) == 0 || o.Kind != BodyAfterEnd && o.Kind != NoBodyHasBytes || odd[len(odd)-1] != o.Kind {
				odd = append(odd, o.Kind)
			}
		}
	}
	pieces(raw, cuts, func(n int) {
		held = append(held, raw[last:n]...)
		last = n
		p.Advance(held)
		keep()
		held = bytes.Clone(held[p.Forget():])
	})
	if closed {
		p.Close()
		keep()
	}
	return p, body, odd
}

// checkForgetting fails unless an answer of which nothing is kept is read as it is read whole.
func checkForgetting(t *testing.T, method string, raw []byte, closed bool, cuts []byte) {
	t.Helper()
	p, body, odd := follow(method, raw, closed, cuts)
	whole := ParseMessage(method, raw, closed)
	var wantBody []byte
	for _, e := range whole.Body {
		wantBody = append(wantBody, raw[e.Lo:e.Hi]...)
	}
	var wantOdd []OddityKind
	for _, o := range whole.Oddities {
		wantOdd = append(wantOdd, o.Kind)
	}
	if !bytes.Equal(body, wantBody) {
		t.Errorf("following %q: got the body %q, want %q", raw, body, wantBody)
	}
	if !slices.Equal(odd, wantOdd) {
		t.Errorf("following %q: got %v, want %v", raw, odd, wantOdd)
	}
	if p.Done() != (whole.End >= 0) {
		t.Errorf("following %q: got done %t", raw, p.Done())
	}
	if got, want := withoutOffsets(p.Message()), withoutOffsets(whole); !reflect.DeepEqual(got, want) {
		t.Errorf("following %q, got - want +\n%s", raw, cmp.Diff(got, want))
	}
}

// withoutOffsets returns what is left of a message when its bytes are gone.
func withoutOffsets(m *Message) Message {
	out := *m
	out.Head, out.Chunks, out.Body, out.End, out.Oddities = Extent{}, nil, nil, 0, nil
	out.Interim = slices.Clone(m.Interim)
	for i := range out.Interim {
		out.Interim[i].Head = Extent{}
	}
	return out
}

func TestAnEndlessAnswerIsFollowedInBoundedMemory(t *testing.T) {
	t.Parallel()
	p := NewMessageParser("GET")
	p.Advance([]byte(chunked))
	held := []byte(chunked)[p.Forget():]
	event := bytes.Repeat([]byte("data: "), 500)
	chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", len(event), event)
	came, sent := 0, 0
	for range 20_000 { // 60 MB
		for piece := range slices.Chunk(chunk, 700) {
			held = append(held, piece...)
			sent += len(piece)
			p.Advance(held)
			m := p.Message()
			for _, e := range m.Body {
				for i, c := range held[e.Lo:e.Hi] {
					if want := event[(came+i)%len(event)]; c != want {
						t.Fatalf("body byte %d: got %q, want %q", came+i, c, want)
					}
				}
				came += e.Hi - e.Lo
			}
			if len(m.Body) > 2 || len(m.Chunks) > 2 || len(m.Oddities) > 0 || cap(held) > 8<<10 {
				t.Fatalf("after %d bytes: %d extents, %d chunks, %d bytes held", sent, len(m.Body), len(m.Chunks), cap(held))
			}
			held = held[:copy(held, held[p.Forget():])]
		}
	}
	if want := 20_000 * len(event); came != want {
		t.Errorf("got %d body bytes, want %d", came, want)
	}
}

// In quadratic time several of these take the better part of a minute, or all memory.
func TestReadingTakesLinearTime(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, c := range map[string]struct {
		raw   string
		piece int
	}{
		"a long head, byte by byte":              {ok200 + "A: " + repeat("b"), 1},
		"a head of many lines, byte by byte":     {ok200 + repeat("A: b\r\n"), 1},
		"a long first line, byte by byte":        {"HTTP/1.1 200 " + repeat("x"), 1},
		"what is not HTTP, byte by byte":         {repeat("x"), 1},
		"a trailer of many lines, byte by byte":  {chunked + "0\r\n" + repeat("A: b\r\n"), 1},
		"long chunk lines, byte by byte":         {chunked + repeat("1;"+strings.Repeat("x", 16000)+"\r\na\r\n"), 1},
		"a long body, byte by byte":              {ok200 + "\r\n" + repeat("\n"), 1},
		"bytes behind the end, byte by byte":     {chunked + "0\r\n\r\n" + repeat("x"), 1},
		"many interim answers with LF only":      {repeat("HTTP/1.1 100 \n\n"), size},
		"many interim answers":                   {repeat("HTTP/1.1 100 \r\n\r\n"), size},
		"a field that folds on and on":           {ok200 + "A: b\r\n" + repeat(" c\r\n") + "\r\n", size},
		"a long name before many folds":          {ok200 + repeat("A") + ":\r\n" + repeat(" c\r\n") + "\r\n", size},
		"many lengths":                           {ok200 + "Content-Length: " + repeat("1,") + "\r\n\r\n", size},
		"a chunk for each byte":                  {chunked + repeat("1\r\na\r\n"), size},
		"a chunk for each byte, in small pieces": {chunked + repeat("1\r\na\r\n"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := []byte(c.raw)
			p := NewMessageParser("GET")
			for n := min(c.piece, len(raw)); ; n = min(n+c.piece, len(raw)) {
				p.Advance(raw[:n])
				if n == len(raw) {
					break
				}
			}
			p.Close()
			checkExtents(t, p.Message(), raw)
		})
	}
}

// An answer as net/http reads it, an independent witness.
type witnessed struct {
	Proto   string
	Status  int
	Header  http.Header
	Body    string
	Trailer http.Header
}

func mapped(h Header) http.Header {
	out := http.Header{}
	for _, f := range h {
		out.Add(f.Name, f.Value)
	}
	return out
}

// checkWitness fails unless net/http reads a well-formed answer the same way.
func checkWitness(t *testing.T, method string, raw []byte) {
	t.Helper()
	if method == "" {
		method = "GET"
	}
	in := bufio.NewReader(bytes.NewReader(raw))
	res, err := http.ReadResponse(in, &http.Request{Method: method})
	for err == nil && res.StatusCode < 200 && res.StatusCode != 101 {
		res, err = http.ReadResponse(in, &http.Request{Method: method})
	}
	if err != nil {
		t.Fatalf("net/http cannot read %q: %v", raw, err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("net/http cannot read the body of %q: %v", raw, err)
	}
	want := witnessed{res.Proto, res.StatusCode, res.Header, string(body), res.Trailer}
	if len(res.TransferEncoding) > 0 { // it takes them out
		want.Header["Transfer-Encoding"] = res.TransferEncoding
	}
	m := ParseMessage(method, raw, true)
	got := witnessed{Proto: m.Proto, Status: m.Status, Header: mapped(m.Header), Trailer: mapped(m.Trailer)}
	for _, e := range m.Body {
		got.Body += string(raw[e.Lo:e.Hi])
	}
	got.Header.Del("Trailer")
	if diff := cmp.Diff(got, want, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%q, got - net/http +\n%s", raw, diff)
	}
	if m.End != len(raw) || len(m.Oddities) > 0 {
		t.Errorf("%q: got end %d, oddities %v; want %d and none", raw, m.End, m.Oddities, len(raw))
	}
}

func TestWellFormedAnswersAreReadAsNetHTTPReadsThem(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		method, raw := wellFormed(rnd)
		checkWitness(t, method, raw)
		cuts := []byte{byte(rnd.IntN(9)), byte(rnd.IntN(60))}
		checkSplits(t, method, raw, true, cuts)
		checkForgetting(t, method, raw, true, cuts)
		if t.Failed() {
			return
		}
	}
}

// wellFormed makes up an answer to which nobody could object.
func wellFormed(rnd *rand.Rand) (method string, raw []byte) {
	b := &bytes.Buffer{}
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	field := func() {
		fmt.Fprintf(b, "%s%d:%s%s%s\r\n", pick("X-", "x_", "A.b!"), rnd.IntN(9), pick("", " ", "\t "),
			pick("", "a", "a \t b", "\"q, r\"", "\u00fc", ": :"), pick("", " ", " \t"))
	}
	for range rnd.IntN(3) {
		fmt.Fprintf(b, "HTTP/1.1 %s\r\n", pick("100 Continue", "103 Early Hints", "102 "))
		field()
		b.WriteString("\r\n")
	}
	method = pick("GET", "GET", "POST", "HEAD")
	status := pick("200 OK", "200 ", "404 Not Found", "500 a  b", "204 No Content", "304 Not Modified")
	bare := method == "HEAD" || status[0] == '3' || status[:3] == "204"
	body := make([]byte, rnd.IntN(300))
	for i := range body {
		body[i] = "\r\n0a: \x00\xff"[rnd.IntN(8)]
	}
	fmt.Fprintf(b, "HTTP/1.1 %s\r\n", status)
	for range rnd.IntN(4) {
		field()
	}
	framing := rnd.IntN(3)
	switch {
	case status[:3] == "204" || framing == 0:
	case framing == 1:
		fmt.Fprintf(b, "Content-Length: %d\r\n", len(body))
	default:
		fmt.Fprintf(b, "Transfer-Encoding: %s\r\n", "chunked")
	}
	b.WriteString("\r\n")
	switch {
	case bare:
	case framing < 2:
		b.Write(body)
	default:
		for len(body) > 0 {
			n := 1 + rnd.IntN(len(body))
			fmt.Fprintf(b, pick("%x%s\r\n", "%X%s\r\n", "00%x%s\r\n"), n, pick("", ";a", ";a=b", ";a=\"b\""))
			fmt.Fprintf(b, "%s\r\n", body[:n])
			body = body[n:]
		}
		fmt.Fprintf(b, "%s\r\n", pick("0", "000", "0;a"))
		for range rnd.IntN(3) {
			field()
		}
		b.WriteString("\r\n")
	}
	return method, b.Bytes()
}

func TestAssembleStampsWhatTheRawBytesSay(t *testing.T) {
	t.Parallel()
	whole := []byte("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + chunked + "9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\nX-Sum: 1\r\n\r\n")
	ms := time.Millisecond
	x := &Exchange{
		Request: Request{Method: "GET"},
		End:     End{Kind: Complete, At: 9 * ms},
		Header:  Header{{"Old", "one"}}, Interim: []Interim{{Status: 100}}, Body: []Chunk{{0, []byte("old")}}, Trailer: Header{{"Old", "one"}}, HeadAt: ms,
	}
	// The reads: into the interim head, up to its last byte, into the final head, up to within the first
	// chunk's data, nothing, up to within the second one's size line, the rest.
	at := 0
	for i, n := range []int{10, 40, 60, 92, 92, 103, len(whole)} {
		x.Raw = append(x.Raw, Chunk{time.Duration(i+1) * ms, whole[at:n]})
		at = n
	}
	x.Assemble()
	want := &Exchange{
		Request: x.Request, Raw: x.Raw, End: x.End,
		Proto: "HTTP/1.1", Status: 200,
		Header:  Header{{"Transfer-Encoding", "chunked"}},
		Interim: []Interim{{103, Header{{"Link", "</a>"}}, 2 * ms}},
		HeadAt:  4 * ms,
		Body:    []Chunk{{4 * ms, []byte("da")}, {6 * ms, []byte("ta: a\n\n")}, {7 * ms, []byte("data: b\n\n")}},
		Trailer: Header{{"X-Sum", "1"}},
	}
	if diff := cmp.Diff(x, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if &x.Body[0].Data[0] != &whole[90] {
		t.Error("the body is a copy, want it to lie in the raw bytes")
	}
	if got := outline(x.Message(), whole); got != outline(ParseMessage("GET", whole, true), whole) {
		t.Errorf("Message() = %s", got)
	}
}

func TestAssembleOfNoHeadHasNoMoment(t *testing.T) {
	t.Parallel()
	x := &Exchange{Raw: []Chunk{{time.Second, []byte(ok200)}}, HeadAt: time.Second, Proto: "HTTP/1.1", Status: 200, End: End{Kind: Truncated}}
	x.Assemble()
	if x.HeadAt != 0 || x.Proto != "" || x.Status != 0 || x.Body != nil {
		t.Errorf("got %+v, want nothing but the raw bytes", x)
	}
}

func TestMessageOfAnExchangeTakesItsEndIntoAccount(t *testing.T) {
	t.Parallel()
	for kind, want := range map[EndKind]OddityKind{Complete: MissingZero, Truncated: MissingZero, Reset: "", Silent: "", HungUp: ""} {
		x := &Exchange{Raw: []Chunk{{0, []byte(chunked)}}, End: End{Kind: kind}}
		var got OddityKind
		for _, o := range x.Message().Oddities {
			got += o.Kind
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
	}
	if got := (&Exchange{}).Message(); got != nil {
		t.Errorf("without raw bytes: got %v, want nil", got)
	}
}

// FuzzMessage: however an answer is divided, and whether it is kept or forgotten, it is read the same way.
func FuzzMessage(f *testing.F) {
	for _, c := range messageCases {
		f.Add([]byte(c.raw), []byte{0}, c.method == "HEAD", !c.open)
	}
	f.Fuzz(func(t *testing.T, raw, cuts []byte, head, closed bool) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		m := ParseMessage(method, raw, closed)
		checkExtents(t, m, raw)
		checkSplits(t, method, raw, closed, cuts)
		checkForgetting(t, method, raw, closed, cuts)
		if len(raw) < 1<<12 {
			checkSplits(t, method, raw, closed, []byte{0})
		}
	})
}
