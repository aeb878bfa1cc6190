package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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
				return baseline(c, loadWithoutBaseline, writeBaseline)
			case "check":
				return baseline(c, loadConfig, checkBaseline)
			}
			return usage("Write ssespec baseline write, or ssespec baseline check.", "baseline does not know %q", c.Args().First())
		},
	}
}

// A baselineRun is what a run or a report says, against a baseline.
type baselineRun struct {
	c     *cli.Context
	file  string
	book  excuse.Book
	cases []excuse.Case
	whole bool // no target is left out
}

func baseline(c *cli.Context, load func(string) (*config.File, error), then func(*baselineRun) error) error {
	r := &baselineRun{c: c}
	g, err := newGateRun(c, c.Args().Tail(), load)
	if err != nil {
		return err
	}
	r.file, r.book, r.whole = g.baselineFile(), g.book, g.all
	if from := c.String("from"); from != "" {
		ds, err := readReport(from)
		if err != nil {
			return err
		}
		r.cases = casesOf(ds)
	} else if r.cases, err = g.cases(); err != nil {
		return err
	}
	return then(r)
}

// loadWithoutBaseline reads a configuration whose baseline may still have to be written.
func loadWithoutBaseline(name string) (*config.File, error) {
	f, err := config.Read(name, forms())
	if err != nil || !f.Baseline.IsSet() {
		return loadConfig(name)
	}
	if _, err := os.Stat(f.Baseline.V); !errors.Is(err, fs.ErrNotExist) {
		return loadConfig(name)
	}
	if f.Waivers.File.IsSet() {
		f.Waivers.List, err = config.LoadWaivers(f.Waivers.File.V, forms())
	}
	return f, err
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

// cases runs the gate and returns what came of it.
func (g *gateRun) cases() ([]excuse.Case, error) {
	rs, err := g.reports(nil)
	if err != nil {
		return nil, err
	}
	var out []excuse.Case
	for _, r := range rs {
		if r.Partial {
			return nil, &exitError{exitInterrupted, "interrupted: nothing was compared"}
		}
		out = append(out, caseOf(r.Evidence.Bundle, r.Results))
	}
	return out, nil
}

// casesOf returns what documents say, as far as a baseline has to know it.
func casesOf(ds []*reports.Document) []excuse.Case {
	var out []excuse.Case
	for _, d := range ds {
		if d.Run == "gate" {
			continue
		}
		one := excuse.Case{Target: d.Target.Name, URL: d.Target.URL, Run: d.Run}
		if one.Target == "" {
			one.Target = d.Target.URL
		}
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

// writeBaseline writes what fails now. Entries of targets that were not run stay.
func writeBaseline(r *baselineRun) error {
	all := excuse.Expect(r.cases, r.book.Expected)
	if !r.whole {
		all = append(all, excuse.Elsewhere(r.cases, r.book.Expected)...)
	}
	err := writeFile(r.file, r.c.App.Writer, func(w io.Writer) error { return config.WriteBaseline(w, entries(all)) })
	if err != nil || r.c.Bool("quiet") || r.file == "-" {
		return err
	}
	fmt.Fprintf(r.c.App.Writer, "%s: %s, %d before\n", r.file, count(len(all), "failure is expected", "failures are expected"), len(r.book.Expected))
	return nil
}

// entries returns expectations as a file has them.
func entries(all []excuse.Expectation) []*config.Expectation {
	var out []*config.Expectation
	for _, e := range all {
		out = append(out, &config.Expectation{Target: config.Text{V: e.Target}, Run: config.Text{V: e.Run}, Rule: config.Text{V: e.Rule}, Reason: config.Text{V: e.Reason}})
	}
	return out
}

// checkBaseline says which failures are new and which entries are not true any more.
func checkBaseline(r *baselineRun) error {
	wrong := 0
	say := func(format string, a ...any) {
		wrong++
		if !r.c.Bool("quiet") {
			fmt.Fprintf(r.c.App.Writer, format+"\n", a...)
		}
	}
	for _, c := range r.cases {
		for _, x := range r.book.Excuse(c) {
			if x.Verdict == checks.Fail && x.Level > checks.Fact {
				say("%s %s: %s fails and is not in the baseline: %s", c.Target, c.Run, x.ID, x.Reason)
			}
		}
	}
	for _, p := range r.book.Rot(r.cases, r.whole) {
		if p.Kind != excuse.Expired {
			say("%s: %s", p.At, p.Message)
		}
	}
	if wrong > 0 {
		return &exitError{exitFindings, ""}
	}
	if !r.c.Bool("quiet") {
		fmt.Fprintf(r.c.App.Writer, "%s: %s, and nothing else fails\n", r.file, count(len(r.book.Expected), "expected failure still fails", "expected failures still fail"))
	}
	return nil
}

// readReport reads a JSON report.
func readReport(name string) ([]*reports.Document, error) {
	in := io.Reader(os.Stdin)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("", "%v", err)
		}
		defer f.Close()
		in = f
	}
	ds, err := reports.Read(in)
	if err != nil {
		return nil, usage("A report is written by --json=FILE.", "%s is not a report: %v", name, err)
	}
	return ds, nil
}
