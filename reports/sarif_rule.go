package reports

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/ssespec/ssespec/checks"
)

// rule returns the index of the rule that a result is of.
func (a *alerts) rule(x Result) int {
	if i, ok := a.rules[x.ID]; ok {
		return i
	}
	i := len(a.rules)
	a.rules[x.ID] = i
	a.driver.AddRule(descriptor(x))
	return i
}

func (a *alerts) reference(x Result) *sarif.ReportingDescriptorReference {
	return sarif.NewReportingDescriptorReference().WithID(brief(x.ID)).WithIndex(a.rule(x))
}

// descriptor says what a rule asks for. GitHub wants a short text, a full one and one that helps.
func descriptor(x Result) *sarif.ReportingDescriptor {
	title := brief(x.Title) + "."
	text, markdown := []string{title}, []string{inert(x.Title) + "."}
	if x.Fix != "" {
		text, markdown = append(text, "Fix: "+brief(x.Fix)), append(markdown, "**Fix:** "+inert(x.Fix))
	}
	if words := x.Clause.words(); words != "" {
		text = append(text, "Written in "+words)
	}
	if words := x.further(); words != "" {
		text, markdown = append(text, "ssespec explain "+brief(x.ID)), append(markdown, strings.TrimSpace(words))
	}
	out := sarif.NewRule(brief(x.ID)).
		WithShortDescription(sarif.NewMultiformatMessageString().WithText(title)).
		WithFullDescription(sarif.NewMultiformatMessageString().WithText(title)).
		WithHelp(sarif.NewMultiformatMessageString().WithText(strings.Join(text, "\n\n")).WithMarkdown(strings.Join(markdown, "\n\n"))).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(severity(x.own())))
	if page := x.Clause.page(); page != "" {
		out.WithHelpURI(page)
	}
	if family, _, ok := strings.Cut(x.ID, "/"); ok {
		out.WithProperties(tagged(brief(family)))
	}
	return out
}

// own returns a result as a failure at the level that its rule has by itself.
func (x Result) own() Result {
	level := x.Level
	if x.Declared != "" {
		level = x.Declared
	}
	return Result{Level: level, Verdict: checks.Fail.String()}
}

func tagged(tags ...string) *sarif.PropertyBag {
	p := sarif.NewPropertyBag()
	p.Tags = tags
	return p
}

// facets are what else is known of a result.
func (d *Document) facets(x Result) *sarif.PropertyBag {
	p := sarif.NewPropertyBag()
	p.Properties = sarif.Properties{"level": brief(x.Level), "run": brief(d.Run), "target": d.Target.label(), "verdict": brief(x.Verdict)}
	if x.Runs != nil {
		p.Properties["runs"] = map[string]int{"failed": x.Runs.Failed, "of": x.Runs.Of}
	}
	if len(x.Findings) > 0 && x.Findings[0].Excerpt != "" {
		p.Properties["excerpt"], p.Properties["hex"] = brief(x.Findings[0].Excerpt), brief(x.Findings[0].Hex)
	}
	return p
}

// unwritten is the file that results are placed in where no configuration names their target: GitHub refuses a whole report for
// one result without a file (https://github.com/github/codeql-action/issues/2459), and shows one that is not in the repository
// without its text. It is always the same, since another name would make other alerts.
const unwritten = "ssespec-report.json"

// location is where a target is written.
func (d *Document) location() *sarif.Location {
	file, region := unwritten, sarif.NewRegion().WithStartLine(1)
	if s := d.Target.Source; s != nil && s.File != "" {
		file, region = s.File, sarif.NewRegion().WithStartLine(max(1, s.Line)).WithStartColumn(max(1, s.Column))
	}
	u := url.URL{Path: filepath.ToSlash(file)}
	artifact := sarif.NewArtifactLocation()
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	} else {
		artifact.WithURIBaseID("%SRCROOT%") // by which readers know the root of the repository
	}
	artifact.WithURI(u.String())
	return sarif.NewLocation().WithPhysicalLocation(sarif.NewPhysicalLocation().WithArtifactLocation(artifact).WithRegion(region))
}

// spot is where a finding is in what the target sent.
func (d *Document) spot(f Finding) *sarif.LogicalLocation {
	where := d.Target.label()
	if d.Target.URL != "" {
		where = brief(d.Target.URL)
	}
	out := sarif.NewLogicalLocation().WithKind("resource")
	if at := f.place(); at != "" {
		return out.WithName(at).WithFullyQualifiedName(where + ", " + at)
	}
	return out.WithName(where).WithFullyQualifiedName(where)
}
