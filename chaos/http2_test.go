package chaos_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// frames writes the frames of an exchange as words.
func frames(x *wire.Exchange) string {
	var out []string
	for _, f := range x.Frames {
		s := f.Type
		if f.Type == "DATA" || f.Type == "HEADERS" {
			s = fmt.Sprintf("%s/%d", s, f.Length)
		}
		if f.Flags&wire.EndStream != 0 && (f.Type == "DATA" || f.Type == "HEADERS") {
			s += "!"
		}
		if f.Code != 0 {
			s += fmt.Sprintf("=%d", f.Code)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func overHTTP2(g *stage, s *fixtures.Server) *chaos.Lab {
	l := g.serve(s)
	l.Version = "HTTP/2.0"
	return l
}

func TestEndsOverHTTP2(t *testing.T) {
	two := acts(10*ms, "data: 1\n\n", "data: 2\n\n")
	with := func(end fixtures.End, h2 fixtures.H2) fixtures.Answer {
		a := ok(fixtures.Chunked, two...)
		a.End, a.H2 = end, h2
		return a
	}
	trailing := with(fixtures.Finish, fixtures.H2{})
	trailing.Trailer = fixtures.Header{{Name: "X-Sum", Value: "7"}}
	for _, tc := range []struct {
		name   string
		answer fixtures.Answer
		kind   wire.EndKind
		at     time.Duration
		note   string
		last   string // the frames at the end
	}{
		{"END_STREAM is complete", with(fixtures.Finish, fixtures.H2{}), wire.Complete, 20 * ms, "", "DATA/9 DATA/9 DATA/0!"},
		{"a trailer is complete", trailing, wire.Complete, 20 * ms, "", "DATA/9 HEADERS/8!"},
		{"RST_STREAM is a reset", with(fixtures.Abort, fixtures.H2{Code: 8}), wire.Reset, 20 * ms, "RST_STREAM CANCEL", "DATA/9 RST_STREAM=8"},
		{"RST_STREAM(NO_ERROR) is a reset", with(fixtures.Abort, fixtures.H2{}), wire.Reset, 20 * ms, "RST_STREAM NO_ERROR", "DATA/9 RST_STREAM"},
		{"GOAWAY does not end a stream", with(fixtures.Finish, fixtures.H2{GoAway: true}), wire.Complete, 20 * ms, "", "GOAWAY DATA/0!"},
		{"a closed connection is truncated", with(fixtures.Cut, fixtures.H2{}), wire.Truncated, 20 * ms, "closed before END_STREAM", "DATA/9 DATA/9"},
		{"we leave when the watch is over", with(fixtures.Hang, fixtures.H2{}), wire.HungUp, 2010 * ms, "", "DATA/9 DATA/9"},
		{"no head is silent", fixtures.Answer{End: fixtures.Hang}, wire.Silent, 2000 * ms, "", "SETTINGS"},
		{"204 is complete", fixtures.Answer{Status: 204}, wire.Complete, 0, "", "!"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				x := g.control(t, overHTTP2(g, stream(tc.answer)))
				wantEnd(t, x, tc.kind, tc.at, tc.note)
				if got := frames(x); !strings.HasPrefix(got, "SETTINGS") || !strings.HasSuffix(got, tc.last) {
					t.Errorf("got frames %s, want them to end in %s", got, tc.last)
				}
				if len(tc.answer.Trailer) > 0 && x.Trailer.Get("x-sum") != "7" {
					t.Errorf("got trailer %v", x.Trailer)
				}
			})
		})
	}
}

func TestFieldsOverHTTP2AreAsSent(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		a := ok(fixtures.Chunked, acts(0, "data: 1\n\n")...)
		a.H2.Extra = fixtures.Header{{Name: "X-Upper", Value: "1"}, {Name: "connection", Value: "keep-alive"}, {Name: "x-b", Value: "2"}, {Name: "x-b", Value: "3"}}
		x := g.control(t, overHTTP2(g, stream(a)))
		want := wire.Header{{Name: "content-type", Value: "text/event-stream"}, {Name: "X-Upper", Value: "1"}, {Name: "connection", Value: "keep-alive"},
			{Name: "x-b", Value: "2"}, {Name: "x-b", Value: "3"}}
		if !slices.Equal(x.Header, want) || x.Proto != "HTTP/2.0" || x.Status != 200 {
			t.Errorf("got %s %d %v, want %v", x.Proto, x.Status, x.Header, want)
		}
	})
}

func TestRequestOverHTTP2(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var got *fixtures.Request
		s := answering(func(r *fixtures.Request) fixtures.Answer { got = r; return fixtures.Answer{Status: 204} })
		s.TLS, s.Path = true, "/s?a=1"
		l := overHTTP2(g, s)
		l.Target.Method, l.Target.Body = "POST", []byte(strings.Repeat("b", 40<<10))
		l.Target.Header = wire.Header{{Name: "HOST", Value: "other.example"}, {Name: "X-Long", Value: strings.Repeat("~", 40<<10)}, {Name: "Connection", Value: "close"}}
		x := g.control(t, l)
		if x.Status != 204 {
			t.Fatalf("got status %d, end %v %s", x.Status, x.End.Kind, x.End.Note)
		}
		if got.Method != "POST" || got.Target != "/s?a=1" || got.Header.Get("host") != "other.example" || len(got.Body) != 40<<10 {
			t.Errorf("the server saw %s %s, host %s, body of %d", got.Method, got.Target, got.Header.Get("host"), len(got.Body))
		}
		if len(got.Header.Get("x-long")) != 40<<10 || got.Header.Has("connection") || got.Header.Get("content-length") != fmt.Sprint(40<<10) {
			t.Error("a field is missing, or there that must not be")
		}
		if got.Header.Get("accept") != "text/event-stream" || got.Header.Get("cache-control") != "no-cache" {
			t.Errorf("the server saw %v", got.Header)
		}
	})
}

// The body is larger than every window, and some of it comes long after the connection was opened.
func TestFlowControlNeverHoldsABody(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", secure), func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				piece := "data: " + strings.Repeat("x", 64<<10-8) + "\n\n"
				s := stream(ok(fixtures.Chunked, acts(time.Second, slices.Repeat([]string{piece}, 32)...)...))
				s.TLS = secure
				l := overHTTP2(g, s)
				l.Watch = time.Minute
				x := g.control(t, l)
				wantEnd(t, x, wire.Complete, 32*time.Second, "")
				if got := len(x.BodyBytes()); got != 2<<20 {
					t.Errorf("got %d bytes", got)
				}
			})
		})
	}
}

// scriptedHTTP2 answers the first stream by hand.
func scriptedHTTP2(g *stage, play func(fr *http2.Framer, block func(...string) []byte)) *chaos.Lab {
	l := g.script(func(c *fixtures.Conn) {
		io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
		fr := http2.NewFramer(c, c)
		fr.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 7})
		for {
			f, err := fr.ReadFrame()
			if err != nil {
				return
			}
			if _, ok := f.(*http2.HeadersFrame); ok {
				break
			}
		}
		var b strings.Builder
		e := hpack.NewEncoder(&b)
		play(fr, func(pairs ...string) []byte {
			b.Reset()
			for i := 0; i < len(pairs); i += 2 {
				e.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
			}
			return []byte(b.String())
		})
		for { // until we are left
			if _, err := fr.ReadFrame(); err != nil {
				return
			}
		}
	})
	l.Version = "HTTP/2.0"
	return l
}

func TestInterimHeadsAndFramesOverHTTP2(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		l := scriptedHTTP2(g, func(fr *http2.Framer, block func(...string) []byte) {
			<-time.After(10 * ms)
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(":status", "103", "link", "</a>"), EndHeaders: true})
			<-time.After(10 * ms)
			b := block(":status", "200", "content-type", "text/event-stream", "x-a", "1")
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:3]})
			<-time.After(10 * ms)
			fr.WriteContinuation(1, true, b[3:])
			fr.WriteDataPadded(1, false, []byte("data: 1\n\n"), make([]byte, 5))
			fr.WritePing(false, [8]byte{1})
			fr.WriteGoAway(1, http2.ErrCodeEnhanceYourCalm, []byte("debug"))
			fr.WriteRawFrame(0x77, 0, 1, []byte("unknown"))
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block("x-sum", "7"), EndHeaders: true, EndStream: true})
		})
		x := g.control(t, l)
		if len(x.Interim) != 1 || x.Interim[0].Status != 103 || x.Interim[0].At != 10*ms || x.Interim[0].Header.Get("link") != "</a>" {
			t.Errorf("got interim %v", x.Interim)
		}
		if x.HeadAt != 30*ms || x.Header.Get("x-a") != "1" || x.Trailer.Get("x-sum") != "7" || string(x.BodyBytes()) != "data: 1\n\n" {
			t.Errorf("got head at %v %v, body %q, trailer %v", x.HeadAt, x.Header, x.BodyBytes(), x.Trailer)
		}
		if got, want := x.Frames[0].Settings, []wire.Setting{{ID: 3, Value: 7}}; !slices.Equal(got, want) {
			t.Errorf("got settings %v, want %v", got, want)
		}
		i := slices.IndexFunc(x.Frames, func(f wire.Frame) bool { return f.Type == "GOAWAY" })
		if i < 0 || x.Frames[i].Code != 11 || x.Frames[i].Last != 1 {
			t.Errorf("got frames %s", frames(x))
		}
		wantEnd(t, x, wire.Complete, 30*ms, "")
	})
}

func TestFramesThatCannotBeRead(t *testing.T) {
	for _, tc := range []struct {
		name string
		play func(fr *http2.Framer, block func(...string) []byte)
		note string
	}{
		{"a header block that is none", func(fr *http2.Framer, _ func(...string) []byte) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, EndHeaders: true})
		}, "header block"},
		{"a frame that must not be", func(fr *http2.Framer, _ func(...string) []byte) {
			fr.WriteRawFrame(http2.FrameData, 0, 0, []byte("x"))
		}, "cannot be read as HTTP/2"},
		{"a frame that is too large", func(fr *http2.Framer, _ func(...string) []byte) {
			fr.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 2<<20))
		}, "cannot be read as HTTP/2"},
		{"a small block that stands for a large head", func(fr *http2.Framer, block func(...string) []byte) {
			var pairs []string
			for range 1000 {
				pairs = append(pairs, "x-bomb", strings.Repeat("b", 3000))
			}
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(pairs...), EndHeaders: true})
		}, "head limit of 262144 bytes"},
		{"a block without end", func(fr *http2.Framer, block func(...string) []byte) {
			fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(":status", "200")})
			for range 100 {
				fr.WriteContinuation(1, false, make([]byte, 16<<10))
			}
		}, "head limit of 262144 bytes"},
		{"frames without number", func(fr *http2.Framer, _ func(...string) []byte) {
			for range 300_000 {
				if fr.WriteData(1, false, nil) != nil {
					return
				}
			}
		}, "limit of 262144 frames and lines"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				x := g.control(t, scriptedHTTP2(g, tc.play))
				wantEnd(t, x, wire.HungUp, 0, tc.note)
			})
		})
	}
}

func TestChoiceOfVersion(t *testing.T) {
	t.Run("a server of HTTP/2 only gives control over HTTP/2", func(t *testing.T) {
		bubble(t, func(t *testing.T, g *stage) {
			s := fixtures.Sound("answer")
			s.TLS = true
			l := labFor(s, host)
			l.Dial, l.TLS = g.secured(s, "h2")
			b := gather(t, g.ctx, l, wire.HTTP10, wire.HTTP2, wire.Twins)
			for _, scene := range []wire.Scene{wire.Control, wire.HTTP2, wire.Twins} {
				if x := b.Recording(scene).Last(); x == nil || x.Proto != "HTTP/2.0" || x.Request.Proto != "HTTP/2.0" || x.Status != 200 {
					t.Errorf("%s: got %v", scene, b.Gaps)
				}
			}
			if got := gap(b, wire.HTTP10); !got.Moot {
				t.Errorf("got gap %v", got)
			}
			var events int
			if x, err := l.Follow(g.ctx, func(*wire.Exchange, time.Duration, []byte) { events++ }); err != nil || x.Proto != "HTTP/2.0" || events == 0 {
				t.Errorf("followed: %v, %d reads", err, events)
			}
		})
	})
	t.Run("a server without HTTP/2 makes it moot", func(t *testing.T) {
		bubble(t, func(t *testing.T, g *stage) {
			s := fixtures.Sound("answer")
			s.TLS, s.NoH2 = true, true
			b := gather(t, g.ctx, g.serve(s), wire.HTTP2, wire.SlowRead)
			for _, scene := range []wire.Scene{wire.HTTP2, wire.SlowRead} {
				if got := gap(b, scene); !got.Moot || got.Reason != "HTTP/2 is not offered" {
					t.Errorf("%s: got gap %v", scene, got)
				}
			}
		})
	})
	t.Run("HTTP/2 over plain http is moot", func(t *testing.T) {
		bubble(t, func(t *testing.T, g *stage) {
			b := gather(t, g.ctx, g.serve(fixtures.Sound("answer")), wire.HTTP2)
			if got := gap(b, wire.HTTP2); !got.Moot {
				t.Errorf("got gap %v", got)
			}
		})
	})
}

func TestSlowReadUsesOneConnection(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		s := fixtures.Sound("feed")
		s.TLS = true
		b := gather(t, g.ctx, g.serve(s), wire.SlowRead)
		r := b.Recording(wire.SlowRead)
		if r == nil || len(r.Exchanges) != 2 {
			t.Fatalf("got %v", b.Gaps)
		}
		for i, x := range r.Exchanges {
			if x.Status != 200 || len(x.Body) == 0 || x.HeadAt != 0 {
				t.Errorf("exchange %d: status %d, %d reads, head at %v", i, x.Status, len(x.Body), x.HeadAt)
			}
		}
		if b.Requests != 3 {
			t.Errorf("%d requests", b.Requests)
		}
	})
}

func TestALargeRequestBodyWaitsForTheServersWindow(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		var got int
		s := answering(func(r *fixtures.Request) fixtures.Answer {
			got = len(r.Body)
			return ok(fixtures.Chunked, acts(0, "data: a\n\n")...)
		})
		s.Method, s.TLS = "POST", true
		l := g.serve(s)
		l.Version = "HTTP/2.0"
		l.Target.Body = bytes.Repeat([]byte("x"), 1<<20)
		x := gather(t, g.ctx, l, wire.Control).Recording(wire.Control).Last()
		if x == nil || x.Status != 200 || x.End.Kind != wire.Complete {
			t.Fatalf("the exchange is %+v, want a complete 200", x)
		}
		if got != 1<<20 {
			t.Errorf("the server read %d bytes of the body, want %d", got, 1<<20)
		}
	})
}
