package main

import (
	"context"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/fixtures"
)

// TestCheckNamesTheHeaderAndValueAtFault points the real binary, as a page's author would, at one server for each
// classic mistake: the report must name the field and what it holds.
func TestCheckNamesTheHeaderAndValueAtFault(t *testing.T) {
	for _, tc := range []struct {
		says, defect string
		rule         string
		names        []string
	}{
		{"* with credentials", "cors/credentials-no-star", "cors/credentials-no-star", []string{"Access-Control-Allow-Origin", `"*"`}},
		{"allow-origin twice", "cors/allow-origin-single (twice)", "cors/allow-origin-single", []string{"Access-Control-Allow-Origin is sent 2 times", `"*, *"`}},
		{"no Vary", "cors/vary-origin", "cors/vary-origin", []string{"Vary", "Origin"}},
		{"a preflight that is redirected", "cors/preflight-no-redirect", "cors/preflight-no-redirect", []string{"Location", "status 30"}},
		{"a preflight that is answered 401", "cors/preflight-unauthenticated", "cors/preflight-unauthenticated", []string{"preflight is answered 401"}},
		{"Last-Event-ID not allowed", "cors/preflight-last-event-id", "cors/preflight-last-event-id", []string{"Access-Control-Allow-Headers", "last-event-id"}},
		{"Authorization under *", "cors/preflight-star-authorization", "cors/preflight-star-authorization", []string{"Access-Control-Allow-Headers", `"*"`, "Authorization"}},
		{"no CORS on 204", "cors/stop-carries-headers", "cors/stop-carries-headers", []string{"204", "Access-Control-Allow-Origin"}},
		{"no CORS on 401", "cors/errors-carry-headers", "cors/errors-carry-headers", []string{"401", "Access-Control-Allow-Origin"}},
		{"no CORS on 503", "cors/errors-carry-headers (full)", "cors/errors-carry-headers", []string{"503", "Access-Control-Allow-Origin"}},
		{"any origin reflected with credentials", "security/cors-reflection", "security/cors-reflection", []string{"Access-Control-Allow-Origin", "https://stranger.invalid", "Access-Control-Allow-Credentials"}},
	} {
		t.Run(tc.says, func(t *testing.T) {
			t.Parallel()
			url, flags := served(t, tc.defect)
			r := ssespec(t, append([]string{"check", url, "--only", tc.rule, "--watch", "1s", "--fail-on", "advice"}, flags...)...)
			if r.code != exitFindings || !strings.Contains(r.stdout, tc.rule) {
				t.Errorf("exit code is %d:\n%s%s", r.code, r.stdout, r.stderr)
			}
			finding := strings.Join(strings.Fields(section(r.stdout, "→")), " ")
			for _, name := range tc.names {
				if !strings.Contains(finding, name) {
					t.Errorf("the finding does not name %s: %s", name, finding)
				}
			}
		})
	}
}

// section returns what stands from a mark to the next blank line.
func section(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	rest, _, _ = strings.Cut(rest, "\n\n")
	return rest
}

// served serves a defect and returns its URL and how a user would ask for it.
func served(t *testing.T, title string) (url string, flags []string) {
	t.Helper()
	for _, d := range fixtures.Defects() {
		if d.Title() != title {
			continue
		}
		s := d.Server()
		e, err := fixtures.Listen(context.WithoutCancel(t.Context()), s, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return e.URL, asked(s, d)
	}
	t.Fatalf("there is no defect %q", title)
	return "", nil
}

func asked(s *fixtures.Server, d fixtures.Defect) (flags []string) {
	if s.Origin != "" {
		flags = append(flags, "--origin", s.Origin)
	}
	if s.Include {
		flags = append(flags, "--credentials")
	}
	if s.Load || d.Allow {
		flags = append(flags, "--allow-load")
	}
	for _, f := range s.Ask {
		flags = append(flags, "-H", f.Name+": "+f.Value)
	}
	if s.Body != "" {
		flags = append(flags, "-d", s.Body, "--profile", "llm")
	}
	return flags
}
