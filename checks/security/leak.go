package security

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var errorLeak = &checks.Check{
	ID:     "security/error-leak",
	Title:  "An error should not show stack traces, source files or keys",
	Level:  checks.Advice,
	Clause: checks.Practice("https://cwe.mitre.org/data/definitions/209.html"),
	Since:  "0.3",
	Doc: `
What helps a developer in an error page or an error event tells everybody else which versions run where, and what
to try next; a private key or a database's password is worse.

Looked at are the bodies of answers 4xx and 5xx, and events named error, whatever was asked. Only what is hardly
anything else counts: traces as runtimes print them, source files with their line, keys in their well-known forms.
Error messages in words or JSON, status texts and paths of URLs are not flagged. A development server shows traces
on purpose; what is judged is the server that was asked.`,
	Fix:   "Log the trace with an id, and send the id; switch the framework's debug mode off.",
	Good:  "{\"error\":\"internal\",\"trace\":\"7f9c2ba4\"}",
	Bad:   "Error: no such user\n    at login (/app/server.js:10:5)\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Accept, wire.Options, wire.Stranger, wire.Anonymous},
	Judge: judgeErrorLeak,
}

// enough is how much of an error is looked at: traces stand at its start. mostErrors bounds how many are.
const (
	enough     = 64 << 10
	mostErrors = 100
)

func judgeErrorLeak(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	seen := 0
	look := func(v *checks.View, lo, hi int) {
		if lo == hi || seen == mostErrors {
			return
		}
		seen++
		b := v.Text.Bytes[lo:min(hi, lo+enough)]
		if what, at := leaked(b); what != "" {
			found = checks.AddOnce(found, v.At(lo+at[0], lo+at[1], "an error shows "+what+" to whoever asks"+quoted(what, b[at[0]:])))
		}
	}
	for _, v := range ev.All() {
		if v.Status >= 400 {
			look(v, 0, len(v.Text.Bytes))
			continue
		}
		for _, e := range v.Stream.Events {
			if string(e.Type) == "error" {
				look(v, e.Lo, e.Hi)
			}
		}
	}
	if seen == 0 {
		return checks.Unconcerned("no error with a text was seen")
	}
	return checks.Judged(seen, found, "errors with a text: %d, and none shows a stack trace, a source file or a key", seen)
}

// longestQuote is how many bytes of an error are told.
const longestQuote = 80

// quoted returns the line that an error shows, to be told behind what it is; "" where it is itself a secret.
func quoted(what string, b []byte) string {
	if what != aTrace && what != aSourceFile {
		return ""
	}
	line := strings.TrimLeft(string(b[:min(len(b), 2*longestQuote)]), "\t\r\n \"'>`=")
	for _, end := range []string{"\n", "\r", `\n`, "<"} {
		line, _, _ = strings.Cut(line, end)
	}
	line = strings.TrimSpace(strings.TrimPrefix(line, `\t`))
	return fmt.Sprintf(": %q", cutAtSpace(line, longestQuote))
}

// cutAtSpace returns s, or as many whole words of it as fit into n bytes, and a mark that there are more.
func cutAtSpace(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if i := strings.LastIndexByte(s[:n+1], ' '); i > 0 {
		return s[:i] + " …"
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// Two of the leaks, which may be quoted.
const (
	aTrace      = "a stack trace"
	aSourceFile = "a source file and its line"
)

// leaks are what errors should not show, in forms that are hardly anything else.
var leaks = []struct {
	what string
	form *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----`)},
	{"a password for a database", regexp.MustCompile(`\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?)://[^\s:/@"']+:[^\s:/@"'*]+@`)},
	{"a key", regexp.MustCompile(`\b(?:AKIA[0-9A-Z]{16}|sk_live_[0-9A-Za-z]{20,}|gh[ps]_[0-9A-Za-z]{36}|AIza[0-9A-Za-z_-]{35}|xox[bp]-[0-9A-Za-z-]{20,})\b`)},
	{aTrace, regexp.MustCompile(`Traceback \(most recent call last\):|goroutine \d+ \[running\]:` +
		`|(?:\b|\\t)at (?:[\w$<>]+\.)+[\w$<>]+\([\w$]+\.(?:java|kt|scala):\d+\)|#0 /[\w./-]+\.php\(\d+\):`)},
	{aSourceFile, regexp.MustCompile(`(?:^|[\s("'>` + "`" + `=]|\\[nt])(?:file://)?(?:/[\w.@+-]+)+\.(?:[cm]?js|ts|py|rb|php|go|java|cs|rs|exs?):\d+(?::\d+)?` +
		`|\b[A-Z]:\\{1,2}(?:[\w .@+-]+\\{1,2})+[\w.-]+\.(?:cs|vb|js|ts|py):(?:line )?\d+`)},
}

// leaked returns what an error shows and where, or "".
func leaked(b []byte) (what string, at []int) {
	for _, l := range leaks {
		if at := l.form.FindIndex(b); at != nil {
			return l.what, at
		}
	}
	return "", nil
}
