package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// streamed returns the view of a stream that was watched for span.
func streamed(span time.Duration, cs ...wire.Chunk) *checks.View {
	x := &wire.Exchange{
		Proto: "HTTP/1.1", Status: 200, Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}},
		Body: cs, End: wire.End{Kind: wire.HungUp, At: span},
	}
	b := &wire.Bundle{Recordings: []*wire.Recording{{Scene: wire.Control, Exchanges: []*wire.Exchange{x}}}}
	return checks.NewEvidence(b).Control()
}

func at(d time.Duration, s string) wire.Chunk { return wire.Chunk{At: d, Data: []byte(s)} }

// every returns n reads of s, a step apart.
func every(step time.Duration, n int, s string) []wire.Chunk {
	var cs []wire.Chunk
	for i := range n {
		cs = append(cs, at(time.Duration(i)*step, s))
	}
	return cs
}

func TestStrip(t *testing.T) {
	t.Parallel()
	const event, comment = "data: a\n\n", ": hb\n\n"
	s := time.Second
	for _, tc := range []struct {
		name         string
		span         time.Duration
		width        int
		chunks       []wire.Chunk
		cells, scale string
	}{
		{"one event a second", 10 * s, 20, every(s, 10, event),
			"▂ ▂ ▂ ▂ ▂ ▂ ▂ ▂ ▂ ▂ ",
			"0s               10s"},
		{"the last moment is in the last cell", 10 * s, 10, []wire.Chunk{at(0, event), at(10*s, event)},
			"▂        ▂",
			"0s     10s"},
		{"an arrival behind the end is drawn at the end", 10 * s, 10, []wire.Chunk{at(11*s, event)},
			"         ▂",
			"0s     10s"},
		{"an event counts when its blank line comes", 10 * s, 10, []wire.Chunk{at(2*s, "data: a\n"), at(7*s, "\n")},
			"  ·    ▂  ",
			"0s     10s"},
		{"one burst", 4 * s, 40, []wire.Chunk{at(3900*time.Millisecond, strings.Repeat(event, 30))},
			"                                       █",
			"0s        █ 30 events in 100ms        4s"},
		{"taller where more arrive", 4 * s, 40, []wire.Chunk{at(0, event), at(s, event+event), at(2*s, event+event+event), at(3*s, event+event+event+event)},
			"▂         ▄         ▆         █         ",
			"0s        █ 4 events in 100ms         4s"},
		{"comments only", 4 * s, 40, every(s, 4, comment),
			"·         ·         ·         ·         ",
			"0s         · bytes, no event          4s"},
		{"silence", 4 * s, 40, nil, "", ""},
		{"only empty reads", 4 * s, 40, []wire.Chunk{at(s, "")}, "", ""},
		{"no time", 0, 40, []wire.Chunk{at(0, event)}, "", ""},
		{"no room", 4 * s, 9, []wire.Chunk{at(0, event)}, "", ""},
		{"times that no run takes", 1 << 62, 20, []wire.Chunk{at(1<<61, event), at(-5, comment)},
			"·         ▂         ",
			"0s  1281023h53m38.4s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cells, scale := strip(streamed(tc.span, tc.chunks...), tc.width)
			if cells != tc.cells || scale != tc.scale {
				t.Errorf("got\n|%s|\n|%s|\nwant\n|%s|\n|%s|", cells, scale, tc.cells, tc.scale)
			}
		})
	}
}

func TestStripHasOneCellForEachColumn(t *testing.T) {
	t.Parallel()
	v := streamed(5*time.Second, every(13*time.Millisecond, 384, "data: a\n\n")...)
	for width := 10; width < 200; width++ {
		cells, scale := strip(v, width)
		if columns(cells) != width || columns(scale) != width {
			t.Errorf("at width %d the strip takes %d columns and its scale %d", width, columns(cells), columns(scale))
		}
		if strings.ContainsAny(cells, " ·") {
			t.Errorf("at width %d a steady stream has holes: %q", width, cells)
		}
	}
}

func TestGist(t *testing.T) {
	t.Parallel()
	v := streamed(9*time.Second, at(time.Second, ": hi\n\n"), at(1500*time.Millisecond, ""), at(3*time.Second, "data: a\n\n"))
	want := "1 event · 15 bytes · 1 comment · first byte after 1s · longest silence 6s · still open after 9s"
	if got := strings.Join(gist(v), " · "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "0 events · 0 bytes · still open after 9s"
	if got := strings.Join(gist(streamed(9*time.Second)), " · "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEnding(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		end  wire.End
		want string
	}{
		{wire.End{Kind: wire.Complete, At: 1234567890}, "ended properly after 1.23s"},
		{wire.End{Kind: wire.Truncated, At: 1234567}, "cut short after 1.2ms"},
		{wire.End{Kind: wire.Reset, At: 61 * time.Second}, "reset after 1m1s"},
		{wire.End{Kind: wire.Silent, At: 5 * time.Second}, "silent for 5s"},
		{wire.End{Kind: wire.HungUp, At: 5 * time.Second}, "still open after 5s"},
		{wire.End{Kind: wire.HungUp, At: 5 * time.Second, Note: "byte limit"}, "left after 5s: byte limit"},
	} {
		if got := ending(tc.end); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
