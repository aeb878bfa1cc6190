package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
	"github.com/ssespec/ssespec/config"
	"github.com/ssespec/ssespec/reports"
)

// baselineName is the baseline that is written where neither a flag nor the configuration names one.
const baselineName = "ssespec-baseline.yml"

func baselineCommand() *cli.Command {
	flags := slices.Concat(configFlags(), selectionFlags(), gateFlags(), progressFlags(), []cli.Flag{
		text("from", "take what failed from this JSON report `FILE` instead of running the gate"),
		toggle("quiet", "print nothing but failures of this program", "q"),
		&cli.StringFlag{Name: "color", Usage: "`WHEN` to use color: auto, always, never", Value: "auto", EnvVars: env("color")},
	})
	return &cli.Command{
		Name:      "baseline",
		Usage:     "the failures that are expected: write them down as they are now, or check that they are still true",
		ArgsUsage: "write|check [TARGET…]",
		Description: "baseline write runs the gate and writes every failure that is neither waived nor known to be flaky into the baseline.\n" +
			"baseline check runs it and says which failures are not in the baseline, and which entries are not true any more.",
		Flags: flags,
		Action: func(c *cli.Context) error {
			switch c.Args().First() {
			case "write":
				return baseline(c, true, writeBaseline)
			case "check":
				return baseline(c, false, checkBaseline)
			}
			return usage("Write ssespec baseline write, or ssespec baseline check.", "baseline writes or checks, and %q is neither", c.Args().First())
		},
	}
}

// A baselineRun is what a run or a report says, against a baseline.
type baselineRun struct {
	*gateRun
	cases    []excuse.Case
	unjudged []unjudged
}

// An unjudged run has not told all that it was to tell, so that nothing follows from what it does not say.
type unjudged struct {
	name, why string
	code      int
}

// baseline runs the gate, or takes what came of it from a report. Fresh says that there may be no baseline yet.
func baseline(c *cli.Context, fresh bool, then func(*baselineRun) error) error {
	g, err := newGateRun(c, c.Args().Tail(), fresh)
	if err != nil {
		return err
	}
	r := &baselineRun{gateRun: g}
	var ds []*reports.Document
	if from := c.String("from"); from != "" {
		ds, err = readReport(from)
	} else {
		ds, err = g.documents()
	}
	if err != nil {
		return err
	}
	if err := r.take(ds); err != nil {
		return err
	}
	return then(r)
}

// take takes from documents what a baseline has to know.
func (r *baselineRun) take(ds []*reports.Document) error {
	r.cases = casesOf(ds)
	for _, d := range ds {
		switch {
		case d.Partial:
			return &exitError{exitInterrupted, "interrupted: nothing was compared"}
		case d.Run != "gate" && d.Exit != exitPass && d.Exit != exitFindings:
			r.unjudged = append(r.unjudged, unjudged{cmp.Or(d.Target.Name, d.Target.URL) + " " + d.Run, d.Why, d.Exit})
		}
	}
	for _, j := range r.todo {
		r.all = r.all && slices.ContainsFunc(r.cases, j.made)
	}
	r.book.Expected = slices.DeleteFunc(r.book.Expected, func(e excuse.Expectation) bool {
		untold := slices.ContainsFunc(r.todo, func(j *job) bool { return r.untold(j, e) })
		if untold {
			r.aside = append(r.aside, e)
		}
		return untold
	})
	return nil
}

// made reports whether a case is what came of the job.
func (j *job) made(c excuse.Case) bool { return c.Target == j.name && c.Run == j.run }

// untold reports whether a report says nothing of a rule that the job would judge.
func (r *baselineRun) untold(j *job, e excuse.Expectation) bool {
	i := slices.IndexFunc(r.cases, j.made)
	if i < 0 || !matches(j.judged(), e.Rule) || len(excuse.Elsewhere(r.cases[i:i+1], []excuse.Expectation{e})) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.cases[i].Results, func(x checks.Result) bool { return matches(checks.Suite{x.Check}, e.Rule) })
}

// loadWithoutBaseline reads a configuration whose baseline may still have to be written.
func loadWithoutBaseline(name string) (*config.File, error) {
	f, err := config.Read(name, forms())
	if err != nil || !f.Baseline.IsSet() || !unmade(f.Baseline.V) {
		return loadConfig(name)
	}
	if f.Waivers.File.IsSet() {
		f.Waivers.List, err = config.LoadWaivers(f.Waivers.File.V, forms())
	}
	return f, err
}

// unmade reports whether a file is not there.
func unmade(name string) bool {
	_, err := os.Stat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// baselineFile is where the baseline is.
func (g *gateRun) baselineFile() string {
	switch {
	case g.c.String("baseline") != "":
		return g.c.String("baseline")
	case g.file.Baseline.IsSet():
		return g.file.Baseline.V
	}
	return filepath.Join(filepath.Dir(g.file.Name), baselineName)
}

// documents runs the gate and returns what came of it.
func (g *gateRun) documents() ([]*reports.Document, error) {
	rs, err := g.reports(nil)
	return documents(rs, nil), err
}

// casesOf returns what documents say, as far as a baseline has to know it.
func casesOf(ds []*reports.Document) []excuse.Case {
	var out []excuse.Case
	for _, d := range ds {
		if d.Run == "gate" {
			continue
		}
		one := excuse.Case{Target: cmp.Or(d.Target.Name, d.Target.URL), URL: d.Target.URL, Run: d.Run}
		one.Day, _ = time.Parse(time.RFC3339Nano, d.Began)
		for _, r := range d.Results {
			one.Results = append(one.Results, resultOf(r))
		}
		out = append(out, one)
	}
	return out
}

func resultOf(r reports.Result) checks.Result {
	out := checks.Result{Check: &checks.Check{ID: r.ID}, Level: levelOf(r.Level), Required: r.Required}
	for _, v := range checks.Verdicts {
		if v.String() == r.Verdict {
			out.Verdict = v
		}
	}
	out.Reason = r.Reason
	if e := r.Excuse; e != nil {
		out.Excuse = &checks.Excuse{Kind: e.Kind, Reason: e.Reason, Owner: e.Owner, Until: e.Until, At: e.At}
	}
	return out
}

// writeBaseline writes what fails now. Entries of targets and rules that were not run stay.
func writeBaseline(r *baselineRun) error {
	all := append(excuse.Expect(r.cases, r.book.Expected), r.aside...)
	if !r.all {
		all = append(all, excuse.Elsewhere(r.cases, r.book.Expected)...)
	}
	file, before := r.baselineFile(), len(r.book.Expected)+len(r.aside)
	err := writeFile(file, r.c.App.Writer, func(w io.Writer) error { return config.WriteBaseline(w, entries(all)) })
	if err != nil || r.c.Bool("quiet") || file == "-" {
		return err
	}
	for _, u := range r.unjudged {
		r.say("%s was not judged, and its entries stay: %s", u.name, u.why)
	}
	r.say("%s: %s, %d before", file, count(len(all), "failure is expected", "failures are expected"), before)
	if !r.file.Baseline.IsSet() && !r.c.IsSet("baseline") {
		r.say("For the gate to read it, write into %s: baseline: %s", r.file.Name, filepath.Base(file))
	}
	return nil
}

// say tells the user something, unless he wants to know nothing.
func (r *baselineRun) say(format string, a ...any) {
	if !r.c.Bool("quiet") {
		fmt.Fprintf(r.c.App.Writer, format+"\n", a...)
	}
}

// entries returns expectations as a file has them.
func entries(all []excuse.Expectation) []*config.Expectation {
	var out []*config.Expectation
	for _, e := range all {
		out = append(out, &config.Expectation{Target: config.Text{V: e.Target}, Run: config.Text{V: e.Run}, Rule: config.Text{V: e.Rule}, Reason: config.Text{V: e.Reason}})
	}
	return out
}

// checkBaseline says which failures are new and which entries are not true any more, and what could not be judged.
func checkBaseline(r *baselineRun) error {
	code := exitPass
	wrong := func(c int, format string, a ...any) {
		code = worse(code, c)
		r.say(format, a...)
	}
	for _, c := range r.cases {
		for _, x := range r.book.Excuse(c) {
			if x.Verdict == checks.Fail && x.Level > checks.Fact {
				wrong(exitFindings, "%s %s: %s fails and is not in the baseline: %s", c.Target, c.Run, x.ID, x.Reason)
			}
		}
	}
	for _, p := range r.book.Rot(r.cases, r.all) {
		if p.Kind != excuse.Expired {
			wrong(exitFindings, "%s: %s", p.At, p.Message)
		}
	}
	for _, u := range r.unjudged {
		wrong(u.code, "%s was not judged: %s", u.name, u.why)
	}
	if code != exitPass {
		return &exitError{code, ""}
	}
	seen := len(r.book.Expected) - len(excuse.Elsewhere(r.cases, r.book.Expected))
	r.say("%s: %s, and nothing else fails", r.baselineFile(), count(seen, "expected failure still fails", "expected failures still fail"))
	return nil
}

// readReport reads a JSON report.
func readReport(name string) ([]*reports.Document, error) {
	in, err := opened(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	ds, err := reports.Read(in)
	if err != nil {
		return nil, usage("A report is written by --json=FILE.", "%s is not a report: %v", name, err)
	}
	return ds, nil
}
