package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hostile are servers that mean harm, or do it. Each is given one accepted connection; the request was read.
var hostile = map[string]func(net.Conn){
	"401": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n")
	},
	"404": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") },
	"html": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!doctype html><p>log in</p>")
	},
	"empty": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
	},
	"silent": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n")
		io.Copy(io.Discard, c)
	},
	"mute": func(c net.Conn) { io.Copy(io.Discard, c) },
	"line": func(c net.Conn) { // one line without end
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: ")
		flood(c, bytes.Repeat([]byte("x"), 64<<10))
	},
	"newlines": func(c net.Conn) { // as many lines as bytes
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
		flood(c, bytes.Repeat([]byte("\n"), 64<<10))
	},
	"chunks": func(c net.Conn) { // as many chunks as possible
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
		flood(c, bytes.Repeat([]byte("1\r\nx\r\n"), 10<<10))
	},
	"bomb": func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
		flood(c, gzipBomb())
	},
	"fields": func(c net.Conn) { // a head without end
		io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		flood(c, bytes.Repeat([]byte("X-Flood: yes\r\n"), 4<<10))
	},
	"loris": func(c net.Conn) { // a head that comes one byte a time
		for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + strings.Repeat("X-Slow: yes\r\n", 10000)) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond) // what a slow loris does
		}
	},
	"loop": func(c net.Conn) {
		fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: http://%s/again\r\nContent-Length: 0\r\n\r\n", c.LocalAddr())
	},
	"ssh":   func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.2p1\r\n") },
	"close": func(net.Conn) {},
}

// floods are the hostile servers that answer GET only.
var floods = map[string]bool{"line": true, "newlines": true, "chunks": true, "bomb": true}

// flood writes the same bytes until the client leaves, ten gigabytes at most.
func flood(c net.Conn, b []byte) {
	for n := 0; n < 10<<30; n += len(b) {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// gzipBomb is a member that holds 64 MiB of zeros in 64 KiB. It is made once, since that takes a while.
var gzipBomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range 64 {
		w.Write(zeros)
	}
	w.Close()
	return b.Bytes()
})

// listenHostile starts a hostile server.
func listenHostile(kind string) (url string, stop func()) {
	act, ok := hostile[kind]
	if !ok {
		panic("no hostile server " + kind)
	}
	return accepting(func(c net.Conn, request []byte) {
		if bytes.HasPrefix(request, []byte("HEAD ")) && floods[kind] { // or the one red would hide the other ends
			io.WriteString(c, "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n")
			return
		}
		act(c)
	})
}

// accepting starts a server that answers every connection's first request, and closes the connection.
func accepting(act func(c net.Conn, request []byte)) (url string, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(time.Minute))
				request := make([]byte, 4096)
				n, _ := c.Read(request)
				act(c, request[:n])
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/", func() { l.Close() }
}

// TestHostileServers holds the promise for bad input: a clear sentence, the right exit code, bounded memory, no hang.
func TestHostileServers(t *testing.T) {
	gzipBomb()
	for _, tc := range []struct {
		kind string
		code int
		says string
	}{
		{"401", 3, "refused authentication with status 401"},
		{"404", 3, "answered status 404"},
		{"html", 3, "media type text/html: not a stream"},
		{"empty", 4, "the stream opened, said nothing and ended"},
		{"silent", 4, "the stream opened and said nothing"},
		{"mute", 3, "accepted the request and answered nothing"},
		{"line", 4, "byte limit of 8388608"},
		{"newlines", 4, "not one event or comment"},
		{"chunks", 1, "limit of 262144 lines"},
		{"bomb", 4, "decodes to"},
		{"fields", 3, "head"},
		{"loris", 3, "did not finish its head"},
		{"loop", 3, "redirects in a loop"},
		{"ssh", 3, "not HTTP"},
		{"close", 3, "without an answer"},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			t.Parallel()
			url, stop := listenHostile(tc.kind)
			defer stop()
			r := ssespec(t, url, "--watch", "1s", "--max-time", "20s")
			if r.code != tc.code {
				t.Errorf("exit code is %d, want %d\n%s%s", r.code, tc.code, r.stdout, r.stderr)
			}
			if !strings.Contains(r.stdout, tc.says) {
				t.Errorf("the report does not say %q:\n%s", tc.says, r.stdout)
			}
			if limit := int64(256 << 20); r.rss > limit && !raceDetector {
				t.Errorf("peak memory is %d MiB, want at most %d", r.rss>>20, limit>>20)
			}
			if r.took > 40*time.Second { // one-sided: twice --max-time, for a busy machine
				t.Errorf("took %v although --max-time was 20s", r.took)
			}
			t.Logf("exit %d, %d MiB, %v", r.code, r.rss>>20, r.took.Round(time.Millisecond))
		})
	}
}

const eventStreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"

// perfidious are servers that mean harm to who is interrupted. Each is given one connection and its first request.
var perfidious = map[string]func(c net.Conn, request []byte){
	"million": func(c net.Conn, _ []byte) { // as many events as possible
		io.WriteString(c, eventStreamHead)
		for n := 0; n < 1_000_000; n += 1000 {
			var b bytes.Buffer
			for i := range 1000 {
				fmt.Fprintf(&b, "id: %d\ndata: %d\n\n", n+i, n+i)
			}
			if _, err := c.Write(b.Bytes()); err != nil {
				return
			}
		}
	},
	"ids": func(c net.Conn, _ []byte) { // ids that fit no head
		io.WriteString(c, eventStreamHead)
		id := strings.Repeat("x", 1<<20)
		for n := range 100 {
			if _, err := fmt.Fprintf(c, "id: %d%s\ndata: x\n\n", n, id); err != nil {
				return
			}
		}
	},
	"drip": func(c net.Conn, _ []byte) { // a body that comes one byte a time
		io.WriteString(c, eventStreamHead)
		for _, b := range []byte(strings.Repeat("id: 1\ndata: x\n\n", 100)) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	},
	"open": func(c net.Conn, _ []byte) { // an answer that does not say that it is over
		io.WriteString(c, eventStreamHead)
		for n := range 6 {
			fmt.Fprintf(c, "id: %d\ndata: x\n\n", n)
		}
		io.Copy(io.Discard, c)
	},
	"reset": func(c net.Conn, _ []byte) { // an answer that never comes to its end
		io.WriteString(c, eventStreamHead+"retry: 10\nid: 1\ndata: x\n\nid: 2\nda")
		c.(*net.TCPConn).SetLinger(0)
	},
	"retry": func(c net.Conn, _ []byte) { // readers that are to come back after the end of time
		io.WriteString(c, eventStreamHead+"retry: 9223372036854775807\n\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n")
	},
	"loop": relapsing(func(c net.Conn) {
		fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: http://%s/again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", c.LocalAddr())
	}),
	"flood": relapsing(func(c net.Conn) {
		io.WriteString(c, eventStreamHead+"data: ")
		flood(c, bytes.Repeat([]byte("x"), 64<<10))
	}),
	"bomb": relapsing(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
		flood(c, gzipBomb())
	}),
	"head": relapsing(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		flood(c, bytes.Repeat([]byte("X-Flood: yes\r\n"), 4<<10))
	}),
	"mute":  relapsing(func(c net.Conn) { io.Copy(io.Discard, c) }),
	"close": relapsing(func(net.Conn) {}),
}

// relapsing gives a sound answer to who comes for the first time, and turns on who comes back.
func relapsing(act func(net.Conn)) func(net.Conn, []byte) {
	return func(c net.Conn, request []byte) {
		if returns(request) {
			act(c)
			return
		}
		io.WriteString(c, soundAnswer)
	}
}

// returns reports whether a request is one of a reader that was sent away by relapsing servers.
func returns(request []byte) bool {
	return bytes.Contains(request, []byte("Last-Event-ID")) || bytes.HasPrefix(request, []byte("GET /again"))
}

const soundAnswer = eventStreamHead + "retry: 10\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\nid: 4\ndata: d\n\nid: 5\nevent: done\ndata: e\n\n"

// TestHostileServersUnderChaos holds the same promise while answers are interrupted: what is no sound stream, but
// was promised to be one, is never green, and never brings this program down.
func TestHostileServersUnderChaos(t *testing.T) {
	gzipBomb()
	servers := map[string]func() (string, func()){}
	for kind := range hostile {
		servers[kind] = func() (string, func()) { return listenHostile(kind) }
	}
	for kind, act := range perfidious {
		servers["perfidious "+kind] = func() (string, func()) { return accepting(act) }
	}
	for kind, serve := range servers {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url, stop := serve()
			defer stop()
			const most = 4 * time.Second
			r := ssespec(t, "chaos", url, "--watch", "500ms", "--patience", "500ms", "--max-time", most.String(), "--expect", "resume")
			if r.code != 1 && r.code != 3 && r.code != 4 {
				t.Errorf("exit code is %d, want 1, 3 or 4\n%s%s", r.code, r.stdout, r.stderr)
			}
			if strings.Contains(r.stderr, "panic") || strings.Contains(r.stdout, "! broken") {
				t.Errorf("this program is at fault:\n%s%s", r.stdout, r.stderr)
			}
			if limit := int64(2 << 30); r.rss > limit && !raceDetector { // what all answers together may hold
				t.Errorf("peak memory is %d MiB, want at most %d", r.rss>>20, limit>>20)
			}
			if r.took > 2*most && !raceDetector { // one-sided, for a busy machine
				t.Errorf("took %v although --max-time was %v", r.took, most)
			}
			t.Logf("exit %d, %d MiB, %v", r.code, r.rss>>20, r.took.Round(time.Millisecond))
		})
	}
}

// TestChaosKeepsNothingOfAHostileServer looks at what is still held when a run is over.
func TestChaosKeepsNothingOfAHostileServer(t *testing.T) {
	url, stop := accepting(perfidious["ids"])
	defer stop()
	if code := run(t.Context(), []string{"chaos", url, "-q", "--watch", "500ms", "--max-time", "2s", "--expect", "resume"}, io.Discard, io.Discard); code != 1 && code != 4 {
		t.Errorf("exit code is %d, want 1 or 4", code)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if limit := uint64(256 << 20); m.HeapAlloc > limit {
		t.Errorf("%d MiB are held, want at most %d", m.HeapAlloc>>20, limit>>20)
	}
}

// TestCredentialsDoNotFollowWhoComesBack leads each reader that comes back to another origin.
func TestCredentialsDoNotFollowWhoComesBack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	elsewhere, stop := accepting(func(c net.Conn, request []byte) {
		mu.Lock()
		asked = append(asked, string(request))
		mu.Unlock()
		io.WriteString(c, soundAnswer)
	})
	defer stop()
	url, stop := accepting(relapsing(func(c net.Conn) {
		fmt.Fprintf(c, "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", elsewhere)
	}))
	defer stop()
	r := interrupting(t, url, "--expect", "resume", "--cuts", "event:2/rst", "--cuts", "event:3/fin", "-H", "Authorization: Bearer geheim-geheim", "-H", "Cookie: sid=geheim-geheim", "-H", "X-Api-Key: geheim-geheim")
	mu.Lock()
	defer mu.Unlock()
	for _, request := range asked {
		if strings.Contains(request, "geheim") {
			t.Errorf("another origin was sent credentials:\n%s", request)
		}
	}
	if r.code == 0 {
		t.Errorf("exit code is 0 for an answer that did not come back\n%s", r.stdout)
	}
	if len(asked) == 0 {
		t.Error("no reader was led to another origin, so that nothing is shown")
	}
}

// TestWhatATargetRedirectsToIsNotDisturbed needs an address of this machine that is not loopback.
func TestWhatATargetRedirectsToIsNotDisturbed(t *testing.T) {
	t.Parallel()
	host := address(t)
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skip(err)
	}
	var asked atomic.Int64
	there := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "retry: 10\nid: 1\ndata: a\n\nid: 2\ndata: b\n\n")
	})}
	go there.Serve(l)
	defer there.Close()
	url := serves(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+l.Addr().String()+"/", http.StatusTemporaryRedirect)
	})
	r := interrupting(t, url, "--cuts", "event:1/rst")
	if r.code != exitUsage || !strings.Contains(r.stderr, host+" is not on this machine") || !strings.Contains(r.stderr, "--i-may-break "+host) {
		t.Errorf("exit code is %d, want %d and the name of the host\n%s%s", r.code, exitUsage, r.stdout, r.stderr)
	}
	if n := asked.Load(); n > 2 { // undisturbed, twice
		t.Errorf("the other host was asked %d times, want 2 at most", n)
	}
	if r := interrupting(t, url, "--rate", "0", "--cuts", "event:1/rst", "--i-may-break", host); len(r.Chaos) != 1 {
		t.Errorf("with permission: exit %d, %d trials, want 1\n%s", r.code, len(r.Chaos), r.stderr)
	}
}

// address returns an address of this machine that is not loopback.
func address(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Skip(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}
