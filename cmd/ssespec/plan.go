package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
)

func planCommand() *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "what would be asked of a URL and what it costs, before anything is sent",
		ArgsUsage: "URL",
		Flags:     slices.Concat(requestFlags(), budgetFlags(), selectionFlags(), promiseFlags(), pageFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usage("", "plan takes one URL")
			}
			return showPlan(c)
		},
	}
}

func showPlan(c *cli.Context) error {
	chosen, err := selected(c, undisturbed)
	if err != nil {
		return err
	}
	l, err := newLab(c, c.Args().First())
	if err != nil {
		return err
	}
	plan, err := chaos.Plan(chosen.Needs())
	if err != nil {
		return err
	}
	target := l.Secrets.Request(l.Target)
	fmt.Fprintf(c.App.Writer, "%s %s\n\n", target.Method, target.URL)
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scene\trequests\twhat is asked")
	total := 0
	for _, e := range plan {
		if why := l.Forecast(e); why != nil {
			fmt.Fprintf(w, "%s\t-\tnot asked: %s\n", e.Scene, why)
			continue
		}
		total += e.Requests
		fmt.Fprintf(w, "%s\t%d\t%s\n", e.Scene, e.Requests, e.Title)
	}
	w.Flush()
	fmt.Fprintf(c.App.Writer, "\n%d rules, at most %s plus redirects; the stream is watched for %v\n", len(chosen), count(total, "request", "requests"), l.Watch)
	return nil
}
