package cors

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var varyOrigin = &checks.Check{
	ID:     "cors/vary-origin",
	Title:  "An answer that a cache may reuse should name Origin in Vary where its CORS fields depend on it",
	Level:  checks.Should,
	Clause: checks.Fetch("CORS protocol and HTTP caches", "cors-protocol-and-http-caches", "If CORS protocol requirements are more complicated than setting `Access-Control-Allow-Origin` to * or a static origin, `Vary` is to be used."),
	Since:  "0.3",
	Doc: `
Where each origin is sent back to itself, or the field appears only where a page asks, a cache gives one page what names
another one, or an answer without the field: the page is refused, and nobody can see why.

*, and one fixed origin that is always sent, need no Vary. Neither do answers that no shared cache reuses: those with no-store,
no-cache, private or max-age=0, and those to requests with Authorization.`,
	Fix:   "Add Vary: Origin to every answer of the URL, also to those without CORS fields; or send Cache-Control: no-store. add_header Vary Origin always; in nginx.",
	Good:  "Access-Control-Allow-Origin: https://app.example\nVary: Origin",
	Bad:   "Cache-Control: max-age=60\nAccess-Control-Allow-Origin: https://app.example",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Stranger, wire.CrossOrigin, wire.Script},
	When:  []checks.Condition{checks.EventStream, checks.ViaGET},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		answers := granted(ev)
		a, b := differing(answers)
		switch {
		case a == nil && ev.View(wire.Stranger) == nil:
			return checks.Unseen("the stream was not asked for as a page on another origin")
		case a == nil:
			return checks.Unconcerned("%s does not depend on Origin", browser.AllowOrigin)
		}
		var found []checks.Finding
		seen := 0
		for _, v := range answers {
			if !v.Reusable() {
				continue
			}
			seen++
			if !checks.Varies(v.Header, "Origin") {
				found = checks.AddOnce(found, v.AtField(v.Header.Index("Vary"), fmt.Sprintf(
					"%s is %s and %s, and a cache may reuse the answer to %s for others: Vary does not name Origin", browser.AllowOrigin, shown(a), shown(b), asker(v))))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no shared cache reuses the answers")
		}
		return checks.Judged(seen, found, "the answers that a cache may reuse (%d) name Origin in Vary", seen)
	},
}

// granted returns the streams that were answered to different origins, and to none.
func granted(ev *checks.Evidence) []*checks.View {
	var out []*checks.View
	for _, s := range []wire.Scene{wire.Control, wire.Stranger, wire.CrossOrigin, wire.Script} {
		if v := ev.View(s); v != nil && v.Status == 200 && v.Request.URL == ev.Control().Request.URL {
			out = append(out, v)
		}
	}
	return out
}

// differing returns two answers with different values of Access-Control-Allow-Origin to requests with different origins, or nil.
func differing(answers []*checks.View) (a, b *checks.View) {
	for i, a := range answers {
		for _, b := range answers[i+1:] {
			if a.Request.Header.Get("Origin") != b.Request.Header.Get("Origin") && a.Header.Get(browser.AllowOrigin) != b.Header.Get(browser.AllowOrigin) {
				return a, b
			}
		}
	}
	return nil, nil
}

func shown(v *checks.View) string {
	value := "missing"
	if v.Header.Has(browser.AllowOrigin) {
		value = fmt.Sprintf("%.80q", v.Header.Get(browser.AllowOrigin))
	}
	return value + " for " + asker(v)
}

func asker(v *checks.View) string {
	if origin := v.Request.Header.Get("Origin"); origin != "" {
		return origin
	}
	return "a request without Origin"
}
