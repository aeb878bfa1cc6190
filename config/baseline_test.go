package config

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func expectation(target, run, rule, reason string) *Expectation {
	return &Expectation{Target: Text{V: target}, Run: Text{V: run}, Rule: Text{V: rule}, Reason: Text{V: reason}}
}

func TestABaselineIsWrittenForPeople(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := WriteBaseline(&b, []*Expectation{
		expectation("chat", "check", "framing/utf8", "the model speaks Latin-1: until it is replaced"),
		expectation("chat", "", "framing/bom", ""),
		expectation("chat", "check", "framing/utf8", "again"),
		expectation("a", "edge", "edge/bytes", "a \"proxy\"\nof \u202ethe vendor"),
		expectation("http://localhost:8080/stream", "check", "headers/*", "true"),
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "baseline", b.String())
}

func TestAnEmptyBaselineCanBeRead(t *testing.T) {
	t.Parallel()
	if got := written(t, nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ -~\t\n]{1,20}`), rapid.StringN(1, 20, -1), rapid.SampledFrom([]string{
			"true", "No", "~", "- a", "a: b", "a #b", "*a", "&a", "1", "1e3", "0x1", ".inf", "2026-12-31", " a ", "a\\", "\"", "'", "\x7f", "\u2028", "\ufeff", "null"}))
		var all []*Expectation
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			run := rapid.SampledFrom([]string{"", "check", "chaos", "edge"}).Draw(t, "run")
			all = append(all, expectation(text.Draw(t, "target"), run, "a/"+text.Draw(t, "rule"), text.Draw(t, "reason")))
		}
		left := written(t, all)
		for _, e := range all {
			same := func(x *Expectation) bool {
				return x.Target.V == e.Target.V && x.Run.V == e.Run.V && x.Rule.V == e.Rule.V
			}
			if !slices.ContainsFunc(left, same) {
				t.Fatalf("%q was written and not read", e.block())
			}
		}
	})
}

// written returns what is read of what is written.
func written(t rapid.TB, all []*Expectation) []*Expectation {
	var b strings.Builder
	if err := WriteBaseline(&b, all); err != nil {
		t.Fatal(err)
	}
	r, f := newReader("baseline.yml", forms()), baselineFile{}
	r.decode([]byte(b.String()), &f)
	if err := r.err(); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return f.Expected
}

func TestMistakesBesideTheFileNameTheirOwnFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "ssespec.yml")
	for file, source := range map[string]string{
		"ssespec.yml": "baseline: b.yml\nwaivers: w.yml\nfail-on: x\n" + target,
		"b.yml":       "expected: [{target: a}]\n",
		"w.yml":       "waivers:\n- {rule: utf8, reason: r, owner: o, until: 2026-12-31}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Load(name, forms())
	if err == nil {
		t.Fatal("no mistake was found")
	}
	golden(t, "beside", strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")+"\n")
}
