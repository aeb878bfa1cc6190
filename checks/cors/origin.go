package cors

import (
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var originNull = &checks.Check{
	ID:     "cors/origin-null",
	Title:  "Tells whether pages whose origin is null may read the stream",
	Level:  checks.Fact,
	Clause: checks.Fetch("CORS protocol", "http-cors-protocol", "returning the literal value of the `Origin` request header (which can be `null`)"),
	Since:  "0.3",
	Doc: `
Sandboxed frames, files and what is behind some redirects ask with Origin: null. Not every service has to serve them.

Whether null is let in with credentials, which it never should be, is judged by security/cors-null.`,
	Needs: []wire.Scene{wire.Control, wire.NullOrigin},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.NullOrigin)
		if v.Status == 0 {
			return checks.Unseen("the request with Origin: null was not answered")
		}
		if d := browser.CORSCheck(wire.OpaqueOrigin, false, v.Header); d != nil {
			return checks.Held(1, "a page whose origin is null may not read the stream: %s", d.Message)
		}
		return checks.Held(1, "a page whose origin is null may read what it is answered, status %d: %s is %q", v.Status, browser.AllowOrigin, v.Header.Get(browser.AllowOrigin))
	},
}

var exposeHeaders = &checks.Check{
	ID:     "cors/expose-headers",
	Title:  "Tells which response fields a page's script can see",
	Level:  checks.Fact,
	Clause: checks.Fetch("CORS-safelisted response-header name", "cors-safelisted-response-header-name", "A CORS-safelisted response-header name, given a list of header names list, is a header name that is a byte-case-insensitive match for one of"),
	Since:  "0.3",
	Doc: `
An EventSource shows its page no response field. A script sees Cache-Control, Content-Language, Content-Length, Content-Type,
Expires, Last-Modified and Pragma, and others only where Access-Control-Expose-Headers names them: Retry-After, a request's
or session's id, rate limits.

Most streams need none, so it is told only.`,
	Needs: []wire.Scene{wire.Control},
	Reads: openings,
	When:  []checks.Condition{declared},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, s := range steps(ev) {
			if s.client != browser.Script || s.resume || !s.final() || s.denial != nil {
				continue
			}
			exposed := s.Header.Tokens(browser.ExposeHeaders)
			hidden := notable(s.Header, exposed, ev.Bundle.Include)
			switch {
			case len(exposed) > 0 && len(hidden) > 0:
				return checks.Held(1, "a script sees %s besides the safelisted fields, and not %s", strings.Join(exposed, ", "), strings.Join(hidden, ", "))
			case len(exposed) > 0:
				return checks.Held(1, "a script sees %s besides the safelisted fields", strings.Join(exposed, ", "))
			case len(hidden) > 0:
				return checks.Held(1, "a script sees the safelisted fields only, and not %s", strings.Join(hidden, ", "))
			}
			return checks.Held(1, "a script sees the safelisted fields, Content-Type among them, and the answer has no other that matters")
		}
		return fault{visits: scripted, none: "no script was given the stream"}.unmet(ev)
	},
}

// notable returns the fields of an answer that a script may want to know and cannot see. With credentials * exposes nothing.
func notable(h wire.Header, exposed []string, include bool) []string {
	if slices.Contains(exposed, "*") && !include {
		return nil
	}
	var out []string
	for _, f := range h {
		name := strings.ToLower(f.Name)
		tells := name == "retry-after" || name == "link" || name == "etag" || name == "location" || name == "server-timing" ||
			strings.Contains(name, "ratelimit") || strings.HasSuffix(name, "-id")
		if tells && !slices.Contains(exposed, name) && !slices.Contains(out, f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}
