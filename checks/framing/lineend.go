package framing

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

const lineEndsClause = "Lines must be separated by either a … (CRLF) character pair, a single … (LF) character, or a single … (CR) character."

// ends counts the lines by how they end. A CR that is the last byte seen is left out unless the
// answer is whole, since an LF may still follow it.
func ends(v *checks.View) (n [stream.CRLF + 1]int) {
	for _, l := range v.Stream.Lines {
		n[l.End]++
	}
	if lines := v.Stream.Lines; len(lines) > 0 && lines[len(lines)-1].End == stream.CR && !whole(v) {
		n[stream.CR]--
	}
	n[stream.None] = 0
	return n
}

var lineEndings = &checks.Check{
	ID:     "framing/line-endings",
	Title:  "The line ends in use are told: LF, CRLF and CR all conform",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", lineEndsClause),
	Since:  "0.1",
	Doc: `
LF, CRLF and CR are equal, and a stream may mix them as it likes. Every conforming client reads all
three, but home-made ones often split at LF only.

No line end is ever held against a server.`,
	Good:  "data: a\r\n\r\n",
	Bad:   "(none: every line end conforms)",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		n := ends(ev.Control())
		seen := n[stream.LF] + n[stream.CRLF] + n[stream.CR]
		if seen == 0 {
			return checks.Unseen("no line was complete")
		}
		var used []string
		for term, name := range map[stream.Term]string{stream.LF: "LF", stream.CRLF: "CRLF", stream.CR: "CR"} {
			if n[term] > 0 {
				used = append(used, fmt.Sprintf("%s (%d)", name, n[term]))
			}
		}
		sort.Strings(used)
		return checks.Held(seen, "lines end in %s", strings.Join(used, ", "))
	},
}

var loneCR = &checks.Check{
	ID:     "framing/lone-cr",
	Title:  "A payload should not bring a lone CR into a stream of LF or CRLF lines",
	Level:  checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation", "a single U+000D CARRIAGE RETURN (CR) character not followed by a U+000A LINE FEED (LF) character"),
	Since:  "0.1",
	Doc: `
CR ends a line. Where a payload holds one, what follows it is a line without data: in front, and a
client ignores it: part of the event is lost. Whoever can put a CR into the payload can
also write fields of his own.

A stream that uses CR as its line end, alone or in a mix, is legal. A CR is reported only behind data,
where the line that follows has no meaning, and where that is not how most CRs are used.`,
	Fix:   "Split payloads at CR as well as at LF and CRLF, and put data: before every line; or send JSON, which escapes them.",
	Good:  "data: 10%\ndata: 20%\n\n",
	Bad:   "data: 10%\r20%\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		n := ends(v)
		switch {
		case n[stream.LF]+n[stream.CRLF]+n[stream.CR] == 0:
			return checks.Unseen("no line was complete")
		case n[stream.LF]+n[stream.CRLF] == 0:
			return checks.Unconcerned("CR is the only line end in use")
		}
		t, meant := strayCRs(v)
		if meant > t.N {
			t = tallyOf(v)
		}
		return t.Outcome(n[stream.LF]+n[stream.CRLF]+n[stream.CR], "no CR was found inside a payload")
	},
}

// strayCRs takes a finding on each CR behind data whose next line has no meaning, and counts the CRs
// whose next line has one.
func strayCRs(v *checks.View) (t tally, meant int) {
	t.View = v
	s := v.Stream
	lines := s.Lines
	if !whole(v) {
		lines = finished(lines) // half a name is not yet another name
	}
	payload := false
	for i := 0; i+1 < len(lines); i++ {
		k := kindOf(s, lines[i])
		payload = k == data || payload && k == ignored
		switch {
		case lines[i].End != stream.CR:
			payload = payload && k == ignored
		case kindOf(s, lines[i+1]) != ignored:
			meant++
		case payload:
			t.Add(lines[i].Hi-1, lines[i].Hi, "CR ends the data line here: a client ignores %.40q, which follows", s.Content(lines[i+1]))
		}
	}
	return t, meant
}

var crOnlyLatency = &checks.Check{
	ID:     "framing/cr-only-latency",
	Title:  "A stream of CR lines is told, for some clients show its events late",
	Level:  checks.Fact,
	Clause: checks.HTML("9.2.5", "parsing-an-event-stream", lineEndsClause),
	Since:  "0.1",
	Doc: `
Some clients hold a line that ends in CR until they have seen the next byte, since LF might follow. On
a stream that ends every line in CR the last event then arrives one event late.

CR is a legal line end, so this never fails. LF avoids the question.`,
	Good:  "data: a\n\n",
	Bad:   "data: a\r\r",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		n := ends(ev.Control())
		if n[stream.CR] == 0 || n[stream.LF]+n[stream.CRLF] > 0 {
			return checks.Unconcerned("CR is not the only line end in use")
		}
		return checks.Held(n[stream.CR], "all %d lines end in CR: legal, but some clients show each event one event late; LF avoids it", n[stream.CR])
	},
}

// separators end a line for many general-purpose line readers, and for no event stream.
var separators = []struct{ bytes, name string }{
	{"\u2028", "U+2028"}, {"\u2029", "U+2029"}, {"\u0085", "U+0085"}, {"\v", "U+000B"}, {"\f", "U+000C"},
}

var nonASCIISeparators = &checks.Check{
	ID:    "framing/non-ascii-separators",
	Title: "Lines should not be ended with U+2028, U+2029, U+0085, U+000B or U+000C",
	Level: checks.Should,
	Clause: checks.HTML("9.2.6", "event-stream-interpretation",
		"a … (CRLF) character pair, a single … (LF) character … and a single … (CR) character … being the ways in which a line can end"),
	Since: "0.1",
	Doc: `
Only LF, CR and CRLF end a line of an event stream. A server that joins its lines with another separator
sends one long line: the fields behind the separator become part of the first one's value.

Inside text, and in JSON strings above all, these characters are ordinary. They are reported only
directly before something that looks like a field, in data that is not JSON.`,
	Fix:   "Write LF at the end of every line.",
	Good:  "id: 1\ndata: a\n\n",
	Bad:   "id: 1\xe2\x80\xa8data: a\n\n",
	Needs: control,
	When:  readable,
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		t := tallyOf(v)
		j := literal{s: v.Stream}
		seen := 0
		for _, sep := range separators {
			for at := 0; ; {
				i := bytes.Index(v.Text.Bytes[at:], []byte(sep.bytes))
				if i < 0 {
					break
				}
				seen++
				lo := at + i
				at = lo + len(sep.bytes)
				if beginsField(v.Text.Bytes[at:]) && !j.holds(lo) {
					l := v.Stream.Lines[lineAt(v.Stream, lo)]
					t.Add(lo, at, "%s does not end a line: a client takes %.40q for part of the value before it", sep.name, v.Text.Bytes[at:l.Hi-l.End.Len()])
				}
			}
		}
		if seen == 0 {
			return checks.Unconcerned("none of these characters was sent")
		}
		return t.Outcome(seen, "%d of these characters, none directly before a field", seen)
	},
}
