package edge

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var cached = &checks.Check{
	ID:     "edge/cached",
	Title:  "A reader must be given a stream of what happens now, not a recording",
	Level:  checks.Must,
	Clause: checks.RFC("9111", "5.2.2.4", "the response MUST NOT be used to satisfy any other request without forwarding it for validation and receiving a successful response"),
	Since:  "0.4",
	Doc: `
A cache that has kept a stream plays it to the next reader: the past, all at once, and then its end. An EventSource comes
back and hears it again, for as long as the cache keeps it.

Asked is one URL, new in each run, by a reader, by a second one a second later, and again when both have done: with
answers that say nothing about caching, no-cache and no-store. Where the answer says nothing a cache may keep it (RFC 9111,
4.2.2); the stream is gone all the same, so that is flagged too. The requests are those of a script, without Cache-Control.`,
	Fix:   "Except the stream from caching on the hop, and send Cache-Control: no-store with it.",
	Needs: []wire.Scene{wire.EdgeCache},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeReaders(ev, remedy.Cached, "were each given a stream of their own, whatever the answer said about caching", func(r passage.Reading) string {
			if r.Reader == "back" || r.Past == 0 {
				return ""
			}
			who := "a reader that asked when the stream was over"
			if r.Reader == "second" {
				who = "a second reader"
			}
			return fmt.Sprintf("%s was given a recording (%d of its %d events are older than its request)", who, r.Past, r.Events)
		})
	},
}

var collapsed = &checks.Check{
	ID:     "edge/collapsed",
	Title:  "Readers must not share one request where the answer forbids its reuse",
	Level:  checks.Must,
	Clause: checks.RFC("9111", "4", "A cache can use a response that is stored or storable to satisfy multiple requests, provided that it is allowed to reuse that response for the requests in question."),
	Since:  "0.4",
	Doc: `
Who asks while another reads may be attached to the other's stream: the origin is asked once, and one reader's answer
goes to both. What is meant for one person is read by two, and ids, places and resumption are wrong for the second.

An answer with no-cache or no-store is for its request alone. Where it says nothing about caching, RFC 9111 lets readers
share it: that is told and not flagged.`,
	Fix:   "Switch off request coalescing for the stream on the hop, and send Cache-Control: no-store with it.",
	Needs: []wire.Scene{wire.EdgeCache},
	After: []string{"edge/cached"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		held := "had a request of their own"
		for _, r := range passage.Readings(ev.Exhibit(wire.EdgeCache).Exchanges) {
			if r.Reader == "second" && r.From == passage.Borrowed && r.Control == "none" {
				held = "had a request of their own, or shared one where the answer says nothing about caching, as RFC 9111 allows"
			}
		}
		return judgeReaders(ev, remedy.Collapsed, held, func(r passage.Reading) string {
			if r.Reader != "second" || r.From != passage.Borrowed || r.Control == "none" {
				return ""
			}
			return "a second reader was given the stream of the first, and the origin was not asked"
		})
	},
}

var resumeCached = &checks.Check{
	ID:     "edge/resume-cached",
	Title:  "A request with Last-Event-ID must be answered by the origin",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.4", "the-last-event-id-header", "The `Last-Event-ID` HTTP request header reports an EventSource object's last event ID string to the server"),
	Since:  "0.4",
	Doc: `
Caches tell requests apart by their URL. One with Last-Event-ID is then answered with the recording of one without: the
reader asks for what it missed, is given what it has, and at its end asks again.`,
	Fix:   "Except the stream from caching on the hop; if it must be cached, make Last-Event-ID part of the cache key.",
	Needs: []wire.Scene{wire.EdgeCache},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		return judgeReaders(ev, remedy.Cached, "were each given a stream of their own, those with Last-Event-ID too", func(r passage.Reading) string {
			if r.Reader != "back" || r.From != passage.Borrowed {
				return ""
			}
			return "a reader that came back with Last-Event-ID was given the recording of one without"
		})
	},
}

// judgeReaders judges what each reader of a URL was given. Readers who came at the same time make one finding, whatever the
// answers said about caching.
func judgeReaders(ev *checks.Evidence, class remedy.Class, held string, fault func(passage.Reading) string) checks.Outcome {
	e := ev.Exhibit(wire.EdgeCache)
	var found []checks.Finding
	said := map[string][]string{} // in Cache-Control, by reader
	seen := 0
	all := passage.Readings(e.Exchanges)
	for _, r := range all {
		if r.From == passage.Unfound {
			continue
		}
		seen++
		why := fault(r)
		if why == "" {
			continue
		}
		if said[r.Reader] == nil {
			v := e.Views[r.Exchange]
			found = append(found, v.At(0, bytes.IndexByte(v.Text.Bytes, '\n'), why))
		}
		said[r.Reader] = append(said[r.Reader], r.Control)
	}
	switch {
	case seen < 2:
		return checks.Unseen("fewer than two readers were given an answer of the origin")
	case len(found) > 0:
		for i := range found {
			reader := e.Views[found[i].Where.Exchange].Case.Get("reader")
			found[i].Message += permission(said[reader])
		}
		return checks.Broke(seen, found...).Shows(remedy.Symptom{Class: class})
	}
	return checks.Held(seen, "%d readers %s%s", seen, held, withCredentials(e.Views))
}

// permission says what the answers say about their reuse.
func permission(controls []string) string {
	others := slices.DeleteFunc(slices.Clone(controls), func(c string) bool { return c == "none" })
	switch {
	case len(others) == 0:
		return "; the answer says nothing about caching, which allows it"
	case len(others) == len(controls):
		return ", although the answer says " + strings.Join(others, " or ")
	}
	return ", whatever the answer says: nothing about caching, " + strings.Join(others, ", ")
}

// withCredentials says what may have kept a cache away.
func withCredentials(views []*checks.View) string {
	for _, v := range views {
		for _, name := range []string{"Authorization", "Cookie"} {
			if v.Request.Header.Has(name) {
				return "; the requests have " + name + ", with which many caches step aside"
			}
		}
	}
	return ""
}
