package chaos_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func nothing(*wire.Exchange, time.Duration, []byte) {}

func TestFollowHandsOverEventByEvent(t *testing.T) {
	words := []string{"data: 1\n\n", "data: 2\n\n", "data: 3\n\n"}
	want := "0s data: 1\n\n\n200ms data: 2\n\n\n400ms data: 3\n\n\n"
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, coding := range []string{"", "gzip", "zstd", "unheard-of"} {
			t.Run(version+" "+coding, func(t *testing.T) {
				bubble(t, func(t *testing.T, g *stage) {
					a := ok(fixtures.Chunked, acts(200*ms, words...)...)
					a.Acts[0].Wait = 0
					a.Header = append(a.Header, fixtures.Field{Name: "Content-Encoding", Value: coding})
					switch coding {
					case "gzip":
						a.Coding = fixtures.Gzip
					case "zstd":
						for i, w := range zstdPieces(words) {
							a.Acts[i].Write = w
						}
					}
					l := g.serve(stream(a))
					l.Version = version
					var got []wire.Chunk
					x, err := l.Follow(g.ctx, func(x *wire.Exchange, at time.Duration, body []byte) {
						if x.Status != 200 {
							t.Errorf("told without a head")
						}
						if n := len(got); n == 0 || got[n-1].At != at { // a decoder may hand over an event in pieces
							got = append(got, wire.Chunk{At: at})
						}
						last := &got[len(got)-1]
						last.Data = append(last.Data, body...)
					})
					if err != nil {
						t.Fatal(err)
					}
					if joined := arrivals(got); joined != want {
						t.Errorf("got\n%swant\n%s", joined, want)
					}
					wantEnd(t, x, wire.Complete, 400*ms, "")
					if len(x.Body)+len(x.Raw)+len(x.Frames) != 0 || x.Status != 200 {
						t.Errorf("something was kept")
					}
				})
			})
		}
	}
}

// zstdPieces codes words, with a flush behind each.
func zstdPieces(words []string) []string {
	var out []string
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	for i, w := range words {
		z.Write([]byte(w))
		z.Flush()
		if i == len(words)-1 {
			z.Close()
		}
		out = append(out, b.String())
		b.Reset()
	}
	return out
}

func TestFollowLeavesOutRedirects(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := answering(func(r *fixtures.Request) fixtures.Answer {
			if r.Path() == "/t" {
				return ok(fixtures.Chunked, acts(0, "data: 1\n\n")...)
			}
			a := ok(fixtures.Length, acts(0, "moved")...)
			a.Status, a.Header = 302, fixtures.Header{{Name: "Location", Value: "/t"}}
			return a
		})
		var got strings.Builder
		if _, err := g.serve(s).Follow(g.ctx, func(_ *wire.Exchange, _ time.Duration, b []byte) { got.Write(b) }); err != nil || got.String() != "data: 1\n\n" {
			t.Errorf("got %q, %v", got.String(), err)
		}
	})
}

func TestFollowIsLeftWhenTheUserSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(fixtures.Sound("feed"))
		l.Watch = 24 * time.Hour
		ctx, cancel := context.WithTimeout(g.ctx, 10*time.Minute-100*ms)
		defer cancel()
		n := 0
		x, err := l.Follow(ctx, func(_ *wire.Exchange, _ time.Duration, b []byte) { n += bytes.Count(b, []byte("data:")) })
		if err != nil || n != 5*600 {
			t.Errorf("%d events, %v", n, err)
		}
		wantEnd(t, x, wire.HungUp, 10*time.Minute-100*ms, wire.TimeSpent)
		if b := gather(t, g.ctx, l); len(b.Recording(wire.Control).Last().Body) == 0 {
			t.Error("the lab has forgotten how to record")
		}
	})
}

// flood is an answer of n bytes, in acts of 64 KiB.
func flood(n int, coding fixtures.Coding) *fixtures.Server {
	act := fixtures.Act{Write: strings.Repeat("data: "+strings.Repeat("x", 120)+"\n\n", 512)}
	a := ok(fixtures.Chunked)
	a.Coding = coding
	if coding == fixtures.Gzip {
		a.Header = append(a.Header, fixtures.Field{Name: "Content-Encoding", Value: "gzip"})
	}
	return answering(func(*fixtures.Request) fixtures.Answer {
		b := a
		b.More = func(yield func(fixtures.Act) bool) {
			for left := n; left > 0; left -= len(act.Write) {
				if !yield(act) {
					return
				}
			}
		}
		return b
	})
}

func TestFollowingNeedsLittleMemory(t *testing.T) {
	const size = 64 << 20
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				l := g.serve(flood(size, fixtures.Identity))
				l.Version = version
				var before, now runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				got, grown, next := 0, int64(0), 8<<20
				x, err := l.Follow(g.ctx, func(_ *wire.Exchange, _ time.Duration, b []byte) {
					if got += len(b); got >= next {
						next += 8 << 20
						runtime.GC()
						runtime.ReadMemStats(&now)
						grown = max(grown, int64(now.HeapAlloc)-int64(before.HeapAlloc))
					}
				})
				if err != nil || got != size {
					t.Fatalf("got %d bytes, end %v, %v", got, x.End, err)
				}
				if x.End.Kind != wire.Complete || grown > 16<<20 {
					t.Errorf("ended %v, grown by %d KiB", x.End, grown>>10)
				}
				t.Logf("grown by %d KiB", grown>>10)
			})
		})
	}
}

func TestFollowHoldsTheUsersByteLimit(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.serve(flood(1<<20, fixtures.Identity))
		l.Limits.Bytes = 100 << 10
		x, err := l.Follow(g.ctx, nothing)
		if err != nil {
			t.Fatal(err)
		}
		wantEnd(t, x, wire.HungUp, 0, "byte limit of 102400")
	})
}

func TestFollowBoundsATrailer(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := g.script(func(c *fixtures.Conn) {
			hear(c, "\r\n\r\n")
			say(c, 0, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
			for {
				if _, err := c.Write([]byte(strings.Repeat("X-Trail: 1\r\n", 1000))); err != nil {
					return
				}
			}
		})
		x, err := l.Follow(g.ctx, nothing)
		if err != nil {
			t.Fatal(err)
		}
		wantEnd(t, x, wire.HungUp, 0, "trailer limit")
	})
}

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

// A decoder that gives up must not hold who goes on reading, nor stay behind.
func TestFollowSurvivesBytesThatAreNotTheirCoding(t *testing.T) {
	for _, tc := range []struct {
		name  string
		words []string
		want  string
	}{
		{"no gzip at all", []string{"data: 1\n\n", "data: 2\n\n"}, ""},
		{"something behind the end", []string{gzipped("data: 1\n\n"), "more", "and more"}, "data: 1\n\n"},
		{"cut", []string{gzipped("data: 1\n\n")[:15]}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				a := ok(fixtures.Chunked, acts(10*ms, tc.words...)...)
				a.Header = append(a.Header, fixtures.Field{Name: "Content-Encoding", Value: "gzip"})
				var got strings.Builder
				x, err := g.serve(stream(a)).Follow(g.ctx, func(_ *wire.Exchange, _ time.Duration, b []byte) { got.Write(b) })
				if err != nil || x.End.Kind != wire.Complete || !strings.HasPrefix(got.String(), tc.want) {
					t.Errorf("got %q, %v, %v", got.String(), x, err)
				}
			})
		})
	}
}
