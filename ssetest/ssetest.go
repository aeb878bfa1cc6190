// Package ssetest judges streaming endpoints inside go test: a handler or a URL, by the rules of ssespec check, each rule a
// subtest.
//
//	func TestStream(t *testing.T) {
//		ssetest.Handler(t, http.HandlerFunc(stream))
//	}
//
// The subtests are named by the ids of the rules, so go test -run TestStream/framing/utf8 shows one of them, and
// go test -run TestStream/framing a family. A failure at level must or above fails its subtest (see [FailOn]); one below is
// logged. What does not concern the endpoint, and what could not be judged, is skipped with its reason, which go test -v
// shows. Nothing is injected and no connection is cut: ssespec chaos does that.
//
// A stream that does not end is watched for three seconds, which unit tests can afford, where the command takes fifteen:
// rules on heartbeats may need [Watch]. That events are sent as they are made is judged where [Expect] says "incremental", which
// finds a forgotten Flush.
//
// It imports chaos, checks, browser, standing, suite, wire and reports.
package ssetest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks"
)

// Handler serves h on loopback and judges what it answers at / (see [Path]). A handler that is asked for by POST is sent the
// request as often as the rules need.
func Handler(t *testing.T, h http.Handler, opts ...Option) {
	t.Helper()
	s, err := settle(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer shut(t, server)
	s.lab.Repeat = true
	run(t, server.URL+s.path, s)
}

// URL judges an endpoint that is there already. A request that is not safe, such as a POST, is sent once only.
func URL(t *testing.T, url string, opts ...Option) {
	t.Helper()
	s, err := settle(opts)
	if err != nil {
		t.Fatal(err)
	}
	run(t, url, s)
}

// leaveTimeout bounds how long a handler may run on behind its readers; one that sends often notices sooner.
const leaveTimeout = 5 * time.Second

// shut closes a server. A handler that never returns would block it, and the test, for ever.
func shut(t *testing.T, s *httptest.Server) {
	t.Helper()
	s.CloseClientConnections()
	done := make(chan struct{})
	go func() { s.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(leaveTimeout):
		t.Errorf("the handler still runs %v after its readers left: it must return when the context of its request is done", leaveTimeout)
	}
}

// run judges and makes a subtest of each rule, families first.
func run(t *testing.T, url string, s *settings) {
	t.Helper()
	r, err := judge(t.Context(), url, s)
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < len(r.Results); {
		family := r.Results[from].Family()
		to := from
		for to < len(r.Results) && r.Results[to].Family() == family {
			to++
		}
		rules := r.Results[from:to]
		t.Run(family, func(t *testing.T) {
			t.Helper() // so that the line of a failure is the user's
			for _, x := range rules {
				t.Run(x.Slug(), func(t *testing.T) { t.Helper(); r.tell(t, x) })
			}
		})
		from = to
	}
	if r.Short != "" {
		t.Errorf("%s: what was not seen by then is not judged", r.Short)
	}
}

// tell gives a subtest the verdict of its rule.
func (r *Report) tell(t *testing.T, x checks.Result) {
	t.Helper()
	switch says := r.about(x); {
	case r.fails(x):
		t.Error(says)
	case x.Verdict == checks.Inconclusive, x.Verdict == checks.NotApplicable:
		t.Skip(says)
	default:
		t.Log(says)
	}
}
