// Package cors holds the checks on whether a page on another origin can read the stream, and come back to it.
//
// What a browser does is package browser's to know. Each check here is one cause for which it keeps an answer from the
// page, at one place on the way, so that exactly one check tells of each time that a browser gives up.
//
// It imports checks, browser, stream and wire.
package cors

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// Suite lists the family in reading order.
var Suite = checks.Suite{
	simpleGet,
	allowOriginPresent,
	allowOriginSingle,
	allowOriginValue,
	credentialsNoStar,
	credentialsTrue,
	acceptableStatic,
	varyOrigin,
	originNull,
	redirectEachHop,
	redirectNullOrigin,
	redirectUserinfo,
	preflightNeeded,
	preflightStatus,
	preflightNoRedirect,
	preflightUnauthenticated,
	preflightOrigin,
	preflightSyntax,
	preflightMethods,
	preflightRequestHeaders,
	preflightStarAuthorization,
	preflightStarCredentials,
	preflightListParsing,
	preflightLastEventID,
	preflightMaxAge,
	resumeConsistent,
	lastEventIDSafe,
	errorsCarryHeaders,
	stopCarriesHeaders,
	exposeHeaders,
	blockedPort,
	privateNetwork,
}

// declared is the condition of checks on what a page must be able to read: nothing obliges a server to share.
var declared = checks.Condition{
	Says:  "an origin was named that must be able to read the stream (--origin)",
	Else:  "no other origin was named that must be able to read the stream (--origin)",
	Holds: func(ev *checks.Evidence) bool { return len(readings(ev)) > 0 },
}

// credentialed is the condition of checks on requests with credentials.
var credentialed = checks.Condition{
	Says:  "the page asks with credentials (--credentials)",
	Else:  "the page asks without credentials (--credentials says that it does)",
	Holds: func(ev *checks.Evidence) bool { return ev.Bundle.Include },
}

// The scenes in which a page on the declared origin asks for the stream: for the first time, and again with an id.
var (
	openings = []wire.Scene{wire.CrossOrigin, wire.Script}
	resumes  = []wire.Scene{wire.CrossResume, wire.ScriptResume}
	visits   = slices.Concat(openings, resumes)
)

// A fault is what most checks of the family look for: causes for which a browser stops at steps of one kind.
type fault struct {
	causes []browser.Cause
	at     func(step) bool
	visits []wire.Scene      // in which such steps are met
	says   func(step) string // what is wrong; nil for the denial's own words
	held   string            // what holds, for a number of steps
	none   string            // why there may be no such step
}

// checked are the causes of the CORS check.
var checked = []browser.Cause{browser.NoAllowOrigin, browser.ManyAllowOrigins, browser.WrongAllowOrigin,
	browser.StarWithCredentials, browser.CredentialsNotTrue}

// judge looks at the steps that the fault concerns. A step at which the browser stopped for something that it looks at
// earlier shows nothing; each mistake is told once, though several clients may meet it.
func (f fault) judge(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	var before, limited *browser.Denial
	seen := 0
	for _, s := range steps(ev) {
		switch d := s.denial; {
		case s.Status == 0 || s.misread || !f.at(s):
		case d != nil && d.Cause == browser.Limited:
			limited = d
		case d == nil || place(d) > f.place():
			seen++
		case slices.Contains(f.causes, d.Cause):
			seen++
			found = checks.AddOnce(found, f.finding(s))
		default:
			before = d
		}
	}
	switch {
	case seen > 0:
		return checks.Judged(seen, found, f.held, seen)
	case limited != nil:
		return checks.Unseen("%s", limited.Message)
	case before != nil:
		return checks.Unconcerned("a browser stops before it looks at this: %s", before.Message)
	}
	return f.unmet(ev)
}

func (f fault) finding(s step) checks.Finding {
	message := s.denial.Message
	if f.says != nil {
		message = f.says(s)
	}
	return s.AtField(s.Header.Index(s.denial.Header), message)
}

// unmet says why no step concerns a check: it was not seen though it should have been, or there is none.
func (f fault) unmet(ev *checks.Evidence) checks.Outcome {
	for _, r := range readings(ev) {
		for _, v := range []*browser.Visit{&r.Open, &r.Resume} {
			switch {
			case v.Gap != nil && !v.Gap.Moot && slices.Contains(f.visits, v.Gap.Scene):
				return checks.Unseen("the page's request could not be made: %s", v.Gap.Reason)
			case len(v.Hops) > 0 && slices.Contains(f.visits, v.Hops[0].Scene) && unanswered(v):
				return checks.Unseen("the page's request was not answered to its end")
			}
		}
	}
	for _, r := range readings(ev) {
		if d := r.Open.Denial; d != nil && d.Exchange < 0 && d.Cause != browser.CannotSend {
			return checks.Unconcerned("a browser does not even ask: %s", d.Message)
		}
	}
	return checks.Unconcerned("%s", f.none)
}

func unanswered(v *browser.Visit) bool { return v.Denial != nil && v.Denial.Cause == browser.NoAnswer }

func (f fault) place() int {
	last := 0
	for _, c := range f.causes {
		last = max(last, place(&browser.Denial{Cause: c}))
	}
	return last
}

// place says how far a browser had come when it stopped: it looks at one thing after the other.
func place(d *browser.Denial) int {
	switch d.Cause {
	case browser.PreflightRedirected, browser.PreflightUnauthenticated, browser.PreflightStatus:
		return 1
	case browser.NoAllowOrigin:
		return 2
	case browser.ManyAllowOrigins:
		return 3
	case browser.WrongAllowOrigin, browser.StarWithCredentials:
		return 4
	case browser.CredentialsNotTrue:
		return 5
	case browser.PreflightSyntax:
		return 6
	case browser.PreflightMethod:
		return 7
	case browser.PreflightStarCredentials:
		if d.Header == browser.AllowMethods {
			return 7
		}
		return 8
	case browser.PreflightHeader:
		return 8
	}
	return 9 // where the answer sends the browser, and whether it is a stream
}
