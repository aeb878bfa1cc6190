package recovery

import (
	"testing"

	"github.com/ssespec/ssespec/checks/wire"
)

func TestEventsAreListedAsAPersonSaysThem(t *testing.T) {
	t.Parallel()
	for want, events := range map[string][]string{
		"events":                               nil,
		"event 8":                              {"8"},
		"events 8 and 9":                       {"8", "9"},
		"events 8 to 11":                       {"8", "9", "10", "11"},
		"events 7-3 to 7-5":                    {"7-3", "7-4", "7-5"},
		"events 3, 5 and 7":                    {"3", "5", "7"},
		"7 events from a to b":                 {"a", "c", "x", "y", "z", "q", "b"},
		"events 9007199254 and x":              {"9007199254", "x"},
		"events a1, b2 and c3":                 {"a1", "b2", "c3"},
		"events 1, 2 and 2":                    {"1", "2", "2"},
		"events 18446744073709551615, 1 and 2": {"18446744073709551615", "1", "2"},
	} {
		if got := Span(events); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatWasDoneIsSaidInWords(t *testing.T) {
	t.Parallel()
	cut := func(kind wire.FaultKind, aim string, event int, id string, half bool) Cut {
		return Cut{Fault: &wire.Fault{Kind: kind, Aim: aim, Landed: 9}, Event: event, ID: id, Half: half}
	}
	for _, c := range []struct {
		schedule, want string
		cuts           []Cut
	}{
		{"event:5/rst", "cut after event 5 by reset", []Cut{cut(wire.RST, "event:5/rst", 5, "5", false)}},
		{"event:5/rst", "cut after event abc by reset", []Cut{cut(wire.RST, "event:5/rst", 5, "abc", false)}},
		{"event:5/rst", "cut after event 5 by reset", []Cut{cut(wire.RST, "event:5/rst", 5, "an id that is too long to be a name", false)}},
		{"event:5+3/fin", "cut inside event 8 by FIN", []Cut{cut(wire.FIN, "event:5+3/fin", 5, "7", true)}},
		{"event:5+3/fin", "cut inside the event behind abc by FIN", []Cut{cut(wire.FIN, "event:5+3/fin", 5, "abc", true)}},
		{"after-id:6/stall", "cut behind the id line of event 6 by silence", []Cut{cut(wire.Stall, "after-id:6/stall", 5, "5", true)}},
		{"before-end/fin", "cut behind the last event by FIN", []Cut{cut(wire.FIN, "before-end/fin", 5, "5", false)}},
		{"event:5/rst,event:1/fin", "cut after event 5 by reset, then cut after event 6 by FIN",
			[]Cut{cut(wire.RST, "event:5/rst", 5, "5", false), cut(wire.FIN, "event:1/fin", 1, "6", false)}},
		{"event:5/rst,refuse:2s,cursor:unknown", "cut after event 5 by reset, then refused for 2s, back with an id that was never given",
			[]Cut{cut(wire.RST, "event:5/rst", 5, "5", false), cut(wire.Refuse, "refuse:2s", 0, "", false), cut(wire.Refuse, "refuse:2s", 0, "", false)}},
		{"latency:50ms", "everything delayed by 50ms", []Cut{cut(wire.Latency, "latency:50ms", 5, "5", false)}},
		{"slice:1", "delivered in pieces of 1 byte", []Cut{cut(wire.Slice, "slice:1", 5, "5", false)}},
		{"event:9/rst", "event:9/rst", nil},
	} {
		j := Judgment{Recording: &wire.Recording{Trial: &wire.Trial{Schedule: c.schedule}}, Cuts: c.cuts}
		if got := j.Did(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.schedule, got, c.want)
		}
	}
}

func texts(typ, done string, data ...string) []item {
	var out []item
	for _, d := range data {
		out = append(out, item{typ: typ, data: []byte(d)})
	}
	return append(out, item{typ: "done", data: []byte(done)})
}

func TestATextThatIsRepeatedAtTheEndIsFound(t *testing.T) {
	t.Parallel()
	whole := texts("", `{"all":{"text":"abc"}}`, `{"delta":"a","id":"x"}`, `{"delta":"b","id":"x"}`, `{"delta":"c","id":"x"}`)
	r := restates(whole)
	if r == nil || r.piece != "delta" || r.whole != "all.text" {
		t.Fatalf("got %+v", r)
	}
	if pieces, said, ok := r.compare(whole); !ok || pieces != said {
		t.Errorf("got %q and %q, %v", pieces, said, ok)
	}
	lost := append(append([]item{}, whole[:1]...), whole[2:]...)
	if pieces, said, ok := r.compare(lost); !ok || pieces != "ac" || said != "abc" {
		t.Errorf("got %q and %q, %v", pieces, said, ok)
	}
	if _, _, ok := r.compare(whole[:2]); ok {
		t.Error("a text that did not come is compared")
	}
	for name, items := range map[string][]item{
		"one piece is no proof":         texts("", `{"text":"a"}`, `{"delta":"a"}`),
		"the whole in the same type":    texts("done", `{"delta":"ab"}`, `{"delta":"a"}`, `{"delta":"b"}`),
		"another text":                  texts("", `{"text":"abd"}`, `{"delta":"a"}`, `{"delta":"b"}`, `{"delta":"c"}`),
		"no JSON":                       texts("", `[DONE]`, `a`, `b`),
		"what every event says is none": texts("", `{"model":"m"}`, `{"model":"m"}`, `{"model":"m"}`),
	} {
		if r := restates(items); r != nil {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestOnlyPointsInTimeMayChangeFromAnswerToAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x, y  string
		alike bool
	}{
		{`{"t":1700000000,"a":"x"}`, `{"a":"x","t":1700000009}`, true},
		{`{"t":"2026-01-02T03:04:05Z"}`, `{"t":"2026-01-02T03:04:06.5Z"}`, true},
		{`{"a":{"t":1700000000.5}}`, `{"a":{"t":1700000001.5}}`, true},
		{`{"a":1}`, `{"a":2}`, false},
		{`{"a":"x"}`, `{"a":"y"}`, false},
		{`{"t":1700000000}`, `{"t":1700000000,"b":1}`, false},
		{`{"t":1700000000}`, `{"u":1700000000}`, false},
		{`[1700000000]`, `[1700000001]`, false},
		{`1700000000`, `1700000001`, false},
	} {
		x, ok1 := parsed([]byte(c.x))
		y, ok2 := parsed([]byte(c.y))
		if got := ok1 && ok2 && differing(x, y, "", map[string]bool{}); got != c.alike {
			t.Errorf("%s and %s: got %v, want %v", c.x, c.y, got, c.alike)
		}
	}
}
