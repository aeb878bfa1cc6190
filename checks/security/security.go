// Package security holds the checks on who may read a stream, and who may write into it.
//
// It imports checks, browser, stream and wire, and the list of public suffixes.
package security

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// Suite lists the family in reading order.
var Suite = checks.Suite{
	secureTransport,
	redirectDowngrade,
	corsReflection,
	corsNull,
	corsMatching,
	starBehindFirewall,
	originCheckLocal,
	injectLF,
	injectCR,
	injectIDEvent,
	credentialsNeeded,
	resumeAuthorization,
	idGuessable,
	tokenInURL,
	privateCache,
	errorLeak,
	noSniff,
	mixedSecretCompression,
}

// visits returns the exchanges of a scene, one list for each request: the redirects that it met, then its answer.
func visits(e *checks.Exhibit) [][]*checks.View {
	var out [][]*checks.View
	var hops []*checks.View
	for _, v := range e.Views {
		if hops = append(hops, v); !leads(v) {
			out, hops = append(out, hops), nil
		}
	}
	if hops != nil {
		out = append(out, hops)
	}
	return out
}

// leads reports whether an exchange only led to another one.
func leads(v *checks.View) bool { return browser.Redirects(v.Status) && v.Header.Get("Location") != "" }

func last(hops []*checks.View) *checks.View { return hops[len(hops)-1] }

// refused reports whether an answer turns its client away for who it is, or for what it asks: not for how busy the
// server is.
func refused(v *checks.View) bool {
	return v.Status/100 == 4 && v.Status != 408 && v.Status != 425 && v.Status != 429
}

// failing reports whether an answer says nothing about whom the server lets in.
func failing(v *checks.View) bool {
	return v.Status == 0 || v.Status >= 400 && !refused(v) || leads(v)
}

// barred reports whether an answer keeps a page out though it is no refusal: middleware that throws at an unknown origin
// answers 500, and without a CORS field no page reads that. It tells nothing where the user's own request runs into
// errors too, and what a gateway answers may be owed to the moment.
func barred(ev *checks.Evidence, v *checks.View) bool {
	ofTheMoment := []int{502, 503, 504}
	return ev.Control().Status == 200 && v.Status >= 500 && !slices.Contains(ofTheMoment, v.Status) && !v.Header.Has(browser.AllowOrigin) &&
		!metAgain(ev, func(own *checks.View) bool { return own.Status >= 500 })
}

// spent reports whether the user's own request was refused when it came again: a ticket that works once, a limit, a
// dislike of browsers. Then a refusal says nothing about whom the server lets in.
func spent(ev *checks.Evidence) bool { return metAgain(ev, refused) }

// metAgain reports whether the user's own request, when it came again, was given such an answer.
func metAgain(ev *checks.Evidence, such func(*checks.View) bool) bool {
	for _, s := range []wire.Scene{wire.Again, wire.Fetch} {
		if v := ev.View(s); v != nil && such(v) {
			return true
		}
	}
	return false
}

// refusal is the outcome where an answer turned somebody away as it should.
func refusal(ev *checks.Evidence, format string, a ...any) checks.Outcome {
	if spent(ev) {
		return checks.Unseen("the user's own request was refused too when it came again, so that a refusal tells nothing")
	}
	return checks.Held(1, format, a...)
}

// answered is how an answer is told of in a sentence.
func answered(v *checks.View) string {
	if v.Status == 0 {
		return "got no answer"
	}
	return fmt.Sprintf("was answered %d", v.Status)
}

// absent returns what to say where a scene was not recorded, and whether that is so.
func absent(ev *checks.Evidence, s wire.Scene) (checks.Outcome, bool) {
	if ev.View(s) != nil {
		return checks.Outcome{}, false
	}
	i := slices.IndexFunc(ev.Bundle.Gaps, func(g wire.Gap) bool { return g.Scene == s })
	switch {
	case i < 0:
		return checks.Unseen("scene %s was not recorded", s), true
	case ev.Bundle.Gaps[i].Moot:
		return checks.Unconcerned("%s", ev.Bundle.Gaps[i].Reason), true
	}
	return checks.Unseen("%s", ev.Bundle.Gaps[i].Reason), true
}

// mask is what a recording keeps of a credential.
const mask = "***"

// masked reports whether a request field holds a credential for the server, of which a recording keeps the scheme at
// most. What guards against forged requests, or tells two requests apart, is none.
func masked(f wire.Field) bool {
	name := strings.ToLower(f.Name)
	return (f.Value == mask || strings.HasSuffix(f.Value, " "+mask)) && name != "proxy-authorization" && name != "idempotency-key" &&
		!strings.Contains(name, "csrf") && !strings.Contains(name, "xsrf")
}

// ambient reports whether a browser sends a request field by itself, whatever page asks: cookies, and what it
// authenticates its user with.
func ambient(f wire.Field) bool {
	if strings.EqualFold(f.Name, "Cookie") {
		return true
	}
	scheme, _, _ := strings.Cut(f.Value, " ")
	return strings.EqualFold(f.Name, "Authorization") &&
		slices.Contains([]string{"basic", "digest", "negotiate", "ntlm"}, strings.ToLower(scheme))
}

// credentialed reports whether a request had credentials that a browser sends by itself, and whether it had some that
// only a script can send, or somebody who knows the URL.
func credentialed(r wire.Request) (byItself, byScript bool) {
	for _, f := range r.Header {
		byItself = byItself || ambient(f)
		byScript = byScript || masked(f) && !ambient(f)
	}
	return byItself, byScript || slices.ContainsFunc(parameters(r.URL), isCredential)
}

// public reports whether the stream was given to a request without the user's credentials.
func public(ev *checks.Evidence) bool { return ev.View(wire.Anonymous).OpenedEventStream() }
