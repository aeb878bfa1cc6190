package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ssespec/ssespec/fixtures"
)

// hopTo starts a hop in front of an address, and returns the URL of the stream behind it.
func hopTo(t *testing.T, name, origin string) string {
	t.Helper()
	i := slices.IndexFunc(fixtures.Hops(), func(h fixtures.Hop) bool { return h.Name == name })
	all := fixtures.Hops()
	if i < 0 {
		all = fixtures.SoundHops()
		if i = slices.IndexFunc(all, func(h fixtures.Hop) bool { return h.Name == name }); i < 0 {
			t.Fatalf("there is no hop %s", name)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		all[i].Serve(ctx, ln, func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, origin)
		})
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	return "http://" + ln.Addr().String() + "/stream"
}

// called runs the real binary: in one process two commands at once would share what the flags' library keeps.
func called(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	r := ssespec(t, args...)
	return r.code, r.stdout, r.stderr
}

// unbroken returns a text without the breaks of its lines.
func unbroken(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestEdgeJudgedAgainIsTheSame keeps what was recorded at a sound hop and at faulty ones.
func TestEdgeJudgedAgainIsTheSame(t *testing.T) {
	for name, want := range map[string]int{"plain": exitPass, "buffer-4096": exitFindings, "id-dropped": exitFindings, "cut-swallowed": exitFindings} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			kept, one, two := filepath.Join(dir, "edge.rec"), filepath.Join(dir, "one.json"), filepath.Join(dir, "two.json")
			origin := freeAddress(t)
			code, out, errs := called(t, "edge", "--quick", "--via", hopTo(t, name, origin), "--listen", origin, "-o", kept, "--json="+one)
			if code != want {
				t.Errorf("exit code is %d, want %d\n%s%s", code, want, out, errs)
			}
			if again, out, errs := called(t, "judge", kept, "--json="+two); again != code {
				t.Errorf("judged again: exit code is %d, want %d\n%s%s", again, code, out, errs)
			}
			if a, b := withoutCommand(read(t, one)), withoutCommand(read(t, two)); a != b {
				t.Errorf("judged again it is another report:\n%s\n%s", a, b)
			}
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
}

// TestEdgeSaysWhereTheWayLeads is about proxies that answer without asking.
func TestEdgeSaysWhereTheWayLeads(t *testing.T) {
	for status, want := range map[int]string{
		http.StatusBadGateway:   "answered 502, and no request came from there: does its route lead to http://",
		http.StatusUnauthorized: "answered 401, and no request came from there",
		http.StatusOK:           "answered 200, and no request came from there",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		defer s.Close()
		code, out, errs := called(t, "edge", "--via", s.URL, "--listen", "127.0.0.1:0", "--wait", "0s")
		if code != exitUnreachable || !strings.Contains(unbroken(out), want) {
			t.Errorf("%d: exit code is %d, want %d and %q\n%s%s", status, code, exitUnreachable, want, out, errs)
		}
	}
}

// TestEdgeSaysThatAPortIsTaken is about the commonest mistake: the last run, or the real endpoint, still listens.
func TestEdgeSaysThatAPortIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	code, _, errs := called(t, "edge", "--via", "http://127.0.0.1:1/", "--listen", ln.Addr().String())
	if code != exitUsage || !strings.Contains(errs, "address already in use") {
		t.Errorf("exit code is %d, want %d: %s", code, exitUsage, errs)
	}
}

// TestEdgeWaitsForTheHop is about a proxy that takes a moment to find that its origin is there.
func TestEdgeWaitsForTheHop(t *testing.T) {
	t.Parallel()
	origin := freeAddress(t)
	hop, err := url.Parse(hopTo(t, "plain", origin))
	if err != nil {
		t.Fatal(err)
	}
	hop.Path = ""
	var asked atomic.Int64
	found := httputil.NewSingleHostReverseProxy(hop)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		found.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	for wait, want := range map[string]int{"0s": exitUnreachable, "20s": exitPass} {
		asked.Store(0)
		code, out, errs := called(t, "edge", "--quick", "--only", "edge/last-event-id", "--via", s.URL+"/stream", "--listen", origin, "--wait", wait)
		if code != want {
			t.Errorf("--wait %s: exit code is %d, want %d\n%s%s", wait, code, want, out, errs)
		}
	}
}

// TestEdgeTellsMachines reads the numbers of a report.
func TestEdgeTellsMachines(t *testing.T) {
	t.Parallel()
	origin := freeAddress(t)
	code, out, errs := called(t, "edge", "--quick", "--only", "edge/byte-buffer", "--via", hopTo(t, "buffer-16384", origin), "--listen", origin, "--json")
	if code != exitFindings {
		t.Fatalf("exit code is %d, want %d\n%s%s", code, exitFindings, out, errs)
	}
	var r struct {
		Edge struct {
			Depth  string
			Buffer int `json:"buffer_bytes"`
			Hops   []struct{ Name, URL string }
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Edge.Depth != "quick" || r.Edge.Buffer < 16000 || r.Edge.Buffer > 17000 || len(r.Edge.Hops) != 2 {
		t.Errorf("got %+v", r.Edge)
	}
}

// TestEdgeShowsNoSecrets has a hop that passes the user's credentials on under another name, and names them in its answer.
func TestEdgeShowsNoSecrets(t *testing.T) {
	secret, token := "s3cret-of-the-user", "t0ken-in-the-query"
	t.Setenv("EDGE_SECRET", secret)
	origin := freeAddress(t)
	to := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: origin})
			r.Out.Header.Set("X-Forwarded-Auth", r.In.Header.Get("Authorization"))
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("X-Seen", r.Request.Header.Get("Authorization")+" "+r.Request.URL.RawQuery)
			return nil
		},
	}
	s := httptest.NewServer(to)
	defer s.Close()
	dir := t.TempDir()
	kept, report := filepath.Join(dir, "edge.rec"), filepath.Join(dir, "edge.json")
	code, out, errs := called(t, "edge", "--quick", "--via", s.URL+"/stream?token="+token, "--listen", origin, "-H", "Authorization: Bearer $EDGE_SECRET",
		"--only", "edge/request-fields", "--only", "edge/answer-fields", "--vv", "-o", kept, "--json="+report)
	if code != exitPass {
		t.Errorf("exit code is %d, want 0\n%s%s", code, out, errs)
	}
	for what, text := range map[string]string{"the recording": read(t, kept), "the JSON report": read(t, report), "the text": out, "standard error": errs} {
		for _, s := range []string{secret, token} {
			if strings.Contains(text, s) {
				t.Errorf("%s holds %q", what, s)
			}
		}
	}
	if !strings.Contains(read(t, kept), "hit> X-Forwarded-Auth: ***") {
		t.Error("the recording does not hold what the hop made of the credentials")
	}
}

// TestEdgeSaysThatNothingStandsBetween has --via lead to our own origin.
func TestEdgeSaysThatNothingStandsBetween(t *testing.T) {
	origin := freeAddress(t)
	code, out, errs := called(t, "edge", "--quick", "--via", "http://"+origin+"/stream", "--listen", origin)
	if text := unbroken(out + errs); code != exitUnreachable || !strings.Contains(text, "nothing stands between") {
		t.Errorf("exit code is %d, want %d\n%s", code, exitUnreachable, text)
	}
}
