package reports

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
)

// What one page shows at most: enough for a person, and little enough for a browser.
const (
	mostWebFindings  = 2000
	mostWebTimelines = 400
	mostWebTrials    = 6000
	mostPointed      = 4 // timelines that are drawn at once, beside that of the control stream
)

// An allowance is what is left of it; of timelines, how many each document may have.
type allowance struct {
	findings, trials int
	timelines        []int
}

// shares divides a number of timelines among documents, so that those with many leave room for the others.
func shares(most int, ds []*Document) []int {
	out := make([]int, len(ds))
	for {
		wanting := 0
		for i, d := range ds {
			if out[i] < len(d.Timelines) {
				wanting++
			}
		}
		if wanting == 0 || most < wanting {
			return out
		}
		each := most / wanting
		for i, d := range ds {
			n := min(each, len(d.Timelines)-out[i])
			out[i] += n
			most -= n
		}
	}
}

// take takes up to n of what is left.
func take(left *int, n int) int {
	n = min(n, *left)
	*left -= n
	return n
}

// anchors are the places that can be linked to, each name used once: the number that each was last given.
type anchors map[string]int

// unique returns name, or name with a number behind it where it is taken.
func (a anchors) unique(name string) string {
	out := name
	for a[out] > 0 {
		a[name]++
		out = fmt.Sprintf("%s-%d", name, a[name])
	}
	a[out] = 1
	return out
}

// slug makes a name that needs no escaping in an id or a link. It holds no ~, with which the ids begin that are the page's own.
func slug(s string) string {
	const most = 60
	var b strings.Builder
	for _, r := range strings.ToLower(s[:min(len(s), most)]) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '/':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-/")
}

// A webSection is one document on the page.
type webSection struct {
	*Document
	Key      string // what its anchors begin with
	Name     string
	End      runEnd
	Why      string
	Groups   []*webGroup
	Failures []choice        // by level
	Drawn    int             // timelines that are on the page
	Stream   *webRecording   // of the control request; nil for none
	Pointed  []*webRecording // that findings point at, as many as somebody wants to see at once
	Others   []*webRecording
	LeftOut  int // recordings
	Untold   int // trials
	Data     template.JS
}

// sectionOf puts together what the page shows of one document.
func sectionOf(d *Document, names anchors, room *allowance, n int) (*webSection, error) {
	s := &webSection{Document: d, Name: d.Target.label(), End: endOf(d.Exit), Why: whyOf(d), Drawn: room.timelines[n]}
	s.Key = names.unique(s.key())
	s.rules(names, room)
	s.recordings(names)
	data, err := s.data(room)
	s.Data = data
	return s, err
}

// key is the name of the target, or "target" where it has none, and of what was run where that is not the check.
func (s *webSection) key() string {
	key := strings.ReplaceAll(slug(s.Target.Name), "/", "-")
	if key == "" {
		key = "target"
	}
	if run := slug(s.Run); run != "" && run != "check" && s.Command == "gate" {
		key += "." + run
	}
	return key
}

// whyOf says why a run ended as it did.
func whyOf(d *Document) string {
	why := brief(d.Why)
	if d.Exit == 130 {
		why = strings.TrimPrefix(why, "interrupted: ")
	}
	switch {
	case d.Partial:
		return strings.TrimSuffix("this report is partial: "+why, ": ")
	case why == "" && d.Exit == 0:
		return d.Summary.words()
	}
	return why
}

// words says what came of a run that ended well.
func (c Counts) words() string {
	judged := plural(c.Judged, "rule", "rules") + " judged"
	if c.Pass == c.Judged {
		return judged + ", and every one holds"
	}
	words := []string{plural(c.Pass, "holds", "hold")}
	if c.Fail > 0 {
		words = append(words, plural(c.Fail, "failure does not decide", "failures do not decide"))
	}
	if n := c.Waived + c.Expected; n > 0 {
		words = append(words, plural(n, "failure is excused", "failures are excused"))
	}
	return judged + ": " + strings.Join(words, ", ")
}

// Head says in a few words each what was judged and by what.
func (s *webSection) Head() []string {
	var out []string
	for _, w := range s.Answer {
		out = append(out, brief(w))
	}
	if s.Run == "gate" {
		return out
	}
	out = append(out, "profile "+brief(s.Target.Profile))
	for i, w := range s.Target.Promises {
		if i == 0 {
			w = "promises " + w
		}
		out = append(out, brief(w))
	}
	if s.Seed != 0 {
		out = append(out, fmt.Sprintf("seed %d", s.Seed))
	}
	out = append(out, plural(s.Requests, "request", "requests")+" in "+s.Took())
	if n := s.Noise; n != nil {
		out = append(out, fmt.Sprintf("this machine itself was up to %s late", duration(n.P99)))
	}
	return out
}

// Took is how long the run took.
func (s *webSection) Took() string { return duration(s.DurationMS) }

// At says where the target is written; empty for nowhere.
func (s *webSection) At() string {
	if s.Target.Source == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", brief(s.Target.Source.File), s.Target.Source.Line, s.Target.Source.Column)
}

// duration writes so many ms as a person reads them.
func duration(ms float64) string {
	return round(time.Duration(ms * float64(time.Millisecond))).String()
}

// A barPart is how much of a bar has one verdict, of a thousand.
type barPart struct {
	Verdict  string
	At, Wide int
}

// Bar divides a thousand among the verdicts.
func (s *webSection) Bar() []barPart {
	n := map[string]int{}
	for _, x := range s.Results {
		n[x.Verdict]++
	}
	var out []barPart
	sum, at := 0, 0
	for _, v := range verdictOrder {
		if n[v] == 0 {
			continue
		}
		sum += n[v]
		end := sum * 1000 / len(s.Results)
		out = append(out, barPart{v, at, max(1, end-at)})
		at = end
	}
	return out
}

// Unjudged counts what was not judged.
func (s *webSection) Unjudged() int { return s.Summary.Inconclusive + s.Summary.Broken }

// rules groups the results.
func (s *webSection) rules(names anchors, room *allowance) {
	places := s.places()
	for _, k := range webKinds {
		g := &webGroup{webKind: k, Key: s.Key}
		for i := range s.Results {
			if x := &s.Results[i]; k.holds(x) {
				g.Rules = append(g.Rules, s.rule(x, names, room, places))
			}
		}
		if len(g.Rules) > 0 {
			slices.SortStableFunc(g.Rules, func(a, b *webRule) int { return levelRank(a.Level) - levelRank(b.Level) })
			s.Groups = append(s.Groups, g)
		}
	}
	for _, level := range levelOrder[:3] {
		c := choice{Value: level}
		for _, x := range s.Results {
			if x.Verdict == "fail" && x.Level == level {
				c.N++
			}
		}
		s.Failures = append(s.Failures, c)
	}
}

// Gist says what the stream did, in a few words each.
func (s *webSection) Gist() []string {
	var out []string
	for _, w := range s.Document.Stream {
		out = append(out, brief(w))
	}
	return out
}
