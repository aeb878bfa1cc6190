package reports

import (
	"fmt"
	"strings"
)

// A measured is one figure of what stands between.
type measured struct{ Label, Value string }

// Measured lists the figures of an edge.
func (s *webSection) Measured() []measured {
	e := s.Edge
	var out []measured
	if d := e.Delay; d != nil {
		out = append(out, measured{"later, half of all events", duration(d.P50)}, measured{"later, 95 of 100", duration(d.P95)}, measured{"later, 99 of 100", duration(d.P99)})
	}
	if e.Class != "" {
		out = append(out, measured{"how it holds", brief(e.Class)})
	}
	if e.Buffer != nil {
		out = append(out, measured{"held until there are", size(*e.Buffer)})
	}
	if e.Flush != nil {
		out = append(out, measured{"let go every", duration(*e.Flush)})
	}
	if e.Idle != nil {
		out = append(out, measured{"silence that ends a stream", duration(*e.Idle * 1000)})
	}
	if e.Age != nil {
		out = append(out, measured{"age that ends a stream", duration(*e.Age * 1000)})
	}
	return out
}

// Beyond says how many of the events of tracks are not drawn; empty where all are.
func (s *webSection) Beyond() string {
	var words []string
	for _, t := range s.Edge.Tracks {
		if left := t.Left + max(0, len(t.AtMS)-mostMoments); left > 0 {
			words = append(words, fmt.Sprintf("%s %s", plural(left, "later event of", "later events of"), brief(t.Name)))
		}
	}
	return strings.Join(words, ", ")
}

// TrackLines writes out when events were sent and came for who has no script.
func (s *webSection) TrackLines() string {
	var out strings.Builder
	for _, t := range s.Edge.Tracks {
		fmt.Fprintf(&out, "%s:", brief(t.Name))
		for i, at := range t.AtMS {
			if i == mostLines {
				fmt.Fprintf(&out, " and %d more", len(t.AtMS)-mostLines)
				break
			}
			out.WriteString(" " + duration(at))
		}
		out.WriteByte('\n')
	}
	return out.String()
}
