package stream

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func TestMaxEventDropsWhatIsLonger(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		name    string
		syntax  Syntax
		in      string
		want    string
		dropped int
	}{
		{"a long line", EventStream, "data: " + long + "\n\ndata: b\n\n", "b", 1},
		{"many short lines", EventStream, strings.Repeat("data: x\n", 10) + "\ndata: b\n\n", "b", 1},
		{"a long comment", EventStream, ":" + long + "\ndata: a\n\ndata: b\n\n", "b", 1},
		{"a long name", EventStream, long + "\n\ndata: b\n\n", "b", 1},
		{"a block of just the limit", EventStream, "data: " + long[:20] + "\n\ndata: b\n\n", long[:20] + " b", 0},
		{"a long text", NDJSON, long + "\nb\n", "b", 1},
		{"a long element", JSONSeq, "\x1e" + long + "\n\x1eb\n", "b", 1},
		{"a long object at the end", JSONSeq, "\x1eb\n\x1e[" + long + "]", "b", 1},
	} {
		for name, cut := range pieces {
			t.Run(c.name+", "+name, func(t *testing.T) {
				var got []string
				r := NewReader(c.syntax, func(e *Event) { got = append(got, string(e.Data)) })
				r.MaxEvent = 26
				for _, piece := range cut(c.in) {
					r.Write([]byte(piece))
				}
				r.Close()
				if got := strings.Join(got, " "); got != c.want || r.Dropped != c.dropped {
					t.Errorf("got %q and %d dropped, want %q and %d", got, r.Dropped, c.want, c.dropped)
				}
			})
		}
	}
}

func TestADroppedEventLeavesTheCursor(t *testing.T) {
	r := NewReader(EventStream, func(*Event) {})
	r.MaxEvent = 20
	r.Write([]byte("id: 1\ndata: a\n\nid: 2\ndata: " + strings.Repeat("x", 20) + "\n\n"))
	if got := string(r.ID()); got != "1" {
		t.Errorf("got %q, want %q", got, "1")
	}
}

func TestMaxEventBoundsMemory(t *testing.T) {
	for _, sx := range []Syntax{EventStream, NDJSON, JSONSeq, Text} {
		t.Run(fmt.Sprint(sx), func(t *testing.T) {
			r := NewReader(sx, func(*Event) {})
			r.MaxEvent = 64 << 10
			r.Write([]byte("\x1edata: "))
			piece := bytes.Repeat([]byte{'x'}, 32<<10)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range 512 { // 16 MiB
				r.Write(piece)
			}
			runtime.ReadMemStats(&after)
			if got, want := after.TotalAlloc-before.TotalAlloc, uint64(8*r.MaxEvent); got > want {
				t.Errorf("allocated: got %d bytes, want at most %d", got, want)
			}
		})
	}
}

func TestReaderDoesNotAllocate(t *testing.T) {
	for _, c := range corpora(64 << 10) {
		t.Run(c.name, func(t *testing.T) {
			events := 0
			r := NewReader(EventStream, func(*Event) { events++ })
			read := func() { writeAll(r, c.body, 4<<10) }
			read() // makes room
			if got := testing.AllocsPerRun(5, read); got != 0 {
				t.Errorf("allocations in %d events: got %v, want 0", c.events, got)
			}
			if want := 7 * c.events; events != want { // AllocsPerRun runs once more
				t.Errorf("events: got %d, want %d", events, want)
			}
		})
	}
}
