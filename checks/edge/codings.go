package edge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var codings = &checks.Check{
	ID:     "edge/codings",
	Title:  "A content coding must not hold events",
	Level:  checks.Must,
	Timing: true,
	Clause: notBlocking,
	Since:  "0.4",
	Doc: `
An encoder keeps what it is given until it has enough, unless it is flushed for each event. Browsers offer codings,
and many tools that one looks with do not: where only coded answers are held, all looks well to the operator and
nothing comes for the reader.

Event streams are asked for with no coding, with each coding, and with all that browsers offer. It fails where half
of the events come 80 ms later or more than without a coding. Other media types that are held so are named, and do
not fail: not all of them are streams.`,
	Fix:   "Exclude text/event-stream from compression on the hop, or have the encoder flushed after each read.",
	Needs: []wire.Scene{wire.EdgeCodings},
	Judge: judgeCodings,
}

var noTransform = &checks.Check{
	ID:     "edge/no-transform",
	Title:  "An answer with Cache-Control: no-transform is better not compressed",
	Level:  checks.Advice,
	Clause: checks.RFC("9111", "5.2.2.6", "an intermediary … MUST NOT transform the content"),
	Since:  "0.4",
	Doc: `
Cache-Control: no-transform is how an origin asks hops to leave its bytes alone. Where it is obeyed, an
application can keep its streams out of an encoder that holds them; where it is not, only the hop can be changed.

It concerns hops that compress event streams at all.`,
	Fix:   "Exclude text/event-stream from compression on the hop itself.",
	Needs: []wire.Scene{wire.EdgeCodings},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		n, coded := 0, false
		for _, c := range inCodings(ev) {
			if c.Media != eventStream || c.Offered == "identity" {
				continue
			}
			coded = coded || c.Coding != ""
			if !c.Kept {
				continue
			}
			n++
			if v := viewOf(ev, c.X); c.Coding != "" {
				found = checks.AddOnce(found, v.AtField(v.Header.Index("Content-Encoding"), fmt.Sprintf("an event stream with no-transform was coded with %s", c.Coding)))
			}
		}
		if n == 0 {
			return unseen(ev, "no event stream with no-transform came through", wire.EdgeCodings)
		}
		if !coded {
			return checks.Unconcerned("the hop codes no event stream")
		}
		return checks.Judged(n, found, "event streams with no-transform, none coded; others were")
	},
}

const eventStream = "text/event-stream"

type codedKey struct{}

func inCodings(ev *checks.Evidence) []passage.Coded {
	return ev.Learn(codedKey{}, func() any { return passage.CodingsOf(ev.Bundle) }).([]passage.Coded)
}

func judgeCodings(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	var symptoms []remedy.Symptom
	var asked, used, others []string
	n, plain, slowest := 0, false, time.Duration(0)
	for _, c := range inCodings(ev) {
		switch {
		case c.Media != eventStream:
			if c.Only {
				others = once(others, c.Media)
			}
			continue
		case !c.Known:
			continue
		case c.Offered == "identity":
			plain = plain || c.Class == ""
			continue
		}
		n++
		asked = once(asked, c.Offered)
		slowest = max(slowest, c.Delays.P95)
		if c.Coding != "" {
			used = once(used, c.Coding)
		}
		if c.Only {
			found = checks.AddOnce(found, viewOf(ev, c.X).At(0, 0, codedText(c)))
			symptoms = append(symptoms, remedy.Symptom{Class: c.Class, Coding: c.Coding})
		}
	}
	switch {
	case len(found) > 0:
		return checks.Broke(n, found...).Shows(oneEach(symptoms)...)
	case n == 0:
		return unseen(ev, "no event stream came through as it was sent where a coding was offered", wire.EdgeCodings)
	case !plain:
		return checks.Unseen("event streams are held where no coding is offered, too")
	}
	text := "none was coded"
	if len(used) > 0 {
		text = "coded with " + strings.Join(used, ", ")
	}
	if len(others) > 0 {
		text += "; " + strings.Join(others, ", ") + " is held where a coding is offered"
	}
	return checks.Held(n, "event streams with %s offered: 95 %% of their events came within %v; %s", strings.Join(asked, ", "), checks.Brief(slowest), text)
}

func codedText(c passage.Coded) string {
	in := "coded with " + c.Coding
	if c.Coding == "" {
		in = "where " + c.Offered + " was offered"
	}
	how := fmt.Sprintf("half of the events came %v late or more", checks.Brief(c.Delays.P50))
	switch c.Class {
	case remedy.HeldToEnd:
		how = "no event came before the last one was sent"
	case remedy.OneBehind:
		how = "each event came when the next one was sent"
	}
	return in + ", and only then, " + how
}

func once(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

func oneEach(all []remedy.Symptom) []remedy.Symptom {
	var out []remedy.Symptom
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
