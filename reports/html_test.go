package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func pageOf(t testing.TB, ds []*Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, ds); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A leaf is an element with the text right inside it.
type leaf struct {
	name       string
	attributes map[string]string
	text       string
}

// elements parses a page as a browser does that runs scripts.
func elements(t testing.TB, page string) []leaf {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []leaf
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		l := leaf{name: n.Data, attributes: map[string]string{}}
		for _, a := range n.Attr {
			l.attributes[a.Key] = a.Val
		}
		for c := range n.ChildNodes() {
			if c.Type == html.TextNode {
				l.text += c.Data
			}
		}
		out = append(out, l)
	}
	return out
}

// everyDocument is what the commands give, alone and together.
func everyDocument(t *testing.T) map[string][]*Document {
	t.Helper()
	return map[string][]*Document{
		"a gate":         gated(t),
		"a check":        {failing(t).Document()},
		"a sound check":  {sound(t).Document()},
		"trials":         {interrupted(oneOfEach()).Document()},
		"an edge":        {crossing(t).Document()},
		"no answer":      {unreachable(t)},
		"nothing at all": {},
	}
}

func TestThePageAllowsNothingButItsOwnStyleAndScript(t *testing.T) {
	t.Parallel()
	for name, ds := range everyDocument(t) {
		policy := ""
		allowed := func(kind, text string) {
			if want := kind + " '" + hashOf([]byte(text)) + "'"; !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q lacks %s", name, policy, want)
			}
		}
		for _, e := range elements(t, pageOf(t, ds)) {
			switch kind := e.attributes["type"]; {
			case e.attributes["http-equiv"] == "Content-Security-Policy":
				policy = e.attributes["content"]
			case e.name == "style":
				allowed("style-src", e.text)
			case e.name == "script" && kind == "module":
				allowed("script-src", e.text)
			case e.name == "script" && (kind != "application/json" || !json.Valid([]byte(e.text))):
				t.Errorf("%s: a script of type %q holds no data: %.80s", name, kind, e.text)
			}
			for key, value := range e.attributes {
				if strings.HasPrefix(key, "on") || key == "style" || key == "src" || key == "srcset" || key == "action" {
					t.Errorf("%s: <%s> has %s=%q, which the policy forbids", name, e.name, key, value)
				}
			}
		}
		if !strings.HasPrefix(policy, "default-src 'none'; ") {
			t.Errorf("%s: the policy is %q", name, policy)
		}
	}
}

func TestEveryLinkOfThePageLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for name, ds := range everyDocument(t) {
		linksLead(t, name, pageOf(t, ds))
	}
	linksLead(t, "too much for one page", pageOf(t, []*Document{vast(t), vast(t)}))
}

// linksLead fails where two elements share an id, or a link of the page, or of what its script draws, leads nowhere.
func linksLead(t *testing.T, name, page string) {
	t.Helper()
	ids := map[string]bool{}
	all := elements(t, page)
	for _, e := range all {
		if id := e.attributes["id"]; id != "" && ids[id] {
			t.Errorf("%s: two elements have the id %q", name, id)
		} else if id != "" {
			ids[id] = true
		}
	}
	for _, e := range all {
		for _, key := range []string{"href", "data-link", "aria-labelledby"} {
			to, ok := e.attributes[key]
			place, inside := strings.CutPrefix(to, "#")
			switch {
			case !ok, key == "href" && (strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "http://")):
			case key == "href" && !inside, !ids[place]:
				t.Errorf("%s: %s=%q of <%s> leads nowhere", name, key, to, e.name)
			}
		}
		for _, place := range pointers(t, e) {
			if !ids[place] {
				t.Errorf("%s: a timeline points at %q, which is nowhere", name, place)
			}
		}
	}
}

// pointers returns the places that a script's data leads to.
func pointers(t *testing.T, e leaf) []string {
	t.Helper()
	if e.attributes["type"] != "application/json" {
		return nil
	}
	var data webData
	if err := json.Unmarshal([]byte(e.text), &data); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, line := range data.Timelines {
		for _, f := range line.Found {
			out = append(out, f.Anchor)
		}
	}
	return out
}

// linked tells the ids of elements that are rules.
func linked(t testing.TB, page string) []string {
	t.Helper()
	var out []string
	for _, e := range elements(t, page) {
		if slices.Contains(strings.Fields(e.attributes["class"]), "rule") {
			out = append(out, e.attributes["id"])
		}
	}
	return out
}

func TestEveryRuleOfEveryTargetCanBeLinkedTo(t *testing.T) {
	t.Parallel()
	ds := gated(t)
	got := linked(t, pageOf(t, ds))
	n := 0
	for _, d := range ds {
		n += len(d.Results)
	}
	if len(got) != n {
		t.Errorf("%d rules can be linked to, want %d: %v", len(got), n, got)
	}
	for _, want := range []string{"sound/demo/status", "broken/demo/utf8", "broken.chaos/demo/whole", "unreachable/demo/status", "ssespec-yml.gate/gate/baseline"} {
		if !slices.Contains(got, want) {
			t.Errorf("no rule is at #%s: %v", want, got)
		}
	}
	nameless := failing(t).Document()
	nameless.Target.Name = ""
	if got := linked(t, pageOf(t, []*Document{nameless})); !slices.Contains(got, "target/demo/utf8") {
		t.Errorf("without a name no rule is at #target/demo/utf8: %v", got)
	}
}

// A target may be called as anything, even as the page calls its own parts.
func TestNamesOfTargetsMeetNoOthers(t *testing.T) {
	t.Parallel()
	var ds []*Document
	for _, name := range []string{"results", "find", "find", "Find!", "a/b", "~find", "target", "", "\u202e", "x", "x.chaos"} {
		d := failing(t).Document()
		d.Target.Name = name
		ds = append(ds, d)
	}
	linksLead(t, "odd names", pageOf(t, ds))
}

func TestWhatFailedInSomeRunsOnlyShowsItsFindings(t *testing.T) {
	t.Parallel()
	d := failing(t).Document()
	x := &d.Results[1]
	x.Verdict, x.Runs, x.Reason = "inconclusive", &Runs{Failed: 1, Of: 3}, "failed in 1 of 3 runs"
	page := pageOf(t, []*Document{d})
	linksLead(t, "1 of 3", page)
	for _, want := range []string{"failed in 1 of 3 runs", x.Findings[0].Message, `id="stream/demo/utf8/1"`} {
		if !strings.Contains(page, html.EscapeString(want)) && !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestThePageSaysHowTheRunsEnded(t *testing.T) {
	t.Parallel()
	ended := func(exits ...int) []*Document {
		var out []*Document
		for _, exit := range exits {
			d := sound(t).Document()
			d.Exit, d.Why = exit, "for a reason"
			out = append(out, d)
		}
		return out
	}
	for _, tc := range []struct {
		name string
		ds   []*Document
		word string
		why  string
	}{
		{"all is well", ended(0), "PASS", "for a reason"},
		{"a rule failed", ended(1), "FAIL", "for a reason"},
		{"nothing was judged", ended(), "INCONCLUSIVE", "nothing was judged"},
		{"an exit code of later days", ended(99), "FAIL", "for a reason"},
		{"a target that is not there weighs more than one that fails", ended(1, 3, 0, 4), "NO STREAM", "Of 4 runs: 1 without a stream, 1 failed, 1 inconclusive, 1 passed"},
		{"a fault of our own weighs most", ended(1, 70, 3), "BROKEN", "Of 3 runs: 1 broken, 1 without a stream, 1 failed"},
		{"what was interrupted is no failure", ended(130), "INTERRUPTED", "for a reason"},
		{"what was interrupted says less than what is broken", ended(70, 130), "INTERRUPTED", "Of 2 runs: 1 interrupted, 1 broken"},
		{"what a gate says of its files is no run", append(ended(0, 0), ofItsFiles()), "FAIL", "Of 2 runs: 2 passed; 1 baseline entry is stale, 1 waiver has expired"},
		{"an inconclusive run among good ones", ended(0, 4), "INCONCLUSIVE", "Of 2 runs: 1 inconclusive, 1 passed"},
	} {
		var word, why string
		for _, e := range elements(t, pageOf(t, tc.ds)) {
			switch {
			case e.name == "h1":
				word = e.text
			case e.attributes["class"] == "why":
				why = e.text
			}
		}
		if word != tc.word || why != tc.why {
			t.Errorf("%s: got %q %q, want %q %q", tc.name, word, why, tc.word, tc.why)
		}
	}
}

func TestAGoodEndSaysWhatItRestsOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		counts Counts
		want   string
	}{
		{Counts{Pass: 75, Judged: 75}, "75 rules judged, and every one holds"},
		{Counts{Pass: 1, Fail: 1, Judged: 2}, "2 rules judged: 1 holds, 1 failure does not decide"},
		{Counts{Pass: 3, Fail: 2, Waived: 1, Expected: 1, Judged: 7}, "7 rules judged: 3 hold, 2 failures do not decide, 2 failures are excused"},
	} {
		if got := whyOf(&Document{Summary: tc.counts}); got != tc.want {
			t.Errorf("%+v reads %q, want %q", tc.counts, got, tc.want)
		}
	}
}

func TestThePageIsAFunctionOfTheDocuments(t *testing.T) {
	t.Parallel()
	for name, ds := range everyDocument(t) {
		first := pageOf(t, ds)
		if len(ds) == 0 {
			continue
		}
		var b bytes.Buffer
		if err := JSON(&b, ds); err != nil {
			t.Fatal(err)
		}
		read, err := Read(&b)
		if err != nil {
			t.Fatal(err)
		}
		if pageOf(t, read) != first {
			t.Errorf("%s: the page is another one when it is made from the JSON report", name)
		}
	}
}

func TestWhatAServerSentIsTextOnThePage(t *testing.T) {
	t.Parallel()
	attacked := map[string][]*Document{"injections": spoiled(gated(t), injections), "injections at an edge": spoiled([]*Document{crossing(t).Document()}, injections)}
	for name, s := range attacks {
		attacked[name] = []*Document{infested(s).Document()}
	}
	for name, ds := range attacked {
		page := pageOf(t, ds)
		harmless(t, name, page)
		scripts := 0
		for _, e := range elements(t, page) {
			if e.name == "script" {
				scripts++
			}
			if e.name == "img" || strings.HasPrefix(strings.ToLower(e.attributes["href"]), "javascript:") {
				t.Errorf("%s: the page has <%s> with %v", name, e.name, e.attributes)
			}
			if strings.Contains(e.text, "<!--") && e.name == "script" {
				t.Errorf("%s: a comment begins in a script: %.80s", name, e.text)
			}
		}
		if want := 1 + len(ds); scripts != want {
			t.Errorf("%s: the page has %d scripts, want %d", name, scripts, want)
		}
	}
	if page := pageOf(t, spoiled(gated(t), injections)); !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("what looks like a script is not shown")
	}
}

func TestOnlyPagesOfTheWebAreLinkedTo(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"https://html.spec.whatwg.org/#x": "https://html.spec.whatwg.org/#x", "http://a.example": "http://a.example", "": "",
		"javascript:alert(1)": "", "JavaScript://a.example/%0aalert(1)": "", "data:text/html,x": "", "file:///etc/passwd": "", "//a.example": "", "https:": "", "a.example": "",
	} {
		if got := webLink(s); got != want {
			t.Errorf("%q leads to %q, want %q", s, got, want)
		}
	}
}

func TestBytesAreShownInRowsOfSixteen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		f    Finding
		want string
	}{
		{"nothing", Finding{}, ""},
		{"what is no hex", Finding{Hex: "zz"}, ""},
		{"one byte", Finding{Hex: "fc", Where: Where{Part: "body", Offset: 36}}, "    36  fc  ."},
		{"a row and one byte more", Finding{Hex: fmt.Sprintf("%x", "data: seventeen!\n"), Where: Where{Part: "body", Offset: 812}},
			"   812  64 61 74 61 3a 20 73 65 76 65 6e 74 65 65 6e 21  data: seventeen!\n   828  0a                                               ."},
		{"a field has offsets of its own", Finding{Hex: "41", Where: Where{Part: "head", Offset: 7}}, "     0  41  A"},
	} {
		if got := (&webFinding{Finding: &tc.f}).Dump(); got != tc.want {
			t.Errorf("%s:\n%q, want\n%q", tc.name, got, tc.want)
		}
	}
}

// vast is a document as large as they get.
func vast(t testing.TB) *Document {
	t.Helper()
	d := interrupted(oneOfEach()).Document()
	d.Results = failing(t).Document().Results
	found := d.Results[1]
	for len(d.Results) < 300 {
		x := found
		x.ID = fmt.Sprintf("demo/rule-%d", len(d.Results))
		x.Findings = slices.Repeat(found.Findings[:1], len(d.Results)%80)
		d.Results = append(d.Results, x)
	}
	trial, answer := d.Chaos[1], d.Timelines[0]
	for len(d.Chaos) < 10_000 {
		one := trial
		one.Schedule, one.Scene = fmt.Sprintf("byte:%d/rst", len(d.Chaos)), fmt.Sprintf("trial-%d", len(d.Chaos))
		one.Landed = &Landed{SeenAs: "reset", Offset: len(d.Chaos), Event: 1}
		d.Chaos = append(d.Chaos, one)
	}
	for len(answer.Marks) < mostMarks/mostTimelines {
		m := answer.Marks[0]
		m.AtMS = float64(len(answer.Marks))
		answer.Marks = append(answer.Marks, m)
	}
	for len(d.Timelines) < mostTimelines {
		one := answer
		one.Scene = fmt.Sprintf("trial-%d", len(d.Timelines))
		d.Timelines = append(d.Timelines, one)
	}
	return d
}

// A target with many recordings leaves room for the streams of the others, and what is left out is said everywhere.
func TestEveryTargetHasItsShareOfTimelines(t *testing.T) {
	t.Parallel()
	small := failing(t).Document()
	ds := []*Document{vast(t), vast(t), small, vast(t)}
	if got, want := shares(100, ds), []int{32, 32, len(small.Timelines), 32}; len(small.Timelines) != 3 || !slices.Equal(got, want) {
		t.Errorf("of 100 timelines the documents have %v, want %v", got, want)
	}
	if got, want := shares(mostWebTimelines, ds[:1]), []int{len(ds[0].Timelines)}; !slices.Equal(got, want) {
		t.Errorf("a single document has %v timelines, want %v", got, want)
	}
	page := pageOf(t, ds)
	if got := strings.Count(page, "<h3>The stream</h3>"); got != len(ds) {
		t.Errorf("%d streams are shown, want %d", got, len(ds))
	}
	if got := strings.Count(page, " have no timeline here"); got != 3 {
		t.Errorf("%d times it is said that timelines are left out, want 3", got)
	}
}

// What the stream did, and that its picture is left out, is said where there is room for no picture.
func TestAStreamWithoutAPictureIsToldOf(t *testing.T) {
	t.Parallel()
	d := failing(t).Document()
	d.Timelines, d.Unshown = nil, 1
	page := pageOf(t, []*Document{d})
	for _, want := range []string{"<h3>The stream</h3>", "<li>" + d.Stream[0] + "</li>", "1 exchange has no timeline here"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// What no run writes but a file may hold makes no page that a browser cannot show.
func TestAReportMadeByHandIsBounded(t *testing.T) {
	t.Parallel()
	d := failing(t).Document()
	d.Timelines[0].Marks = slices.Repeat([]Mark{{Bytes: -5, Events: -5, Text: strings.Repeat("x", maxText)}}, 100_000)
	d.Remedies = slices.Repeat([]Remedy{{Rule: "demo/utf8", Says: strings.Repeat("s", maxText), Fix: strings.Repeat("f\n", 1000)}}, 5000)
	d.Edge = &Edge{Tracks: []Track{{Name: "sent", AtMS: make([]float64, 100_000)}, {Name: "came"}}}
	page := pageOf(t, []*Document{d})
	if len(page) > 2<<20 {
		t.Errorf("the page takes %d bytes", len(page))
	}
	for _, want := range []string{"4980 suspects are left out here", "Not drawn: 98000 later events of sent.", `{"name":"came","at_ms":[]}`, `[0,0,0,0,0,"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestAFewNamesThatOccurOftenAreToldApartSoon(t *testing.T) {
	t.Parallel()
	names, all := anchors{}, map[string]bool{}
	for range 20_000 {
		all[names.unique("a")] = true
		all[names.unique("a-2")] = true
	}
	if len(all) != 40_000 {
		t.Errorf("40000 places have %d names", len(all))
	}
}

func TestALargeReportIsBounded(t *testing.T) {
	t.Parallel()
	for name, ds := range map[string][]*Document{"one": {vast(t)}, "three": {vast(t), vast(t), vast(t)}} {
		page := pageOf(t, ds)
		if len(page) > 10<<20 {
			t.Errorf("%s: the page takes %d bytes", name, len(page))
		}
		for _, want := range []string{"trials are left out here", "findings are left out here"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: nothing says that %s", name, want)
			}
		}
	}
}
