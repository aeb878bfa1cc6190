package stream

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A vector is an event stream and what a browser makes of it.
type vector struct {
	name  string
	in    string
	want  []string // type|data|lastEventId
	id    string   // the cursor at the end
	retry int64    // 0 stands for never set
}

// The numbers are those of the project's catalogue of requirements. V34, the ways of cutting, is
// what the functions below do with all the others.
var vectors = []vector{
	{name: "V1 one event", in: "data: a\n\n", want: []string{"message|a|"}},
	{name: "V2 one space is removed, or none", in: "data:a\n\ndata:  a\n\n", want: []string{"message|a|", "message| a|"}},
	{name: "V3 a tab is not a space", in: "data:\ta\n\n", want: []string{"message|\ta|"}},
	{name: "V4 data lines are joined with LF", in: "data: a\ndata: b\n\n", want: []string{"message|a\nb|"}},
	{name: "V5 empty data is data", in: "data\n\ndata:\n\ndata: \n\n", want: []string{"message||", "message||", "message||"}},
	{name: "V6 two empty data lines make one LF", in: "data\ndata\n\n", want: []string{"message|\n|"}},
	{name: "V7 without data no event, but the id counts", in: "\n\n: x\n\nevent: e\n\nid: 1\n\n", id: "1"},
	{name: "V8 a type is forgotten at the blank line", in: "event: e\n\ndata: a\n\n", want: []string{"message|a|"}},
	{name: "V9 a type holds for one event", in: "event: e\ndata: a\n\ndata: b\n\n", want: []string{"e|a|", "message|b|"}},
	{name: "V10 an empty type is message", in: "event:\ndata: a\n\n", want: []string{"message|a|"}},
	{name: "V11 CR and mixed line ends", in: "data: a\r\rdata: b\r\n\r\ndata: c\n\n", want: []string{"message|a|", "message|b|", "message|c|"}},
	{name: "V12 LF and CRLF are two ends", in: "data: a\n\r\n", want: []string{"message|a|"}},
	{name: "V13 CRLF and LF are two ends", in: "data: a\r\n\n", want: []string{"message|a|"}},
	{name: "V14 CRLF is one end", in: "data: a\r\n\n", want: []string{"message|a|"}},
	{name: "V15 a byte order mark at the start is removed", in: "\uFEFFdata: a\n\n", want: []string{"message|a|"}},
	{name: "V16 a second byte order mark is part of the name", in: "\uFEFF\uFEFFdata: a\n\ndata: b\n\n", want: []string{"message|b|"}},
	{name: "V17 a later byte order mark is part of the name", in: "data: a\n\n\uFEFFdata: b\n\n", want: []string{"message|a|"}},
	{name: "V18 names are compared exactly", in: "Data: a\ndata : b\n data: c\ndata: d\n\n", want: []string{"message|d|"}},
	{name: "V19 unknown fields are ignored", in: "data: a\njunk\nx: y\ndata: b\n\n", want: []string{"message|a\nb|"}},
	{name: "V20 the first colon ends the name", in: "data: a:b: c\n\n", want: []string{"message|a:b: c|"}},
	{name: "V21 a colon first makes a comment", in: ":data: a\n\n"},
	{name: "V22 comments do not end data", in: ": c\ndata: a\n:\ndata: b\n\n", want: []string{"message|a\nb|"}},
	{name: "V23 an id holds until it is changed or reset", in: "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", want: []string{"message|a|1", "message|b|1", "message|c|"}},
	{name: "V24 an id with NUL is ignored", in: "id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", want: []string{"message|a|1", "message|b|1"}, id: "1"},
	{name: "V25 an unfinished block is lost with its id", in: "data: a\n\nid: 9\ndata: b\n", want: []string{"message|a|"}},
	{name: "V26 a block with an id only sets the cursor", in: "id: 9\n\n", id: "9"},
	{name: "V27 a retry needs no blank line", in: "retry: 0500\n", retry: 500},
	{name: "V28 a retry is digits only", in: "retry: 500\nretry: 1s\nretry:  7\nretry: 8 \n\n", retry: 500},
	{name: "V29 NUL is data", in: "data: \x00\n\n", want: []string{"message|\x00|"}},
	{name: "V30 what is not UTF-8 is replaced", in: "data: \xC3\x28\n\n", want: []string{"message|\uFFFD(|"}},
	{name: "V31 a character may be cut", in: "data: €\n\n", want: []string{"message|€|"}},
	{name: "V32 U+2028 is data", in: "data: a\u2028b\n\n", want: []string{"message|a\u2028b|"}},
	{name: "V33 a line of 1 MiB is whole", in: "data: " + strings.Repeat("x", 1<<20) + "\n\n", want: []string{"message|" + strings.Repeat("x", 1<<20) + "|"}},
	{name: "V35 the second event has the first one's id", in: "id: 1\ndata: a\n\ndata: a\n\n", want: []string{"message|a|1", "message|a|1"}, id: "1"},

	{name: "the last type of a block counts", in: "event: y\nevent: z\ndata: c\n\nevent: x\nevent:\ndata: d\n\n", want: []string{"z|c|", "message|d|"}},
	{name: "a type may follow data", in: "data: a\nevent: longer-name\ndata: bbbbbbbbbbbb\n\n", want: []string{"longer-name|a\nbbbbbbbbbbbb|"}},
	{name: "the last id of a block counts", in: "id: 1\nid: 2\ndata: c\nid\n\nid: 3\ndata: d\n\n", want: []string{"message|c|", "message|d|3"}, id: "3"},
	{name: "VT, FF and NEL are data", in: "data: a\vb\fc\u0085d\n\n", want: []string{"message|a\vb\fc\u0085d|"}},
	{name: "half a line is lost", in: "data: a\n\ndata: b", want: []string{"message|a|"}},
	{name: "half a retry is lost", in: "retry: 500"},
	{name: "a retry counts in an unfinished block", in: "id: 1\n\nid: 2\nretry: 7\ndata: x", id: "1", retry: 7},
	{name: "no retry is negative, signed, fractional or empty", in: "retry: -5\nretry: +5\nretry: 1.5\nretry:\nretry\nretry: \n\n"},
	{name: "a retry beyond all bounds is the largest", in: "retry: 99999999999999999999999\n\n", retry: 1<<63 - 1},
	{name: "CR CR LF is two ends", in: "data: a\r\r\ndata: b\r\r\n", want: []string{"message|a|", "message|b|"}},
	{name: "two thirds of a byte order mark are none", in: "\xEF\xBBdata: a\n\ndata: b\n\n", want: []string{"message|b|"}},
	{name: "nothing at all"},
	{name: "a byte order mark and nothing else", in: "\uFEFF"},
	{name: "many data lines", in: strings.Repeat("data: "+strings.Repeat("y", 3000)+"\n", 67) + "\n", want: []string{"message|" + strings.Repeat(strings.Repeat("y", 3000)+"\n", 66) + strings.Repeat("y", 3000) + "|"}},
}

// pieces are the ways in which each vector is cut.
var pieces = map[string]func(string) []string{
	"whole":                func(s string) []string { return []string{s} },
	"byte by byte":         cutBytes,
	"after each line end":  func(s string) []string { return cutAfter(s, "\r\n") },
	"before each line end": func(s string) []string { return cutBefore(s, "\r\n") },
}

func cutBytes(s string) (out []string) {
	for i := range len(s) {
		out = append(out, s[i:i+1])
	}
	return out
}

func cutAfter(s, set string) (out []string) {
	for len(s) > 0 {
		n := strings.IndexAny(s, set) + 1
		if n == 0 {
			n = len(s)
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

func cutBefore(s, set string) (out []string) {
	for len(s) > 0 {
		n := strings.IndexAny(s[1:], set) + 1
		if n == 0 {
			n = len(s)
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// show writes an event as the vectors do.
func show(e Event) string {
	return fmt.Sprintf("%s|%s|%s", e.Name(), Decode(e.Data), Decode(e.ID))
}

func TestParserReadsTheVectors(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, ps []string) {
		p := NewParser(EventStream)
		for _, piece := range ps {
			p.Feed([]byte(piece))
		}
		s := p.Close()
		var got []string
		for _, e := range s.Events {
			got = append(got, show(e))
		}
		v.check(t, got, s.ID, s.Retry)
	})
}

func TestReaderReadsTheVectors(t *testing.T) {
	eachVector(t, func(t *testing.T, v vector, ps []string) {
		var got []string
		r := NewReader(EventStream, func(e *Event) { got = append(got, show(*e)) })
		buf := make([]byte, len(v.in)) // one for all, to see that nothing is borrowed too long
		for _, piece := range ps {
			b := buf[:copy(buf, piece)]
			if n, err := r.Write(b); n != len(b) || err != nil {
				t.Errorf("Write(%d bytes) = %d, %v", len(b), n, err)
			}
			if string(b) != piece {
				t.Errorf("Write changed %q to %q", piece, b)
			}
		}
		v.check(t, got, r.ID(), r.Retry())
	})
}

func eachVector(t *testing.T, read func(*testing.T, vector, []string)) {
	for _, v := range vectors {
		for name, cut := range pieces {
			t.Run(v.name+", "+name, func(t *testing.T) { read(t, v, cut(v.in)) })
		}
	}
}

func (v vector) check(t *testing.T, events []string, id []byte, retry int64) {
	t.Helper()
	if fmt.Sprintf("%.80q", events) != fmt.Sprintf("%.80q", v.want) || len(strings.Join(events, "")) != len(strings.Join(v.want, "")) {
		t.Errorf("events: got %.80q, want %.80q", events, v.want)
	}
	if string(id) != v.id {
		t.Errorf("cursor: got %q, want %q", id, v.id)
	}
	if want := v.retry; retry != want && (want != 0 || retry != -1) {
		t.Errorf("retry: got %d, want %d", retry, want)
	}
}

func TestReaderDeliversAtTheBlankLine(t *testing.T) {
	for _, end := range []string{"\n", "\r", "\r\n"} {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			events := 0
			r := NewReader(EventStream, func(*Event) { events++ })
			in := "data: a" + end + end
			last := strings.TrimSuffix(in, "\n") // the CR of a CRLF is enough
			if end == "\n" {
				last = in
			}
			r.Write([]byte(last[:len(last)-1]))
			if events != 0 {
				t.Errorf("before the blank line: got %d events, want 0", events)
			}
			r.Write([]byte(last[len(last)-1:]))
			if events != 1 {
				t.Errorf("at the blank line: got %d events, want 1", events)
			}
		})
	}
}

func TestIDIsNilUntilSet(t *testing.T) {
	for in, want := range map[string]bool{"data: a\n\nid: 1\n": true, "id: 1\n\n": false, "id\n\n": false} {
		if got := Parse(EventStream, []byte(in)).ID == nil; got != want {
			t.Errorf("Parse(%q).ID == nil: got %v, want %v", in, got, want)
		}
		r := NewReader(EventStream, func(*Event) {})
		for _, c := range []byte(in) {
			r.Write([]byte{c})
		}
		if got := r.ID() == nil; got != want {
			t.Errorf("Reader after %q: ID() == nil: got %v, want %v", in, got, want)
		}
	}
}

func TestSingleDataLineIsNotCopied(t *testing.T) {
	body := []byte("data: abc\n\n")
	s := Parse(EventStream, body)
	body[6] = 'X'
	if got := s.Events[0].Data; !bytes.Equal(got, []byte("Xbc")) {
		t.Errorf("data: got %q, want that it aliases the body", got)
	}
}
