package security

import (
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// opened returns a bundle of streams that opened: one for each scene, at a URL.
func opened(url string, scenes ...wire.Scene) *wire.Bundle {
	b := &wire.Bundle{Target: wire.Request{Method: "GET", URL: url}}
	for _, s := range scenes {
		x := &wire.Exchange{Request: b.Target, Status: 200, Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}}}
		b.Recordings = append(b.Recordings, &wire.Recording{Scene: s, Exchanges: []*wire.Exchange{x}})
	}
	return b
}

// Whom a rule does not concern is told so, whatever came before it.
func TestAStreamWithoutCredentialsNeedsNoPrivateCache(t *testing.T) {
	t.Parallel()
	ev := checks.NewEvidence(opened("http://stream.example/", wire.Control))
	before := &checks.Check{
		ID: "headers/cache-control", Level: checks.Must, Needs: []wire.Scene{wire.Control},
		Judge: func(ev *checks.Evidence) checks.Outcome {
			return checks.Broke(1, ev.Control().AtField(-1, "no Cache-Control"))
		},
	}
	got := checks.Suite{before, privateCache}.Judge(ev)[1]
	if got.Verdict != checks.NotApplicable {
		t.Errorf("got %s: %s", got.Verdict, got.Reason)
	}
}

// A page that rebinds its name cannot show the certificate of another one.
func TestOverHTTPSNobodyIsWarnedOfRebinding(t *testing.T) {
	t.Parallel()
	for url, rebinds := range map[string]bool{"http://127.0.0.1/mcp": true, "https://mcp.example/": false} {
		b := opened(url, wire.Control, wire.Stranger)
		b.Profile = "mcp"
		got := checks.Suite{originCheckLocal}.Judge(checks.NewEvidence(b))[0]
		if got.Verdict != checks.Fail || strings.Contains(got.Reason, "rebinds") != rebinds {
			t.Errorf("%s: got %s: %s", url, got.Verdict, got.Reason)
		}
	}
}
