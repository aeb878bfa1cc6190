package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
)

// A step is what a run does at the moment.
type step struct {
	phase    string // "the same request once more"
	detail   string // how far that is; changes many times a second
	done, of int    // experiments or trials
}

// An audience is told what a run does; nil where nobody wants to know.
type audience func(step)

// tellBoth tells two audiences.
func tellBoth(a, b audience) audience {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(s step) { a(s); b(s) }
}

// detailGap is how often details are told.
const detailGap = 200 * time.Millisecond

// experiments has the lab tell an audience which experiment is going on.
func experiments(l *chaos.Lab, plan []*chaos.Experiment, tell audience) {
	if tell == nil {
		return
	}
	now := step{of: len(plan)}
	watching, bytes, shown := "", 0, time.Time{}
	begun := 0
	l.Tap = func(e chaos.Progress) {
		if e.Experiment != nil {
			now.phase, now.detail, now.done, watching, bytes = e.Experiment.Title, "", begun, "", 0
			if e.Experiment.Scene == wire.Control {
				now.phase, watching = "watching "+now.phase, fmt.Sprintf(" of at most %v", l.Watch)
			}
			begun++
			tell(now)
			return
		}
		bytes += len(e.Body)
		if t := time.Now(); t.Sub(shown) > detailGap {
			shown = t
			now.detail = fmt.Sprintf("%.1fs%s, %d bytes", e.At.Seconds(), watching, bytes)
			tell(now)
		}
	}
}

// eachTrial returns what a campaign tells of each trial that is done.
func eachTrial(of int, tell audience) func(*chaos.Trial, *wire.Recording) {
	done := 0
	return func(t *chaos.Trial, _ *wire.Recording) {
		done++
		if tell != nil {
			tell(step{phase: t.Name, done: done, of: of})
		}
	}
}

// A bar shows on a terminal what one run does; elsewhere it shows nothing.
type bar struct {
	c  *cli.Context
	on *progressbar.ProgressBar
	of int
}

// newBar returns the bar of a run, and an audience that draws it.
func newBar(c *cli.Context) (*bar, audience) {
	b := &bar{c: c}
	if !shown(c) {
		return b, nil
	}
	return b, b.tell
}

func (b *bar) tell(s step) {
	if b.on == nil || s.of != b.of {
		b.stop()
		b.of = s.of
		b.on = progressbar.NewOptions(s.of,
			progressbar.OptionSetWriter(b.c.App.ErrWriter), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(16), progressbar.OptionSetPredictTime(true), progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	text := s.phase
	if s.detail != "" {
		text += "  " + s.detail
	}
	b.on.Describe(text)
	b.on.Set(s.done)
}

// stop takes the bar off the terminal.
func (b *bar) stop() {
	if b.on != nil {
		b.on.Finish()
		b.on.Clear()
	}
}

// shown reports whether there is a terminal that wants to see progress.
func shown(c *cli.Context) bool {
	return c.String("progress") != "never" && !c.Bool("quiet") && isTerminal(c.App.ErrWriter) &&
		os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb"
}
