package browser_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
)

var configurations = flag.Int("configurations", 240, "how many CORS configurations drawn by lot are shown to a browser, beside those that differ from a sound one in one place")

// A head is what a server says about sharing in one answer.
type head struct {
	Status      int
	Origin      []string // lines of Access-Control-Allow-Origin; ORIGIN stands for the page's, ECHO for that of the request
	Credentials []string
	Type        []string
}

// A configuration is a server, a client, and how the client asks.
type configuration struct {
	Client  browser.Client
	Include bool
	Method  string
	Fields  map[string]string // that the script sets

	ID           string // of the event that the first answer brings
	Open, Resume head
	Turns        int // a status for requests that have Origin, or 0

	Preflight        head
	Methods, Headers []string // lines of the preflight's answer

	Via      []string // origins before the last one that the request is redirected through: "B", "C" or "A"; none for no redirect
	To       string   // the last one
	Redirect head
	Userinfo bool
}

func soundHead() head {
	return head{Status: 200, Origin: []string{"ORIGIN"}, Credentials: []string{"true"}, Type: []string{"text/event-stream"}}
}

// sound returns a configuration that lets its client open the stream and come back.
func sound(c browser.Client, include bool) configuration {
	conf := configuration{Client: c, Include: include, Method: "GET", ID: "7", Open: soundHead(), Resume: soundHead(), To: "B",
		Preflight: soundHead(), Redirect: soundHead(), Methods: []string{"GET, POST, PUT"}, Headers: []string{"authorization, content-type, last-event-id, x-custom"}}
	conf.Preflight.Status, conf.Redirect.Status = 204, 307
	return conf
}

// The values that are tried in each place.
var (
	originValues = [][]string{{"*"}, {"ORIGIN"}, {"ECHO"}, {}, {""}, {"null"}, {"ORIGIN/"}, {"ORIGIN:80"}, {"HTTP://127.0.0.1:PORT"}, {"http://127.0.0.1"}, {"https://app.example"},
		{"*, *"}, {"*", "*"}, {"ORIGIN", "ORIGIN"}, {"ORIGIN, ORIGIN"}, {"ORIGIN, https://app.example"}, {"ORIGIN https://app.example"}, {`"ORIGIN"`}, {"http://*"}, {" ORIGIN "}, {"'*'"}, {"**"}, {"ORIGIN,"}, {"false"}}
	credentialValues = [][]string{{"true"}, {}, {"True"}, {"TRUE"}, {"1"}, {""}, {"yes"}, {`"true"`}, {"true, true"}, {"true", "true"}, {" true "}, {"false"}}
	statuses         = []int{200, 201, 204, 205, 206, 299, 400, 401, 403, 404, 410, 429, 500, 502, 503}
	leaveStatuses    = []int{200, 201, 204, 206, 250, 299, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 500, 503}
	mediaTypes       = [][]string{{"text/event-stream"}, {"text/event-stream; charset=utf-8"}, {"text/event-stream;charset=UTF-8"}, {"text/event-stream;"}, {"Text/Event-Stream"}, {`text/event-stream; note="a,b"`},
		{"text/event-stream; charset=iso-8859-1"}, {`text/event-stream; charset="utf-8"`}, {"text/event-stream; charset="}, {"text/event-stream; charset=utf8"}, {"text/plain"}, {"application/json"}, {}, {""}, {"event-stream"}, {"text/event-streams"},
		{"text/event-stream", "text/event-stream"}, {"text/plain", "text/event-stream"}, {"text/event-stream", "text/plain"}, {"text/event-stream, text/plain"}, {"text/plain, text/event-stream"}}
	ids         = []string{"7", strings.Repeat("7", 128), strings.Repeat("7", 129), strings.Repeat("7", 300), "a<b", `{"n":7}`, "stream:42", "a b", "~!$%&'*+-.^_|#;,="}
	headerLists = [][]string{{"*"}, {}, {""}, {"authorization"}, {"content-type"}, {"last-event-id"}, {"Authorization, Content-Type, Last-Event-ID, X-Custom"}, {"AUTHORIZATION,CONTENT-TYPE,LAST-EVENT-ID,X-CUSTOM"},
		{"authorization", "content-type", "last-event-id", "x-custom"}, {"*, authorization"}, {"authorization, content-type, x-custom"}, {"content-type, last-event-id, x-custom"}, {"authorization content-type last-event-id x-custom"},
		{"authorization, content type, last-event-id, x-custom"}, {"authorization, content-type, last-event-id, x-custom, @"}, {"*, @"}, {", authorization,, content-type, last-event-id, x-custom,"}, {"authorization;content-type"}, {`"authorization", "content-type"`}, {"*, *"}}
	methodLists = [][]string{{}, {""}, {"*"}, {"PUT"}, {"put"}, {"GET"}, {"POST"}, {"GET, POST, PUT, DELETE"}, {"GET POST PUT"}, {"GET", "PUT"}, {"PUT, @"}, {"GET, POST"}, {"*, PUT"}}
	fieldSets   = []map[string]string{{}, {"Authorization": "Bearer of-a-test"}, {"X-Custom": "1"}, {"Content-Type": "application/json"}, {"Authorization": "Bearer of-a-test", "Content-Type": "application/json"},
		{"Content-Type": "text/plain"}, {"Accept": "text/event-stream"}, {"Accept-Language": "de"}, {"Accept-Language": "de;q=1?"}, {"Content-Language": "de"}, {"Range": "bytes=0-"}, {"X-Custom": strings.Repeat("x", 200)},
		{"Accept": "text/event-stream, " + strings.Repeat("x", 120)}, {"Accept": `text/event-stream;v="1"`}, {"Content-Type": "text/plain;charset=utf-8"}, {"Content-Type": "multipart/form-data"}, {"Cache-Control": "max-age=5"}}
	routes = []struct {
		via []string
		to  string
	}{{nil, "B"}, {[]string{"B"}, "B"}, {[]string{"B"}, "C"}, {[]string{"B"}, "A"}, {[]string{"A"}, "B"}, {[]string{"A"}, "A"}, {[]string{"B", "C"}, "C"}, {[]string{"B", "C"}, "B"}, {[]string{"A", "B"}, "C"}, {[]string{"B", "B"}, "B"}}
	redirectStatuses = []int{301, 302, 303, 307, 308, 300, 304}
)

// variations returns every configuration that differs from a sound one in one place.
func variations() []configuration {
	var all []configuration
	for _, client := range []browser.Client{browser.EventSource, browser.Script} {
		for _, include := range []bool{false, true} {
			vary := func(change func(*configuration)) {
				c := sound(client, include)
				if client == browser.Script {
					c.Fields = map[string]string{"Authorization": "Bearer of-a-test", "X-Custom": "1"}
				}
				change(&c)
				all = append(all, c)
			}
			vary(func(*configuration) {})
			for _, v := range originValues {
				vary(func(c *configuration) { c.Open.Origin = v })
				vary(func(c *configuration) { c.Resume.Origin = v })
			}
			for _, v := range credentialValues {
				vary(func(c *configuration) { c.Open.Credentials = v })
				vary(func(c *configuration) { c.Resume.Credentials = v })
			}
			for _, v := range mediaTypes {
				vary(func(c *configuration) { c.Open.Type = v })
			}
			for _, v := range statuses {
				vary(func(c *configuration) { c.Open.Status = v })
				vary(func(c *configuration) { c.Resume.Status = v })
			}
			vary(func(c *configuration) { c.Turns = 403 })
			for _, v := range ids {
				vary(func(c *configuration) { c.ID = v })
				vary(func(c *configuration) { c.ID, c.Preflight.Status = v, 404 })
			}
			for _, r := range routes {
				vary(func(c *configuration) { c.Via, c.To = r.via, r.to })
				vary(func(c *configuration) { c.Via, c.To, c.Open.Origin = r.via, r.to, []string{"null"} })
				vary(func(c *configuration) {
					c.Via, c.To, c.Open.Origin, c.Redirect.Origin = r.via, r.to, []string{"ECHO"}, []string{"ECHO"}
				})
				vary(func(c *configuration) { c.Via, c.To, c.Redirect.Origin = r.via, r.to, nil })
				vary(func(c *configuration) { c.Via, c.To, c.Userinfo = r.via, r.to, true })
			}
			for _, v := range redirectStatuses {
				vary(func(c *configuration) { c.Via, c.Redirect.Status = []string{"B"}, v })
			}
			if client == browser.EventSource {
				continue
			}
			for _, v := range leaveStatuses {
				vary(func(c *configuration) { c.Preflight.Status = v })
			}
			for _, v := range originValues {
				vary(func(c *configuration) { c.Preflight.Origin = v })
			}
			for _, v := range credentialValues {
				vary(func(c *configuration) { c.Preflight.Credentials = v })
			}
			for _, v := range headerLists {
				vary(func(c *configuration) { c.Headers = v })
				vary(func(c *configuration) { c.Fields, c.Headers = nil, v })
			}
			for _, v := range methodLists {
				vary(func(c *configuration) { c.Methods = v })
				vary(func(c *configuration) { c.Method, c.Methods = "PUT", v })
			}
			for _, v := range fieldSets {
				vary(func(c *configuration) { c.Fields = v })
				vary(func(c *configuration) { c.Fields, c.Headers, c.Methods = v, nil, nil })
				vary(func(c *configuration) { c.Method, c.Fields, c.Headers = "POST", v, nil })
			}
		}
	}
	return all
}

// drawn returns a configuration by lot: mostly sound, wrong in a few places.
func drawn(lot *rand.Rand) configuration {
	c := sound(browser.Client(1+lot.IntN(2)), lot.IntN(2) == 0)
	rarely := func() bool { return lot.IntN(8) == 0 }
	one := func(vs [][]string) []string { return vs[lot.IntN(len(vs))] }
	for _, h := range []*head{&c.Open, &c.Resume, &c.Preflight, &c.Redirect} {
		h.Origin = [][]string{{"ORIGIN"}, {"ORIGIN"}, {"ECHO"}, {"*"}}[lot.IntN(4)]
		if rarely() {
			h.Origin = one(originValues)
		}
		if rarely() {
			h.Credentials = one(credentialValues)
		}
		if rarely() {
			h.Type = one(mediaTypes)
		}
	}
	for _, h := range []*head{&c.Open, &c.Resume} {
		if rarely() {
			h.Status = statuses[lot.IntN(len(statuses))]
		}
	}
	if rarely() {
		c.ID = ids[lot.IntN(len(ids))]
	}
	if lot.IntN(3) == 0 {
		r := routes[lot.IntN(len(routes))]
		c.Via, c.To = r.via, r.to
		c.Redirect.Status = redirectStatuses[lot.IntN(len(redirectStatuses))]
		c.Userinfo = rarely()
	}
	if c.Client == browser.Script {
		c.Method = []string{"GET", "GET", "POST", "PUT"}[lot.IntN(4)]
		c.Fields = fieldSets[lot.IntN(len(fieldSets))]
		if lot.IntN(3) == 0 {
			c.Headers = one(headerLists)
		}
		if lot.IntN(3) == 0 {
			c.Methods = one(methodLists)
		}
		if rarely() {
			c.Preflight.Status = leaveStatuses[lot.IntN(len(leaveStatuses))]
		}
	}
	return c
}

// A stage is three origins on loopback that all serve every configuration; the page lies on the first.
type stage struct {
	configurations []configuration
	origins        map[string]string // "A", "B", "C"
}

func newStage(t *testing.T, all []configuration) *stage {
	g := &stage{configurations: all, origins: map[string]string{}}
	for _, name := range []string{"A", "B", "C"} {
		s := httptest.NewServer(g)
		t.Cleanup(s.Close)
		g.origins[name] = s.URL
	}
	return g
}

// ServeHTTP answers /<configuration>/<how many redirects are behind the request>.
func (g *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n, hop int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d/%d", &n, &hop); err != nil {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!DOCTYPE html><title>a page</title>")
		return
	}
	c := &g.configurations[n]
	switch {
	case r.Method == "OPTIONS":
		w.Header()["Access-Control-Allow-Headers"] = c.Headers
		w.Header()["Access-Control-Allow-Methods"] = c.Methods
		if c.Preflight.Status/100 == 3 {
			w.Header().Set("Location", g.origins["B"]+fmt.Sprintf("/%d/%d?again", n, hop))
		}
		g.write(w, r, c.Preflight, "")
	case hop < len(c.Via):
		to := c.To
		if hop+1 < len(c.Via) {
			to = c.Via[hop+1]
		}
		location := g.origins[to]
		if c.Userinfo {
			location = strings.Replace(location, "://", "://me:pw@", 1)
		}
		w.Header().Set("Location", location+fmt.Sprintf("/%d/%d", n, hop+1))
		g.write(w, r, c.Redirect, "")
	case c.Turns != 0 && r.Header.Get("Origin") != "":
		h := c.Open
		h.Status = c.Turns
		g.write(w, r, h, "")
	case r.Header.Get("Last-Event-ID") != "":
		g.write(w, r, c.Resume, "data: again\n\n")
	default:
		g.write(w, r, c.Open, "retry: 20\nid: "+c.ID+"\ndata: first\n\n")
	}
}

func (g *stage) write(w http.ResponseWriter, r *http.Request, h head, body string) {
	fill := strings.NewReplacer("ORIGIN", g.origins["A"], "ECHO", r.Header.Get("Origin"), "PORT", g.origins["A"][strings.LastIndexByte(g.origins["A"], ':')+1:])
	for _, v := range h.Origin {
		w.Header().Add("Access-Control-Allow-Origin", fill.Replace(v))
	}
	w.Header()["Access-Control-Allow-Credentials"] = h.Credentials
	w.Header()["Content-Type"] = h.Type // an empty list keeps net/http from guessing
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(h.Status)
	if h.Status != 204 && h.Status != 304 {
		io.WriteString(w, body)
	}
}

func (g *stage) url(n int) string {
	first := g.configurations[n].To
	if via := g.configurations[n].Via; len(via) > 0 {
		first = via[0]
	}
	return g.origins[first] + fmt.Sprintf("/%d/0", n)
}

// Of an answer that is no stream a page sees the same as of one that it may not read, and both clients take it so.
const inThePage = `async ({url, client, include, method, fields, id}) => {
	const credentials = include ? 'include' : 'same-origin';
	if (client == 'EventSource') {
		return await new Promise(done => {
			const source = new EventSource(url, {withCredentials: include});
			let opens = 0, errors = 0;
			const end = verdict => { clearTimeout(late); source.close(); done(verdict); };
			const late = setTimeout(() => end('hangs'), 20000);
			source.onopen = () => { errors = 0; if (++opens == 2) end('resumes'); };
			source.onerror = () => {
				errors++;
				if (source.readyState == EventSource.CLOSED || errors > (opens ? 1 : 0)) end(opens ? 'opens but cannot resume' : 'blocked');
			};
		});
	}
	const read = async more => {
		try {
			const options = {method, credentials, headers: {...fields, ...more}, cache: 'no-store', signal: AbortSignal.timeout(10000)};
			if (method != 'GET') options.body = '{}';
			const answer = await fetch(url, options);
			if (answer.status != 200) { await answer.body?.cancel(); return false; }
			const type = (answer.headers.get('Content-Type') || '').replace(/"[^"]*"/g, '').split(',').pop(); // the last counts
			await answer.text();
			return type.split(';')[0].trim().toLowerCase() == 'text/event-stream';
		} catch (e) { if (e.name == 'TimeoutError') throw e; return false; }
	};
	if (!await read({})) return 'blocked';
	if (method != 'GET') return 'opens';
	return await read({'Last-Event-ID': id}) ? 'resumes' : 'opens but cannot resume';
}`

// connections is fewer than the six that Chromium makes to a host: a request that waits, redirected, for a preflight
// holds one and needs another.
const connections = 5

// TestWhatChromiumLetsAPageRead shows every configuration to a page in Chromium and to the experiments of package
// chaos: what package browser makes of their recordings must be what the page could do.
func TestWhatChromiumLetsAPageRead(t *testing.T) {
	lot := rand.New(rand.NewPCG(uint64(*seed), 2))
	all := variations()
	for range *configurations {
		all = append(all, drawn(lot))
	}
	tab := chromium(t)
	g := newStage(t, all)
	p := open(t, tab, g.origins["A"]+"/")

	did := make([]string, len(all))
	each(connections, all, func(n int, c configuration) {
		v, err := run[string](p, 30*time.Second, inThePage, map[string]any{"url": g.url(n), "client": c.Client.String(), "include": c.Include, "method": c.Method, "fields": c.Fields, "id": c.ID})
		if err != nil {
			v = err.Error()
		}
		did[n] = v
	})
	said := make([]browser.Reading, len(all))
	failed := make([]map[string]checks.Level, len(all))
	each(24, all, func(n int, _ configuration) { said[n], failed[n] = g.judge(t, n) })

	count, own, limited := map[string]int{}, 0, 0
	for n, c := range all {
		want := did[n]
		if said[n].Page.Client == 0 {
			own++
			continue
		}
		if overloaded(said[n]) {
			limited++
			continue
		}
		count[want]++
		if got := string(said[n].Verdict()); got != want {
			t.Errorf("configuration %d: we say %q, Chromium %q\n  %s\n  %s", n, got, want, c, why(said[n]))
		}
		if want == "blocked" && said[n].Open.Denial == nil {
			t.Errorf("configuration %d: blocked, and no reason is given", n)
		}
		if wrong := contradiction(want, said[n], failed[n]); wrong != "" {
			t.Errorf("configuration %d: %s\n  %s\n  %s\n  failed: %v", n, wrong, c, why(said[n]), failed[n])
		}
	}
	for _, v := range []string{"blocked", "opens", "opens but cannot resume", "resumes"} {
		if count[v] < 20 {
			t.Errorf("only %d configurations end with %q: too few to prove anything", count[v], v)
		}
	}
	t.Logf("%d configurations, seed %d, %d of the page's own origin, %d overloaded; of the others Chromium says %v", len(all), *seed, own, limited, count)
}

// overloaded reports whether nothing is said because an answer was 429 or 503: a page in Chromium is refused then, and it
// may be our own rate that is too high.
func overloaded(r browser.Reading) bool {
	for _, v := range []browser.Visit{r.Open, r.Resume} {
		if d := v.Denial; d != nil && d.Cause == browser.Limited {
			return v.Hops[d.Exchange].Status == 429 || v.Hops[d.Exchange].Status == 503
		}
	}
	return false
}

// contradiction says what the rules that failed have against what the page could do, or nothing. Where the stream is
// refused to everybody there is nothing to judge, which the exit code says.
func contradiction(did string, r browser.Reading, failed map[string]checks.Level) string {
	worst, cors := checks.Level(0), checks.Level(0)
	for id, level := range failed {
		worst = max(worst, level)
		if strings.HasPrefix(id, "cors/") {
			cors = max(cors, level)
		}
	}
	switch {
	case did == "blocked" && worst < checks.Must && !refused(r.Open):
		return "the page was blocked, and no rule failed that must hold"
	case did == "opens but cannot resume" && cors < checks.Should && r.Resume.Denial.Cause < browser.RedirectUserinfo && answersPreflights(r.Resume):
		return "the page could not come back, and no rule failed that should hold"
	case (did == "resumes" || did == "opens") && cors == checks.Must:
		return "the page could do what it wanted, and a rule failed that must hold"
	}
	return ""
}

// refused reports whether the stream is refused to everybody.
func refused(v browser.Visit) bool {
	x := v.Hops[len(v.Hops)-1]
	return !browser.Preflight(x.Exchange) && x.Status != 200
}

// answersPreflights reports whether the server answers any, where one was asked: a stream that is made for
// EventSource need not, and is not blamed for it.
func answersPreflights(v browser.Visit) bool {
	x := v.Hops[len(v.Hops)-1]
	if !browser.Preflight(x.Exchange) {
		return x.Status == 200 || x.Status >= 300 // others end the stream, which is advised against only
	}
	return x.Header.Has(browser.AllowHeaders) || x.Header.Has(browser.AllowMethods)
}

// String names a configuration by what it has of its own.
func (c configuration) String() string {
	out := c.Client.String()
	if c.Include {
		out += " with credentials"
	}
	same := sound(c.Client, c.Include)
	own, sound := reflect.ValueOf(c), reflect.ValueOf(same)
	for i := range own.NumField() {
		if f := own.Field(i).Interface(); !reflect.DeepEqual(f, sound.Field(i).Interface()) {
			out += fmt.Sprintf(", %s %+q", own.Type().Field(i).Name, fmt.Sprint(f))
		}
	}
	return out
}

func why(r browser.Reading) string {
	var words []string
	for _, v := range []browser.Visit{r.Open, r.Resume} {
		switch {
		case v.Denial != nil:
			words = append(words, v.Denial.Message)
		case v.Gap != nil:
			words = append(words, "not recorded: "+v.Gap.Reason)
		default:
			words = append(words, "reads")
		}
	}
	return strings.Join(words, "; ")
}

// judge records a configuration and returns what is said of its client, and which rules fail with which level.
func (g *stage) judge(t *testing.T, n int) (browser.Reading, map[string]checks.Level) {
	c := g.configurations[n]
	l := &chaos.Lab{Target: wire.Request{Method: c.Method, URL: g.url(n)}, Origin: g.origins["A"], Include: c.Include, Repeat: true}
	scenes := []wire.Scene{wire.Control, wire.CrossOrigin, wire.CrossResume}
	if c.Client == browser.Script {
		scenes = []wire.Scene{wire.Control, wire.Script, wire.ScriptResume}
		for name, value := range c.Fields {
			l.Target.Header = append(l.Target.Header, wire.Field{Name: name, Value: value})
		}
		if c.Method != "GET" {
			l.Target.Body = []byte("{}")
			if !l.Target.Header.Has("Content-Type") {
				l.Target.Header = append(l.Target.Header, wire.Field{Name: "Content-Type", Value: "text/plain;charset=UTF-8"}) // fetch() adds it to a string
			}
		}
	}
	plan, err := chaos.Plan(scenes)
	if err != nil {
		t.Error(err)
	}
	b := chaos.Gather(context.Background(), l, "check", plan)
	for _, r := range browser.Readings(b) {
		if r.Page.Client == c.Client {
			return r, failures(b)
		}
	}
	return browser.Reading{}, nil // the target's own origin, for which nothing is asked
}

// failures returns the rules on what a page is answered that a bundle fails.
func failures(b *wire.Bundle) map[string]checks.Level {
	failed := map[string]checks.Level{}
	for _, r := range suite.Undisturbed().Judge(checks.NewEvidence(b)) {
		if r.Verdict == checks.Fail || r.Verdict == checks.Broken {
			failed[r.ID] = r.Level
		}
	}
	return failed
}
