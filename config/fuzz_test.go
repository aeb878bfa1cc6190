package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzLoad holds that no file makes the reader panic, that mistakes are inside the file, and that they can be shown.
func FuzzLoad(f *testing.F) {
	for _, m := range mistakes {
		f.Add([]byte(m.Source))
	}
	f.Add([]byte(Example))
	for _, name := range []string{"full.yml", "baseline.yml", "waivers.yml"} {
		source, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 1<<14 {
			return // how long a large file takes is another test
		}
		for _, p := range []any{&File{}, &waiverFile{}, &baselineFile{}} {
			r := newReader("ssespec.yml", forms())
			r.decode(source, p)
			if err := r.err(); err != nil {
				printable(t, err.Error())
				inside(t, r, err.(*Error))
			}
		}
	})
}

// inside fails where a mistake is not in the file.
func inside(t *testing.T, r *reader, e *Error) {
	t.Helper()
	for _, m := range e.Mistakes {
		if m.At.Line < 1 || m.At.Line > len(r.lines) || m.At.Column < 1 || m.At.Column > utf8.RuneCountInString(r.line(m.At.Line))+1 {
			t.Errorf("%v is not inside the file: %s", m.At, m.Message)
		}
		if m.Message == "" {
			t.Errorf("%v: nothing is said", m.At)
		}
	}
}

// TestHostileFilesTakeNoTime would take minutes if some shape cost the square of its size.
func TestHostileFilesTakeNoTime(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{
		"[", "{", "[a, ", "{a: ", "{a: [", "- ", "a: ", "? ", "&a ", "*a ", "'", "\"", "|", "!a ", "#", "\n", " ", "---\n", "- a\n", "a\n", "a: b\n", " a", "a, ",
		"- - a\n", "a:\n- b\n", "x", "ü", "${", "${A}", "\\", ": ", "{}", "[]", ",", "<<: *a\n", "%A\n", "...\n", "a: |\n b\n", "a: 'b\n c'\n", "\u2028", "@", "`", "a/b, ",
	} {
		for _, head := range []string{"", "a: |\n  ", "a: [", "a: \"", "require: [", "targets: [{name: a, url: '"} {
			source := head + strings.Repeat(unit, 1<<14/len(unit))
			began := time.Now()
			r := newReader("ssespec.yml", forms())
			r.decode([]byte(source), &File{})
			if took := time.Since(began); took > 2*time.Second { // most take a hundredth of it
				t.Errorf("%q and %q many times take %v", head, unit, took)
			}
		}
	}
}
