package main

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/standing"
	"github.com/ssespec/ssespec/checks/wire"
)

// The exit codes, as the contract defines them. Where several apply, worse decides.
const (
	exitPass         = 0
	exitFindings     = 1
	exitUsage        = 2
	exitUnreachable  = 3
	exitInconclusive = 4
	exitFault        = 70
	exitInterrupted  = 130
)

// order ranks exit codes: of several the first one here decides.
var order = []int{exitInterrupted, exitFault, exitUsage, exitUnreachable, exitFindings, exitInconclusive, exitPass}

func worse(a, b int) int {
	for _, c := range order {
		if a == c || b == c {
			return c
		}
	}
	return exitFault
}

// A usageError is the user's mistake, with a hint at what to write instead.
type usageError struct{ message, hint string }

func (e *usageError) Error() string { return e.message }

func usage(hint, format string, a ...any) error {
	return &usageError{fmt.Sprintf(format, a...), hint}
}

// An exitError ends the run with a code and one sentence on standard error.
type exitError struct {
	code    int
	message string
}

func (e *exitError) Error() string { return e.message }

// A gate says which results make a run fail.
type gate struct {
	failOn  checks.Level // 0: never
	require checks.Suite // inconclusive is not good enough for these
}

// word is how --fail-on says it.
func (g gate) word() string {
	if g.failOn == 0 {
		return "never"
	}
	return g.failOn.String()
}

// decide returns the exit code of one run and, unless it is 0, the reason in one sentence.
func (g gate) decide(ev *checks.Evidence, results []checks.Result) (int, string) {
	code, why := exitPass, ""
	say := func(c int, format string, a ...any) {
		if c != code && worse(c, code) == c {
			code, why = c, fmt.Sprintf(format, a...)
		}
	}
	for _, limit := range standing.Cut(ev.Bundle) {
		code := exitInconclusive
		if limit == wire.Interrupted {
			code = exitInterrupted
		}
		say(code, "%s: what was not seen by then is not judged", limit)
	}
	switch is, reason := standing.Of(ev); is {
	case standing.NoStream:
		say(exitUnreachable, "%s", reason)
	case standing.TooLittle:
		say(exitInconclusive, "%s", reason)
	}
	if reason := untold(ev); reason != "" {
		say(exitInconclusive, "%s", reason)
	}
	failed, judged := 0, 0
	for _, r := range results {
		switch r.Verdict {
		case checks.Broken:
			say(exitFault, "the rule %s itself is at fault: %s", r.ID, r.Reason)
		case checks.Fail:
			judged++
			if g.failOn != 0 && r.Level >= g.failOn {
				failed++
			}
		case checks.Pass, checks.Expected, checks.Waived:
			judged++
		case checks.Inconclusive:
			if r.Runs != nil {
				judged++
			}
			known := r.Excuse != nil || r.Runs != nil // to be flaky, or to have failed in one of several runs
			if !known && (r.Required || g.requires(r.Check)) {
				say(exitInconclusive, "%s had to be judged and could not be: %s", r.ID, r.Reason)
			}
		}
	}
	if failed > 0 {
		say(exitFindings, "%s at or above level %s", count(failed, "rule failed", "rules failed"), g.failOn)
	}
	if judged == 0 {
		say(exitInconclusive, "nothing could be judged")
	}
	return code, why
}

func (g gate) requires(c *checks.Check) bool {
	for _, r := range g.require {
		if r.ID == c.ID {
			return true
		}
	}
	return false
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
