package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/config"
	"github.com/ssespec/ssespec/reports"
)

// A job is one run over one target of a gate: what the command of that name would do with the same flags.
type job struct {
	run    string // check, chaos or edge
	name   string // of the target, and of the route behind an @
	target *config.Target
	flags  []config.Flag
	url    string
	gate   *gateRun
}

// jobs returns what the configuration asks of a target.
func (g *gateRun) jobs(t *config.Target) []*job {
	var out []*job
	add := func(run, name, url string, flags ...config.Flag) {
		all := slices.Concat(g.file.Flags(), g.own(), t.Flags(), flags)
		out = append(out, &job{run, name, t, all, url, g})
	}
	if t.Checks() {
		for i, origin := range first(t.Origins) {
			f := config.Flag{Name: "origin", Value: origin.V, At: origin.At}
			if i == 0 {
				add("check", t.Name.V, t.URL.V, f)
			} else { // all but who may read it was seen before
				add("check", t.Name.V+"@"+origin.V, t.URL.V, f, config.Flag{Name: "only", Value: "cors", At: origin.At})
			}
		}
	}
	if t.Chaos != nil {
		flags := t.Chaos.Flags()
		if u, err := url.Parse(t.URL.V); err == nil && t.Chaos.MayBreak.V {
			flags = append(flags, config.Flag{Name: "i-may-break", Value: u.Hostname(), At: t.Chaos.MayBreak.At})
		}
		add("chaos", t.Name.V, t.URL.V, flags...)
	}
	for _, e := range t.Edge {
		name := t.Name.V
		if e.Name.IsSet() {
			name += "@" + e.Name.V
		}
		add("edge", name, e.Via.V, e.Flags()...)
	}
	return out
}

// first returns the origins of a target, or one that is none.
func first(origins []config.Text) []config.Text {
	if len(origins) == 0 {
		return []config.Text{{}}
	}
	return origins
}

// group names the jobs that would disturb each other: those of one timing group, or else of one host.
func (j *job) group() string {
	if j.target.Group.IsSet() {
		return "group " + j.target.Group.V
	}
	u, err := url.Parse(j.url)
	if err != nil {
		return j.url
	}
	return u.Host
}

// suite returns the rules of the run, before the user chooses among them.
func (j *job) suite() checks.Suite {
	switch j.run {
	case "chaos":
		return disturbed
	case "edge":
		return between
	}
	return undisturbed
}

// command returns the command that the job is like.
func (j *job) command() *cli.Command {
	switch j.run {
	case "chaos":
		return chaosCommand()
	case "edge":
		return edgeCommand()
	}
	return checkCommand()
}

// context returns the flags of the job as the command would see them. With only, no rules but these are asked for.
func (j *job) context(ctx context.Context, only []string) (*cli.Context, error) {
	parent := j.gate.c
	app := &cli.App{Name: parent.App.Name, Writer: io.Discard, ErrWriter: parent.App.ErrWriter}
	set := flag.NewFlagSet(j.run, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, f := range j.command().Flags {
		if err := f.Apply(set); err != nil {
			return nil, err
		}
	}
	c := cli.NewContext(app, set, nil)
	c.Context = ctx
	for _, f := range append(j.chosen(only), config.Flag{Name: "quiet", Value: "true"}, config.Flag{Name: "literal", Value: "true"}) {
		if set.Lookup(f.Name) == nil {
			continue
		}
		if err := c.Set(f.Name, f.Value); err != nil {
			return nil, j.wrong(f.At, err)
		}
	}
	return c, nil
}

// chosen returns the flags, those that choose rules as far as they name some of this run.
func (j *job) chosen(only []string) []config.Flag {
	var out []config.Flag
	for _, f := range j.flags {
		if (f.Name == "only" || f.Name == "skip") && (!matches(j.suite(), f.Value) || f.Name == "only" && len(only) > 0) {
			continue
		}
		out = append(out, f)
	}
	for _, id := range only {
		out = append(out, config.Flag{Name: "only", Value: id})
	}
	return out
}

func matches(s checks.Suite, pattern string) bool {
	_, err := s.Match(pattern)
	return err == nil
}

// idle reports whether the rules that the user chose are all of other runs.
func (j *job) idle() bool {
	asked, mine := false, false
	for _, f := range j.flags {
		if f.Name == "only" {
			asked, mine = true, mine || matches(j.suite(), f.Value)
		}
	}
	return asked && !mine
}

// wrong is a mistake in the configuration that only shows when the job is prepared.
func (j *job) wrong(at config.Position, err error) error {
	if at.Line == 0 {
		at = j.target.At
	}
	return usage("", "%s", j.gate.masked(fmt.Sprintf("%s: %v", at, hinted(err))))
}

// A prepared job is ready to make recordings.
type prepared struct {
	judgment *judgment
	record   func(context.Context, audience) (*wire.Bundle, error)
}

// prepare finds out whether the job can be done, without asking anybody anything.
func (j *job) prepare(ctx context.Context, only []string) (*prepared, error) {
	c, err := j.context(ctx, only)
	if err != nil {
		return nil, err
	}
	p := &prepared{}
	if p.judgment, err = newQuietJudgment(c, j.suite()); err != nil {
		return nil, j.wrong(config.Position{}, err)
	}
	p.judgment.book = j.gate.book
	if p.record, err = j.recorder(c, p.judgment.suite); err != nil {
		return nil, j.wrong(config.Position{}, err)
	}
	return p, nil
}

// recorder returns what makes the recordings of the job.
func (j *job) recorder(c *cli.Context, s checks.Suite) (func(context.Context, audience) (*wire.Bundle, error), error) {
	switch j.run {
	case "chaos":
		r, err := newRun(c, j.url)
		if err != nil {
			return nil, err
		}
		j.gate.confide(r.l)
		return r.record, nil
	case "edge":
		l, err := edgeLab(c)
		if err != nil {
			return nil, err
		}
		j.gate.confide(l)
		return func(ctx context.Context, tell audience) (*wire.Bundle, error) { return gatherEdge(ctx, c, l, s, tell) }, nil
	}
	l, err := newLab(c, j.url)
	if err != nil {
		return nil, err
	}
	j.gate.confide(l)
	return func(ctx context.Context, tell audience) (*wire.Bundle, error) { return record(ctx, c, l, s, tell) }, nil
}

// confide tells a lab what came from the environment, so that it masks it.
func (g *gateRun) confide(l *chaos.Lab) {
	for _, s := range g.file.Secrets {
		l.Secrets.Add(s)
	}
}

// do makes the recordings and judges them.
func (j *job) do(ctx context.Context, tell audience) (*reports.Report, error) {
	p, err := j.prepare(ctx, nil)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	b, err := p.record(ctx, tell)
	if err != nil {
		return j.refused(began, err), nil
	}
	b.Name = j.name
	kept, err := j.keep(b)
	if err != nil {
		return nil, err
	}
	ev := checks.NewEvidence(b)
	results := j.level(p.judgment.suite.Judge(ev))
	if results, err = j.confirm(ctx, tell, b, results); err != nil {
		return nil, err
	}
	r := p.judgment.conclude("gate", ev, results)
	r.Kept = kept
	r.Source = j.source()
	return r, nil
}

// refused is the report of a run that turned out to be one that the user has not allowed. The others are told of all the same.
func (j *job) refused(began time.Time, err error) *reports.Report {
	var l chaos.Lab
	l.Target = wire.Request{Method: "GET", URL: j.url}
	l.Secrets.AddFrom(l.Target)
	j.gate.confide(&l)
	b := &wire.Bundle{Command: j.run, Name: j.name, Target: l.Secrets.Request(l.Target), Began: began}
	r := &reports.Report{Version: thisBuild().Version, Command: "gate", Evidence: checks.NewEvidence(b), Exit: exitUsage, Why: j.wrong(config.Position{}, err).Error()}
	r.Source = j.source()
	return r
}

// source is where the target stands in the configuration.
func (j *job) source() *reports.Source {
	return &reports.Source{File: j.target.At.File, Line: j.target.At.Line, Column: j.target.At.Column}
}

// level gives rules the levels that the configuration says, the last one that matches.
func (j *job) level(results []checks.Result) []checks.Result {
	out := slices.Clone(results)
	for _, p := range slices.Concat(j.gate.file.Rules.Level, j.target.Rules.Level) {
		for i, r := range out {
			if matches(checks.Suite{r.Check}, p.Name.V) {
				out[i].Level = levelOf(p.Value.V)
			}
		}
	}
	return out
}

// repeats is how often a failure that may have come of a bad moment is asked for again, at most.
const repeats = 2

// confirm makes the run again for rules of time that fail and are not known to: once is no proof.
func (j *job) confirm(ctx context.Context, tell audience, b *wire.Bundle, results []checks.Result) ([]checks.Result, error) {
	surprising := func(r checks.Result) bool { return r.Verdict == checks.Fail && r.Timing && r.Level > checks.Fact }
	var ids []string
	for _, r := range j.gate.book.Excuse(caseOf(b, results)) {
		if surprising(r) {
			ids = append(ids, r.ID)
		}
	}
	again := map[string][]checks.Result{}
	for n := 0; n < repeats && len(ids) > 0 && ctx.Err() == nil; n++ {
		p, err := j.prepare(ctx, ids)
		if err != nil {
			return nil, err
		}
		b, err := p.record(ctx, tell)
		if err != nil {
			return nil, err
		}
		ids = nil
		for _, r := range p.judgment.suite.Judge(checks.NewEvidence(b)) {
			again[r.ID] = append(again[r.ID], r)
			if r.Verdict != checks.Fail {
				ids = append(ids, r.ID)
			}
		}
	}
	out := slices.Clone(results)
	for i, r := range out {
		if more := again[r.ID]; len(more) > 0 {
			out[i] = excuse.Confirm(r, more)
		}
	}
	return out, nil
}

// keep writes the evidence into the directory that -o names, and returns the file.
func (j *job) keep(b *wire.Bundle) (string, error) {
	dir := j.gate.c.String("output")
	if dir == "" {
		return "", nil
	}
	file := filepath.Join(dir, fileName(j.name)+"-"+j.run+".rec")
	return file, keep(b, file)
}

// fileName makes a name fit for a file.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, s)
}
