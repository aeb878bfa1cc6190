// Package schema writes the JSON schema of ssespec.yml from the types into which it is read, for editors.
//
// It is not part of the program, which has no use for it: a test writes config/ssespec.schema.json.
//
// The package imports config.
package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/ssespec/ssespec/config"
)

// ID is where the schema is published, and what the first line of a configuration names.
const ID = "https://raw.githubusercontent.com/ssespec/ssespec/main/config/ssespec.schema.json"

// Of returns the schema of a configuration. It knows less than config.Load: neither what a form checks by its own code, nor what
// the environment holds, nor what the files beside the configuration say.
func Of(forms config.Forms) ([]byte, error) {
	comments, err := comments()
	if err != nil {
		return nil, fmt.Errorf("read the comments of the keys: %w", err)
	}
	r := &jsonschema.Reflector{
		FieldNameTag: "yaml", ExpandedStruct: true, Anonymous: true, RequiredFromJSONSchemaTags: true,
		Mapper: leaf, CommentMap: comments,
	}
	s := r.Reflect(&config.File{})
	s.ID, s.Title = ID, "ssespec.yml"
	s.Definitions["Waiver"] = r.Reflect(&config.Waiver{})
	s.Definitions["Waiver"].Version = ""
	s.PatternProperties = map[string]*jsonschema.Schema{"^x-": jsonschema.TrueSchema}
	d := dresser{forms, s.Definitions, map[reflect.Type]bool{}}
	d.mapping(s, reflect.TypeFor[config.File](), "")
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(out, '\n'), nil
}

// comments returns what is written beside the types and fields, under the names by which the reflector asks for them.
func comments() (map[string]string, error) {
	out := map[string]string{}
	files, err := config.Declarations.ReadDir(".")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		source, err := config.Declarations.ReadFile(f.Name())
		if err != nil {
			return nil, err
		}
		collect(string(source), out)
	}
	return out, nil
}

// leaf returns the schema of what is no struct of keys.
func leaf(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[config.Text](), reflect.TypeFor[config.Span](), reflect.TypeOf(config.Waiver{}.Until):
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[config.Number](), reflect.TypeFor[config.Value[int64]]():
		return &jsonschema.Schema{Type: "integer"}
	case reflect.TypeFor[config.Value[float64]]():
		return &jsonschema.Schema{Type: "number"}
	case reflect.TypeFor[config.Switch]():
		return &jsonschema.Schema{Type: "boolean"}
	case reflect.TypeFor[config.Pairs]():
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}}
	case reflect.TypeFor[config.Waivers]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", MinLength: one()},
			{Type: "array", Items: &jsonschema.Schema{Ref: "#/$defs/Waiver"}},
		}}
	}
	return nil
}

func one() *uint64 { return new(uint64(1)) }

// A dresser adds to the schemas what the tags of the fields say.
type dresser struct {
	forms config.Forms
	defs  jsonschema.Definitions
	done  map[reflect.Type]bool
}

// mapping dresses the schema of a struct and of those in it.
func (d dresser) mapping(s *jsonschema.Schema, t reflect.Type, env string) {
	if d.done[t] || s == nil {
		return
	}
	d.done[t] = true
	for _, f := range config.Fields(t) {
		p, _ := s.Properties.Get(f.Key)
		if f.Tag.Get("required") != "" {
			s.Required = append(s.Required, f.Key)
		}
		inner := f.Env(env)
		d.property(p, f, inner)
		e := config.Element(f.Type)
		if e == reflect.TypeFor[config.Waivers]() {
			e = reflect.TypeFor[config.Waiver]()
		}
		d.mapping(d.defs[e.Name()], e, inner)
	}
	together(s, t)
}

// property dresses the value of one key.
func (d dresser) property(p *jsonschema.Schema, f config.Field, env string) {
	switch {
	case f.Type == reflect.TypeFor[config.Pairs]():
		d.scalar(p.AdditionalProperties, f, env)
		if names := f.Tag.Get("keys"); names != "" {
			p.PropertyNames = &jsonschema.Schema{Pattern: d.forms.Of(names).Pattern}
		}
	case p.Items != nil && p.Items.Ref == "":
		d.scalar(p.Items, f, env)
	case p.Type != "" && p.Items == nil:
		d.scalar(p, f, env)
	}
	if f.Tag.Get("least") == "one" {
		p.MinItems = one()
	}
	d.instead(p, f.Tag.Get("or"))
}

// instead allows what may be written in place of a mapping or a list.
func (d dresser) instead(p *jsonschema.Schema, or string) {
	switch or {
	case "true":
		p.OneOf = []*jsonschema.Schema{{Type: "boolean"}, {Ref: p.Ref}}
		p.Ref = ""
	case "one":
		p.OneOf = []*jsonschema.Schema{{Ref: p.Items.Ref}, {Type: "array", Items: p.Items}}
		p.Type, p.Items = "", nil
	}
}

// scalar dresses a scalar with its form. A text from the environment may be anything.
func (d dresser) scalar(s *jsonschema.Schema, f config.Field, env string) {
	form := d.forms.Of(f.Tag.Get("form"))
	if low := f.Tag.Get("min"); low != "" {
		s.Minimum = json.Number(low)
	}
	if s.Type == "string" && form.Pattern == "" && len(form.Words) == 0 {
		s.MinLength = one()
	}
	if form.Example != "" && len(form.Words) == 0 {
		s.Examples = []any{form.Example}
	}
	for _, w := range form.Words {
		s.Enum = append(s.Enum, word(w, s.Type))
	}
	s.Pattern = form.Pattern
	if env == "braces" {
		orVariable(s)
	}
	if f.Tag.Get("form") == "bytes" {
		s.OneOf = []*jsonschema.Schema{{Type: "integer", Minimum: s.Minimum}, {Type: "string", Pattern: s.Pattern}}
		s.Type, s.Pattern, s.Minimum = "", "", ""
	}
}

// variable matches a text with something from the environment in it.
const variable = `\$\{`

// orVariable allows a text from the environment where words or a pattern are wanted.
func orVariable(s *jsonschema.Schema) {
	switch {
	case s.Pattern != "":
		s.Pattern = "(" + s.Pattern + ")|" + variable
	case s.Type == "string" && s.Enum != nil:
		s.AnyOf = []*jsonschema.Schema{{Enum: s.Enum}, {Pattern: variable}}
		s.Enum = nil
	}
}

// word returns a word of a form as JSON has it.
func word(w, kind string) any {
	if kind == "integer" {
		return json.Number(w)
	}
	return w
}

// together adds which keys of a mapping want or exclude each other.
func together(s *jsonschema.Schema, t reflect.Type) {
	exclude := func(a, b string) { s.Not = &jsonschema.Schema{Required: []string{a, b}} }
	switch t {
	case reflect.TypeFor[config.Target]():
		s.AnyOf = []*jsonschema.Schema{{Required: []string{"url"}}, {Required: []string{"edge"}}}
		s.If = &jsonschema.Schema{Required: []string{"chaos"}, Properties: jsonschema.NewProperties()}
		s.If.Properties.Set("chaos", &jsonschema.Schema{Not: &jsonschema.Schema{Const: false}})
		s.Then = &jsonschema.Schema{Required: []string{"url"}}
	case reflect.TypeFor[config.Request]():
		exclude("body", "body-file")
	case reflect.TypeFor[config.Edge]():
		exclude("direct", "listen")
	}
}

// Of a declaration file: a comment of one line or more, and the type or the field below it.
var declared = regexp.MustCompile(`(?m)((?:^\t?// .*\n)+)^(?:type (\w+) struct|\t(\w+) )`)

// collect adds the comments of a declaration file.
func collect(source string, to map[string]string) {
	pkg, owner := reflect.TypeFor[config.File]().PkgPath(), ""
	for _, m := range declared.FindAllStringSubmatch(source, -1) {
		text := strings.Join(strings.Fields(regexp.MustCompile(`(?m)^\t?// `).ReplaceAllString(m[1], "")), " ")
		if m[2] != "" {
			owner = m[2]
			to[pkg+"."+owner] = text
			continue
		}
		to[pkg+"."+owner+"."+m[3]] = text
	}
}
