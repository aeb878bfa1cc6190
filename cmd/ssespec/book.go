package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/config"
	"github.com/ssespec/ssespec/reports"
)

// bookOf reads what the flags name. Fresh says that the baseline may still have to be written.
func bookOf(c *cli.Context, fresh bool) (excuse.Book, error) {
	var b excuse.Book
	if name := c.String("baseline"); name != "" && !(fresh && unmade(name)) {
		all, err := config.LoadBaseline(name, forms())
		if err != nil {
			return b, configError(err)
		}
		b.Expected = expectations(all)
	}
	if name := c.String("waivers"); name != "" {
		all, err := config.LoadWaivers(name, forms())
		if err != nil {
			return b, configError(err)
		}
		b.Waivers = waivers(all)
	}
	return b, nil
}

// among returns the expectations of rules that --only and --skip leave, since what the user does not want judged has not rotted;
// and those that are of other rules too, which nobody may lose over that.
func among(c *cli.Context, all []excuse.Expectation) (left, aside []excuse.Expectation) {
	rules := chosen(suite.All(), c.StringSlice("only"), c.StringSlice("skip"))
	for _, e := range all {
		some, _ := rules.Match(e.Rule)
		whole, _ := suite.All().Match(e.Rule)
		if len(some) > 0 {
			left = append(left, e)
		}
		if len(some) < len(whole) {
			aside = append(aside, e)
		}
	}
	return left, aside
}

// configError is the user's mistake in a file, told with its places.
func configError(err error) error { return usage("", "%v", err) }

func expectations(all []*config.Expectation) []excuse.Expectation {
	var out []excuse.Expectation
	for _, e := range all {
		out = append(out, excuse.Expectation{Target: e.Target.V, Run: e.Run.V, Rule: e.Rule.V, Reason: e.Reason.V, At: e.At.String()})
	}
	return out
}

func waivers(all []*config.Waiver) []excuse.Waiver {
	var out []excuse.Waiver
	for _, w := range all {
		out = append(out, excuse.Waiver{Rule: w.Rule.V, Target: w.Target.V, Reason: w.Reason.V, Owner: w.Owner.V, Until: w.Until.V, At: w.At.String()})
	}
	return out
}

func flaky(all []*config.Flaky) []excuse.Flaky {
	var out []excuse.Flaky
	for _, f := range all {
		out = append(out, excuse.Flaky{Rule: f.Rule.V, Target: f.Target.V, Reason: f.Reason.V, At: f.At.String()})
	}
	return out
}

// caseOf returns results as the book wants to see them. Waivers expire by the day of the run, so that the same evidence gets
// the same verdict tomorrow.
func caseOf(b *wire.Bundle, results []checks.Result) excuse.Case {
	return excuse.Case{Target: cmp.Or(b.Name, b.Target.URL), URL: b.Target.URL, Run: b.Command, Day: b.Began, Results: results}
}

// upkeep says what is wrong with the book after some runs, as a document; nil where there is no book. Whole says that there
// are no other runs.
func upkeep(book excuse.Book, name, command string, rs []*reports.Report, whole bool) *reports.Document {
	if len(book.Expected)+len(book.Waivers) == 0 || len(rs) == 0 {
		return nil
	}
	var cases []excuse.Case
	for _, r := range rs {
		cases = append(cases, caseOf(r.Evidence.Bundle, r.Results))
	}
	first := rs[0].Document()
	d := &reports.Document{Schema: first.Schema, Tool: first.Tool, Command: command, Run: "gate", Began: first.Began, Target: reports.Target{Name: name, Promises: []string{}}}
	problems := book.Rot(cases, whole)
	var baseline, waived []excuse.Problem
	for _, p := range problems {
		if slices.ContainsFunc(book.Waivers, func(w excuse.Waiver) bool { return w.At == p.At }) {
			waived = append(waived, p)
		} else {
			baseline = append(baseline, p)
		}
	}
	if n := len(book.Expected); n > 0 {
		d.Results = append(d.Results, upkeepResult("gate/baseline", "Every expected failure must still be one", n, baseline))
	}
	if n := len(book.Waivers); n > 0 {
		d.Results = append(d.Results, upkeepResult("gate/waivers", "No waiver may have expired", n, waived))
	}
	for _, r := range d.Results {
		d.Summary.Rules, d.Summary.Judged = d.Summary.Rules+1, d.Summary.Judged+1
		if r.Verdict == checks.Fail.String() {
			d.Summary.Fail++
		} else {
			d.Summary.Pass++
		}
	}
	if n := len(problems); n > 0 {
		d.Exit, d.Why = exitFindings, count(n, "note of what is known to fail is not true any more", "notes of what is known to fail are not true any more")
	}
	return d
}

func upkeepResult(id, title string, seen int, problems []excuse.Problem) reports.Result {
	r := reports.Result{
		ID: id, Title: title, Level: checks.Must.String(), Verdict: checks.Pass.String(), Seen: seen, Reason: count(seen, "entry holds", "entries hold"),
		Clause: reports.Clause{Spec: "ssespec", Section: "what is known to fail", URL: "https://github.com/ssespec/ssespec#what-is-known-to-fail"}, Findings: []reports.Finding{},
	}
	for _, p := range problems {
		r.Findings = append(r.Findings, reports.Finding{Message: fmt.Sprintf("%s: %s", p.At, p.Message)})
	}
	if len(problems) > 0 {
		r.Verdict, r.Reason = checks.Fail.String(), r.Findings[0].Message
		r.Fix = "Take out what is not true any more: ssespec baseline write does so for the baseline. Renew a waiver only with its owner."
	}
	return r
}
