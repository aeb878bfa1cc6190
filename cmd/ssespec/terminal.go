package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/ssespec/ssespec/reports"
)

// impatience is how long after the first Ctrl-C a second one is one: a process that is sent a signal together with its group gets two.
const impatience = 300 * time.Millisecond

// interruptible returns a context that the first Ctrl-C ends, or whoever ends the job in which the program runs, so that the
// current experiment stops and what was seen is reported. The second one ends the program at once.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-c:
			cancel()
		case <-ctx.Done():
			return
		}
		for first := time.Now(); ; {
			if _, again := <-c; !again {
				return
			}
			if time.Since(first) > impatience {
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(c)
		close(c)
		cancel()
	}
}

// textOf says how text is written to standard output.
func textOf(c *cli.Context) (reports.Text, error) {
	t := reports.Text{Width: width(c.App.Writer), Verbose: c.Bool("verbose") || c.Bool("vv"), Bytes: c.Bool("vv")}
	switch when := c.String("color"); when {
	case "always":
		t.Color = true
	case "never":
	case "auto", "":
		t.Color = isTerminal(c.App.Writer) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	default:
		return t, usage("Write auto, always or never.", "--color %q is none of the choices", when)
	}
	return t, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// The width of text: a terminal's, within what is pleasant to read.
const (
	usualWidth = 100
	mostWidth  = 120
)

func width(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n >= 40 {
		return min(n, mostWidth)
	}
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n >= 40 {
			return min(n, mostWidth)
		}
	}
	return usualWidth
}
