package edge

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// fewestStreams is what a handful of tabs needs, and more than a browser opens over HTTP/1.1 to one site: who cannot
// serve that many serves one reader at a time.
const fewestStreams = 8

var crowdVersions = []string{"HTTP/1.1", "HTTP/2.0"}

var connectionLimit = &checks.Check{
	ID:     "edge/connection-limit",
	Title:  "A hop should serve more than a few streams at once",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.HTML("9.2.7", "authoring-notes", "Clients that support HTTP's per-server connection limitation might run into trouble when opening multiple pages from a site if each page has an EventSource"),
	Since:  "0.4",
	Doc: `
A stream keeps its connection, and often a worker, for as long as it lasts. Behind a pool of four workers the
fifth reader waits until one of the others leaves, and everything else on the site with him.

Eight streams are opened at once; each must reach the origin within two seconds and bring its first event.
Streams of ours that were open beside them count as well. A size that failed was tried twice. Where the hop refuses other
requests of ours too, their rate may be what it limits, and that is inconclusive.`,
	Fix:   "Give the route a server or a pool that does not spend a worker on each connection, or raise its limit.",
	Needs: []wire.Scene{wire.EdgeCrowd},
	Reads: []wire.Scene{wire.EdgeHold, wire.EdgeCut, wire.EdgeBytes, wire.EdgeCodings},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		var said []string
		var symptoms []remedy.Symptom
		for _, version := range crowdVersions {
			c, known := crowd(ev, version)
			switch {
			case !known:
				continue
			case c.Failed > 0 && c.Worked < fewestStreams && c.Through+c.Beside < fewestStreams:
				found = append(found, first(ev, version, c.Failed).At(0, 0, fmt.Sprintf("of %d streams at once over %s %d came through%s", c.Failed, spoken(version), c.Through, beside(c))))
				symptoms = append(symptoms, remedy.Symptom{Class: remedy.Limited, Count: c.Through + c.Beside, Version: version})
			case c.Allowed > 0 && c.Allowed < fewestStreams:
				found = append(found, first(ev, version, c.Worked).At(0, 0, fmt.Sprintf("no more than %d streams are allowed on an HTTP/2 connection", c.Allowed)))
				symptoms = append(symptoms, remedy.Symptom{Class: remedy.Limited, Count: c.Allowed, Version: version})
			}
			said = append(said, spoken(version))
		}
		if len(said) == 0 {
			return checks.Unseen("no crowd of streams came through, and it cannot be said that it was the hop")
		}
		if elsewhere := turnedAway(ev, wire.EdgeHold, wire.EdgeCut, wire.EdgeBytes, wire.EdgeCodings); len(found) > 0 && elsewhere != "" {
			return checks.Unseen("%s, but the hop refuses elsewhere too, so that it may be their rate that is limited: %s", found[0].Message, elsewhere)
		}
		return checks.Judged(len(said), found, "HTTP versions (%s) over which %d streams at once came through", strings.Join(said, ", "), fewestStreams).Shows(symptoms...)
	},
}

// crowd returns what became of the crowds over a version, if that is known. What did not come through straight from the
// origin either was kept out by this machine.
func crowd(ev *checks.Evidence, version string) (passage.Crowd, bool) {
	c, known := passage.CrowdOf(ev.Bundle, wire.Via, version)
	if d, _ := passage.CrowdOf(ev.Bundle, wire.Direct, version); c.Failed > 0 && d.Worked < c.Failed {
		c.Failed, c.Through = 0, 0
	}
	return c, known && (c.Worked > 0 || c.Failed > 0)
}

// first returns an exchange of the crowd of a size.
func first(ev *checks.Evidence, version string, size int) *checks.View {
	all := route(ev, wire.EdgeCrowd, wire.Via)
	for _, v := range all {
		if v.Case.Get("version") == version && v.Case.Int("size") == size {
			return v
		}
	}
	return all[0]
}

func spoken(version string) string { return strings.TrimSuffix(version, ".0") }

func beside(c passage.Crowd) string {
	if c.Beside == 0 {
		return ""
	}
	return fmt.Sprintf(", beside %d others of ours", c.Beside)
}

var parallelStreams = &checks.Check{
	ID:     "edge/parallel-streams",
	Title:  "How many streams at once come through",
	Level:  checks.Fact,
	Clause: checks.RFC("9113", "5.1.2", "A peer can limit the number of concurrently active streams"),
	Since:  "0.4",
	Doc: `
Each reader of a stream keeps a connection, or one of the streams of an HTTP/2 connection, all the time. The
one beyond a limit sees nothing at all: no error, no head.

This is for information: how many were open at once, and from which number on some hung. On loopback, or with
--allow-load, up to 120 are opened, else up to 32.`,
	Needs: []wire.Scene{wire.EdgeCrowd},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var said []string
		var symptoms []remedy.Symptom
		most := 0
		for _, version := range crowdVersions {
			c, known := crowd(ev, version)
			if !known {
				continue
			}
			most += max(c.Worked, c.Through)
			switch words := fmt.Sprintf("%d over %s", max(c.Worked, c.Through), spoken(version)); {
			case c.Failed > 0:
				said = append(said, fmt.Sprintf("%s (of %d that were opened%s)", words, c.Failed, beside(c)))
				symptoms = append(symptoms, remedy.Symptom{Class: remedy.Limited, Count: c.Through + c.Beside, Version: version})
			case c.Allowed > 0:
				said = append(said, words+" (more are not allowed on one connection)")
				symptoms = append(symptoms, remedy.Symptom{Class: remedy.Limited, Count: c.Allowed, Version: version})
			default:
				said = append(said, words)
			}
		}
		if most == 0 {
			return checks.Unseen("no crowd of streams came through, and it cannot be said that it was the hop")
		}
		return checks.Held(most, "streams at once came through: %s", strings.Join(said, ", ")).Shows(symptoms...)
	},
}
