package reports

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:embed html
var htmlFiles embed.FS

// scripts are one module, in this order: each uses those before it.
var scripts = []string{"element.js", "scale.js", "picture.js", "timeline.js", "strip.js", "tracks.js", "filter.js", "page.js"}

// HTML writes one page that needs nothing beside itself: its policy lets a browser load nothing, and run nothing but the
// style and the script that are its own, whatever a server wrote into the rest.
func HTML(w io.Writer, ds []*Document) error {
	t, err := template.New("page.tmpl").Funcs(webWords).ParseFS(htmlFiles, "html/*.tmpl")
	if err != nil {
		return fmt.Errorf("read the templates of the page: %w", err)
	}
	p, err := webPageOf(ds)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("fill the page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// A webPage is what page.tmpl shows.
type webPage struct {
	Policy   string
	Style    template.CSS
	Script   template.JS
	Title    string
	End      runEnd
	Why      string
	Facts    []string
	Sections []*webSection
	Verdicts []choice
	Levels   []choice
	Families []choice
	Rules    int
}

// webPageOf puts together what the page shows of documents.
func webPageOf(ds []*Document) (*webPage, error) {
	p := &webPage{End: endOf(4), Why: "nothing was judged"}
	if err := p.dress(); err != nil {
		return nil, err
	}
	room := &allowance{findings: mostWebFindings, timelines: shares(mostWebTimelines, ds), trials: mostWebTrials}
	names := anchors{}
	for i, d := range ds {
		s, err := sectionOf(d, names, room, i)
		if err != nil {
			return nil, err
		}
		p.Sections = append(p.Sections, s)
	}
	if len(ds) > 0 {
		p.End, p.Why, p.Facts = endOf(gravest(ds).Exit), p.why(ds), p.facts()
	}
	p.Title = strings.TrimSpace(p.End.Word + " " + strings.Join(p.targets(), ", "))
	p.choices()
	return p, nil
}

// dress reads style and script, and allows them by their hashes.
func (p *webPage) dress() error {
	style, err := htmlFiles.ReadFile("html/page.css")
	if err != nil {
		return fmt.Errorf("read the style of the page: %w", err)
	}
	var script bytes.Buffer
	for _, name := range scripts {
		b, err := htmlFiles.ReadFile("html/" + name)
		if err != nil {
			return fmt.Errorf("read the script of the page: %w", err)
		}
		script.Write(b)
	}
	p.Style, p.Script = template.CSS(style), template.JS(script.String())
	p.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hashOf(style), hashOf(script.Bytes()))
	return nil
}

// hashOf is how a Content-Security-Policy names a text (https://www.w3.org/TR/CSP3/#grammardef-hash-source).
func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// why gives the reason of the whole: of one run its own, of several how each ended.
func (p *webPage) why(ds []*Document) string {
	if len(ds) == 1 {
		return p.Sections[0].Why
	}
	runs, files := apart(ds)
	words := tally(runs, func(exit int) string { return endOf(exit).Many })
	out := "Of " + plural(len(runs), "run", "runs") + ": " + strings.Join(words, ", ")
	for _, why := range files {
		out += "; " + brief(why)
	}
	return out
}

// targets names what was judged, each once.
func (p *webPage) targets() []string {
	var out []string
	for _, s := range p.Sections {
		if s.Run != "gate" && !slices.Contains(out, s.Name) {
			out = append(out, s.Name)
		}
	}
	return out
}

// facts says in a few words each which run this was.
func (p *webPage) facts() []string {
	first := p.Sections[0].Document
	out := []string{"ssespec " + brief(first.Tool.Version), brief(first.Command)}
	if t := p.targets(); len(t) > 1 {
		out = append(out, plural(len(t), "target", "targets"))
	}
	requests := 0
	var ds []*Document
	for _, s := range p.Sections {
		requests += s.Requests
		ds = append(ds, s.Document)
	}
	if at := beginning(ds); !at.IsZero() {
		out = append(out, "began "+at.Format("2 January 2006, 15:04:05 UTC"))
	}
	return append(out, plural(requests, "request", "requests"))
}

// A choice is one value that rules can be filtered by.
type choice struct {
	Value, Label string
	N            int
}

// choices counts what there is to filter by.
func (p *webPage) choices() {
	verdicts, levels, families := map[string]int{}, map[string]int{}, map[string]int{}
	for _, s := range p.Sections {
		for _, g := range s.Groups {
			for _, x := range g.Rules {
				verdicts[x.Verdict]++
				levels[x.Level]++
				families[x.Family()]++
				p.Rules++
			}
		}
	}
	for _, v := range verdictOrder {
		p.Verdicts = addChoice(p.Verdicts, v, verdictLabels[v], verdicts[v])
	}
	for _, l := range levelOrder {
		p.Levels = addChoice(p.Levels, l, l, levels[l])
	}
	for _, f := range slices.Sorted(maps.Keys(families)) {
		p.Families = addChoice(p.Families, f, f, families[f])
	}
}

// addChoice adds what there is at all.
func addChoice(all []choice, value, label string, n int) []choice {
	if n == 0 {
		return all
	}
	return append(all, choice{value, label, n})
}
