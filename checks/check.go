package checks

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Check is one question asked of the evidence. It is a value and never changes.
type Check struct {
	ID      string       // "framing/utf8": family, slash, the requirement in kebab case; stable for ever
	Title   string       // one sentence that states the requirement, no full stop
	Level   Level        // what breaking it costs a conforming client; never chosen by the judge
	Promise string       // where the user declared this promise, Level rises to Must; empty for most
	Timing  bool         // it can fail because of how fast things came, so that a gate asks again before it believes a failure
	Clause  Clause       // where it is written
	Since   string       // the release that introduced it
	Doc     string       // Go doc comment syntax: what breaks for a reader, and what is not flagged
	Fix     string       // one or two sentences: how to mend it
	Good    string       // bytes, or a head, that pass; shown by explain
	Bad     string       // bytes, or a head, that fail
	Needs   []wire.Scene // what must have been recorded for a verdict
	Reads   []wire.Scene // what it looks at too, where it was recorded
	When    []Condition  // whom it concerns; the first that does not hold gives the reason
	After   []string     // ids: if one of these fails, this verdict would mislead
	Judge   func(*Evidence) Outcome
}

// Family returns the part of the id before the slash.
func (c *Check) Family() string { return path.Dir(c.ID) }

// Slug returns the part of the id behind the slash.
func (c *Check) Slug() string { return path.Base(c.ID) }

// A Level says what it costs a conforming client when a check fails.
type Level uint8

// The levels, as the contract defines them.
const (
	Fact   Level = iota + 1 // informs, never fails
	Advice                  // good practice without a clause
	Should                  // a SHOULD; or something is lost in a situation that really occurs
	Must                    // a MUST; or a conforming client fails, loses or corrupts data
)

var levelNames = [...]string{Fact: "fact", Advice: "advice", Should: "should", Must: "must"}

// String returns the contract's word.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return ""
}

// A Condition says when a check applies. Else is the sentence given as reason where it does not hold.
type Condition struct {
	Says  string // "the answer is an event stream"
	Else  string // "the answer is not an event stream"
	Holds func(*Evidence) bool
}

var idForm = regexp.MustCompile(`^[a-z0-9]+(/[a-z0-9]+(-[a-z0-9]+)*)$`)

// A Suite is an explicit list of checks, in reading order.
type Suite []*Check

// Validate refuses a suite that is not fit to be shown: a check without title, clause, doc, fix,
// needs or judge, an id in the wrong form or used twice, an After that names no check of its family.
func (s Suite) Validate() error {
	var errs []error
	ids := map[string]bool{}
	for _, c := range s {
		bad := func(format string, a ...any) {
			errs = append(errs, fmt.Errorf("%s: "+format, append([]any{c.ID}, a...)...))
		}
		if !idForm.MatchString(c.ID) {
			bad("id is not family/slug")
		}
		if ids[c.ID] {
			bad("id is used twice")
		}
		ids[c.ID] = true
		switch {
		case c.Title == "" || strings.HasSuffix(c.Title, "."):
			bad("title is missing or ends with a full stop")
		case c.Level < Fact || c.Level > Must:
			bad("no level")
		case c.Clause.Spec == "":
			bad("no clause")
		case strings.TrimSpace(c.Doc) == "":
			bad("no doc")
		case c.Fix == "" && c.Level != Fact:
			bad("no fix")
		case len(c.Needs) == 0:
			bad("needs no recording")
		case c.Judge == nil:
			bad("no judge")
		}
	}
	for _, c := range s {
		for _, a := range c.After {
			if !ids[a] && path.Dir(a) == c.Family() {
				errs = append(errs, fmt.Errorf("%s: comes after %s, which is not in the suite", c.ID, a))
			}
		}
	}
	return errors.Join(errs...)
}

// Match returns the checks whose id matches the pattern: an exact id, a family, or a path.Match glob.
// A pattern that matches nothing is an error.
func (s Suite) Match(pattern string) (Suite, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	var out Suite
	for _, c := range s {
		ok, _ := path.Match(pattern, c.ID)
		if ok || pattern == c.ID || pattern == c.Family() || pattern == "*" {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("pattern %q matches no rule", pattern)
	}
	return out, nil
}

// Select returns the checks that match one of only (all if there is none) and none of skip, in the suite's order.
func (s Suite) Select(only, skip []string) (Suite, error) {
	if len(only) == 0 {
		only = []string{"*"}
	}
	keep := map[*Check]bool{}
	for _, p := range only {
		m, err := s.Match(p)
		if err != nil {
			return nil, err
		}
		for _, c := range m {
			keep[c] = true
		}
	}
	for _, p := range skip {
		m, err := s.Match(p)
		if err != nil {
			return nil, err
		}
		for _, c := range m {
			delete(keep, c)
		}
	}
	var out Suite
	for _, c := range s {
		if keep[c] {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the selection leaves no rule")
	}
	return out, nil
}

// Needs returns every scene that some check needs or reads, each once, in the order of first use.
func (s Suite) Needs() []wire.Scene {
	var out []wire.Scene
	for _, c := range s {
		for _, n := range append(slices.Clone(c.Needs), c.Reads...) {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// A Result is one check and its outcome.
type Result struct {
	*Check
	Level    Level // the check's own, or Must where a promise raised it
	Required bool  // inconclusive is then not good enough
	Outcome
	Excuse *Excuse // why it does not count; nil for most
	Runs   *Runs   // how often it failed, where it was asked more than once
}

// Judge asks every check of the suite, in order, and returns one result for each.
//
// A panic is a Broken verdict of that check and the others go on. A Pass that saw nothing is Broken too.
// A check whose After failed is Inconclusive, naming the culprit.
func (s Suite) Judge(ev *Evidence) []Result {
	results := make([]Result, 0, len(s))
	failed := map[string]bool{}
	for _, c := range s {
		r := Result{Check: c, Level: c.Level}
		if c.Promise != "" && ev.Promised(c.Promise) {
			r.Level, r.Required = Must, true
		}
		r.Outcome = c.ask(ev, failed)
		if r.Verdict == Fail {
			failed[c.ID] = true
		}
		results = append(results, r)
	}
	return results
}

func (c *Check) ask(ev *Evidence, failed map[string]bool) (out Outcome) {
	defer func() {
		if p := recover(); p != nil {
			out = Outcome{Verdict: Broken, Reason: fmt.Sprintf("the rule panicked: %v", p)}
		}
	}()
	for _, n := range c.Needs {
		if ev.View(n) == nil {
			return ev.missing(n)
		}
	}
	for _, w := range c.When {
		if !w.Holds(ev) {
			return Unconcerned("%s", w.Else)
		}
	}
	for _, a := range c.After {
		if failed[a] {
			return Unseen("%s failed, so this verdict would mislead", a)
		}
	}
	out = c.Judge(ev)
	switch {
	case out.Verdict == 0:
		out = Outcome{Verdict: Broken, Reason: "the rule gave no verdict"}
	case out.Verdict == Pass && out.Seen == 0:
		out = Outcome{Verdict: Broken, Reason: "the rule passed although it looked at nothing"}
	case out.Verdict == Fail && len(out.Findings) == 0:
		out = Outcome{Verdict: Broken, Reason: "the rule failed without a finding"}
	}
	return out
}
