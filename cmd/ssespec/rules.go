package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks/suite"
)

func rulesCommand() *cli.Command {
	return &cli.Command{
		Name:      "rules",
		Usage:     "list the rules",
		ArgsUsage: "[GLOB|ID]",
		Flags:     []cli.Flag{toggle("coverage", "list every requirement of the catalogue with its rule, or the reason why it has none")},
		Action: func(c *cli.Context) error {
			if c.Bool("coverage") {
				return showCoverage(c)
			}
			pattern := "*"
			if c.NArg() > 0 {
				pattern = c.Args().First()
			}
			chosen, err := suite.All().Match(pattern)
			if err != nil {
				return usage("Patterns look like framing, framing/* or */*-utf8.", "%v", err)
			}
			w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
			for _, r := range chosen {
				fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, r.Level, r.Title)
			}
			return w.Flush()
		},
	}
}

func showCoverage(c *cli.Context) error {
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	judged, rows := 0, suite.Coverage()
	for _, r := range rows {
		what := r.Rule
		if what == "" {
			what = "- " + r.Reason
		} else {
			judged++
		}
		fmt.Fprintf(w, "%s\t%s\n", r.ID, what)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.App.Writer, "\n%d requirements: %d have a rule, %d a reason why not\n", len(rows), judged, len(rows)-judged)
	return err
}

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "one rule: what breaks, the clause, the fix, bytes that pass and fail",
		ArgsUsage: "ID",
		Flags:     []cli.Flag{&cli.StringFlag{Name: "color", Usage: "`WHEN` to use color: auto, always, never", Value: "auto", EnvVars: env("color")}},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usage("See ssespec rules for their ids.", "explain takes the id of one rule")
			}
			chosen, err := suite.All().Match(c.Args().First())
			if err != nil {
				return usage("See ssespec rules for their ids.", "%v", err)
			}
			t, err := textOf(c)
			if err != nil {
				return err
			}
			for i, r := range chosen {
				if i > 0 {
					fmt.Fprintln(c.App.Writer)
				}
				if err := t.Explain(c.App.Writer, r); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
