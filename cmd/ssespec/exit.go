package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/stream"
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

// decide returns the exit code of one run and, unless it is 0, the reason in one sentence.
func (g gate) decide(ev *checks.Evidence, results []checks.Result) (int, string) {
	code, why := exitPass, ""
	say := func(c int, format string, a ...any) {
		if c != code && worse(c, code) == c {
			code, why = c, fmt.Sprintf(format, a...)
		}
	}
	if cut(ev.Bundle, wire.Interrupted) {
		say(exitInterrupted, "interrupted: what was not seen by then is not judged")
	}
	for _, budget := range []string{wire.TimeSpent, wire.RequestsSpent} {
		if cut(ev.Bundle, budget) {
			say(exitInconclusive, "%s: what was not seen by then is not judged", budget)
		}
	}
	if c, reason := standing(ev); c != exitPass {
		say(c, "%s", reason)
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
		case checks.Pass:
			judged++
		case checks.Inconclusive:
			if r.Required || g.requires(r.Check) {
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

// cut reports whether the recording was cut short for the given reason.
func cut(b *wire.Bundle, reason string) bool {
	for _, g := range b.Gaps {
		if g.Reason == reason {
			return true
		}
	}
	for _, r := range b.Recordings {
		if r.Trial != nil && r.Trial.Gap == reason {
			return true
		}
		for _, x := range r.Exchanges {
			if x.End.Note == reason {
				return true
			}
		}
	}
	return false
}

// standing says whether there was a stream to judge at all: HTML 9.2.2 lets nothing but
// status 200 with the right media type count as one.
func standing(ev *checks.Evidence) (int, string) {
	v := ev.Control()
	if v == nil {
		if ev.Bundle.Command == "edge" {
			return unreached(ev.Bundle)
		}
		for _, g := range ev.Bundle.Gaps {
			if g.Scene == wire.Control && g.Reason != wire.Interrupted && g.Reason != wire.TimeSpent && g.Reason != wire.RequestsSpent {
				return exitUnreachable, g.Reason
			}
		}
		return exitPass, ""
	}
	switch {
	case v.Status == 0:
		return exitUnreachable, noHead(v)
	case len(ev.Exhibit(wire.Control).Views) > browser.MostRedirects:
		return exitUnreachable, "the target redirects in a loop: there is no stream to judge"
	case v.Status/100 == 3 && v.Header.Has("Location") && v.End.Note != "":
		return exitUnreachable, fmt.Sprintf("the target redirects to %.200q, which could not be reached: %s", v.Header.Get("Location"), v.End.Note)
	case (v.Status == 401 || v.Status == 403) && foreign(ev) && ev.Bundle.Target.Header.Has("Authorization"):
		return exitUnreachable, fmt.Sprintf("the target redirects to another origin, which refused authentication with status %d: credentials are not sent there", v.Status)
	case v.Status == 403 && v.Request.Header.Has("Origin"):
		return exitUnreachable, fmt.Sprintf("the target refused with status 403: it may not let %s in, or want credentials (-H 'Authorization: Bearer $TOKEN' or -u)", v.Request.Header.Get("Origin"))
	case v.Status == 401 || v.Status == 403 || v.Status == 407:
		return exitUnreachable, fmt.Sprintf("the target refused authentication with status %d: pass credentials with -H 'Authorization: Bearer $TOKEN' or -u", v.Status)
	case v.Status == 204:
		return exitUnreachable, "the target answered 204: it asks clients to stop reconnecting, so there is no stream to judge"
	case v.Status != 200:
		return exitUnreachable, fmt.Sprintf("the target answered %s: not a stream, nothing to judge", statuses(ev))
	case v.Stream.Syntax == stream.Text && !looksLikeEvents(v):
		return exitUnreachable, fmt.Sprintf("the target answered with %s: not a stream, nothing to judge", typeOf(v))
	case len(v.Text.Bytes) == 0 && v.CodingErr == nil:
		if v.End.Kind.ServerEnded() {
			return exitInconclusive, fmt.Sprintf("the stream opened, said nothing and ended after %v", checks.Brief(v.End.At))
		}
		return exitInconclusive, fmt.Sprintf("the stream opened and said nothing in %v", checks.Brief(v.End.At))
	case errors.Is(v.CodingErr, wire.ErrDecodedLimit):
		return exitInconclusive, "the body is so small a part of what it decodes to that it was read no further"
	case saidNothing(v):
		return exitInconclusive, fmt.Sprintf("%d bytes came in %v and not one event or comment: watch longer (--watch), or see framing/blank-line",
			len(v.Text.Bytes), checks.Brief(v.End.At))
	}
	return exitPass, ""
}

// saidNothing reports whether nothing that came on an event stream was an event or a comment.
func saidNothing(v *checks.View) bool {
	s := v.Stream
	return s.Syntax == stream.EventStream && len(s.Events) == 0 && !slices.ContainsFunc(s.Lines, s.IsComment)
}

// statuses names the status of the answer, and those of the redirects that led to it.
func statuses(ev *checks.Evidence) string {
	var words []string
	for _, v := range ev.Exhibit(wire.Control).Views {
		words = append(words, fmt.Sprintf("%d to %s", v.Status, v.Request.Method))
	}
	if len(words) == 1 {
		return fmt.Sprintf("status %d", ev.Control().Status)
	}
	return "status " + strings.Join(words, ", then ")
}

// foreign reports whether the redirects led away from the origin that was asked.
func foreign(ev *checks.Evidence) bool {
	views := ev.Exhibit(wire.Control).Views
	first, err1 := url.Parse(views[0].Request.URL)
	last, err2 := url.Parse(views[len(views)-1].Request.URL)
	return err1 == nil && err2 == nil && (first.Scheme != last.Scheme || first.Host != last.Host)
}

// noHead says why there is no answer although the connection stood.
func noHead(v *checks.View) string {
	at := v.End.At.Round(time.Millisecond)
	switch {
	case v.Message != nil && v.Message.Odd(wire.BadStatusLine) != nil:
		return "what the target sent is not HTTP"
	case v.End.Kind == wire.Silent:
		return fmt.Sprintf("the target accepted the request and answered nothing in %v: it is slow, or a proxy holds the answer back (nginx: proxy_buffering)", at)
	case v.End.Kind == wire.HungUp:
		return fmt.Sprintf("the target did not finish its head in %v (%s)", at, v.End.Note)
	}
	return fmt.Sprintf("the target ended the connection after %v without an answer (%s)", at, v.End.Kind)
}

// looksLikeEvents reports whether a body of another media type holds events all the same: then it is a
// stream with the wrong type, which a rule says, and not something else.
func looksLikeEvents(v *checks.View) bool {
	return len(stream.Parse(stream.EventStream, v.Text.Bytes).Events) > 0
}

func typeOf(v *checks.View) string {
	if v.Type.Essence == "" {
		return "no media type"
	}
	return "media type " + v.Type.Essence
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
