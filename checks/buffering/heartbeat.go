package buffering

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/hold"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var heartbeatsThrough = &checks.Check{
	ID:     "buffering/heartbeats-through",
	Title:  "Heartbeats should come one by one, as they are sent",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.HTML("9.2.7", "authoring-notes", "authors can include a comment line (one starting with a ':' character) every 15 seconds or so"),
	Since:  "0.4",
	Doc: `
A timer does not fire twice at once. Where two heartbeats come together, the first was held for a whole period, and so was all that was
sent with it: proxies behind the one that holds see a silent stream and cut it.

It takes five heartbeats of one text that keep time over all, of a period of two seconds or more, and two flights that brought several; the number of them
must vary, since a source may send a fixed number of comments each time. Comments that come with every so many events, padding, what
two timers explain, and what this machine may have held itself are left out. Where other bytes came while the first would have waited, it was not
held. A timer that was blocked together with the whole stream, and then caught up, looks like a hold: so this is no must. Two of them must fit into one hold, so a heartbeat of 15 seconds shows no hold of five.`,
	Fix:   "Switch off response buffering on the way (nginx: proxy_buffering off, or X-Accel-Buffering: no from the server), and flush behind each heartbeat.",
	Good:  ":\n\n(5 s)\n\n:\n\n(5 s)\n\n:\n\n",
	Bad:   ":\n\n:\n\n:\n\n(15 s)\n\n:\n\n:\n\n:\n\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	After: []string{"headers/content-encoding-truthful", "buffering/coalescing", "buffering/whole-response"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v, l := ev.Control(), timeline(ev)
		r := l.Beats()
		switch {
		case r.State == hold.Held:
			found := at(v, r.Places, func(p hold.Place) string {
				return fmt.Sprintf("this heartbeat came with the one before, though one is sent every %v: that was held for as long", checks.Brief(r.Period))
			})
			return checks.Broke(r.Power.Events+len(r.Places), found...).Shows(beatSymptom(l))
		case r.State == hold.Clear:
			return checks.Held(max(r.Power.Events, 1), "heartbeats come every %v, and no two together: none was held for that long", checks.Brief(r.Period))
		}
		return checks.Unconcerned("%s", r.Why)
	},
}

// beatSymptom says what kind of thing holds heartbeats: a timer, where they come at its period.
func beatSymptom(l *hold.Timeline) remedy.Symptom {
	if p := l.FixedPeriod(); p.State == hold.Held {
		return remedy.Symptom{Class: remedy.TimerHeld, Period: p.Period}
	}
	return remedy.Symptom{Class: remedy.ByteHeld}
}
