package main

import (
	"io"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/reports"
)

func judgeCommand() *cli.Command {
	return &cli.Command{
		Name:      "judge",
		Usage:     "judge evidence that was kept, without a network",
		ArgsUsage: "FILE…|-",
		Flags:     slices.Concat(selectionFlags(), promiseFlags(), gateFlags(), outputFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usage("Evidence is kept by: ssespec record URL -o FILE", "no file was given")
			}
			var rs []*reports.Report
			var j *judgment
			for _, name := range c.Args().Slice() {
				b, err := load(name)
				if err != nil {
					return err
				}
				if err := declare(c, b); err != nil {
					return err
				}
				if j, err = newJudgment(c, rulesFor(b)); err != nil {
					return err
				}
				rs = append(rs, j.judge("judge", b))
			}
			return j.finish(rs)
		},
	}
}

// rulesFor returns the rules that a recording was made for.
func rulesFor(b *wire.Bundle) checks.Suite {
	switch b.Command {
	case "chaos":
		return disturbed
	case "edge":
		return between
	}
	return undisturbed
}

// declare adds to a recording what the user says of the endpoint now.
func declare(c *cli.Context, b *wire.Bundle) error {
	for _, p := range c.StringSlice("expect") {
		if !slices.Contains(b.Promises, p) {
			b.Promises = append(b.Promises, p)
		}
	}
	if path := c.String("seq"); path != "" {
		b.Sequence = path
	}
	if path := c.String("time"); path != "" {
		b.Clock = path
	}
	if d := c.Duration("heartbeat"); d > 0 {
		b.Heartbeat = d
	}
	b.Limits = limitsOf(c).Or(b.Limits)
	name, err := profileOf(c.String("profile"))
	if name != "" {
		b.Profile = name
	}
	return err
}

// load reads a recording.
func load(name string) (*wire.Bundle, error) {
	in, err := opened(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	b, err := wire.Decode(in)
	if err != nil {
		return nil, usage("", "%s is not a recording: %v", name, err)
	}
	return b, nil
}

// opened returns a file to read, or standard input where it is named "-".
func opened(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("", "%v", err)
	}
	return f, nil
}

func recordCommand() *cli.Command {
	return &cli.Command{
		Name:      "record",
		Usage:     "keep the evidence of a run in a file, for judge",
		ArgsUsage: "URL -o FILE",
		Flags: slices.Concat(requestFlags(), budgetFlags(), selectionFlags(), promiseFlags(), pageFlags(), progressFlags(),
			[]cli.Flag{&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "the `FILE` to write; - is standard output", Value: "-"}}),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usage("Write ssespec record URL -o FILE.", "record takes one URL")
			}
			return recordOnly(c)
		},
	}
}

func recordOnly(c *cli.Context) error {
	chosen, err := selected(c, undisturbed)
	if err != nil {
		return err
	}
	if err := knownPromises(c.StringSlice("expect")); err != nil {
		return err
	}
	l, err := newLab(c, c.Args().First())
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	shown, tell := newBar(c)
	b, err := record(ctx, c, l, chosen, tell)
	shown.stop()
	if err != nil {
		return err
	}
	err = writeFile(c.String("output"), c.App.Writer, func(w io.Writer) error { return wire.Encode(w, b) })
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, "interrupted: the recording is partial"}
	case b.Recording(wire.Control) == nil:
		return &exitError{exitUnreachable, controlGap(b)}
	}
	return nil
}

func controlGap(b *wire.Bundle) string {
	for _, g := range b.Gaps {
		if g.Scene == wire.Control {
			return g.Reason
		}
	}
	return ""
}
