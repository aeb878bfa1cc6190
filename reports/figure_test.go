package reports

import (
	"strings"
	"testing"
)

func TestFiguresAreToldOnlyWhereTheDifferenceIsLarge(t *testing.T) {
	t.Parallel()
	answer := func(first, end float64) *Document {
		return &Document{Timelines: []Timeline{{Scene: "control", EndMS: end, End: "complete", Marks: []Mark{{AtMS: first}}}}}
	}
	trials := func(ms ...float64) *Document {
		d := &Document{Chaos: []Trial{{Schedule: "lost", Verdict: "lost", RecoveryMS: 99999}}}
		for _, n := range ms {
			d.Chaos = append(d.Chaos, Trial{Verdict: "whole", RecoveryMS: n})
		}
		return d
	}
	edge := func(e Edge) *Document { return &Document{Edge: &e} }
	some := func(n float64) *float64 { return &n }
	size := func(n int) *int { return &n }
	for _, tc := range []struct {
		name     string
		old, new *Document
		want     string
	}{
		{"twice as long, and a tenth of a second", answer(50, 1000), answer(150, 1000), ""},
		{"longer by more", answer(50, 1000), answer(151, 1000), "worse time to the first byte 50ms 151ms"},
		{"not twice as long", answer(500, 1000), answer(1000, 2000), ""},
		{"shorter", answer(500, 3000), answer(100, 1000), "better time to the first byte 500ms 100ms, better time to the end of the answer 3s 1s"},
		{"an answer that did not end", answer(5, 1000), &Document{Timelines: []Timeline{{Scene: "control", EndMS: 9000, End: "hung-up", Marks: []Mark{{AtMS: 5}}}}}, ""},
		{"the longest of those that came back", trials(10, 300, 20), trials(900, 10), "worse longest recovery 300ms 900ms"},
		{"nothing came back", trials(10), trials(), ""},
		{"a delay", edge(Edge{Delay: &Delay{P95: 1}}), edge(Edge{Delay: &Delay{P95: 500}}), "worse delay of an event (95 %) 1ms 500ms"},
		{"a buffer came", edge(Edge{Delay: &Delay{}}), edge(Edge{Delay: &Delay{}, Buffer: size(4096)}), "worse buffer none 4096 bytes"},
		{"a buffer grew", edge(Edge{Delay: &Delay{}, Buffer: size(1024)}), edge(Edge{Delay: &Delay{}, Buffer: size(4096)}), "worse buffer 1024 bytes 4096 bytes"},
		{"a buffer went", edge(Edge{Delay: &Delay{}, Buffer: size(1)}), edge(Edge{Delay: &Delay{}}), "better buffer 1 byte none"},
		{"flushes", edge(Edge{Delay: &Delay{}, Flush: some(1000)}), edge(Edge{Delay: &Delay{}, Flush: some(200)}), "better time between flushes 1s 200ms"},
		{"streams die sooner", edge(Edge{Delay: &Delay{}, Idle: some(60), Age: some(10)}), edge(Edge{Delay: &Delay{}, Idle: some(5), Age: some(100)}),
			"worse silence that ends a stream 1m0s 5s, better longest life of a stream 10s 1m40s"},
		{"nothing came through", edge(Edge{}), edge(Edge{Delay: &Delay{}, Buffer: size(1)}), ""},
	} {
		if got := strings.Join(turnsOf(Compare([]*Document{tc.old}, []*Document{tc.new})), ", "); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

// Two measurements are compared where both looked for the same.
func TestEdgesAreComparedAtTheSameDepth(t *testing.T) {
	t.Parallel()
	idle := 60.0
	quick := &Document{Edge: &Edge{Depth: "quick", Delay: &Delay{}}}
	deep := &Document{Edge: &Edge{Depth: "deep", Delay: &Delay{}, Idle: &idle}}
	if got := Compare([]*Document{quick}, []*Document{deep}); len(got) > 0 {
		t.Errorf("got %v", turnsOf(got))
	}
}
