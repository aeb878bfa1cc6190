package threshold_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// interrupt cuts the answer of a server off behind its third event, on real sockets.
func interrupt(t *testing.T, s *fixtures.Server) *wire.Bundle {
	t.Helper()
	e, err := fixtures.Listen(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := chaos.Begin(t.Context(), &chaos.Lab{
		Target: wire.Request{Method: s.Method, URL: e.URL}, Slowest: wire.Limits(s.Limits), Watch: 10 * time.Second,
	})
	schedule, err := chaos.ParseSchedule("event:3/rst")
	if err != nil {
		t.Fatal(err)
	}
	course := c.Course(profile.Resume{})
	c.Try(t.Context(), course.Named([]chaos.Schedule{schedule}), nil)
	return c.End()
}

// judged returns what a rule says, and the ids of all that fail.
func judged(b *wire.Bundle, id string) (of checks.Result, failing []string) {
	for _, r := range suite.Disturbed().Judge(checks.NewEvidence(b)) {
		if r.ID == id {
			of = r
		}
		if r.Verdict == checks.Fail {
			failing = append(failing, r.ID)
		}
	}
	return of, failing
}

func TestAServerThatIsSlowToTakeUpAnAnswerFailsThatRuleAlone(t *testing.T) {
	t.Parallel()
	const id = "threshold/recovery"
	all := fixtures.Defects()
	d := all[slices.IndexFunc(all, func(d fixtures.Defect) bool { return d.Breaks == id })]
	r, failing := judged(interrupt(t, d.Server()), id)
	if !slices.Equal(failing, []string{id}) {
		t.Errorf("%v fail, want %s alone, which says: %s, %s", failing, id, r.Verdict, r.Reason)
	}
	if r.Level != checks.Must || !r.Required {
		t.Errorf("a declared threshold is a %s and required %v, want a must that is", r.Level, r.Required)
	}
}

func TestAServerThatTakesUpAnAnswerAtOnceKeepsTheThreshold(t *testing.T) {
	t.Parallel()
	s := fixtures.Sound("answer")
	s.Limits.Recovery = 30 * time.Second // no machine is as busy as that
	if r, failing := judged(interrupt(t, s), "threshold/recovery"); r.Verdict != checks.Pass || len(failing) > 0 {
		t.Errorf("got %s (%s), want pass; %v fail", r.Verdict, r.Reason, failing)
	}
}
