package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/config"
	"github.com/ssespec/ssespec/config/schema"
)

// TestThePublishedSchemaIsThatOfTheProgram holds the schema that editors fetch against the types and the program's own forms.
func TestThePublishedSchemaIsThatOfTheProgram(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "config", "ssespec.schema.json")
	got, err := schema.Of(forms())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not that of this program (go test ./cmd/ssespec -run Schema -update rewrites it)", file)
	}
}

// TestTheExampleIsAConfigurationOfTheProgram reads what ssespec init writes with the program's own forms.
func TestTheExampleIsAConfigurationOfTheProgram(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "ssespec.yml")
	if err := os.WriteFile(name, []byte(config.Example), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(name, forms()); err != nil {
		t.Error(err)
	}
}

// TestTheConfigurationThatTheReadmeShowsIsOne reads it as a user would who copied it.
func TestTheConfigurationThatTheReadmeShowsIsOne(t *testing.T) {
	t.Setenv("TOKEN", "a token")
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(readme), "\n    thresholds: ")
	text, _, ended := strings.Cut(text, "\n\n")
	if !found || !ended {
		t.Fatal("README.md shows no configuration")
	}
	name := filepath.Join(t.TempDir(), configName)
	if err := os.WriteFile(name, []byte(strings.ReplaceAll("    thresholds: "+text, "\n    ", "\n")[4:]), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := config.Read(name, forms()); err != nil || len(f.Targets) != 1 {
		t.Errorf("%v", err)
	}
}
