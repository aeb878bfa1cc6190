package http

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// slowStream is how long the first answer must have taken for a second one with the same Date to be an
// old one: Date counts seconds.
const slowStream = time.Second

// atOnce is the time within which an answer counts as given at once: less than any human or model takes.
const atOnce = 50 * time.Millisecond

// burst is how many times faster a stored stream comes than it came first.
const burst = 10

// A rerun is the stream opened twice, the second time some while after the first, by the same request.
type rerun struct {
	first, second *checks.View
	n             int           // how many bytes can be compared
	same          bool          // and they are the same
	took, takes   time.Duration // how long the n bytes took the first time; how long all bytes took the second
}

func newRerun(ev *checks.Evidence) rerun {
	r := rerun{first: ev.Control(), second: ev.View(wire.Again)}
	a, b := r.first.Text, r.second.Text
	r.n = min(len(a.Bytes), len(b.Bytes))
	r.same = r.n > 0 && bytes.Equal(a.Bytes[:r.n], b.Bytes[:r.n])
	if r.n > 0 {
		r.took = a.When(r.n-1) - a.When(0)
		r.takes = b.When(len(b.Bytes)-1) - b.When(0)
	}
	return r
}

// sameDate reports whether both answers were made in the same second, as they say.
func (r rerun) sameDate() bool {
	d := r.first.Header.Get("Date")
	return d != "" && d == r.second.Header.Get("Date")
}

// aged reports whether the second answer says that it was stored. A cache that passes an answer on may
// count the seconds it waited for the head, and one more by rounding; a value that stays is no clock.
func (r rerun) aged() bool {
	was, _ := age(r.first)
	is, ok := age(r.second)
	return ok && is != was && is > int(r.second.HeadAt/time.Second)+1
}

// age returns the Age of an answer in seconds.
func age(v *checks.View) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(v.Header.Get("Age")))
	return n, err == nil && n >= 0
}

// reused returns what proves that the second answer is a stored copy, and the field that shows it; same
// bytes alone prove nothing, since history is replayed at connect and finite answers may be constant.
func (r rerun) reused() (proof, field string) {
	switch {
	case !r.same:
	case r.aged():
		return fmt.Sprintf("the same bytes came again, %q seconds old", r.second.Header.Get("Age")), "Age"
	case r.sameDate() && r.took > slowStream && r.takes*burst < r.took:
		return fmt.Sprintf("the same bytes came again, with the same Date, in %v where they first took %v", checks.Brief(r.takes), checks.Brief(r.took)), "Date"
	}
	return "", ""
}

// forbidden returns why the copy must not have been used (RFC 9111, 4 and 3.3), or "".
func (r rerun) forbidden() string {
	control := r.second.Header.Tokens("Cache-Control")
	validators := r.second.Header.Has("ETag") || r.second.Header.Has("Last-Modified")
	switch {
	case slices.Contains(control, "no-store"):
		return "against its own no-store"
	case slices.Contains(control, "no-cache") && (r.aged() || !validators): // a copy that was validated is young again
		return "against its own no-cache"
	case r.sameDate() && r.second.End.Kind == wire.Complete && len(r.second.Text.Bytes) < len(r.first.Text.Bytes):
		return "from a copy that is not whole"
	}
	return ""
}

// fresh is the outcome where nothing proves a reuse: how strong that is, depends on what was to be seen.
func (r rerun) fresh() checks.Outcome {
	dated := r.first.Header.Has("Date") && r.second.Header.Has("Date") && !r.sameDate()
	switch {
	case r.n > 0 && !r.same:
		return checks.Held(2, "two requests are answered with different bytes")
	case r.same && r.took > atOnce && r.takes*2 >= r.took:
		return checks.Held(2, "the second answer has the same bytes, but they come as slowly as the first time")
	case r.same && r.took > slowStream && r.takes*burst < r.took:
		return checks.Unseen("the same bytes came in %v where they first took %v: a cache does that, and so does a server that replays its history", checks.Brief(r.takes), checks.Brief(r.took))
	case dated:
		return checks.Held(2, "the second answer has a Date of its own and no Age")
	case r.same && r.took <= atOnce && r.first.End.Kind.ServerEnded():
		return checks.Unconcerned("the answer is finite, comes at once and is the same each time: a copy would be no different")
	}
	return checks.Unseen("neither Date, Age nor the bytes tell whether the second answer was a copy")
}

// openedTwice is the condition of checks that compare the stream with itself.
var openedTwice = checks.Condition{
	Says:  "the same request was given the stream twice",
	Else:  "the second request was given no stream",
	Holds: func(ev *checks.Evidence) bool { return streams(ev.View(wire.Again)) },
}

var cacheReplay = &checks.Check{
	ID:     "http/cache-replay",
	Title:  "A cache must not replay a stream against no-store or no-cache, nor a part of it as the whole",
	Level:  checks.Must,
	Clause: checks.RFC("9111", "4", "When presented with a request, a cache MUST NOT reuse a stored response unless … the stored response does not contain the no-cache directive"),
	Since:  "0.1",
	Doc: `
A cache that plays a stored stream shows every reader the same past, at once, and nothing new.

Same bytes alone are never flagged: a server may replay its history at connect, and a finite answer may be
constant. It takes an Age that says how old the copy is, or the same Date on bytes that first took
seconds and now come in a burst.`,
	Fix:   "Exempt the stream's URL from caching at the edge, where its Cache-Control is overruled.",
	Good:  "Cache-Control: no-store\n(a Date of its own on each answer)",
	Bad:   "Cache-Control: no-store\nAge: 40\n(the same bytes as 40 seconds ago)",
	Needs: []wire.Scene{wire.Control, wire.Again},
	When:  []checks.Condition{checks.ViaGET, opened, openedTwice},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		r := newRerun(ev)
		proof, field := r.reused()
		if proof == "" {
			return r.fresh()
		}
		if why := r.forbidden(); why != "" {
			return checks.Broke(2, r.second.AtField(r.second.Header.Index(field), proof+": a cache replays the stream "+why))
		}
		return checks.Unconcerned("a cache replays the stream, as its fields allow; http/cache-reuse decides on it")
	},
}

var authorizedSharedCache = &checks.Check{
	ID:    "http/authorized-shared-cache",
	Title: "A shared cache must not reuse the answer to a request with Authorization",
	Level: checks.Must,
	Clause: checks.RFC("9111", "3.5",
		"A shared cache MUST NOT use a cached response to a request with an Authorization header field … to satisfy any subsequent request unless"),
	Since: "0.1",
	Doc: `
What was streamed to one account could be played to the next. The first answer is made for a request with
Authorization, and the second one is the stored copy of it.

The directives public, s-maxage and must-revalidate permit it and are not flagged. Cookies have no such
protection in HTTP, so requests that carry only those are not judged.`,
	Fix:   "Send Cache-Control: private or no-store with streams that need Authorization, and exempt them from caching at the edge.",
	Good:  "Cache-Control: private\n",
	Bad:   "Cache-Control: max-age=60\nAge: 12\n(to a request with Authorization)",
	Needs: []wire.Scene{wire.Control, wire.Again},
	When: []checks.Condition{checks.ViaGET, opened, openedTwice, {
		Says:  "the request carries Authorization",
		Else:  "the request carries no Authorization",
		Holds: func(ev *checks.Evidence) bool { return ev.Control().Request.Header.Has("Authorization") },
	}},
	After: []string{"http/cache-replay"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		r := newRerun(ev)
		proof, field := r.reused()
		was, _ := age(r.first)
		switch {
		case proof == "":
			return r.fresh()
		case shareable(r.second.Header):
			return checks.Unconcerned("a copy is reused, which its Cache-Control permits")
		case was > 0 || !r.sameDate():
			return checks.Unseen("a copy is reused, but whose request it was made for could not be seen")
		}
		return checks.Broke(2, r.second.AtField(r.second.Header.Index(field), proof+": a cache shares what was sent to a request with Authorization"))
	},
}

// shareable reports whether Cache-Control lets a shared cache reuse what Authorization was needed for
// (RFC 9111, 3.5).
func shareable(h wire.Header) bool {
	return slices.ContainsFunc(h.Tokens("Cache-Control"), func(d string) bool {
		name, _, _ := strings.Cut(d, "=")
		return name == "public" || name == "s-maxage" || name == "must-revalidate"
	})
}

var cacheReuse = &checks.Check{
	ID:     "http/cache-reuse",
	Title:  "A stream should not be stored and played again, even where its fields allow it",
	Level:  checks.Should,
	Clause: checks.RFC("9111", "5.2.1.4", "the client prefers a stored response not be used to satisfy the request without successful validation on the origin server"),
	Since:  "0.1",
	Doc: `
Every EventSource asks with Cache-Control: no-cache, but a cache need not obey a request. Where the
answer does not say no-store, a CDN may store it and play it to everybody: old events, all at once.

The cache breaks no rule here; the endpoint invites it. What counts as proof is the same as for http/cache-replay.`,
	Fix:   "Send Cache-Control: no-store with the stream.",
	Good:  "Cache-Control: no-store\n",
	Bad:   "Cache-Control: max-age=60\nAge: 12\n(the same bytes as 12 seconds ago)",
	Needs: []wire.Scene{wire.Control, wire.Again},
	When:  []checks.Condition{checks.ViaGET, opened, openedTwice},
	After: []string{"http/cache-replay", "http/authorized-shared-cache"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		r := newRerun(ev)
		proof, field := r.reused()
		if proof == "" {
			return r.fresh()
		}
		return checks.Broke(2, r.second.AtField(r.second.Header.Index(field), proof+": a cache plays the stream again to whoever comes"))
	},
}
