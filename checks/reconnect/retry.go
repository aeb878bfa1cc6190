package reconnect

import (
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A retry is one retry field that takes effect.
type retry struct {
	lo, hi int // its line, without the line's end
	digits string
	ms     uint64 // as much of it as fits
}

// retries returns the retry fields of a stream that readers heed, in order: others are told by the family framing.
func retries(s *stream.Stream) []retry {
	var out []retry
	for _, l := range s.Lines {
		if l.End == stream.None || string(s.Name(l)) != "retry" {
			continue
		}
		digits := string(s.Value(l))
		if digits == "" || strings.Trim(digits, "0123456789") != "" {
			continue
		}
		ms, _ := strconv.ParseUint(digits, 10, 64) // the largest number where it does not fit
		out = append(out, retry{l.Lo, l.Hi - l.End.Len(), digits, ms})
	}
	return out
}

// The bounds of a sensible reconnection time, in milliseconds.
const (
	shortest = 500           // Firefox waits no shorter
	longest  = 5 * 60 * 1000 // a reader that lost its connection misses all of that
	widest   = 1<<32 - 1     // what readers that count in 32 bits can hold
)

var retryRange = &checks.Check{
	ID:     "reconnect/retry-range",
	Title:  "A reconnection time should lie between half a second and five minutes",
	Level:  checks.Advice,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "interpret the field value as an integer in base ten, and set the event stream's reconnection time to that integer"),
	Since:  "0.3",
	Doc: `
A server that restarts is left by all its readers at once. With retry: 0 Chromium comes back hundreds of
times a second until it is there again; Firefox waits half a second at least. With an hour a reader stays without
events for an hour after each lost connection, and what does not fit into 32 bits is anything.

The standard sets no limits, so this is advice. A long time is not flagged where the server itself ends the stream:
then it says how often a feed wants to be polled, or that nobody need come back soon.`,
	Fix:   "Send between 1000 and 30000, for instance \"retry: 3000\".",
	Good:  "retry: 3000\n\n",
	Bad:   "retry: 0\n\n",
	Needs: control,
	When:  []checks.Condition{checks.EventStream, byField},
	After: []string{"reconnect/tight-loop"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		all := retries(v.Stream)
		if len(all) == 0 {
			return checks.Unconcerned("no reconnection time was sent")
		}
		t := checks.Tally{View: v}
		for _, r := range all {
			switch {
			case r.ms < shortest:
				t.Add(r.lo, r.hi, "retry is %d ms: readers that lose their connection come back in a rush", r.ms)
			case r.ms > widest:
				t.Add(r.lo, r.hi, "retry is %.24s, which does not fit into 32 bits: readers wait for ever, or not at all", r.digits)
			case r.ms > longest && v.End.Kind != wire.Complete:
				t.Add(r.lo, r.hi, "retry is %v: a reader that loses its connection is without events for so long", time.Duration(r.ms)*time.Millisecond)
			}
		}
		return t.Outcome(len(all), "%s, the last one %.24s ms", count(len(all), "reconnection time"), all[len(all)-1].digits)
	},
}

var retryEarly = &checks.Check{
	ID:     "reconnect/retry-early",
	Title:  "Tells whether the reconnection time is sent before the first event",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.2", "the-eventsource-interface", "This must initially be an implementation-defined value, probably in the region of a few seconds"),
	Since:  "0.3",
	Doc: `
A reconnection time is in force from its line on. Sent first, it also serves a reader whose connection is lost
early; before it Chromium waits 3 seconds and Firefox 5.

It need not be sent at all.`,
	Good:  "retry: 3000\n\nid: 1\ndata: a\n\n",
	Needs: control,
	When:  []checks.Condition{checks.EventStream, byField},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		s := ev.Control().Stream
		all := retries(s)
		if len(all) == 0 {
			return checks.Unconcerned("no reconnection time was sent")
		}
		before := 0
		for _, e := range s.Events {
			if e.Hi <= all[0].lo {
				before++
			}
		}
		if before > 0 {
			return checks.Held(1, "the reconnection time (%.24s ms) comes behind %s: until then each browser waits as it likes", all[0].digits, count(before, "event"))
		}
		return checks.Held(1, "the reconnection time (%.24s ms) comes with the first event, or before it", all[0].digits)
	},
}
