package security

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

const lineEndsClause = "Lines must be separated by either a … (CRLF) character pair, a single … (LF) character, or a single … (CR) character."

var lineEnds = checks.HTML("9.2.5", "parsing-an-event-stream", lineEndsClause)

var injectLF = &checks.Check{
	ID:     "security/inject-lf",
	Title:  "A text that holds LF or CRLF must not become fields of the stream",
	Level:  checks.Must,
	Clause: lineEnds,
	Since:  "0.3",
	Doc: `
A server that writes a text behind "data: " as it is lets the writer of the text go on with lines of his own: an
event with any name, an id that moves every reader's cursor, a retry that keeps them away. All who read the
stream are given it (CWE-93).

It is asked only where you name a place that the server repeats (--inject). One data line for each line of the
text, JSON, and a text without its line ends are all right, and so is a refusal. A text that comes back in pieces, such
as the deltas of a model, is put together first. Where the text stands in an id, an event name or a comment
security/inject-id-event judges.`,
	Fix:   "Divide the text at CRLF, LF and CR, and write each line behind a \"data: \" of its own; or send it as JSON.",
	Good:  "data: a\ndata: event: forged\ndata: data: b\n\n",
	Bad:   "data: a\nevent: forged\ndata: b\n\n",
	Needs: []wire.Scene{wire.Inject},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		p := newPlanting(ev)
		found := p.forged(withLF, inData)
		if p.forged(withCR, inData) == nil { // else it is the CR in CRLF that was taken for the end of a line
			found = append(found, p.forged(withCRLF, inData)...)
		}
		return p.outcome(found, inData, withLF, withCRLF)
	},
}

var injectCR = &checks.Check{
	ID:     "security/inject-cr",
	Title:  "A text that holds a CR must not become fields of the stream",
	Level:  checks.Must,
	Clause: lineEnds,
	Since:  "0.3",
	Doc: `
A CR alone ends a line as well. Many libraries divide a text at LF only, and pass the CR on: the rest of the text
becomes fields, as with security/inject-lf.

It is asked only where you name a place that the server repeats (--inject). A CR that was taken out, replaced, or
made an end of a data line is all right, and so is a refusal.`,
	Fix:   "Divide the text at CR too, or take it out.",
	Good:  "data: a\ndata: event: forged\n\n",
	Bad:   "data: a\revent: forged\rdata: b\n\n",
	Needs: []wire.Scene{wire.Inject},
	After: []string{"security/inject-lf"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		p := newPlanting(ev)
		return p.outcome(p.forged(withCR, inData), inData, withCR)
	},
}

var injectIDEvent = &checks.Check{
	ID:     "security/inject-id-event",
	Title:  "A text in an id, an event name or a comment must not become other fields",
	Level:  checks.Must,
	Clause: lineEnds,
	Since:  "0.3",
	Doc: `
Libraries that write data line by line often write id, event and comments as they are. A room, a user's name or a
key that finds its way there, with an end of line in it, becomes fields of the stream.

It is asked only where you name a place that the server repeats (--inject), and where a harmless text came back in
one of these lines. Line ends that were taken out are all right, and so is a refusal.`,
	Fix:   "Refuse or take out CR and LF in everything that goes into id, event and comments.",
	Good:  "id: room-7event: forged\ndata: a\n\n",
	Bad:   "id: room-7\nevent: forged\ndata: a\n\n",
	Needs: []wire.Scene{wire.Inject},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		p := newPlanting(ev)
		var found []checks.Finding
		for _, t := range []text{withLF, withCR, withCRLF} {
			found = append(found, p.forged(t, inField)...)
		}
		return p.outcome(found, inField, withLF, withCR, withCRLF)
	},
}

// outcome is the verdict on the texts that stand in a place.
func (p *planting) outcome(found []checks.Finding, where place, texts ...text) checks.Outcome {
	first := p.answers[harmless]
	switch {
	case found != nil:
		return checks.Broke(len(texts), found...)
	case first == nil:
		return checks.Unseen("which answer belongs to which text could not be told")
	case !first.OpenedEventStream():
		return checks.Unseen("the request with a harmless text %s, and no event stream was opened", answered(first))
	case p.places == nowhere:
		return checks.Unseen("the text did not come back in the %v that its stream was watched, whole or in pieces", checks.Brief(first.End.At))
	case p.places&where == 0 && where == inData:
		return checks.Unconcerned("the text comes back in an id, an event name or a comment only, which security/inject-id-event judges")
	case p.places&where == 0:
		return checks.Unconcerned("the text comes back in data, and not in an id, an event name or a comment")
	}
	refusals := 0
	for _, t := range texts {
		switch why := p.unseen(t); {
		case why != "":
			return checks.Unseen("%s", why)
		case rejects(p.answers[t]):
			refusals++
		}
	}
	if refusals == len(texts) {
		return checks.Held(refusals, "the server turns such a text away: the request %s, and no event came", answered(p.answers[texts[0]]))
	}
	return checks.Held(len(texts), "a text with %s came back, and no line of it became a field", listed(texts))
}
