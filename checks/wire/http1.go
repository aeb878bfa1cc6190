package wire

// Framing is how an HTTP/1.x message says where its body ends (RFC 9112, 6.3).
type Framing uint8

// The framings.
const (
	NoBody  Framing = iota + 1 // HEAD, 1xx, 204, 304
	Chunked                    // Transfer-Encoding ends in chunked
	Length                     // Content-Length
	Close                      // until the connection closes
)

// An Oddity is something in the raw bytes of a message that a tolerant reader would pass over in silence.
// It says what is there; whether that is a mistake is for the checks.
type Oddity struct {
	Kind   OddityKind
	Lo, Hi int // raw offsets
	Note   string
}

// OddityKind names an [Oddity].
type OddityKind string

// The oddities of an HTTP/1.x message.
const (
	BadStatusLine   OddityKind = "status-line"       // not HTTP-version SP 3DIGIT SP reason
	BareLF          OddityKind = "bare-lf"           // a head or chunk line ends in LF without CR
	FoldedLine      OddityKind = "folded-line"       // obs-fold: a field continues on the next line (RFC 9112, 5.2)
	BadFieldLine    OddityKind = "field-line"        // no colon, white space before the colon, or a name that is not a token
	BadFieldByte    OddityKind = "field-byte"        // NUL or another control character in a value (RFC 9110, 5.5)
	BadChunkSize    OddityKind = "chunk-size"        // not a hexadecimal number (RFC 9112, 7.1)
	BadChunkEnd     OddityKind = "chunk-end"         // chunk data not followed by CRLF
	BodyAfterEnd    OddityKind = "body-after-end"    // bytes behind the end of the message
	NoBodyHasBytes  OddityKind = "no-body-bytes"     // bytes behind the head of an answer that must not have a body
	MissingZero     OddityKind = "missing-zero"      // the connection ended before the zero chunk
	ShortBody       OddityKind = "short-body"        // the connection ended before Content-Length bytes
	HeadCut         OddityKind = "head-cut"          // the connection ended inside the head
	ConflictLength  OddityKind = "conflict-length"   // several different Content-Length values
	LengthAndCoding OddityKind = "length-and-coding" // Content-Length together with Transfer-Encoding (RFC 9112, 6.2)
)

// A ChunkLine is one chunk of a chunked body: its size line and what it announced.
type ChunkLine struct {
	Lo, Hi int // raw offsets of the size line, terminator included
	Size   int64
	Ext    string // chunk extensions, as sent
}
