package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	startLimit = 60 * time.Second // a start takes a second where nothing else runs
	closeLimit = 20 * time.Second
	loadLimit  = 30 * time.Second
)

// quiet makes Chromium do what its pages ask for, and nothing else.
var quiet = []chromedp.ExecAllocatorOption{
	chromedp.NoSandbox, // it only ever sees pages of our own, and the sandbox needs rights that containers lack
	chromedp.DisableGPU,
	chromedp.Flag("disable-component-update", true),
	chromedp.Flag("disable-domain-reliability", true),
	chromedp.Flag("no-pings", true),
	chromedp.Flag("no-proxy-server", true),
	// Timers of a page that nobody looks at would wait for each other.
	chromedp.Flag("disable-background-timer-throttling", true),
	chromedp.Flag("disable-renderer-backgrounding", true),
	chromedp.Flag("disable-backgrounding-occluded-windows", true),
}

// chromium starts a browser that ends with the test, and returns its context. Each test has one of its own: a
// start is cheap beside what a test does with it, no test meets another's connections and cached preflights, and
// none has to know which is the last.
//
// Where no Chromium is installed the test is skipped, unless SSESPEC_CHROMIUM demands one, as .ci/run does.
func chromium(t *testing.T, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	home := t.TempDir() // removed after the browser has ended, since this comes first
	options := append(chromedp.DefaultExecAllocatorOptions[:], quiet...)
	options = append(options, chromedp.ExecPath(chromiumPath(t)),
		chromedp.Env("HOME="+home, "TMPDIR="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home))
	// The test's own context is done before its cleanups, and would kill a browser that is to be closed.
	ctx, release := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(options, flags...)...)
	t.Cleanup(release)
	ctx, kill := chromedp.NewContext(ctx)
	t.Cleanup(func() { closeBrowser(t, ctx) })
	stuck := time.AfterFunc(startLimit, kill)
	defer stuck.Stop()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// chromiumPath returns where Chromium is installed, or skips the test.
func chromiumPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("SSESPEC_CHROMIUM") != "" {
		t.Fatal("Chromium is not installed, and SSESPEC_CHROMIUM demands it")
	}
	t.Skip("Chromium is not installed: .ci/run shows how")
	return ""
}

// closeBrowser ends a browser and waits until its processes and its profile are gone.
func closeBrowser(t *testing.T, browser context.Context) {
	ctx, cancel := context.WithTimeout(browser, closeLimit)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		t.Errorf("close Chromium: %v", err)
	}
}

// A page is a document in which functions run.
type page struct{ ctx context.Context }

// open opens the document at url in a tab of its own, so that functions run on its origin.
func open(t *testing.T, browser context.Context, url string) page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	stuck := time.AfterFunc(loadLimit, cancel)
	defer stuck.Stop()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
	return page{ctx}
}

// blank serves an empty page at every path of a loopback port of its own, and returns its origin.
func blank(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!DOCTYPE html><title>blank</title>")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// run calls a JavaScript function with arg, as JSON has it, and returns the value of its promise. Several may run
// in one page at once.
func run[T any](p page, limit time.Duration, function string, arg any) (T, error) {
	var none T
	in, err := json.Marshal(arg) // which is JavaScript too
	if err != nil {
		return none, fmt.Errorf("write the argument of a function: %w", err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T]("("+function+")("+string(in)+")", chromedp.EvalAwaitPromise))
	if err != nil {
		return none, fmt.Errorf("run a function in the page: %w", err)
	}
	return out, nil
}
