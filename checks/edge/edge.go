// Package edge holds the checks on what stands between an origin and its reader: what it holds back, loses, changes,
// repeats or hides.
//
// They look at streams that were recorded at both ends, or straight from the endpoint and through each hop. It imports
// checks, browser, hold, passage, remedy, stream and wire.
package edge

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// Suite lists the family in reading order: how late, what is lost, when it ends, what else is changed.
var Suite = checks.Suite{
	heldToEnd, largeEvent, byteBuffer, oneBehind, flushInterval, delay, latency, headersEarly, codings, noTransform,
	lastEventID, requestFields, answerFields, accelBuffering, bytesSame,
	cached, collapsed, resumeCached, requestRepeated, getRepeated, cutVisible, closeDelimited,
	idleCut, heartbeatCounts, silentDrop, ageCut, restart, goesOn, leaveHeard, leaveInSilence, backPressure, connectionLimit, parallelStreams, upload,
	addedDelay, missingEvents, commentsLost, sameFields, sameResume, sameCORS,
}

// route returns the exchanges of a scene on one route, in their order.
func route(ev *checks.Evidence, s wire.Scene, name string) []*checks.View {
	var out []*checks.View
	if e := ev.Exhibit(s); e != nil {
		for _, v := range e.Views {
			if v.Route() == name {
				out = append(out, v)
			}
		}
	}
	return out
}

// twin returns the exchange of the same case straight to the origin, or nil.
func twin(ev *checks.Evidence, v *checks.View) *checks.View {
	for _, d := range route(ev, v.Scene, wire.Direct) {
		if d.Counterpart(v.Exchange) {
			return d
		}
	}
	return nil
}
