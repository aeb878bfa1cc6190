package headers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var age = &checks.Check{
	ID:     "headers/age",
	Title:  "A stream that forbids its reuse must not come from a cache",
	Level:  checks.Must,
	Clause: checks.RFC("9111", "5.2.2.5", "a cache MUST NOT store any part of either the immediate request or the response and MUST NOT use the response to satisfy any other request"),
	Since:  "0.1",
	Doc: `
Age above 0, or a hit in Cache-Status (RFC 9211), says that the answer was not made for this request.
Together with no-store or no-cache it says that a cache plays an old stream that it was told not to
keep: the client hears the past, and then nothing.

Age: 0 tells nothing: caches send it with what they pass on, and with copies that are not a second old.
Reuse that the answer did not forbid is for headers/age-fresh.`,
	Fix:   "Exclude the stream from caching at the edge: look for a rule there that overrides Cache-Control.",
	Good:  "Cache-Control: no-store\nCache-Status: edge; fwd=miss\n",
	Bad:   "Cache-Control: no-store\nAge: 31\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeReuse(ev, true, "although it forbids its reuse: the client is played a stored stream",
			"no answer that comes from a cache forbids its reuse; headers/age-fresh judges the others")
	},
}

var ageFresh = &checks.Check{
	ID:     "headers/age-fresh",
	Title:  "A stream should be made for the request that asks for it",
	Level:  checks.Advice,
	Clause: checks.RFC("9111", "5.1", "The presence of an Age header field implies that the response was not generated or validated by the origin server for this request."),
	Since:  "0.1",
	Doc: `
Age above 0, or a hit in Cache-Status (RFC 9211), says that the answer comes out of a cache. A stored stream is an
old one: it comes all at once, and what happens after it was stored is not in it.

Where the answer does not forbid its reuse the cache is within its rights, and the owner of the stream
can change that; where it does, headers/age judges. Age: 0 tells nothing: the copy may be younger than a second.`,
	Fix:   "Send Cache-Control: no-store with the stream, and exclude it from caching at the edge.",
	Good:  "Cache-Control: max-age=0\nCache-Status: edge; fwd=miss\n",
	Bad:   "Cache-Control: max-age=0\nAge: 31\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeReuse(ev, false, "which it does not forbid: the client is played a stored stream",
			"every answer that comes from a cache forbids its reuse, which headers/age judges")
	},
}

// judgeReuse judges the answers that say whether they come from a cache: of those that do, the ones
// that forbid their reuse or the ones that do not.
func judgeReuse(ev *checks.Evidence, forbidden bool, effect, others string) checks.Outcome {
	var found []checks.Finding
	seen, passed := 0, 0
	for _, v := range streams(ev) {
		i, told := reuse(v.Header)
		switch {
		case !told:
		case i < 0:
			seen++
		case (checks.HasDirective(v.Header, "no-store") || checks.HasDirective(v.Header, "no-cache")) != forbidden:
			passed++
		default:
			seen++
			f := v.Header[i]
			found = checks.AddOnce(found, v.AtField(i, fmt.Sprintf("%s: %.60q says that the answer comes from a cache, %s", f.Name, f.Value, effect)))
		}
	}
	switch {
	case seen == 0 && passed > 0:
		return checks.Unconcerned("%s", others)
	case seen == 0:
		return checks.Unconcerned("no answer says whether it came from a cache")
	}
	return checks.Judged(seen, found, "%d answers say that they were made for their request", seen)
}

// reuse returns the index of the field that says that the answer comes from a cache, -1 if none does;
// told is false where no field says anything about it, as Age: 0 does not. An Age that is no number is
// ignored, and of several the first counts (RFC 9111, 5.1).
func reuse(h wire.Header) (i int, told bool) {
	if i := h.Index("Age"); i >= 0 {
		first, _, _ := strings.Cut(h[i].Value, ",")
		seconds, err := strconv.ParseUint(strings.Trim(first, " \t"), 10, 64)
		if err == nil && seconds > 0 {
			return i, true
		}
	}
	for _, i := range indices(h, "Cache-Status") {
		for _, cache := range checks.SplitList(h[i].Value, ',') {
			switch hit, forwarded := handled(cache); {
			case hit:
				return i, true
			case forwarded:
				told = true
			}
		}
	}
	return -1, told
}

// handled reports whether a cache says that it answered itself, or that it forwarded the request
// (RFC 9211, 2.1 and 2.2).
func handled(cache string) (hit, forwarded bool) {
	for _, param := range checks.SplitList(cache, ';')[1:] {
		hit = hit || param == "hit" || param == "hit=?1"
		forwarded = forwarded || strings.HasPrefix(param, "fwd=")
	}
	return hit, forwarded
}
