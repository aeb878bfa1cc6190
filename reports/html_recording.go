package reports

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// places says which timeline is that of an exchange.
func (s *webSection) places() map[exchangeOf]int {
	out := map[exchangeOf]int{}
	for i, t := range s.Timelines[:s.Drawn] {
		out[exchangeOf{wire.Scene(t.Scene), t.Exchange}] = i
	}
	return out
}

// exchange says which exchange a place is in.
func (w Where) exchange() exchangeOf { return exchangeOf{wire.Scene(w.Scene), w.Exchange} }

// A webRecording is a timeline on the page: what it shows in words, and where the script finds what to draw.
type webRecording struct {
	*Timeline
	Anchor string
	Index  int
	Open   bool
	Found  int // findings that point at it
}

// recordings lists the timelines: that of the control stream, those that findings point at, and the others.
func (s *webSection) recordings(names anchors) {
	s.LeftOut = s.Unshown + len(s.Timelines) - s.Drawn
	pointed := s.pointed()
	for i := range s.Timelines[:s.Drawn] {
		t := &s.Timelines[i]
		r := &webRecording{Timeline: t, Anchor: names.unique(fmt.Sprintf("%s~t%d", s.Key, i)), Index: i, Found: len(pointed[i])}
		switch {
		case t.Scene == "control" && s.Stream == nil:
			r.Open, s.Stream = true, r
		case r.Found > 0 && len(s.Pointed) < mostPointed:
			r.Open, s.Pointed = true, append(s.Pointed, r)
		default:
			s.Others = append(s.Others, r)
		}
	}
}

// Name tells a timeline from the others.
func (r *webRecording) Name() string {
	words := []string{brief(r.Scene)}
	if r.Exchange > 0 {
		words[0] += fmt.Sprintf(", exchange %d", r.Exchange+1)
	}
	for _, w := range []string{r.Route, r.Case} {
		if w != "" {
			words = append(words, brief(w))
		}
	}
	return strings.Join(words, " · ")
}

// Summary says in a sentence what a picture of it shows.
func (r *webRecording) Summary() string {
	out := fmt.Sprintf("%s. %s and %s in %s, %s.", brief(r.Answer), plural(r.Events, "event", "events"), size(r.Bytes), duration(r.EndMS), endWords(r.End))
	if f := r.Fault; f != nil && f.SeenAs == "" {
		out += " A fault (" + brief(f.Kind) + ") did not land."
	} else if f != nil {
		out += fmt.Sprintf(" A fault (%s) was felt at %s.", brief(f.Kind), duration(f.AtMS))
	}
	return out
}

// endWords say how an exchange stopped.
func endWords(end string) string {
	switch end {
	case "complete":
		return "ended properly"
	case "truncated":
		return "closed before it was whole"
	case "reset":
		return "reset"
	case "silent":
		return "silent to the end"
	case "hung-up":
		return "still open when it was left"
	}
	return "end not known"
}

// mostLines is how many marks are written out for who has no script.
const mostLines = 100

// Lines writes out the marks for who has no script.
func (r *webRecording) Lines() string {
	var out strings.Builder
	for i, m := range r.Marks {
		if i == mostLines {
			fmt.Fprintf(&out, "and %d more moments\n", len(r.Marks)-mostLines)
			break
		}
		fmt.Fprintf(&out, "%10s  %11s  %10s", duration(m.AtMS), size(m.Bytes), plural(m.Events, "event", "events"))
		if m.Comments > 0 {
			out.WriteString(", " + plural(m.Comments, "comment", "comments"))
		}
		if m.LateMS > 0 {
			out.WriteString(", " + duration(m.LateMS) + " after it was sent")
		}
		out.WriteString("  " + brief(m.Text) + "\n")
	}
	return out.String()
}

// webData is what the script draws from.
type webData struct {
	Timelines []webTimeline `json:"timelines"`
	Length    int           `json:"length,omitempty"` // of the answer that was interrupted, in bytes
	Trials    []webTrial    `json:"trials,omitempty"`
	Tracks    []Track       `json:"tracks,omitempty"`
}

// A webTimeline is a [Timeline] in few bytes.
type webTimeline struct {
	Name   string       `json:"name"`
	Scene  string       `json:"scene"`
	Answer string       `json:"answer"`
	Head   float64      `json:"head"`
	End    float64      `json:"end"`
	How    string       `json:"how"`
	Fault  *Disturbance `json:"fault,omitempty"`
	Marks  [][]any      `json:"marks"` // at, bytes, events, comments, late, text
	Found  []webPointer `json:"found,omitempty"`
}

// A webPointer is a finding on a timeline.
type webPointer struct {
	At     float64 `json:"at"`
	Level  string  `json:"level"`
	ID     string  `json:"id"`
	Says   string  `json:"says"`
	Anchor string  `json:"anchor"`
}

// mostPointers is how many findings one timeline can show.
const mostPointers = 40

// pointed returns the findings that are on the page by the timeline that they point at.
func (s *webSection) pointed() map[int][]webPointer {
	out, places := map[int][]webPointer{}, s.places()
	for _, g := range s.Groups {
		for _, x := range g.Rules {
			for _, f := range x.Found {
				t, ok := places[f.Where.exchange()]
				if ok && len(out[t]) < mostPointers {
					at := f.AtMS
					if f.InHead() {
						at = s.Timelines[t].HeadMS
					}
					out[t] = append(out[t], webPointer{at, x.Level, brief(x.ID), brief(f.Message), f.Anchor})
				}
			}
		}
	}
	return out
}

// data writes what the script draws from. Angle brackets are escaped, so that nothing in it ends the element it stands in.
func (s *webSection) data(room *allowance) (template.JS, error) {
	out := webData{Timelines: []webTimeline{}}
	pointed := s.pointed()
	for i := range s.Timelines[:s.Drawn] {
		out.Timelines = append(out.Timelines, webTimelineOf(&s.Timelines[i], pointed[i]))
	}
	out.Length, out.Trials = s.length(), s.trials(room)
	if s.Edge != nil {
		for _, t := range s.Edge.Tracks {
			n := min(len(t.AtMS), mostMoments)
			out.Tracks = append(out.Tracks, Track{brief(t.Name), append([]float64{}, t.AtMS[:n]...), 0})
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("write what the page draws: %w", err)
	}
	return template.JS(b), nil
}

func webTimelineOf(t *Timeline, found []webPointer) webTimeline {
	out := webTimeline{
		Name: (&webRecording{Timeline: t}).Name(), Scene: brief(t.Scene), Answer: brief(t.Answer), Head: t.HeadMS, End: t.EndMS, How: brief(t.End),
		Marks: [][]any{}, Found: found,
	}
	if f := t.Fault; f != nil {
		out.Fault = &Disturbance{brief(f.Kind), brief(f.Aim), brief(f.SeenAs), f.AtMS}
	}
	for _, m := range t.Marks[:min(len(t.Marks), usualMarks)] {
		out.Marks = append(out.Marks, []any{m.AtMS, max(0, m.Bytes), max(0, m.Events), m.Comments, m.LateMS, brief(m.Text)})
	}
	return out
}
