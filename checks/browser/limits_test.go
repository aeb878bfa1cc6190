package browser_test

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// notYetBlocked are ports that the standard blocks and Chromium does not so far; Firefox does.
var notYetBlocked = map[int]bool{4190: true, 6679: true}

var allPorts = flag.Bool("ports", false, "ask Chromium for every port, not only for those that are blocked and their neighbours")

// portsToAsk returns the ports that are blocked with their neighbours, or all up to well beyond the last.
func portsToAsk() []int {
	var ports []int
	bad := func(n int) bool { return browser.BadPort(strconv.Itoa(n)) }
	for n := 1; n < 10_100; n++ {
		if *allPorts || bad(n-1) || bad(n) || bad(n+1) {
			ports = append(ports, n)
		}
	}
	return ports
}

// TestChromiumBlocksTheSamePorts asks for ports that are blocked and for others, and listens to why each request fails.
func TestChromiumBlocksTheSamePorts(t *testing.T) {
	tab := chromium(t)
	p := open(t, tab, blank(t))
	var mu sync.Mutex
	urls, unsafe := map[network.RequestID]string{}, map[string]bool{}
	err := chromedp.Listen(p.ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			urls[ev.RequestID] = ev.Request.URL
		case *network.EventLoadingFailed:
			if ev.ErrorText == "net::ERR_UNSAFE_PORT" {
				unsafe[urls[ev.RequestID]] = true
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	const ask = `async ports => {
		await Promise.allSettled(ports.map(port => fetch('http://127.0.0.2:' + port + '/' + port)));
		return true;
	}`
	ports := portsToAsk()
	for some := range slices.Chunk(ports, 500) {
		if _, err := run[bool](p, time.Minute, ask, some); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(urls) < len(ports) {
		t.Fatalf("Chromium was asked for %d ports and speaks of %d", len(ports), len(urls))
	}
	blocked := 0
	for _, port := range ports {
		n := strconv.Itoa(port)
		got, want := browser.BadPort(n), unsafe["http://127.0.0.2:"+n+"/"+n]
		if got != want && !notYetBlocked[port] {
			t.Errorf("port %d: we say blocked is %v, Chromium %v", port, got, want)
		}
		if want {
			blocked++
			if notYetBlocked[port] {
				t.Errorf("port %d is blocked by now and needs no exception any more", port)
			}
		}
	}
	t.Logf("%d ports, %d of them blocked", len(ports), blocked)
}

// TestChromiumAsksNoPlainHTTPFromASecurePage holds what is said of mixed content against pages over https, by names that
// lead to this machine and look as if they did not.
func TestChromiumAsksNoPlainHTTPFromASecurePage(t *testing.T) {
	g := &stage{configurations: []configuration{sound(browser.EventSource, false)}, origins: map[string]string{"A": "https://app.example"}}
	secure, plain := httptest.NewTLSServer(g), httptest.NewServer(g)
	defer secure.Close()
	defer plain.Close()
	_, tlsPort, _ := net.SplitHostPort(secure.Listener.Addr().String())
	_, port, _ := net.SplitHostPort(plain.Listener.Addr().String())
	tab := chromium(t, chromedp.IgnoreCertErrors,
		chromedp.Flag("host-resolver-rules", "MAP app.example:443 127.0.0.1:"+tlsPort+", MAP *.example 127.0.0.1"))
	p := open(t, tab, "https://app.example/")
	for _, tc := range []struct {
		base string
		want browser.Verdict
	}{
		{"https://stream.example:" + tlsPort, browser.Resumes},
		{"http://stream.example:" + port, browser.Blocked},
		{"http://127.0.0.1:" + port, browser.Resumes},
		{"http://localhost:" + port, browser.Resumes},
		{"http://a.localhost:" + port, browser.Resumes},
		{"https://127.0.0.1:" + tlsPort, browser.Resumes},
	} {
		u := tc.base + "/0/0"
		did, err := run[string](p, 30*time.Second, inThePage, map[string]any{"url": u, "client": "EventSource", "method": "GET"})
		if err != nil {
			t.Fatal(err)
		}
		l := &chaos.Lab{
			Target: wire.Request{Method: "GET", URL: u}, Origin: "https://app.example", TLS: &tls.Config{InsecureSkipVerify: true},
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, "127.0.0.1"+addr[strings.LastIndexByte(addr, ':'):])
			},
		}
		said := readEventSource(t, l)
		if got := said.Verdict(); string(got) != did || got != tc.want {
			t.Errorf("%s: we say %q, Chromium %q, want %q: %s", tc.base, got, did, tc.want, why(said))
		}
	}
}

// readEventSource records what an EventSource on the declared origin is answered.
func readEventSource(t *testing.T, l *chaos.Lab) browser.Reading {
	t.Helper()
	plan, err := chaos.Plan([]wire.Scene{wire.Control, wire.CrossOrigin, wire.CrossResume})
	if err != nil {
		t.Fatal(err)
	}
	all := browser.Readings(chaos.Gather(t.Context(), l, "check", plan))
	if len(all) == 0 {
		t.Fatal(fmt.Errorf("nothing is said of %s", l.Target.URL))
	}
	return all[0]
}
