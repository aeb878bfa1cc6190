package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
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
		r, err := j.follow("check", c.String("output"), func(tell audience) (*wire.Bundle, error) {
			return record(ctx, c, l, j.suite, tell)
		})
		if err != nil {
			return err
		}
		rs = append(rs, r)
	}
	return j.finish(rs)
}

// record makes the recordings that the rules need.
func record(ctx context.Context, c *cli.Context, l *chaos.Lab, s checks.Suite, tell audience) (*wire.Bundle, error) {
	plan, err := chaos.Plan(s.Needs())
	if err != nil {
		return nil, err
	}
	ctx, cancel := within(ctx, c)
	defer cancel()
	experiments(l, plan, tell)
	return chaos.Gather(ctx, l, "check", plan), nil
}

// within bounds a run by --max-time.
func within(ctx context.Context, c *cli.Context) (context.Context, context.CancelFunc) {
	if d := c.Duration("max-time"); d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return context.WithCancel(ctx)
}

// keep writes the evidence to a file, if one is named.
func keep(b *wire.Bundle, file string) error {
	if file == "" {
		return nil
	}
	return writeFile(file, os.Stdout, func(w io.Writer) error { return wire.Encode(w, b) })
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

func knownPromises(declared []string) error {
	for _, p := range declared {
		if !slices.Contains(checks.Promises, p) {
			return usage("Known promises: "+strings.Join(checks.Promises, ", ")+".", "there is no promise %q", p)
		}
	}
	return nil
}
