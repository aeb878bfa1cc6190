package headers

import (
	"bytes"
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var varyAccept = &checks.Check{
	ID:     "headers/vary-accept",
	Title:  "An answer that a cache may reuse should name in Vary what selects it",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "12.5.5", "An origin server SHOULD generate a Vary header field on a cacheable response when it wishes that response to be selectively reused for subsequent requests."),
	Since:  "0.1",
	Doc: `
Where one URL answers JSON or an event stream depending on Accept, a cache that is not told so gives
one client what was meant for the other: an EventSource that is given JSON fails for good. The same
goes for Accept-Encoding, and for Last-Event-ID where it selects the events.

Whether a field selects the answer is seen by asking twice. Answers that no shared cache reuses
need no Vary: those with no-store, no-cache, private or max-age=0, and those to requests with Authorization.`,
	Fix:   "Add the field to Vary, on every answer of the URL; or send Cache-Control: no-store.",
	Good:  "Content-Type: application/json\nCache-Control: max-age=60\nVary: Accept\n",
	Bad:   "Content-Type: application/json\nCache-Control: max-age=60\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Accept, wire.Compressed, wire.Again, wire.Reconnect},
	When:  []checks.Condition{streamed, checks.ViaGET},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		if ev.View(wire.Accept) == nil && ev.View(wire.Compressed) == nil {
			return checks.Unseen("neither another Accept nor content codings were tried")
		}
		pairs := selections(ev)
		if len(pairs) == 0 {
			return checks.Unconcerned("none of the fields that were tried selects the answer")
		}
		var found []checks.Finding
		seen := 0
		for _, p := range pairs {
			for _, v := range p.answers {
				if !v.Reusable() {
					continue
				}
				seen++
				if !checks.Varies(v.Header, p.field) {
					found = checks.AddOnce(found, v.AtField(v.Header.Index("Vary"), fmt.Sprintf("%s selects the answer, and Vary of the one with Content-Type %.40q does not say so: a cache gives it to other clients too", p.field, v.Header.Get("Content-Type"))))
				}
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no shared cache reuses the answers")
		}
		return checks.Judged(seen, found, "%d answers that a cache may reuse name in Vary what selects them", seen)
	},
}

// A selection is two answers that differ because one field of the request does.
type selection struct {
	field   string
	answers [2]*checks.View
}

// selections returns the fields of the request that were seen to select the answer.
func selections(ev *checks.Evidence) []selection {
	var out []selection
	control := ev.Control()
	if e := ev.Exhibit(wire.Accept); e != nil {
		for _, v := range e.Views {
			if v.Status == 200 && v.Type.Essence != control.Type.Essence {
				out = append(out, selection{"Accept", [2]*checks.View{control, v}})
			}
		}
	}
	if v := ev.View(wire.Compressed); v != nil && v.Status == 200 && len(v.Codings()) > 0 && len(control.Codings()) == 0 {
		out = append(out, selection{"Accept-Encoding", [2]*checks.View{control, v}})
	}
	if v := ev.View(wire.Reconnect); v != nil && v.Request.Header.Has("Last-Event-ID") && resumed(control, ev.View(wire.Again), v) {
		out = append(out, selection{"Last-Event-ID", [2]*checks.View{control, v}})
	}
	return out
}

// resumed reports whether a request with Last-Event-ID was answered otherwise than two without it,
// which began alike. One alone would not do: a live stream never begins alike. The 204 that stops a
// reconnect is left aside: caches keep it only where they are told to.
func resumed(control, again, reconnect *checks.View) bool {
	first := beginning(control)
	if first == nil || again == nil || !bytes.Equal(first, beginning(again)) {
		return false
	}
	other := beginning(reconnect)
	return reconnect.Status == 200 && other != nil && !bytes.Equal(first, other)
}

// beginning returns the first event's bytes, or nil.
func beginning(v *checks.View) []byte {
	if len(v.Stream.Events) == 0 {
		return nil
	}
	e := v.Stream.Events[0]
	return v.Stream.Body[e.Lo:e.Hi]
}
