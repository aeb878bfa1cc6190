package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/ssespec/ssespec/checks/recovery"
)

// mostFindings bounds what is told of one rule where a person is to read it.
const mostFindings = 20

// JUnit writes documents as JUnit XML, as Jenkins and GitLab read it: a suite for each, and one for its interrupted answers. A run
// that ended well has neither failures nor errors.
func JUnit(w io.Writer, ds []*Document) error {
	all := junit.Testsuites{Name: "ssespec"}
	for i, name := range labels(ds) {
		all.AddSuite(ds[i].suite(name))
		if len(ds[i].Chaos) > 0 {
			all.AddSuite(ds[i].interruptions(name + " · interrupted"))
		}
	}
	for i := range all.Suites {
		all.Suites[i].ID = i
	}
	all.Skipped = 0 // Jenkins knows this sum of suites alone
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := all.WriteXML(&b); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// suite is what came of every rule, and of the run itself where no rule shows that.
func (d *Document) suite(name string) junit.Testsuite {
	out := junit.Testsuite{Name: name, Time: seconds(d.DurationMS)}
	if began, err := time.Parse(time.RFC3339Nano, d.Began); err == nil {
		out.SetTimestamp(began)
	}
	for _, p := range d.properties() {
		out.AddProperty(p.Name, p.Value)
	}
	if d.unshown() {
		out.AddTestcase(junit.Testcase{Name: "run", Classname: name + ".run",
			Error: &junit.Result{Message: brief(d.Why), Type: fmt.Sprintf("exit %d", d.Exit)}})
	}
	for _, x := range d.Results {
		family, _, _ := strings.Cut(x.ID, "/")
		c := junit.Testcase{Name: brief(x.ID), Classname: name + "." + brief(family)}
		d.enter(&c, x)
		out.AddTestcase(c)
	}
	return out
}

// properties are what a suite says of its run.
func (d *Document) properties() []junit.Property {
	all := []junit.Property{
		{Name: "url", Value: brief(d.Target.URL)},
		{Name: "profile", Value: brief(d.Target.Profile)},
		{Name: "promises", Value: brief(strings.Join(d.Target.Promises, ", "))},
		{Name: "requests", Value: strconv.Itoa(d.Requests)},
		{Name: "seed", Value: strconv.FormatInt(d.Seed, 10)},
		{Name: "exit", Value: strconv.Itoa(d.Exit)},
		{Name: "why", Value: brief(d.Why)},
		{Name: "version", Value: brief(d.Tool.Version)},
	}
	return slices.DeleteFunc(all, func(p junit.Property) bool { return p.Value == "" })
}

// enter writes into a case what came of its rule.
func (d *Document) enter(c *junit.Testcase, x Result) {
	told := strings.Join(x.account(mostFindings), "\n")
	switch d.weigh(x) {
	case upheld:
		return
	case decisive:
		c.Failure = &junit.Result{Message: x.message(), Type: brief(x.Level), Data: told}
		return
	case faulty:
		c.Error = &junit.Result{Message: x.message(), Type: x.Verdict, Data: told}
		return
	case moot, open:
		c.Skipped = &junit.Result{Message: x.Verdict + ": " + x.message()}
	case pardoned:
		c.Skipped = &junit.Result{Message: x.pardon() + ": " + x.message()}
	case minor:
		c.Skipped = &junit.Result{Message: fmt.Sprintf("%s, does not decide this run: %s", brief(x.Level), x.message())}
	}
	if len(x.Findings) > 0 {
		c.SystemOut = &junit.Output{Data: told}
	}
}

// interruptions is what came of every interrupted answer.
func (d *Document) interruptions(name string) junit.Testsuite {
	out := junit.Testsuite{Name: name, Time: seconds(0)}
	blamed := d.blamed()
	var names []string
	for _, t := range d.Chaos {
		names = append(names, brief(t.Schedule))
	}
	for i, called := range distinct(names) {
		t := d.Chaos[i]
		c := junit.Testcase{Name: called, Classname: name + "." + brief(t.Experiment)}
		t.enter(&c, blamed[t.Scene])
		out.AddTestcase(c)
	}
	return out
}

// blamed returns the scenes of the trials that are failures: those that failed the run by what a rule says of them, and those of
// which no rule speaks but the same came. Where nothing was promised none is.
func (d *Document) blamed() map[string]bool {
	spoken, alike, out := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, x := range d.Results {
		for _, f := range x.Findings {
			spoken[f.Where.Scene] = true
			out[f.Where.Scene] = out[f.Where.Scene] || d.weigh(x) == decisive
		}
	}
	for _, t := range d.Chaos {
		alike[t.Verdict] = alike[t.Verdict] || out[t.Scene]
	}
	for _, t := range d.Chaos {
		out[t.Scene] = out[t.Scene] || !spoken[t.Scene] && alike[t.Verdict]
	}
	return out
}

// enter writes into a case what came of its trial.
func (t Trial) enter(c *junit.Testcase, blamed bool) {
	message, told := brief(t.Verdict)+": "+brief(t.Reason), strings.Join(t.account(), "\n")
	switch {
	case t.Verdict == string(recovery.Whole):
	case blamed && t.Verdict != string(recovery.Inconclusive):
		c.Failure = &junit.Result{Message: message, Type: brief(t.Verdict), Data: told}
	default:
		c.Skipped = &junit.Result{Message: message}
		c.SystemOut = &junit.Output{Data: told}
	}
}

// account tells of a trial in lines that are safe to be shown: what was done, how that shows, and how to do it once more.
func (t Trial) account() []string {
	out := []string{brief(t.Reason)}
	for i, a := range t.Anomalies {
		if i == mostFindings {
			out = append(out, fmt.Sprintf("and %d more", len(t.Anomalies)-mostFindings))
			break
		}
		out = append(out, brief(a.Kind)+": "+brief(a.Witness))
	}
	if t.Oracle != "" {
		out = append(out, "Proved by: "+brief(t.Oracle))
	}
	return append(out, "Again: "+safe(t.Reproduce)) // in one piece, to be copied
}

// seconds writes a time as JUnit counts it.
func seconds(ms float64) string { return strconv.FormatFloat(max(0, ms)/1000, 'f', 3, 64) }
