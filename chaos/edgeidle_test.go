package chaos_test

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/edge"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// A relay is a hop that passes on bytes between a reader and our origin, with a fault of its own.
type relay struct {
	idle    time.Duration // of silence in either direction, after which it ends a connection; 0 for never
	forgets bool          // it does not end it, but loses what follows
	deaf    bool          // to comments: only data counts
	age     time.Duration // after which it ends a connection; 0 for never
	restart time.Duration // after its start, at which it ends all connections; 0 for never
	ignores bool          // that its reader left
	absorbs bool          // reads from the origin what its reader does not
	stores  bool          // a request until it has been silent for a second
	seats   int           // how many connections to the origin it has; 0 for any number

	began time.Time
	taken chan struct{}
}

// behind returns a lab whose reader's way leads through the relay to our own origin, all in memory.
func (g *stage) behind(r *relay, depth chaos.Depth) *chaos.Lab {
	o := origin.New(nil)
	straight := func(_ context.Context, _, addr string) (net.Conn, error) {
		near, far := fixtures.Pipe("client.example:49152", addr)
		g.wg.Go(func() { o.ServeConn(g.ctx, far) })
		return near, nil
	}
	r.began = time.Now()
	if r.seats > 0 {
		r.taken = make(chan struct{}, r.seats)
	}
	return &chaos.Lab{
		Target: wire.Request{Method: "GET", URL: "http://" + host + "/s"},
		Edge:   &chaos.Edge{Origin: o, Direct: "http://origin.example/s", Dial: straight, Depth: depth, Wait: time.Second},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			near, far := fixtures.Pipe("client.example:49152", addr)
			g.wg.Go(func() { r.serve(g.ctx, far, func() net.Conn { c, _ := straight(ctx, network, addr); return c }) })
			return near, nil
		},
	}
}

// serve passes on one connection.
func (r *relay) serve(ctx context.Context, reader net.Conn, dial func() net.Conn) {
	defer reader.Close()
	if r.taken != nil {
		select {
		case r.taken <- struct{}{}:
			defer func() { <-r.taken }()
		case <-ctx.Done():
			return
		}
	}
	up := dial()
	defer up.Close()
	end := sync.OnceFunc(func() { reader.Close(); up.Close() })
	defer context.AfterFunc(ctx, end)()
	for _, d := range []time.Duration{r.age, r.restart - time.Since(r.began)} {
		if d > 0 {
			defer time.AfterFunc(d, end).Stop()
		}
	}
	lost := make(chan struct{})
	quiet := time.NewTimer(24 * time.Hour)
	defer quiet.Stop()
	if r.idle > 0 {
		hung := end
		if r.forgets {
			hung = sync.OnceFunc(func() { close(lost) })
		}
		quiet = time.AfterFunc(r.idle, hung)
		defer quiet.Stop()
	}
	heard := func(b []byte) {
		if r.idle > 0 && !(r.deaf && !bytes.Contains(b, []byte("data:"))) {
			quiet.Reset(r.idle)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		r.upload(up, reader, heard)
		if !r.ignores {
			up.Close()
		}
	})
	wg.Go(func() {
		r.download(reader, up, heard, lost)
		if !r.forgets || !closed(lost) {
			reader.Close()
		}
	})
	wg.Wait()
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// upload passes on what the reader sends, until it leaves.
func (r *relay) upload(up, reader net.Conn, heard func([]byte)) {
	var stored []byte
	for buf := make([]byte, 4096); ; {
		if r.stores {
			reader.SetReadDeadline(time.Now().Add(time.Second))
		}
		n, err := reader.Read(buf)
		heard(buf[:n])
		stored = append(stored, buf[:n]...)
		if r.stores && err == nil {
			continue
		}
		up.Write(stored)
		stored = nil
		if err != nil && !(r.stores && strings.Contains(err.Error(), "timeout")) {
			return
		}
	}
}

// download passes on what the origin sends.
func (r *relay) download(reader, up net.Conn, heard func([]byte), lost chan struct{}) {
	var wg sync.WaitGroup
	defer wg.Wait()
	pieces := make(chan []byte, 1<<16)
	defer close(pieces)
	if r.absorbs {
		wg.Go(func() {
			for p := range pieces {
				reader.Write(p)
			}
		})
	}
	for buf := make([]byte, 32<<10); ; {
		n, err := up.Read(buf)
		heard(buf[:n])
		switch {
		case closed(lost):
		case r.absorbs:
			pieces <- bytes.Clone(buf[:n])
		default:
			_, werr := reader.Write(buf[:n])
			if werr != nil && !r.ignores {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// inOurTime is bubble for an origin that speaks HTTP/2: its server's channels outlive a bubble.
func inOurTime(t *testing.T, f func(t *testing.T, g *stage)) {
	t.Helper()
	g := &stage{net: fixtures.NewNetwork()}
	g.ctx, g.cancel = context.WithCancel(t.Context())
	defer func() {
		g.cancel()
		g.wg.Wait()
	}()
	f(t, g)
}

// look makes the experiments of some scenes at an edge.
func look(ctx context.Context, l *chaos.Lab, scenes ...wire.Scene) *wire.Bundle {
	plan := slices.DeleteFunc(chaos.EdgeExperiments(), func(e *chaos.Experiment) bool { return !slices.Contains(scenes, e.Scene) })
	return chaos.GatherEdge(ctx, l, plan)
}

// verdicts judges what was recorded, and compares with what is wanted: "edge/idle-cut pass".
func verdicts(t *testing.T, b *wire.Bundle, wants ...string) {
	t.Helper()
	results := edge.Suite.Judge(checks.NewEvidence(b))
	for _, w := range wants {
		id, want, _ := strings.Cut(w, " ")
		i := slices.IndexFunc(results, func(r checks.Result) bool { return r.ID == id })
		if i < 0 {
			t.Fatalf("%s is no rule", id)
		}
		if got := results[i].Verdict.String(); got != want {
			t.Errorf("%s: got %s (%s), want %s", id, got, results[i].Reason, want)
		}
	}
}

func TestSilencesAreToldApartAtAHop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		hop   relay
		wants []string
	}{
		{"that lets streams be silent", relay{},
			[]string{"edge/idle-cut pass", "edge/heartbeat-counts pass", "edge/silent-drop pass", "edge/age-cut pass", "edge/restart pass"}},
		{"that ends them after five seconds", relay{idle: 5 * time.Second},
			[]string{"edge/idle-cut fail", "edge/heartbeat-counts pass", "edge/silent-drop pass", "edge/age-cut pass", "edge/restart pass"}},
		{"that ends them after a minute", relay{idle: time.Minute},
			[]string{"edge/idle-cut pass", "edge/heartbeat-counts pass", "edge/silent-drop pass", "edge/age-cut pass", "edge/restart pass"}},
		{"that does not count comments", relay{idle: 30 * time.Second, deaf: true},
			[]string{"edge/heartbeat-counts fail", "edge/silent-drop pass", "edge/age-cut pass", "edge/restart pass"}},
		{"that forgets them after forty seconds", relay{idle: 40 * time.Second, forgets: true},
			[]string{"edge/idle-cut pass", "edge/heartbeat-counts pass", "edge/silent-drop fail", "edge/age-cut pass", "edge/restart pass"}},
		{"that ends each stream after fifteen seconds", relay{age: 15 * time.Second},
			[]string{"edge/idle-cut inconclusive", "edge/heartbeat-counts inconclusive", "edge/silent-drop pass", "edge/age-cut fail", "edge/restart pass"}},
		{"that is restarted after forty seconds", relay{restart: 40 * time.Second},
			[]string{"edge/idle-cut inconclusive", "edge/heartbeat-counts inconclusive", "edge/silent-drop pass", "edge/age-cut inconclusive", "edge/restart fail"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.behind(&c.hop, chaos.Standard), wire.EdgeFields, wire.EdgeIdle, wire.EdgeAge)
				verdicts(t, b, c.wants...)
				if most := 75 * time.Second; b.Duration > most {
					t.Errorf("it took %v, want no more than %v", b.Duration, most)
				}
			})
		})
	}
}

// Streams that wait for a free connection of the hop wait for nothing that a rule on silence is about.
func TestAPoolOfFourIsNotTakenForALimitOnSilence(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.behind(&relay{seats: 4}, chaos.Standard), wire.EdgeFields, wire.EdgeIdle, wire.EdgeAge, wire.EdgeLeave)
		for _, r := range edge.Suite.Judge(checks.NewEvidence(b)) {
			if r.Verdict == checks.Fail {
				t.Errorf("%s fails: %s", r.ID, r.Reason)
			}
		}
		if most := 80 * time.Second; b.Duration > most {
			t.Errorf("it took %v, want no more than %v", b.Duration, most)
		}
	})
}

func TestTheLimitOnSilenceIsMeasured(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{3 * time.Second, 7 * time.Second, 30 * time.Second, 50 * time.Second, 60 * time.Second} {
		bubble(t, func(t *testing.T, g *stage) {
			b := look(g.ctx, g.behind(&relay{idle: limit}, chaos.Standard), wire.EdgeIdle)
			got := passage.IdleOf(b.Recording(wire.EdgeIdle), wire.Via)
			if passage.IdleCut(b) != got.T() || passage.AgeCut(b) != 0 {
				t.Errorf("got a cut after %v of silence, and at an age of %v, want %v and none", passage.IdleCut(b), passage.AgeCut(b), got.T())
			}
			for _, p := range []passage.Phase{passage.MidStream, passage.HeadOnly, passage.NoHead} {
				if (got.After[p] - limit).Abs() > 100*time.Millisecond {
					t.Errorf("phase %s: got %v, want %v", p, got.After[p], limit)
				}
			}
			if !got.Kept() {
				t.Errorf("comments do not keep a stream that may be silent for %v", limit)
			}
		})
	}
}

func TestSilencesGetLongerWithTheDepth(t *testing.T) {
	t.Parallel()
	for depth, want := range map[chaos.Depth]time.Duration{chaos.Standard: 65 * time.Second, chaos.Deep: 355 * time.Second} {
		bubble(t, func(t *testing.T, g *stage) {
			b := look(g.ctx, g.behind(&relay{}, depth), wire.EdgeIdle)
			if got := passage.IdleOf(b.Recording(wire.EdgeIdle), wire.Via).Longest(); got != want {
				t.Errorf("%s: got a longest silence of %v, want %v", depth, got, want)
			}
		})
	}
}

func TestWhoLooksQuicklyDoesNotWaitForSilences(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		b := look(g.ctx, g.behind(&relay{}, chaos.Quick), wire.EdgeIdle, wire.EdgeAge, wire.EdgeLeave, wire.EdgePressure, wire.EdgeCrowd, wire.EdgeUpload)
		if len(b.Gaps) != 6 || b.Duration > time.Second {
			t.Errorf("got %d gaps in %v, want 6 at once", len(b.Gaps), b.Duration)
		}
	})
}
