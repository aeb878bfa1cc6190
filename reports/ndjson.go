package reports

import (
	"bytes"
	"io"
)

// NDJSON writes documents as lines of JSON, each of which says what it is, of which target and of which run: of each document a
// line "run", a line "result" for each rule, a line "trial" for each interrupted answer, "edge" for what stands between, and "end".
func NDJSON(w io.Writer, ds []*Document) error {
	var b bytes.Buffer
	for _, d := range ds {
		for _, v := range d.lines() {
			line, err := ndjson(v)
			if err != nil {
				return err
			}
			b.Write(line)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// A Progress is what a run does at some moment. Who follows a run as NDJSON has lines of it before those of the documents.
type Progress struct {
	Target string  // its name, or its URL where it has none
	Run    string  // as in a document
	AtMS   float64 // since the run began
	Phase  string
	Detail string // how far that is
	Done   int    // of so many experiments or trials
	Of     int
}

// Line returns the line, with its end.
func (p Progress) Line() ([]byte, error) {
	return ndjson(struct {
		lineHead
		AtMS   float64 `json:"at_ms"`
		Phase  string  `json:"phase"`
		Detail string  `json:"detail,omitempty"`
		Done   int     `json:"done"`
		Of     int     `json:"of"`
	}{lineHead{"progress", p.Target, p.Run}, p.AtMS, p.Phase, p.Detail, p.Done, p.Of})
}

// A lineHead is how every line begins.
type lineHead struct {
	Type   string `json:"type"`
	Target string `json:"target"`
	Run    string `json:"run"`
}

// lines returns the lines of a document.
func (d *Document) lines() []any {
	head := func(kind string) lineHead {
		name := d.Target.Name
		if name == "" {
			name = d.Target.URL
		}
		return lineHead{kind, name, d.Run}
	}
	out := []any{d.runLine(head("run"))}
	for _, x := range d.Results {
		out = append(out, struct {
			lineHead
			Result
		}{head("result"), x})
	}
	for _, t := range d.Chaos {
		out = append(out, struct {
			lineHead
			Trial
		}{head("trial"), t})
	}
	if d.Edge != nil {
		out = append(out, struct {
			lineHead
			Edge
		}{head("edge"), *d.Edge})
	}
	return append(out, struct {
		lineHead
		Partial bool   `json:"partial,omitempty"`
		Exit    int    `json:"exit"`
		Why     string `json:"why,omitempty"`
		Summary Counts `json:"summary"`
	}{head("end"), d.Partial, d.Exit, d.Why, d.Summary})
}

// runLine says what was asked, and how the target answered.
func (d *Document) runLine(head lineHead) any {
	return struct {
		lineHead
		Schema     int      `json:"schema"`
		Tool       Tool     `json:"tool"`
		Command    string   `json:"command"`
		URL        string   `json:"url"`
		Method     string   `json:"method,omitempty"`
		Profile    string   `json:"profile"`
		Promises   []string `json:"promises"`
		Source     *Source  `json:"source,omitempty"`
		Began      string   `json:"began"`
		DurationMS float64  `json:"duration_ms"`
		Requests   int      `json:"requests"`
		Seed       int64    `json:"seed"`
		Answer     []string `json:"answer,omitempty"`
		Stream     []string `json:"stream,omitempty"`
	}{head, d.Schema, d.Tool, d.Command, d.Target.URL, d.Target.Method, d.Target.Profile, d.Target.Promises, d.Target.Source,
		d.Began, d.DurationMS, d.Requests, d.Seed, d.Answer, d.Stream}
}

// ndjson encodes one line, its end behind it.
func ndjson(v any) ([]byte, error) {
	text, err := marshal(v, "")
	return append(visibly(text), '\n'), err
}
