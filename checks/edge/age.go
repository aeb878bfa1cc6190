package edge

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var ageCut = &checks.Check{
	ID:     "edge/age-cut",
	Title:  "A stream that goes on should not be ended for its age",
	Level:  checks.Should,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
A limit on how long a response may last ends a stream in the middle however much it carries. No heartbeat
helps. An EventSource comes back, and needs ids to go on where it was; the reader of an answer loses its end.

Three streams with an event every second begin seven seconds apart. Those that end at the same age
met such a limit. By default they are watched for about a minute, with --deep for a quarter of an hour.`,
	Fix:   "Switch off the hop's limit on the duration of a whole response for the route, or let the origin end each stream before it, with ids to resume from.",
	Needs: []wire.Scene{wire.EdgeAge},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		a, out := ages(ev)
		switch {
		case out.Verdict != 0:
			return out
		case a.After > 0:
			return checks.Broke(a.Seen, ended(ev, fmt.Sprintf("streams end when they are %s old, though they have an event every second", inSeconds(a.After)))...).
				Shows(remedy.Symptom{Class: remedy.AgeCut, After: a.After})
		case a.Restart:
			return checks.Unseen("all streams were ended at one moment: see edge/restart")
		case len(a.Ends) == 1:
			return checks.Unseen("one stream was ended when it was %s old, and no other was watched for as long", inSeconds(a.Ends[0].Age))
		case len(a.Ends) > 1:
			return checks.Unseen("streams were ended at different ages and at different moments")
		}
		return checks.Held(a.Seen, "streams; none is ended up to an age of %s", inSeconds(a.Upto))
	},
}

// ages returns what happened to the streams that were never silent; with a verdict where that says nothing of the hop.
func ages(ev *checks.Evidence) (passage.Age, checks.Outcome) {
	r := ev.Bundle.Recording(wire.EdgeAge)
	straight, a := passage.AgeOf(r, wire.Direct), passage.AgeOf(r, wire.Via)
	switch {
	case a.Seen < 2:
		return a, checks.Unseen("fewer than two streams were watched to their ends")
	case len(straight.Ends) > 0:
		return a, checks.Unseen("streams were ended straight from the origin too")
	case a.Held():
		return a, checks.Unseen("nothing of a stream had come for a while when it was ended, so that it may have been taken for silent")
	}
	return a, checks.Outcome{}
}

// ended returns a finding on the first stream that was ended.
func ended(ev *checks.Evidence, message string) []checks.Finding {
	for _, v := range route(ev, wire.EdgeAge, wire.Via) {
		if passage.LifeOf(v.Exchange).Fate == passage.Ended {
			return []checks.Finding{v.At(len(v.Text.Bytes), len(v.Text.Bytes), message)}
		}
	}
	return nil
}

var restart = &checks.Check{
	ID:     "edge/restart",
	Title:  "Streams should not all be ended at one moment",
	Level:  checks.Advice,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
Where a hop is restarted or loads another configuration, all its streams end at once, and all readers come
back at once. It looks like a limit on time, and raising limits does not help.

Flagged is where streams of different ages end within two seconds while those straight from the origin
go on. That a hop was not restarted while it was watched says nothing of the next deployment.`,
	Fix:   "Let the hop drain: give old workers as long as a stream lasts, and let origins send a retry field with some spread.",
	Needs: []wire.Scene{wire.EdgeAge},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		a, out := ages(ev)
		switch {
		case out.Verdict != 0:
			return out
		case a.Restart:
			return checks.Broke(a.Seen, ended(ev, fmt.Sprintf("%d streams of different ages were ended at one moment", len(a.Ends)))...)
		}
		return checks.Held(a.Seen, "streams, which were not ended at one moment")
	},
}
