package config

import (
	"fmt"
	"reflect"
	"strings"
)

// A Flag is a flag of the command line that stands for a value of the file.
type Flag struct {
	Name, Value string
	At          Position
}

// flagsOf returns what the struct behind p has for flags, in the order of its fields. Plans and routes, which are commands of
// their own, stand behind pointers and are not among them.
func flagsOf(p any) []Flag {
	var out []Flag
	v := reflect.ValueOf(p).Elem()
	for _, f := range Fields(v.Type()) {
		part := v.FieldByIndex(f.index)
		switch name := f.Tag.Get("flag"); {
		case name != "":
			out = append(out, flags(name, f.Tag.Get("join"), part)...)
		case part.Kind() == reflect.Struct && len(Fields(part.Type())) > 0:
			out = append(out, flagsOf(part.Addr().Interface())...)
		}
	}
	return out
}

// flags returns one flag for a scalar, and one for each element of a list.
func flags(name, join string, v reflect.Value) []Flag {
	var out []Flag
	switch x := v.Interface().(type) {
	case Pairs:
		for _, p := range x {
			out = append(out, Flag{name, p.Name.V + join + p.Value.V, p.Name.At})
		}
	case flagger:
		out = x.flag(name, join)
	default:
		for i := range v.Len() {
			out = append(out, flags(name, join, v.Index(i))...)
		}
	}
	return out
}

// A flagger is a value that may stand for a flag.
type flagger interface {
	flag(name, prefix string) []Flag
}

// flag returns the flag of that name, if the value is written. A name such as 1.1=http1.1 says for a word which switch it is.
func (v Value[T]) flag(name, prefix string) []Flag {
	text := fmt.Sprint(v.V)
	switch {
	case !v.IsSet():
		return nil
	case !strings.Contains(name, "="):
		return []Flag{{name, prefix + text, v.At}}
	}
	for _, word := range strings.Fields(name) {
		if w, switchName, _ := strings.Cut(word, "="); w == text {
			return []Flag{{switchName, "true", v.At}}
		}
	}
	return nil
}
