package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/reports"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "judge a streaming endpoint without disturbing it; a bare URL means this",
		ArgsUsage: "URL…",
		Flags: slices.Concat(requestFlags(), budgetFlags(), selectionFlags(), promiseFlags(), pageFlags(), gateFlags(), outputFlags(), progressFlags(),
			[]cli.Flag{text("output", "keep the evidence of the run in `FILE`, to be judged again", "o")}),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usage("Try: ssespec demo", "no URL was given")
			}
			return check(c, c.Args().Slice())
		},
	}
}

// check records and judges every URL, writes the reports and ends with the worst exit code.
func check(c *cli.Context, urls []string) error {
	j, err := newJudgment(c, undisturbed)
	if err != nil {
		return err
	}
	if c.String("output") != "" && len(urls) > 1 {
		return usage("", "-o keeps the evidence of one URL, and %d were given", len(urls))
	}
	labs := make([]*chaos.Lab, 0, len(urls))
	for _, u := range urls {
		l, err := newLab(c, u)
		if err != nil {
			return err
		}
		labs = append(labs, l)
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	var rs []*reports.Report
	for _, l := range labs {
		b, err := record(ctx, c, l, j.suite)
		if err != nil {
			return err
		}
		if err := keep(b, c.String("output")); err != nil {
			return err
		}
		r := j.judge("check", b)
		r.Kept = c.String("output")
		rs = append(rs, r)
	}
	return j.finish(rs)
}

// record makes the recordings that the rules need.
func record(ctx context.Context, c *cli.Context, l *chaos.Lab, s checks.Suite) (*wire.Bundle, error) {
	plan, err := chaos.Plan(s.Needs())
	if err != nil {
		return nil, err
	}
	if d := c.Duration("max-time"); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	p := newProgress(c, l, plan)
	defer p.stop()
	return chaos.Gather(ctx, l, "check", plan), nil
}

// keep writes the evidence to a file, if one is named.
func keep(b *wire.Bundle, file string) error {
	if file == "" {
		return nil
	}
	return writeFile(file, os.Stdout, func(w io.Writer) error { return wire.Encode(w, b) })
}

// A judgment is how recordings are judged and where the reports go.
type judgment struct {
	c        *cli.Context
	suite    checks.Suite
	gate     gate
	text     reports.Text
	remedies remedy.Table
	products []string
}

func newJudgment(c *cli.Context, s checks.Suite) (*judgment, error) {
	j := &judgment{c: c}
	var err error
	if j.suite, err = selected(c, s); err != nil {
		return nil, err
	}
	if j.gate, err = newGate(c); err != nil {
		return nil, err
	}
	if err := knownPromises(c.StringSlice("expect")); err != nil {
		return nil, err
	}
	if j.text, err = textOf(c); err != nil {
		return nil, err
	}
	if j.remedies, err = remediesOf(c); err != nil {
		return nil, err
	}
	if j.products, err = productsOf(c, j.remedies); err != nil {
		return nil, err
	}
	return j, nil
}

// undisturbed are the rules that check judges, disturbed those that chaos does, between those that edge does.
var undisturbed, disturbed, between = suite.Undisturbed(), suite.Disturbed(), suite.Between()

// judges returns the command that judges the rules that a pattern names, where they are not among s.
func judges(pattern string, s checks.Suite) string {
	if _, err := s.Match(pattern); err == nil {
		return ""
	}
	if _, err := disturbed.Match(pattern); err == nil {
		return "chaos"
	}
	if _, err := between.Match(pattern); err == nil {
		return "edge"
	}
	return ""
}

// selected returns those of some rules that the user wants judged.
func selected(c *cli.Context, s checks.Suite) (checks.Suite, error) {
	for _, p := range c.StringSlice("only") {
		switch judges(p, s) {
		case "chaos":
			return nil, usage("Write: ssespec chaos URL --only '"+p+"'", "%s looks at interrupted answers", p)
		case "edge":
			return nil, usage("Write: ssespec edge --via URL --listen ADDR --only '"+p+"'", "%s looks at what stands before the endpoint", p)
		}
	}
	s, err := s.Select(c.StringSlice("only"), c.StringSlice("skip"))
	if err != nil {
		return nil, usage("See ssespec rules for their ids.", "%v", err)
	}
	return s, nil
}

func newGate(c *cli.Context) (gate, error) {
	var g gate
	switch level := c.String("fail-on"); level {
	case "never":
	case "must":
		g.failOn = checks.Must
	case "should":
		g.failOn = checks.Should
	case "advice":
		g.failOn = checks.Advice
	default:
		return g, usage("Write must, should, advice or never.", "--fail-on %q is no level", level)
	}
	if c.Bool("strict") {
		g.failOn = checks.Should
	}
	for _, p := range c.StringSlice("require") {
		m, err := suite.All().Match(p)
		if err != nil {
			return g, usage("See ssespec rules for their ids.", "--require: %v", err)
		}
		g.require = append(g.require, m...)
	}
	for _, p := range c.StringSlice("only") { // a rule selected by its exact id is required
		if m, err := suite.All().Match(p); err == nil && len(m) == 1 && m[0].ID == p {
			g.require = append(g.require, m...)
		}
	}
	return g, nil
}

// promises are what --expect may declare.
var promises = []string{"resume", "exactly-once", "finite", "endless", "json", "shared", "incremental"}

func knownPromises(declared []string) error {
	for _, p := range declared {
		if !slices.Contains(promises, p) {
			return usage("Known promises: "+strings.Join(promises, ", ")+".", "there is no promise %q", p)
		}
	}
	return nil
}

// judge judges one bundle.
func (j *judgment) judge(command string, b *wire.Bundle) *reports.Report {
	ev := checks.NewEvidence(b)
	r := &reports.Report{Version: version, Command: command, Evidence: ev, Results: j.suite.Judge(ev), Remedies: j.remedies, Products: j.products}
	r.Exit, r.Why = j.gate.decide(ev, r.Results)
	r.Partial = r.Exit == exitInterrupted
	return r
}

// finish writes the reports and returns the error that carries the worst exit code.
func (j *judgment) finish(rs []*reports.Report) error {
	stdout := j.c.App.Writer
	machine := false
	if f := j.c.String("json"); f != "" {
		machine = f == "-"
		err := writeFile(f, stdout, func(w io.Writer) error {
			if len(rs) == 1 {
				return reports.JSON(w, rs[0])
			}
			return reports.JSONArray(w, rs)
		})
		if err != nil {
			return err
		}
	}
	code, why := exitPass, ""
	quiet := machine || j.c.Bool("quiet")
	for i, r := range rs {
		if worse(code, r.Exit) != code {
			code, why = r.Exit, r.Why
		}
		if quiet {
			continue
		}
		if i > 0 {
			fmt.Fprintln(stdout)
		}
		if err := j.text.Report(stdout, r); err != nil {
			return err
		}
	}
	switch {
	case code == exitPass:
		return nil
	case !quiet || code == exitFindings: // the report says why
		why = ""
	}
	return &exitError{code, why}
}

// writeFile writes to a file, or to standard output where it is named "-".
func writeFile(name string, stdout io.Writer, write func(io.Writer) error) error {
	if name == "-" {
		return write(stdout)
	}
	f, err := os.Create(name)
	if err != nil {
		return usage("", "%v", err)
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
