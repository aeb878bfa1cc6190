package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// target is a sound one, to stand behind what is wrong.
const target = "targets: [{name: a, url: http://a/}]\n"

// in puts keys into a target.
func in(keys string) string {
	return "targets:\n  - name: a\n    url: http://a/\n    " + strings.ReplaceAll(keys, "\n", "\n    ") + "\n"
}

// A wrongSource is a file with a mistake.
type wrongSource struct{ Name, Source string }

var mistakes = []wrongSource{
	{"an empty file", ""},
	{"a file of comments", "# nothing\n"},
	{"a list for a file", "- a\n- b\n"},
	{"a text for a file", "hello\n"},

	{"an unknown key that is near", "fail_on: must\n" + target},
	{"an unknown key that is far", "colour: red\n" + target},
	{"an unknown key of a target", in("timout: 15s")},
	{"a key that belongs deeper", in("headers: {A: b}")},
	{"a key that belongs to a target", "heartbeat: 15s\n" + target},
	{"an unknown key that is long", strings.Repeat("k", 300) + ": 1\n" + target},
	{"x- in a target", in("x-mine: 1")},
	{"a duplicate key", "fail-on: must\nparallel: 3\nfail-on: should\n" + target},
	{"a duplicate key of the user's own", in("request: {headers: {A: b, A: c}}")},
	{"a missing key", "targets:\n  - url: http://a/\n"},
	{"missing targets", "fail-on: must\n"},
	{"empty targets", "targets: []\n"},
	{"targets of nothing", "targets:\n"},
	{"a target that is nothing", "targets:\n  -\n"},
	{"missing keys of a waiver", "waivers:\n  - rule: a/b\n" + target},
	{"an address without a port", in("edge: {via: http://b/, listen: localhost}")},
	{"several routes without names", in("edge: [{via: http://b/, direct: http://a/}, {via: http://c/, direct: http://a/}]")},
	{"routes of one name", in("edge:\n  - {name: b, via: http://b/, direct: http://a/}\n  - {name: b, via: http://c/, direct: http://a/}")},
	{"duplicate names", "targets:\n  - {name: a, url: http://a/}\n  - {name: b, url: http://b/}\n  - name: a\n    url: http://c/\n"},

	{"a text for a number", in("chaos: {runs: three}")},
	{"a number for a text", "targets: [{name: 12, url: http://a/}]\n"},
	{"true for a text", "targets: [{name: true, url: http://a/}]\n"},
	{"a number for true or false", in("credentials: 1")},
	{"yes for true or false", in("credentials: yes")},
	{"a text for a list", "require: framing/*\n" + target},
	{"a mapping for a list", "require: {a: b}\n" + target},
	{"a list for a mapping", in("request: [a]")},
	{"a text for a mapping", in("chaos: sweep")},
	{"a list for a text", in("profile: [auto]")},
	{"nothing for a text", in("profile:")},
	{"null for a list", in("promises: ~")},
	{"nothing for a mapping", in("request:")},
	{"an empty text", in("profile: ''")},
	{"a version of HTTP without quotes", in("request: {http: 1.1}")},

	{"a number that is too small", in("budgets: {requests: 0}")},
	{"a number with a fraction", in("budgets: {requests: 1.5}")},
	{"a number in hexadecimal", in("budgets: {requests: 0x10}")},
	{"a number that is too big", in("chaos: {seed: 99999999999999999999}")},
	{"a rate that is no number", in("chaos: {rate: .inf}")},
	{"a negative rate", in("chaos: {rate: -1}")},
	{"a duration without a unit", in("heartbeat: 15")},
	{"a duration that is none", in("heartbeat: soon")},
	{"a duration of nothing", in("heartbeat: 0s")},
	{"bytes of an unknown unit", in("budgets: {bytes: 8 Mb}")},
	{"a date that is no day", "waivers: [{rule: a/b, reason: r, owner: o, until: 2026-02-30}]\n" + target},
	{"a date of another form", "waivers: [{rule: a/b, reason: r, owner: o, until: 31.12.2026}]\n" + target},
	{"another version", "version: 2\n" + target},
	{"a word that is near", "fail-on: musst\n" + target},
	{"a word that is far", "fail-on: everything\n" + target},
	{"a word of a list", in("promises: [resume, finit]")},
	{"a caller's form", "require: [framing/*, utf8]\n" + target},
	{"a caller's form of a URL", "targets: [{name: a, url: ftp://a/}]\n"},
	{"a level of a rule", "rules: {level: {framing/utf8: shuld, utf8: must}}\n" + target},
	{"a name with a slash", "targets: [{name: a/b, url: http://a/}]\n"},
	{"a pattern of targets", "known-flaky: [{rule: a/b, target: '[a'}]\n" + target},

	{"neither url nor edge", "targets: [{name: a}]\n"},
	{"chaos without a url", "targets: [{name: a, edge: {via: http://a/}, chaos: true}]\n"},
	{"chaos that is wrong without a url", "targets: [{name: a, edge: {via: http://a/}, chaos: yes}]\n"},
	{"nothing to do", in("check: false")},
	{"two bodies", in("request: {body: a, body-file: b}")},
	{"a body that would be a file", in("request: {body: '@x.json'}")},
	{"an edge that goes nowhere", in("edge: {direct: http://a/}")},
	{"an edge with two origins", in("edge: {via: http://a/, direct: http://b/, listen: 127.0.0.1:9000}")},

	{"a variable that is not set", in("request: {user: 'me:${UNSET}'}")},
	{"a variable that is empty", in("request: {user: 'me:${EMPTY}'}")},
	{"a variable of a field as on the command line", in("other-session: ['Cookie: $UNSET']")},
	{"a variable in the second line of a text", in("request:\n  body: |\n    {\n     \"key\": \"${UNSET}\"}")},
	{"a variable behind wide characters", in("inject: 'http://ü/${SET}/größer/${UNSET}'")},
	{"a variable without a name", in("resume: 'get:${1}'")},
	{"a variable that does not end", in("resume: 'get:${SET'")},
	{"a variable that makes a wrong value", "targets: [{name: a, url: '${SET}'}]\n"},
	{"a variable that makes a wrong word", in("profile: ${SET}")},
	{"a variable in a name", "targets: [{name: '${SET}', url: http://a/}]\n"},

	{"a tab", "targets:\n\t- name: a\n"},
	{"a tab behind spaces", "targets:\n  - name: a\n  \turl: http://a/\n"},
	{"a list that does not end", "require: [a/b, c/d\n" + target},
	{"a quote that does not end", in("profile: 'auto")},
	{"two keys in a line", in("time: a: b")},
	{"a key that is indented otherwise", "targets:\n  - name: a\n     url: http://a/\n"},
	{"a pattern that begins with a star", "require: [*]\n" + target},
	{"an alias of nothing", "require: [*framing/utf8]\n" + target},
	{"a variable in braces without quotes", in("request: {user: ${SET}}")},
	{"an escape", in(`profile: "\q"`)},
	{"a tag", "parallel: !!int 3\n" + target},
	{"a directive", "%YAML 1.2\n---\n" + target},
	{"several documents", target + "---\n" + target},
	{"a question mark", "? targets\n: []\n"},
	{"a merge of a text", in("request: {<<: a}")},
	{"an alias of nothing for a target", "targets: [*a, {name: a, url: http://a/}]\n"},
	{"an alias that leads into itself", "x-a: &a [*a]\nrequire: *a\n" + target},
	{"a merge that leads into itself", "x-a: &a {<<: *a}\n" + in("request: *a")},
	{"an anchor that is its own alias", "x-a: &a *a\nrequire: *a\n" + target},
	{"a text for an element", "targets: [chat]\n"},
	{"a text for an edge", in("edge: deep")},
	{"a text for headers", in("request: {headers: 'Cookie: a=b'}")},
	{"a mapping for waivers", "waivers: {rule: a/b}\n" + target},
	{"a password that begins with a bar", in("request:\n  user: |geheim")},
	{"what is deep", in("promises: " + strings.Repeat("[", 40) + strings.Repeat("]", 40))},
	{"what aliases make very big", laughs()},
	{"an empty text of many lines", in("request:\n  body: |\n" + strings.Repeat("\n", 1100))},
	{"very many words", "require: [" + strings.Repeat("a/b, ", 11000) + "]\n" + target},
	{"bytes that are no UTF-8", "fail-on: m\xffst\n"},
	{"a control character", "fail-on: m\x1bst\n"},

	{"a mistake that two targets share", "targets:\n  - {name: a, url: http://a/, budgets: &b {requests: 0}}\n  - {name: b, url: http://b/, budgets: *b}\n"},
	{"a long line", "rules: {only: [" + strings.Repeat("framing/utf8, ", 30) + "utf8, " + strings.Repeat("framing/utf8, ", 30) + "]}\n" + target},
	{"marks that turn text around", "fail-on: \"\u202emust\"\n" + target},
	{"markup and a terminal's signs", "fail-on: \"<script>\\e[31m\"\n" + target},
	{"secrets in the lines that are shown", in("request: {user: 'me:geheim', boddy: geheim, headers: {Cookie: geheim, A: [geheim]}}\ninject: http://me:geheim@a/\nheartbeat: 15")},
	{"a secret in a line that cannot be parsed", in("request:\n  headers:\n    Authorization: geheim: b")},
	{"a secret in a URL of the line", "targets: [{name: a, url: 'http://me:geheim@a/', heartbeat: 15}]\n"},
	{"a secret in a URL that is wrong", "targets: [{name: a, url: 'ftp://me:geheim@a/'}]\n"},
	{"a secret in what is no list", "targets: {name: a, request: {user: 'me:geheim'}}\n"},
	{"a secret behind a duplicate key", in("request: {user: 'a:b', user: 'me:geheim'}")},
	{"a secret before a control character", in("request:\n  headers:\n    Cookie: geheim\x1b")},
	{"a secret in a second document", target + "---\ntargets: [{request: {user: 'me:geheim'}}]\n"},
	{"a secret where it is deep", in("request: {headers: {A: geheim, B: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}}")},
	{"a secret in the first of many words", "x-a: geheim\nrequire: [" + strings.Repeat("a/b, ", 11000) + "]\n" + target},
	{"a secret in a text of many lines", in("request:\n  body: |\n    geheim\n    ${UNSET} geheim\n  user: 12")},
	{"more than is shown", "require:\n" + strings.Repeat("  - utf8\n", 25) + target},
}

// laughs are a few lines that stand for ten million values.
func laughs() string {
	var b strings.Builder
	b.WriteString("x-0: &x0 {A: b}\n")
	for i := range 8 {
		fmt.Fprintf(&b, "x-%d: &x%d {<<: [%s]}\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i), 10), ", "))
	}
	return b.String() + in("request: {headers: *x8}")
}

func TestEveryMistakeSaysWhatToWrite(t *testing.T) {
	t.Setenv("SET", "geheim")
	t.Setenv("EMPTY", "")
	var b strings.Builder
	for _, m := range mistakes {
		_, err := parse("ssespec.yml", m.Source)
		if err == nil {
			t.Errorf("%s is no mistake", m.Name)
			continue
		}
		fmt.Fprintf(&b, "## %s\n%v\n\n", m.Name, err)
	}
	golden(t, "mistakes", b.String())
}

func TestNoMessageShowsASecret(t *testing.T) {
	t.Setenv("SET", "geheim")
	t.Setenv("EMPTY", "")
	for _, m := range mistakes {
		if _, err := parse("ssespec.yml", m.Source); err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s:\n%v", m.Name, err)
		}
	}
}

func TestMessagesAreBoundedAndPrintable(t *testing.T) {
	t.Setenv("SET", "geheim")
	for _, m := range mistakes {
		_, err := parse("ssespec.yml", m.Source)
		if err != nil {
			printable(t, err.Error())
		}
	}
}

// printable fails where a text is longer than an error may be or has what a terminal obeys.
func printable(t *testing.T, text string) {
	t.Helper()
	if most := (mostMistakes + 1) * 10 * (mostMessage + 2*mostLine); len(text) > most {
		t.Errorf("an error takes %d bytes", len(text))
	}
	if clean := strings.ReplaceAll(text, "\n", ""); safe(clean) != clean {
		t.Errorf("an error is not printable: %q", text)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := filepath.Join(dir, "big.yml")
	if err := os.WriteFile(big, []byte(strings.Repeat("# nothing here\n", mostBytes/15+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, want string }{
		{filepath.Join(dir, "none.yml"), "none.yml: there is no such file: write one with ssespec init, or name another with -c"},
		{dir, ": cannot be read: is a directory"},
		{big, "big.yml: is longer than 1 MiB: divide it"},
	} {
		if _, err := Load(tc.name, forms()); err == nil || !strings.HasSuffix(err.Error(), tc.want) {
			t.Errorf("Load(%s) = %v, want %s", tc.name, err, tc.want)
		}
	}
}
