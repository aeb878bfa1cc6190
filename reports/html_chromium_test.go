package reports

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	startLimit = 60 * time.Second // a start takes a second where nothing else runs
	closeLimit = 20 * time.Second
	stepLimit  = 30 * time.Second
)

// A screen is a tab in which a page is looked at, and what went wrong in it.
type screen struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	wrongs []string
}

// chromium starts a browser that ends with the test. Where none is installed the test is skipped, unless SSESPEC_CHROMIUM
// demands one, as .ci/run does.
func chromium(t *testing.T) *screen {
	t.Helper()
	home := t.TempDir()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-proxy-server", true), chromedp.ExecPath(chromiumPath(t)),
		chromedp.Env("HOME="+home, "TMPDIR="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home))
	// The test's own context is done before its cleanups, and would kill a browser that is to be closed.
	ctx, release := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(release)
	ctx, kill := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		limited, cancel := context.WithTimeout(ctx, closeLimit)
		defer cancel()
		if err := chromedp.Cancel(limited); err != nil {
			t.Errorf("close Chromium: %v", err)
		}
	})
	stuck := time.AfterFunc(startLimit, kill)
	defer stuck.Stop()
	s := &screen{t: t, ctx: ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	if err := chromedp.Listen(ctx, s.hear); err != nil {
		t.Fatalf("listen to Chromium: %v", err)
	}
	s.size(1280, "light")
	return s
}

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

// hear keeps what no page of ours may do: write to the console, break its policy, ask for anything but itself.
func (s *screen) hear(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		s.wrongs = append(s.wrongs, "log: "+e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		s.wrongs = append(s.wrongs, "console: "+string(e.Type))
	case *runtime.EventExceptionThrown:
		s.wrongs = append(s.wrongs, "exception: "+e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file:") || !strings.Contains(e.Request.URL, "report.html") {
			s.wrongs = append(s.wrongs, "request: "+e.Request.URL)
		}
	}
}

// clean fails where something went wrong since it was last asked.
func (s *screen) clean(when string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.wrongs {
		s.t.Errorf("%s: %s", when, w)
	}
	s.wrongs = nil
}

func (s *screen) do(steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, stepLimit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		s.t.Fatal(err)
	}
}

// size makes the screen so wide, and light or dark.
func (s *screen) size(width int64, scheme string) {
	s.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}
	s.do(chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media)
		return err
	}))
}

// show opens documents at a place of their page.
func (s *screen) show(place string, ds ...*Document) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(pageOf(s.t, ds)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.do(chromedp.Navigate((&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String() + place))
}

// settle waits until what was opened or changed is drawn.
func (s *screen) settle() {
	s.t.Helper()
	ask[bool](s, "new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => done(true)))))")
}

// unfold opens all that can be opened.
func (s *screen) unfold() {
	s.t.Helper()
	ask[bool](s, "document.querySelectorAll('details').forEach((fold) => { fold.open = true; }); true")
	s.settle()
}

// ask evaluates an expression in the page.
func ask[T any](s *screen, expression string) T {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, stepLimit)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

// expect compares what an expression gives.
func expect[T comparable](s *screen, expression string, want T) {
	s.t.Helper()
	if got := ask[T](s, expression); got != want {
		s.t.Errorf("%s is %v, want %v", expression, got, want)
	}
}

func TestThePageRendersInABrowser(t *testing.T) {
	s := chromium(t)
	all := everyDocument(t)
	all["injections"] = spoiled(gated(t), injections)
	for name, ds := range all {
		for _, width := range []int64{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				s.size(width, scheme)
				s.show("", ds...)
				when := fmt.Sprintf("%s, %d pixels, %s", name, width, scheme)
				s.unfold()
				if got := ask[int](s, "document.documentElement.scrollWidth"); int64(got) > width {
					t.Errorf("%s: the page is %d pixels wide", when, got)
				}
				if got, want := ask[int](s, "document.querySelectorAll('.drawing').length"), ask[int](s, "document.querySelectorAll('.picture').length"); got < want {
					t.Errorf("%s: %d of %d pictures are drawn", when, got, want)
				}
				dark := ask[bool](s, "getComputedStyle(document.body).backgroundColor === 'rgb(20, 21, 23)'")
				if dark != (scheme == "dark") {
					t.Errorf("%s: dark is %v", when, dark)
				}
				s.clean(when)
			}
		}
	}
}

func TestAStreamCannotRunScripts(t *testing.T) {
	s := chromium(t)
	hostile := `</script></title></style></noscript><script>window.owned = 1</script><img src=x onerror="window.owned = 1"><svg onload="window.owned = 1"> ' " {{7}} ${window.owned = 1}`
	s.show("", spoiled(gated(t), hostile)...)
	s.unfold()
	for _, key := range []string{"Home", "End", "Enter"} {
		ask[bool](s, "document.querySelectorAll('.drawing').forEach((drawing) => drawing.dispatchEvent(new KeyboardEvent('keydown', { key: '"+key+"' }))); true")
	}
	s.unfold()
	expect(s, "typeof window.owned", "undefined")
	expect(s, "document.images.length", 0)
	expect(s, "document.body.textContent.includes('<script>window.owned = 1</script>')", true)
	s.clean("hostile")
}

func TestTheFilterShowsWhatIsAskedFor(t *testing.T) {
	s := chromium(t)
	ds := gated(t)
	s.show("", ds...)
	visible := "[...document.querySelectorAll('.rule')].filter((rule) => rule.checkVisibility()).length"
	all := ask[int](s, "document.querySelectorAll('.rule').length")
	failed := 0
	for _, d := range ds {
		failed += d.Summary.Fail
	}
	s.do(chromedp.Click(chromedp.CSS(`[data-by="verdict"][data-value="fail"]`)))
	expect(s, visible, failed)
	expect(s, "document.getElementById('~shown').textContent", fmt.Sprintf("%d of %d rules shown", failed, all))
	expect(s, "location.hash", "#?verdict=fail")
	expect(s, `document.querySelector('[data-value="fail"]').getAttribute("aria-pressed")`, "true")

	s.do(chromedp.SendKeys(chromedp.CSS(`[id="~find"]`), "encoded as UTF-8"))
	expect(s, visible, 1)
	s.do(chromedp.Click(chromedp.CSS(`[id="~clear"]`)))
	expect(s, "document.querySelectorAll('.rule[hidden], .group[hidden]').length", 0)
	expect(s, "location.hash", "")

	s.do(chromedp.Click(chromedp.CSS(`[data-by="verdict"][data-value="pass"]`)))
	if ask[int](s, visible) == 0 {
		t.Error("what passed stays folded away while it is asked for")
	}
	s.clean("filter")
}

func TestAnAddressWithAFilterIsHeeded(t *testing.T) {
	s := chromium(t)
	s.show("#?verdict=fail&level=should&family=demo", gated(t)...)
	expect(s, "[...document.querySelectorAll('.rule')].filter((rule) => !rule.hidden).every((rule) => rule.dataset.level === 'should' && rule.dataset.verdict === 'fail')", true)
	expect(s, "document.getElementById('~family').value", "demo")
	s.show("#?verdict=nonsense&family=nothing&level=toString", gated(t)...)
	expect(s, "document.querySelectorAll('.rule[hidden]').length", 0)
	s.clean("filter in the address")
}

func TestALinkOpensItsRule(t *testing.T) {
	s := chromium(t)
	for _, place := range []string{"#sound/demo/server", "#broken/demo/utf8", "#broken/demo/utf8?verdict=pass", "#sound/demo/server?verdict=fail", "#sound/demo/server?level=fact", "#broken/demo/utf8/1"} {
		s.show(place, gated(t)...)
		id, _, _ := strings.Cut(place[1:], "?")
		expect(s, "document.activeElement.id", id)
		expect(s, "document.activeElement.checkVisibility()", true)
		expect(s, "(({ top }) => top >= 0 && top < innerHeight)(document.activeElement.getBoundingClientRect())", true)
	}
	expect(s, "document.querySelector('.rule .place a').click() ?? document.activeElement.closest('.recording').checkVisibility()", true)
	s.show("", gated(t)...)
	ask[bool](s, "location.hash = '#sound/demo/server?'; true") // with the mark, so that the browser itself does not open it
	s.settle()
	expect(s, "document.activeElement.id", "sound/demo/server")
	s.show("#nowhere", gated(t)...)
	expect(s, "document.activeElement.tagName", "BODY")
	s.clean("links")
}

func TestAKeyboardWalksAlongATimeline(t *testing.T) {
	s := chromium(t)
	s.show("", failing(t).Document())
	drawing := ".recording[open] .drawing"
	says := "document.querySelector('" + drawing + "').getAttribute('aria-valuetext')"
	before := ask[string](s, says)
	s.do(chromedp.Focus(chromedp.CSS(drawing)), chromedp.KeyEvent(kb.ArrowRight))
	first := ask[string](s, says)
	s.do(chromedp.KeyEvent(kb.ArrowRight))
	second := ask[string](s, says)
	if first == before || second == first || !strings.Contains(first, "byte") {
		t.Errorf("the keys lead from %q to %q to %q", before, first, second)
	}
	expect(s, "document.querySelector('.recording[open] .told').textContent", second)
	s.do(chromedp.KeyEvent(kb.ArrowLeft))
	expect(s, says, first)

	ticks := "[...document.querySelectorAll('" + drawing + " .axis text')].map((tick) => tick.textContent).join()"
	whole := ask[string](s, ticks)
	s.do(chromedp.KeyEvent("+"))
	if got := ask[string](s, ticks); got == whole {
		t.Errorf("after + the axis still reads %q", got)
	}
	s.do(chromedp.KeyEvent(kb.Escape))
	expect(s, ticks, whole)
	s.clean("keyboard")
}

func TestATrialIsShownWhenItIsChosen(t *testing.T) {
	s := chromium(t)
	d := interrupted(oneOfEach()).Document()
	s.show("", d)
	s.do(chromedp.Focus(chromedp.CSS(".chaos .drawing")), chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.Enter))
	shown := ask[string](s, "document.querySelector('.detail').textContent")
	if !strings.Contains(shown, "--replay") {
		t.Errorf("the trial does not say how it is made again: %q", shown)
	}
	for range len(d.Chaos) {
		s.do(chromedp.KeyEvent(kb.ArrowRight))
	}
	s.do(chromedp.KeyEvent(kb.Enter))
	if again := ask[string](s, "document.querySelector('.detail').textContent"); again == shown {
		t.Errorf("another trial reads the same: %q", again)
	}
	strip := "document.querySelectorAll('.chaos > .picture .drawing .trial').length"
	marks := ask[int](s, strip)
	ask[bool](s, "document.querySelector('.outcomes button').click(); true")
	s.settle()
	if got := ask[int](s, strip); got >= marks {
		t.Errorf("%d trials are shown without one kind of them, %d with it", got, marks)
	}
	s.clean("trials")
}

func TestThePageCanBeReadWithoutScripts(t *testing.T) {
	s := chromium(t)
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	s.show("", gated(t)...)
	expect(s, "document.querySelectorAll('button:not([hidden] *, [hidden])').length", 0)
	expect(s, "[...document.querySelectorAll('.recording[open] noscript pre, .chaos noscript pre')].every((lines) => lines.checkVisibility() && lines.textContent !== '')", true)
	expect(s, "document.querySelectorAll('noscript pre').length > 0", true)
	s.clean("without scripts")
}

func TestALargeReportIsShown(t *testing.T) {
	s := chromium(t)
	s.show("", vast(t))
	expect(s, "document.querySelectorAll('.chaos .trial').length >= 6000", true)
	t.Logf("shown after %.0f ms", ask[float64](s, "performance.getEntriesByType('navigation')[0].domComplete"))
	s.clean("a large report")
}
