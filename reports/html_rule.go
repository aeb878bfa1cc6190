package reports

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
)

// A webKind is a group of rules that are shown together.
type webKind struct {
	Name, Title string
	Closed      bool // until somebody wants to see them
	Brief       bool // one line each
	verdicts    []string
	facts       bool // only facts; the other kinds hold none that passed
}

// webKinds are the groups in their order on the page.
var webKinds = []webKind{
	{Name: "broken", Title: "Broken", verdicts: []string{"broken"}},
	{Name: "failed", Title: "Failed", verdicts: []string{"fail"}},
	{Name: "excused", Title: "Failed, and excused", verdicts: []string{"waived", "expected"}},
	{Name: "unjudged", Title: "Not judged", Brief: true, verdicts: []string{"inconclusive"}},
	{Name: "passed", Title: "Passed", Closed: true, Brief: true, verdicts: []string{"pass"}},
	{Name: "facts", Title: "Facts", Closed: true, Brief: true, verdicts: []string{"pass"}, facts: true},
	{Name: "moot", Title: "Not applicable", Closed: true, Brief: true, verdicts: []string{"not-applicable"}},
}

func (k webKind) holds(x *Result) bool {
	fact := x.Level == "fact" && x.Verdict == "pass"
	return slices.Contains(k.verdicts, x.Verdict) && k.facts == fact
}

// verdictOrder is the order of verdicts on the page.
var verdictOrder = []string{"broken", "fail", "waived", "expected", "inconclusive", "pass", "not-applicable"}

// verdictLabels say verdicts as the page does.
var verdictLabels = map[string]string{"pass": "passed", "fail": "failed", "not-applicable": "not applicable",
	"inconclusive": "not judged", "broken": "broken", "waived": "waived", "expected": "expected to fail"}

// A webGroup is rules of one kind.
type webGroup struct {
	webKind
	Key   string
	Rules []*webRule
}

// Anchor is where the group can be linked to.
func (g *webGroup) Anchor() string { return g.Key + "~" + g.Name }

// mostUnfolded is how many rules of one kind are shown before somebody asks for them.
const mostUnfolded = 30

// Folded reports whether the group is closed at first.
func (g *webGroup) Folded() bool { return g.Closed || g.Brief && len(g.Rules) > mostUnfolded }

// Words says what became of its rules, to stand behind a number.
func (g *webGroup) Words() string {
	if g.facts && len(g.Rules) == 1 {
		return "fact"
	}
	return strings.ToLower(g.Title)
}

// A webRule is a result on the page.
type webRule struct {
	*Result
	Anchor  string
	Found   []*webFinding
	Cures   []Remedy
	LeftOut int // findings that are not on the page
	Uncured int // remedies that are not
}

// firstFindings are shown at once, mostFolded when asked for.
const (
	firstFindings = 3
	mostFolded    = 50
)

// rule puts together what the page shows of one result.
func (s *webSection) rule(x *Result, names anchors, room *allowance, places map[exchangeOf]int) *webRule {
	out := &webRule{Result: x, Anchor: names.unique(s.Key + "/" + slug(x.ID))}
	n := take(&room.findings, min(len(x.Findings), mostFolded))
	out.LeftOut = x.beyond(n)
	for i := range x.Findings[:n] {
		f := &webFinding{Finding: &x.Findings[i], Anchor: names.unique(fmt.Sprintf("%s/%d", out.Anchor, i+1))}
		if t, ok := places[f.Where.exchange()]; ok {
			f.Recording = fmt.Sprintf("%s~t%d", s.Key, t)
		}
		out.Found = append(out.Found, f)
	}
	for _, r := range s.Remedies {
		switch {
		case r.Rule != x.ID || x.Verdict != "fail":
		case len(out.Cures) == mostCures:
			out.Uncured++
		default:
			out.Cures = append(out.Cures, r)
		}
	}
	return out
}

// mostCures is more than any rule has by what is known; who writes remedies may write more.
const mostCures = 20

// Family is what stands before the slash in the id of a rule.
func (x *webRule) Family() string {
	family, _, _ := strings.Cut(x.ID, "/")
	return brief(family)
}

// Label says what became of the rule.
func (x *webRule) Label() string { return verdictLabels[x.Verdict] }

// Terse reports whether the reason says all there is to say.
func (x *webRule) Terse() bool { return len(x.Found) == 0 || x.Verdict == "broken" }

// First returns the findings that are shown at once.
func (x *webRule) First() []*webFinding { return x.Found[:min(len(x.Found), firstFindings)] }

// Rest returns those behind them.
func (x *webRule) Rest() []*webFinding { return x.Found[min(len(x.Found), firstFindings):] }

// Excused says why a failure does not count, in one sentence.
func (x *webRule) Excused() string {
	e := x.Excuse
	if e == nil {
		return ""
	}
	said := map[string]string{"waiver": "Waived", "baseline": "Expected to fail", "known-flaky": "Known to be flaky"}[e.Kind]
	if said == "" {
		said = "Excused"
	}
	if e.Until != "" {
		said += " until " + brief(e.Until)
	}
	if e.Owner != "" {
		said += " by " + brief(e.Owner)
	}
	if e.Reason != "" {
		said += ": " + brief(e.Reason)
	}
	if e.At != "" {
		said += " (" + brief(e.At) + ")"
	}
	return said
}

// levelOrder is the order of levels on the page, that which costs most first.
var levelOrder = []string{"must", "should", "advice", "fact"}

func levelRank(level string) int {
	if i := slices.Index(levelOrder, level); i >= 0 {
		return i
	}
	return len(levelOrder)
}

// A webFinding is a finding on the page.
type webFinding struct {
	*Finding
	Anchor    string
	Recording string // the anchor of its timeline; empty for none
}

// Place says where the finding is, in a few words; empty for nowhere.
func (f *webFinding) Place() string {
	w := f.Where
	if w == (Where{}) {
		return ""
	}
	var words []string
	if w.Scene != "" {
		words = append(words, brief(w.Scene))
	}
	if w.Event > 0 {
		words = append(words, fmt.Sprintf("event %d", w.Event))
	}
	switch w.Part {
	case "body":
		words = append(words, fmt.Sprintf("byte %d", w.Offset))
	case "raw":
		words = append(words, fmt.Sprintf("connection byte %d", w.Offset))
	case "head":
		return strings.Join(append(words, "head"), ", ")
	}
	return strings.Join(append(words, "at "+duration(f.AtMS)), ", ")
}

// InHead reports whether the bytes are those of a header field, which reads best as text.
func (f *webFinding) InHead() bool { return f.Where.Part == "head" }

// Dump shows the bytes in rows of sixteen: where they are, in hex, and as text.
func (f *webFinding) Dump() string {
	const perRow = 16
	b, err := hex.DecodeString(f.Hex[:min(len(f.Hex), 2*maxField)&^1])
	if err != nil {
		return ""
	}
	at := max(0, f.Where.Offset)
	if f.InHead() {
		at = 0
	}
	var out strings.Builder
	for row := range slices.Chunk(b, perRow) {
		text := make([]byte, len(row))
		for i, c := range row {
			text[i] = shown(c)
		}
		fmt.Fprintf(&out, "%6d  %-*s  %s\n", at, 3*min(len(b), perRow)-1, fmt.Sprintf("% x", row), text)
		at += len(row)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// webWords are what the templates say strings with: whatever a server may have had a hand in goes through one of them.
var webWords = template.FuncMap{
	"brief":    brief,
	"code":     code,
	"link":     webLink,
	"lines":    func(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") },
	"duration": duration,
	"next":     func(n int) int { return n + 1 },
	"part":     func(s *webSection, several bool) part { return part{s, several} },
	"plural":   plural,
	"to":       func(anchor string) template.URL { return template.URL("#" + anchor) }, // of our own making
}

// A part is a section, which says more of itself where it is not the only one.
type part struct {
	Section *webSection
	Several bool
}

// maxCode is how much of a command or a setting is shown: what is cut could not be copied.
const maxCode = 8 << 10

// code returns s, safe to be shown, long as it may be.
func code(s string) string {
	head, _ := clip(s, maxCode)
	return safe(head)
}

// webLink returns s if it leads to a page on the web, else nothing.
func webLink(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return s
}
