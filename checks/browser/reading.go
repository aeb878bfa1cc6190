package browser

import (
	"fmt"
	"net/url"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Reading is what one client on the declared origin can do with the stream.
type Reading struct {
	Page   Page
	Open   Visit // the first request
	Resume Visit // the request that names an id
}

// A Visit is one request of a page, from the preflight to the last answer.
type Visit struct {
	Hops   []Hop
	Denial *Denial   // why the browser keeps the stream from the page; nil where it does not, or where nothing was recorded
	Gap    *wire.Gap // why nothing was recorded; nil where something was
}

// A Hop is one exchange of a visit, and where it is recorded.
type Hop struct {
	*wire.Exchange
	Scene wire.Scene
	Index int
}

// Seen reports whether the visit was recorded or need not be, since a browser gives up by itself.
func (v *Visit) Seen() bool { return len(v.Hops) > 0 || v.Denial != nil }

// Reads reports whether the page was seen to read what it asked for.
func (v *Visit) Reads() bool { return len(v.Hops) > 0 && v.Denial == nil }

// A Verdict says in a word what a client can do.
type Verdict string

// The verdicts.
const (
	Blocked  Verdict = "blocked"                 // it cannot open the stream
	Opens    Verdict = "opens"                   // it can open it; there is nothing to come back with, or that was not asked
	Resumes  Verdict = "resumes"                 // it can open it and come back with an id
	Stranded Verdict = "opens but cannot resume" // it can open it, and not come back with an id
	Unknown  Verdict = "unknown"                 // it could not be seen
)

// Verdict returns what the client can do.
func (r *Reading) Verdict() Verdict {
	switch {
	case r.Open.Denial.tellsNothing(), !r.Open.Seen():
		return Unknown
	case r.Open.Denial != nil:
		return Blocked
	case r.Resume.Reads():
		return Resumes
	case r.Resume.Denial != nil && !r.Resume.Denial.tellsNothing():
		return Stranded
	}
	return Opens
}

// Readings returns what each client on the declared origin can do with the stream that a bundle recorded: nothing
// where no origin was declared, or where it is the stream's own.
func Readings(b *wire.Bundle) []Reading {
	if b.Origin == "" {
		return nil
	}
	u, err := url.Parse(b.Target.URL)
	if c := b.Recording(wire.Control); err != nil || OriginOf(u) == b.Origin && c != nil && len(c.Exchanges) == 1 {
		return nil
	}
	native := Reading{Page: Page{b.Origin, b.Include, EventSource}}
	native.Open, native.Resume = native.visit(b, u, wire.CrossOrigin), native.visit(b, u, wire.CrossResume)
	if m := b.Target.Method; m != "GET" {
		native.Open.Denial = deny(CannotSend, "", "", "the stream is opened with %s, and an EventSource can send nothing but GET", m).at(-1, &Walk{Page: native.Page})
	}
	script := Reading{Page: Page{b.Origin, b.Include, Script}}
	script.Open, script.Resume = script.visit(b, u, wire.Script), script.visit(b, u, wire.ScriptResume)
	return []Reading{native, script}
}

// visit reads what a scene recorded of a page's request. Where the user's request may be sent once only, the control
// request was the page's, and stands behind the preflight.
func (r *Reading) visit(b *wire.Bundle, u *url.URL, s wire.Scene) Visit {
	var v Visit
	w := &Walk{Page: r.Page}
	if d := w.To(u); d != nil {
		v.Denial = d.at(-1, w)
		return v
	}
	v.take(b, s)
	if s == wire.Script && (len(v.Hops) == 0 || Preflight(v.Hops[len(v.Hops)-1].Exchange)) {
		if len(v.Hops) == 0 || r.Page.Permits(r.Page.Origin, v.Hops[0].Exchange) == nil {
			v.takePaged(b)
		}
	}
	if len(v.Hops) == 0 {
		v.Gap = gap(b, s)
		return v
	}
	hops := make([]*wire.Exchange, len(v.Hops))
	for i, h := range v.Hops {
		hops[i] = h.Exchange
	}
	v.Denial = r.Page.Reads(hops)
	if d := v.Denial; d != nil && d.Exchange >= 0 {
		v.Denial = limited(b, d, hops[d.Exchange])
	}
	return v
}

// limited returns the denial, or one that says why the answer tells nothing of the page: our own rate may have been limited,
// or whoever asks a second time is refused.
func limited(b *wire.Bundle, d *Denial, x *wire.Exchange) *Denial {
	switch {
	case d.Cause == NoAnswer || x.Status == 200:
		return d
	case x.Status == 429 || x.Status == 503:
		d = &Denial{Limited, d.Exchange, d.Origin, "", "", fmt.Sprintf("the answer was %d, perhaps because our rate is limited", x.Status)}
	case Spent(b) && !Redirects(x.Status) && (!Preflight(x) || x.Status >= 400 && x.Status == againStatus(b)):
		d = &Denial{Limited, d.Exchange, d.Origin, "", "", fmt.Sprintf("the answer was %d, and the user's own request was given no stream either when it came again", x.Status)}
	}
	return d
}

// Spent reports whether the user's own request was given no stream when it came again: a ticket that works once, a stream
// that is gone after its end, one for each session. Then a refusal says nothing about who is let in.
func Spent(b *wire.Bundle) bool { return againStatus(b) != 0 }

// againStatus returns with what status the user's own request was given no stream when it came again, or 0.
func againStatus(b *wire.Bundle) int {
	for _, s := range []wire.Scene{wire.Again, wire.Fetch} {
		x := b.Recording(s).Last()
		switch {
		case x == nil:
			continue
		case Open(Script, x) != nil:
			return x.Status
		}
		return 0
	}
	return 0
}

func (v *Visit) take(b *wire.Bundle, s wire.Scene) {
	if rec := b.Recording(s); rec != nil {
		for i, x := range rec.Exchanges {
			v.Hops = append(v.Hops, Hop{x, s, i})
		}
	}
}

// takePaged adds the control request, if it was sent as the page's.
func (v *Visit) takePaged(b *wire.Bundle) {
	if rec := b.Recording(wire.Control); rec != nil && len(rec.Exchanges) > 0 && rec.Exchanges[0].Request.Header.Get("Origin") == b.Origin {
		v.take(b, wire.Control)
	}
}

func gap(b *wire.Bundle, s wire.Scene) *wire.Gap {
	for i := range b.Gaps {
		if b.Gaps[i].Scene == s {
			return &b.Gaps[i]
		}
	}
	return &wire.Gap{Scene: s, Reason: "it was not asked"}
}
