package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
	"github.com/ssespec/ssespec/config"
	"github.com/ssespec/ssespec/reports"
)

// configName is the configuration that is read where none is named.
const configName = "ssespec.yml"

func gateCommand() *cli.Command {
	return &cli.Command{
		Name:        "gate",
		Usage:       "everything that a configuration file asks of every target; the command for a pipeline",
		ArgsUsage:   "[TARGET…]",
		Description: gateDescription,
		Flags: slices.Concat(configFlags(), selectionFlags(), gateFlags(), outputFlags(), progressFlags(),
			[]cli.Flag{text("output", "keep the evidence of every run in this `DIRECTORY`, to be judged again", "o")}),
		Action: runGate,
	}
}

const gateDescription = `ssespec init writes a configuration to begin with. TARGET is the name of a target or a glob; without one, all are run.
Targets at different hosts are run at the same time, those of one host or group one after the other.`

// configFlags say which configuration is read.
func configFlags() []cli.Flag {
	return []cli.Flag{
		text("config", "the configuration `FILE` (default: "+configName+")", "c"),
		&cli.IntFlag{Name: "parallel", Usage: "run `N` targets at the same time", DefaultText: "16", EnvVars: env("parallel")},
	}
}

// A gateRun is one run of a gate.
type gateRun struct {
	c    *cli.Context
	file *config.File
	book excuse.Book
	jobs []*job // of every target
	todo []*job
	all  bool // no target is left out
	once *onceWriter

	aside []excuse.Expectation // the baseline's entries of rules that this run leaves out
}

func runGate(c *cli.Context) error {
	j, err := newGateJudgment(c)
	if err != nil {
		return err
	}
	g, err := newGateRun(c, c.Args().Slice(), false)
	if err != nil {
		return err
	}
	began := time.Now()
	rs, lost := g.reports(j.out)
	kept := upkeep(g.book, g.file.Name, "gate", rs, g.all)
	unwritten := j.out.write(rs, kept)
	if unwritten == nil {
		unwritten = lost
	}
	quiet := j.out.machine || c.Bool("quiet")
	code, why := worst(rs, kept)
	if !quiet {
		t := &reports.Gate{Reports: rs, Upkeep: kept, Took: time.Since(began), Exit: code, Why: because(rs, code, why), Advice: g.advice(rs)}
		if err := j.text.Gate(c.App.Writer, t); err != nil {
			return err
		}
	}
	return ended(code, why, quiet, unwritten)
}

// newGateJudgment returns where the reports go. What is judged is the matter of each job.
func newGateJudgment(c *cli.Context) (*judgment, error) {
	j := &judgment{c: c}
	var err error
	if j.text, err = textOf(c); err != nil {
		return nil, err
	}
	if _, err = newGate(c); err != nil {
		return nil, err
	}
	j.out, err = newRunOutputs(c)
	return j, err
}

func loadConfig(name string) (*config.File, error) { return config.Load(name, forms()) }

// newGateRun reads the configuration and prepares every job, so that a mistake shows before anybody is asked anything. Fresh says
// that the baseline may still have to be written.
func newGateRun(c *cli.Context, targets []string, fresh bool) (*gateRun, error) {
	g := &gateRun{c: c, once: &onceWriter{to: c.App.ErrWriter, said: map[string]bool{}}}
	name := c.String("config")
	if name == "" {
		name = configName
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			return nil, usage("Write one with ssespec init, or name one with -c FILE.", "there is no %s here", configName)
		}
	}
	var err error
	load := loadConfig
	if fresh {
		load = loadWithoutBaseline
	}
	if g.file, err = load(name); err != nil {
		return nil, configError(err)
	}
	if g.book, err = bookOf(c, fresh); err != nil {
		return nil, err
	}
	g.read()
	for _, p := range slices.Concat(c.StringSlice("only"), c.StringSlice("skip")) {
		if err := ruleForm(p); err != nil {
			return nil, usage("", "%v", err)
		}
	}
	if err := g.choose(targets); err != nil {
		return nil, err
	}
	if dir := c.String("output"); dir != "" {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, usage("", "-o: %v", err)
		}
	}
	return g, g.possible()
}

// read adds to the book what the configuration has, unless a flag names another file.
func (g *gateRun) read() {
	if !g.c.IsSet("baseline") {
		g.book.Expected = expectations(g.file.Expected)
	}
	g.book.Expected, g.aside = among(g.c, g.book.Expected)
	if !g.c.IsSet("waivers") {
		g.book.Waivers = waivers(g.file.Waivers.List)
	}
	g.book.Flaky = flaky(g.file.KnownFlaky)
}

// possible prepares every job once, and looks for notes about targets that are not there.
func (g *gateRun) possible() error {
	var errs []string
	for _, j := range g.todo {
		if _, err := j.prepare(g.c.Context, nil); err != nil && !slices.Contains(errs, err.Error()) {
			errs = append(errs, err.Error())
		}
	}
	for _, t := range g.notes() {
		if t.IsSet() && !slices.ContainsFunc(g.jobs, func(j *job) bool { return j.is(t.V) }) {
			errs = append(errs, fmt.Sprintf("%s: no target is called %q: write the name of a target, or a glob", t.At, t.V))
		}
	}
	errs = append(errs, g.neverJudged()...)
	if len(errs) > 0 {
		return usage("", "%s", strings.Join(errs, "\n"))
	}
	return nil
}

// notes returns the targets of which the configuration notes what is known to fail.
func (g *gateRun) notes() []config.Text {
	var out []config.Text
	for _, w := range g.file.Waivers.List {
		out = append(out, w.Target)
	}
	for _, f := range g.file.KnownFlaky {
		out = append(out, f.Target)
	}
	return out
}

// is reports whether a pattern is the name of the job's target, or its URL.
func (j *job) is(pattern string) bool {
	ok, _ := path.Match(pattern, j.name)
	return ok || pattern == j.name || pattern == j.url || pattern == "*"
}

// masked returns a text without what came from the environment.
func (g *gateRun) masked(s string) string {
	var secrets chaos.Secrets
	for _, v := range g.file.Secrets {
		secrets.Add(v)
	}
	return secrets.Mask(s)
}

// usualParallel is how many groups are run at the same time: nearly all the time of a run is waited.
const usualParallel = 16

func (g *gateRun) parallel() int {
	switch {
	case g.c.Int("parallel") > 0:
		return g.c.Int("parallel")
	case g.file.Parallel.IsSet():
		return g.file.Parallel.V
	}
	return usualParallel
}

// reports does every job: the groups at the same time, the jobs of a group one after the other.
func (g *gateRun) reports(out *outputs) ([]*reports.Report, error) {
	ctx, stop := interruptible(g.c.Context)
	defer stop()
	groups := g.groups()
	show := newBoard(g.c, g.todo, groups)
	defer show.stop()
	rs, lost := make([]*reports.Report, len(g.todo)), make([]error, len(g.todo))
	places := make(chan struct{}, g.parallel())
	var wg sync.WaitGroup
	for _, group := range groups {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			for _, i := range group {
				j := g.todo[i]
				rs[i], lost[i] = j.do(ctx, tellBoth(show.audience(i), out.tell(j.name, j.run)))
				show.done(i)
			}
		})
	}
	wg.Wait()
	return rs, unkept(lost)
}

// because says in one sentence why the gate ends as it does.
func because(rs []*reports.Report, code int, why string) string {
	var names []string
	for _, r := range rs {
		if r.Exit == code && code != exitPass {
			names = append(names, r.Evidence.Bundle.Name+" "+r.Evidence.Bundle.Command)
		}
	}
	switch n := len(names); {
	case n == 0:
		return why
	case n == 1:
		return names[0] + ": " + why
	case n > 5:
		names = append(names[:5], fmt.Sprintf("%d more", n-5))
	}
	return strings.Join(names, ", ")
}

// advice says what to do next about a failure.
func (g *gateRun) advice(rs []*reports.Report) string {
	failed := func(r *reports.Report) bool {
		return slices.ContainsFunc(r.Results, func(x checks.Result) bool { return x.Verdict == checks.Fail })
	}
	if g.c.String("output") == "" && slices.ContainsFunc(rs, failed) {
		return "With -o DIRECTORY the evidence is kept, and ssespec judge FILE judges it again"
	}
	return ""
}
