package http

import (
	"bytes"
	"fmt"
	"regexp"
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
	took, takes   time.Duration // how long the n bytes took the first time, and the second
	all           time.Duration // how long all bytes took the second time
}

func newRerun(ev *checks.Evidence) rerun {
	r := rerun{first: ev.Control(), second: ev.View(wire.Again)}
	a, b := r.first.Text, r.second.Text
	r.n = min(len(a.Bytes), len(b.Bytes))
	r.same = r.n > 0 && bytes.Equal(a.Bytes[:r.n], b.Bytes[:r.n])
	if r.n > 0 {
		r.took = a.When(r.n-1) - a.When(0)
		r.takes = b.When(r.n-1) - b.When(0)
		r.all = b.When(len(b.Bytes)-1) - b.When(0)
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

// alike reports whether the second answer took as long over the same bytes as the first, as no copy does.
func (r rerun) alike() bool { return r.same && r.took > atOnce && r.takes*2 >= r.took }

// standing reports whether both answers claim to be hits and yet take their time: then the word is not
// that of a cache on the way, but comes with the answer.
func (r rerun) standing() bool { return hit(r.first.Header) >= 0 && r.alike() }

// reused returns what proves that the second answer is a stored copy, and the index of the field that
// shows it; same bytes alone prove nothing, since history is replayed at connect and finite answers may
// be constant.
func (r rerun) reused() (proof string, field int) {
	h := r.second.Header
	switch i := hit(h); {
	case !r.same:
	case r.aged():
		return fmt.Sprintf("the same bytes came again, %q seconds old", h.Get("Age")), h.Index("Age")
	case i >= 0 && !r.standing():
		return fmt.Sprintf("the same bytes came again, with %s: %.60q", h[i].Name, h[i].Value), i
	case r.sameDate() && r.took > slowStream && r.all*burst < r.took:
		return fmt.Sprintf("the same bytes came again, with the same Date, in %v where they first took %v", checks.Brief(r.all), checks.Brief(r.took)), h.Index("Date")
	}
	return "", -1
}

// cacheFields are those in which caches say how they came by an answer.
var cacheFields = []string{"Age", "Cache-Status", "CF-Cache-Status", "X-Cache", "X-Cache-Status", "X-Proxy-Cache", "X-Varnish"}

// hit returns the index of the field in which a cache says that it answered from its store, or -1.
// X-Cache-Lookup is none: it tells what was found, not what was used.
func hit(h wire.Header) int {
	return slices.IndexFunc(h, func(f wire.Field) bool {
		switch strings.ToLower(f.Name) {
		case "x-cache", "x-cache-status", "cf-cache-status", "x-proxy-cache":
			return slices.ContainsFunc(strings.Split(strings.ToLower(f.Value), ","), saysHit)
		case "cache-status":
			return slices.ContainsFunc(strings.Split(quoted.ReplaceAllString(f.Value, ""), ","), statesHit)
		case "x-varnish": // the number of this request, and on a hit that of the one it was stored for
			ids := strings.Fields(f.Value)
			return len(ids) == 2 && isNumber(ids[0]) && isNumber(ids[1])
		}
		return false
	})
}

// saysHit reads one cache's word, such as "tcp_hit from edge-1": a hit for pass and a hit for miss are none.
func saysHit(word string) bool {
	word, _, _ = strings.Cut(word, " from ")
	words := strings.FieldsFunc(word, func(c rune) bool { return c < 'a' || c > 'z' })
	return slices.Contains(words, "hit") && !slices.Contains(words, "miss") && !slices.Contains(words, "pass")
}

// statesHit reads one member of Cache-Status (RFC 9211, 2.1), quoted strings taken out.
func statesHit(cache string) bool {
	return slices.ContainsFunc(strings.Split(cache, ";")[1:], func(param string) bool {
		param = strings.TrimSpace(param)
		return param == "hit" || param == "hit=?1"
	})
}

var quoted = regexp.MustCompile(`"(\\.|[^"\\])*"`)

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// lags reports whether the first answer went on where the second one has no more, though it was watched
// for as long.
func (r rerun) lags() bool {
	a, b := r.first.Text, r.second.Text
	return len(a.Bytes) > r.n && a.When(r.n)-a.When(0)+atOnce < r.second.End.At-b.When(0)
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

// fresh is the outcome where nothing proves a reuse: how strong that is, depends on what was to be seen. A
// Date of its own proves nothing, since some caches put one on every copy.
func (r rerun) fresh() checks.Outcome {
	h := r.second.Header
	marked := slices.IndexFunc(cacheFields, h.Has)
	switch i := hit(h); {
	case i >= 0:
		return checks.Unseen("the second answer says that a cache gave it (%s: %.60q), which its bytes neither prove nor refute", h[i].Name, h[i].Value)
	case r.n > 0 && !r.same:
		return checks.Held(2, "two requests are answered with different bytes")
	case r.alike():
		return checks.Held(2, "the second answer brings the same bytes and took as long as the first (%v, then %v)", checks.Brief(r.took), checks.Brief(r.takes))
	case r.same && r.took > atOnce:
		return checks.Unseen("the same bytes came in %v where they first took %v: a cache does that, and so does a server that replays its history", checks.Brief(r.takes), checks.Brief(r.took))
	case r.lags():
		return checks.Unseen("the second answer has no more where the first one went on: a copy that is not whole is like that, and so is a stream that pauses")
	case marked >= 0 && r.same:
		return checks.Unseen("the same bytes came at once each time, and %s tells of a cache on the way: a copy would be no different", cacheFields[marked])
	case r.same, len(r.first.Text.Bytes)+len(r.second.Text.Bytes) == 0:
		return checks.Unconcerned("what can be compared comes at once and is the same each time: a copy would be no different")
	}
	return checks.Unseen("nothing tells whether the second answer was a copy")
}

// openedTwice is the condition of checks that compare the stream with itself. An answer that a rate limit
// explains is let through, for them to leave the question open.
var openedTwice = checks.Condition{
	Says:  "the same request was given the stream twice",
	Else:  "the second request was given no stream",
	Holds: func(ev *checks.Evidence) bool { v := ev.View(wire.Again); return streams(v) || limited(v) },
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
constant. It takes an Age that says how old the copy is, a cache's own word that it was a hit (X-Cache,
Cache-Status and the like), or the same Date on bytes that first took seconds and now come in a burst. Nor
are they a pass, unless they take as long as the first time: caches put a new Date on old answers.`,
	Fix:   "Exempt the stream's URL from caching at the edge, where its Cache-Control is overruled.",
	Good:  "Cache-Control: no-store\n(other bytes for each request, or the same ones as slowly)",
	Bad:   "Cache-Control: no-store\nAge: 40\n(the same bytes as 40 seconds ago)",
	Needs: []wire.Scene{wire.Control, wire.Again},
	When:  []checks.Condition{checks.ViaGET, opened, openedTwice},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		r := newRerun(ev)
		proof, field := r.reused()
		switch {
		case limited(r.second):
			return overRate(r.second)
		case proof == "":
			return r.fresh()
		}
		if why := r.forbidden(); why != "" {
			return checks.Broke(2, r.second.AtField(field, proof+": a cache replays the stream "+why))
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
		case limited(r.second):
			return overRate(r.second)
		case proof == "":
			return r.fresh()
		case shareable(r.second.Header):
			return checks.Unconcerned("a copy is reused, which its Cache-Control permits")
		case was > 0 || !r.sameDate():
			return checks.Unseen("a copy is reused, but whose request it was made for could not be seen")
		}
		return checks.Broke(2, r.second.AtField(field, proof+": a cache shares what was sent to a request with Authorization"))
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
		switch {
		case limited(r.second):
			return overRate(r.second)
		case proof == "":
			return r.fresh()
		}
		return checks.Broke(2, r.second.AtField(field, proof+": a cache plays the stream again to whoever comes"))
	},
}
