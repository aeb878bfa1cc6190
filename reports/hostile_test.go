package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// uncolored returns s without the sequences that color writes.
func uncolored(s string) string { return sgr.ReplaceAllString(s, "") }

// attacks are what a server may send to drive a terminal, or to be taken for something else.
var attacks = map[string]string{
	"escape sequences":   "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x1b[0m",
	"bell and backspace": "\a\b\b\bPASS",
	"carriage return":    "FAIL\rPASS\v\f\x00\x7f",
	"line feeds":         "a\n\nPASS\n✓ all is well\n",
	"C1 controls":        "\u009b31m\u0085\u0090q\u009c",
	"raw C1 bytes":       "\x9b31m\x85",
	"bidi overrides":     "\u202eSSAP\u202c\u2066a\u2069\u200f\u061c",
	"invisible":          "a\u200bb\u2060c\ufeffd\u00ade\U000e0041",
	"line separators":    "a\u2028b\u2029c",
	"invalid UTF-8":      "\xff\xfe\xc3\x28\xf0\x9f\x8c",
	"surrogates":         "\xed\xa0\x80",
	"U+FFFD as sent":     "\ufffd",
	"format verbs":       "%s%n%!d(BADINDEX)%",
	"JSON and HTML":      `","exit":0,"x":"</script><!--`,
	"wide and combining": "日本語e\u0301\u0301\u0301🌊",
}

// infested puts an attack into every place of a report that a server, or a recording from elsewhere, can reach.
func infested(s string) *Report {
	h := wire.Header{{Name: "Content-Type", Value: "text/event-stream; x=" + s}, {Name: "X-" + s, Value: s}}
	field := "data: " + strings.ReplaceAll(s, "\n", "") + "\n\n"
	exchange := func(end wire.EndKind) *wire.Exchange {
		return &wire.Exchange{
			Request: wire.Request{Method: s, URL: "http://127.0.0.1/" + s, Proto: s, Header: h, Body: []byte(s)},
			Address: s, TLS: &wire.TLS{Version: s, ALPN: s}, Proto: s, Status: 200, Header: h,
			Interim: []wire.Interim{{Status: 103, Header: h}}, Trailer: h,
			Body:  []wire.Chunk{at(time.Millisecond, field), at(time.Second, s)},
			Fault: &wire.Fault{Kind: wire.FaultKind(s), Aim: s},
			End:   wire.End{Kind: end, At: 2 * time.Second, Note: s},
		}
	}
	raw := exchange(wire.Reset)
	raw.Raw = []wire.Chunk{at(time.Millisecond, "HTTP/1.1 200 OK\r\n"+s)}
	frames := exchange(0)
	frames.Frames = []wire.Frame{{Type: "GOAWAY"}, {Type: s}}
	b := &wire.Bundle{
		Command: s, Name: s, Profile: s, Promises: []string{s, s}, Target: wire.Request{Method: "POST" + s, URL: "http://127.0.0.1/" + s},
		Recordings: []*wire.Recording{
			{Scene: wire.Control, Exchanges: []*wire.Exchange{exchange(wire.Complete), exchange(wire.HungUp)}},
			{Scene: wire.Scene(s), Exchanges: []*wire.Exchange{raw, frames}},
		},
		Gaps: []wire.Gap{{Scene: wire.HTTP2, Reason: s}},
	}
	ev := checks.NewEvidence(b)
	v := ev.Control()
	found := []checks.Finding{v.At(0, len(v.Text.Bytes), s), v.AtField(1, s), ev.View(wire.Scene(s)).AtField(0, s),
		ev.Exhibit(wire.Scene(s)).Views[0].AtRaw(0, 20, s)}
	r := &Report{Version: s, Command: s, Evidence: ev, Exit: 1, Why: s}
	for i, verdict := range checks.Verdicts {
		c := &checks.Check{ID: fmt.Sprintf("demo/rule-%d", i), Title: "A title", Level: checks.Must, Fix: "A fix", Clause: checks.Practice("")}
		for k := range found {
			r.Results = append(r.Results, checks.Result{Check: c, Level: checks.Level(1 + k), Outcome: checks.Outcome{Verdict: verdict, Seen: 1, Reason: s, Findings: found[k:]}})
		}
	}
	return r
}

var forms = []Text{
	{}, {Width: 40, Verbose: true, Bytes: true}, {Width: 120, Verbose: true, Bytes: true, Color: true}, {Width: 60, Color: true},
}

func TestTextCannotDriveATerminal(t *testing.T) {
	t.Parallel()
	for name, s := range attacks {
		for _, exit := range []int{0, 1, 3, 4, 70, 130} {
			r := infested(s)
			r.Exit, r.Partial = exit, exit == 130
			for _, form := range forms {
				out := text(t, form, r)
				if form.Color {
					out = uncolored(out)
				}
				harmless(t, name, out)
			}
		}
	}
}

// harmless fails where s would do anything to a terminal but show characters and begin new lines.
func harmless(t *testing.T, name, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%s: the text is not UTF-8", name)
	}
	for i, r := range s {
		switch {
		case r == '\n':
		case r < ' ', r >= 0x7f && r <= 0x9f, unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs), r == unicode.ReplacementChar:
			t.Errorf("%s: %U is in the text: %q", name, r, s[max(0, i-40):min(len(s), i+20)])
			return
		}
	}
}

// A line that a server made up must not stand where one of ours could.
func TestLineFeedsDoNotMakeLines(t *testing.T) {
	t.Parallel()
	for _, form := range forms {
		for l := range strings.Lines(uncolored(text(t, form, infested(attacks["line feeds"])))) {
			if strings.HasPrefix(l, "PASS") || strings.HasPrefix(l, "✓") {
				t.Errorf("the server wrote a line of the report: %q", l)
			}
		}
	}
}

func TestHostileJSONIsSound(t *testing.T) {
	t.Parallel()
	for name, s := range attacks {
		var b bytes.Buffer
		if err := JSON(&b, []*Document{infested(s).Document(), infested(s).Document()}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		harmless(t, name, strings.ReplaceAll(b.String(), "\ufffd", "")) // which encoding/json puts for what is no UTF-8
		var got []contractReport
		strictly(t, b.Bytes(), &got)
		want := strings.ToValidUTF8(s, "\ufffd")
		if clean := func(s string) string { return strings.ReplaceAll(s, "\ufffd", "") }; clean(got[0].Results[0].Reason) != clean(want) {
			t.Errorf("%s: the reason reads %q, want %q", name, got[0].Results[0].Reason, want)
		}
		if hex := fmt.Sprintf("%x", "X-"+s+": "+s); got[0].Results[0].Findings[1].Hex != hex {
			t.Errorf("%s: hex is %s, want %s", name, got[0].Results[0].Findings[1].Hex, hex)
		}
	}
}

func TestALongTextDoesNotFlood(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{
		"letters": "a", "words": "word ", "spaces": " ", "escapes": "\x1b[1m", "wide": "日", "a URL": "http://x/", "invalid": "\xff", "lines": "\n",
	} {
		n := 1 << 16
		if name == "letters" || name == "escapes" { // the greatest takes its time
			n = 1 << 20
		}
		long := strings.Repeat(unit, n/len(unit))
		r := infested(long)
		for _, form := range []Text{{}, {Width: 40}, {Verbose: true}, {Width: 120, Verbose: true, Color: true}} {
			out := text(t, form, r)
			if len(out) > 150_000 {
				t.Errorf("%s: a flood in every place makes a text of %d bytes", name, len(out))
			}
			if unit != " " && !strings.Contains(out, "KiB more)") {
				t.Errorf("%s: nothing says how much is left out", name)
			}
		}
		for l := range strings.Lines(text(t, Text{Width: 80}, r)) {
			if l = strings.TrimSuffix(l, "\n"); columns(l) > 80 && !strings.Contains(l, "://") {
				t.Errorf("%s: a line takes %d columns: %q", name, columns(l), l)
			}
		}
		out := text(t, Text{Verbose: true, Bytes: true}, r)
		if len(out) > 1<<20 {
			t.Errorf("%s: with the bytes it makes a text of %d bytes", name, len(out))
		}
		if !strings.Contains(out, "more: ssespec record keeps them") {
			t.Errorf("%s: nothing says that bytes are left out", name)
		}
	}
}

func TestAHeaderOfManyFieldsIsCut(t *testing.T) {
	t.Parallel()
	r := infested("a")
	x := r.Evidence.Bundle.Recordings[0].Exchanges[0]
	for range 5000 {
		x.Header = append(x.Header, wire.Field{Name: "X-Many", Value: "a"})
	}
	out := text(t, Text{Bytes: true}, r)
	if n := strings.Count(out, "X-Many"); n != maxFields-2 || !strings.Contains(out, "and 4902 fields") {
		t.Errorf("%d of the fields are shown, want %d, and how many are left out", n, maxFields-2)
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range attacks {
		f.Add(s)
	}
	f.Add("plain")
	f.Fuzz(func(t *testing.T, s string) {
		got := safe(s)
		if i := strings.IndexFunc(got, unprintable); i >= 0 || !utf8.ValidString(got) {
			t.Errorf("safe(%q) is not printable: %q", s, got)
		}
		if strings.IndexFunc(s, unprintable) < 0 && got != s {
			t.Errorf("safe(%q) changed what is printable: %q", s, got)
		}
		if safe(got) != got {
			t.Errorf("safe(safe(%q)) is not safe(%q)", s, s)
		}
		if !strings.Contains(s, `\`) && got != s && !strings.Contains(got, `\`) {
			t.Errorf("safe(%q) hides what it changed: %q", s, got)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range attacks {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 2 || width > 200 {
			return
		}
		s = brief(s)
		lines := fold(s, width)
		for _, l := range lines {
			if columns(l) > width && !strings.Contains(l, "://") {
				t.Errorf("a line of %q takes %d columns, want at most %d: %q", s, columns(l), width, l)
			}
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := bare(strings.Join(lines, "")); got != bare(s) {
			t.Errorf("folding %q lost something: %q", s, lines)
		}
	})
}

// FuzzText reports on recordings that were made up: nothing a file holds may stop or drive the text.
func FuzzText(f *testing.F) {
	for _, name := range []string{"full", "empty", "no-answer", "no-head", "redirect", "http2"} {
		var b bytes.Buffer
		if err := wire.Encode(&b, bundle(f, name)); err != nil {
			f.Fatal(err)
		}
		f.Add(b.String())
	}
	f.Fuzz(func(t *testing.T, rec string) {
		b, err := wire.Decode(strings.NewReader(rec))
		if err != nil {
			return
		}
		r := report(b)
		harmless(t, "a recording", text(t, Text{Width: 60, Verbose: true, Bytes: true}, r))
		var out bytes.Buffer
		if err := JSON(&out, []*Document{r.Document()}); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out.Bytes()) {
			t.Errorf("the JSON report is not JSON: %s", out.Bytes())
		}
	})
}
