package recovery

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks/profile"
)

// A restated text is one that comes in pieces and then once more as a whole: as in the done events of
// OpenAI's responses, or generated_text of TGI.
type restated struct {
	piece, whole string // JSON paths
	typ          string // of the event that holds the whole
}

// restates finds where the undisturbed answer repeats its text, or returns nil. At least two events must
// have had a part in it, so that it is no chance.
func restates(items []item) *restated {
	texts := map[string]*strings.Builder{} // by path, all pieces so far
	parts := map[string]int{}
	types := map[string]bool{} // of the events so far
	var found *restated
	for _, it := range items {
		leaves := map[string]string{}
		if v, ok := parsed(it.data); ok {
			collect(v, "", leaves)
		}
		for _, path := range slices.Sorted(maps.Keys(leaves)) {
			for _, p := range slices.Sorted(maps.Keys(texts)) {
				if parts[p] > 1 && leaves[path] == texts[p].String() && (path != p || !types[it.typ]) {
					found = &restated{p, path, it.typ}
				}
			}
		}
		for path, text := range leaves {
			if texts[path] == nil {
				texts[path] = &strings.Builder{}
			}
			texts[path].WriteString(text)
			parts[path]++
		}
		types[it.typ] = true
	}
	return found
}

// collect returns the strings of a JSON text by their paths.
func collect(v any, at string, out map[string]string) {
	switch x := v.(type) {
	case string:
		out[at] = x
	case map[string]any:
		for k, w := range x {
			collect(w, strings.TrimPrefix(at+"."+k, "."), out)
		}
	case []any:
		for i, w := range x {
			collect(w, strings.TrimPrefix(at+"."+strconv.Itoa(i), "."), out)
		}
	case json.Number:
	}
}

// compare puts the pieces of a reader beside the whole text. ok is false where the whole did not come.
func (t *restated) compare(items []item) (pieces, whole string, ok bool) {
	var b strings.Builder
	for _, it := range items {
		v, isJSON := parsed(it.data)
		if !isJSON {
			continue
		}
		if s, is := profile.Walk(v, t.whole).(string); is && it.typ == t.typ {
			whole, ok = s, true
			continue
		}
		if s, is := profile.Walk(v, t.piece).(string); is {
			b.WriteString(s)
		}
	}
	return b.String(), whole, ok
}
