// Package standing says whether a run found a stream to judge, and what cut the run short.
//
// It imports checks, browser, stream and wire.
package standing

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

// A Standing is what there was to judge.
type Standing uint8

// The standings.
const (
	Stream    Standing = iota // a stream, or none that is missed
	NoStream                  // nobody answered, or with something else
	TooLittle                 // a stream that said nothing
)

// Of says whether there was a stream to judge at all, and why not in one sentence: HTML 9.2.2 lets nothing but
// status 200 with the right media type count as one.
func Of(ev *checks.Evidence) (Standing, string) {
	v := ev.Control()
	if v == nil {
		if ev.Bundle.Command == "edge" {
			return unreached(ev.Bundle)
		}
		for _, g := range ev.Bundle.Gaps {
			if g.Scene == wire.Control && !slices.Contains(limits, g.Reason) {
				return NoStream, g.Reason
			}
		}
		return Stream, ""
	}
	switch {
	case v.Status == 0:
		return NoStream, noHead(v)
	case len(ev.Exhibit(wire.Control).Views) > browser.MostRedirects:
		return NoStream, "the target redirects in a loop: there is no stream to judge"
	case v.Status/100 == 3 && v.Header.Has("Location") && v.End.Note != "":
		return NoStream, fmt.Sprintf("the target redirects to %.200q, which could not be reached: %s", v.Header.Get("Location"), v.End.Note)
	case (v.Status == 401 || v.Status == 403) && foreign(ev) && ev.Bundle.Target.Header.Has("Authorization"):
		return NoStream, fmt.Sprintf("the target redirects to another origin, which refused authentication with status %d: credentials are not sent there", v.Status)
	case v.Status == 403 && v.Request.Header.Has("Origin"):
		return NoStream, fmt.Sprintf("the target refused with status 403: it may not let %s in, or want credentials (-H 'Authorization: Bearer $TOKEN' or -u)", v.Request.Header.Get("Origin"))
	case v.Status == 401 || v.Status == 403 || v.Status == 407:
		return NoStream, fmt.Sprintf("the target refused authentication with status %d: pass credentials with -H 'Authorization: Bearer $TOKEN' or -u", v.Status)
	case v.Status == 204:
		return NoStream, "the target answered 204: it asks clients to stop reconnecting, so there is no stream to judge"
	case v.Status != 200:
		return NoStream, fmt.Sprintf("the target answered %s: not a stream, nothing to judge", statuses(ev))
	case v.Stream.Syntax == stream.Text && !looksLikeEvents(v):
		return NoStream, fmt.Sprintf("the target answered with %s: not a stream, nothing to judge", typeOf(v))
	case len(v.Text.Bytes) == 0 && v.CodingErr == nil:
		if v.End.Kind.ServerEnded() {
			return TooLittle, fmt.Sprintf("the stream opened, said nothing and ended after %v", checks.Brief(v.End.At))
		}
		return TooLittle, fmt.Sprintf("the stream opened and said nothing in %v", checks.Brief(v.End.At))
	case errors.Is(v.CodingErr, wire.ErrDecodedLimit):
		return TooLittle, "the body is so small a part of what it decodes to that it was read no further"
	case saidNothing(v) && v.End.Kind.ServerEnded():
		return TooLittle, fmt.Sprintf("%d bytes came and not one event or comment: see framing/blank-line", len(v.Text.Bytes))
	case saidNothing(v):
		return TooLittle, fmt.Sprintf("%d bytes came in %v and not one event or comment: watch longer (--watch), or see framing/blank-line",
			len(v.Text.Bytes), checks.Brief(v.End.At))
	}
	return Stream, ""
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

// unreached says why nothing could be asked of an edge.
func unreached(b *wire.Bundle) (Standing, string) {
	for _, g := range b.Gaps {
		first := g.Scene == wire.EdgeFields || g.Scene == wire.EdgeSemantics
		if first && !g.Moot && !slices.Contains(limits, g.Reason) {
			return NoStream, g.Reason
		}
	}
	return Stream, ""
}

// limits are the reasons for which a run ends before it is done.
var limits = []string{wire.Interrupted, wire.TimeSpent, wire.RequestsSpent}

// Cut returns the limits that cut a run short.
func Cut(b *wire.Bundle) []string {
	return slices.DeleteFunc(slices.Clone(limits), func(reason string) bool { return !cut(b, reason) })
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
