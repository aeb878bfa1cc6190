package reconnect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks/stream"
)

// An ending says whether the last event of an answer can be told from the others, so that a page can close its
// EventSource at it.
type ending struct {
	mark  string // what it is told by, in a few words; empty for nothing
	known bool   // false where only the maker of the stream can tell
}

// fewestEvents are enough to tell a last event from the rest.
const fewestEvents = 3

// farewell looks at the end of an answer. One without any event has no mark.
func farewell(es []stream.Event) ending {
	if len(es) == 0 {
		return ending{known: true}
	}
	last := es[len(es)-1]
	if bytes.Equal(last.Data, []byte("[DONE]")) {
		return ending{"[DONE]", true}
	}
	if len(es) < fewestEvents {
		return ending{}
	}
	before := es[len(es)-2]
	if last.Name() != before.Name() {
		return ending{fmt.Sprintf("an event of its own kind (%.40q)", last.Name()), true}
	}
	was, object := shape(before)
	is, object2 := shape(last)
	switch {
	case !object && !object2:
		return ending{}
	case was != is:
		return ending{"an event of another form than the one before", true}
	}
	return ending{known: true}
}

// shape describes a JSON object by its keys and the kinds of its values. What may well be a mark is told
// apart: true from false and null, nothing from something, and the values of the keys in marks.
func shape(e stream.Event) (string, bool) {
	var object map[string]any
	if json.Unmarshal(e.Data, &object) != nil {
		return "", false
	}
	b, err := json.Marshal(kinds(object))
	return string(b), err == nil
}

func kinds(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if marks[strings.ToLower(k)] {
				out[k] = x
			} else {
				out[k] = kinds(x)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, kinds(x))
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
