package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ssespec/ssespec/fixtures"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ssespec": main})
}

// TestScripts runs the real binary as its users do. Scripts may say
//
//	serve VAR NAME            start a sound server; $VAR is its URL
//	serve VAR --break ID      start a broken one
//	hostile VAR KIND          start a server that means harm (see hostile_test.go)
//	exits CODE PROGRAM …      run a program that must exit with this code
//	interrupt CODE PROGRAM …  the same for one that watches a feed and is interrupted (Ctrl-C)
//	fill FILE                 put variables such as $URL into a file
//	same FILE FILE            two JSON reports are the same, the name of the command aside
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_PROXY", "*")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": scriptServe, "hostile": scriptHostile, "exits": scriptExits, "interrupt": scriptInterrupt,
			"same": scriptSame, "fill": scriptFill,
		},
	})
}

func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	s := sound(args[1])
	if args[1] == "--break" {
		var err error
		s, err = brokenServer(args[2:])
		ts.Check(err)
	}
	if s == nil {
		ts.Fatalf("no sound server %q", args[1])
	}
	e, err := fixtures.Listen(context.Background(), s, "")
	ts.Check(err)
	ts.Defer(e.Close)
	ts.Setenv(args[0], e.URL)
	if e.CA != nil {
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), e.CA, 0o600))
	}
}

func scriptHostile(ts *testscript.TestScript, _ bool, args []string) {
	url, stop := listenHostile(args[1])
	ts.Defer(stop)
	ts.Setenv(args[0], url)
}

func scriptExits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code is %d, want %s", code, args[0])
	}
}

func scriptFill(ts *testscript.TestScript, _ bool, args []string) {
	filled := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(filled), 0o600))
}

// scriptSame compares two JSON reports, the name of the command aside.
func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	a, b := withoutCommand(ts.ReadFile(args[0])), withoutCommand(ts.ReadFile(args[1]))
	if (a == b) == neg {
		ts.Fatalf("%s and %s: same is %v", args[0], args[1], a == b)
	}
}

func withoutCommand(report string) string {
	var out []string
	for l := range strings.Lines(report) {
		if !strings.HasPrefix(l, `  "command"`) {
			out = append(out, l)
		}
	}
	return strings.Join(out, "")
}

// An outcome is one finished call of the binary.
type outcome struct {
	code   int
	stdout string
	stderr string
	rss    int64 // peak, in bytes
	took   time.Duration
}

// ssespec runs the real binary.
func ssespec(t *testing.T, args ...string) outcome {
	t.Helper()
	return ssespecWith(t, nil, args...)
}

// ssespecWith runs the real binary with variables in its environment.
func ssespecWith(t *testing.T, variables map[string]string, args ...string) outcome {
	t.Helper()
	exe, err := exec.LookPath("ssespec")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "NO_PROXY=*")
	for k, v := range variables {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err = cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	r := outcome{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String(), took: time.Since(start)}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.rss = u.Maxrss << 10 // kilobytes on Linux
	}
	return r
}

// scriptInterrupt runs a program against an endless stream and interrupts it as soon as the server has seen
// its request; the program must exit with the given code. What it wrote is in the file "interrupted".
func scriptInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	asked := make(chan struct{}, 100)
	s := fixtures.Sound("feed")
	s.Edit(func(*fixtures.Request, *fixtures.Answer) { asked <- struct{}{} })
	e, err := fixtures.Listen(context.Background(), s, "")
	ts.Check(err)
	defer e.Close()
	cmd := exec.Command(args[1], append(args[2:], e.URL)...)
	cmd.Dir = ts.MkAbs(".")
	var out strings.Builder
	cmd.Stdout = &out
	ts.Check(cmd.Start())
	<-asked
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("interrupted"), []byte(out.String()), 0o600))
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != args[0] {
		ts.Fatalf("exit code is %s, want %s", code, args[0])
	}
}
