package config

import (
	"strings"
	"testing"
)

func TestWhatIsTakenFromTheEnvironment(t *testing.T) {
	t.Setenv("A", "one")
	t.Setenv("B_2", "${A}: [x, *y] # &z")
	for _, tc := range []struct{ name, key, written, want string }{
		{"a variable", "inject", "http://${A}/", "http://one/"},
		{"two variables", "inject", "${A}${B_2}", "one${A}: [x, *y] # &z"},
		{"an escape", "inject", "$${A}", "${A}"},
		{"an escape before a variable", "inject", "$${A}${A}", "${A}one"},
		{"a name alone", "inject", "$A", "$A"},
		{"a dollar alone", "inject", "5$ or $5", "5$ or $5"},
		{"dollars", "inject", "$$", "$$"},
		{"braces alone", "inject", "{A} {text}", "{A} {text}"},
		{"a name in a field", "other-session", "Cookie: $A", "Cookie: one"},
		{"braces in a field", "other-session", "Cookie: ${A}$B_2.", "Cookie: one${A}: [x, *y] # &z."},
		{"a dollar in a field", "other-session", "Cookie: $5 $", "Cookie: $5 $"},
		{"an escape in a field", "other-session", "Cookie: $${A}", "Cookie: ${A}"},
	} {
		source := in(tc.key + ": '" + tc.written + "'")
		if tc.key == "other-session" {
			source = in(tc.key + ": ['" + tc.written + "']")
		}
		f, err := parse("ssespec.yml", source)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		got := f.Targets[0].Inject
		if tc.key == "other-session" {
			got = f.Targets[0].OtherSession[0]
		}
		if got.V != tc.want || got.Written != tc.written {
			t.Errorf("%s: %q is %q, want %q", tc.name, got.Written, got.V, tc.want)
		}
	}
}

func TestNamesGroupsAndRulesStandForThemselves(t *testing.T) {
	t.Setenv("A", "one")
	f, err := parse("ssespec.yml", "known-flaky: [{rule: a/b, reason: 'for ${A}'}]\nrules: {skip: ['a/${A}']}\n"+
		in("rules: {only: ['a/${A}']}\nedge: {via: 'http://${A}/', name: edge}"))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{f.KnownFlaky[0].Reason.V, f.Rules.Skip[0].V, f.Targets[0].Rules.Only[0].V, f.Targets[0].Edge[0].Via.V}
	if want := "for ${A}|a/${A}|a/${A}|http://one/"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(f.Secrets) != 1 || f.Secrets[0] != "one" {
		t.Errorf("the secrets are %q", f.Secrets)
	}
}

// An anchor outside the targets holds the text as it is written; where a target uses it, the environment is put in.
func TestAnAliasIsExpandedWhereItStands(t *testing.T) {
	t.Setenv("A", "one")
	f, err := parse("ssespec.yml", "x-shared: &shared {Cookie: '${A}'}\n"+in("request: {headers: *shared}"))
	if err != nil {
		t.Fatal(err)
	}
	if h := f.Targets[0].Request.Headers; len(h) != 1 || h[0].Value.V != "one" {
		t.Errorf("the headers are %+v", h)
	}
}

func TestAnAliasStandsForTheLastAnchorBeforeIt(t *testing.T) {
	t.Parallel()
	f, err := parse("ssespec.yml", "require: [&a a/1, *a, &a a/2, *a]\nx-later: &a a/3\n"+target)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range f.Require {
		got = append(got, r.V)
	}
	if want := "a/1 a/1 a/2 a/2"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Two targets share their headers, and each changes what it has to.
func TestMergedKeysCountLessThanOwnOnes(t *testing.T) {
	t.Parallel()
	f, err := parse("ssespec.yml", "x-a: &a {A: of a, B: of a, C: of a}\nx-b: &b {A: of b, D: of b}\n"+
		in("request: {headers: {B: own, <<: [*b, *a], C: own}}"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, h := range f.Targets[0].Request.Headers {
		got[h.Name.V] = h.Value.V
	}
	want := map[string]string{"A": "of b", "B": "own", "C": "own", "D": "of b"}
	for k, v := range want {
		if got[k] != v || len(got) != len(want) {
			t.Errorf("the headers are %v, want %v", got, want)
		}
	}
}
