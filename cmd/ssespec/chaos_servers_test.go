package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/tmaxmax/go-sse"
)

// A resumable is a feed that a server not written here publishes: {"n":1}, {"n":2} and so on, one every
// publishEvery, the same to all who listen, and continued after the event whose id Last-Event-ID names.
type resumable struct {
	plain  string // its URL over HTTP/1.1
	secure string // the same feed over TLS, where HTTP/2 is offered
	ca     string // the file with the certificate to trust there
}

const publishEvery = 20 * time.Millisecond

// plenty is how many events a server keeps that forgets none while a test runs.
const plenty = 100_000

const nchanModule = "/usr/lib/nginx/modules/ngx_nchan_module.so"

// nchan is nginx with a module that makes it a publish/subscribe server. Who comes without an id gets what
// first says, "oldest" (all that is kept) or "newest" (what is published from then on).
func nchan(first string, kept int) func(*testing.T) resumable {
	return func(t *testing.T) resumable {
		t.Helper()
		exe := need(t, "nginx")
		if _, err := os.Stat(nchanModule); err != nil {
			absent(t, "nginx's module nchan is not installed")
		}
		dir, port, securePort := t.TempDir(), freePort(t), freePort(t)
		cert, key := certificate(t)
		file := filepath.Join(dir, "nginx.conf")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		conf := template.Must(template.ParseFiles(filepath.Join("testdata", "real", "nchan.conf")))
		if err := conf.Execute(f, map[string]any{
			"Module": nchanModule, "Dir": dir, "Port": port, "SecurePort": securePort, "Cert": cert, "Key": key,
			"First": first, "Kept": kept,
		}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "-p", dir, "-c", file, "-e", "stderr")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			cmd.Process.Signal(os.Interrupt)
			cmd.Wait()
		})
		host := fmt.Sprintf("127.0.0.1:%d", port)
		answering(t, "http://"+host+"/ready")
		publishing(t, func(data string) error {
			res, err := http.Post("http://"+host+"/pub/feed", "application/json", strings.NewReader(data))
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				return err
			}
			if res.StatusCode != http.StatusCreated && res.StatusCode != http.StatusAccepted {
				return fmt.Errorf("the publisher is told %s", res.Status)
			}
			return nil
		})
		return resumable{"http://" + host + "/sub/feed", fmt.Sprintf("https://127.0.0.1:%d/sub/feed", securePort), cert}
	}
}

// goSSE is a server made with github.com/tmaxmax/go-sse, which numbers the events or, if not asked to, lets the
// application do it. See TestGoSSERepeatsToThoseWhoMissedNothing.
func goSSE(autoIDs bool, kept int) func(*testing.T) resumable {
	return func(t *testing.T) resumable {
		t.Helper()
		replayer, err := sse.NewFiniteReplayer(kept, autoIDs)
		if err != nil {
			t.Fatal(err)
		}
		feed := &sse.Server{Provider: &sse.Joe{Replayer: replayer}}
		mux := http.NewServeMux()
		mux.Handle("GET /feed", feed)
		plain, secure := httptest.NewServer(mux), httptest.NewUnstartedServer(mux)
		secure.EnableHTTP2 = true
		secure.StartTLS()
		t.Cleanup(func() {
			feed.Shutdown(context.Background()) // ends the sessions, for which Close would wait
			plain.Close()
			secure.Close()
		})
		n := 0
		publishing(t, func(data string) error {
			n++
			m := &sse.Message{}
			m.AppendData(data)
			if !autoIDs {
				m.ID = sse.ID(strconv.Itoa(n))
			}
			return feed.Publish(m)
		})
		cert, _ := certificate(t) // the one that secure has
		return resumable{plain.URL + "/feed", secure.URL + "/feed", cert}
	}
}

// betterSSE is a server made with Node's better-sse; its history and what it does with an id are the application's.
func betterSSE(kept int) func(*testing.T) resumable {
	return func(t *testing.T) resumable {
		t.Helper()
		exe, modules := need(t, "node"), os.Getenv("SSESPEC_NODE_MODULES")
		if _, err := os.Stat(filepath.Join(modules, "better-sse")); modules == "" || err != nil {
			absent(t, "the npm package better-sse is not installed where SSESPEC_NODE_MODULES says")
		}
		cert, key := certificate(t)
		// better-sse says Connection: keep-alive over HTTP/2 too, which Node drops with a warning.
		cmd := exec.Command(exe, "--disable-warning=UnsupportedWarning",
			filepath.Join("testdata", "real", "resumable.cjs"), cert, key, strconv.Itoa(kept))
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
		plain, secure, ok := strings.Cut(printing(t, cmd), " ")
		if !ok {
			t.Fatalf("%s printed one URL only: %s", cmd, plain)
		}
		return resumable{plain, secure, cert}
	}
}

// certificate writes the certificate of httptest's servers, which is its own authority, and its key to files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	der, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: s.Certificate().Raw},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
}

// publishing calls publish with the data of one event after the other until the test ends.
func publishing(t *testing.T, publish func(data string) error) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(publishEvery)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if err := publish(fmt.Sprintf(`{"n":%d}`, n)); err != nil {
				t.Errorf("publishing %d: %v", n, err)
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
	})
}

// TestChaosServersAnswer proves the servers before the tool is pointed at them: a client of net/http comes
// back and misses nothing.
func TestChaosServersAnswer(t *testing.T) {
	for _, tc := range []struct {
		name  string
		start func(*testing.T) resumable
	}{
		{"nginx with nchan, from the oldest", nchan("oldest", plenty)},
		{"nginx with nchan, from the newest", nchan("newest", plenty)},
		{"go-sse, the application's ids", goSSE(false, plenty)},
		{"go-sse, its own ids", goSSE(true, plenty)},
		{"Node with better-sse", betterSSE(plenty)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			feed := tc.start(t)
			for url, proto := range map[string]string{feed.plain: "HTTP/1.1", feed.secure: "HTTP/2.0"} {
				had := listen(t, feed, url, proto, "", 8)
				for range 3 {
					// The last three are as if lost on the way: whether more than the newest is missing is left to no race.
					had = had[:5]
					last := had[len(had)-1]
					next := listen(t, feed, url, proto, last.id, 8)
					if !consecutive(append([]numbered{last}, next...)) {
						t.Errorf("%s after %v: %v", proto, last, next)
					}
					had = next
				}
			}
		})
	}
}

// TestChaosServersForget is about those that keep too little: who comes back late has missed events and is not told.
func TestChaosServersForget(t *testing.T) {
	for _, tc := range []struct {
		name  string
		start func(*testing.T) resumable
	}{
		{"nginx with nchan", nchan("newest", 5)},
		{"go-sse, the application's ids", goSSE(false, 5)},
		{"go-sse, its own ids", goSSE(true, 5)},
		{"Node with better-sse", betterSSE(5)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			feed := tc.start(t)
			last := listen(t, feed, feed.plain, "HTTP/1.1", "", 20)[0]
			next := listen(t, feed, feed.plain, "HTTP/1.1", last.id, 3)
			if !consecutive(next) || next[0].n <= last.n+1 {
				t.Errorf("after %v: %v", last, next)
			}
		})
	}
}

// TestGoSSERepeatsToThoseWhoMissedNothing pins what go-sse 0.12.0 does wrong: to a client that has the newest event
// it sends all that it keeps. With the application's ids that happens only when the buffer's end is reached.
func TestGoSSERepeatsToThoseWhoMissedNothing(t *testing.T) {
	for _, tc := range []struct {
		autoIDs   bool
		published int
		want      int
	}{{true, 3, 3}, {true, 15, 10}, {false, 3, 0}, {false, 10, 10}, {false, 15, 0}} {
		r, err := sse.NewFiniteReplayer(10, tc.autoIDs)
		if err != nil {
			t.Fatal(err)
		}
		var newest sse.EventID
		for n := range tc.published {
			m := &sse.Message{}
			if !tc.autoIDs {
				m.ID = sse.ID(strconv.Itoa(n))
			}
			if m, err = r.Put(m, []string{sse.DefaultTopic}); err != nil {
				t.Fatal(err)
			}
			newest = m.ID
		}
		var got counter
		if err := r.Replay(sse.Subscription{Client: &got, LastEventID: newest, Topics: []string{sse.DefaultTopic}}); err != nil {
			t.Fatal(err)
		}
		if int(got) != tc.want {
			t.Errorf("%+v: %d events are repeated", tc, got)
		}
	}
}

type counter int

func (c *counter) Send(*sse.Message) error { *c++; return nil }
func (c *counter) Flush() error            { return nil }

type numbered struct {
	n  int
	id string
}

func consecutive(events []numbered) bool {
	for i, e := range events {
		if e.n != events[0].n+i {
			return false
		}
	}
	return true
}

// listen connects anew, takes as many events as are wanted, and drops the connection.
func listen(t *testing.T, feed resumable, url, proto, lastID string, want int) []numbered {
	t.Helper()
	ca, err := os.ReadFile(feed.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Proto != proto {
		t.Fatalf("%s %s, want %s", res.Proto, res.Status, proto)
	}
	var out []numbered
	for e, err := range sse.Read(res.Body, nil) {
		if err != nil {
			t.Fatalf("after %v: %v", out, err)
		}
		var data struct{ N int }
		if err := json.Unmarshal([]byte(e.Data), &data); err != nil {
			t.Fatal(err)
		}
		if out = append(out, numbered{data.N, e.LastEventID}); len(out) == want {
			return out
		}
	}
	t.Fatalf("the stream ends after %v", out)
	return nil
}
