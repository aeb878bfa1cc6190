package main

import (
	goversion "go/version"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// dockerLines returns the instructions of the Dockerfile, each with its words.
func dockerLines(t *testing.T) [][]string {
	t.Helper()
	var out [][]string
	for l := range strings.Lines(repoFile(t, "Dockerfile")) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, strings.Fields(l))
		}
	}
	return out
}

func TestTheDockerfileMakesASmallImageForNobody(t *testing.T) {
	var from []string
	last := map[string]string{}
	for _, l := range dockerLines(t) {
		switch l[0] {
		case "FROM":
			from, last = append(from, l[1]), map[string]string{}
		case "ARG":
			if image, ok := strings.CutPrefix(l[1], "GO_IMAGE="); ok {
				goImage(t, image)
			}
		case "COPY":
			copied(t, l[1:len(l)-1])
		}
		last[l[0]] = strings.Join(l[1:], " ")
	}
	if got, want := strings.Join(from, " "), "${GO_IMAGE} scratch"; got != want {
		t.Errorf("the stages are %q, want %q", got, want)
	}
	if got, want := last["USER"], "65532:65532"; got != want {
		t.Errorf("the user is %q, want %q", got, want)
	}
	if got, want := last["ENTRYPOINT"], `["/ssespec"]`; got != want {
		t.Errorf("the entry point is %s, want %s", got, want)
	}
	if !strings.Contains(repoFile(t, "Dockerfile"), "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt") {
		t.Error("the image trusts nobody")
	}
}

// goImage demands an image of a named version of Go that can build the module.
func goImage(t *testing.T, image string) {
	t.Helper()
	_, tag, _ := strings.Cut(image, ":")
	v, _, _ := strings.Cut(tag, "-")
	need := "go" + goDirective(t)
	if got := "go" + v; !goversion.IsValid(got) || strings.Count(v, ".") != 2 || goversion.Compare(got, need) < 0 {
		t.Errorf("the image is %q, want a version of Go from %s on, with its patch", image, need)
	}
}

// goDirective returns the version of Go that go.mod asks for.
func goDirective(t *testing.T) string {
	t.Helper()
	for l := range strings.Lines(repoFile(t, "go.mod")) {
		if v, ok := strings.CutPrefix(l, "go "); ok {
			return strings.TrimSpace(v)
		}
	}
	t.Fatal("go.mod asks for no version of Go")
	return ""
}

// copied demands that what is copied from the sources is there, and sent.
func copied(t *testing.T, args []string) {
	t.Helper()
	if strings.HasPrefix(args[0], "--from=") {
		return
	}
	for _, name := range args {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Error(err)
		}
		for _, pattern := range strings.Fields(repoFile(t, ".dockerignore")) {
			if dockerMatch(pattern, name) {
				t.Errorf("%s is copied and left out by .dockerignore", name)
			}
		}
	}
}

// dockerContext copies the sources without what .dockerignore leaves out.
func dockerContext(t *testing.T) string {
	t.Helper()
	ignored := strings.Fields(repoFile(t, ".dockerignore"))
	to := t.TempDir()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(p, root), string(filepath.Separator)))
		switch {
		case err != nil || rel == "":
			return err
		case slices.ContainsFunc(ignored, func(pattern string) bool { return dockerMatch(pattern, rel) }):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return os.Mkdir(filepath.Join(to, rel), 0o777)
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// dockerMatch reports whether a pattern of .dockerignore leaves out a file, as far as ours need it.
func dockerMatch(pattern, file string) bool {
	if name, anywhere := strings.CutPrefix(pattern, "**/"); anywhere {
		pattern, file = name, path.Base(file)
	}
	ok, _ := path.Match(pattern, file)
	return ok
}
