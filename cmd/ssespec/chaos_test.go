package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/fixtures"
)

// A chaosReport is what the tests here look at of a JSON report.
type chaosReport struct {
	Command  string
	Exit     int
	Why      string
	Seed     int64
	Requests int
	Results  json.RawMessage
	Chaos    []chaosTrial
}

type chaosTrial struct {
	Experiment, Schedule, Verdict, Oracle, Reason, Reproduce string
	Fault                                                    struct{ Kind, Aim string }
	Landed                                                   *struct {
		SeenAs string `json:"seen_as"`
		Offset int
		Event  int
	}
}

// A chaosCall is one finished call of chaos.
type chaosCall struct {
	chaosReport
	code           int
	stdout, stderr string
}

// interrupting runs chaos, and has it write a JSON report, too. It is the binary that runs, since the flags of one
// process cannot be read twice at the same time.
func interrupting(t *testing.T, args ...string) chaosCall {
	t.Helper()
	return calling(t, append([]string{"chaos"}, args...)...)
}

func calling(t *testing.T, args ...string) chaosCall {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	r := ssespec(t, append(args, "--json="+file)...)
	c := chaosCall{code: r.code, stdout: r.stdout, stderr: r.stderr}
	if b, err := os.ReadFile(file); err == nil {
		c.chaosReport = parsed(t, b)
	}
	return c
}

func parsed(t *testing.T, b []byte) (r chaosReport) {
	t.Helper()
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	return r
}

// schedules returns what was tried, in order.
func (r chaosReport) schedules() (out []string) {
	for _, x := range r.Chaos {
		out = append(out, x.Schedule)
	}
	return out
}

// serving starts a server for as long as the test runs and returns the URL of its stream.
func serving(t *testing.T, s *fixtures.Server) string {
	t.Helper()
	e, err := fixtures.Listen(context.Background(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e.URL
}

// serves starts a server of net/http.
func serves(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// emit writes to a stream at once and reports whether the client is still there.
func emit(w http.ResponseWriter, r *http.Request, format string, a ...any) bool {
	fmt.Fprintf(w, format, a...)
	w.(http.Flusher).Flush()
	return r.Context().Err() == nil
}

func begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
}

const tick = 60 * time.Millisecond

// clock is a feed that numbers its events by the clock, keeps none, and sends away who has listened long enough.
func clock() http.HandlerFunc {
	start := time.Now()
	return func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		opened := time.Now()
		emit(w, r, "retry: 1\n\n")
		for n := time.Since(start)/tick + 1; time.Since(opened) < 8*tick; n++ {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Until(start.Add(n * tick))):
			}
			if !emit(w, r, "id: %d\ndata: {\"n\":%d}\n\n", n, n) {
				return
			}
		}
	}
}

// unnamed is an endless feed in which nothing tells one event from another, and each listener hears others.
func unnamed(w http.ResponseWriter, r *http.Request) {
	begin(w)
	for n := time.Now().UnixNano(); ; n += 7919 {
		if !emit(w, r, "data: %x\n\n", n) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// another is an answer that is another one each time, and has no mark at its end.
func another() http.HandlerFunc {
	var answers atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		k := answers.Add(1)
		for i := range int64(8) {
			emit(w, r, "retry: 10\nid: %x\ndata: %d of %d\n\n", k*7919+i*104729, i*k, k)
			time.Sleep(time.Millisecond)
		}
	}
}

func TestChaosExitCodes(t *testing.T) {
	t.Parallel()
	off := func(name string) func(*testing.T) string {
		return func(t *testing.T) string { return serving(t, flawed([]string{name})) }
	}
	kind := func(name string) func(*testing.T) string {
		return func(t *testing.T) string { return serving(t, sound(name)) }
	}
	custom := func(h http.HandlerFunc) func(*testing.T) string {
		return func(t *testing.T) string { return serves(t, h) }
	}
	for _, tc := range []struct {
		name  string
		start func(*testing.T) string
		args  string
		code  int
		says  string
	}{
		{"a sound answer", kind("finite"), "", 0, "PASS"},
		{"a sound feed", kind("live"), "--watch 500ms --cuts event:3/rst", 0, "PASS"},
		{"an event is lost", off("off-by-one"), "--cuts event:5/rst", 1, "lost event 6"},
		{"an event is lost, and nothing is to fail", off("off-by-one"), "--cuts event:5/rst --fail-on never", 0, "lost event 6"},
		{"without ids nothing can be resumed", kind("noids"), "--cuts event:5/rst", 0, "the events carry no id"},
		{"without ids a promise to resume is broken", kind("noids"), "--cuts event:5/rst --expect resume", 1, "resume/resumes"},
		{"at least once is legal", off("inclusive"), "--cuts event:5/rst", 0, "event 5 came more than once"},
		{"exactly once is a promise", off("inclusive"), "--cuts event:5/rst --expect exactly-once", 1, "resume/duplicates"},
		{"strict wants it exactly once", off("inclusive"), "--cuts event:5/rst --strict", 1, "resume/duplicates"},
		{"nobody is there", func(*testing.T) string { return "http://127.0.0.1:1/" }, "", 3, "NO STREAM"},
		{"nothing is there", custom(http.NotFound), "", 3, "answered status 404"},
		{"the answer ends before the cut", kind("finite"), "--cuts event:99/rst", 4, "the answer ended before event:99 was reached"},
		{"one of two cuts lands", kind("finite"), "--cuts event:3/rst --cuts event:99/rst", 4, "the answer ended before event:99 was reached"},
		{"a finding outweighs a cut that did not land", off("off-by-one"), "--cuts event:5/rst --cuts event:99/rst", 1, "lost event 6"},
		{"there is no such place", kind("finite"), "--cuts inside-crlf/rst", 4, "the stream has no such place: inside-crlf"},
		{"nothing was due", custom(clock()), "--watch 300ms --parallel 1 --runs 5 --cuts event:2/rst", 4, "nothing was due between the two connections"},
		{"an endless stream without ids and numbers", custom(unnamed), "--watch 200ms --resume last-event-id --cuts event:3/rst", 4, "no oracle applies"},
		{"another answer each time", custom(another()), "--cuts event:3/rst", 4, "no oracle applies"},
		{"the requests are spent", kind("finite"), "--max-requests 8", 4, "the request budget was spent"},
		{"the requests are spent at once", kind("finite"), "--max-requests 1", 4, "the request budget was spent"},
		{"the time is spent", custom(unnamed), "--watch 10s --max-time 300ms", 4, "the time budget was spent"},
		{"no time limit", kind("finite"), "--max-time 0s --cuts event:3/rst", 0, "PASS"},
		{"no fault is left", kind("finite"), "--faults goaway", 2, "--faults leaves nothing to try"},
		{"nothing that can be waited for", kind("finite"), "--stay-away long", 2, `--stay-away "long" is no duration`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := interrupting(t, append([]string{tc.start(t)}, strings.Fields(tc.args)...)...)
			out := strings.Join(strings.Fields(r.stdout+r.stderr), " ")
			if r.code != tc.code {
				t.Errorf("exit code is %d, want %d\n%s", r.code, tc.code, r.stdout+r.stderr)
			}
			if !strings.Contains(out, tc.says) {
				t.Errorf("nothing says %q:\n%s", tc.says, r.stdout+r.stderr)
			}
			if r.Chaos != nil && r.Exit != tc.code {
				t.Errorf("the JSON report says exit %d, want %d", r.Exit, tc.code)
			}
		})
	}
}

// The run is interrupted when the server has seen so many requests that trials are on their way.
func TestChaosCanBeInterrupted(t *testing.T) {
	t.Parallel()
	exe, err := exec.LookPath("ssespec")
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{1, 8} {
		seen := make(chan struct{}, 1000)
		s := fixtures.Resumable{Kind: fixtures.Live}.Server()
		s.Edit(func(*fixtures.Request, *fixtures.Answer) { seen <- struct{}{} })
		cmd := exec.Command(exe, "chaos", serving(t, s), "--watch", "500ms")
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range after {
			<-seen
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
			t.Errorf("interrupted at request %d: exit code is %d, want %d\n%s", after, got, exitInterrupted, out.String())
		}
		if want := "this report is partial"; !strings.Contains(out.String(), want) {
			t.Errorf("interrupted at request %d: the report does not say %q:\n%s", after, want, out.String())
		}
	}
}

// Not parallel: see interrupting.
func TestACallerMayEndChaos(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := fixtures.Resumable{Kind: fixtures.Live}.Server()
	var n atomic.Int64
	s.Edit(func(*fixtures.Request, *fixtures.Answer) {
		if n.Add(1) == 6 {
			cancel()
		}
	})
	var out bytes.Buffer
	code := run(ctx, []string{"chaos", serving(t, s), "--watch", "300ms", "--json=-"}, &out, io.Discard)
	if r := parsed(t, out.Bytes()); code != exitInterrupted || r.Exit != exitInterrupted {
		t.Errorf("exit code is %d, and %d in the JSON report, want %d\n%s", code, r.Exit, exitInterrupted, out.String())
	}
}

// Each trial that was judged wrong is made again, one after the other, on a server that has seen nothing yet. What
// shows only in other readers' company, or on a second visit, is not to be expected here.
func TestAPrintedScheduleFailsAgain(t *testing.T) {
	t.Parallel()
	for flaw, faults := range map[string]string{"off-by-one": "", "restart": "fin", "altered": "stall,half-close"} {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			quick := []string{"--patience", "500ms", "--fail-on", "never"}
			first := interrupting(t, append(quick, "--faults", faults, serving(t, flawed([]string{flaw})))...)
			again := map[string]bool{}
			for _, x := range first.Chaos {
				words := strings.Fields(x.Reproduce)
				if got := words[len(words)-1]; words[len(words)-2] != "--replay" || got != x.Schedule {
					t.Errorf("the command %s does not replay %s", x.Reproduce, x.Schedule)
				}
				if again[x.Schedule] || slices.Contains([]string{"whole", "inconclusive", "unsupported", "refused", "expired"}, x.Verdict) {
					continue
				}
				again[x.Schedule] = true
				r := interrupting(t, append(quick, serving(t, flawed([]string{flaw})), "--replay", x.Schedule)...)
				if len(r.Chaos) != 1 || r.Chaos[0].Verdict != x.Verdict && !firstAlone(x, r.Chaos[0]) {
					t.Errorf("%s was %s (%s), and alone: %+v", x.Schedule, x.Verdict, x.Reason, r.Chaos)
				}
			}
			if len(again) == 0 {
				t.Error("nothing is wrong with a flawed server")
			}
			t.Logf("%d of %d schedules replayed", len(again), len(first.Chaos))
		})
	}
}

// firstAlone reports whether a reader had the first event only: that an answer began again, and did not repeat one
// event, is then known from other trials.
func firstAlone(together, alone chaosTrial) bool {
	return together.Verdict == "restarted" && alone.Verdict == "duplicated" && alone.Landed != nil && alone.Landed.Event == 1
}

func TestTheSameSeedDrawsTheSameSchedules(t *testing.T) {
	t.Parallel()
	url := serving(t, sound("finite"))
	draw := func(seed string) chaosReport {
		return interrupting(t, url, "--cuts", "random", "--runs", "10", "--faults", "fin,rst", "--seed", seed).chaosReport
	}
	one, two, other := draw("7"), draw("7"), draw("8")
	if len(one.Chaos) != 10 || one.Seed != 7 {
		t.Errorf("%d schedules were drawn from %d, want 10 from 7", len(one.Chaos), one.Seed)
	}
	if got, want := two.schedules(), one.schedules(); !slices.Equal(got, want) {
		t.Errorf("drawn again: got %v, want %v", got, want)
	}
	if slices.Equal(other.schedules(), one.schedules()) {
		t.Errorf("another seed draws the same: %v", one.schedules())
	}
	unsaid := interrupting(t, url, "--cuts", "event:3/rst")
	if want := fmt.Sprintf("seed %d", unsaid.Seed); !strings.Contains(unsaid.stdout, want) || !strings.Contains(unsaid.stderr, want) {
		t.Errorf("the seed is not printed: %q\n%s\n%s", want, unsaid.stdout, unsaid.stderr)
	}
}

func TestFaultsNarrowWhatIsTried(t *testing.T) {
	t.Parallel()
	url := serving(t, sound("finite"))
	for _, tc := range []struct{ faults, kinds string }{{"fin", "fin"}, {"half-close,stall", "half-close stall"}, {"latency", "latency"}} {
		r := interrupting(t, url, "--faults", tc.faults)
		if len(r.Chaos) == 0 {
			t.Errorf("--faults %s: nothing was tried", tc.faults)
		}
		for _, x := range r.Chaos {
			s, err := chaos.ParseSchedule(x.Schedule)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(s, func(step chaos.Step) bool { return slices.Contains(strings.Fields(tc.kinds), string(step.Kind)) }) {
				t.Errorf("--faults %s: %s was tried", tc.faults, x.Schedule)
			}
		}
	}
}

func TestASweepVisitsEveryBorderAndEveryByte(t *testing.T) {
	t.Parallel()
	s := fixtures.Resumable{Events: 4}.Server()
	url := serving(t, s)
	undisturbed, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer undisturbed.Body.Close()
	body, err := io.ReadAll(undisturbed.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := interrupting(t, url, "--cuts", "sweep", "--faults", "fin,rst")
	visited, borders := map[int]bool{}, map[string]int{}
	for _, x := range r.Chaos {
		if x.Verdict != "whole" || x.Landed == nil {
			t.Errorf("%s: got %s (%s), want whole", x.Schedule, x.Verdict, x.Reason)
			continue
		}
		visited[x.Landed.Offset] = true
		if strings.HasPrefix(x.Schedule, "event:") {
			borders[x.Fault.Kind]++
		}
	}
	for at := 1; at < len(body); at++ {
		if !visited[at] {
			t.Errorf("nothing was cut at byte %d of %d", at, len(body))
		}
	}
	if want := bytes.Count(body, []byte("id:")) - 1; borders["fin"] != want || borders["reset"] != want { // a border behind the last event is the end
		t.Errorf("cut at %v borders, want %d by each fault", borders, want)
	}
	if want := 2*3 + len(body) - 1 - 3; len(r.Chaos) != want {
		t.Errorf("%d trials, want %d", len(r.Chaos), want)
	}
}

func TestASweepThatIsTooLongSaysSo(t *testing.T) {
	t.Parallel()
	r := interrupting(t, serving(t, sound("finite")), "--cuts", "sweep", "--max-requests", "60")
	if r.code != 0 || len(r.Chaos) < 20 || len(r.Chaos) > 30 || !strings.Contains(r.stderr, "places; ") {
		t.Errorf("exit %d, %d trials, %s", r.code, len(r.Chaos), r.stderr)
	}
}

func TestAReaderStaysAwayAsLongAsAsked(t *testing.T) {
	t.Parallel()
	began := time.Now()
	r := interrupting(t, serving(t, sound("finite")), "--stay-away", "700ms,900ms", "--faults", "rst", "--patience", "500ms")
	for _, want := range []string{"event:5/rst,wait:700ms", "event:5/rst,wait:900ms"} {
		i := slices.Index(r.schedules(), want)
		if i < 0 {
			t.Errorf("%s was not tried: %v", want, r.schedules())
			continue
		}
		if r.Chaos[i].Verdict != "whole" {
			t.Errorf("%s: got %s (%s), want whole", want, r.Chaos[i].Verdict, r.Chaos[i].Reason)
		}
	}
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("took %v, and someone was to stay away for 900ms", took)
	}
}

func TestKeptEvidenceIsJudgedTheSame(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*fixtures.Server{
		"finite": sound("finite"), "live": sound("live"), "off-by-one": flawed([]string{"off-by-one"}), "noids": sound("noids"), "route": sound("route"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "evidence.rec")
			args := []string{serving(t, s), "--watch", "300ms", "--patience", "500ms", "--max-time", "20s", "-o", file, "--cuts", "event:3/rst", "--cuts", "byte:40/fin",
				"--cuts", "event:99/rst", "--expect", "exactly-once", "--seq", "n", "-H", "Authorization: Bearer geheim-geheim"}
			if s.Method == "POST" {
				args = append(args, "-d", s.Body, "--repeat-post", "-H", "Content-Type: application/json")
			}
			first := interrupting(t, args...)
			again := calling(t, "judge", file)
			if again.Command != "judge" || first.Command != "chaos" {
				t.Errorf("the commands are %q and %q", first.Command, again.Command)
			}
			if first.code != again.code || first.Why != again.Why {
				t.Errorf("judged again: exit %d (%s), want %d (%s)", again.code, again.Why, first.code, first.Why)
			}
			if !bytes.Equal(first.Results, again.Results) {
				t.Errorf("the results differ:\n%s\n%s", first.Results, again.Results)
			}
			if !reflect.DeepEqual(first.Chaos, again.Chaos) || len(first.Chaos) != 3 {
				t.Errorf("the trials differ:\n%+v\n%+v", first.Chaos, again.Chaos)
			}
			kept, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			report, _ := json.Marshal(first.chaosReport)
			for where, text := range map[string]string{"evidence": string(kept), "text": first.stdout, "standard error": first.stderr, "JSON": string(report)} {
				if strings.Contains(text, "geheim") {
					t.Errorf("the %s holds the secret", where)
				}
			}
		})
	}
}

func TestAMachineFormatStandsAloneOnStandardOutput(t *testing.T) {
	t.Parallel()
	url := serving(t, flawed([]string{"off-by-one"}))
	for _, args := range [][]string{{"--json=-"}, {"--json"}, {"-q", "--json=-"}} {
		c := ssespec(t, append([]string{"chaos", url, "--cuts", "event:5/rst"}, args...)...)
		if c.code != 1 {
			t.Errorf("%v: exit code is %d, want 1", args, c.code)
		}
		if r := parsed(t, []byte(c.stdout)); r.Command != "chaos" || r.Exit != 1 || len(r.Chaos) != 1 || r.Chaos[0].Verdict != "lost" {
			t.Errorf("%v: got %+v", args, r)
		}
	}
}

func TestQuietSaysNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		url  string
		code int
	}{"sound": {serving(t, sound("finite")), 0}, "flawed": {serving(t, flawed([]string{"off-by-one"})), 1}} {
		r := ssespec(t, "chaos", tc.url, "-q", "--cuts", "event:5/rst")
		if r.code != tc.code || r.stdout != "" || r.stderr != "" {
			t.Errorf("%s: exit %d, want %d; printed %q and %q", name, r.code, tc.code, r.stdout, r.stderr)
		}
	}
}

// A server that has enough of two readers at a time refuses those of us who come together, and nobody who comes alone.
func TestAServerIsNotBlamedForHowManyWeAre(t *testing.T) {
	t.Parallel()
	s := fixtures.Resumable{}.Server()
	s.EditAny(func(r *fixtures.Request, a *fixtures.Answer) {
		if r.Open > 2 {
			a.Status, a.Reason = 429, "Too Many Requests"
			a.Text("text/plain", "too many\n")
		}
	})
	e, err := fixtures.Listen(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	got := interrupting(t, e.URL, "--expect", "resume", "--faults", "fin,rst")
	for _, x := range got.Chaos {
		if x.Verdict == "refused" && !strings.Contains(x.Schedule, "rival") && !strings.Contains(x.Schedule, "foreign") {
			t.Errorf("%s: %s", x.Schedule, x.Reason)
		}
	}
	if !strings.Contains(got.stderr, "too much for the server") {
		t.Errorf("nothing is said of it: %s", got.stderr)
	}
}
