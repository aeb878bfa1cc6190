package reports

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// failures lists what is broken or failed, worst first.
func (p *page) failures() {
	for _, verdict := range []checks.Verdict{checks.Broken, checks.Fail} {
		for level := checks.Must; level >= checks.Fact; level-- {
			for _, x := range p.r.Results {
				if x.Verdict == verdict && x.Level == level {
					p.failure(x)
				}
			}
		}
	}
}

func (p *page) failure(x checks.Result) {
	mark, st := "✗ "+x.Level.String(), levelStyles[x.Level]
	if x.Verdict == checks.Broken {
		mark, st = "! broken", fault
	}
	p.line("\n%s  %s%s", p.paint(mark, st), p.paint(safe(x.ID), bold), p.paint(repeated(x), faint))
	p.say("  ", x.Title+".")
	if len(x.Findings) == 0 || x.Verdict == checks.Broken {
		p.say("  → ", x.Reason)
	}
	told := x.Findings[:min(len(x.Findings), maxFindings)]
	for i, f := range told {
		p.finding(f, st, i == 0)
	}
	if n := inAll(x) - len(told); n > 0 {
		p.line("  %s", p.paint(fmt.Sprintf("→ and %d more", n), faint))
	}
	if x.Verdict == checks.Broken {
		return
	}
	if x.Fix != "" {
		p.say("  Fix: ", x.Fix)
	}
	p.remedies(x)
	if x.Clause.URL != "" || x.Clause.Section != "" { // else it only says that it is practice
		p.tell("  ", plain, strings.TrimSpace(x.Clause.String()+"  "+x.Clause.URL), faint)
	}
}

// repeated says in how many runs a rule failed, as what stands behind its id; nothing where it was not repeated.
func repeated(x checks.Result) string {
	if x.Runs == nil {
		return ""
	}
	return "  " + (&Runs{x.Runs.Failed, x.Runs.Of}).words()
}

// maxFindings is how many findings of one rule are shown; the rest is counted.
const maxFindings = 3

// finding writes one finding and its bytes, the carets below them in the style of the level. Of several trials
// that fail alike the bytes of the first are enough.
func (p *page) finding(f checks.Finding, st style, first bool) {
	if j := p.r.trial(f.Where.Scene); j != nil {
		p.say("  → ", f.Message)
		p.line("    %s", p.paint(safe(p.r.again(j)), faint)) // in one piece, to be copied
		if !first {
			return
		}
	} else {
		p.say("  → ", place(f)+f.Message)
	}
	e, ok := find(p.r.Evidence, f.Where)
	switch {
	case !ok:
	case f.Where.Part == wire.HeadPart:
		head, left := clip(string(e.bytes), maxField)
		s := safe(head)
		if left > 0 {
			s += "… (" + size(left) + " more)"
		}
		p.tell("      ", plain, s, faint)
	default:
		perRow := 16
		if p.Width < 72 { // what 16 bytes take, indented
			perRow = 8
		}
		for _, row := range e.dump(perRow) {
			look := faint
			if strings.Trim(row, " ^") == "" {
				look = st
			}
			p.line("     %s", p.paint(row, look))
		}
	}
}

// place says where a finding is, as a prefix of its message.
func place(f checks.Finding) string {
	var words []string
	if f.Where.Scene != wire.Control && f.Where.Scene != "" {
		words = append(words, "scene "+string(f.Where.Scene))
	}
	if f.Event > 0 {
		words = append(words, fmt.Sprintf("event %d", f.Event))
	}
	switch f.Where.Part {
	case wire.BodyPart:
		words = append(words, fmt.Sprintf("byte %d", f.Where.Lo), fmt.Sprintf("at %v", round(f.At)))
	case wire.RawPart:
		words = append(words, fmt.Sprintf("connection byte %d", f.Where.Lo), fmt.Sprintf("at %v", round(f.At)))
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, ", ") + ": "
}
