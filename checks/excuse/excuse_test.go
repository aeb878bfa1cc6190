package excuse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
)

// utf8 is a must, retry an advice, late rests on time.
var (
	utf8  = &checks.Check{ID: "framing/utf8", Level: checks.Must}
	retry = &checks.Check{ID: "reconnect/retry-range", Level: checks.Advice}
	late  = &checks.Check{ID: "liveness/keepalive", Level: checks.Advice, Timing: true}
)

// result is that of a check, at its own level.
func result(c *checks.Check, v checks.Verdict) checks.Result {
	return checks.Result{Check: c, Level: c.Level, Outcome: checks.Outcome{Verdict: v, Reason: "it is so"}}
}

func required(r checks.Result) checks.Result {
	r.Required = true
	return r
}

func at(level checks.Level, r checks.Result) checks.Result {
	r.Level = level
	return r
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// run is a check of chat, late on the 26th of November.
func run(rs ...checks.Result) excuse.Case {
	return excuse.Case{Target: "chat", URL: "https://chat.example/v1", Run: "check", Day: day("2026-11-26").Add(23 * time.Hour), Results: rs}
}

func of(c excuse.Case, target, command string) excuse.Case {
	c.Target, c.Run = target, command
	return c
}

// The notes of the tests.
var (
	waiver   = excuse.Waiver{Rule: "framing/utf8", Target: "chat", Reason: "being mended", Owner: "team chat", Until: day("2026-11-30"), At: "w:1:1"}
	expected = excuse.Expectation{Target: "chat", Run: "check", Rule: "framing/utf8", Reason: "since ever", At: "b:1:1"}
	flaky    = excuse.Flaky{Rule: "framing/utf8", Target: "chat", Reason: "comes and goes", At: "f:1:1"}
)

func waivers(ws ...excuse.Waiver) excuse.Book           { return excuse.Book{Waivers: ws} }
func expectations(es ...excuse.Expectation) excuse.Book { return excuse.Book{Expected: es} }
func flakies(fs ...excuse.Flaky) excuse.Book            { return excuse.Book{Flaky: fs} }

func TestExcuse(t *testing.T) {
	until := func(d string) excuse.Waiver { w := waiver; w.Until = day(d); return w }
	rule := func(p string) excuse.Waiver { w := waiver; w.Rule = p; return w }
	target := func(p string) excuse.Waiver { w := waiver; w.Target = p; return w }
	onRun := func(r string) excuse.Expectation { e := expected; e.Run = r; return e }
	fail := result(utf8, checks.Fail)
	for _, tc := range []struct {
		says string
		book excuse.Book
		in   checks.Result
		want checks.Verdict
		kind string
	}{
		{"nothing is excused without a book", excuse.Book{}, fail, checks.Fail, ""},
		{"a waiver excuses a failure", waivers(waiver), fail, checks.Waived, "waiver"},
		{"its last day counts", waivers(until("2026-11-26")), fail, checks.Waived, "waiver"},
		{"the day behind that does not", waivers(until("2026-11-25")), fail, checks.Fail, ""},
		{"a renewed waiver counts beside the old one", waivers(until("2026-11-25"), until("2026-12-25")), fail, checks.Waived, "waiver"},
		{"a waiver of the family counts", waivers(rule("framing")), fail, checks.Waived, "waiver"},
		{"a waiver of a pattern counts", waivers(rule("*/utf?")), fail, checks.Waived, "waiver"},
		{"a waiver of another rule does not", waivers(rule("framing/bom-start-only")), fail, checks.Fail, ""},
		{"a waiver without a rule does not", waivers(rule("")), fail, checks.Fail, ""},
		{"a pattern that cannot be read matches nothing", waivers(rule("framing/[")), fail, checks.Fail, ""},
		{"a waiver of every target counts", waivers(target("")), fail, checks.Waived, "waiver"},
		{"a waiver of a pattern of targets counts", waivers(target("ch*")), fail, checks.Waived, "waiver"},
		{"a waiver of the URL counts", waivers(target("https://chat.example/v1")), fail, checks.Waived, "waiver"},
		{"a waiver of another target does not", waivers(target("feed")), fail, checks.Fail, ""},
		{"the baseline expects a failure", expectations(expected), fail, checks.Expected, "baseline"},
		{"the baseline of every run does", expectations(onRun("")), fail, checks.Expected, "baseline"},
		{"the baseline of another run does not", expectations(onRun("chaos")), fail, checks.Fail, ""},
		{"what is known to be flaky is waived", flakies(flaky), fail, checks.Waived, "known-flaky"},
		{"flaky goes before the others", excuse.Book{Waivers: []excuse.Waiver{waiver}, Expected: []excuse.Expectation{expected}, Flaky: []excuse.Flaky{flaky}}, fail, checks.Waived, "known-flaky"},
		{"a waiver goes before the baseline", excuse.Book{Waivers: []excuse.Waiver{waiver}, Expected: []excuse.Expectation{expected}}, fail, checks.Waived, "waiver"},
		{"the baseline takes over from a waiver that has ended", excuse.Book{Waivers: []excuse.Waiver{until("2026-11-25")}, Expected: []excuse.Expectation{expected}}, fail, checks.Expected, "baseline"},
		{"a flaky rule need not be judged", flakies(flaky), required(result(utf8, checks.Inconclusive)), checks.Inconclusive, "known-flaky"},
		{"a waiver does not excuse what was not judged", waivers(waiver), required(result(utf8, checks.Inconclusive)), checks.Inconclusive, ""},
		{"the baseline does not either", expectations(expected), required(result(utf8, checks.Inconclusive)), checks.Inconclusive, ""},
		{"a pass needs no excuse", waivers(waiver), result(utf8, checks.Pass), checks.Pass, ""},
		{"a broken rule has none", flakies(flaky), result(utf8, checks.Broken), checks.Broken, ""},
		{"a fact never fails", flakies(flaky), at(checks.Fact, fail), checks.Fail, ""},
	} {
		t.Run(tc.says, func(t *testing.T) {
			t.Parallel()
			got := tc.book.Excuse(run(tc.in))[0]
			kind := ""
			if got.Excuse != nil {
				kind = got.Excuse.Kind
			}
			if got.Verdict != tc.want || kind != tc.kind {
				t.Errorf("got %s by %q, want %s by %q", got.Verdict, kind, tc.want, tc.kind)
			}
			if got.Reason != tc.in.Reason {
				t.Errorf("the reason became %q", got.Reason)
			}
			if flaky := kind == checks.KnownFlaky; got.Required != (tc.in.Required && !flaky) {
				t.Errorf("required is %v", got.Required)
			}
		})
	}
}

// A target without a name goes by its URL, in which ? and [ are no signs of a pattern.
func TestAURLIsNoPattern(t *testing.T) {
	for _, tc := range []struct {
		target string
		want   checks.Verdict
	}{
		{"https://chat.example/a?b", checks.Waived},
		{"https://chat.example/axb", checks.Fail},
	} {
		w := waiver
		w.Target = "https://chat.example/a?b"
		c := run(result(utf8, checks.Fail))
		c.Target, c.URL = tc.target, tc.target
		if got := waivers(w).Excuse(c)[0].Verdict; got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.target, got, tc.want)
		}
	}
}

// A target has routes and origins, each of which is a run of its own.
func TestAWaiverOfATargetIsOneOfItsRoutes(t *testing.T) {
	c := of(run(result(utf8, checks.Fail)), "chat@https://app.example", "check")
	for _, tc := range []struct {
		says string
		book excuse.Book
		want checks.Verdict
	}{
		{"a waiver of the target", waivers(waiver), checks.Waived},
		{"a flaky rule of the target", flakies(flaky), checks.Waived},
		{"an expectation of the target", expectations(expected), checks.Fail},
	} {
		if got := tc.book.Excuse(c)[0].Verdict; got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.says, got, tc.want)
		}
	}
}

func TestAnExcuseSaysWhoAndUntilWhen(t *testing.T) {
	got := waivers(waiver).Excuse(run(result(utf8, checks.Fail)))[0].Excuse
	want := &checks.Excuse{Kind: "waiver", Reason: "being mended", Owner: "team chat", Until: "2026-11-30", At: "w:1:1"}
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
}

func TestExcusingLeavesWhatWasGivenAlone(t *testing.T) {
	c := run(result(utf8, checks.Fail), required(result(utf8, checks.Inconclusive)))
	flakies(flaky).Excuse(c)
	if c.Results[0].Verdict != checks.Fail || c.Results[0].Excuse != nil || !c.Results[1].Required {
		t.Errorf("became %+v", c.Results)
	}
}

func TestConfirm(t *testing.T) {
	fail, pass, unseen := result(late, checks.Fail), result(late, checks.Pass), result(late, checks.Inconclusive)
	for _, tc := range []struct {
		says  string
		first checks.Result
		again []checks.Result
		want  checks.Verdict
		runs  *checks.Runs
	}{
		{"a second failure confirms the first", fail, []checks.Result{fail, pass}, checks.Fail, &checks.Runs{Failed: 2, Of: 2}},
		{"one failure of three does not count", required(fail), []checks.Result{pass, pass}, checks.Inconclusive, &checks.Runs{Failed: 1, Of: 3}},
		{"two failures of three do", required(fail), []checks.Result{pass, fail}, checks.Fail, &checks.Runs{Failed: 2, Of: 3}},
		{"one repeat that passes is enough for a doubt", fail, []checks.Result{pass}, checks.Inconclusive, &checks.Runs{Failed: 1, Of: 2}},
		{"a repeat without a verdict counts for nothing", fail, []checks.Result{unseen, pass}, checks.Inconclusive, &checks.Runs{Failed: 1, Of: 2}},
		{"where no repeat could be had the failure stands", required(fail), []checks.Result{unseen, result(late, checks.NotApplicable)}, checks.Fail, nil},
		{"without a repeat it stands", fail, nil, checks.Fail, nil},
		{"a rule that does not rest on time is not asked again", result(utf8, checks.Fail), []checks.Result{result(utf8, checks.Pass)}, checks.Fail, nil},
		{"a pass is not confirmed", pass, []checks.Result{fail, fail}, checks.Pass, nil},
	} {
		t.Run(tc.says, func(t *testing.T) {
			t.Parallel()
			got := excuse.Confirm(tc.first, tc.again)
			if got.Verdict != tc.want {
				t.Errorf("got %s, want %s", got.Verdict, tc.want)
			}
			if d := cmp.Diff(got.Runs, tc.runs); d != "" {
				t.Error(d)
			}
			asked := tc.first.Verdict == checks.Fail && tc.first.Timing
			if once := strings.HasSuffix(got.Reason, "seen once: no second look could be had"); once != (asked && tc.runs == nil) {
				t.Errorf("the reason is %q", got.Reason)
			}
			doubted := tc.want == checks.Inconclusive
			if got.Required != (tc.first.Required && !doubted) || strings.HasPrefix(got.Reason, "failed in 1 of ") != doubted {
				t.Errorf("required is %v, and the reason %q", got.Required, got.Reason)
			}
		})
	}
}
