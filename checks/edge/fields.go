package edge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var lastEventID = &checks.Check{
	ID:     "edge/last-event-id",
	Title:  "Last-Event-ID must reach the origin as it was sent",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.4", "the-last-event-id-header", "The `Last-Event-ID` HTTP request header reports an EventSource object's last event ID string to the server"),
	Since:  "0.4",
	Doc: `
A reader that comes back names the last event it has. Where that does not reach the origin, the stream starts anew, or
goes on with what is new: the events of the time between are lost and nobody is told.

Plain proxies pass the field on. Lists of allowed fields, as CDNs have them, drop it.`,
	Fix:   "Let the hop forward Last-Event-ID: add it to its list of request fields, and to its cache key if it caches.",
	Good:  "Last-Event-ID: 17\n",
	Bad:   "(Last-Event-ID: 17 was sent; nothing arrived)",
	Needs: []wire.Scene{wire.EdgeFields},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range reached(ev, wire.EdgeFields) {
			f := passage.AskedField(v.Exchange, "Last-Event-ID")
			if len(f.Before) == 0 {
				continue
			}
			seen++
			switch {
			case f.Dropped():
				found = checks.AddOnce(found, v.AtField(-1, "Last-Event-ID does not reach the origin: whoever comes back misses what was sent meanwhile"))
			case !f.Same():
				found = checks.AddOnce(found, v.AtField(-1, fmt.Sprintf("Last-Event-ID: %.60q reaches the origin as %.60q", passage.Says(f.Before), passage.Says(f.Behind))))
			}
		}
		if seen == 0 {
			return checks.Unseen("no request with Last-Event-ID reached the origin")
		}
		out := checks.Judged(seen, found, "Last-Event-ID reached the origin in each of %d requests", seen)
		if len(found) > 0 {
			return out.Shows(remedy.Symptom{Class: remedy.FieldDropped, Field: "Last-Event-ID"})
		}
		return out
	},
}

var requestFields = &checks.Check{
	ID:     "edge/request-fields",
	Title:  "The fields of a request should reach the origin",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "5.1", "A proxy MUST forward unrecognized header fields unless the field name is listed in the Connection header field … or the proxy is specifically configured to block, or otherwise transform, such fields."),
	Since:  "0.4",
	Doc: `
An origin tells by Accept that a stream is wanted, by Authorization or a cookie whose it is, and by fields of its own
what to send. What the hop drops, it cannot know.

A hop may check Authorization itself and put another in its place; only a field that is gone is flagged. Accept-Encoding
and the HTTP version belong to each hop: what becomes of them is told and not flagged.`,
	Fix:   "Let the hop forward the field.",
	Needs: []wire.Scene{wire.EdgeFields},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		var shows []remedy.Symptom
		seen := 0
		var names, notes []string
		for _, v := range reached(ev, wire.EdgeFields) {
			for _, name := range []string{"Accept", "Authorization", "Cookie", "X-Ssespec"} {
				f := passage.AskedField(v.Exchange, name)
				if len(f.Before) == 0 {
					continue
				}
				if seen++; !slices.Contains(names, name) {
					names = append(names, name)
				}
				if why := lostField(f); why != "" {
					found = checks.AddOnce(found, v.AtField(-1, why))
					shows = addSymptom(shows, remedy.Symptom{Class: remedy.FieldDropped, Field: name})
				}
			}
			notes = addNotes(notes, v)
		}
		if seen == 0 {
			return checks.Unseen("no request reached the origin")
		}
		out := checks.Judged(seen, found, "%s reach the origin%s", strings.Join(names, ", "), sentences(notes))
		if len(found) > 0 {
			out.Reason += sentences(notes)
		}
		return out.Shows(shows...)
	},
}

// lostField says what a hop took from a field of the request, or "".
func lostField(f passage.Field) string {
	switch {
	case f.Dropped():
		return f.Name + " does not reach the origin"
	case f.Name == "Accept" && !f.Keeps(), f.Name == "X-Ssespec" && !f.Same():
		return fmt.Sprintf("%s: %.60q reaches the origin as %.60q", f.Name, passage.Says(f.Before), passage.Says(f.Behind))
	}
	return ""
}

// addNotes tells what a hop may change.
func addNotes(notes []string, v *checks.View) []string {
	add := func(note string) {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	if p := v.Origin().Request.Proto; p != v.Request.Proto {
		add("it is asked with " + p)
	}
	if f := passage.AskedField(v.Exchange, "Accept-Encoding"); !f.Same() {
		came := "nothing"
		if len(f.Behind) > 0 {
			came = fmt.Sprintf("%.40q", passage.Says(f.Behind))
		}
		add(fmt.Sprintf("Accept-Encoding: %.40q becomes %s", passage.Says(f.Before), came))
	}
	return notes
}

func sentences(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return "; " + strings.Join(notes, "; ")
}

var answerFields = &checks.Check{
	ID:     "edge/answer-fields",
	Title:  "The fields of a stream should come through unchanged",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "7.7", "A proxy SHOULD NOT modify header fields that provide information about the endpoints of the communication chain, the resource state, or the selected representation"),
	Since:  "0.4",
	Doc: `
An EventSource opens nothing but text/event-stream. Without Cache-Control the next cache may keep the stream, without
Access-Control-Allow-Origin, or with two of them, no page of another origin may read it. A Content-Length can only be
known once the stream is over, and a reader that offers no content coding may not be able to remove one.

A hop may add to Cache-Control and Vary, and parameters to Content-Type.`,
	Fix:   "Leave these fields to the origin: take out what sets, hides or adds them on the hop, and except text/event-stream from compression.",
	Needs: []wire.Scene{wire.EdgeFields},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		var shows []remedy.Symptom
		seen := 0
		for _, v := range reached(ev, wire.EdgeFields) {
			if v.Status != v.Origin().Status {
				continue
			}
			for _, name := range fieldsOfAStream {
				f := passage.AnsweredField(v.Exchange, name)
				seen++
				if name == "Content-Encoding" && v.Case.Get("offered") != "identity" {
					continue // it was asked for; whether it holds events is for edge/codings
				}
				if why := changedField(f); why != "" {
					found = checks.AddOnce(found, v.AtField(v.Header.Index(name), why))
					shows = addSymptom(shows, remedy.Symptom{Class: remedy.Rewritten, Field: name})
				}
			}
		}
		if seen == 0 {
			return checks.Unseen("no answer of the origin came through")
		}
		return checks.Judged(seen, found, "%s came through; no %s was added", strings.Join(fieldsOfAStream[:lastSent], ", "), strings.Join(fieldsOfAStream[lastSent:], " or ")).Shows(shows...)
	},
}

// fieldsOfAStream are those that a reader or a cache goes by. The origin sends all up to lastSent; the others do not belong
// to a stream that is live.
var fieldsOfAStream = []string{"Content-Type", "Cache-Control", "Access-Control-Allow-Origin", "Vary", "X-Ssespec", "Content-Length", "Content-Encoding"}

const lastSent = 5

// changedField says what a hop did to a field of the answer, or "".
func changedField(f passage.Field) string {
	before, behind := passage.Says(f.Before), passage.Says(f.Behind)
	switch f.Name {
	case "Content-Length":
		if f.Added() {
			return fmt.Sprintf("Content-Length: %.20q was added, which is known only once the stream is over", behind)
		}
		return ""
	case "Content-Encoding":
		if f.Added() {
			return fmt.Sprintf("the stream is coded on its way though nobody asked for it: Content-Encoding: %.40q was added", behind)
		}
		return ""
	case "Content-Type":
		was, is := wire.Header{{Name: f.Name, Value: before}}, wire.Header{{Name: f.Name, Value: behind}}
		if was.MediaType().Essence == is.MediaType().Essence {
			return ""
		}
	case "Cache-Control", "Vary":
		if f.Keeps() {
			return ""
		}
	}
	switch {
	case f.Dropped():
		return fmt.Sprintf("%s: %.60q of the origin does not come through", f.Name, before)
	case !f.Same():
		return fmt.Sprintf("%s: %.60q of the origin comes through as %.60q", f.Name, before, behind)
	}
	return ""
}

var accelBuffering = &checks.Check{
	ID:     "edge/accel-buffering",
	Title:  "Whether X-Accel-Buffering: no is taken by the hop",
	Level:  checks.Fact,
	Clause: checks.Practice("https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering"),
	Since:  "0.4",
	Doc: `
The first nginx on the way obeys the field and takes it out, so that it works for one hop only. A reader that sees it
knows that nobody has obeyed it yet: the next nginx would.`,
	Good:  "(X-Accel-Buffering: no was sent; the reader does not see it)",
	Needs: []wire.Scene{wire.EdgeFields},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, v := range reached(ev, wire.EdgeFields) {
			switch f := passage.AnsweredField(v.Exchange, "X-Accel-Buffering"); {
			case f.Dropped():
				return checks.Held(1, "the hop takes X-Accel-Buffering out, as nginx does with what it obeys: an nginx in front of it would not see it")
			case len(f.Before) > 0:
				return checks.Held(1, "the hop passes X-Accel-Buffering on: nobody has obeyed it")
			}
		}
		return checks.Unseen("no answer with X-Accel-Buffering came through")
	},
}

// reached returns the exchanges of a scene that reached the origin through the hop.
func reached(ev *checks.Evidence, s wire.Scene) []*checks.View {
	return slices.DeleteFunc(route(ev, s, wire.Via), func(v *checks.View) bool { return v.Origin() == nil })
}

func addSymptom(all []remedy.Symptom, s remedy.Symptom) []remedy.Symptom {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}
