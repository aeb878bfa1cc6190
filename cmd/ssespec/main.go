// Command ssespec points at a streaming endpoint and judges it.
//
// It wires the other packages together and may import all of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := newApp(stdout, stderr)
	err := app.RunContext(ctx, append([]string{"ssespec"}, command(app, args)...))
	return report(stderr, err)
}

// command puts the name of the command in front (a bare URL means check) and arranges its flags.
func command(app *cli.App, args []string) []string {
	if len(args) == 0 || slices.Contains([]string{"-h", "--help", "help"}, args[0]) {
		return args
	}
	if args[0] == "--version" {
		return []string{"version"}
	}
	c := app.Command(args[0])
	if c == nil {
		c, args = app.Command("check"), append([]string{"check"}, args...)
	}
	if slices.Contains(args, "-h") || slices.Contains(args, "--help") {
		return []string{args[0], "--help"}
	}
	return append(args[:1:1], arrange(c.Flags, args[1:])...)
}

func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:                      "ssespec",
		Usage:                     "judge a streaming endpoint",
		UsageText:                 "ssespec URL\nssespec COMMAND [FLAGS] [URL…]",
		HideVersion:               true,
		Writer:                    stdout,
		ErrWriter:                 stderr,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError: func(c *cli.Context, err error, _ bool) error {
			return usage("See ssespec "+strings.TrimSpace(strings.TrimPrefix(c.Command.Name, "ssespec")+" --help"), "%s", err)
		},
		Commands: []*cli.Command{
			checkCommand(), chaosCommand(), edgeCommand(), gateCommand(), recordCommand(), judgeCommand(), reportCommand(), catCommand(), planCommand(),
			rulesCommand(), explainCommand(), remediesCommand(), baselineCommand(), initCommand(), serveCommand(), demoCommand(),
			completionCommand(), manCommand(), versionCommand(),
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = app.OnUsageError
	}
	return app
}

// report writes what ended the run, if anything did, and returns the exit code.
func report(stderr io.Writer, err error) int {
	var use *usageError
	var exit *exitError
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &exit):
		if exit.message != "" {
			fmt.Fprintln(stderr, "ssespec:", exit.message)
		}
		return exit.code
	case errors.As(err, &use):
		fmt.Fprintln(stderr, "ssespec:", use.message)
		if use.hint != "" {
			fmt.Fprintln(stderr, use.hint)
		}
		return exitUsage
	}
	fmt.Fprintln(stderr, "ssespec:", err)
	return exitFault
}
