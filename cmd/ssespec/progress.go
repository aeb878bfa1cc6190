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

// progress shows on a terminal which experiment is going on; elsewhere it shows nothing.
type progress struct {
	bar   *progressbar.ProgressBar
	watch time.Duration
	title string
	most  string // " of at most 15s" while the stream is watched
	shown time.Time
	bytes int
}

// newProgress begins to show what the lab does.
func newProgress(c *cli.Context, l *chaos.Lab, plan []*chaos.Experiment) *progress {
	p := &progress{watch: l.Watch}
	if !shown(c) {
		return p
	}
	p.bar = progressbar.NewOptions(len(plan),
		progressbar.OptionSetWriter(c.App.ErrWriter), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(16), progressbar.OptionSetPredictTime(false), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond))
	l.Tap = p.tell
	return p
}

// tell is told what goes on.
func (p *progress) tell(e chaos.Progress) {
	if e.Experiment != nil {
		if p.title != "" {
			p.bar.Add(1)
		}
		p.title, p.bytes, p.most = e.Experiment.Title, 0, ""
		if e.Experiment.Scene == wire.Control {
			p.title, p.most = "watching "+p.title, fmt.Sprintf(" of at most %v", p.watch)
		}
		p.bar.Describe(p.title)
		return
	}
	p.bytes += len(e.Body)
	if now := time.Now(); now.Sub(p.shown) > 200*time.Millisecond {
		p.shown = now
		p.bar.Describe(fmt.Sprintf("%s  %.1fs%s, %d bytes", p.title, e.At.Seconds(), p.most, p.bytes))
	}
}

// A trialProgress shows on a terminal how many trials were made.
type trialProgress struct{ bar *progressbar.ProgressBar }

func newTrialProgress(c *cli.Context, trials int) *trialProgress {
	p := &trialProgress{}
	if shown(c) {
		p.bar = progressbar.NewOptions(trials,
			progressbar.OptionSetWriter(c.App.ErrWriter), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(16), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

func (p *trialProgress) tell(t *chaos.Trial, _ *wire.Recording) {
	if p.bar != nil {
		p.bar.Describe(t.Name)
		p.bar.Add(1)
	}
}

func (p *trialProgress) stop() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar.Clear()
	}
}

// shown reports whether there is a terminal that wants to see progress.
func shown(c *cli.Context) bool {
	return c.String("progress") != "never" && !c.Bool("quiet") && isTerminal(c.App.ErrWriter) &&
		os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb"
}

// stop takes the bar off the terminal.
func (p *progress) stop() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar.Clear()
	}
}
