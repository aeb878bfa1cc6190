package reports

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// merged returns two maps as one.
func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func TestGitHubAnnotationsOfAGate(t *testing.T) {
	t.Parallel()
	golden(t, "gate-github", written(t, GitHub, gated(t)))
}

// A command is a workflow command as GitHub's runner reads it.
type command struct {
	kind, text string
	properties map[string]string
}

// commands reads lines as the runner does: https://github.com/actions/runner, ActionCommand.cs. Every line must be a command.
func commands(t *testing.T, report string) []command {
	t.Helper()
	var out []command
	for line := range strings.Lines(report) {
		head, text, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "::"), "::")
		if !ok || !strings.HasPrefix(line, "::") {
			t.Fatalf("a line is no command: %q", line)
		}
		kind, properties, _ := strings.Cut(head, " ")
		if kind != "error" && kind != "warning" && kind != "notice" {
			t.Fatalf("a command is %q", line)
		}
		c := command{kind, unescaped(text, "%0D", "\r", "%0A", "\n"), map[string]string{}}
		for p := range strings.SplitSeq(properties, ",") {
			key, value, _ := strings.Cut(p, "=")
			if _, twice := c.properties[key]; twice {
				t.Errorf("a command has %s twice: %q", key, line)
			}
			c.properties[key] = unescaped(value, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",")
		}
		out = append(out, c)
	}
	return out
}

// unescaped undoes escapes one after the other, as the runner does, the percent sign last.
func unescaped(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
	}
	return strings.ReplaceAll(s, "%25", "%")
}

func TestAnnotationsStandAtTheTarget(t *testing.T) {
	t.Parallel()
	all := commands(t, written(t, GitHub, gated(t)))
	for _, tc := range []struct{ title, kind, line, text string }{
		{"unreachable", "error", "21", "127.0.0.1:9 refused the connection"},
		{"broken · check: demo/utf8", "error", "9", "scene control, event 1, byte 34, at 420ms: a byte that begins no character: a client shows U+FFFD in its place\n  \"\\xfc\""},
		{"broken · check: demo/cache", "warning", "9", "scene control, head: a cache may keep the answer"},
		{"broken · check: demo/long-a", "notice", "9", "failed in 1 of 3 runs: the heartbeat came late"},
		{"ssespec.yml: gate/baseline", "error", "", "ssespec-baseline.yml:4:5: framing/utf8 passes on sound now"},
	} {
		found := false
		for _, c := range all {
			if c.properties["title"] != tc.title {
				continue
			}
			found = true
			if c.kind != tc.kind || c.properties["line"] != tc.line || !strings.HasPrefix(c.text, tc.text) {
				t.Errorf("the annotation is %+v, want %+v", c, tc)
			}
		}
		if !found {
			t.Errorf("nothing has the title %q", tc.title)
		}
	}
	if all[0].properties["title"] != "unreachable" {
		t.Errorf("the first annotation is %+v", all[0])
	}
}

func TestNoAnnotationIsAnErrorWhereTheRunEndedWell(t *testing.T) {
	t.Parallel()
	ds := gated(t)
	for _, d := range ds {
		d.Exit = 0
	}
	for _, c := range commands(t, written(t, GitHub, ds)) {
		if c.kind == "error" {
			t.Errorf("an annotation is %+v", c)
		}
	}
	if got := written(t, GitHub, []*Document{sound(t).Document()}); got != "" {
		t.Errorf("a sound target has the annotations %s", got)
	}
}

func TestWhatGitHubWouldNotShowIsCounted(t *testing.T) {
	t.Parallel()
	var ds []*Document
	for i := range 12 {
		ds = append(ds, placed(broken(t), fmt.Sprint("target ", i), i+1))
	}
	all := commands(t, written(t, GitHub, ds))
	count := map[string]int{}
	for _, c := range all {
		count[c.kind]++
	}
	if count["error"] != 10 || count["warning"] != 10 || count["notice"] != 10 {
		t.Errorf("there are %v annotations, want ten of each kind", count)
	}
	want := "50 more errors, 2 more warnings, 3 more notices: GitHub shows ten of a kind, the report has them all"
	if got := all[len(all)-1].text; got != want {
		t.Errorf("the last one says %q, want %q", got, want)
	}
}

func TestNoTextSmugglesAWorkflowCommand(t *testing.T) {
	t.Parallel()
	clean := commands(t, written(t, GitHub, gated(t)))
	smuggled := map[string]string{"injections": injections, "a command": "\n::set-env name=A::b\r::stop-commands::x", "an old one": "##[add-path]x",
		"escapes": "%0A::error::x%250A", "properties": ",line=1,title=x::y"}
	for name, s := range merged(attacks, smuggled) {
		report := written(t, GitHub, spoiled(gated(t), s))
		harmless(t, name, report)
		got := commands(t, report)
		if len(got) != len(clean) {
			t.Errorf("%s: there are %d commands, want %d", name, len(got), len(clean))
			continue
		}
		for i, c := range got {
			if c.kind != clean[i].kind || c.properties["line"] != clean[i].properties["line"] || !strings.Contains(c.properties["title"], safe(s)) {
				t.Errorf("%s: a command is %+v, want %+v", name, c, clean[i])
			}
			if !strings.Contains(c.text, safe(s)) {
				t.Errorf("%s: a text is %q, want in it %q", name, c.text, safe(s))
			}
		}
	}
}
