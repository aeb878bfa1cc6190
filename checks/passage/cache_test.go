package passage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

// zero is when the first reader of these tests asked.
var zero = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// reading is an exchange of a reader that began so late and was given a body. The origin was asked with it where it
// sent events, one each 100 ms.
func reading(name string, began time.Duration, body string, sent ...string) *wire.Exchange {
	x := &wire.Exchange{Case: wire.Case("route=via control=none reader=" + name), Began: zero.Add(began), Status: 200, Body: []wire.Chunk{{Data: []byte(body)}}}
	if len(sent) > 0 {
		h := &wire.Hit{Status: 200}
		for i, s := range sent {
			h.Sent = append(h.Sent, wire.Chunk{At: time.Duration(i) * 100 * time.Millisecond, Data: []byte(s)})
		}
		x.Hits = []*wire.Hit{h}
	}
	return x
}

func answer(n, event int) string { return fmt.Sprintf("id: %d-%d\ndata: x\n\n", n, event) }

func TestWhoseAnswerAReaderWasGiven(t *testing.T) {
	t.Parallel()
	a, b, c := answer(0, 1), answer(0, 2), answer(0, 3)
	first := reading("first", 0, a+b+c, a, b, c)
	for name, tt := range map[string]struct {
		reader *wire.Exchange
		want   passage.Reading
	}{
		"its own":                       {reading("second", 150*time.Millisecond, answer(1, 1), answer(1, 1)), passage.Reading{From: passage.Own, Events: 1}},
		"all of the first one's, later": {reading("later", time.Second, a+b+c), passage.Reading{From: passage.Borrowed, Whose: "first", Past: 3, Events: 3}},
		"the first one's, with a past":  {reading("second", 150*time.Millisecond, a+b+c), passage.Reading{From: passage.Borrowed, Whose: "first", Past: 2, Events: 3}},
		"the first one's, from now on":  {reading("second", 150*time.Millisecond, c), passage.Reading{From: passage.Borrowed, Whose: "first", Past: 0, Events: 1}},
		"a recording though it was asked for": {
			reading("later", time.Second, a+b+c, answer(1, 1)), passage.Reading{From: passage.Borrowed, Whose: "first", Past: 3, Events: 3}},
		"an answer of the hop's":  {reading("later", time.Second, "Bad Gateway"), passage.Reading{}},
		"an answer of nobody's":   {reading("later", time.Second, answer(7, 1)), passage.Reading{Events: 1}},
		"nothing":                 {reading("later", time.Second, ""), passage.Reading{}},
		"the beginning of events": {reading("later", time.Second, "id: 0-1\nda"), passage.Reading{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := passage.Readings([]*wire.Exchange{first, tt.reader})
			tt.want.Exchange, tt.want.Control, tt.want.Reader = 1, "none", tt.reader.Case.Get("reader")
			if len(got) != 2 || got[0].From != passage.Own || got[1] != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestReadersOfOtherURLsAreOthers(t *testing.T) {
	t.Parallel()
	first, later := reading("first", 0, answer(0, 1), answer(0, 1)), reading("later", time.Second, answer(0, 1))
	later.Case = "route=via control=no-store reader=later"
	if got := passage.Readings([]*wire.Exchange{first, later})[1]; got.From != passage.Unfound {
		t.Errorf("got %+v", got)
	}
}
