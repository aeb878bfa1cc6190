package chaos_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

var exact = flag.Int("exact", 100, "how many exact cuts are made of each kind")

// words returns so many bytes of events, written in acts of about so many bytes each.
func words(size, piece int) (body string, out []fixtures.Act) {
	var b strings.Builder
	for i := 1; b.Len() < size; i++ {
		fmt.Fprintf(&b, "id: %d\ndata: {\"n\":%d,\"text\":\"%s\"}\n\n", i, i, strings.Repeat(" Grüße", 1+i%9))
	}
	body = b.String()
	for lo := 0; lo < len(body); lo += piece {
		out = append(out, fixtures.Act{Write: body[lo:min(lo+piece, len(body))]})
	}
	return body, out
}

// listen serves s on the loopback interface until the test ends.
func listen(t *testing.T, s *fixtures.Server) *chaos.Lab {
	t.Helper()
	e, err := fixtures.Listen(context.Background(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	l := labFor(s, e.Addr)
	l.Watch = 10 * time.Second // a busy machine is no finding
	return l
}

// step reads a schedule of one step.
func step(t testing.TB, text string) chaos.Step {
	t.Helper()
	s, err := chaos.ParseSchedule(text)
	if err != nil || len(s) != 1 {
		t.Fatalf("%q: %v", text, err)
	}
	return s[0]
}

// wantCut demands that the reader has so many bytes of the body, and saw the end that was asked for.
func wantCut(t *testing.T, p chaos.Passage, body string, at int, kind wire.EndKind) {
	t.Helper()
	if p.Err != nil || p.Exchange == nil {
		t.Errorf("cut at %d: %v", at, p.Err)
		return
	}
	got := string(p.Exchange.BodyBytes())
	if got != body[:at] {
		t.Errorf("cut at %d: the reader has %d bytes (a prefix of what was sent: %v)", at, len(got), strings.HasPrefix(body, got))
	}
	if p.Exchange.End.Kind != kind || p.Fault.Landed != at {
		t.Errorf("cut at %d: got end %v (%s), landed at %d, want %v", at, p.Exchange.End.Kind, p.Exchange.End.Note, p.Fault.Landed, kind)
	}
	if p.Closing > time.Second {
		t.Errorf("cut at %d: the link took %v to end", at, p.Closing)
	}
}

func TestCutsAreExact(t *testing.T) {
	body, acts := words(21<<10, 300)
	for _, at := range []struct {
		name, version string
		tls           bool
		framing       fixtures.Framing
	}{
		{"HTTP/1.1 chunked", "HTTP/1.1", false, fixtures.Chunked},
		{"HTTP/1.1 with a length", "HTTP/1.1", false, fixtures.Length},
		{"HTTP/1.1 over TLS", "HTTP/1.1", true, fixtures.Chunked},
		{"HTTP/2 over TLS", "HTTP/2.0", true, fixtures.Chunked},
	} {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			s := stream(ok(at.framing, acts...))
			s.TLS = at.tls
			l := listen(t, s)
			lot := rand.New(rand.NewPCG(1, 2))
			offsets := []int{0, 1, len(body) - 1}
			for len(offsets) < *exact {
				offsets = append(offsets, lot.IntN(len(body)))
			}
			began := time.Now()
			for fault, kind := range map[string]wire.EndKind{"fin": wire.Truncated, "rst": wire.Reset} {
				atOnce(len(offsets), func(i int) {
					n := offsets[i]
					wantCut(t, l.Pass(t.Context(), step(t, fmt.Sprintf("byte:%d/%s", n, fault)), at.version, nil, nil), body, n, kind)
				})
			}
			t.Logf("%d cuts, %.0f in a second", 2*len(offsets), float64(2*len(offsets))/time.Since(began).Seconds())
		})
	}
}

// atOnce calls f for 0 to n-1, a few at the same time.
func atOnce(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// A reset throws away what the reader's socket still holds, unless it is waited for.
func TestSlowReaderHasAllBeforeTheReset(t *testing.T) {
	t.Parallel()
	body, acts := words(3<<20, 64<<10)
	l := listen(t, stream(ok(fixtures.Chunked, acts...)))
	l.Limits.Bytes = 64 << 20
	for _, at := range []int{1 << 20, 2<<20 + 17, len(body) - 1} {
		slowly := func() bool { <-time.After(300 * time.Microsecond); return false }
		wantCut(t, l.Pass(t.Context(), step(t, fmt.Sprintf("byte:%d/rst", at)), "HTTP/1.1", slowly, nil), body, at, wire.Reset)
	}
}

func TestSlowReaderOverHTTP2HasAllBeforeTheReset(t *testing.T) {
	t.Parallel()
	body, acts := words(3<<20, 64<<10)
	s := stream(ok(fixtures.Chunked, acts...))
	s.TLS = true
	l := listen(t, s)
	l.Limits.Bytes = 64 << 20
	at := 2<<20 + 17
	slowly := func() bool { <-time.After(300 * time.Microsecond); return false }
	wantCut(t, l.Pass(t.Context(), step(t, fmt.Sprintf("byte:%d/rst", at)), "HTTP/2.0", slowly, nil), body, at, wire.Reset)
}

// A witnessServer streams as long as it can, and tells what it sees.
type witnessServer struct {
	wrote chan struct{} // an event was written
	left  chan struct{} // closed when reading or writing fails
}

// attend serves one connection after the other.
func attend(t *testing.T) (*witnessServer, *chaos.Lab) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &witnessServer{wrote: make(chan struct{}), left: make(chan struct{})}
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		w.serve(c)
	})
	t.Cleanup(func() { ln.Close(); wg.Wait() })
	return w, &chaos.Lab{Target: wire.Request{Method: "GET", URL: "http://" + ln.Addr().String() + "/"}, Watch: 10 * time.Second}
}

func (w *witnessServer) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for line := ""; line != "\r\n"; {
		line, _ = r.ReadString('\n')
		if line == "" {
			return
		}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { // whoever leaves ends our reading first
		defer close(w.left)
		r.ReadByte()
	})
	fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
	for i := 1; ; i++ {
		if _, err := fmt.Fprintf(c, "id: %d\ndata: x\n\n", i); err != nil {
			return
		}
		select {
		case w.wrote <- struct{}{}:
		case <-w.left:
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// writes waits until so many further events were written, and reports whether they were.
func (w *witnessServer) writes(n int) bool {
	for range n {
		select {
		case <-w.wrote:
		case <-w.left:
			return false
		}
	}
	return true
}

func TestServerBelievesTheConnectionOpen(t *testing.T) {
	for fault, seen := range map[string]string{"half-close": "fin", "stall": "silence"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w, l := attend(t)
			open := false
			p := l.Pass(t.Context(), step(t, "event:3/"+fault), "HTTP/1.1", nil, func() { open = w.writes(50) })
			if p.Err != nil || p.Closing > time.Second {
				t.Fatalf("the link ended in %v: %v", p.Closing, p.Err)
			}
			if !open {
				t.Error("the server was told of the end while the trial lasted")
			}
			if !strings.HasPrefix(p.Fault.Seen, seen) {
				t.Errorf("the reader saw %q, want %q", p.Fault.Seen, seen)
			}
			if n := bytes.Count(p.Exchange.BodyBytes(), []byte("\n\n")); n != 3 {
				t.Errorf("the reader has %d events, want 3", n)
			}
			select {
			case <-w.left:
			case <-time.After(5 * time.Second):
				t.Error("the server was not told of the end when the trial was over")
			}
		})
	}
}

func TestOtherCutsAreToldToTheServer(t *testing.T) {
	for _, fault := range []string{"fin", "rst", "slow-close:30ms"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w, l := attend(t)
			told := false
			p := l.Pass(t.Context(), step(t, "event:3/"+fault), "HTTP/1.1", nil, func() {
				select {
				case <-w.left:
					told = true
				case <-time.After(5 * time.Second):
				}
			})
			if p.Err != nil || !told {
				t.Errorf("the server believes the connection open: %v", p.Err)
			}
		})
	}
}

func TestResetOfTheTargetIsSeenAsReset(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/1.1 over TLS"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			a := ok(fixtures.Chunked, acts(0, "data: 1\n\n", "data: 2\n\n")...)
			a.End = fixtures.Abort
			s := stream(a)
			s.TLS = strings.HasSuffix(version, "TLS")
			l := listen(t, s)
			for range 20 {
				p := l.Pass(t.Context(), chaos.Step{}, "HTTP/1.1", nil, nil)
				if p.Err != nil && !errors.Is(p.Err, syscall.ECONNRESET) {
					t.Fatal(p.Err)
				}
				if p.Exchange != nil && p.Exchange.End.Kind != wire.Reset {
					t.Errorf("got %v, want reset", p.Exchange.End.Kind)
				}
			}
		})
	}
}

func TestEndOfTheTargetIsSeenAsItWas(t *testing.T) {
	for end, want := range map[fixtures.End]wire.EndKind{fixtures.Finish: wire.Complete, fixtures.Cut: wire.Truncated} {
		for _, text := range []string{"slice:5", "jitter:1ms", "latency:2ms", "bandwidth:1000", "event:99/rst"} {
			t.Run(fmt.Sprint(want, " ", text), func(t *testing.T) {
				t.Parallel()
				a := ok(fixtures.Chunked, acts(0, "data: 1\n\n", "data: 2\n\n")...)
				a.End = end
				p := listen(t, stream(a)).Pass(t.Context(), step(t, text), "HTTP/1.1", nil, nil)
				if p.Err != nil || p.Exchange.End.Kind != want || string(p.Exchange.BodyBytes()) != "data: 1\n\ndata: 2\n\n" {
					t.Fatalf("got %v %q, want %v (%v)", p.Exchange.End.Kind, p.Exchange.BodyBytes(), want, p.Err)
				}
				if landed := p.Fault.Landed >= 0; landed == strings.HasPrefix(text, "event") {
					t.Errorf("it landed: %v", landed)
				}
			})
		}
	}
}

func TestRefusalOfTheTargetIsARefusal(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &chaos.Lab{Target: wire.Request{Method: "GET", URL: "http://" + ln.Addr().String()}}
	ln.Close()
	if err := l.Reach(t.Context(), chaos.Step{}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want a refused connection", err)
	}
}

// bubbled makes links of a lab in memory.
func bubbled(l *chaos.Lab) *chaos.Lab {
	l.UseSockets(func() (net.Conn, net.Conn, error) {
		reader, front := fixtures.Pipe("127.0.0.1:40000", "127.0.0.1:40001")
		return reader, front, nil
	})
	return l
}

func TestLatencyIsNeverShort(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := bubbled(g.serve(stream(ok(fixtures.Chunked, acts(100*ms, "data: 1\n\n", "data: 2\n\n", "data: 3\n\n")...))))
		x := l.Pass(g.ctx, step(t, "latency:70ms"), "HTTP/1.1", nil, nil).Exchange
		if x.HeadAt < 140*ms {
			t.Errorf("the head came after %v, want 70 ms there and 70 ms back at least", x.HeadAt)
		}
		for i, c := range x.Body {
			if least := 140*ms + time.Duration(i+1)*100*ms; c.At < least {
				t.Errorf("event %d came after %v, want %v at least", i+1, c.At, least)
			}
		}
	})
}

func TestPauseDelaysWhatIsBehindIt(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := bubbled(g.serve(stream(ok(fixtures.Chunked, acts(100*ms, "data: 1\n\n", "data: 2\n\n", "data: 3\n\n")...))))
		l.Watch = 10 * time.Second
		p := l.Pass(g.ctx, step(t, "event:1+3/stall:1s"), "HTTP/1.1", nil, nil)
		want := "100ms data: 1\n\n\n200ms dat\n1.2s a: 2\n\n\n1.2s data: 3\n\n\n"
		if got := arrivals(p.Exchange.Body); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		if p.Fault.Landed != len("data: 1\n\ndat") {
			t.Errorf("landed at %d", p.Fault.Landed)
		}
	})
}

func TestSlowCloseIsNeverEarly(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := bubbled(g.serve(stream(ok(fixtures.Chunked, acts(100*ms, "data: 1\n\n", "data: 2\n\n")...))))
		x := l.Pass(g.ctx, step(t, "event:1/slow-close:700ms"), "HTTP/1.1", nil, nil).Exchange
		wantEnd(t, x, wire.Truncated, 800*ms, "")
	})
}

// One bit is changed, and not in the framing of HTTP/2.
func TestFlipChangesOneBitOfTheBody(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := bubbled(g.serve(stream(ok(fixtures.Chunked, acts(0, "data: 1\n\ndata: 2\n\n")...))))
				l.Version = version
				p := l.Pass(g.ctx, step(t, "event:1+6/flip"), version, nil, nil)
				if p.Err != nil {
					t.Fatal(p.Err)
				}
				if got := string(p.Exchange.BodyBytes()); got != "data: 1\n\ndata: 6\n\n" {
					t.Errorf("got %q (%v %s), want 2 changed to 6", got, p.Exchange.End.Kind, p.Exchange.End.Note)
				}
			})
		})
	}
}

func TestNothingIsFlippedBehindTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := bubbled(g.serve(stream(ok(fixtures.Chunked, acts(0, "data: 1\n\n")...))))
		l.Version = "HTTP/2.0"
		p := l.Pass(g.ctx, step(t, "event:1/flip"), "HTTP/2.0", nil, nil)
		if p.Err != nil || p.Exchange.End.Kind != wire.Complete || p.Fault.Landed >= 0 {
			t.Errorf("got end %v, landed at %d, want the whole answer and no fault (%v)", p.Exchange.End.Kind, p.Fault.Landed, p.Err)
		}
	})
}

// Streams are busy, clients leave, and nothing of it stays behind.
func TestNothingStaysBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	leaveBusyStreams(t, "HTTP/1.1", false)
	leaveBusyStreams(t, "HTTP/2.0", true)
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// leaveBusyStreams makes 150 connections that are disturbed while the server sends as fast as it can.
func leaveBusyStreams(t *testing.T, version string, tls bool) {
	s := stream(ok(fixtures.Chunked, acts(0, strings.Repeat("data: busy\n\n", 400))...))
	s.TLS = tls
	inner := s.Answer
	s.Answer = func(r *fixtures.Request) *fixtures.Answer { // for ever
		a := inner(r)
		a.Acts = append(a.Acts, a.Acts[0])
		a.Loop = 1
		return a
	}
	e, err := fixtures.Listen(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	l := labFor(s, e.Addr)
	l.Watch, l.Limits.Bytes = 10*time.Second, 64<<20
	faults := []string{"event:30/fin", "event:99/rst", "byte:5000/half-close", "latency:1ms", "slice:100", "bandwidth:100000", "event:50/slow-close:5ms",
		"event:9/stall:3ms", "jitter:1ms", "event:7/duplicate", "event:9999999/rst", "event:44/rst"}
	atOnce(150, func(i int) {
		text := faults[i%len(faults)]
		if i%20 == 19 {
			text = "event:25/stall"
		}
		reads, most := 0, 3+i%10
		if strings.HasSuffix(text, "rst") && i%2 == 0 {
			most = 50 // stays until it is cut off, or nearly
		}
		leave := func() bool { reads++; return reads > most }
		if p := l.Pass(t.Context(), step(t, text), version, leave, nil); p.Err != nil || p.Closing > time.Second {
			t.Errorf("%s: the link took %v to end: %v", text, p.Closing, p.Err)
		}
	})
	e.Close()
}
