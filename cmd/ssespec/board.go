package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"
)

// A board shows on a terminal what the runs of a gate do and how long they will take; elsewhere it shows nothing.
type board struct {
	mu     sync.Mutex
	on     *progressbar.ProgressBar // nil where nobody looks
	jobs   []*job
	groups [][]int
	lines  []boardLine
	ended  int
}

// A boardLine is where one run is.
type boardLine struct {
	step  step
	began time.Time // zero while it waits for others
	over  bool
}

func newBoard(c *cli.Context, jobs []*job, groups [][]int) *board {
	b := &board{jobs: jobs, groups: groups, lines: make([]boardLine, len(jobs))}
	if shown(c) {
		b.on = progressbar.NewOptions(len(jobs),
			progressbar.OptionSetWriter(c.App.ErrWriter), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(16), progressbar.OptionSetPredictTime(false), progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	return b
}

// audience returns what is told of one run.
func (b *board) audience(i int) audience {
	if b.on == nil {
		return nil
	}
	return func(s step) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.lines[i].began.IsZero() {
			b.lines[i].began = time.Now()
		}
		b.lines[i].step = s
		b.draw(i)
	}
}

// done is told that a run is over.
func (b *board) done(i int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines[i].over = true
	b.ended++
	if b.on != nil {
		b.draw(i)
		b.on.Set(b.ended)
	}
}

// draw tells of one run, and of the time that is left for all.
func (b *board) draw(i int) {
	j, s := b.jobs[i], b.lines[i].step
	b.on.Describe(fmt.Sprintf("%s %s: %s  about %v left", j.name, j.run, s.phase, b.left(time.Now())))
}

// left is how long the slowest group will still take.
func (b *board) left(now time.Time) time.Duration {
	longest := time.Second
	for _, group := range b.groups {
		var left time.Duration
		for _, i := range group {
			left += b.lines[i].left(now, usualTime(b.jobs[i]))
		}
		longest = max(longest, left)
	}
	return longest.Round(time.Second)
}

// left is how long a run will still take: by how much of it is done, once that is enough to tell, else by what is usual.
func (l *boardLine) left(now time.Time, usual time.Duration) time.Duration {
	switch took := now.Sub(l.began); {
	case l.over:
		return 0
	case l.began.IsZero():
		return usual
	case l.step.of > 0 && 3*l.step.done >= l.step.of:
		return took * time.Duration(l.step.of-l.step.done) / time.Duration(l.step.done)
	default:
		return max(time.Second, usual-took)
	}
}

// usualTime is how long a run takes as a rule.
func usualTime(j *job) time.Duration {
	switch {
	case j.run == "check":
		return 20 * time.Second
	case j.run == "chaos":
		return 30 * time.Second
	}
	for _, f := range j.flags {
		switch f.Name {
		case "quick":
			return 15 * time.Second
		case "deep":
			return 16 * time.Minute
		}
	}
	return 80 * time.Second
}

// stop takes the board off the terminal.
func (b *board) stop() {
	if b.on != nil {
		b.on.Finish()
		b.on.Clear()
	}
}
