package chaos_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/wire"
)

// spots are all kinds of places, with and without numbers.
func spots() []chaos.Spot {
	var out []chaos.Spot
	for _, w := range chaos.Wheres {
		out = append(out, chaos.Spot{Where: w}, chaos.Spot{Where: w, N: 12})
	}
	return append(out, chaos.Spot{Where: chaos.AtEvent, N: 5, Plus: 7}, chaos.Spot{Where: chaos.AtEvent, Plus: 1})
}

// steps are all steps: every fault, at every place if it has one, and every turn.
func steps(t *testing.T) []chaos.Step {
	var out []chaos.Step
	for _, word := range chaos.FaultWords() {
		for _, arg := range []string{"", ":503", ":1m30s", ":250ms"} {
			placed, err := chaos.ParseSchedule("event:1/" + word + arg)
			if err == nil {
				for _, p := range spots() {
					s := placed[0]
					s.Spot = p
					out = append(out, s)
				}
			}
			if bare, err := chaos.ParseSchedule("event:1/rst," + word + arg); err == nil {
				out = append(out, bare[1])
			}
		}
	}
	for _, turn := range []chaos.Turn{chaos.Cookies, chaos.Twice, chaos.Together, chaos.Another, chaos.Lowercase, chaos.Address} {
		out = append(out, chaos.Step{Turn: turn})
	}
	for _, c := range chaos.Cursors {
		out = append(out, chaos.Step{Turn: chaos.UseCursor, Arg: c})
	}
	out = append(out, chaos.Step{Turn: chaos.Wait, For: 1500 * time.Millisecond})
	if kinds := kindsOf(out); len(kinds) != 19 {
		t.Fatalf("got %d faults %v, want 19: each must be written in some way", len(kinds), kinds)
	}
	return out
}

func kindsOf(steps []chaos.Step) map[wire.FaultKind]int {
	kinds := map[wire.FaultKind]int{}
	for _, s := range steps {
		if s.Kind != "" {
			kinds[s.Kind]++
		}
	}
	return kinds
}

func wantSame(t interface{ Errorf(string, ...any) }, s chaos.Schedule) {
	again, err := chaos.ParseSchedule(s.String())
	if err != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("%q is read as %#v (%v), want %#v", s, again, err, s)
	}
}

func TestEveryStepIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	cut := chaos.Step{Spot: chaos.Spot{Where: chaos.AtEvent, N: 1}, Kind: wire.RST}
	for _, s := range steps(t) {
		wantSame(t, chaos.Schedule{s, cut})
		wantSame(t, chaos.Schedule{cut, s})
	}
}

func TestSchedulesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	all := steps(t)
	rapid.Check(t, func(t *rapid.T) {
		s := chaos.Schedule(rapid.SliceOfN(rapid.SampledFrom(all), 1, 8).Draw(t, "steps"))
		for i := range s {
			n := rapid.IntRange(1, 1<<40).Draw(t, "number")
			if s[i].Spot.N > 0 {
				s[i].Spot.N = n
			}
			if s[i].N > 0 && s[i].Kind != wire.Status {
				s[i].N = n
			}
			if s[i].For > 0 {
				s[i].For = time.Duration(n%1e6+1) * time.Millisecond
			}
		}
		if disturbs := slices.ContainsFunc(s, func(s chaos.Step) bool { return s.Spot.Where != "" || s.Kind.Shapes() }); !disturbs {
			t.Skip("nothing is disturbed")
		}
		wantSame(t, s)
	})
}

func TestSpacesBehindCommasDoNotMatter(t *testing.T) {
	t.Parallel()
	s, err := chaos.ParseSchedule("event:5/rst, wait:2s , cursor:first")
	if err != nil || s.String() != "event:5/rst,wait:2s,cursor:first" {
		t.Errorf("got %q, %v", s, err)
	}
}

func TestNonsenseIsRefusedByName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               `"" is neither a fault nor a turn`,
		"event:5/rst,":                   `"" is neither a fault nor a turn`,
		"event:5/explode":                `"explode" is neither a fault nor a turn`,
		"event:5/":                       `"" is neither a fault nor a turn`,
		"event:5/wait:1s":                `"wait" is neither a fault nor a turn`,
		"noon/rst":                       `"noon" is no place`,
		"/rst":                           `"" is no place`,
		"event/rst":                      "event needs a number, such as event:5",
		"byte/rst":                       "byte needs a number, such as byte:5",
		"event:/rst":                     `"event:" is no place`,
		"event:x/rst":                    `"event:x" is no place`,
		"event:-1/rst":                   `"event:-1" is no place`,
		"event:5+/rst":                   `"event:5+" is no place`,
		"event:5+-7/rst":                 `"event:5+-7" is no place`,
		"event:5+7+7/rst":                `"event:5+7+7" is no place`,
		"byte:5+7/rst":                   `"byte:5+7" is no place`,
		"inside-id:5+7/rst":              `"inside-id:5+7" is no place`,
		"event:99999999999999999999/rst": "is no place",
		"event:5/rst:3":                  "reset takes no value",
		"event:5/fin:2s":                 "fin takes no value",
		"event:5/flip:1":                 "flip takes no value",
		"event:5/stall:soon":             `"soon" is no duration, such as 2s`,
		"event:5/stall:-1s":              `"-1s" is no duration`,
		"event:5/slow-close":             `"" is no duration`,
		"event:5/slow-close:0s":          `"0s" is no duration`,
		"latency":                        `"" is no duration`,
		"latency:50":                     `"50" is no duration`,
		"jitter:x":                       `"x" is no duration`,
		"bandwidth":                      "bandwidth needs a number, such as bandwidth:50",
		"bandwidth:0":                    "bandwidth needs a number",
		"slice:-3":                       "slice needs a number, such as slice:7",
		"event:5/rst,status:bad":         "status needs a number, such as status:503",
		"event:5/rst,refuse":             `"" is no duration`,
		"event:5/rst,dns:x":              "dns takes no value",
		"event:5/refuse:2s":              "refuse takes no place",
		"event:5/latency:2s":             "latency takes no place",
		"rst":                            "rst needs a place, such as event:5/rst",
		"half-close":                     "half-close needs a place, such as event:5/half-close",
		"event:5/rst,cursor":             `"" is no cursor: first, last`,
		"event:5/rst,cursor:middle":      `"middle" is no cursor: first, last`,
		"event:5/rst,wait":               `"" is no duration`,
		"event:5/rst,wait:long":          `"long" is no duration`,
		"refuse:2s":                      `"refuse:2s" disturbs no stream`,
		"cursor:first,wait:2s,rivals":    "disturbs no stream: it needs a step such as event:5/rst",
	} {
		if _, err := chaos.ParseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// What a step does not take must not be swallowed: a user would believe that it counts.
func TestWhatIsNotTakenIsNotSwallowed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"event:5/rst,twice:7", "event:5/rst,rival:x", "event:5/rst,cookies:a=b", "event:5/rst,address:10.0.0.1",
		"event:5++7/rst", "event:5/rst,status:7", "event:5/rst,status:1000", "latency:100us",
	} {
		if s, err := chaos.ParseSchedule(text); err == nil {
			t.Errorf("%q was taken for %q", text, s)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	for _, s := range []string{"event:5+7/rst,refuse:2s,event:1/fin,cursor:first", "byte:0/stall:1h", "slice:3", "a/b:c+d,,:", "wait:9e9h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			t.Skip()
		}
		s, err := chaos.ParseSchedule(text)
		switch {
		case err == nil:
			wantSame(t, s)
		case err.Error() == "":
			t.Error("an error without a word")
		}
	})
}

func TestASweepVisitsEveryPlaceOrAnEvenSample(t *testing.T) {
	t.Parallel()
	c := &chaos.Course{Events: 3, Body: 100, Borders: []int{30, 60, 100}, Finite: true}
	trials, tried, places := c.Sweep(nil, 1000)
	if tried != 99 || places != 99 || len(trials) != 2*2+97 { // 100 is the end, and both borders are cut in two ways
		t.Errorf("got %d trials of %d places of %d", len(trials), tried, places)
	}
	huge := &chaos.Course{Events: 40_000, Body: 8 << 20, Finite: true}
	for i := range huge.Events {
		huge.Borders = append(huge.Borders, (i+1)*(huge.Body/huge.Events))
	}
	trials, tried, places = huge.Sweep(nil, 500)
	if len(trials) > 510 || len(trials) < 450 || tried >= places {
		t.Errorf("got %d trials of %d places of %d, want about 500", len(trials), tried, places)
	}
	endless := &chaos.Course{Events: 3, Body: 100, Borders: []int{30, 60, 100}}
	if _, _, places := endless.Sweep(nil, 1000); places > 60 {
		t.Errorf("a stream without end is cut at %d places, want those up to its middle", places)
	}
}
