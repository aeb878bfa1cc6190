package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was (go test ./config -update rewrites it); got:\n%s", file, got)
	}
}

// forms are such as the program has, with fewer words.
func forms() Forms {
	return Forms{
		"rule-pattern": {Check: rule, Says: "the id of a rule, or a pattern", Example: "framing/*"},
		"fail-on":      {Words: []string{"must", "should", "advice", "never"}},
		"level":        {Words: []string{"must", "should", "advice", "fact"}},
		"promise":      {Words: []string{"resume", "exactly-once", "finite", "endless", "json"}},
		"profile":      {Words: []string{"auto", "eventsource", "llm"}},
		"url":          {Check: web, Says: "an http or https URL", Example: "https://app.example/stream"},
		"field":        {Pattern: `^[A-Za-z0-9\x{80}-\x{10ffff}-]+:[^\r\n]*$`, Says: "a header field", Example: "'Authorization: Bearer ${TOKEN}'"},
		"product":      {Words: []string{"nginx", "envoy"}},
	}
}

func rule(text string) error {
	if strings.Contains(text, "/") {
		return nil
	}
	return errors.New("no rule matches " + quote(text) + "; write a pattern such as framing/*")
}

func web(text string) error {
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		return nil
	}
	return errors.New(quote(text) + " is not a URL; write http:// or https://")
}

// parse reads a source as the file of that name.
func parse(name, source string) (*File, error) {
	r := newReader(name, forms())
	f := &File{Name: name}
	r.decode([]byte(source), f)
	f.Secrets = r.secrets
	return f, r.err()
}

// setFull sets what full.yml takes from the environment.
func setFull(t *testing.T) {
	t.Helper()
	t.Setenv("TOKEN", "gehe$im: ${HOST}")
	t.Setenv("HOST", "app.example")
}

func full(t *testing.T) *File {
	t.Helper()
	setFull(t)
	f, err := Load(filepath.Join("testdata", "full.yml"), forms())
	if err != nil {
		t.Fatal(err)
	}
	return f
}
