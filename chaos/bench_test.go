package chaos_test

import (
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// BenchmarkGatherAnswer is the control scene of the sound answer, without its pauses.
func BenchmarkGatherAnswer(b *testing.B) {
	n := fixtures.NewNetwork()
	s := fixtures.Sound("answer")
	s.Edit(func(_ *fixtures.Request, a *fixtures.Answer) {
		for i := range a.Acts {
			a.Acts[i].Wait = 0
		}
		a.Framing = fixtures.Close // an end that is seen at once
	})
	n.Serve(b.Context(), host+":80", s)
	plan, err := chaos.Plan(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l := labFor(s, host)
		l.Dial = n.Dial
		if got := chaos.Gather(b.Context(), l, "check", plan); got.Recording(wire.Control).Last().End.Kind != wire.Complete {
			b.Fatal(got.Gaps)
		}
	}
	n.Wait()
}

func BenchmarkFloodOverLoopback(b *testing.B) {
	const size = 64 << 20
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, keep := range []bool{true, false} {
			name := map[bool]string{true: "recorded ", false: "followed "}[keep] + version
			b.Run(name, func(b *testing.B) {
				s := flood(size, fixtures.Identity)
				e, err := fixtures.Listen(b.Context(), s, "")
				if err != nil {
					b.Fatal(err)
				}
				defer e.Close()
				plan, err := chaos.Plan(nil)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(size)
				for b.Loop() {
					l := labFor(s, e.Addr)
					l.Version, l.Watch, l.Limits.Bytes = version, time.Minute, 1<<30
					if keep {
						x := chaos.Gather(b.Context(), l, "check", plan).Recording(wire.Control).Last()
						if x.End.Kind != wire.Complete {
							b.Fatal(x.End)
						}
					} else if x, err := l.Follow(b.Context(), nothing); err != nil || x.End.Kind != wire.Complete {
						b.Fatal(x, err)
					}
				}
			})
		}
	}
}

// BenchmarkCutAndResume is one answer that is cut by RST behind its third event and taken up again, on
// loopback: through toxiproxy, and by a reader that leaves by itself.
func BenchmarkCutAndResume(b *testing.B) {
	s := fixtures.Sound("answer")
	s.Edit(func(_ *fixtures.Request, a *fixtures.Answer) {
		for i := range a.Acts {
			a.Acts[i].Wait = 0
		}
		a.Replace("retry: 1000", "retry: 0")
	})
	e, err := fixtures.Listen(b.Context(), s, "")
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: e.URL}, Watch: 2 * time.Second}
	way := profile.Resume{Way: profile.LastEventID}
	b.Run("through toxiproxy", func(b *testing.B) {
		c := chaos.Begin(b.Context(), l)
		schedule, err := chaos.ParseSchedule("event:3/rst")
		if err != nil {
			b.Fatal(err)
		}
		trials := make([]*chaos.Trial, b.N)
		for i := range trials {
			trials[i] = &chaos.Trial{Name: "cut", Schedule: schedule, Resume: way}
		}
		b.ReportAllocs()
		b.ResetTimer()
		c.Try(b.Context(), trials, func(_ *chaos.Trial, r *wire.Recording) {
			if r.Trial.Gap != "" {
				b.Error(r.Trial.Gap)
			}
		})
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cuts/s")
		c.End()
	})
	b.Run("without", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n, err := l.Leave(b.Context(), 3, way); err != nil || n < 6 {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cuts/s")
	})
}
