package cors

import (
	"net/url"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// readings returns what each client on the declared origin can do.
func readings(ev *checks.Evidence) []browser.Reading {
	type key struct{}
	return ev.Learn(key{}, func() any { return browser.Readings(ev.Bundle) }).([]browser.Reading)
}

// A step is one answer on the way of a page's request, and what a browser makes of it.
type step struct {
	*checks.View
	client    browser.Client
	first     wire.Request    // the page's request, before any redirect
	resume    bool            // it names an id
	preflight bool            // the answer is to the question for leave
	redirect  bool            // it sends the browser elsewhere
	null      bool            // it was asked for with Origin: null
	foreign   bool            // it must pass the CORS check
	refused   bool            // it is no stream, though the control request was given one
	misread   bool            // it grants no leave for the list as browsers write it, and would as people do
	denial    *browser.Denial // why the browser stops here; nil where it goes on, or opens the stream
}

// steps returns every answer to a page on the declared origin. A client that cannot open the stream is asked no
// further: what it would be answered when it comes back is no second mistake.
func steps(ev *checks.Evidence) []step {
	type key struct{}
	return ev.Learn(key{}, func() any {
		var out []step
		for _, r := range readings(ev) {
			out = append(out, stepsOf(ev, r.Page, &r.Open, false)...)
			if r.Open.Reads() {
				out = append(out, stepsOf(ev, r.Page, &r.Resume, true)...)
			}
		}
		return out
	}).([]step)
}

func stepsOf(ev *checks.Evidence, p browser.Page, v *browser.Visit, resume bool) []step {
	var out []step
	w := &browser.Walk{Page: p}
	asked := "" // the URL for which leave was asked
	var first wire.Request
	for i, h := range v.Hops {
		views := ev.Exhibit(h.Scene).Views
		if h.Index >= len(views) { // a scene that is there twice: only a hand makes that
			continue
		}
		if u, err := url.Parse(h.Request.URL); err == nil && h.Request.URL != asked {
			w.To(u)
		}
		s := step{View: views[h.Index], client: p.Client, resume: resume, preflight: browser.Preflight(h.Exchange),
			redirect: browser.Redirects(h.Status) && h.Header.Has("Location"), null: w.Origin() == wire.OpaqueOrigin, foreign: w.Foreign()}
		if asked = ""; s.preflight {
			asked = h.Request.URL
		} else if first.URL == "" {
			first = h.Request
		}
		s.first = first
		if d := v.Denial; d != nil && d.Exchange == i {
			s.denial = d
		}
		s.refused = s.turnedAway(ev)
		s.misread = s.denial != nil && s.preflight && misread(ev, p, s.View)
		out = append(out, s)
	}
	return out
}

// final reports whether a step is the answer to the page's request itself: neither leave nor a way elsewhere.
func (s *step) final() bool { return !s.preflight && !s.redirect && s.Status != 0 }

// turnedAway reports whether the page's first request came to no stream, though the control request did.
func (s *step) turnedAway(ev *checks.Evidence) bool {
	if s.resume || s.preflight || s.Status == 0 || s.Scene == wire.Control || browser.Open(s.client, ev.Control().Exchange) != nil {
		return false
	}
	if s.redirect {
		return s.denial != nil && (s.denial.Cause == browser.RedirectLoop || s.denial.Cause == browser.RedirectScheme)
	}
	return browser.Open(s.client, s.Exchange) != nil
}

// opening reports whether a step answers a page's first request with what its CORS fields decide about: redirects and
// answers that are no stream are others' to judge.
func opening(s step) bool {
	return s.foreign && s.final() && s.Status == 200 && !s.null && !s.resume && !s.refused
}

// misread reports whether a preflight was refused that is granted where its list is written with capitals and spaces.
func misread(ev *checks.Evidence, p browser.Page, v *checks.View) bool {
	spaced := ev.View(wire.Spaced)
	return spaced != nil && compact(asksFor(spaced)) == compact(asksFor(v)) &&
		spaced.Request.Header.Get(browser.RequestMethod) == v.Request.Header.Get(browser.RequestMethod) &&
		p.Permits(p.Origin, spaced.Exchange) == nil
}

// asksFor returns the list of fields for which a preflight asks leave.
func asksFor(v *checks.View) string { return v.Request.Header.Get(browser.RequestHeaders) }

// compact writes a list as browsers do.
func compact(list string) string { return strings.ToLower(strings.ReplaceAll(list, " ", "")) }
