package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks/stream"
)

// An Ending says whether the last event of an answer can be told from the others, so that a page can close its
// EventSource at it.
type Ending struct {
	Mark  string // what it is told by, in a few words; empty for nothing
	Known bool   // false where only the maker of the stream can tell
}

// enoughToTell is how many events tell a last one from the rest.
const enoughToTell = 3

// EndingOf looks at the end of an answer. One without any event has no mark.
func EndingOf(es []stream.Event) Ending {
	if len(es) == 0 {
		return Ending{Known: true}
	}
	last := es[len(es)-1]
	if bytes.Equal(last.Data, []byte("[DONE]")) {
		return Ending{"[DONE]", true}
	}
	if len(es) < enoughToTell {
		return Ending{}
	}
	before := es[len(es)-2]
	if last.Name() != before.Name() {
		return Ending{fmt.Sprintf("an event of its own kind (%.40q)", last.Name()), true}
	}
	was, object := shape(before, true)
	is, object2 := shape(last, true)
	switch {
	case !object && !object2:
		return Ending{}
	case was != is && counts(es):
		return Ending{} // only its maker knows at which number it ends
	case was != is:
		return Ending{"an event of another form than the one before", true}
	}
	return Ending{Known: true}
}

// counts reports whether the last events differ by numbers alone that had changed before, as a count of steps does.
func counts(es []stream.Event) bool {
	n := len(es)
	plain := func(e stream.Event) string { s, _ := shape(e, false); return s }
	full := func(e stream.Event) string { s, _ := shape(e, true); return s }
	return plain(es[n-1]) == plain(es[n-2]) && plain(es[n-2]) == plain(es[n-3]) && full(es[n-2]) != full(es[n-3])
}

// shape describes a JSON object by its keys and the kinds of its values. What may well be a mark is told
// apart: true from false and null, nothing from something, and the values of the keys in marks; numbers among
// those only where they are asked for.
func shape(e stream.Event, numbers bool) (string, bool) {
	var object map[string]any
	if json.Unmarshal(e.Data, &object) != nil {
		return "", false
	}
	b, err := json.Marshal(kinds(object, numbers))
	return string(b), err == nil
}

func kinds(v any, numbers bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if _, number := x.(float64); marks[strings.ToLower(k)] && (numbers || !number) {
				out[k] = x
			} else {
				out[k] = kinds(x, numbers)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, kinds(x, numbers))
		}
		return out
	case string:
		return v == ""
	case float64:
		return v == 0
	case bool:
		return fmt.Sprint(v)
	}
	return nil
}

// marks are the keys whose very value may mark the end.
var marks = map[string]bool{
	"type": true, "kind": true, "event": true, "status": true, "state": true, "reason": true, "finish_reason": true,
	"stop_reason": true, "phase": true, "step": true, "action": true, "object": true, "final": true, "last": true,
	"done": true, "end": true, "remaining": true, "left": true, "progress": true, "percent": true, "total": true,
}
