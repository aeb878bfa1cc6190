package main

import (
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/reports"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "write the JSON report of a finished run in other formats, or compare two",
		ArgsUsage: "--from FILE --to FORMAT | --diff OLD NEW",
		Flags: slices.Concat([]cli.Flag{
			text("from", "the JSON report `FILE`; - is standard input"),
			text("to", "write this `FORMAT` to standard output: "+strings.Join(formatNames(), ", ")),
			toggle("diff", "say what got worse, better and new between two JSON reports, as Markdown"),
		}, formatFlags()),
		Action: func(c *cli.Context) error {
			if c.Bool("diff") {
				return compare(c)
			}
			return convert(c)
		},
	}
}

func formatNames() []string {
	var out []string
	for _, f := range reports.Formats {
		out = append(out, f.Name)
	}
	return out
}

// convert writes a report in other formats.
func convert(c *cli.Context) error {
	o, err := newOutputs(c)
	if err != nil {
		return err
	}
	o.live = nil // the run is over
	to := c.String("to")
	switch {
	case c.String("from") == "":
		return usage("Write ssespec report --from FILE --to FORMAT.", "report wants to know the JSON report of the run: --from FILE")
	case to == "" && len(o.files) == 0:
		return usage("Write --to FORMAT, or a flag such as --html=FILE. Formats: "+strings.Join(formatNames(), ", ")+".", "no format was named")
	case to != "" && o.machine:
		return usage("", "two formats cannot both be standard output")
	case to != "" && !slices.Contains(formatNames(), to):
		return usage("Formats: "+strings.Join(formatNames(), ", ")+".", "there is no format %q", to)
	case to != "":
		o.files[to] = "-"
	}
	ds, err := readReport(c.String("from"))
	if err != nil {
		return err
	}
	return o.all(ds)
}

// compare writes what changed between two reports.
func compare(c *cli.Context) error {
	if c.NArg() != 2 {
		return usage("Write ssespec report --diff OLD NEW.", "--diff compares two JSON reports")
	}
	before, err := readReport(c.Args().Get(0))
	if err != nil {
		return err
	}
	after, err := readReport(c.Args().Get(1))
	if err != nil {
		return err
	}
	return writeFile("-", c.App.Writer, func(w io.Writer) error { return reports.Diff(w, before, after) })
}
