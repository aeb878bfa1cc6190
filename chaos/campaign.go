package chaos

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Campaign is a run of trials on one endpoint.
type Campaign struct {
	Parallel int     // how many trials are made at the same time; 1 if zero
	Rate     float64 // requests in a second at most; 0 for no limit

	l       *Lab
	bundle  *wire.Bundle
	noise   *listener
	witness *witness
	trials  int
	next    time.Time // when the next request may be sent
}

// Begin records the endpoint undisturbed: what it answers, and whether it answers the same again.
func Begin(ctx context.Context, l *Lab) *Campaign {
	began := time.Now()
	c := &Campaign{l: l, noise: l.listen(began)}
	c.bundle = &wire.Bundle{Command: "chaos", Target: l.Secrets.Request(l.Target), Promises: l.Promises, Limits: l.Slowest, Began: began, Seed: l.Seed, Sequence: l.Sequence}
	plan := []*Experiment{control, again}
	for t := range Perform(ctx, l, plan) {
		l.keep(c.bundle, t)
	}
	return c
}

// Control returns the undisturbed answer, or nil.
func (c *Campaign) Control() *wire.Exchange { return c.l.control() }

// Opened reports whether the undisturbed answer is a stream.
func (c *Campaign) Opened() bool { return opened(c.l.control()) }

// Requests returns how many requests were sent so far.
func (c *Campaign) Requests() int {
	if c.l.purse == nil {
		return c.l.requests
	}
	return int(c.l.purse.spent.Load())
}

// Steady reports whether the undisturbed answer came twice the same, as far as both were seen: then an
// interrupted one can be compared to it.
func (c *Campaign) Steady() bool {
	a, b := c.l.control(), c.l.recordings[wire.Again].Last()
	return a != nil && b != nil && a.End.Kind == wire.Complete && b.End.Kind == wire.Complete &&
		slices.Equal(a.BodyBytes(), b.BodyBytes())
}

// Try makes trials, several at the same time, and tells of each as it is done. They are recorded in the
// order given. Of an endless stream one more is opened and left alone meanwhile.
func (c *Campaign) Try(ctx context.Context, trials []*Trial, tell func(*Trial, *wire.Recording)) {
	c.prepare(ctx)
	c.l.Limits.Bytes = min(c.l.maxBytes(), max(leastKept, evidenceLimit/int64(2*len(trials)+1)))
	recs := make([]*wire.Recording, len(trials))
	work := make(chan int)
	var mu sync.Mutex // of tell
	var wg sync.WaitGroup
	for range max(1, c.Parallel) {
		wg.Go(func() {
			for i := range work {
				recs[i] = c.l.try(ctx, trials[i], c.trials+i+1, c.witness)
				if tell != nil {
					mu.Lock()
					tell(trials[i], recs[i])
					mu.Unlock()
				}
			}
		})
	}
	for i, t := range trials {
		if err := c.afford(ctx, t); err != nil {
			recs[i] = c.l.untried(t, c.trials+i+1, err)
			continue
		}
		work <- i
	}
	close(work)
	wg.Wait()
	c.trials += len(trials)
	c.bundle.Recordings = append(c.bundle.Recordings, recs...)
}

// evidenceLimit bounds what all answers of a run may have together, and leastKept what each may have however
// many there are.
const (
	evidenceLimit = 256 << 20
	leastKept     = 64 << 10
)

// afford says why a trial cannot be made, or waits until its requests may be sent.
func (c *Campaign) afford(ctx context.Context, t *Trial) error {
	l, n := c.l, t.Requests()
	switch {
	case ctx.Err() != nil:
		return stopped(ctx)
	case !l.safe():
		return errors.New("a " + l.Target.Method + " is sent once only, since each may be billed (--repeat-post allows more)")
	case l.purse.empty():
		return errBudget
	}
	if c.Rate <= 0 {
		return nil
	}
	now := time.Now()
	if c.next.Before(now) {
		c.next = now
	}
	at := c.next
	c.next = at.Add(time.Duration(float64(n) / c.Rate * float64(time.Second)))
	if !wait(ctx, at.Sub(now)) {
		return stopped(ctx)
	}
	return nil
}

// untried is the recording of a trial that was not made.
func (l *Lab) untried(t *Trial, number int, err error) *wire.Recording {
	return &wire.Recording{Scene: scene(number), Trial: &wire.Trial{
		Name: t.Name, Schedule: t.Schedule.String(), Resume: t.Resume.String(), Mode: l.mode(t.Schedule), Demanded: t.Demanded, Gap: err.Error()}}
}

// prepare opens the purse that all trials share, and the stream of the witness.
func (c *Campaign) prepare(ctx context.Context) {
	l := c.l
	if l.purse == nil {
		l.purse = &purse{limit: int64(l.Limits.Requests)}
		l.purse.spent.Store(int64(l.requests))
	}
	if c.witness == nil && opened(l.control()) && l.endless() && l.safe() && ctx.Err() == nil {
		c.witness = l.watchBeside(ctx)
	}
}

// Redo makes the trial of a scene once more, with no other beside it, and keeps that in its place.
func (c *Campaign) Redo(ctx context.Context, t *Trial, scene wire.Scene) {
	if err := c.afford(ctx, t); err != nil {
		return
	}
	all := c.Evidence().Recordings
	i := slices.IndexFunc(all, func(r *wire.Recording) bool { return r.Scene == scene })
	if i < 0 {
		return
	}
	c.prepare(ctx)
	c.trials++
	all[i] = c.l.try(ctx, t, c.trials, c.witness)
	all[i].Scene = scene
}

// Attempt makes a trial that is not kept, and returns the evidence as it would be if it were. It is valid until
// the next trial.
func (c *Campaign) Attempt(ctx context.Context, t *Trial) *wire.Bundle {
	c.Try(ctx, []*Trial{t}, nil)
	b := *c.Evidence()
	n := len(c.bundle.Recordings) - 1
	c.bundle.Recordings = c.bundle.Recordings[:n:n]
	return &b
}

// TryFirst makes a trial that stands before all others in the evidence.
func (c *Campaign) TryFirst(ctx context.Context, t *Trial) {
	c.Try(ctx, []*Trial{t}, nil)
	all := c.Evidence().Recordings
	first := slices.IndexFunc(all, func(r *wire.Recording) bool { return r.Trial != nil })
	rec := all[len(all)-1]
	copy(all[first+1:], all[first:len(all)-1])
	all[first] = rec
}

// Evidence returns what was recorded so far. It is valid until the next trial.
func (c *Campaign) Evidence() *wire.Bundle {
	if c.witness != nil {
		c.dismiss()
	}
	return c.bundle
}

// dismiss ends the witness, and puts what it has heard before the trials.
func (c *Campaign) dismiss() {
	rec := c.witness.stop()
	c.witness = nil
	if rec == nil {
		return
	}
	b := c.bundle
	if old := b.Recording(wire.Witness); old != nil {
		old.Exchanges = append(old.Exchanges, rec.Exchanges...)
		return
	}
	i := slices.IndexFunc(b.Recordings, func(r *wire.Recording) bool { return r.Trial != nil })
	if i < 0 {
		i = len(b.Recordings)
	}
	b.Recordings = slices.Insert(b.Recordings, i, rec)
}

// Confirm asks for the undisturbed answer once more, if it has an end: it is no truth to compare with if it has
// changed meanwhile.
func (c *Campaign) Confirm(ctx context.Context) {
	again := c.bundle.Recording(wire.Again)
	if c.trials > 0 && again != nil && !c.l.endless() && c.l.safe() && ctx.Err() == nil {
		one := *c.l
		xs, _ := one.record(ctx, one.opening())
		again.Exchanges = append(again.Exchanges, xs...)
	}
}

// End returns all that was recorded. No trial can be made any more.
func (c *Campaign) End() *wire.Bundle {
	b := c.Evidence()
	b.Noise = c.noise.stop()
	b.Profile = c.l.profile()
	b.Duration, b.Requests = time.Since(b.Began), c.Requests()
	b.OneClock()
	return b
}
