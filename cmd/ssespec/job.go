package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
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
	rules  checks.Suite // before anybody chooses among them
	gate   *gateRun
}

// jobsOf returns what the configuration asks of a target.
func (g *gateRun) jobsOf(t *config.Target) []*job {
	var out []*job
	add := func(run, name, url string, rules checks.Suite, flags ...config.Flag) {
		all := slices.Concat(g.file.Flags(), g.own(), t.Flags(), flags)
		out = append(out, &job{run, name, t, all, url, rules, g})
	}
	if t.Checks() {
		for i, origin := range first(t.Origins) {
			f := config.Flag{Name: "origin", Value: origin.V, At: origin.At}
			if i == 0 {
				add("check", t.Name.V, t.URL.V, undisturbed, f)
			} else { // all but who may read it was seen before
				add("check", t.Name.V+"@"+origin.V, t.URL.V, chosen(undisturbed, []string{"cors"}, g.skipped(t)), f)
			}
		}
	}
	if t.Chaos != nil {
		flags := t.Chaos.Flags()
		if u, err := parseURL(t.URL.V); err == nil && t.Chaos.MayBreak.V {
			flags = append(flags, config.Flag{Name: "i-may-break", Value: u.Hostname(), At: t.Chaos.MayBreak.At})
		}
		add("chaos", t.Name.V, t.URL.V, disturbed, flags...)
	}
	for _, e := range t.Edge {
		name := t.Name.V
		if e.Name.IsSet() {
			name += "@" + e.Name.V
		}
		add("edge", name, e.Via.V, between, e.Flags()...)
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
	app := &cli.App{Name: parent.App.Name, Writer: io.Discard, ErrWriter: j.gate.once}
	set := flag.NewFlagSet(j.run, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, f := range j.command().Flags {
		reflect.ValueOf(f).Elem().FieldByName("EnvVars").SetZero() // SSESPEC_URL and the like are the gate's, not each target's
		if err := f.Apply(set); err != nil {
			return nil, err
		}
	}
	c := cli.NewContext(app, set, nil)
	c.Context = ctx
	for _, f := range append(j.settings(only), config.Flag{Name: "quiet", Value: "true"}, config.Flag{Name: "literal", Value: "true"}) {
		if set.Lookup(f.Name) == nil {
			continue
		}
		if err := c.Set(f.Name, f.Value); err != nil {
			return nil, j.wrong(f.At, err)
		}
	}
	return c, nil
}

// wrong is a mistake in the configuration that only shows when the job is prepared.
func (j *job) wrong(at config.Position, err error) error {
	if at.Line == 0 {
		at = j.place(err)
	}
	return usage("", "%s", j.gate.masked(fmt.Sprintf("%s: %v", at, hinted(err))))
}

// named is a flag in a sentence.
var named = regexp.MustCompile(`--([a-z][a-z0-9.-]*[a-z0-9])`)

// place returns where the value stands whose flag an error names, or else the target.
func (j *job) place(err error) config.Position {
	for _, m := range named.FindAllStringSubmatch(err.Error(), -1) {
		for _, f := range j.flags {
			if f.Name == m[1] && f.At.Line > 0 {
				return f.At
			}
		}
	}
	return j.target.At
}

// A prepared job is ready to make recordings.
type prepared struct {
	judgment *judgment
	lab      *chaos.Lab
	record   func(context.Context, audience) (*wire.Bundle, error)
}

// prepare finds out whether the job can be done, without asking anybody anything.
func (j *job) prepare(ctx context.Context, only []string) (*prepared, error) {
	c, err := j.context(ctx, only)
	if err != nil {
		return nil, err
	}
	p := &prepared{}
	if p.judgment, err = newQuietJudgment(c, j.rules); err != nil {
		return nil, j.wrong(config.Position{}, err)
	}
	p.judgment.suite = j.gate.narrowed(p.judgment.suite)
	p.judgment.book = j.gate.book
	if err = j.equip(c, p); err != nil {
		return nil, j.wrong(config.Position{}, err)
	}
	j.gate.confide(p.lab)
	return p, nil
}

// confide tells a lab what came from the environment, so that it masks it.
func (g *gateRun) confide(l *chaos.Lab) {
	for _, s := range g.file.Secrets {
		l.Secrets.Add(s)
	}
}

// equip finds what makes the recordings of the job.
func (j *job) equip(c *cli.Context, p *prepared) (err error) {
	switch j.run {
	case "chaos":
		var r *chaosRun
		if r, err = newRun(c, j.url); err == nil {
			p.lab, p.record = r.l, r.record
		}
		return err
	case "edge":
		p.lab, err = edgeLab(c)
		p.record = func(ctx context.Context, tell audience) (*wire.Bundle, error) {
			return gatherEdge(ctx, c, p.lab, p.judgment.suite, tell)
		}
		return err
	}
	p.lab, err = newLab(c, j.url)
	p.record = func(ctx context.Context, tell audience) (*wire.Bundle, error) {
		return record(ctx, c, p.lab, p.judgment.suite, tell)
	}
	return err
}

// do makes the recordings and judges them. The error is that the evidence could not be kept.
func (j *job) do(ctx context.Context, tell audience) (*reports.Report, error) {
	began := time.Now()
	p, err := j.prepare(ctx, nil)
	if err != nil {
		return j.refused(began, err), nil
	}
	b, err := p.record(ctx, tell)
	if err != nil {
		return j.refused(began, j.wrong(config.Position{}, err)), nil
	}
	b.Name = j.name
	kept, lost := j.keep(b)
	ev := checks.NewEvidence(b)
	results := j.level(p.judgment.suite.Judge(ev))
	results, cut := j.confirm(ctx, tell, b, results)
	r := p.judgment.conclude("gate", ev, results)
	if cut && !r.Partial {
		r.Exit, r.Partial, r.Why = exitInterrupted, true, wire.Interrupted+": whether it fails again was not seen"
	}
	r.Kept = kept
	r.Source = j.source()
	return r, lost
}

// refused is the report of a run that turned out to be one that the user has not allowed. The others are told of all the same.
func (j *job) refused(began time.Time, err error) *reports.Report {
	var l chaos.Lab
	l.Target = wire.Request{Method: "GET", URL: j.url}
	l.Secrets.AddFrom(l.Target)
	j.gate.confide(&l)
	b := &wire.Bundle{Command: j.run, Name: j.name, Target: l.Secrets.Request(l.Target), Began: began}
	r := &reports.Report{Version: thisBuild().Version, Command: "gate", Evidence: checks.NewEvidence(b), Exit: exitUsage, Why: err.Error()}
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

// keep writes the evidence into the directory that -o names, and returns the file.
func (j *job) keep(b *wire.Bundle) (string, error) {
	dir := j.gate.c.String("output")
	if dir == "" {
		return "", nil
	}
	file := filepath.Join(dir, j.fileName()+".rec")
	if err := keep(b, file); err != nil {
		return "", err
	}
	return file, nil
}

// fileName returns what no other job's evidence is called, on a file system that takes capitals for small letters either.
func (j *job) fileName() string {
	base, same := fileName(j.name)+"-"+j.run, 1
	for _, before := range j.gate.todo {
		if before == j {
			break
		}
		if strings.EqualFold(fileName(before.name)+"-"+before.run, base) {
			same++
		}
	}
	if same > 1 {
		base += fmt.Sprintf("-%d", same)
	}
	return base
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
