package config

import (
	"reflect"
	"slices"
)

// A Field is a key that a mapping may have, and what its tags say about the value:
//
//	yaml      the key
//	required  it has to be there
//	form      the form of the value, or of each element
//	keys      of pairs, the form of the names
//	whole     of pairs, the form of name, join and value together
//	join      what stands between name and value of a pair in a flag, or before a value
//	flag      the flag that the value stands for
//	path      it is a path, relative to the file
//	min       the least number
//	least     one: the list is not empty
//	or        what may be written instead: true, one element, or the name of a file
//	env       whether texts below are taken from the environment: braces (${NAME}), dollar ($NAME too) or off
//	secret    the value is not to be shown
type Field struct {
	Key  string
	Type reflect.Type
	Tag  reflect.StructTag

	index   []int
	element bool // of a list, not the list
}

// Fields returns the keys of a mapping that is read into t, in order.
func Fields(t reflect.Type) []Field {
	if t.Kind() != reflect.Struct {
		return nil
	}
	var out []Field
	for _, f := range reflect.VisibleFields(t) {
		if key := f.Tag.Get("yaml"); key != "" && key != "-" {
			out = append(out, Field{Key: key, Type: f.Type, Tag: f.Tag, index: f.Index})
		}
	}
	return out
}

// keysOf returns the keys alone.
func keysOf(t reflect.Type) []string {
	var out []string
	for _, f := range Fields(t) {
		out = append(out, f.Key)
	}
	return out
}

// Element returns the type of a list's elements and of what a pointer points to.
func Element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// home returns the key of the mapping in t under which a key belongs, or nothing.
func home(t reflect.Type, key string) string {
	for _, f := range Fields(t) {
		for _, k := range keysOf(Element(f.Type)) {
			if k == key {
				return f.Key
			}
		}
	}
	return ""
}

// plain reports whether a key may be shown with its value: it is one of ours and holds no secret.
func plain(t reflect.Type, key string) bool {
	for _, f := range Fields(t) {
		if f.Key == key {
			return f.Tag.Get("secret") == ""
		}
		if plain(Element(f.Type), key) {
			return true
		}
	}
	return false
}

// Env returns whether texts below are taken from the environment, where the mapping around says env.
func (f Field) Env(around string) string {
	if own := f.Tag.Get("env"); own != "" {
		return own
	}
	return around
}

// subject returns what a sentence about the value begins with.
func (f Field) subject() string {
	if f.element {
		return "an element of " + f.Key
	}
	return f.Key
}

// write says to write a value.
func (f Field) write(value string) string {
	if f.element {
		return "write " + value
	}
	return "write " + f.Key + ": " + value
}

// wanted returns the kind that the value has to be of, with what it may be instead.
func (f Field) wanted(k kind) string {
	switch or := f.Tag.Get("or"); {
	case or == "true":
		return "true or a mapping"
	case or == "one" && !f.element:
		return "a mapping, or a list of them"
	case or == "file" && !f.element:
		return "a list, or the name of a file"
	}
	return string(k)
}

// sample returns a value that is right, as it would be written.
func (f Field) sample(forms Forms) string {
	value := f.one(forms)
	if f.Type.Kind() == reflect.Slice && f.Type != reflect.TypeFor[Pairs]() {
		return "[" + value + "]"
	}
	return value
}

// one returns a value, or an element, that is right.
func (f Field) one(forms Forms) string {
	if e := forms.Of(f.Tag.Get("form")).example(); e != "" && f.Type != reflect.TypeFor[Pairs]() {
		return e
	}
	switch Element(f.Type) {
	case reflect.TypeFor[Switch]():
		return "true"
	case reflect.TypeFor[Number](), reflect.TypeFor[Value[int64]](), reflect.TypeFor[Value[float64]]():
		return "3"
	case reflect.TypeFor[Pair]():
		return "{name: value}"
	case reflect.TypeFor[Waivers]():
		return "ssespec-waivers.yml"
	}
	keys := Fields(Element(f.Type))
	if len(keys) == 0 {
		return "text"
	}
	first := keys[max(slices.IndexFunc(keys, func(k Field) bool { return k.Tag.Get("required") != "" }), 0)]
	return "{" + first.Key + ": " + first.sample(forms) + "}"
}
