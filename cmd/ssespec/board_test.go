package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/creack/pty"
)

// TestATerminalSeesPhaseAndTimeLeft gives the gate a terminal for its standard error.
func TestATerminalSeesPhaseAndTimeLeft(t *testing.T) {
	t.Parallel()
	name := configured(t, `
targets:
  - {name: feed, url: '%s', budgets: {watch: 2s}}
  - {name: answer, url: '%s', budgets: {watch: 2s}}
`, soundURL(t, "feed"), soundURL(t, "finite"))
	exe, err := exec.LookPath("ssespec")
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	defer ours.Close()
	cmd := exec.Command(exe, "gate", "-c", name)
	cmd.Env = append(os.Environ(), "NO_PROXY=*", "CI=", "TERM=xterm")
	var report bytes.Buffer
	cmd.Stdout, cmd.Stderr = &report, theirs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	drawn, _ := io.ReadAll(ours) // ends with an error where the other side is closed
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v:\n%s", err, report.String())
	}
	for _, want := range []string{`feed check: watching the stream`, `answer check: `, `about \d+s left`, `\(1/2\)`} {
		if !regexp.MustCompile(want).Match(drawn) {
			t.Errorf("the terminal is not shown %q: %.2000q", want, drawn)
		}
	}
	if bytes.Contains(report.Bytes(), []byte("left")) {
		t.Errorf("progress is in the report:\n%s", report.String())
	}
}
