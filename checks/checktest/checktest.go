// Package checktest judges recorded cases: what analysistest is to go/analysis.
//
// A case is a recording in the text form of package wire with one or more lines
//
//	want <verdict> <id> [<part> <lo>..<hi>]
//
// A want with a span demands a finding at exactly those bytes. As test support this package may read files.
package checktest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Want is one line of a case: the verdict that a check must give, and where.
type Want struct {
	Verdict, ID string
	Part        wire.Part // empty: anywhere
	Lo, Hi      int
}

// ParseWant reads a want line.
func ParseWant(line string) (Want, error) {
	f := strings.Fields(line)
	if len(f) != 3 && len(f) != 5 || f[0] != "want" {
		return Want{}, fmt.Errorf("%q is not: want <verdict> <id> [<part> <lo>..<hi>]", line)
	}
	w := Want{Verdict: f[1], ID: f[2]}
	if len(f) == 5 {
		w.Part = wire.Part(f[3])
		if _, err := fmt.Sscanf(f[4], "%d..%d", &w.Lo, &w.Hi); err != nil {
			return Want{}, fmt.Errorf("%q: span: %w", line, err)
		}
	}
	return w, nil
}

// Run judges every case below testdata of the calling test and compares with its wants. It fails where
// a check has no passing or (unless its level is Fact) no failing case, where a want names no check of
// the suite, and where a file of one check makes another check of the suite Broken.
func Run(t *testing.T, s checks.Suite) {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	got := map[string]map[string]bool{}
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.rec"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.ToSlash(file[len("testdata")+1:]), ".rec"), func(t *testing.T) {
			for _, w := range runCase(t, s, file) {
				if got[w.ID] == nil {
					got[w.ID] = map[string]bool{}
				}
				got[w.ID][w.Verdict] = true
			}
		})
	}
	for _, c := range s {
		if !got[c.ID]["pass"] {
			t.Errorf("%s has no recorded case that passes", c.ID)
		}
		if !got[c.ID]["fail"] && c.Level != checks.Fact {
			t.Errorf("%s has no recorded case that fails", c.ID)
		}
	}
}

func runCase(t *testing.T, s checks.Suite, file string) []Want {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	bundle, err := wire.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(bundle.Wants) == 0 {
		t.Errorf("%s wants nothing", file)
	}
	results := s.Judge(checks.NewEvidence(bundle))
	for _, r := range results {
		if r.Verdict == checks.Broken {
			t.Errorf("%s is broken: %s", r.ID, r.Reason)
		}
	}
	var wants []Want
	for _, line := range bundle.Wants {
		w, err := ParseWant(line)
		if err != nil {
			t.Error(err)
			continue
		}
		wants = append(wants, w)
		compare(t, w, results)
	}
	return wants
}

func compare(t *testing.T, w Want, results []checks.Result) {
	t.Helper()
	i := slices.IndexFunc(results, func(r checks.Result) bool { return r.ID == w.ID })
	if i < 0 {
		t.Errorf("want names %s, which is not in the suite", w.ID)
		return
	}
	r := results[i]
	if r.Verdict.String() != w.Verdict {
		t.Errorf("%s: got %s (%s), want %s", w.ID, r.Verdict, r.Reason, w.Verdict)
		return
	}
	if w.Part == "" {
		return
	}
	at := func(f checks.Finding) bool {
		return f.Where.Part == w.Part && f.Where.Lo == w.Lo && f.Where.Hi == w.Hi
	}
	if !slices.ContainsFunc(r.Findings, at) {
		t.Errorf("%s: no finding at %s %d..%d; got %v", w.ID, w.Part, w.Lo, w.Hi, r.Findings)
	}
}
