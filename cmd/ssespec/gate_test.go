package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ssespec/ssespec/fixtures"
	"github.com/ssespec/ssespec/reports"
)

// configured writes a configuration into a directory of its own and returns its name.
func configured(t *testing.T, format string, a ...any) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), configName)
	if err := os.WriteFile(name, fmt.Appendf(nil, format, a...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// soundURL starts a sound server of that name.
func soundURL(t *testing.T, name string) string {
	t.Helper()
	e, err := fixtures.Listen(context.WithoutCancel(t.Context()), sound(name), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e.URL
}

// nowhere is a URL at which nothing answers.
func nowhere(t *testing.T) string { return fmt.Sprintf("http://127.0.0.1:%d/stream", freePort(t)) }

// inFormats returns a flag for each format that names a file in a directory.
func inFormats(dir string) (flags []string) {
	for _, f := range reports.Formats {
		flags = append(flags, "--"+f.Name+"="+filepath.Join(dir, f.Name))
	}
	return flags
}

func TestGateEndsWithTheWorstOfItsTargets(t *testing.T) {
	t.Parallel()
	broken, _ := served(t, "framing/utf8")
	name := configured(t, `
targets:
  - {name: sound, url: '%s', budgets: {watch: 1s}}
  - {name: broken, url: '%s', budgets: {watch: 1s}}
  - {name: unreachable, url: '%s'}
`, soundURL(t, "finite"), broken, nowhere(t))
	for _, tc := range []struct {
		targets []string
		code    int
		says    string
	}{
		{nil, exitUnreachable, "unreachable check: "},
		{[]string{"sound", "broken"}, exitFindings, "broken check: 1 rule failed"},
		{[]string{"s*"}, exitPass, "PASS"},
		{[]string{"nobody"}, exitUsage, ""},
	} {
		r := ssespec(t, append([]string{"gate", "-c", name}, tc.targets...)...)
		if r.code != tc.code || !strings.Contains(r.stdout, tc.says) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s%s", tc.targets, r.code, tc.code, tc.says, r.stdout, r.stderr)
		}
		if tc.code != exitUsage && r.stderr != "" {
			t.Errorf("%v: something is drawn where there is no terminal: %q", tc.targets, r.stderr)
		}
	}
}

// TestEveryFormatIsTheSameFromTheRunAndFromItsReport runs a gate with all formats, then writes each of them again from the JSON.
func TestEveryFormatIsTheSameFromTheRunAndFromItsReport(t *testing.T) {
	t.Parallel()
	broken, _ := served(t, "framing/utf8")
	name := configured(t, `
targets:
  - {name: sound, url: '%s', budgets: {watch: 1s}, chaos: {cuts: ['event:2/rst']}}
  - {name: broken, url: '%s', budgets: {watch: 1s}, origins: ['https://app.example']}
  - {name: unreachable, url: '%s'}
`, soundURL(t, "finite"), broken, nowhere(t))
	first, second, kept := t.TempDir(), t.TempDir(), t.TempDir()
	if r := ssespec(t, append([]string{"gate", "-c", name, "-o", kept}, inFormats(first)...)...); r.code != exitUnreachable {
		t.Fatalf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := ssespec(t, append([]string{"report", "--from", filepath.Join(first, "json")}, inFormats(second)...)...); r.code != exitPass {
		t.Fatalf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	for _, f := range reports.Formats {
		a, b := contents(t, first, f.Name), contents(t, second, f.Name)
		if f.Name == "ndjson" { // what the run tells while it goes on is not of the report
			for bytes.HasPrefix(a, []byte(`{"type":"progress"`)) {
				_, a, _ = bytes.Cut(a, []byte("\n"))
			}
		}
		if len(a) == 0 || !bytes.Equal(a, b) {
			t.Errorf("%s: the run wrote %d bytes, its report %d, and they differ", f.Name, len(a), len(b))
		}
	}
	for _, run := range []string{"sound-check", "sound-chaos", "broken-check"} {
		if r := ssespec(t, "judge", filepath.Join(kept, run+".rec")); r.code == exitUsage {
			t.Errorf("the evidence of %s was not kept: %s", run, r.stderr)
		}
	}
}

func contents(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// echoing repeats everything that a request tells it, as careless servers do.
func echoing(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	body.ReadFrom(r.Body)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Echo", fmt.Sprint(r.Header["Authorization"], r.Header["Cookie"]))
	fmt.Fprintf(w, "data: %s %s %v\xff\n\n", r.URL, strings.ReplaceAll(body.String(), "\n", " "), r.Header)
}

func TestNoSecretAppearsInAnyOutput(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(echoing))
	t.Cleanup(s.Close)
	secrets := map[string]string{"IN_HEADER": "tangerine-4711", "IN_COOKIE": "marmalade-0815", "IN_URL": "persimmon-1234", "IN_BODY": "pomegranate-5678", "IN_USER": "clementine-9876"}
	name := configured(t, `
targets:
  - name: echo
    url: %s/?token=${IN_URL}
    request:
      method: POST
      user: somebody:${IN_USER}
      headers: {X-Api-Key: $IN_HEADER, Cookie: 'sid=${IN_COOKIE}', Content-Type: application/json}
      body: '{"key": "${IN_BODY}"}'
    origins: [https://app.example]
    budgets: {watch: 1s, repeat-post: true}
    chaos: {cuts: ['byte:9/rst']}
`, s.URL)
	dir := t.TempDir()
	r := ssespecWith(t, secrets, append([]string{"gate", "-c", name, "-vv", "-o", filepath.Join(dir, "kept")}, inFormats(dir)...)...)
	if r.code != exitFindings {
		t.Errorf("exit code %d:\n%s", r.code, r.stderr)
	}
	all := map[string][]byte{"stdout": []byte(r.stdout), "stderr": []byte(r.stderr)}
	for _, pattern := range []string{"*", "kept/*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range files {
			if b, err := os.ReadFile(f); err == nil {
				all[filepath.Base(f)] = b
			}
		}
	}
	if len(all) < len(reports.Formats)+4 {
		t.Errorf("only %d outputs were looked at", len(all))
	}
	for out, b := range all {
		for from, secret := range secrets {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds the secret %s", out, from)
			}
		}
	}
}

// flagging returns a server whose first answer to each kind of request is slow in its first event, and no other.
func slowOnce(t *testing.T, times int32) string {
	t.Helper()
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		late := time.Duration(0)
		if asked.Add(1) <= times {
			late = 700 * time.Millisecond // what the threshold is about
		}
		slowly(w, r, late)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// slowly answers with one event that comes late.
func slowly(w http.ResponseWriter, r *http.Request, late time.Duration) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.(http.Flusher).Flush()
	select {
	case <-time.After(late):
	case <-r.Context().Done():
	}
	fmt.Fprint(w, "data: one\n\n")
}

func TestASurpriseOfTimeIsConfirmedBeforeItFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		says  string
		times int32
		code  int
		want  string
	}{
		{"slow once", 1, exitPass, "failed in 1 of 3 runs: "},
		{"slow always", 1000, exitFindings, "the first event came after "},
	} {
		name := configured(t, `
thresholds: {first-event: 350ms}
rules: {only: [threshold/first-event, framing/utf8]}
targets: [{name: slow, url: '%s', budgets: {watch: 2s}}]
`, slowOnce(t, tc.times))
		r := ssespec(t, "gate", "-c", name, "-v")
		if r.code != tc.code || !strings.Contains(strings.Join(strings.Fields(r.stdout), " "), tc.want) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s%s", tc.says, r.code, tc.code, tc.want, r.stdout, r.stderr)
		}
	}
}

func TestAPostIsNotSentAgainForTheSakeOfItsTime(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		slowly(w, r, 700*time.Millisecond)
	}))
	t.Cleanup(s.Close)
	for repeat, want := range map[bool]int32{false: 1, true: 2} {
		name := configured(t, `
thresholds: {first-event: 350ms}
rules: {only: [threshold/first-event]}
targets: [{name: chat, url: '%s', request: {body: '{}'}, budgets: {watch: 2s, repeat-post: %v}}]
`, s.URL, repeat)
		asked.Store(0)
		r := ssespec(t, "gate", "-c", name, "--json")
		if n := asked.Load(); n != want || r.code != exitFindings || strings.Contains(r.stdout, "seen once") == repeat {
			t.Errorf("repeat-post: %v: asked %d times, want %d, and exit code %d:\n%s%s", repeat, n, want, r.code, r.stdout, r.stderr)
		}
	}
}

// TestCtrlCLeavesAReportInEveryFormat interrupts a gate twice: while a rule of time is confirmed, and while one target is done and
// another is watched.
func TestCtrlCLeavesAReportInEveryFormat(t *testing.T) {
	t.Parallel()
	for says, targets := range map[string]string{
		"confirming": "[{name: slow, url: '%s', budgets: {watch: 20s}}]",
		"watching":   "[{name: slow, url: '%s', budgets: {watch: 20s}}, {name: down, url: '%s'}]",
	} {
		held := int32(1) // the request that is never answered
		if says == "confirming" {
			held = 2
		}
		var asked atomic.Int32
		now := make(chan bool, 1)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == held {
				now <- true
				<-r.Context().Done()
				return
			}
			slowly(w, r, 1200*time.Millisecond)
		}))
		t.Cleanup(s.Close)
		args := []any{s.URL, nowhere(t)}
		name := configured(t, "thresholds: {first-event: 1s}\nrules: {only: [threshold/first-event, framing/utf8]}\ntargets: "+targets, args[:strings.Count(targets, "%s")]...)
		dir := t.TempDir()
		code, out := interrupted(t, now, append([]string{"gate", "-c", name}, inFormats(dir)...)...)
		if code != exitInterrupted || !strings.Contains(out, "INTERRUPTED") {
			t.Errorf("%s: exit code %d:\n%s", says, code, out)
		}
		for _, f := range reports.Formats {
			if b := contents(t, dir, f.Name); !bytes.Contains(bytes.ToLower(b), []byte("interrupted")) {
				t.Errorf("%s: %s does not say that it is partial: %.300s", says, f.Name, b)
			}
		}
	}
}

// interrupted runs the program, sends it a Ctrl-C once it is time, and returns its exit code and what it printed.
func interrupted(t *testing.T, now <-chan bool, args ...string) (int, string) {
	t.Helper()
	exe, err := exec.LookPath("ssespec")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(exe, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "NO_PROXY=*"), &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-now
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String()
}

func TestTheEnvironmentSpeaksToTheGateAndNotToItsTargets(t *testing.T) {
	t.Parallel()
	broken, _ := served(t, "framing/utf8")
	name := configured(t, "targets: [{name: chat, url: '%s', budgets: {watch: 1s}}]", broken)
	meant := map[string]string{"SSESPEC_FAIL_ON": "never", "SSESPEC_SKIP": "resume/*"}
	if r := ssespecWith(t, meant, "gate", "-c", name); r.code != exitPass {
		t.Errorf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	others := map[string]string{"SSESPEC_HEADER": "nonsense", "SSESPEC_DATA": "x", "SSESPEC_PROFILE": "nonsense", "SSESPEC_MAX_REQUESTS": "1", "SSESPEC_LISTEN": "nowhere"}
	if r := ssespecWith(t, others, "gate", "-c", name); r.code != exitFindings {
		t.Errorf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func TestOnlyChoosesAmongWhatTheConfigurationChooses(t *testing.T) {
	t.Parallel()
	url := soundURL(t, "finite")
	name := configured(t, `
rules: {only: [framing/*, cors/*]}
known-flaky: [{rule: framing/*, target: once}, {rule: resume/*, target: cut}]
targets:
  - {name: once, url: '%s', origins: ['https://a.example', 'https://b.example'], budgets: {watch: 1s}}
  - {name: cut, url: '%s', check: false, chaos: {cuts: ['event:1/rst']}, rules: {only: [resume/*]}}
`, url, url)
	file := filepath.Join(t.TempDir(), "report.json")
	if r := ssespec(t, "gate", "-c", name, "--only", "framing/utf8", "--json="+file); r.code != exitPass {
		t.Fatalf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	ds, err := readReport(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(ds) != 1 || len(ds[0].Results) != 1 || ds[0].Results[0].ID != "framing/utf8" {
		t.Errorf("%d runs, the first with %d rules", len(ds), len(ds[0].Results))
	}
}

// TestAGateTakesLittleLongerThanItsSlowestTarget gives ten targets, of which one is slow: all are waited for at the same time.
func TestAGateTakesLittleLongerThanItsSlowestTarget(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("targets:\n")
	for i := range 10 {
		watch := "1s"
		if i == 0 {
			watch = "4s"
		}
		fmt.Fprintf(&b, "  - {name: t%d, url: '%s', budgets: {watch: %s}}\n", i, soundURL(t, "feed"), watch)
	}
	name := configured(t, "%s", b.String())
	one := ssespec(t, "gate", "-c", name, "t0")
	all := ssespec(t, "gate", "-c", name)
	if one.code != exitPass || all.code != exitPass {
		t.Fatalf("exit codes %d and %d:\n%s%s", one.code, all.code, all.stdout, all.stderr)
	}
	t.Logf("ten targets took %v, the slowest of them alone %v", all.took, one.took)
	if all.took > 2*one.took { // one after the other they would take four times as long
		t.Errorf("ten targets took %v, the slowest of them alone %v", all.took, one.took)
	}
}

func TestABaselineCannotRot(t *testing.T) {
	t.Parallel()
	d := slices.IndexFunc(fixtures.Defects(), func(d fixtures.Defect) bool { return d.Title() == "framing/utf8" })
	broken := fixtures.Defects()[d].Server()
	e, err := fixtures.Listen(context.WithoutCancel(t.Context()), broken, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	name := configured(t, `
baseline: ssespec-baseline.yml
targets: [{name: chat, url: '%s', budgets: {watch: 1s}}]
`, e.URL)
	file := filepath.Join(filepath.Dir(name), baselineName)
	step := func(says string, code int, want string, args ...string) {
		t.Helper()
		r := ssespec(t, append(args, "-c", name)...)
		if out := strings.Join(strings.Fields(r.stdout+r.stderr), " "); r.code != code || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s%s", says, r.code, code, want, r.stdout, r.stderr)
		}
	}
	step("a baseline that is not there", exitUsage, "ssespec baseline write", "gate")
	step("written", exitPass, "1 failure is expected, 0 before", "baseline", "write")
	step("what is expected does not fail", exitPass, "1 expected to fail", "gate")
	step("nothing is new", exitPass, "1 expected failure still fails", "baseline", "check")
	sound := configured(t, `
baseline: %s
targets: [{name: chat, url: '%s', budgets: {watch: 1s}}]
`, file, soundURL(t, "answer"))
	name = sound
	step("what passes now is stale", exitFindings, "framing/utf8 passes on chat now", "gate")
	step("and told by check", exitFindings, "framing/utf8 passes on chat now", "baseline", "check")
	step("written anew", exitPass, "0 failures are expected, 1 before", "baseline", "write")
	step("and sound again", exitPass, "PASS", "gate")
}

func TestABaselineLosesNothingThatWasNotRun(t *testing.T) {
	t.Parallel()
	broken, _ := served(t, "framing/utf8")
	name := configured(t, `
targets:
  - {name: chat, url: '%s', budgets: {watch: 1s}}
  - {name: feed, url: '%s', budgets: {watch: 1s}}
  - {name: down, url: '%s'}
`, broken, broken, nowhere(t))
	dir := filepath.Dir(name)
	file, report := filepath.Join(dir, "known.yml"), filepath.Join(dir, "part.json")
	step := func(code int, want string, args ...string) {
		t.Helper()
		r := ssespec(t, append(args, "-c", name, "--baseline", file)...)
		if out := strings.Join(strings.Fields(r.stdout+r.stderr), " "); r.code != code || !strings.Contains(out, want) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s", args, r.code, code, want, out)
		}
	}
	step(exitPass, "down check was not judged, and its entries stay: ", "baseline", "write")
	first := contents(t, dir, "known.yml")
	step(exitPass, "2 failures are expected, 2 before", "baseline", "write", "--only", "headers/*")
	step(exitPass, "2 failures are expected, 2 before", "baseline", "write", "feed")
	step(exitPass, "1 expected to fail", "gate", "chat", "--json="+report)
	step(exitPass, "2 failures are expected, 2 before", "baseline", "write", "--from", report)
	step(exitPass, "1 expected failure still fails", "baseline", "check", "--from", report)
	step(exitPass, "PASS", "gate", "chat", "feed", "--only", "headers/*", "--json="+report)
	step(exitPass, "2 failures are expected, 2 before", "baseline", "write", "--from", report)
	if last := contents(t, dir, "known.yml"); !bytes.Equal(first, last) {
		t.Errorf("the baseline was\n%s\nand is\n%s", first, last)
	}
	step(exitUnreachable, "down check was not judged: ", "baseline", "check")
}

func TestOneFormatThatCannotBeWrittenKeepsNoOther(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skipf("there is no file that is always full: %v", err)
	}
	dir := t.TempDir()
	name := configured(t, "targets: [{name: chat, url: '%s', budgets: {watch: 1s}}]", soundURL(t, "finite"))
	r := ssespec(t, "gate", "-c", name, "--json=/dev/full", "--md="+filepath.Join(dir, "md"))
	if r.code != exitUsage || !strings.Contains(r.stdout, "PASS") || !strings.Contains(r.stderr, "--json: write /dev/full") {
		t.Errorf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	contents(t, dir, "md")
	summary := map[string]string{"GITHUB_STEP_SUMMARY": filepath.Join(dir, "none", "summary")}
	if r := ssespecWith(t, summary, "gate", "-c", name); r.code != exitUsage || r.stdout != "" {
		t.Errorf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func TestEachRunKeepsEvidenceOfItsOwn(t *testing.T) {
	t.Parallel()
	url, dir := soundURL(t, "finite"), t.TempDir()
	name := configured(t, `
targets:
  - {name: a b, url: '%s', budgets: {watch: 1s}}
  - {name: A_b, url: '%s', budgets: {watch: 1s}}
`, url, url)
	if r := ssespec(t, "gate", "-c", name, "--only", "framing/*", "-o", dir); r.code != exitPass {
		t.Fatalf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	contents(t, dir, "a_b-check.rec")
	contents(t, dir, "A_b-check-2.rec")
}

func TestEvidenceThatCannotBeKeptLosesNoReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "chat-check.rec"), 0o700); err != nil {
		t.Fatal(err)
	}
	name := configured(t, "targets: [{name: chat, url: '%s', budgets: {watch: 1s}}]", soundURL(t, "finite"))
	r := ssespec(t, "gate", "-c", name, "-o", dir, "--only", "framing/*")
	if r.code != exitUsage || !strings.Contains(r.stdout, "PASS") || !strings.Contains(r.stderr, "-o: ") {
		t.Errorf("exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func TestTheProxyOfTheEnvironmentIsToldOnce(t *testing.T) {
	t.Parallel()
	name := configured(t, "targets: [{name: a, url: 'http://a.invalid/'}, {name: b, url: 'http://b.invalid/'}]")
	through := map[string]string{"HTTP_PROXY": nowhere(t), "NO_PROXY": "none"}
	r := ssespecWith(t, through, "gate", "-c", name, "--only", "framing/*")
	if n := strings.Count(r.stderr, "going through the proxy"); n != 1 || r.code != exitUnreachable {
		t.Errorf("exit code %d, told %d times:\n%s", r.code, n, r.stderr)
	}
}
