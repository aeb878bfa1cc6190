// Package reconnect holds the checks on what a reader is told that comes back: ids, times to wait, and when to stop.
//
// They look at answers that nobody interrupted; what becomes of interrupted ones is the family resume's. It imports
// checks, browser, stream and wire.
package reconnect

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// Suite lists the family in reading order: with what a reader comes back, when, and whether it should.
var Suite = checks.Suite{
	idsPresent,
	idUnique,
	idTransportable,
	idTrimmed,
	idLength,
	idASCII,
	idAfterResume,
	primingEvent,

	tightLoop,
	retryRange,
	retryEarly,

	stopSignal,
	errorStatusAfterEnd,
}

// control is the scene that all checks of the family read.
var control = []wire.Scene{wire.Control}

// byField is the condition of checks on what a reader comes back with in Last-Event-ID: an EventSource does, and so
// do the readers of MCP. Others that open a stream with POST have ways of their own to say where they stopped.
var byField = checks.Condition{
	Says:  "readers come back to the stream with Last-Event-ID",
	Else:  "the stream is not opened with GET: no reader comes back to it with Last-Event-ID by itself",
	Holds: func(ev *checks.Evidence) bool { return ev.Method() == "GET" || ev.Profile() == "mcp" },
}

// byItself is the condition of checks on what only an EventSource does: come back whatever the end was.
var byItself = checks.Condition{
	Says:  "the stream is made for EventSource",
	Else:  "the stream is not made for EventSource: its reader comes back only where it wants to",
	Holds: func(ev *checks.Evidence) bool { return ev.Method() == "GET" && ev.Profile() == "eventsource" },
}

// opened is the condition of checks on how an EventSource comes back: what it never opened it does not come back to.
var opened = checks.Condition{
	Says: "an EventSource opens the stream",
	Else: "an EventSource does not open the stream, and so does not come back",
	Holds: func(ev *checks.Evidence) bool {
		v := ev.Control()
		return v != nil && browser.Open(browser.EventSource, v.Exchange) == nil
	},
}

// answers returns the exchanges of some scenes, redirects left out: one for each visit of a reader.
func answers(ev *checks.Evidence, scenes ...wire.Scene) []*checks.View {
	var out []*checks.View
	for _, s := range scenes {
		e := ev.Exhibit(s)
		if e == nil {
			continue
		}
		for _, v := range e.Views {
			if !browser.Redirects(v.Status) {
				out = append(out, v)
			}
		}
	}
	return out
}

// limited reports whether an answer may be owed to the number of our requests, or to a fault that passes.
func limited(v *checks.View) bool { return v.Status == 429 || v.Status >= 500 }
