package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

const appOrigin = "https://app.example"

// shared is an event stream with some fields, as a page on appOrigin is answered.
func shared(method string, fields ...wire.Field) *wire.Exchange {
	return &wire.Exchange{
		Request: wire.Request{Method: method, URL: "https://stream.example/s", Header: wire.Header{{Name: "Origin", Value: appOrigin}}},
		Proto:   "HTTP/1.1", Status: 200, Header: append(wire.Header{{Name: "Content-Type", Value: "text/event-stream"}}, fields...),
		Body: []wire.Chunk{{Data: []byte("id: 1\ndata: a\n\n")}}, End: wire.End{Kind: wire.Complete},
	}
}

// leave is the answer to a preflight for Last-Event-ID.
func leave(fields ...wire.Field) *wire.Exchange {
	x := shared("OPTIONS", fields...)
	x.Request.Header = append(x.Request.Header, wire.Field{Name: "Access-Control-Request-Method", Value: "GET"}, wire.Field{Name: "Access-Control-Request-Headers", Value: "last-event-id"})
	return x
}

func busy(x *wire.Exchange) *wire.Exchange { x.Status = 429; return x }

func allow(value string) wire.Field {
	return wire.Field{Name: "Access-Control-Allow-Origin", Value: value}
}

// paged is a report on a stream and the given visits of a page.
func paged(visits map[wire.Scene][]*wire.Exchange, gaps ...wire.Gap) *Report {
	b := &wire.Bundle{Command: "check", Target: wire.Request{Method: "GET", URL: "https://stream.example/s"}, Origin: appOrigin, Gaps: gaps}
	control := shared("GET")
	control.Request.Header = nil
	b.Recordings = append(b.Recordings, &wire.Recording{Scene: wire.Control, Exchanges: []*wire.Exchange{control}})
	for _, s := range []wire.Scene{wire.CrossOrigin, wire.CrossResume, wire.Script, wire.ScriptResume} {
		if xs := visits[s]; xs != nil {
			b.Recordings = append(b.Recordings, &wire.Recording{Scene: s, Exchanges: xs})
		}
	}
	return &Report{Command: "check", Evidence: checks.NewEvidence(b)}
}

func one(xs ...*wire.Exchange) []*wire.Exchange { return xs }

func TestEachClientIsToldWhatItCanDo(t *testing.T) {
	t.Parallel()
	good := allow("*")
	for _, tc := range []struct {
		says   string
		report *Report
		want   []string
	}{
		{"who can do everything", paged(map[wire.Scene][]*wire.Exchange{
			wire.CrossOrigin: one(shared("GET", good)), wire.CrossResume: one(shared("GET", good)), wire.Script: one(shared("GET", good)),
			wire.ScriptResume: one(leave(good, wire.Field{Name: "Access-Control-Allow-Headers", Value: "last-event-id"}), shared("GET", good)),
		}), []string{"✓ EventSource opens, and comes back", "✓ fetch() opens, and comes back"}},
		{"who is blocked, and by what", paged(map[wire.Scene][]*wire.Exchange{
			wire.CrossOrigin: one(shared("GET", good, good)), wire.Script: one(shared("GET")),
		}), []string{`✗ EventSource blocked: Access-Control-Allow-Origin is sent 2 times`, "✗ fetch() blocked: the answer has no Access-Control-Allow-Origin"}},
		{"who cannot come back", paged(map[wire.Scene][]*wire.Exchange{
			wire.CrossOrigin: one(shared("GET", good)), wire.CrossResume: one(shared("GET", allow("https://other.example"))),
			wire.Script: one(shared("GET", good)), wire.ScriptResume: one(leave(good)),
		}), []string{"! EventSource opens, but cannot resume: Access-Control-Allow-Origin is", "! fetch() opens, but cannot resume: the answer to the preflight has no Access-Control-Allow-Headers, which must list last-event-id"}},
		{"what was not asked", paged(map[wire.Scene][]*wire.Exchange{wire.CrossOrigin: one(shared("GET", good))},
			wire.Gap{Scene: wire.CrossResume, Moot: true, Reason: "no event has an id"}, wire.Gap{Scene: wire.Script, Reason: wire.RequestsSpent}),
			[]string{"✓ EventSource opens; no event has an id", "? fetch() not known: the request budget was spent"}},
		{"what our own rate may have spoilt", paged(map[wire.Scene][]*wire.Exchange{wire.CrossOrigin: one(busy(shared("GET"))), wire.Script: one(busy(shared("GET", good)))}),
			[]string{"? EventSource not known: the answer was 429, perhaps because our rate is limited", "? fetch() not known: the answer was 429"}},
	} {
		got := strings.Join(strings.Fields(text(t, Text{Width: 200}, tc.report)), " ")
		for _, want := range append(tc.want, "From a page on "+appOrigin) {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing in %s", tc.says, want, got)
			}
		}
	}
}

func TestNobodyIsToldOfPagesWhereNoneWasNamed(t *testing.T) {
	t.Parallel()
	r := paged(nil)
	r.Evidence.Bundle.Origin = ""
	var b bytes.Buffer
	if err := JSON(&b, []*Document{r.Document()}); err != nil {
		t.Fatal(err)
	}
	if out := text(t, Text{}, r) + b.String(); strings.Contains(out, "From a page") || strings.Contains(out, `"page"`) {
		t.Errorf("got %s", out)
	}
}

// TestWhatAServerWritesIntoItsFieldsIsHarmless gives the fields what a terminal would obey, and more than anybody reads.
func TestWhatAServerWritesIntoItsFieldsIsHarmless(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"\x1b]0;owned\a\u202e", strings.Repeat("x", 1<<20), "a\r\nb\x00"} {
		r := paged(map[wire.Scene][]*wire.Exchange{wire.CrossOrigin: one(shared("GET", allow(value))), wire.Script: one(shared("GET", allow(value)))})
		out := text(t, Text{}, r)
		var b bytes.Buffer
		if err := JSON(&b, []*Document{r.Document()}); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexAny(out+b.String(), "\x1b\a\x00\r\u202e"); i >= 0 || len(out)+b.Len() > 8000 {
			t.Errorf("%.20q: %d bytes of text and %d of JSON, a control character at %d", value, len(out), b.Len(), i)
		}
	}
}

func TestTheJSONReportNamesFieldAndValue(t *testing.T) {
	t.Parallel()
	r := paged(map[wire.Scene][]*wire.Exchange{wire.CrossOrigin: one(shared("GET", allow("null"))), wire.Script: one(shared("GET", allow(appOrigin)))})
	r.Evidence.Bundle.Include = true
	var b bytes.Buffer
	if err := JSON(&b, []*Document{r.Document()}); err != nil {
		t.Fatal(err)
	}
	var got struct{ Page Readers }
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := `{https://app.example true [` +
		`{EventSource blocked Access-Control-Allow-Origin null Access-Control-Allow-Origin is "null", and must be https://app.example byte for byte} ` +
		`{fetch() blocked Access-Control-Allow-Credentials  the answer has no Access-Control-Allow-Credentials: a request with credentials needs it, with the value true}]}`
	if fmt.Sprint(got.Page) != want {
		t.Errorf("got %v\nwant %s", got.Page, want)
	}
}
