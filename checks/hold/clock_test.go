package hold_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/stream"
)

// read reads pieces on a local network.
func read(ps []piece) *hold.Timeline {
	x := networks[0].record(ps)
	text, _ := x.Decoded()
	return hold.Read(x, stream.Parse(stream.EventStream, text.Bytes), text, nil)
}

func TestTheClockOfEvents(t *testing.T) {
	t.Parallel()
	second := func(i int) time.Time { return began.Add(time.Duration(i) * time.Second) }
	for _, c := range []struct {
		says  string
		event func(i int) string
		want  string // its name, or empty
	}{
		{"milliseconds", func(i int) string { return fmt.Sprintf(`data: {"ts":%d}`, second(i).UnixMilli()) }, "data.ts"},
		{"seconds with a fraction", func(i int) string { return fmt.Sprintf(`data: {"time":%d.25}`, second(i).Unix()) }, "data.time"},
		{"nanoseconds as text", func(i int) string { return fmt.Sprintf(`data: {"time":"%d"}`, second(i).UnixNano()) }, "data.time"},
		{"ISO 8601, deeper", func(i int) string { return `data: {"meta":{"created_at":"` + second(i).Format(time.RFC3339) + `"}}` }, "data.meta.created_at"},
		{"the whole of the data", func(i int) string { return "data: " + second(i).Format(time.RFC3339Nano) }, "data"},
		{"an id as Redis makes it", func(i int) string { return fmt.Sprintf("id: %d-0\ndata: a", second(i).UnixMilli()) }, "id"},
		{"the finer of two", func(i int) string {
			return fmt.Sprintf(`data: {"at":%d,"ts":%d}`, second(i).Unix(), second(i).UnixMilli())
		}, "data.ts"},
		{"a number", func(i int) string { return fmt.Sprintf(`data: {"ts":%d}`, i) }, ""},
		{"a time that goes backwards", func(i int) string { return fmt.Sprintf(`data: {"ts":%d}`, second(-i).UnixMilli()) }, ""},
		{"the same time always", func(int) string { return fmt.Sprintf(`data: {"created":%d}`, second(0).Unix()) }, ""},
		{"a time per week", func(i int) string { return fmt.Sprintf(`data: {"ts":%d}`, second(i*7*86400).UnixMilli()) }, ""},
		{"when something began", func(i int) string { return fmt.Sprintf(`data: {"started_at":%d}`, second(i).UnixMilli()) }, ""},
	} {
		var ps []piece
		for i := range 8 {
			ps = append(ps, piece{time.Duration(i) * time.Second, c.event(i) + "\n\n"})
		}
		got := ""
		if clock := read(ps).Clock(); clock != nil {
			got = clock.Field
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.says, got, c.want)
		}
	}
}
