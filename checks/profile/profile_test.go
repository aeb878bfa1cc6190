package profile_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestAWayBackIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"last-event-id", "header:X-Cursor", "query:after", "get:/a/{response.id}?from={n}", "get:", "replay", "none"} {
		r, err := profile.ParseResume(s)
		if err != nil || r.String() != s {
			t.Errorf("%s: got %s, %v", s, r, err)
		}
	}
	for _, s := range []string{"", "auto", "last-event-id:x", "header:", "header:a b", "query:", "replay:x", "none:x", "magic"} {
		if r, err := profile.ParseResume(s); err == nil {
			t.Errorf("%q is read as %s", s, r)
		}
	}
	if got := (profile.Resume{}).String(); got != "none" {
		t.Errorf("the zero value is %s, want none", got)
	}
}

func TestTheRestIsAskedForAsTheWaySays(t *testing.T) {
	t.Parallel()
	first := wire.Request{Method: "POST", URL: "http://a.example/s?q=1", Body: []byte("{}"), Header: wire.Header{
		{Name: "Accept", Value: "text/event-stream"}, {Name: "Content-Type", Value: "application/json"}, {Name: "Last-Event-ID", Value: "old"}}}
	values := func(path string) any {
		return profile.Lookup([]byte(`{"response":{"id":"r/7"},"n":12,"deep":{"list":["x"]}}`), path)
	}
	for _, c := range []struct {
		way, cursor      string
		method, url      string
		field, value     string
		body, impossible bool
	}{
		{way: "last-event-id", cursor: "5", method: "POST", url: first.URL, field: "Last-Event-ID", value: "5", body: true},
		{way: "last-event-id", method: "POST", url: first.URL, field: "Last-Event-ID", body: true},
		{way: "header:X-Cursor", cursor: "5", method: "POST", url: first.URL, field: "X-Cursor", value: "5", body: true},
		{way: "query:after", cursor: "a b", method: "POST", url: "http://a.example/s?after=a+b&q=1", body: true},
		{way: "get:/r/{response.id}?from={$.n}", cursor: "5", method: "GET", url: "http://a.example/r/r%2F7?from=12", field: "Last-Event-ID", value: "5"},
		{way: "get:?x={deep.list.0}", method: "GET", url: "http://a.example/s?x=x"},
		{way: "get:/{last-event-id}", cursor: "9", method: "GET", url: "http://a.example/9"},
		{way: "get:/{nowhere}", impossible: true},
		{way: "get:/{deep}", impossible: true},
		{way: "replay", cursor: "5", method: "POST", url: first.URL, body: true},
		{way: "none", impossible: true},
	} {
		r, err := profile.ParseResume(c.way)
		if err != nil {
			t.Fatal(err)
		}
		next, ok := r.Next(first, profile.Place{Cursor: []byte(c.cursor), Values: values})
		if ok == c.impossible {
			t.Errorf("%s: got ok %v", c.way, ok)
		}
		if !ok {
			continue
		}
		if next.Method != c.method || next.URL != c.url || (len(next.Body) > 0) != c.body {
			t.Errorf("%s: got %s %s with %d bytes, want %s %s", c.way, next.Method, next.URL, len(next.Body), c.method, c.url)
		}
		if c.field != "" && next.Header.Get(c.field) != c.value {
			t.Errorf("%s: got %s %q, want %q", c.way, c.field, next.Header.Get(c.field), c.value)
		}
		if c.method == "GET" && next.Header.Has("Content-Type") {
			t.Errorf("%s: a GET describes a body", c.way)
		}
	}
	if first.Header.Get("Last-Event-ID") != "old" {
		t.Error("the first request was changed")
	}
}

func TestTheStandardsWayIsSeenByIds(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{"id: 1\ndata: a\n\n": "last-event-id", "data: a\n\n": "none", "id: 1\ndata: a\n\nid\ndata: b\n\n": "none"} {
		if got := profile.Detect("GET", stream.Parse(stream.EventStream, []byte(body))).String(); got != want {
			t.Errorf("%q: got %s, want %s", body, got, want)
		}
	}
	if got := profile.Detect("POST", stream.Parse(stream.EventStream, []byte("id: 1\ndata: a\n\n"))).String(); got != "none" {
		t.Errorf("a POST is repeated by %s", got)
	}
}

func TestPathsThatLeadNowhereGiveNothing(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{``, "a"}, {`x`, "a"}, {`{"a":`, "a"}, {`{"a":1}`, "a.b"}, {`{"a":[1]}`, "a.1"}, {`{"a":[1]}`, "a.-1"}, {`{"a":{}}`, "b"}} {
		if v := profile.Lookup([]byte(c[0]), c[1]); v != nil {
			t.Errorf("%s at %s: got %v", c[0], c[1], v)
		}
	}
}
