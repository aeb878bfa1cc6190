package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
)

// excused lists what failed and does not count.
func (p *page) excused() {
	titled := false
	for _, x := range p.r.Results {
		if x.Verdict != checks.Waived && x.Verdict != checks.Expected {
			continue
		}
		if !titled {
			p.title("Failed, and excused")
			titled = true
		}
		p.say("  ~ ", fmt.Sprintf("%s (%s) %s: %s", x.ID, x.Level, x.Verdict, x.Reason))
	}
}

// unjudged lists what could not be judged, rules with the same reason together.
func (p *page) unjudged() {
	if p.r.asked() { // without an answer the last line says it all
		p.groups("Not judged", "  ? ", checks.Inconclusive)
	}
}

// others lists what passed, and what does not apply.
func (p *page) others() {
	p.held("Passed", "  ✓ ", func(x checks.Result) bool { return x.Verdict == checks.Pass && x.Level != checks.Fact })
	p.held("Facts", "  • ", func(x checks.Result) bool { return x.Verdict == checks.Pass && x.Level == checks.Fact })
	p.groups("Not applicable", "  - ", checks.NotApplicable)
}

// held lists results as a table of ids and reasons.
func (p *page) held(title, mark string, which func(checks.Result) bool) {
	var rows []checks.Result
	wide := 0
	for _, x := range p.r.Results {
		if which(x) {
			rows = append(rows, x)
			wide = max(wide, columns(x.ID))
		}
	}
	if len(rows) == 0 {
		return
	}
	p.title(title)
	for _, x := range rows {
		lead := mark + pad(safe(x.ID), wide) + "  "
		if columns(lead) > p.Width/2 { // too narrow for two columns
			p.line("%s%s", p.paint(mark, good), safe(x.ID))
			p.tell("    ", plain, x.Reason, faint)
			continue
		}
		p.tell(lead, plain, x.Reason, faint)
	}
}

// A group is rules that share a reason.
type group struct {
	reason string
	ids    []string
}

// groups lists the results of one verdict by their reason.
func (p *page) groups(title, mark string, v checks.Verdict) {
	var groups []group
	for _, x := range p.r.Results {
		if x.Verdict != v {
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.reason == x.Reason })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{reason: x.Reason})
		}
		groups[i].ids = append(groups[i].ids, safe(x.ID))
	}
	if len(groups) == 0 {
		return
	}
	p.title(title)
	for _, g := range groups {
		p.say(mark, g.reason)
		p.ids(g.ids)
	}
}

// ids names rules; a long list is counted unless all is to be shown.
func (p *page) ids(ids []string) {
	const most = 4
	more := ""
	if len(ids) > most && !p.Verbose {
		more = fmt.Sprintf(" and %d more", len(ids)-most)
		ids = ids[:most]
	}
	for _, l := range fold(strings.Join(ids, ", ")+more, p.Width-4) {
		p.line("    %s", p.paint(l, faint))
	}
}
