package headers

import (
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// streamed is the condition of checks that concern a stream of any format.
var streamed = checks.Condition{
	Says:  "the control request was answered 200 with a stream",
	Else:  "no stream was opened",
	Holds: func(ev *checks.Evidence) bool { v := ev.Control(); return v != nil && v.Status == 200 && isStream(v) },
}

// isStream reports whether the media type of an answer is that of a stream.
func isStream(v *checks.View) bool {
	return v.Stream.Syntax != stream.Text
}

// asksForStream reports whether the request is the one that opens the stream, not one about it.
func asksForStream(v *checks.View) bool {
	return v.Request.Method != "HEAD" && v.Request.Method != "OPTIONS"
}

// heads returns every exchange that brought a final head.
func heads(ev *checks.Evidence) []*checks.View {
	return slices.DeleteFunc(ev.All(), func(v *checks.View) bool { return v.Status == 0 })
}

// streams returns every exchange that asked for the stream and was given it.
func streams(ev *checks.Evidence) []*checks.View {
	return slices.DeleteFunc(heads(ev), func(v *checks.View) bool {
		return v.Status != 200 || !isStream(v) || !asksForStream(v)
	})
}

// indices returns where the fields of that name are.
func indices(h wire.Header, name string) []int {
	var at []int
	for i, f := range h {
		if strings.EqualFold(f.Name, name) {
			at = append(at, i)
		}
	}
	return at
}

// forwarded returns the name of a field that only an intermediary adds, or "".
func forwarded(h wire.Header) string {
	for _, name := range []string{"Via", "Cache-Status", "Age"} {
		if h.Has(name) {
			return name
		}
	}
	return ""
}
