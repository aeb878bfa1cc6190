package browser_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A sender is a server that sends each event stream once: when the reader comes back it says 204 No Content, which
// tells an EventSource to stay away. It reads requests itself, since net/http trims the values of fields and
// refuses some that Chromium sends.
type sender struct {
	listeners []net.Listener
	wg        sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool // nil when closed
	visits map[string]*visit // by path
	next   int
}

// A visit is what happens to a stream.
type visit struct {
	sent
	mu     sync.Mutex
	begun  bool
	ended  time.Time
	back   bool
	after  time.Duration
	cursor string
}

// listen opens a sender that closes with the test.
func listen(t *testing.T) *sender {
	t.Helper()
	s := &sender{conns: map[net.Conn]bool{}, visits: map[string]*visit{}}
	t.Cleanup(s.close)
	for range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.listeners = append(s.listeners, l)
		s.wg.Go(func() { s.accept(l) })
	}
	return s
}

func (s *sender) close() {
	for _, l := range s.listeners {
		l.Close()
	}
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *sender) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.conns == nil {
			c.Close()
		} else {
			s.conns[c] = true
			s.wg.Go(func() { s.serve(c) })
		}
		s.mu.Unlock()
	}
}

// announce makes a stream available, and returns where.
func (s *sender) announce(what sent) (*visit, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	v := &visit{sent: what}
	path := fmt.Sprintf("/%d", s.next)
	s.visits[path] = v
	return v, fmt.Sprintf("http://%s%s", s.listeners[s.next%ports].Addr(), path)
}

func (s *sender) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		path, cursor, err := readRequest(r)
		if err != nil {
			return
		}
		s.mu.Lock()
		v := s.visits[path]
		s.mu.Unlock()
		if v == nil || v.answer(c, cursor) != nil {
			return
		}
	}
}

// readRequest reads the head of a GET, which has no body.
func readRequest(r *bufio.Reader) (path, cursor string, err error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", "", err
	}
	method, rest, _ := strings.Cut(line, " ")
	path, _, _ = strings.Cut(rest, " ")
	if method != "GET" {
		return "", "", fmt.Errorf("a preflight that Chromium was not known to make: %q", line)
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return path, cursor, err
		}
		if strings.HasPrefix(line, "Last-Event-ID:") {
			cursor = strings.TrimSuffix(line, "\r\n")
		}
	}
}

func (v *visit) answer(c net.Conn, cursor string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.begun {
		if !v.back {
			v.back, v.after, v.cursor = true, time.Since(v.ended), cursor
		}
		_, err := c.Write([]byte("HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n"))
		return err
	}
	v.begun = true
	return v.send(c)
}

// send sends the stream, each piece as a chunk and as a packet of its own.
func (v *visit) send(c net.Conn) error {
	_, err := c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
		"Access-Control-Allow-Origin: *\r\nTransfer-Encoding: chunked\r\n\r\n"))
	for _, piece := range v.pieces() {
		if err != nil {
			return err
		}
		if len(piece) == 0 {
			continue // it would end the body
		}
		if v.apart {
			time.Sleep(pause) // nothing waits for this; it only makes it likely that the piece is read alone
		}
		_, err = fmt.Fprintf(c, "%x\r\n%s\r\n", len(piece), piece)
	}
	v.sent, v.ended = sent{}, time.Now() // it is not sent again
	_, err = c.Write([]byte("0\r\n\r\n"))
	return err
}
