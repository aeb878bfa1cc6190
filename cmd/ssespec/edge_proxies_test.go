package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Proxies that were not written here, each between our own origin and our own reader. Where their programs are not
// installed they are left out, unless SSESPEC_REAL demands them, as .ci/run does.

var (
	edges  = flag.Int("edges", 1, "how often each good configuration of a proxy is judged; 20 is the whole")
	stands = flag.String("stand", "", "judge only proxies whose names hold this")
	spoils = flag.String("spoils", "", "keep the recordings of runs that say something else than they must in this directory")
	starve = flag.Int("starve", 2, "how many good configurations are judged beside two busy loops per core; 200 is the whole")
)

// A stand is a proxy in one configuration, and what ssespec edge must say of it.
type stand struct {
	name    string
	program string // that must be installed; empty for none
	start   func(t *testing.T, origin string) (url string)
	args    []string // beside --via and --listen

	fails   []string      // every rule that fails; none for a good configuration
	buffer  int           // bytes
	flush   time.Duration // the period
	idle    time.Duration // the silence after which it cuts
	product string        // that is named
	fix     string        // a line of what is printed as its remedy
	shown   bool          // README.md shows what is said
}

// TestEdgesOfProxies puts the real binary behind each proxy.
func TestEdgesOfProxies(t *testing.T) {
	if raceDetector {
		t.Skip("proxies in other processes race with nothing here: .ci/run judges them in its run without the race detector")
	}
	all := slices.DeleteFunc(slices.Concat(goodStands(t), badStands(t)), func(s stand) bool { return !strings.Contains(s.name, *stands) })
	places := make(chan struct{}, 3*runtime.NumCPU()) // a run is silent most of its time
	crossings := make([]chan []crossing, len(all))
	for i, s := range all {
		crossings[i] = make(chan []crossing, 1)
		if !installed(s.program) {
			continue
		}
		at := s.behind(t)
		go func() {
			places <- struct{}{}
			defer func() { <-places }()
			crossings[i] <- at.judge(s.times())
		}()
	}
	for i, s := range all {
		t.Run(s.name, func(t *testing.T) {
			if !installed(s.program) {
				absent(t, s.program+" is not installed")
			}
			for _, c := range <-crossings[i] {
				s.hold(t, c)
			}
		})
	}
}

// TestEdgesOfStarvedProxies judges good configurations while all else on this machine wants its cores too: what that
// makes late is not the proxy's doing.
func TestEdgesOfStarvedProxies(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("it keeps all cores busy for half a minute: .ci/run does so in its run without the race detector")
	}
	var all []place
	for _, s := range goodStands(t) {
		if installed(s.program) {
			s.args = append([]string{"--quick"}, withoutDepth(s.args)...)
			all = append(all, s.behind(t))
		}
	}
	for range 2 * runtime.NumCPU() {
		busy := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
		if err := busy.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			busy.Process.Kill()
			busy.Wait()
		})
	}
	var wg sync.WaitGroup
	turns := make(chan int)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for n := range turns {
				at := all[n%len(all)]
				for _, c := range at.judge(1) {
					at.stand.hold(t, c)
				}
			}
		})
	}
	for n := range *starve {
		turns <- n * 7 // so that few runs are of different proxies
	}
	close(turns)
	wg.Wait()
}

func withoutDepth(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--quick" || a == "--deep" })
}

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return program == "" || err == nil
}

// times is how often a stand is judged.
func (s stand) times() int {
	if len(s.fails) == 0 {
		return *edges
	}
	return 1
}

// A place is a stand that runs.
type place struct {
	stand  stand
	url    string
	listen string // where the proxy looks for the origin
	dir    string
	exe    string
}

func (s stand) behind(t *testing.T) place {
	t.Helper()
	exe, err := exec.LookPath("ssespec")
	if err != nil {
		t.Fatal(err)
	}
	origin := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	return place{s, s.start(t, origin), origin, t.TempDir(), exe}
}

// A crossing is what ssespec edge said.
type crossing struct {
	code   int
	text   string
	err    error
	kept   []byte // the recording
	took   time.Duration
	report struct {
		Results []result
		Edge    struct {
			Delay    map[string]float64 `json:"delay_ms"`
			Buffer   int                `json:"buffer_bytes"`
			Flush    float64            `json:"flush_ms"`
			Idle     float64            `json:"idle_cut_s"`
			Suspects []string
		}
		Remedies []struct{ Rule, Product, Fix string }
	}
}

type result struct{ ID, Level, Verdict, Reason string }

// judge runs ssespec edge so often, one time after the other.
func (p place) judge(times int) []crossing {
	var out []crossing
	for range times {
		file, kept := filepath.Join(p.dir, "report.json"), filepath.Join(p.dir, "edge.rec")
		args := append([]string{"edge", "--via", p.url, "--listen", p.listen, "--fail-on", "advice", "--json=" + file, "-o", kept}, p.stand.args...)
		cmd := exec.Command(p.exe, args...)
		cmd.Env = append(os.Environ(), "NO_PROXY=*")
		began := time.Now()
		text, err := cmd.CombinedOutput()
		c := crossing{code: cmd.ProcessState.ExitCode(), text: string(text), took: time.Since(began)}
		if _, exited := err.(*exec.ExitError); err != nil && !exited {
			c.err = err
		} else if b, err := os.ReadFile(file); err != nil {
			c.err = err
		} else {
			c.err = json.Unmarshal(b, &c.report)
		}
		if *spoils != "" {
			c.kept, _ = os.ReadFile(kept)
		}
		out = append(out, c)
	}
	return out
}

// hold compares what was said with what is true.
func (s stand) hold(t *testing.T, c crossing) {
	t.Helper()
	if c.err != nil {
		t.Errorf("%s: %v\n%s", s.name, c.err, c.text)
		return
	}
	wrong := slices.Concat(s.judged(c), s.measured(c), s.mended(c))
	if s.shown {
		wrong = append(wrong, missing(t, c)...)
	}
	for _, w := range wrong {
		t.Errorf("%s: %s", s.name, w)
	}
	if len(wrong) > 0 {
		t.Log(c.text)
		s.keep(t, c)
	}
	t.Logf("%s: %v, exit %d, %s, delay %.4v ms", s.name, c.took.Round(time.Millisecond), c.code, c.tally(), c.report.Edge.Delay)
}

// judged compares the verdicts.
func (s stand) judged(c crossing) (wrong []string) {
	for _, r := range c.with("fail", "broken") {
		if !slices.Contains(s.fails, r.ID) {
			wrong = append(wrong, fmt.Sprintf("%s (%s) fails: %s", r.ID, r.Level, r.Reason))
		}
	}
	for _, id := range s.fails {
		if !slices.ContainsFunc(c.with("fail"), func(r result) bool { return r.ID == id }) {
			wrong = append(wrong, id+" does not fail")
		}
	}
	if n := len(c.with("pass")); len(s.fails) == 0 && n < 5 {
		wrong = append(wrong, fmt.Sprintf("no more than %d rules could be judged", n))
	}
	return wrong
}

// with returns the results of some verdicts.
func (c crossing) with(verdicts ...string) []result {
	return slices.DeleteFunc(slices.Clone(c.report.Results), func(r result) bool { return !slices.Contains(verdicts, r.Verdict) })
}

// tally says how much was judged, and what was not.
func (c crossing) tally() string {
	text := fmt.Sprintf("%d pass, %d fail", len(c.with("pass")), len(c.with("fail")))
	for _, r := range c.with("inconclusive") {
		text += fmt.Sprintf("\n%s: %s\n", r.ID, r.Reason)
	}
	return text
}

// keep keeps the recording of a run for who wants to know why.
func (s stand) keep(t *testing.T, c crossing) {
	t.Helper()
	if *spoils == "" {
		return
	}
	f, err := os.CreateTemp(*spoils, strings.ReplaceAll(s.name, " ", "-")+"-*.rec")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(c.kept); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: kept in %s", s.name, f.Name())
}

// measured compares the numbers.
func (s stand) measured(c crossing) (wrong []string) {
	got := c.report.Edge
	if s.buffer != 0 && (got.Buffer < s.buffer/2 || got.Buffer > s.buffer*2) { // one step of what buffers are made in
		wrong = append(wrong, fmt.Sprintf("the buffer is of %d bytes, want %d", got.Buffer, s.buffer))
	}
	if want := float64(s.flush.Milliseconds()); want != 0 && math.Abs(got.Flush-want) > want/10 {
		wrong = append(wrong, fmt.Sprintf("the period is %v ms, want %v", got.Flush, want))
	}
	if want := s.idle.Seconds(); want != 0 && math.Abs(got.Idle-want) > 1 {
		wrong = append(wrong, fmt.Sprintf("it cuts after %v s of silence, want %v", got.Idle, want))
	}
	return wrong
}

// mended looks for the line that mends it, in both reports.
func (s stand) mended(c crossing) (wrong []string) {
	if s.fix == "" {
		return nil
	}
	for _, r := range c.report.Remedies {
		if r.Product == s.product && strings.Contains(r.Fix, s.fix) && slices.Contains(s.fails, r.Rule) {
			if !strings.Contains(c.text, s.fix) {
				return []string{fmt.Sprintf("the text does not say %q", s.fix)}
			}
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is not told to write %q: %v, %+v", s.product, s.fix, c.report.Edge.Suspects, c.report.Remedies)}
}

// missing returns the lines that README.md shows and a run does not say, numbers and pictures aside.
func missing(t *testing.T, c crossing) (wrong []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(b), "<!-- edge: ")
	_, shown, _ = strings.Cut(shown, "\n")
	shown, _, _ = strings.Cut(shown, "<!-- end of edge -->")
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, strings.ToLower(s))
	}
	text := letters(c.text)
	for l := range strings.Lines(shown) {
		if dump := strings.Count(l, "  ") > 1 && strings.Count(l, " ") > 15; dump || strings.ContainsAny(l, "▁▂▃▄▅▆▇█") || strings.Contains(l, " requests in ") || strings.Contains(l, "at or above level") || strings.Contains(l, "scene edge-drip") {
			continue
		}
		for part := range strings.FieldsFuncSeq(l, func(r rune) bool { return r >= '0' && r <= '9' }) {
			if words := letters(part); len(words) > 12 && !strings.Contains(text, words) {
				wrong = append(wrong, fmt.Sprintf("README.md shows %q", strings.TrimSpace(l)))
				break
			}
		}
	}
	return wrong
}

// goodStands are configurations that no rule may accuse.
func goodStands(t *testing.T) []stand {
	return []stand{
		{name: "nginx as its documentation says", program: "nginx", start: nginxAs(nginxGood)},
		{name: "HAProxy with http-no-delay", program: "haproxy", start: haproxy("", "option http-no-delay")},
		{name: "Apache", program: "apache2", start: apache("")},
		{name: "Varnish that passes", program: "varnishd", start: varnish("sub vcl_recv { return (pass); }")},
		{name: "lighttpd that streams", program: "lighttpd", start: lighttpd("server.stream-response-body = 2")},
		{name: "Go's ReverseProxy", start: reverseProxy(nil)},
	}
}

const nginxGood = `proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;`

// badStands are those that hold, lose or cut something.
func badStands(t *testing.T) []stand {
	return []stand{
		{
			name: "nginx as it comes", program: "nginx", start: nginxAs(""), args: []string{"--quick"},
			fails: []string{"edge/byte-buffer", "edge/cut-visible"}, buffer: 4096, product: "nginx-before-1.29.7", fix: "proxy_buffering off;",
			shown: true,
		},
		{
			name: "nginx with buffers of 16k", program: "nginx", start: nginxAs("proxy_buffer_size 16k; proxy_buffers 8 16k;"), args: []string{"--quick"},
			fails: []string{"edge/byte-buffer", "edge/cut-visible"}, buffer: 16384, product: "nginx-before-1.29.7", fix: "proxy_buffering off;",
		},
		{
			name: "nginx with buffers of 32k", program: "nginx", start: nginxAs("proxy_buffer_size 32k; proxy_buffers 8 32k;"), args: []string{"--quick"},
			fails: []string{"edge/byte-buffer", "edge/cut-visible"}, buffer: 32768, product: "nginx-before-1.29.7", fix: "proxy_buffering off;",
		},
		{
			name: "nginx with gzip and buffering", program: "nginx",
			start: nginxAs(`proxy_http_version 1.1; proxy_set_header Connection ""; gzip on; gzip_proxied any; gzip_types text/event-stream;`),
			args:  []string{"--only", "edge/codings", "--only", "edge/no-transform"},
			fails: []string{"edge/codings", "edge/no-transform"}, product: "nginx", fix: "proxy_buffering off;",
		},
		{
			name: "nginx that waits 5 seconds", program: "nginx", start: nginxAs(nginxGood + "proxy_read_timeout 5s;"), args: []string{"--only", "edge/idle-cut"},
			fails: []string{"edge/idle-cut"}, idle: 5 * time.Second, product: "nginx", fix: "proxy_read_timeout",
		},
		{
			name: "HAProxy as it comes", program: "haproxy", start: haproxy("", ""), args: []string{"--quick"},
			fails: []string{"edge/flush-interval"}, flush: 200 * time.Millisecond, product: "haproxy", fix: "option http-no-delay",
		},
		{
			name: "HAProxy that compresses", program: "haproxy", start: haproxy("", "option http-no-delay\n  compression algo gzip"),
			args:  []string{"--only", "edge/codings"},
			fails: []string{"edge/codings"}, // HAProxy does not say that it is there, so that nobody can be named
		},
		{
			name: "HAProxy over HTTP/2", program: "haproxy", start: haproxy("alpn h2", ""), args: []string{"--quick", "--insecure"},
			fails: []string{"edge/cut-visible"}, // 2.6 does that, 3.2 no more
		},
		{
			name: "Apache that compresses", program: "apache2", start: apache("AddOutputFilterByType DEFLATE text/event-stream"),
			args:  []string{"--only", "edge/codings", "--only", "edge/no-transform"},
			fails: []string{"edge/no-transform"},
		},
		{
			name: "Varnish as it comes", program: "varnishd", start: varnish(""),
			args:  []string{"--only", "edge/cached", "--only", "edge/resume-cached", "--only", "edge/collapsed"},
			fails: []string{"edge/cached", "edge/resume-cached"}, product: "varnish", fix: "return (pass);",
		},
		{
			name: "lighttpd as it comes", program: "lighttpd", start: lighttpd(""), args: []string{"--quick"},
			fails: []string{"edge/held-to-end", "edge/answer-fields", "edge/cut-visible"}, product: "lighttpd", fix: "server.stream-response-body",
		},
		{
			name: "a ReverseProxy that swallows cuts", start: reverseProxy(func(p *httputil.ReverseProxy) {
				p.ModifyResponse = func(r *http.Response) error {
					r.Header.Del("Content-Length")
					r.Body = swallowing{r.Body}
					return nil
				}
			}), args: []string{"--quick"}, fails: []string{"edge/cut-visible"},
		},
		{
			name: "a ReverseProxy that drops Last-Event-ID", start: reverseProxy(func(p *httputil.ReverseProxy) {
				rewrite := p.Rewrite
				p.Rewrite = func(r *httputil.ProxyRequest) {
					rewrite(r)
					r.Out.Header.Del("Last-Event-ID")
				}
			}), args: []string{"--quick"}, fails: []string{"edge/last-event-id"},
		},
		{
			name: "a ReverseProxy that keeps generating", start: reverseProxy(func(p *httputil.ReverseProxy) {
				p.Transport = generating{http.DefaultTransport}
			}), args: []string{"--only", "edge/leave-heard"}, fails: []string{"edge/leave-heard"},
		},
	}
}

// A swallowing body ends properly whatever happened.
type swallowing struct{ io.ReadCloser }

func (s swallowing) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// A generating transport has each answer written to its end, whoever still reads it.
type generating struct{ http.RoundTripper }

func (g generating) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := g.RoundTripper.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err == nil {
		res.Body = draining{res.Body}
	}
	return res, err
}

type draining struct{ io.ReadCloser }

func (d draining) Close() error {
	go func() {
		io.Copy(io.Discard, d.ReadCloser)
		d.ReadCloser.Close()
	}()
	return nil
}

// reverseProxy is net/http/httputil's, changed.
func reverseProxy(change func(*httputil.ReverseProxy)) func(*testing.T, string) string {
	return func(t *testing.T, origin string) string {
		t.Helper()
		to := &url.URL{Scheme: "http", Host: origin}
		p := &httputil.ReverseProxy{
			Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(to); r.SetXForwarded() },
			ErrorLog: nil,
		}
		if change != nil {
			change(p)
		}
		s := httptest.NewServer(p)
		s.Config.ErrorLog = nil
		t.Cleanup(func() {
			s.CloseClientConnections()
			s.Close()
		})
		return s.URL + "/stream"
	}
}

// running starts a program that serves at a port of its own until the test ends.
func running(t *testing.T, port int, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(must(exec.LookPath(program)), args...)
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		late.Stop()
		if t.Failed() {
			t.Logf("%s said: %.2000s", program, out)
		}
	})
	for range 1000 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(10 * time.Millisecond) // polls; nothing is timed by it
	}
	t.Fatalf("%s does not answer", program)
}

func must(path string, err error) string {
	if err != nil {
		panic(err)
	}
	return path
}

// written writes a configuration file, of which the words in braces are replaced.
func written(t *testing.T, conf string, words ...any) string {
	t.Helper()
	var pairs []string
	for _, w := range words {
		pairs = append(pairs, fmt.Sprint(w))
	}
	file := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(pairs...).Replace(conf)), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func nginxAs(location string) func(*testing.T, string) string {
	return func(t *testing.T, origin string) string {
		t.Helper()
		dir, port := t.TempDir(), freePort(t)
		conf := written(t, `daemon off;
worker_processes 1;
pid DIR/pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
  server {
    listen 127.0.0.1:PORT;
    location / {
      proxy_pass http://ORIGIN;
      LOCATION
    }
  }
}
`, "DIR", dir, "PORT", port, "ORIGIN", origin, "LOCATION", location)
		running(t, port, "nginx", "-p", dir, "-c", conf, "-e", "stderr")
		return fmt.Sprintf("http://127.0.0.1:%d/stream", port)
	}
}

// haproxy listens with TLS where bind says something of it.
func haproxy(bind, lines string) func(*testing.T, string) string {
	return func(t *testing.T, origin string) string {
		t.Helper()
		port, scheme := freePort(t), "http"
		if bind != "" {
			scheme = "https"
			bind = "ssl crt " + both(t) + " " + bind
		}
		conf := written(t, `defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  LINES
frontend readers
  bind 127.0.0.1:PORT BIND
  default_backend origin
backend origin
  server origin ORIGIN
`, "PORT", port, "BIND", bind, "LINES", lines, "ORIGIN", origin)
		running(t, port, "haproxy", "-db", "-f", conf)
		return fmt.Sprintf("%s://127.0.0.1:%d/stream", scheme, port)
	}
}

// both writes a certificate and its key into one file.
func both(t *testing.T) string {
	t.Helper()
	cert, key := certificate(t)
	var all []byte
	for _, f := range []string{cert, key} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	file := filepath.Join(t.TempDir(), "both.pem")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func apache(lines string) func(*testing.T, string) string {
	return func(t *testing.T, origin string) string {
		t.Helper()
		dir, port := t.TempDir(), freePort(t)
		conf := written(t, `ServerRoot DIR
DefaultRuntimeDir DIR
PidFile DIR/pid
ServerName localhost
Listen 127.0.0.1:PORT
ErrorLog /dev/stderr
LogLevel crit
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule filter_module /usr/lib/apache2/modules/mod_filter.so
LoadModule deflate_module /usr/lib/apache2/modules/mod_deflate.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ProxyPass / http://ORIGIN/
LINES
`, "DIR", dir, "PORT", port, "ORIGIN", origin, "LINES", lines)
		running(t, port, "apache2", "-DFOREGROUND", "-f", conf)
		return fmt.Sprintf("http://127.0.0.1:%d/stream", port)
	}
}

func varnish(vcl string) func(*testing.T, string) string {
	return func(t *testing.T, origin string) string {
		t.Helper()
		port := freePort(t)
		host, at, err := net.SplitHostPort(origin)
		if err != nil {
			t.Fatal(err)
		}
		conf := written(t, `vcl 4.1;
backend default { .host = "HOST"; .port = "AT"; }
VCL
`, "HOST", host, "AT", at, "VCL", vcl)
		running(t, port, "varnishd", "-F", "-j", "none", "-n", t.TempDir(), "-f", conf, "-T", "none",
			"-s", "malloc,64m", "-a", fmt.Sprintf("127.0.0.1:%d", port))
		return fmt.Sprintf("http://127.0.0.1:%d/stream", port)
	}
}

func lighttpd(lines string) func(*testing.T, string) string {
	return func(t *testing.T, origin string) string {
		t.Helper()
		dir, port := t.TempDir(), freePort(t)
		host, at, err := net.SplitHostPort(origin)
		if err != nil {
			t.Fatal(err)
		}
		conf := written(t, `server.document-root = "DIR"
server.bind = "127.0.0.1"
server.port = PORT
server.modules = ("mod_proxy")
server.upload-dirs = ("DIR")
proxy.server = ("" => (("host" => "HOST", "port" => AT)))
LINES
`, "DIR", dir, "PORT", port, "HOST", host, "AT", at, "LINES", lines)
		running(t, port, "lighttpd", "-D", "-f", conf)
		return fmt.Sprintf("http://127.0.0.1:%d/stream", port)
	}
}
