package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryKeyIsReadAndBecomesItsFlag(t *testing.T) {
	f := full(t)
	var b strings.Builder
	tell := func(what string, flags []Flag) {
		fmt.Fprintf(&b, "%s\n", what)
		for _, x := range flags {
			fmt.Fprintf(&b, "  --%s=%q  %s\n", x.Name, x.Value, filepath.Base(x.At.String()))
		}
	}
	tell("the file", f.Flags())
	for _, x := range f.Targets {
		tell("target "+x.Name.V, x.Flags())
		if x.Chaos != nil {
			tell("chaos", x.Chaos.Flags())
		}
		for _, e := range x.Edge {
			tell("edge "+e.Name.V, e.Flags())
		}
	}
	golden(t, "flags", b.String())
}

// A key that the full file forgets would be tested by nothing.
func TestTheFullFileHasEveryKey(t *testing.T) {
	f := full(t)
	written := map[string]bool{}
	scalars(reflect.ValueOf(f), func(owner reflect.Type, key string, _ Position, _ string) { written[owner.Name()+"."+key] = true })
	for _, owner := range []reflect.Type{
		reflect.TypeFor[File](), reflect.TypeFor[Rules](), reflect.TypeFor[Thresholds](), reflect.TypeFor[Flaky](), reflect.TypeFor[Target](),
		reflect.TypeFor[Request](), reflect.TypeFor[Budgets](), reflect.TypeFor[TargetRules](), reflect.TypeFor[Chaos](), reflect.TypeFor[Edge](),
		reflect.TypeFor[Waiver](), reflect.TypeFor[Expectation](),
	} {
		for _, x := range Fields(owner) {
			if e := Element(x.Type); len(Fields(e)) == 0 && e != reflect.TypeFor[Waivers]() && !written[owner.Name()+"."+x.Key] {
				t.Errorf("no value of %s.%s was read", owner.Name(), x.Key)
			}
		}
	}
}

// scalars calls back for every scalar that was written, with the struct and the key that it stands at.
func scalars(v reflect.Value, seen func(owner reflect.Type, key string, at Position, written string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			scalars(v.Elem(), seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			scalars(v.Index(i), seen)
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if len(f.Index) == 1 && !f.IsExported() {
				continue
			}
			visit(v.Type(), f.Tag.Get("yaml"), v.FieldByIndex(f.Index), seen)
		}
	}
}

func visit(owner reflect.Type, key string, v reflect.Value, seen func(reflect.Type, string, Position, string)) {
	switch {
	case v.Kind() == reflect.Struct && v.FieldByName("Written").IsValid():
		if at := v.FieldByName("At").Interface().(Position); at.Line > 0 {
			seen(owner, key, at, v.FieldByName("Written").String())
		}
	case v.Type() == reflect.TypeFor[Pairs](), v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		for i := range v.Len() {
			visit(owner, key, v.Index(i), seen)
		}
	case v.Type() == reflect.TypeFor[Pair]():
		visit(owner, key, v.FieldByName("Name"), seen)
		visit(owner, key, v.FieldByName("Value"), seen)
	case v.Kind() != reflect.String && v.Type() != reflect.TypeFor[Position]():
		scalars(v, seen)
	}
}

func TestPositionsAreWhereTheValuesStand(t *testing.T) {
	f := full(t)
	lines := map[string][]string{}
	count := 0
	scalars(reflect.ValueOf(f), func(_ reflect.Type, key string, at Position, written string) {
		count++
		if lines[at.File] == nil {
			source, err := os.ReadFile(at.File)
			if err != nil {
				t.Fatal(err)
			}
			lines[at.File] = strings.Split(string(source), "\n")
		}
		rest := string([]rune(lines[at.File][at.Line-1])[at.Column-1:])
		if !strings.HasPrefix(strings.TrimLeft(rest, `'"`), written) && !strings.HasPrefix(rest, "|") {
			t.Errorf("%s: %s is said to be %q here, where %q stands", at, key, written, rest)
		}
	})
	if count < 100 {
		t.Errorf("only %d values were looked at", count)
	}
}

func TestWhatTheValuesAre(t *testing.T) {
	f := full(t)
	chat, plain := f.Targets[0], f.Targets[1]
	got := map[string]any{
		"expected": len(f.Expected), "waivers": len(f.Waivers.List), "until": f.Waivers.List[0].Until.V.Format("2 January 2006"),
		"bytes": chat.Budgets.Bytes.V, "bytes of a number": plain.Budgets.Bytes.V, "rate": chat.Chaos.Rate.V, "seed": chat.Chaos.Seed.V,
		"recovery": f.Thresholds.Recovery.V.String(), "checks": []bool{chat.Checks(), plain.Checks()}, "level": f.Rules.Level[1].Value.V,
		"chaos": []bool{chat.Chaos != nil, plain.Chaos != nil, f.Targets[2].Chaos != nil}, "at": chat.At.String(),
		"chaos of true": plain.Chaos.At.String(), "edge": plain.Edge[0].At.String(), "baseline": f.Baseline.V, "body": chat.Request.Body.V,
		"secrets": f.Secrets,
	}
	file := filepath.Join("testdata", "full.yml")
	want := map[string]any{
		"expected": 2, "waivers": 1, "until": "31 December 2026",
		"bytes": int64(8 << 20), "bytes of a number": int64(1 << 20), "rate": 0.5, "seed": int64(-1),
		"recovery": "1m30s", "checks": []bool{false, true}, "level": "fact",
		"chaos": []bool{true, true, false}, "at": file + ":20:11",
		"chaos of true": file + ":80:12", "edge": file + ":81:11", "baseline": filepath.Join("testdata", "baseline.yml"),
		"body":    "{\"stream\": true,\n \"key\": \"gehe$im: ${HOST}\"}\n",
		"secrets": []string{"app.example", "gehe$im: ${HOST}"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadLeavesTheFilesBesideAlone(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "ssespec.yml")
	source := "baseline: b.yml\nwaivers: w.yml\ntargets: [{name: a, url: http://a/}]\n"
	if err := os.WriteFile(name, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Read(name, forms())
	if err != nil || f.Baseline.V != filepath.Join(filepath.Dir(name), "b.yml") {
		t.Errorf("Read = %+v, %v", f, err)
	}
	_, err = Load(name, forms())
	if e, ok := err.(*Error); !ok || len(e.Mistakes) != 2 || !strings.Contains(err.Error(), "ssespec baseline write") {
		t.Errorf("Load = %v", err)
	}
}

func TestAPlainWordMayHaveAColonWhereverItStands(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"chaos: {cuts: [event:3/rst, after-id:6/fin]}",
		"chaos:\n  cuts: [event:3/rst, after-id:6/fin]",
		"chaos:\n  cuts:\n    - event:3/rst\n    - after-id:6/fin",
		"chaos: {cuts: ['event:3/rst', \"after-id:6/fin\"]}",
	} {
		f, err := parse("a.yml", in(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, c := range f.Targets[0].Chaos.Cuts {
			got = append(got, c.V)
		}
		if want := []string{"event:3/rst", "after-id:6/fin"}; !slices.Equal(got, want) {
			t.Errorf("%s: the cuts are %q, want %q", text, got, want)
		}
	}
}
