package remedy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// products returns the names of the suspects in their order, each once, "" for what is general.
func products(s []Suspect) []string {
	var out []string
	for _, x := range s {
		out = append(out, x.Product)
	}
	return slices.Compact(out)
}

func header(lines ...string) wire.Header {
	h := wire.Header{}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		h = append(h, wire.Field{Name: name, Value: value})
	}
	return h
}

func TestANumberIsConsistentWithItsProducts(t *testing.T) {
	t.Parallel()
	const s, ms = time.Second, time.Millisecond
	for _, c := range []struct {
		name string
		in   Symptom
		want []string // all of them are among the suspects
	}{
		{"ten bytes, then silence", Symptom{Class: HeldToEnd, Bytes: 10, Coding: "gzip"}, []string{"varnish", "express-compression", "koa-compress", "fastify-compress"}},
		{"a head that is late by half a kilobyte", Symptom{Class: HeadersHeld, Bytes: 512, Coding: "gzip"}, []string{"caddy"}},
		{"a head that is late by a kilobyte", Symptom{Class: HeadersHeld, Bytes: 1024, Coding: "br"}, []string{"traefik", "express-compression", "coolify"}},
		{"1024 bytes", Symptom{Class: ByteHeld, Bytes: 1024}, []string{"application-buffer"}},
		{"3847 bytes", Symptom{Class: ByteHeld, Bytes: 3847}, []string{"nginx", "php-fpm"}},
		{"3916 bytes", Symptom{Class: ByteHeld, Bytes: 3916}, []string{"nginx", "php-fpm"}},
		{"3980 bytes", Symptom{Class: ByteHeld, Bytes: 3980}, []string{"nginx", "php-fpm", "apache"}},
		{"whole events of 3980 bytes", Symptom{Class: EventsHeld, Bytes: 3980}, []string{"apache"}},
		{"the end of an event after 3948 bytes", Symptom{Class: LargeTail, Bytes: 3948}, []string{"nginx-since-1.29.7", "nginx-before-1.29.7"}},
		{"the end of an event after 4088 bytes", Symptom{Class: LargeTail, Bytes: 4088}, []string{"nginx-since-1.29.7"}},
		{"the end of an event after 8184 bytes", Symptom{Class: LargeTail, Bytes: 8184}, []string{"nginx-since-1.29.7"}},
		{"4096 bytes", Symptom{Class: ByteHeld, Bytes: 4096}, []string{"nginx-before-1.29.7", "php-fpm", "go-net-http"}},
		{"8096 bytes", Symptom{Class: ByteHeld, Bytes: 8096, Coding: "gzip"}, []string{"apache"}},
		{"8110 bytes", Symptom{Class: ByteHeld, Bytes: 8110}, []string{"php-fpm", "nginx"}},
		{"8184 bytes", Symptom{Class: ByteHeld, Bytes: 8184}, []string{"php-fpm"}},
		{"8192 bytes", Symptom{Class: ByteHeld, Bytes: 8192}, []string{"php-fpm", "application-buffer"}},
		{"16270 bytes", Symptom{Class: ByteHeld, Bytes: 16270}, []string{"nginx-before-1.29.7"}},
		{"16384 bytes", Symptom{Class: ByteHeld, Bytes: 16384}, []string{"nginx-before-1.29.7"}},
		{"16384 compressed bytes", Symptom{Class: ByteHeld, Bytes: 16384, Coding: "gzip"}, []string{"varnish"}},
		{"32768 compressed bytes", Symptom{Class: ByteHeld, Bytes: 32768, Coding: "gzip"}, []string{"varnish", "starlette"}},
		{"32768 bytes", Symptom{Class: ByteHeld, Bytes: 32768}, []string{"go-net-http"}},
		{"65536 bytes", Symptom{Class: ByteHeld, Bytes: 65536}, []string{"lighttpd"}},
		{"every 100 ms", Symptom{Class: TimerHeld, Period: 100 * ms}, []string{"traefik"}},
		{"every 207 ms", Symptom{Class: TimerHeld, Period: 207 * ms}, []string{"haproxy"}},
		{"every second", Symptom{Class: TimerHeld, Period: 1003 * ms}, []string{"fabio"}},
		{"an age of 15 seconds", Symptom{Class: AgeCut, After: 15 * s}, []string{"envoy"}},
		{"25 seconds to start", Symptom{Class: IdleCut, After: 25 * s}, []string{"vercel"}},
		{"an age of 29 seconds", Symptom{Class: AgeCut, After: 29 * s}, []string{"api-gateway"}},
		{"an age of 30 seconds", Symptom{Class: AgeCut, After: 30 * s}, []string{"api-gateway", "google-load-balancer", "gunicorn"}},
		{"30 seconds of silence", Symptom{Class: IdleCut, After: 30 * s}, []string{"cloudfront", "haproxy", "api-gateway", "gcore", "heroku"}},
		{"50 seconds of silence", Symptom{Class: IdleCut, After: 50 * s}, []string{"haproxy"}},
		{"55 seconds of silence", Symptom{Class: IdleCut, After: 55 * s}, []string{"heroku"}},
		{"60 seconds of silence", Symptom{Class: IdleCut, After: 60050 * ms}, []string{"nginx", "apache", "alb", "varnish", "cowboy"}},
		{"61.9 seconds of silence", Symptom{Class: IdleCut, After: 61900 * ms}, []string{"varnish"}},
		{"60 seconds, and no word", Symptom{Class: SilentDrop, After: 60 * s}, []string{"cgnat"}},
		{"100 seconds of silence", Symptom{Class: IdleCut, After: 100 * s}, []string{"cloudflare"}},
		{"120 seconds of silence", Symptom{Class: IdleCut, After: 120 * s}, []string{"cloudflare", "http-proxy", "akamai"}},
		{"230 seconds of silence", Symptom{Class: IdleCut, After: 230 * s}, []string{"azure-app-service"}},
		{"240 seconds of silence", Symptom{Class: IdleCut, After: 240 * s}, []string{"azure-container-apps", "azure-api-management"}},
		{"240 seconds, and no word", Symptom{Class: SilentDrop, After: 240 * s}, []string{"azure-load-balancer"}},
		{"240 seconds after a reload", Symptom{Class: AgeCut, After: 240 * s}, []string{"ingress-nginx"}},
		{"300 seconds of silence", Symptom{Class: IdleCut, After: 300 * s}, []string{"envoy", "api-gateway"}},
		{"an age of 300 seconds", Symptom{Class: AgeCut, After: 300 * s}, []string{"cloud-run"}},
		{"350 seconds, and no word", Symptom{Class: SilentDrop, After: 350 * s}, []string{"nlb", "nat-gateway"}},
		{"400 seconds of silence", Symptom{Class: IdleCut, After: 400 * s}, []string{"cloudflare"}},
		{"an age of 600 seconds", Symptom{Class: AgeCut, After: 600800 * ms}, []string{"varnish"}},
		{"an age of 900 seconds", Symptom{Class: AgeCut, After: 900 * s}, []string{"api-gateway", "lambda"}},
		{"900 seconds of silence", Symptom{Class: IdleCut, After: 900 * s}, []string{"squid"}},
		{"six connections", Symptom{Class: Limited, Count: 6, Version: "HTTP/1.1"}, []string{"browser"}},
		{"128 streams", Symptom{Class: Limited, Count: 128, Version: "HTTP/2.0"}, []string{"nginx"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := Builtin().Suspects(c.in, Signs{})
			got := products(all)
			for _, w := range c.want {
				if !slices.Contains(got, w) {
					t.Errorf("got %q, want %q among them", got, w)
				}
			}
			for _, s := range all {
				if s.Product != "" && (s.Signed || s.Basis() != "consistent with the number") {
					t.Errorf("%s: a number alone is %q", s.Product, s.Basis())
				}
			}
		})
	}
}

func TestAProductThatShowsItselfIsSuspectedFirst(t *testing.T) {
	t.Parallel()
	const s, ms = time.Second, time.Millisecond
	for _, c := range []struct {
		name  string
		in    Symptom
		signs Signs
		want  string // the first suspect
		fix   string // found in its fix, or in why there is none
	}{
		{"nginx 1.22 as it comes holds 4096 bytes", Symptom{Class: ByteHeld, Bytes: 4096}, Signs{Answer: header("Server: nginx/1.22.1")}, "nginx-before-1.29.7", "proxy_buffering off;"},
		{"nginx 1.22 as it comes holds the head", Symptom{Class: HeadersHeld, Version: "HTTP/1.1"}, Signs{Answer: header("Server: nginx/1.22.1")}, "nginx-before-1.29.7", "proxy_buffering off;"},
		{"nginx 1.22 as it comes cuts after 60 seconds", Symptom{Class: IdleCut, After: 60030 * ms}, Signs{Answer: header("Server: nginx/1.22.1")}, "nginx", "proxy_read_timeout"},
		{"nginx since 1.29.7 keeps the end of large events", Symptom{Class: LargeTail, Bytes: 3949}, Signs{Answer: header("Server: nginx/1.30.6")}, "nginx-since-1.29.7", "proxy_buffering off;"},
		{"nginx with gzip holds what is compressed", Symptom{Class: HeldToEnd, Coding: "gzip"}, Signs{Answer: header("Server: nginx/1.30.6", "Content-Encoding: gzip")}, "nginx", "proxy_buffering off;"},
		{"nginx with a cache plays again", Symptom{Class: Cached}, Signs{Answer: header("Server: nginx/1.22.1")}, "nginx", "proxy_cache off;"},
		{"Varnish plays again what has no Cache-Control", Symptom{Class: Cached}, Signs{Answer: header("Via: 1.1 varnish (Varnish/7.1)", "X-Varnish: 2")}, "varnish", "return (pass)"},
		{"HAProxy ticks over HTTP/1", Symptom{Class: TimerHeld, Period: 207 * ms, Version: "HTTP/1.1"}, Signs{}, "haproxy", "option http-no-delay"},
		{"HAProxy 2.6 with gzip is one event behind", Symptom{Class: OneBehind, Coding: "gzip"}, Signs{Told: []string{"haproxy"}}, "haproxy", "compression type"},
		{"HAProxy 2.6 masks a cut over HTTP/2", Symptom{Class: MaskedCut, Version: "HTTP/2.0"}, Signs{Told: []string{"haproxy"}}, "haproxy", "3.2"},
		{"Caddy 2.6 masks a cut", Symptom{Class: MaskedCut}, Signs{Answer: header("Server: Caddy")}, "caddy", "2.11"},
		{"nginx without chunks masks a cut", Symptom{Class: MaskedCut}, Signs{Answer: header("Server: nginx/1.30.6")}, "nginx", "chunked_transfer_encoding on;"},
		{"Varnish cuts after 62 seconds", Symptom{Class: IdleCut, After: 61900 * ms}, Signs{Answer: header("X-Varnish: 2")}, "varnish", "between_bytes_timeout"},
		{"Varnish cuts at 600 seconds", Symptom{Class: AgeCut, After: 600800 * ms}, Signs{Answer: header("X-Varnish: 2")}, "varnish", "send_timeout"},
		{"Varnish hears late that the reader left", Symptom{Class: LeaveUnheard}, Signs{Request: header("X-Varnish: 3")}, "varnish", "comment"},
		{"PHP behind Apache holds whole events", Symptom{Class: EventsHeld, Bytes: 3980}, Signs{Answer: header("Server: Apache/2.4.71 (Debian)", "X-Powered-By: PHP/8.2.7")}, "apache", "flushpackets=on"},
		{"lighttpd as it comes holds all", Symptom{Class: HeldToEnd}, Signs{Answer: header("Server: lighttpd/1.4.69")}, "lighttpd", "server.stream-response-body"},
		{"lighttpd as it comes adds a length", Symptom{Class: Rewritten, Field: "content-length"}, Signs{Answer: header("Server: lighttpd/1.4.69")}, "lighttpd", "server.stream-response-body"},
		{"lighttpd as it comes absorbs", Symptom{Class: Absorbs}, Signs{Answer: header("Server: lighttpd/1.4.69")}, "lighttpd", "server.stream-response-body"},
		{"lighttpd as it comes never hears that the reader left", Symptom{Class: LeaveUnheard}, Signs{Request: header("X-Host: a", "X-Forwarded-Host: a")}, "lighttpd", "server.stream-response-body"},
		{"Express with compression sends ten bytes", Symptom{Class: HeldToEnd, Bytes: 10, Coding: "gzip"}, Signs{Answer: header("X-Powered-By: Express")}, "express-compression", "no-transform"},
		{"Express with compression sends nothing in br", Symptom{Class: HeldToEnd, Coding: "br"}, Signs{Answer: header("X-Powered-By: Express")}, "express-compression", "no-transform"},
		{"ingress-nginx shows in the request", Symptom{Class: IdleCut, After: 60 * s}, Signs{Request: header("X-Scheme: https", "X-Forwarded-Scheme: https", "X-Real-IP: 10.0.0.1")}, "ingress-nginx", "proxy-read-timeout"},
		{"Squid shows in the request", Symptom{Class: Cached}, Signs{Request: header("Cache-Control: max-age=259200", `Surrogate-Capability: vm="Surrogate/1.0"`)}, "squid", "cache deny"},
		{"Istio hides Envoy", Symptom{Class: AgeCut, After: 15 * s}, Signs{Answer: header("server: istio-envoy", "x-envoy-upstream-service-time: 3")}, "istio", "timeout: 0s"},
		{"Kong hides nginx", Symptom{Class: ByteHeld, Bytes: 4096}, Signs{Answer: header("Server: nginx/1.25.3", "X-Kong-Upstream-Latency: 2")}, "kong", "response_buffering=false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := Builtin().Suspects(c.in, c.signs)
			if len(all) == 0 {
				t.Fatal("nothing is suspected")
			}
			if got := all[0]; got.Product != c.want || !strings.Contains(got.Fix+got.None, c.fix) {
				t.Errorf("got %s with %q, want %s with %q", got.Product, got.Fix+got.None, c.want, c.fix)
			}
		})
	}
}

// The servers that were measured to pass streams on as they are must not be accused of holding them.
func TestAProductWithoutACauseOfThatClassIsNotSuspected(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"Apache/2.4.71 (Debian)", "Caddy", "gunicorn", "cloudflare", "Microsoft-IIS/10.0"} {
		got := Builtin().Suspects(Symptom{Class: Absorbs}, Signs{Answer: header("Server: " + server)})
		if len(got) != 0 {
			t.Errorf("%s: got %q, want none", server, products(got))
		}
	}
}

func TestWithoutSignAndNumberThereIsOnlyWhatHelpsAlways(t *testing.T) {
	t.Parallel()
	for _, c := range classes {
		for _, s := range Builtin().Suspects(Symptom{Class: Class(c)}, Signs{}) {
			if s.Product != "" || s.Title != "" || s.Basis() != "helps whatever it is" {
				t.Errorf("%s: got %s, %s", c, s.Product, s.Basis())
			}
		}
	}
	if got := Builtin().Suspects(Symptom{Class: IdleCut}, Signs{}); len(got) != 1 || got[0].Fix != ": ping" {
		t.Errorf("got %v, want a comment every 15 seconds", got)
	}
	if got := Builtin().Suspects(Symptom{Class: "nothing-known"}, Signs{}); len(got) != 0 {
		t.Errorf("got %v, want none", got)
	}
}

func TestTheVersionOfNginxDecides(t *testing.T) {
	t.Parallel()
	const before, since = "nginx-before-1.29.7", "nginx-since-1.29.7"
	for server, want := range map[string][]string{
		"nginx/0.8.54":          {before},
		"nginx/1.2.9":           {before},
		"nginx/1.18.0 (Ubuntu)": {before},
		"nginx/1.22.1":          {before},
		"nginx/1.28.0":          {before},
		"nginx/1.29.6":          {before},
		"nginx/1.29.7":          {since},
		"nginx/1.29.10":         {since},
		"nginx/1.30.6":          {since},
		"nginx/2.0.0":           {since},
		"nginx":                 {before, since},
		"openresty/1.25.3.1":    {before},
		"nginxish/1.0":          nil,
		"not nginx/1.22.1":      nil,
	} {
		var got []string
		table := Builtin()
		named, _ := table.named(Signs{Answer: header("Server: " + server)})
		for i, p := range table.Products {
			if named[i] && (p.Name == before || p.Name == since) {
				got = append(got, p.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", server, got, want)
		}
	}
}

// read returns the table of a text that is right.
func read(t *testing.T, text string) Table {
	t.Helper()
	table, err := Read("test.yml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

const byCertainty = `
products:
  - {name: number, causes: {class: idle-cut, after: 60s, says: a, fix: a}}
  - name: guessed
    signs: {answer: {Server: g}}
    causes: {class: idle-cut, after: 60s, says: a, fix: a, evidence: unverified}
  - {name: other, signs: {answer: {Server: ''}}, causes: {class: idle-cut, after: 10s, says: a, fix: a}}
  - {name: both, signs: {answer: {Server: ''}}, causes: {class: idle-cut, after: 60s, says: a, fix: a}}
  - {name: elsewhere, causes: {class: idle-cut, after: 10s, says: a, fix: a}}
general:
  - {class: idle-cut, says: a, fix: a}
`

func TestTheBetterFoundedComesFirst(t *testing.T) {
	t.Parallel()
	got := products(read(t, byCertainty).Suspects(Symptom{Class: IdleCut, After: time.Minute}, Signs{Answer: header("Server: g")}))
	if want := []string{"both", "guessed", "other", "number", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsNotVerifiedIsNotToldByANumber(t *testing.T) {
	t.Parallel()
	table := read(t, byCertainty)
	got := products(table.Suspects(Symptom{Class: IdleCut, After: time.Minute}, Signs{}))
	if want := []string{"number", "both", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, s := range table.Suspects(Symptom{Class: IdleCut, After: time.Minute}, Signs{Answer: header("Server: g")}) {
		if s.Product == "guessed" && s.Basis() != "known to be there, and the number fits; not verified" {
			t.Errorf("got %q", s.Basis())
		}
	}
	s := Symptom{Class: IdleCut, After: 10 * time.Second}
	for _, x := range Builtin().Suspects(s, Signs{}) {
		if x.Evidence == Unverified {
			t.Errorf("%s is told by a number, and not verified", x.Product)
		}
	}
}

func TestAHandfulIsEnough(t *testing.T) {
	t.Parallel()
	every := Signs{Answer: wire.Header{}}
	for _, p := range Builtin().Products {
		every.Told = append(every.Told, p.Name)
	}
	for _, c := range classes {
		for _, signs := range []Signs{{}, every} {
			got := Builtin().Suspects(Symptom{Class: Class(c), After: time.Minute, Bytes: 4096}, signs)
			if n := len(slices.DeleteFunc(got, func(s Suspect) bool { return s.Product == "" })); n > maxSuspects {
				t.Errorf("%s: %d suspects", c, n)
			}
		}
	}
}

func TestWhatAlwaysShowsIsRuledOutByAnAnswerWithoutIt(t *testing.T) {
	t.Parallel()
	s := Symptom{Class: IdleCut, After: 100 * time.Second}
	if got := products(Builtin().Suspects(s, Signs{Answer: header("Server: Caddy")})); slices.Contains(got, "cloudflare") {
		t.Errorf("got %q, though the answer has no CF-Ray", got)
	}
	if got := products(Builtin().Suspects(s, Signs{Answer: header("Server: Caddy"), Request: header("CF-Ray: 8f-FRA")})); got[0] != "cloudflare" {
		t.Errorf("got %q, though the request has CF-Ray", got)
	}
}

func TestWhatShowsInOneCodingIsTheWorkOfThatCoding(t *testing.T) {
	t.Parallel()
	table := read(t, `
products:
  - name: gate
    signs: {answer: {Server: gate}}
    causes:
      - {class: held-to-end, says: plain, fix: a}
      - {class: held-to-end, coding: [gzip, br], says: packed, fix: a}
`)
	for _, c := range []struct {
		name     string
		coding   string
		answered string
		want     []string
	}{
		{"without a coding", "", "", []string{"plain"}},
		{"not measured, and the answer is coded", "", "br", []string{"plain", "packed"}},
		{"with a coding that the cause has", "gzip", "", []string{"packed"}},
		{"with one that it has not", "zstd", "", nil},
	} {
		signs := Signs{Answer: header("Server: gate", "Content-Encoding: "+c.answered)}
		var got []string
		for _, s := range table.Suspects(Symptom{Class: HeldToEnd, Coding: c.coding}, signs) {
			got = append(got, s.Says)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhatShowsOverOneVersionIsTheWorkOfThatVersion(t *testing.T) {
	t.Parallel()
	ticks := func(version string) []string {
		return products(Builtin().Suspects(Symptom{Class: TimerHeld, Period: 200 * time.Millisecond, Version: version}, Signs{}))
	}
	for version, want := range map[string][]string{"": {"haproxy"}, "HTTP/1.1": {"haproxy"}, "HTTP/2.0": nil} {
		if got := ticks(version); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}

func TestOnlyThatFieldIsMissed(t *testing.T) {
	t.Parallel()
	signs := Signs{Answer: header("X-Amz-Cf-Id: x")}
	for field, want := range map[string]int{"Last-Event-ID": 1, "last-event-id": 1, "": 0, "X-Other": 0} {
		if got := Builtin().Suspects(Symptom{Class: FieldDropped, Field: field}, signs); len(got) != want {
			t.Errorf("%q: got %d suspects, want %d", field, len(got), want)
		}
	}
}

// Fields are a server's words: much of them must not cost much.
func TestOfLongHeadsOnlySoMuchIsLookedAt(t *testing.T) {
	t.Parallel()
	h := header("Server: " + strings.Repeat(" ", maxValue) + "gate")
	for range 2 * maxFields {
		h = append(h, wire.Field{Name: "X-Filler", Value: strings.Repeat("a", 5000)})
	}
	h = append(h, wire.Field{Name: "Via", Value: "gate"})
	table := read(t, `
products:
  - {name: gate, signs: [{answer: {Server: gate}}, {answer: {Via: gate}}], causes: {class: absorbs, says: a, fix: a}}
`)
	if got := table.Suspects(Symptom{Class: Absorbs}, Signs{Answer: h}); len(got) != 0 {
		t.Errorf("got %q from the far end of a head", products(got))
	}
}

func TestTheSameQuestionHasTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := Symptom{Class: IdleCut, After: time.Minute}
	signs := Signs{Answer: header("Server: nginx", "Via: 1.1 varnish (Varnish/7.1)")}
	first := products(Builtin().Suspects(s, signs))
	for range 50 {
		if got := products(Builtin().Suspects(s, signs)); !slices.Equal(got, first) {
			t.Fatalf("got %q, want %q", got, first)
		}
	}
}
