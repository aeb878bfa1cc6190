package reports

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
)

// manyFound is a report on a rule with more findings than are kept.
func manyFound(t *testing.T, n int) *Report {
	t.Helper()
	r := failing(t)
	x := r.Results[1]
	var found []checks.Finding
	for range n {
		found = append(found, x.Findings[0])
	}
	x.Outcome = checks.Broke(n, found...)
	r.Results = []checks.Result{x}
	return r
}

// Only the first findings are kept: every format counts those that are not, too.
func TestEveryFormatCountsAllFindings(t *testing.T) {
	t.Parallel()
	r := manyFound(t, 90)
	d := r.Document()
	if len(d.Results[0].Findings) != checks.MaxFindings || d.Results[0].InAll != 90 {
		t.Fatalf("%d findings are kept of %d, want %d of 90", len(d.Results[0].Findings), d.Results[0].InAll, checks.MaxFindings)
	}
	for name, want := range map[string]string{"json": `"findings_in_all": 90`, "junit": "\nand 70 more\n", "sarif": "(and 89 more)", "md": "\n- and 87 more\n",
		"github": "%0Aand 87 more%0A", "tap": `findings: "90"`, "html": "70 findings are left out here", "ndjson": `"findings_in_all":90`} {
		for _, f := range Formats {
			if out := written(t, f.Write, []*Document{d}); f.Name == name && !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%.3000s", name, want, out)
			}
		}
	}
	if out := text(t, Text{}, r); !strings.Contains(out, "\n  → and 87 more\n") {
		t.Errorf("the text does not count 87 more:\n%s", out)
	}
	if got := said(d); !strings.HasSuffix(got, " (and 89 more)") {
		t.Errorf("a comparison says %q", got)
	}
	if n := manyFound(t, 5).Document().Results[0].InAll; n != 0 {
		t.Errorf("where all findings are kept %d are counted", n)
	}
}

func said(d *Document) string { return d.Results[0].said() }

// The count of findings is behind the words of the first one, and a server can put nothing there.
func TestWordsOfAServerAreNotTakenForACount(t *testing.T) {
	t.Parallel()
	x := checks.Result{Outcome: checks.Broke(1, checks.Finding{Message: "the id is x (and 70 more)"})}
	if got := inAll(x); got != 1 {
		t.Errorf("%d findings are counted, want 1", got)
	}
}

func TestWhatFailedInEachRunIsSaidOnce(t *testing.T) {
	t.Parallel()
	x := Result{Verdict: "fail", Level: "must", Reason: "it waited", Findings: []Finding{{Message: "it waited", Excerpt: `""`}}, Runs: &Runs{Failed: 2, Of: 2}}
	if got, want := fmt.Sprint(x.account(3)), "[failed in 2 of 2 runs it waited]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if out := x.folded("must", nil); strings.Count(out, "it waited") != 1 || !strings.Contains(out, "\nFailed in 2 of 2 runs\n") {
		t.Errorf("the Markdown does not say once what failed, and how often:\n%s", out)
	}
}
