package framing

import (
	"bytes"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

var utf8Encoding = &checks.Check{
	ID:     "framing/utf8",
	Title:  "An event stream must be encoded as UTF-8",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", "Event streams in this format must always be encoded as UTF-8."),
	Since:  "0.1",
	Doc: `
There is no way to name another encoding: every client decodes UTF-8, puts U+FFFD in place of each
sequence that is none, and reports nothing. The text arrives damaged.

A character may be divided among writes, chunks and frames as one likes. One that is cut off where
the watching or the transfer stopped is not counted, and noncharacters such as U+FFFE are legal.`,
	Fix:   "Encode the whole stream as UTF-8; do not cut strings by bytes before they are encoded, and decode what other services send before passing it on.",
	Good:  "data: Gr\xc3\xbc\xc3\x9fe\n\n",
	Bad:   "data: Gr\xfc\xdfe\n\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/transport-leak"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		body := v.Text.Bytes
		t := tallyOf(v)
		if !utf8.Valid(body) {
			for _, l := range v.Stream.Lines { // line ends are ASCII, so no character reaches beyond one
				if !utf8.Valid(body[l.Lo:l.Hi]) {
					t.illFormed(l)
				}
			}
		}
		return t.Outcome(len(body), "all %d bytes are UTF-8", len(body))
	},
}

// illFormed takes a finding on each sequence of a line that is not UTF-8.
func (t *tally) illFormed(l stream.Line) {
	b := t.View.Text.Bytes[:l.Hi]
	for at := l.Lo; at < l.Hi; {
		r, n := utf8.DecodeRune(b[at:])
		switch {
		case r != utf8.RuneError || n > 1:
		case l.End == stream.None && !utf8.FullRune(b[at:]):
			if whole(t.View) {
				t.Add(at, l.Hi, "the answer ends inside a character: a client shows U+FFFD for %q", b[at:])
			}
			return
		default:
			n = sequenceLen(b[at:])
			t.Add(at, at+n, "%q is not UTF-8, %s: a client shows U+FFFD in its place", b[at:at+n], fault(b[at:]))
		}
		at += n
	}
}

// sequenceLen returns how many bytes of b were meant as one character: a first byte, and what follows
// of the continuation bytes it asks for.
func sequenceLen(b []byte) int {
	want := 1
	switch c := b[0]; {
	case c >= 0xF8:
	case c >= 0xF0:
		want = 4
	case c >= 0xE0:
		want = 3
	case c >= 0xC0:
		want = 2
	}
	n := 1
	for n < min(want, len(b)) && b[n]&0xC0 == 0x80 {
		n++
	}
	return n
}

// fault says what is wrong with the sequence that b begins with (RFC 3629, 3 and 4).
func fault(b []byte) string {
	second := byte(0)
	if sequenceLen(b) > 1 {
		second = b[1]
	}
	switch c := b[0]; {
	case c < 0xC0:
		return "a continuation byte without a first one"
	case c < 0xC2, second != 0 && (c == 0xE0 && second < 0xA0 || c == 0xF0 && second < 0x90):
		return "an overlong form"
	case c == 0xED && second >= 0xA0:
		return "a surrogate"
	case c > 0xF7:
		return "a byte that UTF-8 never uses"
	case c > 0xF4, c == 0xF4 && second >= 0x90:
		return "above U+10FFFF"
	}
	return "a character that breaks off"
}

const replacement = "\uFFFD"

var replacementChar = &checks.Check{
	ID:     "framing/replacement-char",
	Title:  "Replacement characters in data are told, for a server may have made them",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "Streams must be decoded using the UTF-8 decode algorithm."),
	Since:  "0.1",
	Doc: `
A server that decodes the bytes of each token on its own turns a character that two tokens share into
two or three U+FFFD. The stream is then valid UTF-8, and the text is damaged all the same.

U+FFFD is a legal character and a payload may really hold it, so this never fails.`,
	Good:  "data: Gr\xc3\xbc\xc3\x9fe\n\n",
	Bad:   "data: Gr\xef\xbf\xbd\xef\xbf\xbde\n\n",
	Needs: control,
	When:  readable,
	After: []string{"framing/utf8"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		n, beside := 0, 0
		if bytes.Contains(v.Text.Bytes, []byte(replacement)) {
			for _, l := range finished(v.Stream.Lines) {
				if kindOf(v.Stream, l) == data {
					some, near := replacements(v.Stream.Value(l))
					n, beside = n+some, beside+near
				}
			}
		}
		if n == 0 {
			return checks.Unconcerned("no data holds U+FFFD")
		}
		return checks.Held(n, "%d replacement characters (U+FFFD) in data, %d of them beside other characters beyond ASCII", n, beside)
	},
}

// replacements counts U+FFFD, and how many of them stand beside another character beyond ASCII.
func replacements(value []byte) (n, beside int) {
	for at := 0; ; {
		i := bytes.Index(value[at:], []byte(replacement))
		if i < 0 {
			return n, beside
		}
		lo := at + i
		at = lo + len(replacement)
		n++
		if lo > 0 && value[lo-1] >= utf8.RuneSelf || at < len(value) && value[at] >= utf8.RuneSelf {
			beside++
		}
	}
}
