package reports

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestTAPOfAGate(t *testing.T) {
	t.Parallel()
	golden(t, "gate-tap", written(t, TAP, gated(t)))
}

// A tapPoint is a test point as a harness reads it.
type tapPoint struct {
	ok                             bool
	description, directive, reason string
	details                        map[string]string
}

var (
	tapPlan  = regexp.MustCompile(`^1\.\.(\d+)(?: # .+)?$`)
	tapLine  = regexp.MustCompile(`^(not )?ok (\d+) - (.*)$`)
	tapWords = strings.NewReplacer(`\\`, `\`, `\#`, "#")
)

// harness reads TAP as the specification of version 14 says, and takes nothing that it only tolerates.
func harness(t *testing.T, report string) []tapPoint {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(report, "\n"), "\n")
	if len(lines) < 2 || lines[0] != "TAP version 14" {
		t.Fatalf("it does not begin with its version:\n%s", report)
	}
	plan := tapPlan.FindStringSubmatch(lines[1])
	if plan == nil {
		t.Fatalf("%q is no plan", lines[1])
	}
	var out []tapPoint
	for i := 2; i < len(lines); i++ {
		if lines[i] == "  ---" {
			end := i + 1
			for end < len(lines) && strings.HasPrefix(lines[end], "  ") && lines[end] != "  ..." {
				end++
			}
			if end == len(lines) || lines[end] != "  ..." || len(out) == 0 || out[len(out)-1].details != nil {
				t.Fatalf("the block of line %d has no end, or no point", i+1)
			}
			if err := yaml.Unmarshal([]byte(strings.Join(lines[i+1:end], "\n")), &out[len(out)-1].details); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			i = end
			continue
		}
		m := tapLine.FindStringSubmatch(lines[i])
		if m == nil || m[2] != strconv.Itoa(len(out)+1) {
			t.Fatalf("line %d is no point %d: %q", i+1, len(out)+1, lines[i])
		}
		p := tapPoint{ok: m[1] == ""}
		p.description, p.directive, p.reason = directive(m[3])
		out = append(out, p)
	}
	if plan[1] != strconv.Itoa(len(out)) {
		t.Errorf("%s points were planned, and there are %d", plan[1], len(out))
	}
	return out
}

// directive takes apart what stands behind the number of a point.
func directive(s string) (description, kind, reason string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if s[i] == '#' {
			kind, reason, _ = strings.Cut(strings.TrimPrefix(s[i+1:], " "), " ")
			return tapWords.Replace(strings.TrimSuffix(s[:i], " ")), kind, tapWords.Replace(reason)
		}
	}
	return tapWords.Replace(s), "", ""
}

func TestTAPHasAPointForEachRule(t *testing.T) {
	t.Parallel()
	points := harness(t, written(t, TAP, gated(t)))
	want := map[string]tapPoint{
		"sound: demo/status The status must be 200":     {ok: true},
		"sound: demo/twins Two streams should be alike": {ok: true, directive: "SKIP", reason: "not-applicable: the stream is not shared"},
		"broken · check: demo/utf8 An event stream must be encoded as UTF-8": {details: map[string]string{
			"message": "a byte that begins no character: a client shows U+FFFD in its place (and 6 more)", "excerpt": `"\xfc"`, "hex": "fc",
			"at": "scene control, event 1, byte 34, at 420ms", "fix": "Write what the clause says."}},
		"broken · check: demo/expected The baseline should be short": {directive: "TODO", reason: "baseline (ssespec-baseline.yml:12:5)",
			details: map[string]string{"verdict": "expected"}},
		"broken · check: demo/long-a A": {ok: true, directive: "SKIP", reason: "inconclusive: failed in 1 of 3 runs: the heartbeat came late"},
		"broken · check: demo/long-b B": {details: map[string]string{"verdict": "inconclusive"}},
		"unreachable: run":              {details: map[string]string{"message": "127.0.0.1:9 refused the connection", "exit": "3"}},
	}
	for _, p := range points {
		w, ok := want[p.description]
		if !ok {
			continue
		}
		delete(want, p.description)
		if p.ok != w.ok || p.directive != w.directive || p.reason != w.reason {
			t.Errorf("the point is %+v, want %+v", p, w)
		}
		for key, value := range w.details {
			if p.details[key] != value {
				t.Errorf("%s: %s is %q, want %q", p.description, key, p.details[key], value)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("there are no points %v", want)
	}
}

func TestTAPIsRedWhereTheRunIs(t *testing.T) {
	t.Parallel()
	for _, exit := range []int{0, 1, 3, 4, 70, 130} {
		for i, d := range gated(t) {
			d.Exit, d.Why = exit, "that is why"
			red := 0
			for _, p := range harness(t, written(t, TAP, []*Document{d})) {
				if !p.ok && p.directive == "" {
					red++
				}
			}
			if (red > 0) != (exit != 0) {
				t.Errorf("document %d: %d points are red with exit code %d", i, red, exit)
			}
		}
	}
}

func TestTAPOfNothing(t *testing.T) {
	t.Parallel()
	if got, want := written(t, TAP, nil), "TAP version 14\n1..0 # no rule was judged\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHostileTAPCarriesWhatWasSentAsText(t *testing.T) {
	t.Parallel()
	clean := harness(t, written(t, TAP, gated(t)))
	for name, s := range merged(attacks, map[string]string{"injections": injections, "a directive": " # SKIP", "an escaped one": ` \# TODO x \\# SKIP`}) {
		report := written(t, TAP, spoiled(gated(t), s))
		harmless(t, name, report)
		points := harness(t, report)
		if len(points) != len(clean) {
			t.Errorf("%s: there are %d points, want %d", name, len(points), len(clean))
			continue
		}
		for i, p := range points {
			if p.ok != clean[i].ok || p.directive != clean[i].directive {
				t.Errorf("%s: point %d is %+v", name, i+1, p)
			}
			if clean[i].description != "unreachable: run" && !strings.HasSuffix(p.description, safe(s)) {
				t.Errorf("%s: a description is %q, want its end to be %q", name, p.description, safe(s))
			}
			if m := p.details["message"]; m != "" && m != clean[i].details["message"]+safe(s) {
				t.Errorf("%s: a message is %q, want %q", name, m, clean[i].details["message"]+safe(s))
			}
		}
	}
}

// tapParser counts with https://www.npmjs.com/package/tap-parser, which takes nothing that is not TAP.
const tapParser = `
const { Parser } = require(process.argv[1])
const p = new Parser({ strict: true }, r => console.log(r.plan.end, r.count, r.skip, r.todo, r.failures.length))
p.end(require("fs").readFileSync(0, "utf8"))
`

func TestTAPIsReadByAParserOfOthers(t *testing.T) {
	t.Parallel()
	modules := os.Getenv("SSESPEC_NODE_MODULES")
	if _, err := os.Stat(filepath.Join(modules, "tap-parser")); modules == "" || err != nil {
		t.Skip("the npm package tap-parser is not installed where SSESPEC_NODE_MODULES says: .ci/run shows how")
	}
	for name, ds := range map[string][]*Document{"a gate": gated(t), "hostile": spoiled(gated(t), injections)} {
		cmd := exec.CommandContext(t.Context(), "node", "-e", tapParser, filepath.Join(modules, "tap-parser"))
		cmd.Stdin = strings.NewReader(written(t, TAP, ds))
		got, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		if want := "35 35 15 5 9\n"; string(got) != want {
			t.Errorf("%s: the parser counts %q (planned, points, skipped, to do, failed), want %q", name, got, want)
		}
	}
}
