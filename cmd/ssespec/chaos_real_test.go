package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A tried is one trial as the JSON report has it.
type tried struct {
	Schedule, Verdict, Oracle, Reason string
}

// chaosOf runs chaos and returns its trials, its exit code and what it printed.
func chaosOf(t *testing.T, args ...string) (trials []tried, code int, text string) {
	t.Helper()
	file := t.TempDir() + "/report.json"
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"chaos", "--json=" + file}, args...), &out, &errs)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	var r struct{ Chaos []tried }
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r.Chaos, code, out.String()
}

// TestFeedsOfOthersComeBackWhole interrupts servers that were not written here, over HTTP/1.1 and over TLS with
// HTTP/2: each keeps what it has sent, and loses nothing.
func TestFeedsOfOthersComeBackWhole(t *testing.T) {
	for name, serve := range map[string]func(*testing.T) resumable{
		"nginx with nchan": nchan("newest", plenty), "go-sse": goSSE(false, plenty), "better-sse": betterSSE(plenty),
	} {
		t.Run(name, func(t *testing.T) {
			feed := serve(t)
			for version, args := range map[string][]string{
				"HTTP/1.1": {feed.plain}, "HTTP/2": {feed.secure, "--http2", "--cacert", feed.ca},
			} {
				trials, _, text := chaosOf(t, append(args, "--watch", "1s", "--fail-on", "never")...)
				whole := 0
				for _, x := range trials {
					switch {
					case x.Verdict == "whole":
						whole++
					case strings.Contains(x.Schedule, "cursor:"), x.Verdict == "inconclusive":
					default:
						t.Errorf("%s, %s: got %s (%s): %s", version, x.Schedule, x.Verdict, x.Oracle, x.Reason)
					}
				}
				if whole < 20 {
					t.Errorf("%s: %d answers were found whole, want 20 at least\n%s", version, whole, text)
				}
				t.Logf("%s: %d of %d whole", version, whole, len(trials))
				if testing.Verbose() {
					t.Log(text)
				}
			}
		})
	}
}
