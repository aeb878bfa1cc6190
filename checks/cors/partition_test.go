package cors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

const (
	app    = "https://app.example"
	here   = "https://stream.example/"
	moved  = "https://stream.example/v2"
	abroad = "https://b.example/"
)

// A draw makes up what a server answers to one client.
type draw struct {
	*rand.Rand
	include bool
}

func (d draw) among(choices ...string) string { return choices[d.IntN(len(choices))] }

// mostly returns the sound choice, which comes first, more often than each of the others.
func (d draw) mostly(sound string, others ...string) string {
	if d.IntN(3) > 0 {
		return sound
	}
	return d.among(others...)
}

// shared returns the CORS fields of an answer. A value of "-" leaves the field out.
func (d draw) shared(origin string) wire.Header {
	var h wire.Header
	value := d.mostly(origin, "*", "-", "", "null", app+"/", "*, *", "https://b.example")
	if value != "-" {
		h = append(h, wire.Field{Name: browser.AllowOrigin, Value: value})
	}
	if c := d.mostly("true", "True", "-"); c != "-" {
		h = append(h, wire.Field{Name: browser.AllowCredentials, Value: c})
	}
	return h
}

func (d draw) status(sound int, others ...int) int {
	if d.IntN(4) > 0 {
		return sound
	}
	return others[d.IntN(len(others))]
}

func exchange(method, url string, status int, ask, answer wire.Header) *wire.Exchange {
	if status == 200 && method != "OPTIONS" && !answer.Has("Content-Type") {
		answer = append(answer, wire.Field{Name: "Content-Type", Value: "text/event-stream"})
	}
	return &wire.Exchange{Request: wire.Request{Method: method, URL: url, Proto: "HTTP/1.1", Header: ask}, Proto: "HTTP/1.1",
		Status: status, Header: answer, End: wire.End{Kind: wire.Complete},
		Body: []wire.Chunk{{Data: []byte("id: 1\ndata: a\n\n")}}}
}

// leave returns a preflight for some fields and its answer.
func (d draw) leave(method, url, origin, names string) *wire.Exchange {
	h := d.shared(origin)
	if v := d.mostly(names, "*", "-", "content-type", "last-event-id content-type"); v != "-" {
		h = append(h, wire.Field{Name: browser.AllowHeaders, Value: v})
	}
	if v := d.mostly("PUT", "*", "-", "put", "GET; PUT"); v != "-" {
		h = append(h, wire.Field{Name: browser.AllowMethods, Value: v})
	}
	ask := wire.Header{{Name: "Origin", Value: origin}, {Name: browser.RequestMethod, Value: method}, {Name: browser.RequestHeaders, Value: names}}
	return exchange("OPTIONS", url, d.status(204, 200, 301, 400, 401, 403, 404), ask, h)
}

// visit returns what a request of a page comes to, as far as its browser goes.
func (d draw) visit(c browser.Client, method, names, id string) []*wire.Exchange {
	var hops []*wire.Exchange
	p := browser.Page{Origin: app, Include: d.include, Client: c}
	for _, url := range [][]string{{here}, {here}, {here, moved}, {here, abroad}}[d.IntN(4)] {
		origin := app
		if url == abroad {
			origin = wire.OpaqueOrigin
		}
		if names != "" {
			hops = append(hops, d.leave(method, url, origin, names))
			if p.Permits(origin, hops[len(hops)-1]) != nil {
				return hops
			}
		}
		ask := wire.Header{{Name: "Origin", Value: origin}}
		if id != "" {
			ask = append(ask, wire.Field{Name: "Last-Event-ID", Value: id})
		}
		hops = append(hops, exchange(method, url, d.status(200, 204, 403), ask, d.shared(origin)))
	}
	for i, x := range hops { // all but the last one lead on
		if x.Request.Method == "OPTIONS" || i == len(hops)-1 {
			continue
		}
		x.Status, x.Header = 307, append(x.Header.Without("Content-Type"), wire.Field{Name: "Location", Value: hops[len(hops)-1].Request.URL})
		if p.Reads(hops[:i+1]).Cause != browser.NoAnswer {
			return hops[:i+1]
		}
	}
	return hops
}

// bundle returns a recording of one client, that opens the stream and comes back.
func (d draw) bundle() *wire.Bundle {
	d.include = d.IntN(3) == 0
	client, open, back := browser.EventSource, wire.CrossOrigin, wire.CrossResume
	method, names, again := "GET", "", ""
	if d.IntN(2) == 0 {
		client, open, back = browser.Script, wire.Script, wire.ScriptResume
		method, names = d.among("GET", "PUT"), d.among("", "content-type")
		if method == "PUT" {
			names = "content-type"
		}
		again = strings.TrimPrefix(names+",last-event-id", ",")
	}
	b := &wire.Bundle{Target: wire.Request{Method: method, URL: here}, Origin: app, Include: d.include,
		Recordings: []*wire.Recording{
			{Scene: wire.Control, Exchanges: []*wire.Exchange{exchange(method, here, 200, nil, nil)}},
			{Scene: open, Exchanges: d.visit(client, method, names, "")},
		}}
	if p := (browser.Page{Origin: app, Include: d.include, Client: client}); p.Reads(b.Recordings[1].Exchanges) == nil {
		b.Recordings = append(b.Recordings, &wire.Recording{Scene: back, Exchanges: d.visit(client, method, again, "1")})
	}
	for _, s := range visits {
		if s != open && s != back {
			b.Gaps = append(b.Gaps, wire.Gap{Scene: s, Moot: true, Reason: "this is about the other client"})
		}
	}
	return b
}

// beside are the checks that look at something else than what stops a browser.
var beside = []string{"cors/vary-origin", "cors/preflight-star-authorization", "cors/preflight-max-age", "cors/errors-carry-headers", "cors/stop-carries-headers"}

// TestWhatStopsABrowserIsToldOnce holds the checks against package browser: where it says that a browser stops, exactly one
// of them fails, and where it says that the page reads the stream, none does.
func TestWhatStopsABrowserIsToldOnce(t *testing.T) {
	stops := map[string]int{}
	for seed := range uint64(5000) {
		d := draw{Rand: rand.New(rand.NewPCG(seed, 4))}
		b := d.bundle()
		ev := checks.NewEvidence(b)
		var told []string
		for _, r := range Suite.Judge(ev) {
			if r.Verdict == checks.Broken {
				t.Fatalf("seed %d: %s: %s", seed, r.ID, r.Reason)
			}
			if r.Verdict == checks.Fail && !slices.Contains(beside, r.ID) {
				told = append(told, r.ID)
			}
		}
		want, why := stopped(ev)
		if len(told) != want {
			t.Fatalf("seed %d: %s, and what fails is %v", seed, why, told)
		}
		for _, id := range told {
			stops[id]++
		}
	}
	for _, c := range Suite {
		if c.Level == checks.Must && stops[c.ID] < 10 && !slices.Contains([]string{"cors/blocked-port", "cors/redirect-userinfo", "cors/preflight-list-parsing"}, c.ID) {
			t.Errorf("%s is tried %d times only", c.ID, stops[c.ID])
		}
	}
}

// stopped returns how many checks must tell that a browser stops: one, or none where it does not, or where that is no matter
// of sharing (a reader that comes back and is answered an error or a stop) or nobody's loss (OPTIONS is unknown to a server
// that is asked with plain GETs).
func stopped(ev *checks.Evidence) (n int, why string) {
	for _, r := range readings(ev) {
		for _, v := range []*browser.Visit{&r.Open, &r.Resume} {
			if v.Denial == nil || v.Denial.Exchange < 0 {
				continue
			}
			last := v.Hops[v.Denial.Exchange]
			why = fmt.Sprintf("%s, cause %d at %s", v.Denial.Message, v.Denial.Cause, last.Scene)
			switch {
			case v == &r.Open:
				return 1, why
			case browser.Preflight(last.Exchange):
				if !wasAsked(ev) && !answersPreflights(last.Exchange) {
					return 0, why
				}
				return 1, why
			case last.Status != 200 && last.Status != 307:
				return 0, why
			}
			return 1, why
		}
	}
	return 0, "the page reads the stream"
}
