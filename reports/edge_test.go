package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// remedies is a table with one product that a field names, one that a number speaks for, and a general remedy.
const remedies = `
products:
  - name: nginx
    title: nginx
    signs: [{answer: {Server: '^nginx'}}]
    causes:
      - {class: byte-held, bytes: [4096], says: proxy_buffering collects the answer., fix: "proxy_buffering off;\nproxy_http_version 1.1;", wrong: add_header., evidence: measured, source: "https://nginx.org/x", date: 2026-11-23}
      - {class: byte-held, bytes: [4096], says: another setting., when: it is set, none: There is no line for it., evidence: reported, source: "https://nginx.org/y", date: 2026-11-23}
  - name: other
    title: Another
    causes:
      - {class: byte-held, bytes: [4096], says: it has such a buffer., fix: flush(), evidence: reported, source: "https://other.example/", date: 2026-11-23}
general:
  - {class: byte-held, says: say so to all., fix: "X-Accel-Buffering: no", evidence: measured, source: "https://all.example/", date: 2026-11-23}
`

func table(t *testing.T) remedy.Table {
	t.Helper()
	r, err := remedy.Read("remedies", strings.NewReader(remedies))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// paced is an exchange of ten events, of which each five came together.
func paced(route string, hold bool) *wire.Exchange {
	x := &wire.Exchange{
		Request: wire.Request{Method: "GET", URL: "http://" + route + ".example/"}, Case: wire.Case("route=" + route + " run=1 version=HTTP/1.1"),
		Proto: "HTTP/1.1", Status: 200, Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}, {Name: "Server", Value: "nginx/1.22.1"}},
		End: wire.End{Kind: wire.Complete, At: 2 * time.Second},
	}
	hit := &wire.Hit{Request: wire.Request{Method: "GET", URL: "/", Proto: "HTTP/1.1"}, Status: 200, End: wire.Finished, EndAt: 2 * time.Second}
	for i := range 10 {
		at := time.Duration(100+200*i-i*i%7*10) * time.Millisecond
		event := fmt.Appendf(nil, "id: %d\ndata: x\n\n", i)
		hit.Sent = append(hit.Sent, wire.Chunk{At: at, Data: event})
		if hold {
			at = time.Duration(i/5+1) * 980 * time.Millisecond
		}
		x.Body = append(x.Body, wire.Chunk{At: at, Data: event})
	}
	x.Hits = []*wire.Hit{hit}
	return x
}

// crossing is a report on a hop before an origin of ours that holds events.
func crossing(t *testing.T) *Report {
	t.Helper()
	b := &wire.Bundle{Command: "edge", Target: wire.Request{Method: "GET", URL: "http://via.example/"}, Depth: "quick",
		Hops:       []wire.Hop{{Name: "direct", URL: "http://direct.example/"}, {Name: "via", URL: "http://via.example/"}},
		Recordings: []*wire.Recording{{Scene: wire.EdgePace, Exchanges: []*wire.Exchange{paced("direct", false), paced("via", true)}}}}
	ev := checks.NewEvidence(b)
	v := ev.View(wire.EdgePace)
	c := &checks.Check{ID: "demo/held", Title: "Bytes must not wait", Level: checks.Must, Fix: "Switch it off."}
	return &Report{Command: "edge", Evidence: ev, Remedies: table(t), Exit: 1, Why: "1 rule failed", Results: []checks.Result{{Check: c, Level: checks.Must,
		Outcome: checks.Broke(10, v.At(0, 0, "a buffer of 4096 bytes")).Shows(remedy.Symptom{Class: remedy.ByteHeld, Bytes: 4096})}}}
}

func TestTextOfAnEdge(t *testing.T) {
	t.Parallel()
	golden(t, "edge-80", text(t, Text{Width: 80}, crossing(t)))
	golden(t, "edge-verbose", text(t, Text{Width: 120, Verbose: true}, crossing(t)))
}

func TestJSONOfAnEdge(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := JSON(&b, []*Document{crossing(t).Document()}); err != nil {
		t.Fatal(err)
	}
	golden(t, "edge-json", b.String())
}

func TestOfEachHopTheFirstStreamIsDrawn(t *testing.T) {
	t.Parallel()
	r := crossing(t)
	b := r.Evidence.Bundle
	b.Hops = []wire.Hop{{Name: "direct"}, {Name: "inner"}, {Name: "via"}, {Name: "nowhere"}}
	inner := paced("inner", false)
	inner.Hits = nil
	mute := &wire.Exchange{Case: "route=via", End: wire.End{Kind: wire.Silent, At: time.Second}}
	b.Recordings = []*wire.Recording{{Scene: wire.EdgeAnswers, Exchanges: []*wire.Exchange{paced("direct", false), inner, inner, mute}}}
	r.Evidence, r.Results = checks.NewEvidence(b), nil
	var got []string
	for _, tr := range r.tracks() {
		got = append(got, fmt.Sprint(tr.name, " ", len(tr.moments)))
	}
	if want := "direct 10, inner 10, via 0"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestTracksSayWhatTheyLeaveOut(t *testing.T) {
	t.Parallel()
	r := crossing(t)
	feed := &wire.Exchange{Case: "route=via", Status: 200, Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}},
		Body: []wire.Chunk{{Data: bytes.Repeat([]byte("data: x\n\n"), mostMoments+7)}}}
	r.Evidence.Bundle.Recordings = []*wire.Recording{{Scene: wire.EdgeAnswers, Exchanges: []*wire.Exchange{feed}}}
	r.Evidence, r.Results = checks.NewEvidence(r.Evidence.Bundle), nil
	d := r.Document()
	if n := len(d.Edge.Tracks); n != 1 || len(d.Edge.Tracks[0].AtMS) != mostMoments || d.Edge.Tracks[0].Left != 7 {
		t.Fatalf("got %d tracks, the first with %d moments, want %d and 7 left out", n, len(d.Edge.Tracks[0].AtMS), mostMoments)
	}
	if page := pageOf(t, []*Document{d}); !strings.Contains(page, "Not drawn: 7 later events of via.") {
		t.Error("the page does not say what it does not draw")
	}
}

func TestARemedyIsToldOnceAndForWhatIsKnownToBeThere(t *testing.T) {
	t.Parallel()
	r := crossing(t)
	again := *r.Results[0].Check
	again.ID = "demo/again"
	second := r.Results[0]
	second.Check = &again
	r.Results = append(r.Results, second)
	if got, want := fmt.Sprint(r.suspects()), "[nginx: proxy_buffering collects the answer. nginx: another setting.]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	ev := r.Evidence.Bundle.Recordings[0]
	for _, x := range ev.Exchanges {
		x.Header = x.Header.Without("Server")
	}
	if got, want := fmt.Sprint(r.suspects()), "[nginx: proxy_buffering collects the answer. Another: it has such a buffer.]"; got != want {
		t.Errorf("without a sign: got %s, want %s", got, want)
	}
	r.Products = []string{"other"}
	if got, want := fmt.Sprint(r.suspects()), "[Another: it has such a buffer.]"; got != want {
		t.Errorf("where the user says it: got %s, want %s", got, want)
	}
	r.Results[0].Verdict, r.Results[1].Verdict = checks.Pass, checks.Inconclusive
	if got := r.cures(); len(got) > 0 {
		t.Errorf("what did not fail needs no remedy, got %v", got)
	}
}
