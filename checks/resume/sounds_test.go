package resume_test

import (
	"crypto/tls"
	"flag"
	"slices"
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

var everySound = flag.Bool("sounds", false, "interrupt every sound server, not one in ten")

// excusedSounds are sound where they are left alone, and do what a rule advises against when they are interrupted.
var excusedSounds = map[string][]string{
	"no-replay":      {"resume/ids-taken-up"},
	"in-a-hurry":     {"resume/ids-taken-up"},
	"polled-in-vain": {"resume/silent-loss", "resume/empty-header"}, // whoever names an id is sent nothing, wherever it stopped
}

// TestNoSoundServerFailsARule interrupts the servers that are legal and unusual, in every way.
func TestNoSoundServerFailsARule(t *testing.T) {
	var wg sync.WaitGroup
	places := make(chan struct{}, 6)
	for i, s := range fixtures.Sounds() {
		if !*everySound && i%10 != 0 && s.Name != "polled-at-once" { // which was taken for an answer that begins again
			continue
		}
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			for _, r := range interruptAll(t, s) {
				if (r.Verdict == checks.Fail || r.Verdict == checks.Broken) && !slices.Contains(excusedSounds[s.Name], r.ID) {
					t.Errorf("%s: %s (%s): %s", s.Name, r.ID, r.Level, r.Reason)
				}
			}
		})
	}
	wg.Wait()
}

// interruptAll makes the usual trials on a server, and judges them.
func interruptAll(t *testing.T, s *fixtures.Server) []checks.Result {
	e, err := fixtures.Listen(t.Context(), s, "")
	if err != nil {
		t.Error(err)
		return nil
	}
	defer e.Close()
	l := &chaos.Lab{Target: wire.Request{Method: s.Method, URL: e.URL, Body: []byte(s.Body)}, Watch: 3 * time.Second,
		Patience: 2 * time.Second, Repeat: true, Seed: 1, TLS: &tls.Config{InsecureSkipVerify: true}}
	for _, f := range s.Ask {
		l.Target.Header = append(l.Target.Header, wire.Field(f))
	}
	if s.Promise != "" {
		l.Promises = []string{s.Promise}
	}
	c := chaos.Begin(t.Context(), l)
	if c.Opened() {
		c.Parallel = 12
		c.Try(t.Context(), c.Course(profile.Resume{}).Trials(nil), nil)
		c.Confirm(t.Context())
	}
	return resume.Suite.Judge(checks.NewEvidence(c.End()))
}
