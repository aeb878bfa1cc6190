package buffering

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	// prompt is within what time an answer leaves no room for a head before its first event.
	prompt = 200 * time.Millisecond
	// datedBefore is how long before it came a head must have been made for it to have been held.
	datedBefore = time.Second
	// dateStep is how much older Date may be than the head: it counts whole seconds, and servers keep the text for one more.
	dateStep = 2 * time.Second
	// fewestDates is how many other answers it takes to know the server's clock.
	fewestDates = 2
)

var headersEarly = &checks.Check{
	ID:     "buffering/headers-early",
	Title:  "The head of a stream should come before its first event",
	Level:  checks.Advice,
	Timing: true,
	Clause: checks.HTML("9.2.3", "sse-processing-model", "When a user agent is to announce the connection"),
	Since:  "0.4",
	Doc: `
The event open fires when the head is there, and the timers of proxies and libraries stop. A head that waits for the first event
leaves a page in the state CONNECTING for as long as nothing happens, and some clients give up.

A head that comes together with the first event is held against a stream only where its Date shows that it was made before
the wait. Else the server may have needed the time, as a model does before its first word: that is inconclusive. The
clocks need not agree: Date is compared with that of the other answers. Where those are more than two seconds apart among themselves, several
servers answer, and it is inconclusive.`,
	Fix:   "Send the head, and a comment line, before waiting for the first event: res.flushHeaders() in Node, Flush() in Go. Where the server does, a proxy holds it: nginx wants proxy_buffering off.",
	Good:  "HTTP/1.1 200 OK (after 5 ms)\n\n(3 s)\n\ndata: a\n\n",
	Bad:   "(4 s)\n\nHTTP/1.1 200 OK (its Date 4 s old)\n\ndata: a\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"liveness/connect-latency"},
	Judge: judgeHead,
}

func judgeHead(ev *checks.Evidence) checks.Outcome {
	v := ev.Control()
	if len(v.Body) == 0 {
		return checks.Held(1, "the head came after %v, and no event behind it", checks.Brief(v.HeadAt))
	}
	first := v.Body[0].At
	switch age := dated(ev, v); {
	case first-v.HeadAt >= prompt:
		return checks.Held(1, "the head came after %v and the first byte behind it after %v", checks.Brief(v.HeadAt), checks.Brief(first))
	case first < prompt:
		return checks.Unconcerned("the first byte came %v after the request, too soon for the head to come before", checks.Brief(first))
	case age >= datedBefore && late(ev, v, 0, first) < datedBefore:
		return checks.Broke(1, v.AtField(v.Header.Index("Date"), fmt.Sprintf(
			"the head came with the first event after %v, and its Date shows that it was made at least %v before: a page waits for open until then",
			checks.Brief(first), checks.Brief(age)))).Shows(remedy.Symptom{Class: remedy.HeadersHeld})
	}
	return checks.Unseen("the head came with the first event after %v: it may have waited for it, or the server needed the time", checks.Brief(first))
}

// dated returns how long before it came a head was made, at least, by its Date; 0 where that does not show.
//
// The clock of the server is not known. It is at least as far ahead of ours as the Date of any answer is ahead of its arrival; the
// middle one is taken, for one server of several may have another clock.
func dated(ev *checks.Evidence, v *checks.View) time.Duration {
	made, ok := date(v)
	if !ok || stored(v.Header) {
		return 0
	}
	var ahead []time.Duration
	for _, o := range ev.All() {
		if d, ok := date(o); ok && o != v && sameHost(o, v) {
			ahead = append(ahead, d.Sub(came(o)))
		}
	}
	slices.Sort(ahead)
	if len(ahead) < fewestDates || ahead[len(ahead)-1]-ahead[0] > dateStep {
		return 0 // servers whose clocks are apart: which of them answered is not known
	}
	age := came(v).Add(ahead[len(ahead)/2]).Sub(made) - dateStep
	if age > v.HeadAt {
		return 0 // it was made before it was asked for: something stored it
	}
	return max(age, 0)
}

func came(v *checks.View) time.Time { return v.Began.Add(v.HeadAt) }

func date(v *checks.View) (time.Time, bool) {
	if v.Began.IsZero() || len(v.Header.Values("Date")) != 1 {
		return time.Time{}, false
	}
	d, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", strings.TrimSpace(v.Header.Get("Date")))
	return d, err == nil
}

// stored reports whether a cache may have kept the answer, with the Date of when it did.
func stored(h wire.Header) bool {
	return h.Has("Age") || h.Has("X-Cache") || h.Has("Cache-Status") || h.Has("CF-Cache-Status")
}

func sameHost(a, b *checks.View) bool {
	u, err := url.Parse(a.Request.URL)
	w, werr := url.Parse(b.Request.URL)
	return err == nil && werr == nil && u.Host == w.Host
}
