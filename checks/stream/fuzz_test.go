package stream

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"
)

var syntaxes = []Syntax{EventStream, NDJSON, JSONSeq, Text}

// seed adds every vector, and some bodies of the other syntaxes, with a few ways of cutting.
func seed(f *testing.F) {
	for _, cuts := range []string{"\x01", "\x02\x03", "\x00\x07\xff"} {
		for _, v := range vectors {
			if len(v.in) < 1000 {
				f.Add([]byte(v.in), []byte(cuts))
			}
		}
		for _, v := range texts {
			f.Add([]byte(v.in), []byte(cuts))
		}
	}
}

// cut divides body into pieces whose lengths are the bytes of cuts, again and again.
func cut(body, cuts []byte) [][]byte {
	var out [][]byte
	for i := 0; len(body) > 0; i++ {
		n := len(body)
		if len(cuts) > 0 {
			n = min(n, max(int(cuts[i%len(cuts)]), i%2)) // never zero twice in a row
		}
		out = append(out, body[:n])
		body = body[n:]
	}
	return out
}

func FuzzLinesRejoinToTheBody(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body, _ []byte) {
		for _, sx := range syntaxes {
			s := Parse(sx, body)
			at := s.start()
			for _, l := range s.Lines {
				checkLine(t, s, l, at)
				at = l.Hi
			}
			if at != len(body) {
				t.Errorf("%d: lines end at %d, want %d", sx, at, len(body))
			}
			checkPlaces(t, s)
		}
	})
}

func checkLine(t *testing.T, s *Stream, l Line, at int) {
	t.Helper()
	if l.Lo != at || l.Hi <= l.Lo {
		t.Errorf("line %+v: want one that begins at %d", l, at)
	}
	want := [...]string{None: "", LF: "\n", CR: "\r", CRLF: "\r\n"}[l.End]
	if got := string(s.Body[l.Hi-l.End.Len() : l.Hi]); got != want {
		t.Errorf("terminator of %+v: got %q, want %q", l, got, want)
	}
	ends := "\n"
	if s.Syntax == EventStream || s.Syntax == Text {
		ends = "\r\n"
	}
	if bytes.ContainsAny(s.Content(l), ends) {
		t.Errorf("content %q holds a line end", s.Content(l))
	}
	if s.Syntax == EventStream && l.Colon != -1 {
		if name := s.Name(l); bytes.Contains(name, []byte{':'}) || s.Body[l.Colon] != ':' {
			t.Errorf("name of %+v: got %q", l, name)
		}
	}
}

// checkPlaces checks that events lie in order before Tail, and that blocks and EventAt agree with them.
func checkPlaces(t *testing.T, s *Stream) {
	t.Helper()
	at := s.start()
	for i, e := range s.Events {
		if e.Lo < at || e.Hi <= e.Lo || e.Hi > s.Tail {
			t.Errorf("event %d at %d..%d: want it in %d..%d", i, e.Lo, e.Hi, at, s.Tail)
		}
		at = e.Hi
		if lo, hi := s.EventAt(e.Lo), s.EventAt(e.Hi-1); lo != i || hi != i {
			t.Errorf("EventAt both ends of event %d: got %d and %d", i, lo, hi)
		}
	}
	if s.Syntax != EventStream {
		return
	}
	events, at := 0, s.start()
	for b := range s.Blocks() {
		if b.Lo != at || b.Hi != b.Lines[len(b.Lines)-1].Hi || b.Event >= 0 && b.Event != events {
			t.Errorf("block %d..%d of event %d: want it at %d, event %d or none", b.Lo, b.Hi, b.Event, at, events)
		}
		if b.Event >= 0 {
			events++
		}
		if whole := s.IsBlank(b.Lines[len(b.Lines)-1]); whole != (b.Hi <= s.Tail) {
			t.Errorf("block %d..%d: ended: got %v, but the tail begins at %d", b.Lo, b.Hi, whole, s.Tail)
		}
		at = b.Hi
	}
	if events != len(s.Events) || at != len(s.Body) {
		t.Errorf("blocks: got %d events up to %d, want %d up to %d", events, at, len(s.Events), len(s.Body))
	}
}

func FuzzAnyCutGivesTheSameStream(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body, cuts []byte) {
		for _, sx := range syntaxes {
			p := NewParser(sx)
			for _, piece := range cut(body, cuts) {
				p.Feed(piece)
			}
			got, want := p.Close(), Parse(sx, body)
			got.Body, want.Body = nil, nil // nil or empty is all the same
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%d: got %+v, want %+v", sx, got, want)
			}
		}
	})
}

func FuzzReaderAgreesWithParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body, cuts []byte) {
		for _, sx := range syntaxes {
			s := Parse(sx, body)
			want := reading{id: string(s.ID), hasID: s.ID != nil, retry: s.Retry}
			for _, e := range s.Events {
				want.events = append(want.events, plain(e))
			}
			got := readAll(sx, 0, body, cuts)
			forgiveSplitCRLF(got.events, want.events, body)
			if !reflect.DeepEqual(got.reading, want) {
				t.Errorf("%d: got %+v, want %+v", sx, got.reading, want)
			}
		}
	})
}

type limited struct {
	reading
	dropped int
}

// readAll reads body in pieces, all of which pass through the same memory.
func readAll(sx Syntax, limit int, body, cuts []byte) (out limited) {
	r := NewReader(sx, func(e *Event) { out.events = append(out.events, plain(*e)) })
	r.MaxEvent = limit
	buf := make([]byte, len(body))
	for _, piece := range cut(body, cuts) {
		r.Write(buf[:copy(buf, piece)])
		for i := range buf {
			buf[i] = '#'
		}
	}
	r.Close()
	out.id, out.hasID, out.retry = string(r.ID()), r.ID() != nil, r.Retry()
	out.dropped = r.Dropped
	return out
}

// forgiveSplitCRLF makes up for the one exception that Reader's comment names.
func forgiveSplitCRLF(got, want []plainEvent, body []byte) {
	for i := range min(len(got), len(want)) {
		if hi := got[i].Hi; hi+1 == want[i].Hi && body[hi-1] == '\r' && body[hi] == '\n' {
			got[i].Hi++
		}
	}
}

func FuzzParseAgreesWithANaiveReading(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body, _ []byte) {
		s := Parse(EventStream, body)
		got := reading{id: string(s.ID), hasID: s.ID != nil, retry: s.Retry}
		for _, e := range s.Events {
			got.events = append(got.events, plain(e))
		}
		if want := naive(string(body)); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// A limit leaves out what is too long, whatever the pieces, and changes nothing else.
func FuzzMaxEventIsTheSameForAnyCut(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body, cuts []byte) {
		for _, sx := range syntaxes {
			for _, limit := range []int{1, 5, 9, 20} {
				got, want := readAll(sx, limit, body, cuts), readAll(sx, limit, body, nil)
				forgiveSplitCRLF(got.events, want.events, body)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%d, limit %d: got %+v, want %+v", sx, limit, got, want)
				}
				all := readAll(sx, 0, body, nil)
				for _, e := range want.events {
					if !slices.ContainsFunc(all.events, func(a plainEvent) bool { return a.Lo == e.Lo && a.Data == e.Data }) {
						t.Errorf("%d, limit %d: got %+v, which is no event without a limit", sx, limit, e)
					}
				}
			}
		}
	})
}

func FuzzDecodeAgreesWithAStateMachine(f *testing.F) {
	for _, c := range decodings {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, want := Decode(b), decodeByStates(b)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("Decode(%q): got %q, want %q", b, got, want)
		}
	})
}
