package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// An action is action.yml, as far as it matters here.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description string
		Required    bool
		Default     *string
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	Name, ID, Shell, Run string
	Env                  map[string]string
}

func readAction(t *testing.T) action {
	t.Helper()
	var a action
	if err := yaml.UnmarshalWithOptions([]byte(repoFile(t, "action.yml")), &a, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatal(err)
	}
	return a
}

var expression = regexp.MustCompile(`\$\{\{ *([^} ]*) *\}\}`)

func TestTheActionHasTheRightShape(t *testing.T) {
	a := readAction(t)
	if a.Name == "" || a.Description == "" || a.Runs.Using != "composite" || len(a.Runs.Steps) != 2 {
		t.Fatalf("it is %+v", a)
	}
	if got, want := slices.Sorted(maps.Keys(a.Inputs)), []string{"args", "config", "fail-on", "reports", "targets", "version"}; !slices.Equal(got, want) {
		t.Errorf("the inputs are %q, want %q", got, want)
	}
	for name, in := range a.Inputs {
		if in.Description == "" || in.Required != (in.Default == nil) {
			t.Errorf("the input %s is %+v", name, in)
		}
	}
	used := map[string]bool{}
	for _, s := range a.Runs.Steps {
		if s.Shell != "bash" || expression.MatchString(s.Run) {
			t.Errorf("the step %q lets the text of an input into its script, or has no shell", s.Name)
		}
		for _, v := range s.Env {
			used[strings.TrimPrefix(expression.FindStringSubmatch(v)[1], "inputs.")] = true
		}
		if out, err := exec.Command(need(t, "bash"), "-n", "-c", s.Run).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", s.Name, err, out)
		}
	}
	if got, want := len(used), len(a.Inputs); got != want {
		t.Errorf("%d inputs are used, want %d", got, want)
	}
}

// runStep runs one step as a runner does, with programs of ours before all others, and returns its output and exit code.
func runStep(t *testing.T, s actionStep, dir, bin string, env ...string) (string, int) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "step.sh")
	writeProgram(t, script, s.Run)
	cmd := exec.Command(need(t, "bash"), "--noprofile", "--norc", "-e", "-o", "pipefail", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"GITHUB_OUTPUT="+filepath.Join(dir, "output"), "GITHUB_PATH="+filepath.Join(dir, "path"), "RUNNER_TEMP="+dir, "RUNNER_OS=Linux", "RUNNER_ARCH=X64")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// fakeGate tells its arguments, one a line, writes one annotation and ends as it is told.
const fakeGate = `#!/bin/bash
printf '%s\n' "$@" >arguments
for a; do case $a in --github=*) echo "::error::framing/utf8" >"${a#*=}" ;; esac; done
exit "$FAKE_EXIT"
`

func TestTheActionRunsTheGate(t *testing.T) {
	step := readAction(t).Runs.Steps[1]
	reports := []string{"--junit=out/junit.xml", "--sarif=out/ssespec.sarif", "--html=out/report.html", "--github=out/annotations.txt"}
	for _, tc := range []struct {
		name                  string
		targets, args, failOn string
		exit                  int
		want                  []string // behind the reports
	}{
		{"all targets", "", "", "", 0, []string{"--"}},
		{"some targets, which are no patterns of files", "web  *\napi\n", "", "", 1, []string{"--", "web", "*", "api"}},
		{"flags", "", "--strict\n\n--only=framing/*\n--waivers=my waivers.yml", "should", 4,
			[]string{"--fail-on", "should", "--strict", "--only=framing/*", "--waivers=my waivers.yml", "--"}},
		{"no commands", "$(touch evil)", "`touch evil`", "", 2, []string{"`touch evil`", "--", "$(touch", "evil)"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir, bin := t.TempDir(), t.TempDir()
			writeProgram(t, filepath.Join(bin, "ssespec"), fakeGate)
			out, code := runStep(t, step, dir, bin, fmt.Sprint("FAKE_EXIT=", tc.exit),
				"CONFIG=my ssespec.yml", "TARGETS="+tc.targets, "ARGS="+tc.args, "FAIL_ON="+tc.failOn, "REPORTS=out")
			if code != tc.exit {
				t.Errorf("the exit code is %d, want %d: %s", code, tc.exit, out)
			}
			if !strings.Contains(out, "::error::framing/utf8") {
				t.Errorf("the annotation is not shown: %s", out)
			}
			got, err := os.ReadFile(filepath.Join(dir, "arguments"))
			if err != nil {
				t.Fatal(err)
			}
			want := append(append([]string{"gate", "-c", "my ssespec.yml"}, reports...), tc.want...)
			if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(got)), "\n"), want); diff != "" {
				t.Errorf("arguments: got (-), want (+):\n%s", diff)
			}
			outputs := map[string]string{"junit": "out/junit.xml", "sarif": "out/ssespec.sarif", "html": "out/report.html", "exit": fmt.Sprint(tc.exit)}
			if diff := cmp.Diff(outputsOf(t, filepath.Join(dir, "output")), outputs); diff != "" {
				t.Errorf("outputs: got (-), want (+):\n%s", diff)
			}
			if _, err := os.Stat(filepath.Join(dir, "evil")); err == nil {
				t.Error("an input was run as a command")
			}
		})
	}
}

// fakeCurl copies from the directory of a release what it is told to download.
const fakeCurl = `#!/bin/bash
while [[ $1 != --output ]]; do shift; done
echo "$3" >>"$RELEASE/asked"
cp "$RELEASE/$2" "$2"
`

// fakeGo tells what it is to install.
const fakeGo = `#!/bin/bash
echo "$GOBIN $*" >"$RELEASE/asked"
`

func TestTheActionInstallsWhatItCanCheck(t *testing.T) {
	step := readAction(t).Runs.Steps[0]
	const archive = "ssespec_1.2.3_linux_amd64.tar.gz"
	for _, tc := range []struct {
		name, version, sum string
		code               int
		asked              string
	}{
		{"a release", "1.2.3", "", 0, "https://github.com/ssespec/ssespec/releases/download/v1.2.3/" + archive},
		{"a tag of one", "v1.2.3", "", 0, "https://github.com/ssespec/ssespec/releases/download/v1.2.3/checksums.txt"},
		{"not one that was changed", "1.2.3", strings.Repeat("0", 64), 1, archive},
		{"a commit", "0123abc", "", 0, "/ssespec-bin install github.com/ssespec/ssespec/cmd/ssespec@0123abc"},
		{"not nothing", "", "", 2, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS != "linux" {
				t.Skip("the archive is one for Linux")
			}
			dir, bin, release := t.TempDir(), t.TempDir(), t.TempDir()
			writeProgram(t, filepath.Join(bin, "curl"), fakeCurl)
			writeProgram(t, filepath.Join(bin, "go"), fakeGo)
			sum := writeArchive(t, filepath.Join(release, archive))
			if tc.sum != "" {
				sum = tc.sum
			}
			writeProgram(t, filepath.Join(release, "checksums.txt"), strings.Repeat("1", 64)+"  other.zip\n"+sum+"  "+archive+"\n")
			out, code := runStep(t, step, dir, bin, "VERSION="+tc.version, "RELEASE="+release)
			if code != tc.code {
				t.Errorf("the exit code is %d, want %d: %s", code, tc.code, out)
			}
			asked, _ := os.ReadFile(filepath.Join(release, "asked"))
			if !strings.Contains(string(asked), tc.asked) {
				t.Errorf("asked for %q, want %q", asked, tc.asked)
			}
			_, err := os.Stat(filepath.Join(dir, "ssespec-bin", "ssespec"))
			if got, want := err == nil, code == 0 && strings.Contains(tc.version, "."); got != want {
				t.Errorf("there is a program: %v, want %v", got, want)
			}
		})
	}
}

// writeArchive writes an archive with a program and returns its SHA-256.
func writeArchive(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	const text = "#!/bin/sh\n"
	err = w.WriteHeader(&tar.Header{Name: "ssespec", Mode: 0o755, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	for _, closes := range []func() error{w.Close, z.Close, f.Close} {
		if e := closes(); err == nil {
			err = e
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}
