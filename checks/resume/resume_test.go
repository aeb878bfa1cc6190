package resume_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/checktest"
	"github.com/ssespec/ssespec/checks/resume"
	"github.com/ssespec/ssespec/checks/wire"
)

var update = flag.Bool("update", false, "record the cases again")

func TestRecordedCases(t *testing.T) {
	if *update {
		for _, c := range cases {
			c.write(t)
		}
	}
	checktest.Run(t, resume.Suite)
}

// TestOneCauseIsOneRed holds that a case that fails makes no other rule fail.
func TestOneCauseIsOneRed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*", "fail*.rec"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no failing cases: %v", err)
	}
	for _, file := range files {
		want := "resume/" + filepath.Base(filepath.Dir(file))
		if got := failing(t, decode(t, file)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s makes %v fail, want %s alone", file, got, want)
		}
	}
}

// TestUndisturbedEndpointsAreNoConcern holds that a bundle without trials, as check records it, gets no
// verdict of this family.
func TestUndisturbedEndpointsAreNoConcern(t *testing.T) {
	b := decode(t, filepath.Join("testdata", "gap", "pass.rec"))
	b.Command = "check"
	b.Recordings = slices.DeleteFunc(b.Recordings, func(r *wire.Recording) bool { return r.Trial != nil })
	for _, r := range resume.Suite.Judge(checks.NewEvidence(b)) {
		if r.Verdict != checks.NotApplicable {
			t.Errorf("%s is %s: %s", r.ID, r.Verdict, r.Reason)
		}
	}
}

// TestWhatWasNotCarriedThroughIsNotGreen holds that trials which came to nothing leave no rule passing.
func TestWhatWasNotCarriedThroughIsNotGreen(t *testing.T) {
	b := decode(t, filepath.Join("testdata", "gap", "pass.rec"))
	b.Promises = []string{"resume", "exactly-once"}
	for _, r := range b.Recordings {
		if r.Trial != nil {
			r.Trial.Gap = wire.RequestsSpent
		}
	}
	for _, r := range resume.Suite.Judge(checks.NewEvidence(b)) {
		if r.Verdict == checks.Pass || r.Verdict == checks.Fail {
			t.Errorf("%s is %s: %s", r.ID, r.Verdict, r.Reason)
		}
		if r.ID == "resume/gap" && !strings.Contains(r.Reason, wire.RequestsSpent) {
			t.Errorf("%s says %q, not what was missing", r.ID, r.Reason)
		}
	}
}

func decode(t *testing.T, file string) *wire.Bundle {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := wire.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return b
}
