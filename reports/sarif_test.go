package reports

import (
	"encoding/json"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A sarifLog is what readers of SARIF look at, written down apart from the code.
type sarifLog struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID                   string
					HelpURI              string
					Help                 sarifText
					DefaultConfiguration struct{ Level string }
				}
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ExitCode                   int
			ToolExecutionNotifications []struct {
				Level          string
				Message        sarifText
				AssociatedRule struct{ ID string }
			}
		}
		Results []sarifResult
	}
}

type sarifText struct{ Text, Markdown string }

type sarifResult struct {
	RuleID              string
	RuleIndex           int
	Level               string
	Message             sarifText
	Locations           []sarifLocation
	RelatedLocations    []sarifLocation
	PartialFingerprints map[string]string
	Suppressions        []struct{ Kind, Status, Justification string }
}

type sarifLocation struct {
	PhysicalLocation struct {
		ArtifactLocation struct{ URI, URIBaseID string }
		Region           struct{ StartLine, StartColumn int }
	}
	LogicalLocations []struct{ Name, FullyQualifiedName string }
}

func sarifOf(t *testing.T, ds ...*Document) sarifLog {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal([]byte(written(t, SARIF, ds)), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestSARIFOfAGate(t *testing.T) {
	t.Parallel()
	golden(t, "gate-sarif", written(t, SARIF, gated(t)))
}

// schemaOfSARIF returns the schema that OASIS publishes, sarif-schema-2.1.0.json with errata 01, as go-sarif carries it: that package
// keeps it to itself.
func schemaOfSARIF(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := build.Import("github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir.Dir, "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value
	source, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Trim(text, "`")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", source); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("sarif.json")
}

func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	valid := schemaOfSARIF(t)
	for name, ds := range map[string][]*Document{
		"nothing":           nil,
		"a document":        {failing(t).Document()},
		"an empty document": {{}},
		"an edge":           {crossing(t).Document()},
		"a gate":            gated(t),
		"injections":        spoiled(gated(t), injections),
	} {
		log, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, SARIF, ds)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := valid.Validate(log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSARIFTellsOfEachFailureOnce(t *testing.T) {
	t.Parallel()
	run := sarifOf(t, gated(t)...).Runs[0]
	var got []string
	for _, r := range run.Results {
		line := r.Level + " " + r.RuleID
		for _, s := range r.Suppressions {
			line += " " + s.Kind + " " + s.Status
		}
		got = append(got, line)
		if id := run.Tool.Driver.Rules[r.RuleIndex].ID; id != r.RuleID {
			t.Errorf("the index of %s is that of %s", r.RuleID, id)
		}
	}
	want := []string{
		"note demo/waived external accepted", "note demo/expected external accepted", // of the sound target
		"error demo/utf8", "warning demo/retry", "note demo/cache", "error demo/accept", "note demo/waived external accepted", "note demo/expected external accepted",
		"error demo/whole", "error gate/baseline", "error gate/waivers",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.Help.Text == "" || r.Help.Markdown == "" {
			t.Errorf("%s has no help", r.ID)
		}
	}
}

func TestSARIFTellsWhatCouldNotBeJudgedApartFromResults(t *testing.T) {
	t.Parallel()
	call := sarifOf(t, gated(t)...).Runs[0].Invocations[0]
	if call.ExecutionSuccessful || call.ExitCode != 3 {
		t.Errorf("the end is told as success %v, exit code %d", call.ExecutionSuccessful, call.ExitCode)
	}
	var got []string
	for _, n := range call.ToolExecutionNotifications {
		got = append(got, strings.TrimSpace(n.Level+" "+n.AssociatedRule.ID))
	}
	if want := []string{"error demo/broken", "note demo/long-a", "warning demo/long-b", "error"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// GitHub refuses a whole report for one result that is in no file.
func TestEveryResultOfSARIFIsInAFileOfTheRepository(t *testing.T) {
	t.Parallel()
	windows := failing(t).Document()
	windows.Target.Source = &Source{File: "a b/sse:spec.yml", Line: 0}
	for _, tc := range []struct {
		ds   []*Document
		file string
		line int
	}{
		{gated(t)[1:2], "ssespec.yml", 9},
		{[]*Document{failing(t).Document()}, "ssespec-report.json", 1},
		{[]*Document{windows}, "a%20b/sse:spec.yml", 1},
	} {
		for _, r := range sarifOf(t, tc.ds...).Runs[0].Results {
			for _, l := range append(r.Locations, r.RelatedLocations...) {
				at := l.PhysicalLocation
				if at.ArtifactLocation.URI != tc.file || at.ArtifactLocation.URIBaseID != "%SRCROOT%" || at.Region.StartLine != tc.line {
					t.Errorf("%s is at %+v, want %s, line %d", r.RuleID, at, tc.file, tc.line)
				}
				if len(l.LogicalLocations) != 1 {
					t.Errorf("%s has %d places in the stream", r.RuleID, len(l.LogicalLocations))
				}
			}
			if len(r.Locations) != 1 {
				t.Errorf("%s has %d locations", r.RuleID, len(r.Locations))
			}
		}
	}
}

func TestFingerprintsDependOnRuleAndTargetAlone(t *testing.T) {
	t.Parallel()
	prints := func(ds ...*Document) map[string]string {
		out := map[string]string{}
		for _, r := range sarifOf(t, ds...).Runs[0].Results {
			out[r.PartialFingerprints["ssespec/v1"]] += r.RuleID
		}
		return out
	}
	d, later := failing(t).Document(), failing(t).Document()
	d.Target.Name, later.Target.Name = "", ""
	later.Target.URL += "?token=other#top"
	later.Target.Source = &Source{File: "ssespec.yml", Line: 40, Column: 3}
	later.Began, later.Run = "2027-01-01T00:00:00Z", "chaos"
	slices.Reverse(later.Results)
	for i := range later.Results {
		later.Results[i].Reason = "said otherwise"
		for k := range later.Results[i].Findings {
			f := &later.Results[i].Findings[k]
			f.Message, f.Where.Offset, f.AtMS, f.Hex = "said otherwise", 7, 8, "00"
		}
	}
	before := prints(d)
	for k, rule := range prints(later) {
		if before[k] != rule {
			t.Errorf("the alert of %s was not there before", rule)
		}
	}
	other := failing(t).Document()
	other.Target.Name = "other"
	for k, rule := range prints(other) {
		if before[k] != "" {
			t.Errorf("two targets share the alert of %s", rule)
		}
	}
	if got, want := len(prints(d, later)), 2*len(before); got != want {
		t.Errorf("two targets that differ in their query have %d alerts, want %d", got, want)
	}
}

// A message is a template: braces are placeholders, brackets links.
func TestMessagesOfSARIFAreNoTemplates(t *testing.T) {
	t.Parallel()
	const placeholder, link = "{0}", "[here](https://evil.example/)"
	for _, r := range sarifOf(t, spoiled(gated(t), placeholder+link)...).Runs[0].Results {
		text := r.Message.Text
		if strings.Contains(strings.ReplaceAll(text, "{{0}}", ""), "{") || strings.Contains(text, "](") || !strings.Contains(text, "{{0}}[here] (") {
			t.Errorf("%s says %q", r.RuleID, text)
		}
	}
	harmless(t, "SARIF", written(t, SARIF, spoiled(gated(t), injections)))
}
