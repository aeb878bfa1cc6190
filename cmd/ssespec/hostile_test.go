package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
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
				c.Read(request)
				if bytes.HasPrefix(request, []byte("HEAD ")) && floods[kind] { // or the one red would hide the other ends
					io.WriteString(c, "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n")
					return
				}
				act(c)
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
