package resume_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/resume"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// A run is a server and what is tried on it.
type run struct {
	server   *fixtures.Server
	resume   profile.Resume // how its answer is taken up; the zero value is to be detected
	sequence string
	promises []string
	cuts     []string                // schedules to try beside the usual ones
	usual    func(*chaos.Trial) bool // which of the usual trials are made; nil for all
	parallel int
	endless  bool // the stream has no end to wait for
}

// record makes the trials of a run on real sockets.
func record(t *testing.T, r run) *wire.Bundle {
	t.Helper()
	e, err := fixtures.Listen(t.Context(), r.server, "")
	if err != nil {
		t.Error(err)
		return &wire.Bundle{}
	}
	defer e.Close()
	l := &chaos.Lab{
		Target:   wire.Request{Method: r.server.Method, URL: r.server.URL(e.Addr), Body: []byte(r.server.Body)},
		Promises: r.promises, Repeat: true, Watch: 10 * time.Second, Patience: 2 * time.Second, // a busy machine is no hang
	}
	if r.endless {
		l.Watch = time.Second
	}
	c := chaos.Begin(t.Context(), l)
	c.Parallel = r.parallel
	course := c.Course(r.resume)
	course.Seq = r.sequence
	trials := slices.DeleteFunc(course.Trials(nil), func(x *chaos.Trial) bool { return r.usual != nil && !r.usual(x) })
	for _, cut := range r.cuts {
		s, err := chaos.ParseSchedule(cut)
		if err != nil {
			t.Error(err)
		}
		trials = append(trials, course.Named([]chaos.Schedule{s})...)
	}
	c.Try(t.Context(), trials, nil)
	b := c.End()
	b.Sequence = r.sequence
	return b
}

// failing returns the ids of the rules that fail.
func failing(t *testing.T, b *wire.Bundle) (ids []string) {
	t.Helper()
	for _, r := range resume.Suite.Judge(checks.NewEvidence(b)) {
		switch r.Verdict {
		case checks.Fail:
			ids = append(ids, r.ID)
			t.Logf("%s: %.160s", r.ID, r.Reason)
		case checks.Broken:
			t.Errorf("%s is broken: %s", r.ID, r.Reason)
		}
	}
	return ids
}

// reason returns what a rule says.
func reason(b *wire.Bundle, id string) string {
	for _, r := range resume.Suite.Judge(checks.NewEvidence(b)) {
		if r.ID == id {
			return r.Verdict.String() + ", " + r.Reason
		}
	}
	return "nothing"
}

// alone lists the flaws whose server remembers who came before, so that its readers must come one by one.
var alone = []string{"sent-not-read", "second-cut", "late-history", "shared-history"}

// flawed is the run that shows a flaw.
func flawed(f fixtures.Flaw) run {
	r := run{server: f.Server(), cuts: []string{f.Cut}, parallel: 4, endless: f.Kind == fixtures.Live}
	if slices.Contains(alone, f.Name) {
		r.parallel = 1
	}
	switch f.Name {
	case "never-arrives": // each of its readers waits until patience ends
		r.usual = func(x *chaos.Trial) bool {
			return strings.HasPrefix(x.Name, "cut-") || strings.HasPrefix(x.Name, "slow-")
		}
	case "sent-not-read": // whoever is cut off at an event's border loses one only if he is slow to come back
		r.usual = func(x *chaos.Trial) bool {
			return strings.HasPrefix(x.Name, "cut-inside") || strings.HasPrefix(x.Name, "slow-")
		}
	case "refuses", "forgets": // which only a promise makes wrong
		r.promises = []string{"resume"}
	}
	return r
}

func TestEveryFlawMakesItsRuleFailAndNoOther(t *testing.T) {
	t.Parallel()
	flaws := fixtures.Flaws()
	bundles := make([]*wire.Bundle, len(flaws))
	var wg sync.WaitGroup
	for i, f := range flaws { // they wait more than they work
		wg.Go(func() { bundles[i] = record(t, flawed(f)) })
	}
	wg.Wait()
	for i, f := range flaws {
		t.Run(f.Name, func(t *testing.T) {
			if got := failing(t, bundles[i]); !slices.Equal(got, []string{f.Breaks}) {
				t.Errorf("a server that %s makes %v fail, want %s, which says: %s", f.Doc, got, f.Breaks, reason(bundles[i], f.Breaks))
			}
		})
	}
}

func TestNothingFailsOnSoundServers(t *testing.T) {
	t.Parallel()
	sound := func(k fixtures.Kind) run {
		return run{server: fixtures.Resumable{Kind: k}.Server(), parallel: 4, endless: k == fixtures.Live}
	}
	counted, header, replay := sound(fixtures.Counted), sound(fixtures.XCursor), sound(fixtures.Whole)
	counted.resume, counted.sequence = profile.Resume{Way: profile.QueryParam, Name: "after"}, "n"
	header.resume = profile.Resume{Way: profile.HeaderField, Name: "X-Cursor"}
	replay.resume = profile.Resume{Way: profile.FullReplay}
	route := sound(fixtures.Route)
	route.resume = profile.Resume{Way: profile.GetRoute, Name: "/resumable/{id}?starting_after={sequence_number}"}
	runs := []run{sound(fixtures.Finite), sound(fixtures.Stored), sound(fixtures.Live), sound(fixtures.NoIDs), counted, header, replay, route}
	bundles := make([]*wire.Bundle, len(runs))
	var wg sync.WaitGroup
	for i, r := range runs {
		if r.server.Name != "noids" {
			runs[i].promises = []string{"resume", "exactly-once"}
			r = runs[i]
		}
		wg.Go(func() { bundles[i] = record(t, r) })
	}
	wg.Wait()
	for i, r := range runs {
		t.Run(r.server.Name, func(t *testing.T) {
			if got := failing(t, bundles[i]); len(got) > 0 {
				t.Errorf("%v fail on a sound server", got)
			}
		})
	}
}
