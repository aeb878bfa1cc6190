package edge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

var sameFields = &checks.Check{
	ID:     "edge/same-fields",
	Title:  "The answer should have the same status, media type, coding and framing on every route",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "7.7", "A proxy MUST NOT transform the content of a response message that contains a no-transform cache directive"),
	Since:  "0.4",
	Doc: `
What the endpoint says about its answer must reach the reader: the media type without which no EventSource
opens it, the Cache-Control that keeps caches away, the fields by which pages may read it. A content coding or
a Content-Length that a hop adds, and a body whose end it no longer marks, change how the stream is read.

Compared is each route with the one before it. Values that differ from answer to answer, and fields that
only tell who was on the way, are not flagged. What one of two answers had is not taken for lost.`,
	Fix:   "Let the hop pass on the fields of text/event-stream as they are: no rewriting, no compression, HTTP/1.1 with chunks or HTTP/2 to the reader.",
	Needs: []wire.Scene{wire.EdgeSemantics},
	Judge: judgeFields,
}

var sameResume = &checks.Check{
	ID:     "edge/same-resume",
	Title:  "A reader that comes back must be given the same on every route",
	Level:  checks.Must,
	Clause: checks.HTML("9.2.4", "last-event-id", "sends the last event ID string"),
	Since:  "0.4",
	Doc: `
A reader that was cut off names the last event that it has had in Last-Event-ID. A hop that drops this
field, or answers from a copy, starts the stream anew or leaves out what came meanwhile: events are lost or come twice,
although the endpoint does all it should.

Each route is asked for what came behind the first event that the endpoint had sent. Only where the endpoint
itself takes that up is another answer behind a hop flagged, and only where it came twice.`,
	Fix:   "Let the hop pass on Last-Event-ID, and keep it from answering an event stream from a cache.",
	Needs: []wire.Scene{wire.EdgeSemantics},
	Judge: judgeResume,
}

var sameCORS = &checks.Check{
	ID:     "edge/same-cors",
	Title:  "A page that may read the stream should be let in on every route",
	Level:  checks.Should,
	Clause: checks.Fetch("CORS check", "concept-cors-check", ""),
	Since:  "0.4",
	Doc: `
A hop that answers OPTIONS itself, or drops the fields of CORS, keeps out the pages that the endpoint lets
in: the browser blocks the stream, and every tool without a browser finds nothing wrong.

Asked are the request of a page on the declared origin (--origin) and leave for the fields that pages send:
authorization, cache-control, content-type, last-event-id. What the endpoint itself does not grant is not
flagged here, and neither is a hop that grants more.`,
	Fix:   "Let the hop pass on OPTIONS, Origin and the Access-Control fields, or let it answer them as the endpoint does.",
	Needs: []wire.Scene{wire.EdgeSemantics},
	Judge: judgeCORS,
}

// A step is one route and the one before it: what differs between them is what stands there.
type step struct{ from, to wire.Hop }

// steps returns them from the endpoint to the reader.
func steps(b *wire.Bundle) []step {
	var out []step
	for i := 1; i < len(b.Hops); i++ {
		out = append(out, step{b.Hops[i-1], b.Hops[i]})
	}
	return out
}

// place says where something happens. Where the user named no hop there is nothing that could be named.
func (s step) place(b *wire.Bundle) string {
	if len(b.Hops) < 3 {
		return "between --direct and --via"
	}
	return fmt.Sprintf("at the hop %s", s.to.Name)
}

// before says what a route is compared with.
func (s step) before() string {
	if s.from.Name == wire.Direct {
		return "straight from the endpoint"
	}
	return "through " + s.from.Name
}

// asked returns the exchanges of a route that were made for a purpose.
func asked(ev *checks.Evidence, name, what string) []*checks.View {
	return slices.DeleteFunc(route(ev, wire.EdgeSemantics, name), func(v *checks.View) bool { return v.Case.Get("ask") != what })
}

// answered returns the answers of a route on which its fields are judged.
func answered(ev *checks.Evidence, name string) []*checks.View {
	all := append(asked(ev, name, "look"), asked(ev, name, "resume")...)
	return slices.DeleteFunc(all, func(v *checks.View) bool { return v.Status != 200 })
}

func judgeFields(ev *checks.Evidence) checks.Outcome {
	seen, mute := 0, ""
	var found []checks.Finding
	var added []string
	for _, s := range steps(ev.Bundle) {
		a, b := answered(ev, s.from.Name), answered(ev, s.to.Name)
		if len(b) == 0 && mute == "" {
			mute = s.to.Name
		}
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		seen++
		for _, m := range changes(a, b) {
			found = append(found, b[0].AtField(-1, fmt.Sprintf("%s %s", s.place(ev.Bundle), m)))
		}
		if len(found) > 0 {
			break // what lies behind it is judged once this is mended
		}
		added = append(added, others(a, b, s.to.Name)...)
	}
	switch {
	case len(found) > 0:
		return checks.Broke(seen, found...).Shows(remedy.Symptom{Class: remedy.Rewritten})
	case mute != "":
		return checks.Unseen("no head came through %s", mute)
	case seen == 0:
		return checks.Unseen("there is no answer to compare")
	}
	also := ""
	if len(added) > 0 {
		also = "; beside them " + strings.Join(added, ", ")
	}
	return checks.Held(seen, "media type, coding, framing and the %d fields that must come through are those of the endpoint on %d routes%s", len(telling), len(ev.Bundle.Hops), also)
}

// telling are the fields that must come through.
var telling = []string{"Cache-Control", "Vary", "Mcp-Session-Id", browser.AllowOrigin, browser.AllowCredentials, browser.ExposeHeaders}

// changes says what all answers of one route have and none of the other.
func changes(before, behind []*checks.View) []string {
	var out []string
	a, b := before[0], behind[0]
	every := func(vs []*checks.View, holds func(*checks.View) bool) bool {
		return !slices.ContainsFunc(vs, func(v *checks.View) bool { return !holds(v) })
	}
	differ := func(of func(*checks.View) string) (string, string, bool) {
		x, y := of(a), of(b)
		same := func(want string) func(*checks.View) bool { return func(v *checks.View) bool { return of(v) == want } }
		return x, y, x != y && every(before, same(x)) && every(behind, same(y))
	}
	if x, y, ok := differ(func(v *checks.View) string { return v.Type.Essence }); ok {
		out = append(out, fmt.Sprintf("the media type becomes %.60q, and was %.60q", y, x))
	}
	if x, y, ok := differ(coding); ok && y != "" {
		out = append(out, fmt.Sprintf("the content coding becomes %.40q, and was %.40q, although none was offered", y, orNone(x)))
	}
	if x, y, ok := differ(framing); ok && y == byClosing {
		out = append(out, fmt.Sprintf("the end of the answer is marked by closing alone, and was by %s: a cut cannot be told from the end", x))
	}
	if _, y, ok := differ(func(v *checks.View) string { return v.Header.Get("Content-Length") }); ok && y != "" && !slices.ContainsFunc(before, func(v *checks.View) bool { return v.Header.Has("Content-Length") }) {
		out = append(out, "a Content-Length is added to the stream")
	}
	for _, name := range telling {
		if lost := lostTokens(before, behind, name); len(lost) > 0 {
			out = append(out, fmt.Sprintf("%s loses %.80q", name, strings.Join(lost, ", ")))
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func coding(v *checks.View) string { return strings.Join(v.Header.Tokens("Content-Encoding"), ", ") }

// byClosing is the framing of an answer that ends when the connection does.
const byClosing = "closing"

// framing says how an answer tells where it ends.
func framing(v *checks.View) string {
	switch {
	case v.Proto == "HTTP/2.0":
		return "HTTP/2"
	case len(v.Header.Tokens("Transfer-Encoding")) > 0:
		return "chunks"
	case v.Header.Has("Content-Length"):
		return "Content-Length"
	}
	return byClosing
}

// lostTokens returns the elements of a field that all answers before have and none behind. A value of one's own for each
// answer, such as a session's, is lost where the field is.
func lostTokens(before, behind []*checks.View, name string) []string {
	var out []string
	for _, t := range before[0].Header.Tokens(name) {
		has := func(v *checks.View) bool { return slices.Contains(v.Header.Tokens(name), t) }
		if name == browser.AllowOrigin || name == "Mcp-Session-Id" {
			has = func(v *checks.View) bool { return v.Header.Has(name) }
		}
		if !slices.ContainsFunc(before, func(v *checks.View) bool { return !has(v) }) && !slices.ContainsFunc(behind, has) {
			out = append(out, t)
		}
	}
	return out
}

// others names the fields that one of two routes has alone, for who wants to know.
func others(before, behind []*checks.View, name string) []string {
	var more, less []string
	for _, f := range behind[0].Header {
		if !before[0].Header.Has(f.Name) && !slices.Contains(more, f.Name) {
			more = append(more, f.Name)
		}
	}
	for _, f := range before[0].Header {
		if !behind[0].Header.Has(f.Name) && !slices.Contains(less, f.Name) {
			less = append(less, f.Name)
		}
	}
	var out []string
	if len(more) > 0 {
		out = append(out, fmt.Sprintf("%s adds %.120s", name, strings.Join(more, " ")))
	}
	if len(less) > 0 {
		out = append(out, fmt.Sprintf("%s lacks %.120s", name, strings.Join(less, " ")))
	}
	return out
}

func judgeResume(ev *checks.Evidence) checks.Outcome {
	origin := asked(ev, wire.Direct, "resume")
	look := asked(ev, wire.Direct, "look")
	if len(origin) == 0 || len(look) == 0 || len(look[0].Stream.Events) < 2 {
		return checks.Unconcerned("no two events with ids of their own came, so there is nothing to come back with")
	}
	want := stream.Decode(look[0].Stream.Events[1].ID)
	if !allBegin(origin, want) {
		return checks.Unconcerned("the endpoint itself does not go on behind %.60q, the id that it was asked for", origin[0].Cursor)
	}
	seen, mute := 0, ""
	for _, s := range steps(ev.Bundle) {
		vs := asked(ev, s.to.Name, "resume")
		first := slices.IndexFunc(vs, func(v *checks.View) bool { return len(v.Stream.Events) > 0 })
		if first < 0 {
			if mute == "" {
				mute = s.to.Name
			}
			continue
		}
		seen++
		if len(vs) > 1 && noneBegins(vs, want) {
			e := vs[first].Stream.Events[0]
			f := vs[first].At(e.Lo, e.Hi, fmt.Sprintf("%s a reader that comes back with id %.60q is given %s first, and %s %.60q",
				s.place(ev.Bundle), vs[first].Cursor, named(e.ID), s.before(), want))
			return checks.Broke(seen, f).Shows(remedy.Symptom{Class: remedy.FieldDropped, Field: "Last-Event-ID"})
		}
		if !slices.ContainsFunc(vs, func(v *checks.View) bool { return begins(v, want) }) {
			return checks.Unseen("through %s another event came first, and it was seen once only", s.to.Name)
		}
	}
	if mute != "" {
		return checks.Unseen("no event came through %s to a reader that came back", mute)
	}
	return checks.Held(seen, "a reader that comes back with id %.60q is given %.60q first on %d routes", origin[0].Cursor, want, len(ev.Bundle.Hops))
}

func named(id []byte) string {
	if len(id) == 0 {
		return "an event without id"
	}
	return fmt.Sprintf("%.60q", stream.Decode(id))
}

// begins reports whether an answer begins with the event of an id.
func begins(v *checks.View, id string) bool {
	return len(v.Stream.Events) > 0 && stream.Decode(v.Stream.Events[0].ID) == id
}

func allBegin(vs []*checks.View, id string) bool {
	return !slices.ContainsFunc(vs, func(v *checks.View) bool { return !begins(v, id) })
}

// noneBegins reports whether all answers begin with another event.
func noneBegins(vs []*checks.View, id string) bool {
	return !slices.ContainsFunc(vs, func(v *checks.View) bool { return len(v.Stream.Events) == 0 || begins(v, id) })
}

func judgeCORS(ev *checks.Evidence) checks.Outcome {
	page := asked(ev, wire.Direct, "page")
	if len(page) == 0 {
		return checks.Unconcerned("no origin was named whose pages must be able to read the stream on every route (--origin)")
	}
	p := browser.Page{Origin: page[0].Request.Header.Get("Origin"), Include: page[0].Case.Get("credentials") == "include", Client: browser.Script}
	granted := map[string]bool{} // by what was asked
	seen := 0
	for i, h := range ev.Bundle.Hops {
		var found []checks.Finding
		denied := map[string]bool{}
		for _, v := range append(asked(ev, h.Name, "page"), asked(ev, h.Name, "preflight")...) {
			what, d := v.Case.Get("fields"), denial(p, v)
			seen++
			if i == 0 {
				granted[what] = d == nil
				continue
			}
			if d == nil || !granted[what] || what == "all" && individually(ev, h.Name) {
				continue
			}
			denied[what] = true
			s := step{ev.Bundle.Hops[i-1], h}
			found = append(found, v.AtField(-1, fmt.Sprintf("%s a page on %s is not let in, and %s it is: %s", s.place(ev.Bundle), p.Origin, s.before(), d.Message)))
		}
		if len(found) > 0 {
			return checks.Broke(seen, found...).Shows(remedy.Symptom{Class: remedy.FieldDropped, Field: browser.AllowOrigin})
		}
	}
	if !slices.ContainsFunc([]string{"", "all", "authorization", "cache-control", "content-type", "last-event-id"}, func(k string) bool { return granted[k] }) {
		return checks.Unconcerned("the endpoint itself does not let a page on %s in", p.Origin)
	}
	return checks.Held(seen, "%d answers to a page on %s let it in wherever the endpoint does", seen, p.Origin)
}

// individually reports whether leave was asked for single fields on a route.
func individually(ev *checks.Evidence, name string) bool {
	return len(asked(ev, name, "preflight")) > 1
}

// denial says why a page is not let in, or nil.
func denial(p browser.Page, v *checks.View) *browser.Denial {
	if browser.Preflight(v.Exchange) {
		return p.Permits(p.Origin, v.Exchange)
	}
	return browser.CORSCheck(p.Origin, p.Include, v.Header)
}
