package chaos_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

func TestSecretsAreInNoByteOfARecording(t *testing.T) {
	const (
		bearer, cookie, password = "bearer-7Xq2", "cookie-8Yr3", "pass%wörd-9Zs4"
		query, basic             = "query/0At5+x", "dXNlcjpodW50ZXItMTIz" // user:hunter-123
	)
	secrets := []string{bearer, cookie, password, "pass%25w%C3%B6rd-9Zs4", query, "query%2F0At5%2Bx", "query%2f0At5%2bx", basic, "hunter-123"}
	echo := strings.Join(secrets, " | ")
	half := len("data: " + bearer[:4])
	whole := "data: " + echo + "\n\n"
	parts := []string{whole[:half], whole[half : half+20], whole[half+20:]}
	for _, tc := range []struct {
		name, version string
		framing       fixtures.Framing
		end           fixtures.End
	}{
		{"split over reads", "HTTP/1.1", fixtures.Close, fixtures.Finish},
		{"split over chunks", "HTTP/1.1", fixtures.Chunked, fixtures.Finish},
		{"split over chunks, with the end missing", "HTTP/1.1", fixtures.Chunked, fixtures.Cut},
		{"split over frames", "HTTP/2.0", fixtures.Chunked, fixtures.Finish},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, g *stage) {
				a := ok(tc.framing, acts(10*ms, parts...)...)
				a.Header = append(a.Header, fixtures.Field{Name: "X-Echo", Value: echo}, fixtures.Field{Name: "Set-Cookie", Value: "sid=" + cookie})
				a.Trailer, a.End = fixtures.Header{{Name: "X-Trail", Value: echo}}, tc.end
				s := stream(a)
				s.Path = "/s?api_key=query%2f0At5%2bx"
				l := g.serve(s)
				l.Version = tc.version
				l.Target.URL = strings.Replace(l.Target.URL, "http://", "http://user:pass%25w%C3%B6rd-9Zs4@", 1)
				l.Target.Header = wire.Header{
					{Name: "Authorization", Value: "Bearer " + bearer}, {Name: "Cookie", Value: "a=1; sid=" + cookie},
					{Name: "Proxy-Authorization", Value: "Basic " + basic},
				}
				l.Secrets.AddFrom(l.Target)
				b := gather(t, g.ctx, l, wire.Fetch, wire.Again)
				x := b.Recording(wire.Control).Last()
				if len(x.BodyBytes()) != len(whole) {
					t.Errorf("got a body of %d bytes, want %d", len(x.BodyBytes()), len(whole))
				}
				if n := bytes.Count(x.BodyBytes(), []byte(" | ")); n != len(secrets)-1 {
					t.Errorf("got body %q", x.BodyBytes())
				}
				want := len(a.Header[1].Value)
				if got := x.Header.Get("X-Echo"); len(got) != want || strings.Trim(got, "*| ") != "" {
					t.Errorf("got %q", got)
				}
				if m := x.Message(); m != nil && tc.end == fixtures.Finish && m.End != len(x.RawBytes()) && tc.framing == fixtures.Chunked {
					t.Errorf("the message ends at %d of %d", m.End, len(x.RawBytes()))
				}
				var out bytes.Buffer
				if err := wire.Encode(&out, b); err != nil {
					t.Fatal(err)
				}
				// The encoding puts each read on a line of its own: look at what can be read from it, too.
				back, err := wire.Decode(bytes.NewReader(out.Bytes()))
				if err != nil {
					t.Fatal(err)
				}
				text := out.String()
				for _, r := range back.Recordings {
					for _, x := range r.Exchanges {
						text += "\n" + string(x.BodyBytes()) + "\n" + string(x.RawBytes()) + fmt.Sprint(x.Header, x.Trailer, x.Request)
					}
				}
				for _, s := range secrets {
					if i := strings.Index(text, s); i >= 0 {
						t.Errorf("%q is there: %q", s, text[max(0, i-30):min(len(text), i+40)])
					}
				}
			})
		})
	}
}

func TestSecretsThatOverlap(t *testing.T) {
	for _, tc := range []struct {
		name     string
		secrets  []string
		in, want string
	}{
		{"one is the beginning of another", []string{"secret", "secret-long"}, "a secret-long b", "a *********** b"},
		{"one begins in the end of another", []string{"abcdef", "defghi"}, "abcdefghi", "*********"},
		{"one overlaps itself", []string{"abcabc"}, "abcabcabc!", "*********!"},
		{"short ones are let pass", []string{"short"}, "short", "short"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var s chaos.Secrets
			s.Add(tc.secrets...)
			if got := s.Mask(tc.in); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestStoredRequestsSayOnlyThatCredentialsWereThere(t *testing.T) {
	var s chaos.Secrets
	r := wire.Request{
		Method: "POST", URL: "https://me:hunter2-a@a.example/x?token=abcdefgh&page=2", Body: []byte(`{"key":"abcdefgh"}`),
		Header: wire.Header{{Name: "authorization", Value: "Bearer 12345678"}, {Name: "X-Session-Token", Value: "zyxwvuts"}, {Name: "Accept", Value: "*/*"}},
	}
	s.AddFrom(r)
	got := s.Request(r)
	want := `POST https://me:***@a.example/x?token=***&page=2 [{authorization Bearer ***} {X-Session-Token ***} {Accept */*}] {"key":"********"}`
	if have := fmt.Sprint(got.Method, " ", got.URL, " ", got.Header, " ", string(got.Body)); have != want {
		t.Errorf("got\n%s, want\n%s", have, want)
	}
}

func TestFollowMasksTheHead(t *testing.T) {
	bubble(t, func(t *testing.T, g *stage) {
		a := ok(fixtures.Chunked, acts(0, "data: 1\n\n")...)
		a.Header = append(a.Header, fixtures.Field{Name: "X-Echo", Value: "Bearer abcdefgh"})
		l := g.serve(stream(a))
		l.Target.Header = wire.Header{{Name: "Authorization", Value: "Bearer abcdefgh"}}
		l.Secrets.AddFrom(l.Target)
		x, err := l.Follow(g.ctx, nothing)
		if err != nil || strings.Contains(fmt.Sprint(x), "abcdefgh") {
			t.Errorf("got %v, %v", x, err)
		}
	})
}
