package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// loadExample loads a configuration from a directory that has an empty baseline.
func loadExample(t *testing.T, source string) *File {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"ssespec.yml": source, "ssespec-baseline.yml": "expected: []\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Load(filepath.Join(dir, "ssespec.yml"), forms())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheExampleIsACompleteConfiguration(t *testing.T) {
	t.Parallel()
	f := loadExample(t, Example)
	if len(f.Targets) != 1 || !strings.HasPrefix(f.Targets[0].URL.V, "http://127.0.0.1:8080/") {
		t.Errorf("its targets are %+v", f.Targets)
	}
}

// Who takes the # away in front of any key must not be told that it is wrong.
func TestTheExampleIsRightWithAllItsKeysSwitchedOn(t *testing.T) {
	t.Setenv("TOKEN", "a")
	t.Setenv("OTHER", "b")
	off := regexp.MustCompile(`(?m)^( *)#([^ #\n])`)
	f := loadExample(t, off.ReplaceAllString(Example, "$1$2"))
	if c := f.Targets[0]; c.Chaos == nil || len(c.Edge) != 1 || len(c.Request.Headers) != 2 || len(f.Waivers.List) != 1 {
		t.Errorf("not all keys were switched on: %+v", f)
	}
	if left := off.FindString(off.ReplaceAllString(Example, "$1$2")); left != "" {
		t.Errorf("%q is still switched off", left)
	}
}

func TestTheExampleIsShortEnoughToRead(t *testing.T) {
	t.Parallel()
	lines := strings.Split(Example, "\n")
	if len(lines) > 90 {
		t.Errorf("it has %d lines", len(lines))
	}
	for _, l := range lines {
		if len(l) > 130 {
			t.Errorf("a line is too long: %s", l)
		}
	}
}
