package security

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/ssespec/ssespec/checks"
)

// inPieces reports whether a text without spaces comes back in the data of a stream when what consecutive events hold in
// the same place is joined, as the deltas of a model's answer are. Spaces and line ends may have been lost on the way.
func inPieces(v *checks.View, text string) bool {
	joined := map[string]*strings.Builder{}
	add := func(place, piece string) {
		if joined[place] == nil {
			joined[place] = &strings.Builder{}
		}
		joined[place].WriteString(piece)
	}
	for _, e := range v.Stream.Events {
		if doc, ok := document(e.Data); ok {
			leaves(doc, "", add)
		} else {
			add("", string(e.Data))
		}
	}
	for _, b := range joined {
		if strings.Contains(strings.Map(unspaced, b.String()), text) {
			return true
		}
	}
	return false
}

// document returns the JSON that an event holds. A lone number or word is text, as far as one can tell.
func document(data []byte) (doc any, ok bool) {
	if json.Unmarshal(data, &doc) != nil {
		return nil, false
	}
	switch doc.(type) {
	case string, []any, map[string]any:
		return doc, true
	}
	return nil, false
}

// leaves tells of each string in a JSON document, and where it is: "choices/0/delta/content".
func leaves(doc any, at string, tell func(at, s string)) {
	switch d := doc.(type) {
	case string:
		tell(at, d)
	case []any:
		for i, x := range d {
			leaves(x, at+"/"+strconv.Itoa(i), tell)
		}
	case map[string]any:
		for k, x := range d {
			leaves(x, at+"/"+k, tell)
		}
	}
}

func unspaced(r rune) rune {
	if unicode.IsSpace(r) {
		return -1
	}
	return r
}
