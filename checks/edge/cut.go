package edge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// cutWords are the ways in which an origin breaks off, as they are told.
var cutWords = map[string]string{"fin": "FIN", "reset": "RST", "mid-chunk": "FIN inside a chunk"}

var cutVisible = &checks.Check{
	ID:     "edge/cut-visible",
	Title:  "An answer that is cut short must not arrive as a whole one",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "8", "A message body that uses the chunked transfer coding is incomplete if the zero-sized chunk that terminates the encoding has not been received."),
	Since:  "0.4",
	Doc: `
A reader that is told of a cut asks for the rest. One that is given a proper end takes half an answer for the whole and
shows it to a person, or acts on it.

The origin breaks off behind two events: with FIN, with RST, inside a chunk, before its Content-Length is reached. A hop
that asks with HTTP/1.0 leaves the origin no other way to end than closing, and so hides the cut. An answer that
ends by closing of its own accord is for edge/close-delimited.`,
	Fix:   "Ask the origin with HTTP/1.1, pass on its framing, and let the hop abort its answer where the origin's is cut; until then end each answer with an event that says so.",
	Good:  "(chunked, the connection closes without the last chunk)",
	Bad:   "(chunked, 0 CR LF CR LF: a proper end)",
	Needs: []wire.Scene{wire.EdgeCut},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		cs := cutsMade(ev)
		if len(cs) == 0 {
			return unseen(ev, "no cut was made that shows straight from the origin", wire.EdgeCut)
		}
		for _, version := range versionsOf(cs) {
			if !wholeArrives(ev, version) {
				return unseen(ev, "even an answer that was whole did not arrive as one over "+version, wire.EdgeCut)
			}
		}
		told, masked, untold := divided(cs)
		switch {
		case len(masked) > 0:
			return checks.Broke(len(cs), hidden(masked)...).Shows(maskedSymptom(cs, masked))
		case len(told) == 0:
			return checks.Unseen("the reader had been told nothing when it stopped waiting, %s behind its request", watchedFor(untold[0].view))
		case len(untold) > 0:
			return checks.Held(len(told), "%d cuts (%s) were told to the reader, over %s; of %d more (%s) nothing was told within %s", len(told), manners(told),
				strings.Join(versionsOf(told), " and "), len(untold), manners(untold), watchedFor(untold[0].view))
		}
		return checks.Held(len(told), "%d cuts (%s) were told to the reader, over %s", len(told), manners(told), strings.Join(versionsOf(told), " and "))
	},
}

// A severed answer is a cut and where it was seen.
type severed struct {
	passage.Cut
	view *checks.View
}

// cutsMade returns the cuts that a hop could have passed on: those that show straight from the origin, or would if the hop
// asked otherwise.
func cutsMade(ev *checks.Evidence) []severed {
	var out []severed
	for _, v := range route(ev, wire.EdgeCut, wire.Via) {
		c, ok := passage.CutOf(v.Exchange)
		if !ok || c.Framing == "close-delimited" {
			continue
		}
		if d := twin(ev, v); d != nil {
			if straight, ok := passage.CutOf(d.Exchange); !ok || straight.Told != passage.Shown {
				continue
			}
		}
		out = append(out, severed{c, v})
	}
	return out
}

// wholeArrives reports whether an answer that was not cut arrived as a whole one.
func wholeArrives(ev *checks.Evidence, version string) bool {
	return slices.ContainsFunc(route(ev, wire.EdgeCut, wire.Via), func(v *checks.View) bool {
		return v.Case.Get("end") == "finish" && v.Request.Proto == version && v.Status == 200 && v.End.Kind == wire.Complete
	})
}

func divided(cs []severed) (told, masked, untold []severed) {
	for _, c := range cs {
		switch c.Told {
		case passage.Shown:
			told = append(told, c)
		case passage.Masked:
			masked = append(masked, c)
		default:
			untold = append(untold, c)
		}
	}
	return told, masked, untold
}

// hidden says what readers are told in place of a cut: one finding for each version in which they ask.
func hidden(masked []severed) []checks.Finding {
	var out []checks.Finding
	for _, version := range versionsOf(masked) {
		var all []severed
		for _, c := range masked {
			if c.Version == version {
				all = append(all, c)
			}
		}
		v := all[0].view
		n := len(v.Text.Bytes)
		m := fmt.Sprintf("an answer that the origin cut short (%s) arrives over %s as one that ended properly", manners(all), version)
		if all[0].Asked == "HTTP/1.0" {
			m += "; the hop asks with HTTP/1.0, in which an answer can only end by closing"
		}
		f := v.At(n, n, m)
		f.At = v.End.At
		out = append(out, f)
	}
	return out
}

// maskedSymptom says over which version of the reader's alone cuts are hidden, if it is one of several.
func maskedSymptom(cs, masked []severed) remedy.Symptom {
	s := remedy.Symptom{Class: remedy.MaskedCut}
	if over := versionsOf(masked); len(over) == 1 && len(versionsOf(cs)) > 1 {
		s.Version = over[0]
	}
	return s
}

// versionsOf returns the versions in which the readers asked, each once.
func versionsOf(cs []severed) []string {
	var out []string
	for _, c := range cs {
		if !slices.Contains(out, c.Version) {
			out = append(out, c.Version)
		}
	}
	return out
}

// manners says in which ways answers were cut, each once.
func manners(cs []severed) string {
	var out []string
	for _, c := range cs {
		m := cutWords[c.End]
		switch {
		case c.Asked == "HTTP/2.0":
			m = "RST_STREAM"
		case c.Framing == "length":
			m += " before Content-Length"
		}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return strings.Join(out, ", ")
}

// watchedFor says how long a reader waited.
func watchedFor(v *checks.View) string { return fmt.Sprintf("%.1f s", v.End.At.Seconds()) }

var closeDelimited = &checks.Check{
	ID:     "edge/close-delimited",
	Title:  "Whether the cut of an answer that ends by closing is told to the reader",
	Level:  checks.Fact,
	Clause: checks.RFC("9112", "8", "A response that has neither chunked transfer coding nor Content-Length is terminated by closure of the connection and, if the header section was received intact, is considered complete unless an error was indicated by the underlying connection"),
	Since:  "0.4",
	Doc: `
An answer with neither chunks nor a length ends with its connection, and so does one that is cut short: behind the first
hop nobody can tell them apart. Only an event that says "this was the last" can.

A reset of the connection is an error that a hop could pass on.`,
	Good:  "Transfer-Encoding: chunked\n",
	Needs: []wire.Scene{wire.EdgeCut},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var masked, told []severed
		for _, v := range route(ev, wire.EdgeCut, wire.Via) {
			c, ok := passage.CutOf(v.Exchange)
			if !ok || c.Framing != "close-delimited" || c.Asked == "HTTP/2.0" {
				continue
			}
			switch c.Told {
			case passage.Masked:
				masked = append(masked, severed{c, v})
			case passage.Shown:
				told = append(told, severed{c, v})
			}
		}
		over := strings.Join(versionsOf(slices.Concat(masked, told)), " and ")
		switch {
		case len(masked) == 0 && len(told) == 0 && turnedAway(ev, wire.EdgeCut) != "":
			return checks.Unseen("%s", turnedAway(ev, wire.EdgeCut))
		case len(masked) == 0 && len(told) == 0:
			return checks.Unconcerned("the hop was given no answer that ends by closing")
		case len(masked) == 0:
			return checks.Held(len(told), "cuts of answers that end by closing were told to the reader (%s), over %s", manners(told), over)
		case len(told) == 0:
			return checks.Held(len(masked), "cuts of answers that end by closing arrived as proper ends (%s), over %s", manners(masked), over)
		}
		return checks.Held(len(masked)+len(told), "answers that end by closing: cut by %s they arrived as whole ones, by %s the cut was told, over %s", manners(masked), manners(told), over)
	},
}
