package ssetest_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/ssetest"
)

// users are tests as users write them. Some must fail, so each is run by a process of its own; see TestHandlerInATest.
var users = map[string]func(*testing.T){
	"sound":   func(t *testing.T) { ssetest.Handler(t, http.HandlerFunc(count)) },
	"framing": func(t *testing.T) { ssetest.Handler(t, http.HandlerFunc(latin), ssetest.Only("framing")) },
	"known": func(t *testing.T) {
		ssetest.Handler(t, http.HandlerFunc(latin), ssetest.Only("framing"), ssetest.Expected("framing/utf8", "an old client"))
	},
	"stale": func(t *testing.T) {
		ssetest.Handler(t, http.HandlerFunc(count), ssetest.Only("framing"), ssetest.Expected("framing/utf8", "an old client"))
	},
	"path": func(t *testing.T) {
		mux := http.NewServeMux()
		mux.HandleFunc("/stream", count)
		ssetest.Handler(t, mux, ssetest.Path("/stream"), ssetest.Only("framing"))
	},
	"nowhere": func(t *testing.T) { ssetest.Handler(t, http.NotFoundHandler()) },
	"url":     func(t *testing.T) { ssetest.URL(t, serve(t, latin), ssetest.Only("framing")) },
	"stuck": func(t *testing.T) {
		ssetest.Handler(t, http.HandlerFunc(stuck), ssetest.Only("framing/utf8"), ssetest.Watch(200*time.Millisecond))
	},
	"posted": func(t *testing.T) {
		ssetest.Handler(t, http.HandlerFunc(posted), ssetest.Method("POST"), ssetest.Body(`{"n":3}`), ssetest.Only("http"))
	},
}

// stuck does not see that its reader left.
func stuck(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: once\n\n")
	w.(http.Flusher).Flush()
	select {}
}

// TestAsAUser is the user's test that the environment names.
func TestAsAUser(t *testing.T) {
	f := users[os.Getenv("SSETEST_USER")]
	if f == nil {
		t.Skip("TestHandlerInATest runs it")
	}
	f(t)
}

// asUser runs a user's test and returns what go test -v shows, and whether it passes.
func asUser(t *testing.T, user, run string) (output string, ok bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run", run)
	cmd.Env = append(os.Environ(), "SSETEST_USER="+user)
	out, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out), err == nil
}

var failed = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)

func TestHandlerInATest(t *testing.T) {
	t.Parallel()
	const broken = "TestAsAUser TestAsAUser/framing TestAsAUser/framing/utf8"
	for _, tc := range []struct {
		user  string
		fails string // names of tests, in order
		says  string
	}{
		{"sound", "", "--- PASS: TestAsAUser/framing/utf8"},
		{"framing", broken, "Fix: Encode the whole stream as UTF-8"},
		{"framing", broken, "https://html.spec.whatwg.org/multipage/server-sent-events.html"},
		{"framing", broken, "framing/utf8 failed, so this verdict would mislead"},
		{"framing", broken, "--- SKIP: TestAsAUser/framing/replacement-char"},
		{"known", "", "fails, as expected: an old client"},
		{"stale", broken, "passes now, though it was expected to fail (an old client): take Expected out"},
		{"path", "", "--- PASS: TestAsAUser/framing/blank-line"},
		{"nowhere", "TestAsAUser", "the target answered status 404: not a stream, nothing to judge"},
		{"url", broken, `"\xfc" is not UTF-8`},
		{"stuck", "TestAsAUser", "the handler still runs 5s after its readers left"},
		{"posted", "", "--- PASS: TestAsAUser/http/accept-mismatch"}, // which asks a second time
	} {
		t.Run(tc.user+" says "+tc.says, func(t *testing.T) {
			t.Parallel()
			out, ok := asUser(t, tc.user, "^TestAsAUser$")
			var got []string
			for _, m := range failed.FindAllStringSubmatch(out, -1) {
				got = append(got, m[1])
			}
			if strings.Join(got, " ") != tc.fails || ok != (tc.fails == "") {
				t.Errorf("%q fails, want %q", got, tc.fails)
			}
			if !strings.Contains(out, tc.says) {
				t.Errorf("it does not say %q:\n%s", tc.says, out)
			}
			if strings.Contains(out, " ssetest.go:") {
				t.Errorf("lines of this package are named in place of the user's:\n%s", out)
			}
		})
	}
}

func TestOneRuleIsRunByItsName(t *testing.T) {
	t.Parallel()
	out, ok := asUser(t, "framing", "^TestAsAUser$/^framing$/^blank-line$")
	if !ok {
		t.Errorf("the test fails:\n%s", out)
	}
	if got, want := strings.Count(out, "=== RUN"), 3; got != want { // the test, the family, the rule
		t.Errorf("%d tests are run, want %d:\n%s", got, want, out)
	}
}
