package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheBuildSaysWhatItWasMadeFrom(t *testing.T) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	const path = "github.com/ssespec/ssespec"
	for _, tc := range []struct {
		name   string
		linked string
		info   debug.BuildInfo
		want   build
	}{
		{"a release knows its version from the linker", "1.2.3",
			debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: path, Version: "v1.2.3-0.2026+dirty"}, Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "5438167"}, {Key: "vcs.time", Value: "2026-11-26T07:16:00Z"}, {Key: "vcs.modified", Value: "false"}}},
			build{Version: "1.2.3", Go: "go1.26.1", Platform: platform, Module: path, Revision: "5438167", Time: "2026-11-26T07:16:00Z"}},
		{"go install knows it from the module", unreleased,
			debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: path, Version: "v1.2.3", Sum: "h1:abc="}},
			build{Version: "1.2.3", Go: "go1.26.1", Platform: platform, Module: path, Sum: "h1:abc="}},
		{"what the linker says goes before it", "1.2.4",
			debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: path, Version: "v1.2.3", Sum: "h1:abc="}},
			build{Version: "1.2.4", Go: "go1.26.1", Platform: platform, Module: path, Sum: "h1:abc="}},
		{"a checkout is no release", unreleased,
			debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: path, Version: "(devel)"}, Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "5438167"}, {Key: "vcs.modified", Value: "true"}}},
			build{Version: unreleased, Go: "go1.26.1", Platform: platform, Module: path, Revision: "5438167", Modified: true}},
		{"who knows nothing says what it runs on", unreleased, debug.BuildInfo{}, build{Version: unreleased, Go: runtime.Version(), Platform: platform}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(buildOf(tc.linked, &tc.info), tc.want); diff != "" {
				t.Errorf("got (-), want (+):\n%s", diff)
			}
		})
	}
}

// printed returns what a command of this program prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	r := ssespec(t, args...) // tests of shells run side by side, and commands of urfave/cli in one process share their flags
	if r.code != exitPass {
		t.Fatalf("ssespec %v: exit code %d: %s", args, r.code, r.stderr)
	}
	return r.stdout
}

// typedLines are what somebody has typed behind ssespec when he asks for completion, and what he is offered.
var typedLines = []struct{ words, want string }{
	{"ch", "chaos check"},
	{"gat", "gate"},
	{"check --fai", "--fail-on"},
	{"check --fail-on s", "should"},
	{"check --fail-on ", "advice must never should"},
	{"http://localhost/ --wat", "--watch"}, // a bare URL means check
	{"chaos --cu", "--cuts"},
	{"check --cu", ""},
	{"explain framing/ut", "framing/utf8"},
	{"check --only framing/ut", "framing/utf8"},
	{"completion ", "bash fish zsh"},
	{"report --to j", "json junit"},
	{"remedies hap", "haproxy"},
	{"edge --product hap", "haproxy"},
	{"serve --break framing/ut", "framing/utf8"},
	{"chaos --cuts ", "random sweep"},
	{"chaos --resume l", "last-event-id"},
}

// The shells are asked as a key asks them. Bash takes a URL for several words, which changes nothing behind it.
var shells = map[string]string{
	"bash": `source "$1"
COMP_WORDS=($2 "$3") COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_ssespec
printf '%s\n' "${COMPREPLY[@]}"`,
	// what completion has besides stands in for its own: the widget that owns it needs a terminal
	"zsh": `compdef() { :; }
compset() { PREFIX=${PREFIX#*=}; }
_files() { :; }
compadd() { shift; print -rl -- ${(M)@:#$PREFIX*}; }
_describe() { local -a all=(${(P)@[-1]%%}); print -rl -- ${(M)${all%%:*}:#$PREFIX*}; }
source "$1"
words=(${=2} "$3") CURRENT=$#words PREFIX=$3
_ssespec`,
	"fish": `source $argv[1]
complete -C "$argv[2] $argv[3]" | string replace -r '\t.*' ''`,
}

// complete returns what a shell offers, sorted.
func complete(t *testing.T, shell, words string) string {
	t.Helper()
	exe, dir := need(t, shell), t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte(printed(t, "completion", shell)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-c", shells[shell], shell, script}
	if shell == "fish" { // it has no $0
		args = slices.Delete(args, 2, 3)
	}
	at := strings.LastIndex(words, " ") + 1
	cmd := exec.Command(exe, append(args, strings.TrimSpace("ssespec "+words[:at]), words[at:])...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir)
	out, _ := cmd.CombinedOutput() // fish fails where it has nothing to offer
	return strings.Join(slices.Sorted(strings.FieldsSeq(string(out))), " ")
}

func TestShellsComplete(t *testing.T) {
	for shell := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			for _, l := range typedLines {
				if got := complete(t, shell, l.words); got != l.want {
					t.Errorf("%q is completed to %q, want %q", l.words, got, l.want)
				}
			}
		})
	}
}

func TestAValueBehindAnEqualSignIsCompleted(t *testing.T) {
	for shell, tc := range map[string]struct{ words, want string }{
		"bash": {"check --fail-on = s", "should"}, // for which = is a word
		"zsh":  {"check --fail-on=s", "should"},
		"fish": {"check --fail-on=s", "--fail-on=should"},
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			if got := complete(t, shell, tc.words); got != tc.want {
				t.Errorf("%q is completed to %q, want %q", tc.words, got, tc.want)
			}
		})
	}
}

func TestManualPageIsSound(t *testing.T) {
	page := filepath.Join(t.TempDir(), "ssespec.1")
	text := manual(newApp(nil, nil), build{Version: "1.2.3", Time: "2026-11-26T07:16:00Z"})
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(need(t, "mandoc"), "-T", "lint", "-W", "warning", page).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
	for _, c := range newApp(nil, nil).VisibleCommands() {
		if !strings.Contains(text, fmt.Sprintf(".SS ssespec %s", c.Name)) {
			t.Errorf("%s is not in it", c.Name)
		}
	}
	for _, want := range []string{`\fB\-\-watch\fR \fIDURATION\fR`, `.TH ssespec 1 "2026-11-26" "ssespec 1.2.3"`, `.B 70`, ".nf\nproducts:\n  \\- name:", ".nf\n    ssespec edge \\-\\-via "} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not hold %q", want)
		}
	}
}

func TestWhatTheFormatterWouldObeyIsEscaped(t *testing.T) {
	if got, want := roff("a-b\\c\n.so /etc/passwd\n'x"), "a\\-b\\ec\n\\&.so /etc/passwd\n\\&'x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
