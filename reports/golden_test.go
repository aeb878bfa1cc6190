package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
)

func TestTextOfAFailingReport(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 120} {
		golden(t, fmt.Sprintf("full-%d", width), text(t, Text{Width: width}, failing(t)))
	}
	golden(t, "full-color", text(t, Text{Color: true}, failing(t)))
	golden(t, "full-verbose", text(t, Text{Verbose: true}, failing(t)))
	golden(t, "full-verbose-60", text(t, Text{Width: 60, Verbose: true}, failing(t)))
	golden(t, "full-bytes", text(t, Text{Bytes: true}, failing(t)))
}

func TestTextOfOtherEnds(t *testing.T) {
	t.Parallel()
	golden(t, "sound", text(t, Text{}, sound(t)))
	for _, tc := range []struct {
		name string
		exit int
		why  string
	}{
		{"empty", 4, "the stream opened and said nothing in 5s"},
		{"no-answer", 3, "127.0.0.1:9 refused the connection"},
		{"no-head", 3, "the target ended the connection after 31ms without an answer (truncated)"},
		{"redirect", 0, ""},
		{"http2", 0, ""},
	} {
		r := report(bundle(t, tc.name))
		r.Exit, r.Why = tc.exit, tc.why
		r.Results = r.Results[:2]
		golden(t, tc.name, text(t, Text{Bytes: true}, r))
	}
	r := sound(t)
	r.Exit, r.Why, r.Partial = 130, "interrupted: what was not seen by then is not judged", true
	golden(t, "partial", text(t, Text{}, r))
}

func TestJSONOfAFailingReport(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := JSON(&b, []*Document{failing(t).Document()}); err != nil {
		t.Fatal(err)
	}
	golden(t, "full-json", b.String())
}

func TestExplainPageAndTable(t *testing.T) {
	t.Parallel()
	s := suite()
	c := *s[1]
	c.After = []string{"demo/accept"}
	var b bytes.Buffer
	if err := (Text{}).Explain(&b, &c); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain", b.String())
	b.Reset()
	if err := (Text{Width: 60, Color: true}).Explain(&b, &c); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain-60-color", b.String())
	b.Reset()
	for _, x := range s {
		if x.Level == checks.Fact {
			if err := (Text{}).Explain(&b, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	golden(t, "explain-fact", b.String())
	golden(t, "page", Page(&c)+Page(s[3]))
	golden(t, "table", Table(s[:4]))
}

// The same evidence must give the same bytes: a second report is made from nothing.
func TestReportsAreAFunctionOfTheEvidence(t *testing.T) {
	t.Parallel()
	all := func() string {
		r := failing(t)
		var b bytes.Buffer
		if err := JSON(&b, []*Document{r.Document()}); err != nil {
			t.Fatal(err)
		}
		return b.String() + text(t, Text{Verbose: true, Bytes: true, Color: true}, r)
	}
	if a, b := all(), all(); a != b {
		t.Errorf("two reports on the same evidence differ:\n%s\n%s", a, b)
	}
}

func TestColorChangesNothingButTheColor(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 120} {
		plain := text(t, Text{Width: width, Verbose: true, Bytes: true}, failing(t))
		color := text(t, Text{Width: width, Verbose: true, Bytes: true, Color: true}, failing(t))
		if got := uncolored(color); got != plain {
			t.Errorf("at width %d the colored text differs:\n%s\n%s", width, got, plain)
		}
	}
}

func TestLinesFitTheWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 60, 80, 100, 120} {
		out := text(t, Text{Width: width, Verbose: true, Bytes: true}, failing(t))
		for l := range strings.Lines(out) {
			if l = strings.TrimSuffix(l, "\n"); columns(l) > width && !strings.Contains(l, "://") {
				t.Errorf("at width %d a line takes %d columns: %q", width, columns(l), l)
			}
			if strings.TrimRight(l, " ") != l {
				t.Errorf("at width %d a line ends with spaces: %q", width, l)
			}
		}
	}
}
