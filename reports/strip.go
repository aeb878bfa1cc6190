package reports

import (
	"fmt"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// heights are those of a cell of the strip, by how many events arrived in it.
var heights = []rune("▁▂▃▄▅▆▇█")

// quiet is a cell in which bytes arrived that finished no event: comments, and events in progress.
const quiet = '·'

// strip draws the arrivals of a stream over its time, and below it the scale: one cell for each slice of
// time, taller where more events arrived, a dot where only other bytes did, empty in silence. Both are
// "" where there is nothing to see.
func strip(v *checks.View, width int) (cells, scale string) {
	span := v.End.At
	if span <= 0 || len(v.Text.Bytes) == 0 || width < 10 {
		return "", ""
	}
	events, bytes := arrivals(v, width)
	most := 0
	for _, n := range events {
		most = max(most, n)
	}
	dots := false
	for i := range width {
		dots = dots || bytes[i] && events[i] == 0
	}
	return bars(events, bytes, most), scaleOf(span, width, most, dots)
}

// bars draws a cell for each slice of time, taller where there were more events; the tallest stands for most.
func bars(events []int, bytes []bool, most int) string {
	var b strings.Builder
	for i, n := range events {
		switch {
		case n > 0:
			b.WriteRune(height(n, most))
		case bytes != nil && bytes[i]:
			b.WriteRune(quiet)
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// height returns the bar for n events where the tallest stands for most. A bar of full height is not
// drawn for fewer than four, so that a stream with one event at a time does not look like a flood.
func height(n, most int) rune {
	full := max(most, 4)
	return heights[(n*len(heights)+full-1)/full-1]
}

// arrivals counts the events that arrived in each of width slices of the stream's time, and says where
// any byte did.
func arrivals(v *checks.View, width int) (events []int, bytes []bool) {
	cell := func(at time.Duration) int {
		return min(width-1, max(0, int(float64(at)*float64(width)/float64(v.End.At))))
	}
	events, bytes = make([]int, width), make([]bool, width)
	v.Text.Arrivals(func(at time.Duration, lo, hi int) {
		if hi > lo {
			bytes[cell(at)] = true
		}
	})
	for _, e := range v.Stream.Events {
		events[cell(v.Text.When(e.Hi-1))]++
	}
	return events, bytes
}

// scaleOf is the line below a strip: its two ends, and between them what its marks mean.
func scaleOf(span time.Duration, width, most int, dots bool) string {
	left, right := "0s", round(span).String()
	var keys []string
	if most > 1 {
		keys = append(keys, fmt.Sprintf("%c %d events in %v", height(most, most), most, round(span/time.Duration(width))))
	}
	if dots {
		keys = append(keys, string(quiet)+" bytes, no event")
	}
	key := strings.Join(keys, ", ")
	room := width - len(left) - len(right)
	if columns(key)+4 > room {
		key = ""
	}
	before := (room - columns(key)) / 2
	return left + strings.Repeat(" ", max(0, before)) + pad(key, room-before) + right
}

// gist says in a few words each what the stream did.
func gist(v *checks.View) []string {
	n := len(v.Stream.Events)
	words := []string{plural(n, "event", "events"), size(len(v.Text.Bytes))}
	if c := comments(v.Stream); c > 0 {
		words = append(words, plural(c, "comment", "comments"))
	}
	if len(v.Text.Bytes) > 0 {
		words = append(words, fmt.Sprintf("first byte after %v", round(v.Text.When(0))), fmt.Sprintf("longest silence %v", round(silence(v))))
	}
	return append(words, ending(v.End))
}

func comments(s *stream.Stream) int {
	if s.Syntax != stream.EventStream {
		return 0
	}
	n := 0
	for _, l := range s.Lines {
		if s.IsComment(l) {
			n++
		}
	}
	return n
}

// silence returns the longest time without a byte, the wait for the first one aside, that before the
// end included.
func silence(v *checks.View) time.Duration {
	var longest time.Duration
	last := v.Text.When(0)
	v.Text.Arrivals(func(at time.Duration, lo, hi int) {
		if hi > lo {
			longest = max(longest, at-last)
			last = at
		}
	})
	return max(longest, v.End.At-last)
}

// ending says how a stream stopped.
func ending(e wire.End) string {
	at := round(e.At)
	switch e.Kind {
	case wire.Complete:
		return fmt.Sprintf("ended properly after %v", at)
	case wire.Truncated:
		return fmt.Sprintf("cut short after %v", at)
	case wire.Reset:
		return fmt.Sprintf("reset after %v", at)
	case wire.Silent:
		return fmt.Sprintf("silent for %v", at)
	}
	if e.Note != "" {
		return fmt.Sprintf("left after %v: %s", at, brief(e.Note))
	}
	return fmt.Sprintf("still open after %v", at)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// size returns a number of bytes as a person reads it.
func size(n int) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return plural(n, "byte", "bytes")
}
