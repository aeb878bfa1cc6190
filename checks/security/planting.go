package security

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// A text is one of those that the scene inject sends, in its order.
type text int

const (
	harmless text = iota
	withLF
	withCR
	withCRLF
)

var lineEndNames = [...]string{harmless: "no line end", withLF: "LF", withCR: "CR", withCRLF: "CRLF"}

func listed(texts []text) string {
	var names []string
	for _, t := range texts {
		names = append(names, lineEndNames[t])
	}
	return strings.Join(names, ", ")
}

// A place is where a text comes back in the stream; several may hold.
type place int

const (
	nowhere place = 0
	inData  place = 1
	inField place = 2 // id, event, retry or a comment
)

func placeOf(field []byte) place {
	switch string(field) {
	case "data":
		return inData
	case "id", "event", "retry", "": // a comment has no name
		return inField
	}
	return nowhere // a field that no client looks at
}

// A planting is what came back for each text; nil where it was not sent.
type planting struct {
	answers [withCRLF + 1]*checks.View
	places  place // where the harmless text came back
	pieced  bool  // in several events
}

func newPlanting(ev *checks.Evidence) *planting {
	p := &planting{}
	sent := ev.Exhibit(wire.Inject)
	all := visits(sent)
	if len(all) > len(p.answers) || len(all) < len(p.answers) && len(all) < len(sent.Views) {
		return p // which answer belongs to which text cannot be told
	}
	for i, hops := range all {
		p.answers[i] = last(hops)
	}
	v := p.answers[harmless]
	if !v.OpenedEventStream() {
		return p
	}
	for _, l := range v.Stream.Lines {
		if bytes.Contains(v.Stream.Content(l), []byte(wire.Marker)) {
			p.places |= placeOf(v.Stream.Name(l))
		}
	}
	if plain := wire.Injections()[harmless]; !bytes.Contains(v.Stream.Body, []byte(plain)) && inPieces(v, plain) {
		p.places, p.pieced = p.places|inData, true
	}
	return p
}

// forged returns the first line that a text became, where it stands behind a text in that place.
func (p *planting) forged(t text, where place) []checks.Finding {
	v := p.answers[t]
	if !v.OpenedEventStream() || !bytes.Contains(v.Stream.Body, []byte(wire.Forged)) {
		return nil
	}
	s := v.Stream
	for i, l := range s.Lines {
		if l.End == stream.None || string(s.Name(l)) != "event" || string(s.Value(l)) != wire.Forged {
			continue
		}
		if from, behind := standsBehind(s, i); from == where {
			return []checks.Finding{v.At(l.Lo, l.Hi, fmt.Sprintf(
				"the rest of a text that has %s does not stay in %s: %q became a field of the stream, so whoever writes the text makes events for all who read",
				lineEndNames[t], behind, s.Content(l)))}
		}
	}
	return nil
}

// standsBehind returns what the line before line i is, with which the text began: data, if that cannot be seen.
func standsBehind(s *stream.Stream, i int) (place, string) {
	if i > 0 && bytes.HasSuffix(s.Content(s.Lines[i-1]), []byte(wire.Marker)) {
		switch name := s.Name(s.Lines[i-1]); {
		case len(name) == 0:
			return inField, "a comment"
		case placeOf(name) == inField:
			return inField, string(name)
		}
	}
	return inData, "data"
}

// rejects reports whether an answer turns a text away: by its status, or by ending the stream before the first event.
func rejects(v *checks.View) bool {
	return refused(v) || v.OpenedEventStream() && len(v.Stream.Events) == 0 && v.End.Kind == wire.Complete
}

// unseen returns why a text's answer does not show what became of it, or "".
func (p *planting) unseen(t text) string {
	switch v := p.answers[t]; {
	case v == nil:
		return "a text with " + lineEndNames[t] + " was not sent"
	case rejects(v):
		return ""
	case !v.OpenedEventStream():
		return "the request with " + lineEndNames[t] + " in its text " + answered(v)
	case inPieces(v, wire.Marker+"event:"+wire.Forged):
		return ""
	case p.pieced && inPieces(v, wire.Marker):
		return "the text with " + lineEndNames[t] + " came back in pieces, and not all of it"
	case !bytes.Contains(v.Stream.Body, []byte(wire.Marker)):
		return "the text with " + lineEndNames[t] + " did not come back"
	}
	return ""
}
