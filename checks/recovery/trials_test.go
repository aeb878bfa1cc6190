package recovery_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

var (
	runs   = flag.Int("runs", 3, "how often each flaw is judged")
	soak   = flag.Int("soak", 200, "how many sound answers are interrupted")
	starve = flag.Bool("starve", false, "with two busy loops for each core during the second half of the soak")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// visit interrupts answers of a server of its own as schedules say, and judges them.
func visit(t *testing.T, s *fixtures.Server, how profile.Resume, schedules ...string) []recovery.Judgment {
	t.Helper()
	var named []chaos.Schedule
	for _, text := range schedules {
		schedule, err := chaos.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		named = append(named, schedule)
	}
	patient := func(l *chaos.Lab) profile.Resume {
		l.Patience = 2 * time.Second // enough for what is on this machine, and soon over where a server hangs
		return how
	}
	return interrupt(t, s, 1, patient, func(c *chaos.Course) []*chaos.Trial { return c.Named(named) })
}

func interrupt(t *testing.T, s *fixtures.Server, parallel int, prepare func(*chaos.Lab) profile.Resume, choose func(*chaos.Course) []*chaos.Trial) []recovery.Judgment {
	t.Helper()
	e, err := fixtures.Listen(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(fixtures.CA())
	l := &chaos.Lab{TLS: &tls.Config{RootCAs: roots}, Target: wire.Request{Method: s.Method, URL: s.URL(e.Addr), Body: []byte(s.Body)}, Watch: time.Second, Seed: 1}
	how := prepare(l)
	c := chaos.Begin(t.Context(), l)
	c.Parallel = parallel
	c.Try(t.Context(), choose(c.Course(how)), nil)
	c.Confirm(t.Context())
	return recovery.Judge(checks.NewEvidence(c.End()))
}

// beside runs f n times, a few at a time.
func beside(n int, f func(i int)) {
	var wg sync.WaitGroup
	places := make(chan struct{}, 8)
	for i := range n {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			f(i)
		})
	}
	wg.Wait()
}

func TestEveryFlawOfAServerIsNamedEveryTime(t *testing.T) {
	for _, f := range fixtures.Flaws() {
		t.Run(f.Name, func(t *testing.T) { // one after the other: some flaws show in time only
			beside(*runs, func(int) {
				for _, j := range visit(t, f.Server(), profile.Resume{}, f.Cut) {
					if string(j.Verdict) != f.Verdict {
						t.Errorf("got %s (%s: %s), want %s", j.Verdict, j.Oracle, j.Reason, f.Verdict)
					}
				}
			})
		})
	}
}

func TestAnomaliesAreNamedAloneAndInPairs(t *testing.T) {
	all := fixtures.Anomalies()
	for i, a := range all {
		for _, b := range all[i:] {
			t.Run(a+" and "+b, func(t *testing.T) {
				t.Parallel()
				want := slices.Compact([]string{a, b})
				s := fixtures.Resumable{Anomalies: want}.Server()
				j := visit(t, s, profile.Resume{}, "event:3/rst")[0]
				var got []string
				for _, x := range j.Anomalies {
					got = append(got, string(x.Kind))
				}
				for _, w := range visible(want) {
					if !slices.Contains(got, w) {
						t.Errorf("got %v, want %s among them (%s)", got, w, j.Reason)
					}
				}
				for _, g := range got {
					if !slices.Contains(want, g) && !follows(g, want) {
						t.Errorf("got %s too, which was not planted: %s", g, j.Reason)
					}
				}
			})
		}
	}
}

// visible leaves out of planted anomalies what cannot be seen beside another: an answer of which the end alone
// is sent has nothing to be wrong with, and one that hangs or ends falsely is either.
func visible(planted []string) []string {
	if slices.Contains(planted, "false-end") {
		if slices.Contains(planted, "hung") {
			return []string{"hung"}
		}
		return slices.DeleteFunc(slices.Clone(planted), func(p string) bool {
			return p != "false-end" && p != "duplicated" && p != "restarted"
		})
	}
	return planted
}

// follows reports whether an anomaly is what planted ones come to together.
func follows(kind string, planted []string) bool {
	switch kind {
	}
	return false
}

func TestSoundAnswersAreNeverAccused(t *testing.T) {
	kinds := []fixtures.Kind{fixtures.Finite, fixtures.Stored, fixtures.Live, fixtures.XCursor, fixtures.Counted}
	var stop func()
	for half := range 2 {
		if half == 1 && *starve {
			stop = busy(2 * runtime.NumCPU())
		}
		for k, kind := range kinds {
			n := *soak / 2 / len(kinds)
			prepare := func(l *chaos.Lab) profile.Resume {
				switch kind {
				case fixtures.XCursor:
					return profile.Resume{Way: profile.HeaderField, Name: "X-Cursor"}
				case fixtures.Counted:
					l.Sequence = "n"
					return profile.Resume{Way: profile.QueryParam, Name: "after"}
				}
				return profile.Resume{}
			}
			all := interrupt(t, fixtures.Resumable{Kind: kind, TLS: k%2 == half}.Server(), 16, prepare, func(c *chaos.Course) []*chaos.Trial {
				return c.Random(nil, n, int64(half*10+k))
			})
			whole := 0
			for _, j := range all {
				switch {
				case j.Verdict == recovery.Whole:
					whole++
				case j.Verdict == recovery.Inconclusive:
					t.Logf("%v, %s: %s", kind, j.Trial().Schedule, j.Reason)
				default:
					t.Errorf("%v, %s: got %s (%s), want whole", kind, j.Trial().Schedule, j.Verdict, j.Reason)
				}
			}
			if 10*whole < 9*len(all) {
				t.Errorf("%v: %d of %d answers were found whole, want nearly all", kind, whole, len(all))
			}
			t.Logf("%v: %d of %d whole", kind, whole, len(all))
		}
	}
	if stop != nil {
		stop()
	}
}

// busy keeps n loops spinning until it is told to stop.
func busy(n int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for ctx.Err() == nil {
				for x := range 1000 {
					_ = x * x
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func TestASweepFindsThePlantedBorderEveryTime(t *testing.T) {
	for range max(1, *runs/3) {
		border := 2 + rand.IntN(9)
		flaws := fixtures.Flaws()
		f := flaws[slices.IndexFunc(flaws, func(f fixtures.Flaw) bool { return f.Name == "one-border" })]
		f.At = border
		all := interrupt(t, f.Server(), 32, func(*chaos.Lab) profile.Resume { return profile.Resume{} }, func(c *chaos.Course) []*chaos.Trial {
			trials, _, _ := c.Sweep(nil, 5000)
			return trials
		})
		wrong := map[string]bool{}
		for _, j := range all {
			if j.Verdict == recovery.Whole {
				continue
			}
			wrong[fmt.Sprint(j.Cuts[0].Event)] = true
			if j.Verdict != recovery.Lost || j.Cuts[0].Event != border {
				t.Errorf("%s: got %s (%s), want lost behind event %d alone", j.Trial().Schedule, j.Verdict, j.Reason, border)
			}
		}
		if len(wrong) != 1 {
			t.Errorf("the border %d was not found among %d places", border, len(all))
		}
	}
}

func TestAFaultThatNeedsTwoCutsShrinksToTwo(t *testing.T) {
	flaws := fixtures.Flaws()
	f := flaws[slices.IndexFunc(flaws, func(f fixtures.Flaw) bool { return f.Name == "second-cut" })]
	fails := func(s chaos.Schedule) bool {
		return visit(t, f.Server(), profile.Resume{}, s.String())[0].Verdict == recovery.Lost
	}
	for _, text := range []string{"event:2/rst,event:3/stall,event:2/fin", "event:4+9/half-close,event:2/rst,event:1/fin,event:1/rst"} {
		s, err := chaos.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		if !fails(s) {
			t.Fatalf("%s does not fail", s)
		}
		got := chaos.Shrink(s, 100, fails)
		if len(got) != 2 || got.String() != "event:1/fin,event:1/fin" {
			t.Errorf("%s shrinks to %s, want two cuts, the earliest and mildest", s, got)
		}
		if !fails(got) {
			t.Errorf("%s does not fail again", got)
		}
	}
}

// A server may count the events of all its answers together: then 41, 43, 44 is complete, and what one answer
// alone shows as a count is none beside others.
func TestNumbersThatCountTheEventsOfOthersAccuseNobody(t *testing.T) {
	flaws := fixtures.Flaws()
	f := flaws[slices.IndexFunc(flaws, func(f fixtures.Flaw) bool { return f.Name == "shared-history" })]
	schedule, err := chaos.ParseSchedule("event:5/rst")
	if err != nil {
		t.Fatal(err)
	}
	all := interrupt(t, f.Server(), 16, func(*chaos.Lab) profile.Resume { return profile.Resume{} }, func(c *chaos.Course) []*chaos.Trial {
		return c.Named(slices.Repeat([]chaos.Schedule{schedule}, 32))
	})
	for _, j := range all {
		if j.Oracle == recovery.NumberedIDs {
			t.Errorf("got %s by %s: %s", j.Verdict, j.Oracle, j.Reason)
		}
	}
}

// A feed that takes a reader up and tells it nothing is not whole, though nothing that came is wrong.
func TestAFeedThatSaysNothingToWhoComesBackIsHung(t *testing.T) {
	s := fixtures.Resumable{Kind: fixtures.Live}.Server()
	s.EditAny(func(r *fixtures.Request, a *fixtures.Answer) {
		if r.Header.Get("Last-Event-ID") != "" && a.Status == 200 {
			a.Only()
			a.End = fixtures.Hang
		}
	})
	j := visit(t, s, profile.Resume{}, "event:5/rst")[0]
	if j.Verdict != recovery.Hung || j.Oracle != recovery.WitnessStream {
		t.Errorf("got %s (%s): %s", j.Verdict, j.Oracle, j.Reason)
	}
}
