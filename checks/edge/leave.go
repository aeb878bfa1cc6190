package edge

import (
	"fmt"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// stillUntold is for how long an origin writes on before that counts as never being told: the slowest hop that tells at
// all needs four writes, which took half a second at this pace.
const stillUntold = 10 * time.Second

var leaveHeard = &checks.Check{
	ID:     "edge/leave-heard",
	Title:  "The origin must learn that its reader has left",
	Level:  checks.Must,
	Timing: true,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
Behind a hop that does not pass on that the reader left, the origin goes on: a paid generation runs to its
end, a subscription is never freed, and each reconnect adds another.

The reader leaves after a second, in each way that its protocol knows, while the origin writes ten times a
second. Flagged is where the origin could write for ten seconds more. That a hop notices it by some
writes, as many do, is not flagged: see edge/leave-heard-in-silence.`,
	Fix:   "Let the hop close its connection to the origin when the reader closes its own: no full buffering of the response, no option that ignores a client's abort.",
	Needs: []wire.Scene{wire.EdgeLeave},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen, most, slowest := 0, 0, time.Duration(0)
		for _, v := range leavers(ev, "100ms") {
			l, known := passage.LeaveOf(v.Exchange)
			switch {
			case !known:
				continue
			case !l.Told && l.After < stillUntold && !l.ToEnd:
				continue // we had to stop looking
			case !l.Told:
				found = checks.AddOnce(found, v.At(0, 0, fmt.Sprintf("the origin wrote on for %s after the reader %s, and was not told", inSeconds(l.After.Truncate(100*time.Millisecond)), departed(v))))
			default:
				most, slowest = max(most, l.Writes), max(slowest, l.After)
			}
			seen++
		}
		if seen == 0 {
			return checks.Unseen("no reader left while the origin wrote to it")
		}
		words := fmt.Sprintf("within %v and %s", checks.Brief(slowest), writesIn(most))
		if most == 0 {
			words = fmt.Sprintf("within %v, before it wrote again", checks.Brief(slowest))
		}
		out := checks.Judged(seen, found, "readers left, and the origin was told %s", words)
		if len(found) > 0 {
			out = out.Shows(remedy.Symptom{Class: remedy.LeaveUnheard})
		}
		return out
	},
}

// writesIn counts writes in words.
func writesIn(n int) string {
	if n == 1 {
		return "1 write"
	}
	return fmt.Sprintf("%d writes", n)
}

// baseline is how soon an origin learns of it without a hop, on a machine that is busy besides.
const baseline = time.Second

// leavers returns the exchanges through the hop whose origin wrote at a pace and whose reader left; those aside whose
// twins show that the origin would not have learned of it without the hop either.
func leavers(ev *checks.Evidence, writes string) []*checks.View {
	var out []*checks.View
	for _, v := range route(ev, wire.EdgeLeave, wire.Via) {
		if v.Case.Get("writes") != writes {
			continue
		}
		d := twin(ev, v)
		if d == nil {
			continue
		}
		l, known := passage.LeaveOf(d.Exchange)
		late := ev.Bundle.Late(d.Exchange, d.End.At, d.End.At+l.After)
		if known && l.Told && l.After <= baseline+late {
			out = append(out, v)
		}
	}
	return out
}

// departed says how a reader left.
func departed(v *checks.View) string {
	switch v.Case.Get("leave") {
	case "reset":
		return "had reset the connection"
	case "rst-stream":
		return "had reset its HTTP/2 stream"
	case "closed":
		return "had closed its HTTP/2 connection"
	}
	return "had closed the connection"
}

var leaveInSilence = &checks.Check{
	ID:     "edge/leave-heard-in-silence",
	Title:  "When an origin that says nothing learns that its reader has left",
	Level:  checks.Fact,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
Many hops notice that a reader left by what they cannot write to it. An origin that is silent, or has not
begun its answer, is then not told, and works on for nobody. A comment every few seconds is what tells it.

This is for information: said is after how long, or how many writes, the origin was told.`,
	Needs: []wire.Scene{wire.EdgeLeave},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		seen := 0
		var said []string
		untold := false
		for _, c := range []struct{ writes, words string }{
			{"never", "silent"}, {"no-head", "before the first byte"}, {"3s", "at a write every 3 s"},
		} {
			words, n, told := told(leavers(ev, c.writes))
			if n > 0 {
				said = append(said, c.words+": "+words)
				seen += n
				untold = untold || !told
			}
		}
		if seen == 0 {
			return checks.Unseen("no reader left while the origin was silent")
		}
		out := checks.Held(seen, "readers left; %s", strings.Join(said, "; "))
		if untold {
			out = out.Shows(remedy.Symptom{Class: remedy.LeaveUnheard})
		}
		return out
	},
}

// told says when origins learned that their readers had left, the latest of them.
func told(views []*checks.View) (words string, n int, all bool) {
	worst, all := passage.Leave{Told: true}, true
	for _, v := range views {
		l, known := passage.LeaveOf(v.Exchange)
		if !known || !l.Told && l.After < stillUntold && !l.ToEnd {
			continue
		}
		n++
		if all = all && l.Told; !l.Told && worst.Told || l.Told == worst.Told && l.After > worst.After {
			worst = l
		}
	}
	switch {
	case !worst.Told && worst.Writes > 1: // the last one ends the answer
		words = fmt.Sprintf("not told within %s and %s", inSeconds(worst.After.Truncate(time.Second)), writesIn(worst.Writes))
	case !worst.Told:
		words = fmt.Sprintf("not told within %s", inSeconds(worst.After.Truncate(time.Second)))
	case worst.Writes > 0:
		words = fmt.Sprintf("told after %s and %v", writesIn(worst.Writes), checks.Brief(worst.After))
	default:
		words = fmt.Sprintf("told after %v", checks.Brief(worst.After))
	}
	return words, n, all
}
