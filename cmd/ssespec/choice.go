package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/config"
)

// choose lists the jobs of the targets that the user names.
func (g *gateRun) choose(patterns []string) error {
	var names []string
	used := map[string]bool{}
	for _, t := range g.file.Targets {
		jobs := g.jobsOf(t)
		g.jobs, names = append(g.jobs, jobs...), append(names, t.Name.V)
		chosen := len(patterns) == 0
		for _, p := range patterns {
			if ok, _ := path.Match(p, t.Name.V); ok || p == t.Name.V {
				chosen, used[p] = true, true
			}
		}
		if !chosen {
			continue
		}
		g.todo = append(g.todo, jobs...)
	}
	for _, p := range patterns {
		if !used[p] {
			return usage("Its targets are: "+strings.Join(names, ", ")+".", "%s has no target %q", g.file.Name, p)
		}
	}
	g.all = len(patterns) == 0
	g.todo = slices.DeleteFunc(g.todo, func(j *job) bool { return j.idle() })
	if len(g.todo) == 0 {
		return usage("", "%s asks for nothing: no rule that is chosen belongs to a run of a target", g.file.Name)
	}
	return nil
}

// own returns the flags of the gate that hold for all its runs. Those that choose rules choose among what the configuration has
// chosen; see narrowed.
func (g *gateRun) own() []config.Flag {
	var out []config.Flag
	for _, v := range g.c.StringSlice("only") {
		if slices.ContainsFunc(suite.All(), func(k *checks.Check) bool { return k.ID == v }) {
			out = append(out, config.Flag{Name: "require", Value: v})
		}
	}
	for _, name := range []string{"require", "product"} {
		for _, v := range g.c.StringSlice(name) {
			out = append(out, config.Flag{Name: name, Value: v})
		}
	}
	for _, name := range []string{"fail-on", "remedies"} {
		if g.c.IsSet(name) {
			out = append(out, config.Flag{Name: name, Value: g.c.String(name)})
		}
	}
	if g.c.Bool("strict") {
		out = append(out, config.Flag{Name: "strict", Value: "true"})
	}
	return out
}

// narrowed returns those of some rules that --only and --skip leave.
func (g *gateRun) narrowed(s checks.Suite) checks.Suite {
	return chosen(s, g.c.StringSlice("only"), g.c.StringSlice("skip"))
}

// skipped returns the patterns of rules that the configuration leaves out at a target.
func (g *gateRun) skipped(t *config.Target) []string {
	var out []string
	for _, p := range slices.Concat(g.file.Rules.Skip, t.Rules.Skip) {
		out = append(out, p.V)
	}
	return out
}

// neverJudged complains of rules that have to be judged and are in none of the runs: that would be green for ever.
func (g *gateRun) neverJudged() []string {
	var out []string
	look := func(jobs []*job, where, pattern string) {
		if !slices.ContainsFunc(jobs, func(j *job) bool { return matches(j.judged(), pattern) }) {
			out = append(out, fmt.Sprintf("%s: no run judges %q, which has to be judged: take it out, or add what judges it, such as chaos", where, pattern))
		}
	}
	for _, p := range g.c.StringSlice("require") {
		look(g.todo, "--require", p)
	}
	if !g.all || g.c.IsSet("only") || g.c.IsSet("skip") {
		return out // the user has left them out
	}
	for _, p := range g.file.Require {
		look(g.todo, p.At.String(), p.V)
	}
	for _, t := range g.file.Targets {
		for _, p := range t.Rules.Require {
			look(slices.DeleteFunc(slices.Clone(g.todo), func(j *job) bool { return j.target != t }), p.At.String(), p.V)
		}
	}
	return out
}

// settings returns the flags, those that choose rules as far as they name some of this run.
func (j *job) settings(only []string) []config.Flag {
	var out []config.Flag
	for _, f := range j.flags {
		if (f.Name == "only" || f.Name == "skip") && (!matches(j.rules, f.Value) || f.Name == "only" && len(only) > 0) {
			continue
		}
		out = append(out, f)
	}
	for _, id := range only {
		out = append(out, config.Flag{Name: "only", Value: id})
	}
	return out
}

// chosen returns the rules that match one of only (all if there is none) and none of skip.
func chosen(s checks.Suite, only, skip []string) checks.Suite {
	return slices.DeleteFunc(slices.Clone(s), func(k *checks.Check) bool {
		named := func(p string) bool { return matches(checks.Suite{k}, p) }
		return len(only) > 0 && !slices.ContainsFunc(only, named) || slices.ContainsFunc(skip, named)
	})
}

func matches(s checks.Suite, pattern string) bool {
	_, err := s.Match(pattern)
	return err == nil
}

// values returns what the configuration says for a flag.
func (j *job) values(name string) []string {
	var out []string
	for _, f := range j.flags {
		if f.Name == name {
			out = append(out, f.Value)
		}
	}
	return out
}

// idle reports whether the rules that the user chose are all of other runs.
func (j *job) idle() bool {
	only := j.values("only")
	left := chosen(j.rules, only, j.values("skip"))
	return len(chosen(j.rules, only, nil)) == 0 || len(left) > 0 && len(j.gate.narrowed(left)) == 0
}

// judged returns the rules that are judged.
func (j *job) judged() checks.Suite {
	return j.gate.narrowed(chosen(j.rules, j.values("only"), j.values("skip")))
}
