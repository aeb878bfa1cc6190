package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
	"github.com/ssespec/ssespec/reports"
)

// demoDefects are what the broken endpoint of the demo does wrong: mistakes that real servers make.
var demoDefects = []string{
	"framing/utf8", "framing/final-event-terminated", "framing/retry-digits", "headers/cache-control", "http/head-prompt",
}

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "needs no network: starts a sound and a broken endpoint on loopback, checks and interrupts both",
		Flags: slices.Concat(requestFlags(), budgetFlags(), selectionFlags(), promiseFlags(), gateFlags(), outputFlags(), progressFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("Write ssespec URL.", "demo takes no URL")
			}
			return demo(c)
		},
	}
}

func demo(c *cli.Context) error {
	broken, err := brokenServer(demoDefects)
	if err != nil {
		return err
	}
	j, err := newJudgment(c, undisturbed)
	if err != nil {
		return err
	}
	urls, stop, err := listenAll(c.Context, fixtures.Sound("answer"), broken)
	if err != nil {
		return err
	}
	defer stop()
	out := c.App.Writer
	fmt.Fprintf(out, "A sound endpoint\n\n")
	sound, err := demoCheck(c, j, urls[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nA broken endpoint: %d mistakes that real servers make\n\n", len(demoDefects))
	bad, err := demoCheck(c, j, urls[1])
	if err != nil {
		return err
	}
	if err := demoChaos(c, out); err != nil {
		return err
	}
	found := 0
	for _, r := range bad.Results {
		if r.Verdict == checks.Fail && slices.Contains(demoDefects, r.ID) {
			found++
		}
	}
	fmt.Fprintf(out, "\nThe sound endpoint %s, and came back whole however it was cut; %d of %d planted mistakes were found in the\nbroken one, and the event that the last one loses.\n",
		map[bool]string{true: "passed", false: "did not pass"}[sound.Exit == exitPass], found, len(demoDefects))
	fmt.Fprintf(out, "Now yours: ssespec http://localhost:8080/your/stream, and ssespec chaos with the same.\nWhat stands before it: ssespec edge --help. In a pipeline: ssespec init, then ssespec gate\n")
	if sound.Exit != exitPass || found < len(demoDefects) {
		return &exitError{exitFault, "the demo did not end as it must on every machine"}
	}
	return nil
}

// demoCuts are a few cuts that show what chaos does, and take a second.
var demoCuts = []string{"event:5/rst", "after-id:6/fin", "event:3/stall", "event:2/rst,event:1/fin"}

// demoChaos interrupts a sound endpoint, and one that is off by one when a reader comes back.
func demoChaos(c *cli.Context, out io.Writer) error {
	urls, stop, err := listenAll(c.Context, sound("finite"), flawed([]string{"off-by-one"}))
	if err != nil {
		return err
	}
	defer stop()
	for i, title := range []string{"A sound endpoint, interrupted", "An endpoint that is off by one when a reader comes back"} {
		fmt.Fprintf(out, "\n%s\n\n", title)
		args := []string{"chaos", urls[i], "--quiet=false", "--color", c.String("color")}
		for _, cut := range demoCuts {
			args = append(args, "--cuts", cut)
		}
		if code := run(c.Context, args, out, io.Discard); code != i {
			return &exitError{exitFault, "the demo did not end as it must on every machine"}
		}
	}
	return nil
}

// demoCheck checks one endpoint and prints its report.
func demoCheck(c *cli.Context, j *judgment, url string) (*reports.Report, error) {
	l, err := newLab(c, url)
	if err != nil {
		return nil, err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	r, err := j.follow("check", "", func(tell audience) (*wire.Bundle, error) { return record(ctx, c, l, j.suite, tell) })
	if err != nil {
		return nil, err
	}
	return r, j.text.Report(c.App.Writer, r)
}
