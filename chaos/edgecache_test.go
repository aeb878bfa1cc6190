package chaos_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestACacheThatPlaysStreamsIsFound(t *testing.T) {
	t.Parallel()
	silent := func(r *http.Response) bool { return r.Header.Get("Cache-Control") == "" }
	unless := func(word string) func(*http.Response) bool {
		return func(r *http.Response) bool { return r.Header.Get("Cache-Control") != word }
	}
	for name, c := range map[string]struct {
		hop   *gatehouse
		wants []string
		says  string
	}{
		"a sound hop": {&gatehouse{}, []string{"edge/cached pass", "edge/collapsed pass", "edge/resume-cached pass"}, "12 readers"},
		"one that drops what it does not know": {
			&gatehouse{request: dropping("X-Ssespec")}, []string{"edge/cached pass", "edge/collapsed pass", "edge/resume-cached pass"}, "12 readers"},
		"a cache that is not told otherwise": {
			&gatehouse{stores: silent}, []string{"edge/cached fail", "edge/resume-cached fail"}, "the answer says nothing about caching, which allows it"},
		"a cache that takes no-cache for leave to store": {
			&gatehouse{stores: unless("no-store")}, []string{"edge/cached fail", "edge/resume-cached fail"}, "whatever the answer says: nothing about caching, no-cache"},
		"a cache that stores all": {
			&gatehouse{stores: always[*http.Response]}, []string{"edge/cached fail", "edge/resume-cached fail"}, "no-cache, no-store"},
		"a cache that drops what it does not know": {
			&gatehouse{stores: silent, request: dropping("X-Ssespec")}, []string{"edge/cached fail", "edge/resume-cached fail"}, "12 of its 12 events are older"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, g *stage) {
				b := look(g.ctx, g.before(c.hop, chaos.Standard), wire.EdgeCache)
				verdicts(t, b, c.wants...)
				wantReason(t, b, "edge/cached", c.says)
				if most := 6 * time.Second; b.Duration > most {
					t.Errorf("it took %v, want no more than %v", b.Duration, most)
				}
			})
		})
	}
}

func TestTheSecondReaderComesWhileTheFirstOneReads(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, g *stage) {
		xs := look(g.ctx, g.before(&gatehouse{}, chaos.Standard), wire.EdgeCache).Recording(wire.EdgeCache).Exchanges
		for i, r := range passage.Readings(xs) {
			x := xs[i]
			if r.From != passage.Own || len(x.Hits) != 1 {
				t.Errorf("%s: got %+v with %d hits", x.Case, r, len(x.Hits))
			}
			if r.Reader == "second" && x.Began.Add(x.End.At).After(xs[i-1].Began.Add(xs[i-1].End.At)) {
				t.Errorf("%s: it ends behind the first", x.Case)
			}
			if got := x.Request.Header.Has("Last-Event-ID"); got != (r.Reader == "back") {
				t.Errorf("%s: got Last-Event-ID: %v", x.Case, got)
			}
			if x.Request.Header.Has("Cache-Control") || x.Request.Header.Has("Pragma") {
				t.Errorf("%s: it asks as an EventSource does", x.Case)
			}
		}
	})
}
