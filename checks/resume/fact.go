package resume

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

var cutKinds = &checks.Check{
	ID:     "resume/cut-kinds",
	Title:  "What became of the answer, by the way in which it was cut",
	Level:  checks.Fact,
	Clause: checks.RFC("9112", "8", ""),
	Since:  "0.2",
	Doc: `
Connections end in many ways: in good order, by a reset, by silence, by HTTP/2's own means. What a reader is
given after it should not depend on the way. This lists the ways that were tried, and what came of each.`,
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := sampleOf(ev, plain, inside, many, oldOpen)
		var kinds []string
		by := map[string]sample{}
		for _, j := range s.judged {
			for _, c := range j.Cuts[:min(1, len(j.Cuts))] {
				k := string(c.Fault.Kind)
				if _, known := by[k]; !known {
					kinds = append(kinds, k)
				}
				of := by[k]
				of.judged = append(of.judged, j)
				by[k] = of
			}
		}
		if len(kinds) == 0 {
			return s.none()
		}
		for i, k := range kinds {
			kinds[i] = k + ": " + by[k].tally()
		}
		return checks.Held(len(s.judged), "%s", strings.Join(kinds, "; "))
	},
}

var delayWindow = &checks.Check{
	ID:     "resume/delay-window",
	Title:  "How long a reader may stay away",
	Level:  checks.Fact,
	Clause: checks.Practice(""),
	Since:  "0.2",
	Doc: `
Nothing is kept for ever, and for how long is the maker's choice. This tells after which time away an answer
still came back whole, and after which it did not.`,
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := sampleOf(ev, plain).where(readBefore)
		kept, gone := time.Duration(-1), time.Duration(-1)
		for _, j := range s.judged {
			switch d := away(ev, j); {
			case j.Verdict == recovery.Whole || j.Verdict == recovery.Duplicated:
				kept = max(kept, d)
			case gone < 0 || d < gone:
				gone = d
			}
		}
		switch {
		case len(s.judged) == 0:
			return s.none()
		case kept < 0:
			return checks.Held(len(s.judged), "no answer came back whole, not even after %v", checks.Brief(gone))
		case gone > kept:
			return checks.Held(len(s.judged), "the answer came back after %v away, and no more after %v", checks.Brief(kept), checks.Brief(gone))
		}
		return checks.Held(len(s.judged), "the answer still came back after %v away; no longer was tried", checks.Brief(kept))
	},
}

// away returns how long a reader was away after it was cut off.
func away(ev *checks.Evidence, j *recovery.Judgment) time.Duration {
	vs := own(ev, j)
	for i, v := range vs[:max(0, len(vs)-1)] {
		if f := v.Fault; f != nil && f.Kind.Cuts() {
			return max(0, vs[len(vs)-1].Began.Sub(vs[i].Began.Add(v.End.At)))
		}
	}
	return 0
}

var producerSurvives = &checks.Check{
	ID:     "resume/producer-survives",
	Title:  "Whether an answer goes on while its reader is away",
	Level:  checks.Fact,
	Clause: checks.Clause{Spec: "MCP", Section: "Sending Messages to the Server", URL: "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports", Quote: "Disconnection SHOULD NOT be interpreted as the client cancelling its request"},
	Since:  "0.2",
	Doc: `
Some servers stop making an answer when its reader is gone, which saves what it costs; others finish it. Where a
reader stayed away for longer than the whole answer takes, and was then given the rest, it went on, or is made
again in the same way. Both designs are legitimate.`,
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, takesUp, finite},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		long := ev.Control().End.At
		all := sampleOf(ev, plain, oldOpen).where(readBefore)
		s := all.where(func(j *recovery.Judgment) bool { return outlasted(ev, j, long) })
		switch {
		case len(all.judged) == 0:
			return all.none()
		case len(s.judged) == 0:
			return checks.Unseen("no reader stayed away for longer than the answer takes (%v)", checks.Brief(long))
		}
		rest := len(s.where(is(recovery.Whole, recovery.Duplicated)).judged)
		return checks.Held(len(s.judged), "of %s, %d found the rest of the answer",
			count(len(s.judged), "%d reader(s) that came back after it should have ended"), rest)
	},
}

// outlasted reports whether a reader came back when the answer would have ended undisturbed.
func outlasted(ev *checks.Evidence, j *recovery.Judgment, long time.Duration) bool {
	vs := own(ev, j)
	return len(vs) > 1 && vs[len(vs)-1].Began.Sub(vs[0].Began) > long
}

var truncationDetectable = &checks.Check{
	ID:     "resume/truncation-detectable",
	Title:  "Whether a cut can be told from the end of an answer",
	Level:  checks.Fact,
	Clause: checks.RFC("9112", "8", "A message body that uses the chunked transfer coding is incomplete if the zero-sized chunk that terminates the encoding has not been received"),
	Since:  "0.2",
	Doc: `
A reader without a way back can at least know that it has only half of an answer, if the connection's end says
so: a chunk of length zero, a Content-Length, END_STREAM, or a last event of its own kind. A body that ends
with the connection looks whole wherever it is cut.`,
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted, finite},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		seen, taken := 0, 0
		all := recovery.Judge(ev)
		for i := range all {
			for _, c := range all[i].Cuts {
				if c.Fault.Kind == wire.FIN || c.Fault.Kind == wire.SlowClose || c.Fault.Kind == wire.HalfShut {
					seen++
					if c.Fault.Seen == takenForTheEnd {
						taken++
					}
				}
			}
		}
		switch {
		case seen == 0:
			return sampleOf(ev, plain, inside, many).none()
		case taken > 0:
			return checks.Held(seen, "%d of %d cuts in good order could not be told from the end of the answer", taken, seen)
		}
		return checks.Held(seen, "%s could be told from the end of the answer", count(seen, "%d cut(s) in good order"))
	},
}

// takenForTheEnd is how package chaos says that a reader saw a cut as the end.
const takenForTheEnd = wire.SeenAsEnd

var reconnectFaults = &checks.Check{
	ID:     "resume/5xx-window",
	Title:  "What a reader meets that comes back while the server is away",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection"),
	Since:  "0.2",
	Doc: `
While a server is restarted, something stands in for it: a refused connection, a gateway's 502, 503 or 429, a
page. An EventSource tries again after the first, and gives up for good after all others. Those were put in the
reader's way here, and a reader that tries again all the same was given the rest or not.

What stands in for the server in earnest, only a restart can show.`,
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{interrupted},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := named(ev, "refuse:", "status:", "wrong-type", "dns", "tls")
		if len(s.judged) == 0 {
			return s.none()
		}
		var met []string
		final := 0
		for _, j := range s.judged {
			steps := steps(j)
			what := steps[len(steps)-1]
			if strings.HasPrefix(what, "status:") || what == "wrong-type" {
				final++
			}
			met = append(met, fmt.Sprintf("%s: %s", what, j.Verdict))
		}
		return checks.Held(len(s.judged), "%s (an EventSource gives up on %d of %d of them)", strings.Join(slices.Compact(met), ", "), final, len(s.judged))
	},
}
