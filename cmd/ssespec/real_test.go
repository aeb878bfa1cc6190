package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/fixtures"
)

// Servers that were not written here. Where their programs are not installed the test is skipped, unless
// SSESPEC_REAL demands them, as .ci/run does.

// TestSoundServersOfOthersFailNothing points the real binary at each and knows what it may say.
func TestSoundServersOfOthersFailNothing(t *testing.T) {
	for _, tc := range []struct {
		name  string
		start func(*testing.T) string
		flags []string
		says  []string // rules below must that may fail, since what they say is true
	}{
		{"our own feed", soundServer("feed"), nil, nil},
		{"our own finite answer", soundServer("answer"), nil, nil},
		{"nginx in front of an endless feed", nginx("feed"), nil, nil},
		{"nginx in front of a finite answer", nginx("answer"), nil, nil},
		{"Node with better-sse", node("better-sse.mjs", "better-sse"), nil, nil},
		// its last event looks like the others
		{"Node's own http", node("plain.mjs", ""), nil, []string{"liveness/terminal-marker"}},
		// it speaks HTTP/1.0 and ends the body with the connection
		{"Python's http.server", python("handwritten.py"), nil, []string{"http/explicit-framing", "http/close-announced"}},
		{"a POST", soundServer("chat"), []string{"-d", fixtures.Sound("chat").Body, "-H", "Content-Type: application/json", "--profile", "llm", "--repeat-post"}, nil},
		{"https and HTTP/2 with a private CA", soundServer("feed-h2"), []string{"--cacert", caFile(t)}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			url := tc.start(t)
			r := ssespec(t, append([]string{"check", url, "--watch", "3s", "--json"}, tc.flags...)...)
			if r.code != exitPass {
				t.Errorf("exit code is %d, want 0: %s", r.code, r.stderr)
			}
			for _, f := range failures(t, r.stdout) {
				if !slices.Contains(tc.says, f.id) {
					t.Errorf("fails %s", f)
				}
			}
			t.Logf("%v, %s", r.took.Round(time.Millisecond), summaryOf(t, r.stdout))
		})
	}
}

type failure struct{ id, level, reason string }

func (f failure) String() string { return f.id + " (" + f.level + "): " + f.reason }

// failures returns what failed in a JSON report.
func failures(t *testing.T, report string) []failure {
	t.Helper()
	var r struct {
		Results []struct{ ID, Level, Verdict, Reason string }
	}
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatalf("not a JSON report: %v\n%s", err, report)
	}
	var out []failure
	for _, x := range r.Results {
		if x.Verdict == "fail" || x.Verdict == "broken" {
			out = append(out, failure{x.ID, x.Level, x.Reason})
		}
	}
	return out
}

func summaryOf(t *testing.T, report string) string {
	t.Helper()
	var r struct {
		Requests int
		Summary  map[string]int
	}
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d requests, %v", r.Requests, r.Summary)
}

// need returns the path of a program, or skips the test.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		absent(t, program+" is not installed")
	}
	return path
}

func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("SSESPEC_REAL") != "" {
		t.Fatalf("%s, and SSESPEC_REAL demands it", what)
	}
	t.Skipf("%s: .ci/run shows how", what)
}

func soundServer(name string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		e, err := fixtures.Listen(context.Background(), fixtures.Sound(name), "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return e.URL
	}
}

func caFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, fixtures.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// printing starts a program that prints its URL and serves until it is killed.
func printing(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%s printed no URL: %v", cmd, err)
	}
	return strings.TrimSpace(url)
}

func node(script, pkg string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		exe := need(t, "node")
		dir := t.TempDir()
		b, err := os.ReadFile(filepath.Join("testdata", "real", script))
		if err != nil {
			t.Fatal(err)
		}
		if pkg != "" {
			modules := os.Getenv("SSESPEC_NODE_MODULES")
			if _, err := os.Stat(filepath.Join(modules, pkg)); modules == "" || err != nil {
				absent(t, "the npm package "+pkg+" is not installed where SSESPEC_NODE_MODULES says")
			}
			if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, script), b, 0o600); err != nil {
			t.Fatal(err)
		}
		return printing(t, exec.Command(exe, filepath.Join(dir, script)))
	}
}

func python(script string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		return printing(t, exec.Command(need(t, "python3"), filepath.Join("testdata", "real", script)))
	}
}

// nginx proxies one of our servers in the configuration that its documentation recommends for streams.
func nginx(upstream string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		exe := need(t, "nginx")
		origin := soundServer(upstream)(t)
		dir, port := t.TempDir(), freePort(t)
		conf := fmt.Sprintf(`daemon off;
pid %[1]s/pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen 127.0.0.1:%[2]d;
    location / {
      proxy_pass %[3]s;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`, dir, port, strings.TrimSuffix(origin, "/"+upstream))
		file := filepath.Join(dir, "nginx.conf")
		if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
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
		url := fmt.Sprintf("http://127.0.0.1:%d/%s", port, upstream)
		answering(t, url)
		return url
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := lowestPort + rand.IntN(portsAbove)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// The ports that servers are given lie below those from which connections are made: no connection of another test takes
// one in the moment before its server does.
const lowestPort, portsAbove = 12_000, 20_000

// answering waits until a server that does not print when it is ready answers.
func answering(t *testing.T, url string) {
	t.Helper()
	for range 500 {
		res, err := http.Head(url)
		if err == nil {
			res.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond) // polls; nothing is timed by it
	}
	t.Fatalf("%s does not answer", url)
}
