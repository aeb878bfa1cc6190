package reports

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was (go test ./reports -update rewrites it); got:\n%s", file, got)
	}
}

func bundle(t testing.TB, name string) *wire.Bundle {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".rec"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := wire.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

// report judges a bundle by the suite of this file, and excuses what its ids say.
func report(b *wire.Bundle) *Report {
	ev := checks.NewEvidence(b)
	r := &Report{Version: "0.1.0", Command: "check", Evidence: ev, Results: suite().Judge(ev)}
	for i := range r.Results {
		switch x := &r.Results[i]; {
		case x.Verdict != checks.Fail:
		case x.ID == "demo/waived":
			x.Verdict, x.Reason = checks.Waived, "the old gateway goes in March (ops, until 2026-04-01)"
		case x.ID == "demo/expected":
			x.Verdict, x.Reason = checks.Expected, "in the baseline of 2026-01-01"
		}
	}
	return r
}

// failing is the report on full.rec.
func failing(t testing.TB) *Report {
	r := report(bundle(t, "full"))
	r.Exit, r.Why = 1, "2 rules failed at or above level must"
	return r
}

// sound is failing without what is wrong.
func sound(t testing.TB) *Report {
	r := failing(t)
	r.Exit, r.Why = 0, ""
	var kept []checks.Result
	for _, x := range r.Results {
		if x.Verdict != checks.Fail && x.Verdict != checks.Broken {
			kept = append(kept, x)
		}
	}
	r.Results = kept
	return r
}

func text(t testing.TB, form Text, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := form.Report(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// suite has a rule for every verdict and level. None of it judges anything real: each looks for
// something that the recordings of testdata hold or lack.
func suite() checks.Suite {
	control := []wire.Scene{wire.Control}
	rule := func(level checks.Level, id, title string, judge func(*checks.View) checks.Outcome) *checks.Check {
		return &checks.Check{
			ID: id, Title: title, Level: level, Since: "0.1", Needs: control,
			Clause: checks.HTML("9.2.5", "parsing-an-event-stream", "Event streams in this format must always be encoded as UTF-8."),
			Doc:    "A reader sees nothing of it.",
			Fix:    "Write what the clause says.",
			Judge:  func(ev *checks.Evidence) checks.Outcome { return judge(ev.Control()) },
		}
	}
	held := func(reason string) func(*checks.View) checks.Outcome {
		return func(*checks.View) checks.Outcome { return checks.Held(7, "%s", reason) }
	}
	broke := func(message string) func(*checks.View) checks.Outcome {
		return func(v *checks.View) checks.Outcome { return checks.Broke(1, v.AtField(-1, message)) }
	}
	unseen := func(reason string) func(*checks.View) checks.Outcome {
		return func(*checks.View) checks.Outcome { return checks.Unseen("%s", reason) }
	}

	utf := rule(checks.Must, "demo/utf8", "An event stream must be encoded as UTF-8", illFormed)
	utf.Doc = `
Every client puts U+FFFD in place of what is no UTF-8, and says nothing. See [RFC 3629].

# What is not flagged

  - a character that is divided between two writes, which no reader sees, however small the writes are and however many of them there may be
  - noncharacters

In code:

	w.Write([]byte(strings.ToValidUTF8(s, "?")))

[RFC 3629]: https://www.rfc-editor.org/rfc/rfc3629`
	utf.Good, utf.Bad = "data: Gr\xc3\xbc\xc3\x9fe\n\n", "data: Gr\xfc\xdfe\r\n\n"
	utf.Reads = []wire.Scene{wire.Fetch, wire.HTTP10}
	utf.When = []checks.Condition{checks.EventStream}
	utf.Promise = "json"
	utf.After = []string{"demo/accept"}

	accept := rule(checks.Must, "demo/accept", "The stream must be sent whatever Accept says", nil)
	accept.Needs = []wire.Scene{wire.Accept}
	accept.Judge = func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.Accept)
		return checks.Broke(2, v.At(0, 9, "no events but a problem document"), v.AtField(0, "the media type is application/problem+json"))
	}
	accept.After = nil

	practice := rule(checks.Advice, "demo/cache", "The answer should not be kept by caches: write Cache-Control: no-cache, not max-age | s-maxage=*", func(v *checks.View) checks.Outcome {
		if i := v.Header.Index("Cache-Control"); i >= 0 {
			return checks.Broke(1, v.AtField(i, "a cache may keep the answer"))
		}
		return checks.Held(1, "no field")
	})
	practice.Clause = checks.Practice("")
	other := rule(checks.Must, "demo/other", "An answer over HTTP/2 must have two frames", nil)
	other.Needs = []wire.Scene{wire.HTTP2}
	twins := rule(checks.Should, "demo/twins", "Two streams should be alike", nil)
	twins.Needs = []wire.Scene{wire.Twins}
	fact := rule(checks.Fact, "demo/server", "Which server it is", held("no Server field: it does not say"))
	fact.Fix = ""
	return checks.Suite{
		rule(checks.Must, "demo/status", "The status must be 200", held("1 answer, status 200")),
		unordered(utf),
		rule(checks.Should, "demo/retry", "The retry field should be digits only", retry),
		practice,
		accept,
		rule(checks.Must, "demo/waived", "The gateway must be new", broke("it is old")),
		rule(checks.Should, "demo/expected", "The baseline should be short", broke("it is not")),
		rule(checks.Must, "demo/broken", "This rule must not panic", func(*checks.View) checks.Outcome { panic("index out of range [3] with length 3") }),
		fact,
		other,
		twins,
		rule(checks.Should, "demo/long-a", "A", unseen("the stream was watched for 5s only, and it takes 15s to see a heartbeat")),
		rule(checks.Should, "demo/long-b", "B", unseen("the stream was watched for 5s only, and it takes 15s to see a heartbeat")),
		rule(checks.Should, "demo/long-c", "C", unseen("the stream was watched for 5s only, and it takes 15s to see a heartbeat")),
		rule(checks.Should, "demo/long-d", "D", unseen("the stream was watched for 5s only, and it takes 15s to see a heartbeat")),
		rule(checks.Should, "demo/long-e", "E", unseen("the stream was watched for 5s only, and it takes 15s to see a heartbeat")),
		rule(checks.Advice, "demo/order", "Fields should be in this order", held("12 fields, every one in its place")),
	}
}

// unordered drops the After of a rule, which names one that fails here: explain is to show it, and
// the report is to show a finding.
func unordered(c *checks.Check) *checks.Check {
	d := *c
	d.After = nil
	return &d
}

// illFormed finds every byte sequence that is not UTF-8.
func illFormed(v *checks.View) checks.Outcome {
	var found []checks.Finding
	b := v.Text.Bytes
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			found = append(found, v.At(i, i+1, "a byte that begins no character: a client shows U+FFFD in its place"))
		}
		i += n
	}
	return checks.Judged(max(1, len(b)), found, "all %d bytes are UTF-8", len(b))
}

// retry finds a retry field with letters in the connection's own bytes.
func retry(v *checks.View) checks.Outcome {
	if i := bytes.Index(v.RawBytes(), []byte("retry: 3s")); i >= 0 {
		return checks.Broke(1, v.AtRaw(i+7, i+9, "\"3s\" is not digits only:  a client ignores it"))
	}
	return checks.Held(1, "no retry field is wrong")
}
