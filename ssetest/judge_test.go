package ssetest_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/ssetest"
)

// serve returns the URL of a handler that is served as long as the test runs.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

// secure serves a handler as serve does, over TLS.
func secure(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // who is not trusted makes it log
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// feed is a stream that does not end.
func feed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 1; ; i++ {
		fmt.Fprintf(w, "id: %d\ndata: {\"count\":%d}\n\n", i, i)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// cacheable forgets to say that the stream must not be stored, which is a failure below must.
func cacheable(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "id: 1\ndata: once\n\n")
}

// unended forgets the blank line.
func unended(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: once\n")
}

// kept forgets to flush.
func kept(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: once\n\n")
	<-r.Context().Done()
}

// quiet says one thing, and nothing more.
func quiet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "id: 1\ndata: once\n\n")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// posted is a stream for those who send the right body.
func posted(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method != http.MethodPost || string(body) != `{"n":3}` || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	count(w, r)
}

// aborted gives up in the middle.
func aborted(w http.ResponseWriter, r *http.Request) {
	count(w, r)
	panic(http.ErrAbortHandler)
}

// echo sends the credentials back.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "data: %s \xff\n\n", r.Header.Get("Authorization"))
}

func TestOptionsDecideWhatFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		opts    []ssetest.Option
		fails   string // ids, in order
	}{
		{"a sound answer fails nothing at any level", count, []ssetest.Option{ssetest.FailOn("advice")}, ""},
		{"an endless feed is judged by what it said so far", feed, []ssetest.Option{ssetest.Watch(time.Second), ssetest.Only("framing", "headers")}, ""},
		{"wrong bytes fail", latin, []ssetest.Option{ssetest.Only("framing")}, "framing/utf8"},
		{"an event that never ends is told of, though no event came", unended, []ssetest.Option{ssetest.Only("framing")}, "framing/blank-line"},
		{"what is skipped does not", latin, []ssetest.Option{ssetest.Only("framing"), ssetest.Skip("framing/utf8")}, ""},
		{"below must nothing fails by default", cacheable, []ssetest.Option{ssetest.Only("headers")}, ""},
		{"unless it is asked for", cacheable, []ssetest.Option{ssetest.Only("headers"), ssetest.FailOn("should")}, "headers/cache-control"},
		{"never is never", latin, []ssetest.Option{ssetest.Only("framing"), ssetest.FailOn("never")}, ""},
		{"what is known to fail does not", latin, []ssetest.Option{ssetest.Only("framing"), ssetest.Expected("framing/utf8", "an old client")}, ""},
		{"until it passes", count, []ssetest.Option{ssetest.Only("framing"), ssetest.Expected("framing/utf8", "an old client")}, "framing/utf8"},
		{"a page that must read it cannot", count, []ssetest.Option{ssetest.Only("cors"), ssetest.Origin("https://app.example")}, "cors/allow-origin-present"},
		{"a broken promise fails", cacheable, []ssetest.Option{ssetest.Only("framing"), ssetest.Expect("json")}, "framing/json-payload"},
		{"a rule that is named must be judged", quiet, []ssetest.Option{ssetest.Only("liveness/keepalive", "framing"), ssetest.Watch(300 * time.Millisecond)}, "liveness/keepalive"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, err := ssetest.Judge(t.Context(), serve(t, tc.handler), tc.opts...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range r.Failures() {
				got = append(got, x.ID)
			}
			if strings.Join(got, " ") != tc.fails {
				t.Errorf("%q fails, want %q\n%v", got, tc.fails, r)
			}
		})
	}
}

func TestTheRequestIsMadeAsTheOptionsSay(t *testing.T) {
	t.Parallel()
	r, err := ssetest.Judge(t.Context(), serve(t, posted), ssetest.Body(`{"n":3}`), ssetest.Only("framing"))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Evidence.Method(); got != "POST" {
		t.Errorf("the method is %s, want POST", got)
	}
	if n := r.Count(checks.Pass); n == 0 {
		t.Errorf("nothing passes: %v", r)
	}
}

func TestCredentialsAreKeptNowhere(t *testing.T) {
	t.Parallel()
	const token = "t0p-s3cr3t-t0k3n"
	url := serve(t, echo)
	withUser := strings.Replace(url, "//", "//me:"+token+"@", 1)
	for _, tc := range []struct {
		name, url string
		opts      []ssetest.Option
		sent      int // bytes of the field that is sent, and comes back
	}{
		{"in a field", url, []ssetest.Option{ssetest.Header("Authorization", "Bearer "+token)}, len("Bearer ") + len(token)},
		{"in the URL", withUser, nil, len("Basic ") + base64.StdEncoding.EncodedLen(len("me:")+len(token))},
		{"in both, of which the field counts", withUser, []ssetest.Option{ssetest.Header("Authorization", "Bearer "+token)}, len("Bearer ") + len(token)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := ssetest.Judge(t.Context(), tc.url, append(tc.opts, ssetest.Only("framing"))...)
			if err != nil {
				t.Fatal(err)
			}
			kept := string(r.Evidence.Control().Text.Bytes)
			if all := fmt.Sprint(kept, r, r.Evidence.Bundle.Target); strings.Contains(all, token) {
				t.Errorf("kept or told is %q", all)
			}
			if want := "data: " + strings.Repeat("*", tc.sent) + " "; !strings.HasPrefix(kept, want) || !strings.Contains(r.String(), "framing/utf8") {
				t.Errorf("kept is %q, told is %q, want %q", kept, r, want)
			}
		})
	}
}

func TestAServerOfHTTPTestIsJudgedOverTLS(t *testing.T) {
	t.Parallel()
	s := secure(t, count)
	r, err := ssetest.Judge(t.Context(), s.URL, ssetest.CACert(s.Certificate()), ssetest.Only("framing", "http/version-parity"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Failures()); n > 0 || r.Evidence.Control().TLS == nil {
		t.Errorf("%d rules fail: %v", n, r)
	}
	for _, x := range r.Results {
		if x.ID == "http/version-parity" && x.Verdict != checks.Pass {
			t.Errorf("%s is %v: %s", x.ID, x.Verdict, x.Reason)
		}
	}
}

func TestNoBytesAreQuotedWhereThereAreNone(t *testing.T) {
	t.Parallel()
	r, err := ssetest.Judge(t.Context(), serve(t, aborted), ssetest.Only("http"))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.String(); !strings.Contains(got, "http/chunk-terminator") || strings.Contains(got, `""`) {
		t.Errorf("told is %q", got)
	}
}

func TestWhatATerminalMayObeyIsEscaped(t *testing.T) {
	t.Parallel()
	got := ssetest.Lines("ok: Grüße", "\x1b[31m\nFAIL \u202e\xff", strings.Repeat("x", 499)+"üü")
	want := "ok: Grüße\n" + `\x1b[31m\nFAIL \u202e\xff` + "\n" + strings.Repeat("x", 499) + "…"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhereNothingIsToBeJudgedTheReasonIsSaid(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	silent := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	page := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<p>Welcome</p>") }
	for _, tc := range []struct {
		name string
		url  string
		opts []ssetest.Option
		want string
	}{
		{"not found", serve(t, status(404)), nil, "the target answered status 404: not a stream, nothing to judge"},
		{"not allowed", serve(t, status(401)), nil, "the target refused authentication with status 401: pass credentials with Header"},
		{"a stop", serve(t, status(204)), nil, "the target answered 204: it asks clients to stop reconnecting, so there is no stream to judge"},
		{"a page", serve(t, page), nil, "the target answered with media type text/html: not a stream, nothing to judge"},
		{"no flush", serve(t, kept), []ssetest.Option{ssetest.Watch(200 * time.Millisecond)}, "it is slow or does not flush"},
		{"TLS of nobody", secure(t, count).URL, nil, "is not signed by a known authority (CACert trusts one)"},
		{"silence", serve(t, silent), []ssetest.Option{ssetest.Watch(200 * time.Millisecond)}, "the stream opened and said nothing in"},
		{"nobody", "http://127.0.0.1:1/", nil, "127.0.0.1:1 refused the connection: is the server running?"},
		{"no URL", "localhost:8080/stream", nil, "write http:// or https:// and a host"},
		{"no host", "http://:pa55word@/", nil, `"http://:xxxxx@/" is no URL of a stream`},
		{"a URL that cannot be read", "http://me:pa55word@a b/", nil, "the URL cannot be read: invalid character"},
		{"no certificate", serve(t, count), []ssetest.Option{ssetest.CACert(httptest.NewUnstartedServer(nil).Certificate())}, "a server of httptest has one behind StartTLS"},
		{"a level that is none", "http://127.0.0.1:1/", []ssetest.Option{ssetest.FailOn("shall")}, "write must, should, advice or never"},
		{"a promise that is none", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Expect("resumes")}, "write one of resume, exactly-once"},
		{"a profile that is none", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Profile("sse")}, "write one of eventsource, fetch"},
		{"a rule that is none", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Skip("framing/utf16")}, `"framing/utf16" matches no rule`},
		{"an expectation of no rule", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Expected("framing", "old")}, `"framing" is the id of no rule`},
		{"an expectation without a reason", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Expected("framing/utf8", "")}, "say why framing/utf8 is known to fail"},
		{"an origin that is none", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Origin("app.example")}, "write scheme, host and port"},
		{"credentials of nobody", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Credentials()}, "add Origin"},
		{"a field that is none", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Header("X: y", "z")}, "is not the name of a field"},
		{"a field of two lines", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Header("X", "y\nz")}, "holds a line end"},
		{"a path that is none", "http://127.0.0.1:1/", []ssetest.Option{ssetest.Path("stream")}, "does not begin with a slash"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, err := ssetest.Judge(t.Context(), tc.url, tc.opts...)
			if err == nil {
				t.Fatalf("there is no error: %v", r)
			}
			if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "pa55word") {
				t.Errorf("the error is %q, want %q", err, tc.want)
			}
		})
	}
}

func TestALimitThatCutsTheRunShortIsNamed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r, err := ssetest.Judge(ctx, serve(t, feed), ssetest.Only("framing", "headers"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Short, "the time budget was spent"; got != want {
		t.Errorf("the run was cut short by %q, want %q", got, want)
	}
}

// TestAFiniteAnswerIsJudgedInTheTimeOfAUnitTest judges by every rule.
func TestAFiniteAnswerIsJudgedInTheTimeOfAUnitTest(t *testing.T) {
	url := serve(t, count)
	start := time.Now()
	r, err := ssetest.Judge(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("%v in %v", r, took)
	if took > 5*time.Second {
		t.Errorf("it took %v, want less than 5s", took)
	}
	if slices.ContainsFunc(r.Results, func(x checks.Result) bool { return x.Verdict == checks.Broken }) {
		t.Errorf("a rule is at fault: %v", r)
	}
}
