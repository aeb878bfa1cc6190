package config_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ssespec/ssespec/config"
	"github.com/ssespec/ssespec/config/schema"
)

// compiled returns the schema of the forms of the tests.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	source, err := schema.Of(config.TestForms())
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schema.ID, document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schema.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid holds a YAML source against the schema, as an editor does.
func valid(s *jsonschema.Schema, source string) error {
	j, err := yaml.YAMLToJSON([]byte(source))
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// unknowable are mistakes that no schema can find: it sees values, and neither names, files, the environment nor how they
// are written.
var unknowable = []string{
	"duplicate names", "several routes without names", "routes of one name",
	"a date that is no day", "a duration of nothing", "a number in hexadecimal", "nothing to do",
	"a caller's form", "a caller's form of a URL", "a pattern of targets", "a body that would be a file", "a tag",
	"a variable that is not set", "a variable that is empty", "a variable of a field as on the command line", "a variable in the second line of a text",
	"a variable behind wide characters", "a variable without a name", "a variable that does not end", "a variable that makes a wrong value",
	"a variable that makes a wrong word", "several documents", "a directive", "what aliases make very big", "more than is shown", "a long line",
	"very many words", "a secret in a second document", "a secret in a URL that is wrong", "a secret in the first of many words",
}

func TestTheSchemaRefusesWhatTheReaderRefuses(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	known := map[string]bool{}
	for _, name := range unknowable {
		known[name] = true
	}
	for _, m := range config.Mistakes {
		if strings.HasPrefix(m.Name, "what aliases") || strings.Contains(m.Name, "leads into itself") {
			continue // another reader of YAML may take as long as it likes
		}
		if err := valid(s, m.Source); (err == nil) != known[m.Name] {
			t.Errorf("%s: the schema says %v", m.Name, err)
		}
	}
}

func TestTheSchemaAcceptsWhatTheReaderAccepts(t *testing.T) {
	t.Setenv("SET", "auto")
	t.Setenv("SPAN", "3s")
	t.Setenv("BYTES", "8MiB")
	s := compiled(t)
	in, target := config.In, config.SoundTarget
	for _, source := range []string{
		target, config.Example, in("request: {}"), in("budgets: {}"), "rules: {}\nthresholds: {}\n" + target,
		in("chaos: true"), in("chaos: false"), in("chaos: {}"), in("chaos: {rate: 0}"), in("chaos: {rate: 0.5, seed: -3}"),
		in("edge: {via: http://a/}"), in("edge: []"), in("edge: [{via: http://a/}]"),
		"targets: [{name: a, edge: {via: http://a/}}]\n", "targets: [{name: a, edge: {via: http://a/}, chaos: false}]\n",
		"waivers: w.yml\n" + target, "waivers: []\n" + target, "waivers: [{rule: a/b, reason: r, owner: o, until: 2026-12-31}]\n" + target,
		in("budgets: {bytes: 8MiB}"), in("budgets: {bytes: 8 kB}"), in("budgets: {bytes: 8}"), in("heartbeat: 1h30m"), in("heartbeat: 1.5s"),
		in("profile: ${SET}"), in("heartbeat: ${SPAN}"), in("budgets: {bytes: '${BYTES}'}"), in("request: {headers: {A: b, Ü: c}, http: '2'}"),
		"version: 1\nrequire: []\n" + target, "rules: {level: {framing/utf8: fact}}\n" + target,
		"x-mine: {anything: [1, true]}\n" + target, "{\"targets\": [{\"name\": \"a b\", \"url\": \"http://a/\"}]}",
	} {
		if _, err := config.Parse("ssespec.yml", source); err != nil {
			t.Errorf("the reader refuses\n%s\n%v", source, err)
		}
		if err := valid(s, source); err != nil {
			t.Errorf("the schema refuses\n%s\n%v", source, err)
		}
	}
}

func TestTheSchemaAcceptsTheFullFile(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("testdata", "full.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(compiled(t), string(source)); err != nil {
		t.Error(err)
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	t.Parallel()
	source, err := schema.Of(config.TestForms())
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Properties map[string]described `json:"properties"`
		Defs       map[string]struct {
			Description string               `json:"description"`
			Properties  map[string]described `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(source, &s); err != nil {
		t.Fatal(err)
	}
	s.Defs["File"] = struct {
		Description string               `json:"description"`
		Properties  map[string]described `json:"properties"`
	}{"the file", s.Properties}
	keys := 0
	for name, def := range s.Defs {
		if def.Description == "" {
			t.Errorf("%s is not described", name)
		}
		for key, p := range def.Properties {
			keys++
			if !strings.HasSuffix(p.Description, ".") {
				t.Errorf("%s.%s is described as %q", name, key, p.Description)
			}
		}
	}
	if keys < 70 {
		t.Errorf("the schema has %d keys", keys)
	}
}

type described struct {
	Description string `json:"description"`
}

func TestTheSchemaIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	a, err := schema.Of(config.TestForms())
	if err != nil {
		t.Fatal(err)
	}
	b, err := schema.Of(config.TestForms())
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("two schemas differ, or: %v", err)
	}
}
