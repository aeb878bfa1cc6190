package checks_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

func TestWhatTellsTheEndOfAnAnswer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		says, body    string
		marked, known bool
	}{
		{"an event of its own kind", "data: a\n\ndata: b\n\nevent: done\ndata: {}\n\n", true, true},
		{"[DONE]", "data: a\n\ndata: [DONE]\n\n", true, true},
		{"another form", "data: {\"text\":\"a\"}\n\ndata: {\"text\":\"b\"}\n\ndata: {\"reason\":\"stop\"}\n\n", true, true},
		{"a reason that was null before", "data: {\"finish_reason\":null}\n\ndata: {\"finish_reason\":null}\n\ndata: {\"finish_reason\":\"stop\"}\n\n", true, true},
		{"a number that stood still before", "data: {\"left\":9}\n\ndata: {\"left\":9}\n\ndata: {\"left\":7}\n\n", true, true},
		{"a count that ends at nothing", "data: {\"left\":2}\n\ndata: {\"left\":1}\n\ndata: {\"left\":0}\n\n", true, true},
		{"not a count that goes on", "data: {\"step\":3}\n\ndata: {\"step\":4}\n\ndata: {\"step\":5}\n\n", false, false},
		{"nothing, where all are alike", "data: {\"text\":\"a\"}\n\ndata: {\"text\":\"b\"}\n\ndata: {\"text\":\"c\"}\n\n", false, true},
		{"nobody knows what, of plain text", "data: a\n\ndata: b\n\ndata: c\n\n", false, false},
		{"nobody knows what, of two events", "data: {}\n\ndata: {\"a\":1}\n\n", false, false},
		{"nothing, of no event", ": hello\n\n", false, true},
	} {
		got := checks.EndingOf(stream.Parse(stream.EventStream, []byte(tc.body)).Events)
		if (got.Mark != "") != tc.marked || got.Known != tc.known {
			t.Errorf("%s: got %q, known %v", tc.says, got.Mark, got.Known)
		}
	}
}
