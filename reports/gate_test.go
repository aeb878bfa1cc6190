package reports

import (
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
)

// repeatedRule is a report on a rule that was repeated.
func repeatedRule(t *testing.T, verdict checks.Verdict, runs checks.Runs) *Report {
	t.Helper()
	r := failing(t)
	r.Results = r.Results[1:2]
	r.Results[0].Verdict, r.Results[0].Runs = verdict, &runs
	if verdict != checks.Fail {
		r.Exit, r.Why = 0, ""
	}
	return r
}

// What failed once and not again decides nothing, and must not go unseen.
func TestAGateTellsWhatWasRepeated(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	rs := []*Report{repeatedRule(t, checks.Inconclusive, checks.Runs{Failed: 1, Of: 3}), repeatedRule(t, checks.Fail, checks.Runs{Failed: 2, Of: 2})}
	if err := (Text{Width: 120}).Gate(&b, &Gate{Reports: rs, Exit: 1, Why: "1 rule failed"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PASS  0 passed · 1 not judged · 1 failed, and not again · ", "✗ must  demo/utf8  failed in 2 of 2 runs\n"} {
		if strings.Count(b.String(), want) != 1 {
			t.Errorf("the text does not say once %q:\n%s", want, b.String())
		}
	}
}
