package reports

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// before is a run in which other things were wrong than in ds.
func before(ds []*Document) []*Document {
	var out []*Document
	for i, d := range ds {
		old := *d
		old.Results, old.Chaos = slices.Clone(d.Results), slices.Clone(d.Chaos)
		for k := range old.Results {
			old.Results[k].Verdict = verdicts[(slices.Index(verdicts, d.Results[k].Verdict)+k)%len(verdicts)]
		}
		for k := range old.Chaos {
			old.Chaos[k].Verdict = d.Chaos[(k+1)%len(d.Chaos)].Verdict
		}
		if i != 2 {
			old.Exit = 0
		}
		out = append(out, &old)
	}
	return append(out[1:], &Document{Run: "check", Target: Target{Name: "old"}})
}

func TestDiffOfTwoGates(t *testing.T) {
	t.Parallel()
	now := crossed(t)
	golden(t, "gate-diff", written(t, func(w io.Writer, ds []*Document) error { return Diff(w, before(ds), ds) }, now))
}

func TestNothingChangedIsOneSentence(t *testing.T) {
	t.Parallel()
	same := func(w io.Writer, ds []*Document) error { return Diff(w, crossed(t), ds) }
	if got, want := written(t, same, crossed(t)), "Nothing changed between the two runs.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALongDiffIsCut(t *testing.T) {
	t.Parallel()
	d, old := flood(t), flood(t)
	for i := range d.Results {
		x := &d.Results[i]
		x.ID, x.Verdict, x.Findings, x.Reason = strings.Repeat("r", i+1), "fail", nil, strings.Repeat("$", 500)
	}
	old.Results = nil
	out := written(t, func(w io.Writer, ds []*Document) error { return Diff(w, []*Document{old}, ds) }, []*Document{d})
	if n, m := strings.Count(out, "<details>"), strings.Count(out, "</details>"); n != m || n == 0 {
		t.Errorf("%d parts begin, %d end", n, m)
	}
	if len(out) > 900<<10 || strings.Count(out, "| **new** |") != mostChanges || !strings.Contains(out, " more changes\n") {
		t.Errorf("it has %d bytes and %d rows", len(out), strings.Count(out, "| **new** |"))
	}
}

func TestHostileDiffIsPlainText(t *testing.T) {
	t.Parallel()
	for name, s := range merged(attacks, map[string]string{"injections": injections}) {
		harmless(t, name, written(t, func(w io.Writer, ds []*Document) error { return Diff(w, before(ds), ds) }, spoiled(crossed(t), s)))
	}
}
