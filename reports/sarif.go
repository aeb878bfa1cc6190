package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/ssespec/ssespec/checks"
)

// home is where to read about this program.
const home = "https://github.com/ssespec/ssespec"

// SARIF writes documents in the Static Analysis Results Interchange Format, version 2.1.0, for code scanning. A result in it
// is a rule that failed: GitHub makes an alert of every result, whatever its kind (https://github.com/microsoft/PSRule/issues/955),
// and so what could not be judged is told by notifications.
func SARIF(w io.Writer, ds []*Document) error {
	a := alertsOf(ds)
	for _, d := range ds {
		a.ending(d)
		for _, x := range d.Results {
			a.result(d, x)
		}
	}
	b, err := spare(sarif.NewReport().AddRun(a.run))
	if err != nil {
		return fmt.Errorf("write SARIF: %w", err)
	}
	_, err = w.Write(append(visibly(b), '\n'))
	return err
}

// spare encodes a report without the values that say the same as if they were not there, of which the types of SARIF have many.
func spare(report *sarif.Report) ([]byte, error) {
	b, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	var log any
	if err := json.Unmarshal(b, &log); err != nil {
		return nil, err
	}
	prune(log)
	return marshal(log, "  ")
}

// prune takes out lists of nothing and numbers that stand for no number. That there are no results is worth to be said.
func prune(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			prune(x)
		}
	case map[string]any:
		maps.DeleteFunc(v, func(name string, x any) bool {
			prune(x)
			list, is := x.([]any)
			return is && len(list) == 0 && name != "results" || x == float64(-1)
		})
	}
}

// alerts are a run of SARIF in the making.
type alerts struct {
	run    *sarif.Run
	driver *sarif.ToolComponent
	call   *sarif.Invocation
	rules  map[string]int // the index of each rule
	told   map[string]int // how often each rule was told of for each target
}

// alertsOf begins a run.
func alertsOf(ds []*Document) *alerts {
	a := &alerts{
		run: sarif.NewRun().WithColumnKind("unicodeCodePoints"), driver: sarif.NewToolComponent().WithName("ssespec").WithInformationURI(home),
		call: invocation(ds), rules: map[string]int{}, told: map[string]int{},
	}
	if len(ds) > 0 && ds[0].Tool.Version != "" {
		a.driver.WithVersion(safe(ds[0].Tool.Version))
	}
	a.run.WithTool(sarif.NewTool().WithDriver(a.driver)).AddInvocation(a.call)
	return a
}

// invocation says how the program ended. Findings are no reason to call its execution a failure, but not to have judged is.
func invocation(ds []*Document) *sarif.Invocation {
	call := sarif.NewInvocation().WithExecutionSuccessful(true)
	if d := gravest(ds); d != nil {
		call.WithExecutionSuccessful(d.Exit == 0 || d.Exit == 1).WithExitCode(d.Exit)
		if d.Why != "" {
			call.WithExitCodeDescription(brief(d.Why))
		}
	}
	if at := beginning(ds); !at.IsZero() {
		call.WithStartTimeUtc(at.Format(time.RFC3339Nano))
	}
	return call
}

// ending tells why a target was not judged, or not to the end.
func (a *alerts) ending(d *Document) {
	switch d.Exit {
	case 3, 70:
		a.notify(d, sarif.LevelError, d.Target.label()+": "+d.Why)
	case 4, 130:
		a.notify(d, sarif.LevelWarning, d.Target.label()+": "+d.Why)
	}
}

// result tells what came of a rule, if there is anything to tell.
func (a *alerts) result(d *Document, x Result) {
	switch {
	case x.Verdict == checks.Broken.String():
		a.notify(d, sarif.LevelError, x.message()).WithAssociatedRule(a.reference(x))
	case x.missed():
		a.notify(d, sarif.LevelWarning, x.message()).WithAssociatedRule(a.reference(x))
	case x.unconfirmed():
		a.notify(d, sarif.LevelNote, x.message()).WithAssociatedRule(a.reference(x))
	case x.excused() || x.Verdict == checks.Fail.String():
		a.run.AddResult(a.alert(d, x))
	}
}

func (a *alerts) notify(d *Document, level, message string) *sarif.Notification {
	n := sarif.NewNotification().WithLevel(level).WithMessage(told(message)).AddLocation(d.location())
	a.call.AddToolExecutionNotification(n)
	return n
}

// mostRelated bounds the findings of one rule that are told: all findings make one alert, which closes when the last is gone.
const mostRelated = 20

// alert is one rule that failed for one target.
func (a *alerts) alert(d *Document, x Result) *sarif.Result {
	message := d.Target.label() + ": " + x.message()
	if len(x.Findings) > 0 {
		message = d.Target.label() + ": " + x.said()
	}
	out := sarif.NewResult().WithRuleID(brief(x.ID)).WithRuleIndex(a.rule(x)).WithLevel(severity(x)).WithMessage(told(message)).
		WithPartialFingerprints(a.fingerprints(d, x)).WithProperties(d.facets(x))
	here := d.location()
	for i, f := range x.Findings[:min(len(x.Findings), mostRelated+1)] {
		if i == 0 {
			here.AddLogicalLocation(d.spot(f))
			continue
		}
		out.AddRelatedLocation(d.location().WithID(i).WithMessage(told(f.lines()[0])).AddLogicalLocation(d.spot(f)))
	}
	if x.excused() {
		out.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").WithJustification(x.pardon()))
	}
	return out.AddLocation(here)
}

// severity is the level of SARIF. That of an excused failure is the lowest, for readers that do not heed suppressions
// (https://github.com/github/codeql-action/issues/1230).
func severity(x Result) string {
	switch {
	case x.excused():
		return sarif.LevelNote
	case x.Level == checks.Must.String():
		return sarif.LevelError
	case x.Level == checks.Should.String():
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

// fingerprints tell an alert from others, and the same alert again, by nothing but its rule and target. GitHub heeds only the
// hash of a line, and would make a new alert wherever a target's line in the configuration changes.
func (a *alerts) fingerprints(d *Document, x Result) map[string]string {
	target := d.Target.Name
	if target == "" {
		target, _, _ = strings.Cut(d.Target.URL, "#")
		target, _, _ = strings.Cut(target, "?")
	}
	key := x.ID + "\x00" + target
	if a.told[key]++; a.told[key] > 1 { // of several URLs that differ in their query only
		key += fmt.Sprint("\x00", a.told[key])
	}
	sum := sha256.Sum256([]byte(key))
	hash := hex.EncodeToString(sum[:])
	return map[string]string{"ssespec/v1": hash, "primaryLocationLineHash": hash}
}

// told is a message. In plain text, too, SARIF knows placeholders in braces and links in brackets (sections 3.11.5 and 3.11.6
// of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html): a server must not make any.
func told(words string) *sarif.Message {
	return sarif.NewTextMessage(strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(brief(words)))
}
