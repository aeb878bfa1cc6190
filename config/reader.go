package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// What the values of a file may be together. Aliases can make few lines into very many values.
const (
	mostDepth  = 32
	mostValues = 50000
)

// A reader reads one file and keeps what is wrong in it.
type reader struct {
	name     string
	absent   string // what to do where the file is not there
	forms    Forms
	lines    []string
	widths   []int // of the lines, in characters
	anchors  []anchor
	depth    int
	values   int
	root     reflect.Type // of the whole file
	full     bool         // more values than are read
	hidden   map[int]int  // by line, the column from which on a secret stands
	secrets  []string
	mistakes []Mistake
}

func newReader(name string, forms Forms) *reader {
	return &reader{name: name, forms: forms, hidden: map[int]int{}}
}

// load reads the file into the struct behind p.
func (r *reader) load(p any) {
	source, err := r.source()
	if err != nil {
		r.mistakes = append(r.mistakes, Mistake{At: Position{File: r.name}, Message: err.Error()})
		return
	}
	r.decode(source, p)
}

// source returns what the file holds.
func (r *reader) source() ([]byte, error) {
	f, err := os.Open(r.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no such file: %s", r.absent)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", errors.Unwrap(err))
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", errors.Unwrap(err))
	case len(source) > mostBytes:
		return nil, fmt.Errorf("is longer than 1 MiB: divide it")
	}
	return source, nil
}

// decode reads a source into the struct behind p.
func (r *reader) decode(source []byte, p any) {
	v := valueOf(p)
	r.root = v.Type()
	body := r.parse(source)
	if len(r.mistakes) > 0 {
		return
	}
	if body == nil {
		r.wrong(r.place(1, 1), "the file is empty: write keys and values, such as %s", r.sample())
		return
	}
	ast.Walk(r, body)
	r.value(body, v, Field{Type: v.Type()})
}

// err returns what was wrong.
func (r *reader) err() error {
	if len(r.mistakes) == 0 {
		return nil
	}
	r.mistakes = sorted(r.mistakes)
	r.show()
	return &Error{r.mistakes}
}

// enter counts a value and how deep it stands; it reports false where no more is read.
func (r *reader) enter(n ast.Node) bool {
	r.values++
	switch {
	case r.full, r.enough():
		return false
	case r.values > mostValues:
		r.full = true
		r.unreadable(r.at(n), "aliases make more than %d values of this file: write less of them", mostValues)
		return false
	case r.depth == mostDepth:
		r.tooDeep(r.at(n))
		r.full = true
		return false
	}
	r.depth++
	return true
}

func (r *reader) leave() { r.depth-- }

// A readable reads itself.
type readable interface {
	read(r *reader, n node, f Field)
}

// value reads n into v, as the field says.
func (r *reader) value(written ast.Node, v reflect.Value, f Field) {
	if !r.enter(written) {
		return
	}
	defer r.leave()
	n, ok := r.resolve(written)
	if !ok {
		return
	}
	if f.Tag.Get("secret") != "" {
		r.hide(n)
	}
	if x, ok := v.Addr().Interface().(readable); ok {
		x.read(r, n, f)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		r.pointer(n, v, f)
	case reflect.Slice:
		r.list(n, v, f)
	default:
		r.mapping(n, v, f)
	}
}

// pointer reads a mapping that may be absent; of one that may be written as true, false is the same as nothing.
func (r *reader) pointer(n node, v reflect.Value, f Field) {
	p := reflect.New(v.Type().Elem())
	p.Elem().FieldByName("At").Set(reflect.ValueOf(r.at(n)))
	word := f.Tag.Get("or") == "true" && n.kind() == isSwitch
	if !word {
		r.mapping(n, p.Elem(), f)
	}
	if !word || strings.EqualFold(n.text(), "true") {
		v.Set(p)
	}
}

// list reads the elements of a list.
func (r *reader) list(n node, v reflect.Value, f Field) {
	list, ok := n.Node.(*ast.SequenceNode)
	values := []ast.Node{n.Node}
	switch {
	case ok && len(list.Values) == 0 && f.Tag.Get("least") == "one":
		r.wrong(r.at(n), "%s is empty: write at least one, such as %s", f.Key, f.sample(r.forms))
		return
	case ok:
		values = list.Values
	case f.Tag.Get("or") != "one" || n.kind() != isMapping:
		r.mistyped(n, f, isList)
		return
	}
	f.Type, f.element = f.Type.Elem(), true
	for _, e := range values {
		x := reflect.New(v.Type().Elem()).Elem()
		r.value(e, x, f)
		if x.Kind() != reflect.Pointer || !x.IsNil() {
			v.Set(reflect.Append(v, x))
		}
	}
}

// mapping reads the keys of a struct.
func (r *reader) mapping(n node, v reflect.Value, f Field) {
	if n.kind() != isMapping {
		r.mistyped(n, f, isMapping)
		return
	}
	if at := v.FieldByName("At"); at.IsValid() {
		at.Set(reflect.ValueOf(r.at(n)))
	}
	there := keys{}
	for _, e := range r.entries(n) {
		there[e.key] = true
		r.entry(e, v, f)
	}
	for _, k := range Fields(v.Type()) {
		if k.Tag.Get("required") != "" && !there[k.Key] {
			r.wrong(r.at(n), "the key %s is missing here: write %s: %s", k.Key, k.Key, k.sample(r.forms))
		}
	}
	if c, ok := v.Addr().Interface().(checked); ok {
		c.check(r, there)
	}
}

// Keys are those that a mapping has, whether or not their values are right.
type keys map[string]bool

// A checked struct looks at its values together, after they were read.
type checked interface {
	check(r *reader, written keys)
}

// entry reads the value of one key of a struct.
func (r *reader) entry(e entry, v reflect.Value, parent Field) {
	for _, f := range Fields(v.Type()) {
		if f.Key == e.key {
			f.Tag += reflect.StructTag(` env:"` + f.Env(parent.Env("")) + `"`) // the first one counts
			r.value(e.value, v.FieldByIndex(f.index), f)
			return
		}
	}
	if r.depth == 1 && strings.HasPrefix(e.key, "x-") {
		return
	}
	r.hide(node{e.value})
	if under := home(v.Type(), e.key); under != "" {
		r.wrong(e.keyAt, "unknown key %s: it belongs under %s", quote(e.key), under)
		return
	}
	r.wrong(e.keyAt, "unknown key %s: %s", quote(e.key), suggest(e.key, keysOf(v.Type())))
}

// read takes the entries of a mapping whose keys are the user's own.
func (p *Pairs) read(r *reader, n node, f Field) {
	if n.kind() != isMapping {
		r.mistyped(n, f, isMapping)
		return
	}
	for _, e := range r.entries(n) {
		var x Pair
		x.Name = Text{e.key, e.key, e.keyAt}
		before := len(r.mistakes)
		r.value(e.value, reflect.ValueOf(&x.Value).Elem(), Field{Key: e.key, Type: reflect.TypeFor[Text](), Tag: f.Tag})
		if len(r.mistakes) > before || !x.Value.IsSet() {
			continue
		}
		join := f.Tag.Get("join")
		r.form(f.Tag.Get("keys"), f.Key, x.Name)
		r.form(f.Tag.Get("whole"), f.Key, Text{e.key + join + x.Value.V, e.key + join + x.Value.Written, x.Value.At})
		*p = append(*p, x)
	}
}

// form holds a text against a form; it reports whether it is of it.
func (r *reader) form(name, key string, v Text) bool {
	fault := r.forms.Of(name).fault(key, v.V, v.Written)
	if fault != "" {
		r.wrong(v.At, "%s", fault)
	}
	return fault == ""
}

// mistyped adds that a value is not of the kind that a key wants, and what to write.
func (r *reader) mistyped(n node, f Field, want kind) {
	is := n.kind()
	scalar := is != isList && is != isMapping
	if !scalar {
		r.hide(n)
	}
	switch {
	case f.Key == "":
		r.wrong(r.at(n), "this has to be keys with values, and is %s: begin with %s", is, r.sample())
	case is == isNothing:
		r.wrong(r.at(n), "%s wants %s, and nothing is written: %s, or take it out", f.subject(), f.wanted(want), f.write(f.sample(r.forms)))
	case scalar && f.Tag.Get("secret") != "" && want == isText:
		r.wrong(r.at(n), "%s wants text, this is %s: put it in quotes", f.subject(), is)
	case scalar && want == isList && len(Fields(Element(f.Type))) == 0:
		r.wrong(r.at(n), "%s wants %s, this is %s: %s", f.subject(), f.wanted(want), is, f.write("["+clip(n.text(), mostQuoted)+"]"))
	case scalar && want == isText:
		r.wrong(r.at(n), "%s wants text, this is %s: %s", f.subject(), is, f.write(quote(n.text())))
	default:
		r.wrong(r.at(n), "%s wants %s, this is %s: %s", f.subject(), f.wanted(want), is, f.write(f.sample(r.forms)))
	}
}

// sample returns the key that a file has to have, with a value.
func (r *reader) sample() string {
	for _, f := range Fields(r.root) {
		if f.Tag.Get("required") != "" {
			return f.Key + ": " + f.sample(r.forms)
		}
	}
	return ""
}

// path returns a path relative to the directory of the file.
func (r *reader) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(r.name), p)
}
