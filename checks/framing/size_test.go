package framing

import (
	"bytes"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// bundle is a control recording of an event stream that ended well.
func bundle(body []byte) *wire.Bundle {
	x := &wire.Exchange{
		Request: wire.Request{Method: "GET", URL: "http://127.0.0.1/"}, Proto: "HTTP/2.0", Status: 200,
		Header: wire.Header{{Name: "Content-Type", Value: "text/event-stream"}},
		Body:   []wire.Chunk{{Data: body}}, End: wire.End{Kind: wire.Complete},
	}
	return &wire.Bundle{Recordings: []*wire.Recording{{Scene: wire.Control, Exchanges: []*wire.Exchange{x}}}}
}

func TestLineSizeCountsEventsOfManyLines(t *testing.T) {
	line := []byte("data: 01234567890123\n")
	body := append(bytes.Repeat(line, clientLimit/len(line)+1), '\n')
	r := checks.Suite{lineSize}.Judge(checks.NewEvidence(bundle(body)))[0]
	if r.Verdict != checks.Fail || len(r.Findings) != 1 || r.Findings[0].Where.Hi != len(body) {
		t.Errorf("got %s, %s, %v; want one finding on the whole event", r.Verdict, r.Reason, r.Findings)
	}
}
