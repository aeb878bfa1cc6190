package main

import (
	"bufio"
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const root = "../.."

// mostBytes is how large the binary may be.
const mostBytes = 20_000_000

// buildRelease builds a release binary from a directory of the module's sources.
func buildRelease(t *testing.T, dir string) []byte {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "ssespec")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", exe, "./cmd/ssespec")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build in %s: %v\n%s", dir, err, out)
	}
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTheBinaryIsSmallStaticAndReproducible builds it a second time from what a Docker build sees, somewhere else.
func TestTheBinaryIsSmallStaticAndReproducible(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("it builds the program twice, without the race detector: .ci/run does so in its run without it")
	}
	t.Parallel()
	b := buildRelease(t, root)
	t.Logf("%d bytes", len(b))
	if len(b) >= mostBytes {
		t.Errorf("the binary has %d bytes, want fewer than %d", len(b), mostBytes)
	}
	if runtime.GOOS == "linux" {
		static(t, b)
	}
	if again := buildRelease(t, dockerContext(t)); !bytes.Equal(b, again) {
		t.Errorf("built from another directory it has other bytes (%d, and %d)", len(b), len(again))
	}
}

// static demands that a binary needs neither a loader nor libraries.
func static(t *testing.T, b []byte) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary has a segment %v: it is not static", p.Type)
		}
	}
}

// repoFile returns a file of the repository.
func repoFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestItBuildsForEveryPlatform takes minutes where nothing is cached.
func TestItBuildsForEveryPlatform(t *testing.T) {
	if raceDetector || os.Getenv("SSESPEC_REAL") == "" {
		t.Skip("it takes minutes: .ci/run asks for it by SSESPEC_REAL, in its run without the race detector")
	}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, goarch := range []string{"amd64", "arm64"} {
			t.Run(goos+"/"+goarch, func(t *testing.T) {
				cmd := exec.Command("go", "build", "-o", os.DevNull, "./cmd/ssespec")
				cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
	}
}

// TestReleasesHoldWhatTheirConfigurationNames looks at .goreleaser.yaml, which the program goreleaser checks better.
func TestReleasesHoldWhatTheirConfigurationNames(t *testing.T) {
	var c struct {
		Version int
		Builds  []struct {
			Env, Flags, Goos, Goarch []string
			Timestamp                string `yaml:"mod_timestamp"`
		}
		Archives []struct {
			Name  string `yaml:"name_template"`
			Files []struct{ Src string }
		}
	}
	if err := yaml.Unmarshal([]byte(repoFile(t, ".goreleaser.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	if c.Version != 2 || len(c.Builds) != 1 || len(c.Archives) != 1 {
		t.Fatalf("got %+v, want version 2 with a build and an archive", c)
	}
	b := c.Builds[0]
	if n := len(b.Goos) * len(b.Goarch); n != 6 || !slices.Contains(b.Flags, "-trimpath") || !slices.Contains(b.Env, "CGO_ENABLED=0") || b.Timestamp == "" {
		t.Errorf("the build is %+v", b)
	}
	for _, f := range c.Archives[0].Files {
		if strings.HasPrefix(f.Src, "packaging/built/") { // see TestExtrasAreWritten
			continue
		}
		if _, err := os.Stat(filepath.Join(root, f.Src)); err != nil {
			t.Error(err)
		}
	}
	if got, want := c.Archives[0].Name, "{{ .ProjectName }}_{{ .Version }}_{{ .Os }}_{{ .Arch }}"; got != want {
		t.Errorf("archives are named %s, want %s, which action.yml downloads", got, want)
	}
}

// TestExtrasAreWritten runs what .goreleaser.yaml runs first, on a copy of it with a go that builds nothing.
func TestExtrasAreWritten(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	script := filepath.Join(dir, "packaging", "extras.sh")
	writeProgram(t, script, repoFile(t, "packaging/extras.sh"))
	writeProgram(t, filepath.Join(bin, "go"), fmt.Sprintf("#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\ncp %s \"$2\"\n", program(t)))
	cmd := exec.Command("sh", script, "1.2.3")
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, want := range map[string]string{
		"ssespec.1": ".TH ssespec 1", "completions/ssespec.bash": "complete -o default", "completions/_ssespec": "#compdef ssespec", "completions/ssespec.fish": "complete -c ssespec",
	} {
		b, err := os.ReadFile(filepath.Join(dir, "packaging", "built", name))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s does not hold %q (%v)", name, want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "packaging", "built", "ssespec")); err == nil {
		t.Error("the program is left behind")
	}
}

// program returns the path of this program.
func program(t *testing.T) string {
	t.Helper()
	exe, err := exec.LookPath("ssespec")
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func writeProgram(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
}

// TestPipelinesKeepTheReports looks at what is to be copied into GitLab and Jenkins.
func TestPipelinesKeepTheReports(t *testing.T) {
	var lab map[string]struct {
		Script    []string
		Artifacts struct {
			When    string
			Paths   []string
			Reports struct{ JUnit string }
		}
	}
	if err := yaml.Unmarshal([]byte(repoFile(t, "packaging/gitlab-ci.yml")), &lab); err != nil {
		t.Fatal(err)
	}
	job := lab["ssespec"]
	command := job.Script[len(job.Script)-1]
	if a := job.Artifacts; a.When != "always" || !strings.Contains(command, "--junit="+a.Reports.JUnit+" ") || !strings.HasPrefix(a.Reports.JUnit, a.Paths[0]) {
		t.Errorf("%q does not write what %+v keeps", command, a)
	}
	jenkins := repoFile(t, "packaging/Jenkinsfile")
	if strings.Count(jenkins, "{") != strings.Count(jenkins, "}") {
		t.Error("the braces of the Jenkinsfile do not match")
	}
	for _, want := range []string{"--junit=ssespec-reports/junit.xml", "junit testResults: 'ssespec-reports/junit.xml'", "archiveArtifacts artifacts: 'ssespec-reports/**'"} {
		if !strings.Contains(jenkins, want) {
			t.Errorf("the Jenkinsfile does not hold %q", want)
		}
	}
}

// outputsOf reads what a step of a workflow wrote for others.
func outputsOf(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		k, v, _ := strings.Cut(s.Text(), "=")
		out[k] = v
	}
	return out
}
