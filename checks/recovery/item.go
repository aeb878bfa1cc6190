package recovery

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
)

// An item is one event that counts: not a sign of life, and in a stream with ids one that has its own.
type item struct {
	view   *checks.View
	event  int    // its index in the view's stream
	name   string // what it is known by: its id, its number, or nothing
	typ    string
	data   []byte
	number int64 // what counts it; -1 if nothing does
}

// lifeSigns are events that say nothing else than that somebody is there.
var lifeSigns = []string{"ping", "heartbeat", "keepalive", "keep-alive"}

// items returns what counts of one answer.
func (b *bench) items(v *checks.View) []item {
	if v == nil || !v.OpenedEventStream() {
		return nil
	}
	if known, ok := b.read[v]; ok {
		return known
	}
	var out []item
	for block := range v.Stream.Blocks() {
		if block.Event < 0 {
			continue
		}
		e := v.Stream.Events[block.Event]
		it := item{view: v, event: block.Event, typ: string(e.Type), data: e.Data, number: -1}
		id, own := ownID(v.Stream, block)
		if slices.Contains(lifeSigns, strings.ToLower(it.typ)) || b.ids && !own {
			continue
		}
		switch {
		case b.sequence != "":
			if s, ok := profile.Scalar(profile.Lookup(e.Data, b.sequence)); ok {
				it.count(s)
				it.name = s
			}
		case own:
			it.count(id)
		}
		if own && b.sequence == "" || b.ids {
			it.name = id
		}
		out = append(out, it)
	}
	b.read[v] = out
	return out
}

func (it *item) count(s string) {
	if n, err := strconv.ParseInt(s, 10, 62); err == nil && n >= 0 && strconv.FormatInt(n, 10) == s {
		it.number = n
	}
}

// ownID returns the id that a block sets.
func ownID(s *stream.Stream, b stream.Block) (id string, own bool) {
	for _, l := range b.Lines {
		if string(s.Name(l)) == "id" {
			if v := s.Value(l); bytes.IndexByte(v, 0) < 0 && len(v) > 0 {
				id, own = string(v), true
			}
		}
	}
	return id, own
}

// identified reports whether the events of a stream carry ids of their own, signs of life and greetings aside.
func identified(v *checks.View) bool {
	if v == nil {
		return false
	}
	with, all := 0, 0
	for block := range v.Stream.Blocks() {
		if block.Event < 0 {
			continue
		}
		all++
		if _, own := ownID(v.Stream, block); own {
			with++
		}
	}
	return with > 0 && 2*with >= all
}

// same reports whether two items have the same type and content, what changes from answer to answer aside.
func (b *bench) same(x, y item) bool {
	if x.typ != y.typ {
		return false
	}
	return bytes.Equal(x.data, y.data) || b.content(x) == b.content(y)
}

// content returns the data of an item so that what means the same is the same: JSON with its members in
// order and without what is known to change from answer to answer.
func (b *bench) content(it item) string {
	if len(it.data) == 0 || it.data[0] != '{' && it.data[0] != '[' {
		return string(it.data)
	}
	v, ok := parsed(it.data)
	if !ok {
		return string(it.data)
	}
	for path := range b.volatile {
		remove(v, strings.Split(path, "."))
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(it.data)
	}
	return string(out)
}

func parsed(data []byte) (any, bool) {
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return nil, false
	}
	return v, true
}

func remove(v any, path []string) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	if len(path) == 1 {
		delete(m, path[0])
		return
	}
	remove(m[path[0]], path[1:])
}

// differing adds the paths of the members in which two JSON objects have different points in time. ok is
// false where they differ in anything else.
func differing(x, y any, at string, out map[string]bool) (ok bool) {
	a, isObject := x.(map[string]any)
	b, both := y.(map[string]any)
	if !isObject || !both {
		same := sameJSON(x, y)
		if !same && at != "" && moment(x) && moment(y) {
			out[at] = true
			return true
		}
		return same
	}
	if len(a) != len(b) {
		return false
	}
	for _, k := range slices.Sorted(maps.Keys(a)) {
		other, has := b[k]
		if !has || !differing(a[k], other, strings.TrimPrefix(at+"."+k, "."), out) {
			return false
		}
	}
	return true
}

// moment reports whether a JSON value can be a point in time: nothing else may change from one answer to
// the next and be the same for all that.
func moment(v any) bool {
	switch x := v.(type) {
	case string:
		_, err := time.Parse(time.RFC3339Nano, x)
		return err == nil
	case json.Number:
		f, err := x.Float64()
		return err == nil && f >= 1e9 // seconds since 1970, or parts of them
	}
	return false
}

func sameJSON(x, y any) bool {
	a, err1 := json.Marshal(x)
	b, err2 := json.Marshal(y)
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
}
