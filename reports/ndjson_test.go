package reports

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestNDJSONOfAGate(t *testing.T) {
	t.Parallel()
	golden(t, "gate-ndjson", written(t, NDJSON, gated(t)))
}

// lineOf reads of a line what a T holds.
func lineOf[T any](t *testing.T, line string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(line), &out); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return out
}

func TestNDJSONTellsEachThingOnALine(t *testing.T) {
	t.Parallel()
	ds := append(gated(t), crossing(t).Document())
	var want []string
	for _, d := range ds {
		name := d.Target.Name
		if name == "" {
			name = d.Target.URL
		}
		say := func(kind string, n int) {
			want = append(want, slices.Repeat([]string{name + " " + d.Run + " " + kind}, n)...)
		}
		say("run", 1)
		say("result", len(d.Results))
		say("trial", len(d.Chaos))
		if d.Edge != nil {
			say("edge", 1)
		}
		say("end", 1)
	}
	var got []string
	var results []Result
	var trials []Trial
	for line := range strings.Lines(written(t, NDJSON, ds)) {
		head := lineOf[lineHead](t, line)
		got = append(got, head.Target+" "+head.Run+" "+head.Type)
		switch head.Type {
		case "result":
			results = append(results, lineOf[Result](t, line))
		case "trial":
			trials = append(trials, lineOf[Trial](t, line))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the lines are\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var wantResults []Result
	var wantTrials []Trial
	for _, d := range ds {
		wantResults, wantTrials = append(wantResults, d.Results...), append(wantTrials, d.Chaos...)
	}
	if !reflect.DeepEqual(results, wantResults) || !reflect.DeepEqual(trials, wantTrials) {
		t.Errorf("the results or the trials are not those of the documents")
	}
}

func TestProgressIsALineOfItsOwn(t *testing.T) {
	t.Parallel()
	got, err := Progress{Target: "chat", Run: "check", AtMS: 12.5, Phase: "watching\nit\u202e", Done: 1, Of: 7}.Line()
	want := `{"type":"progress","target":"chat","run":"check","at_ms":12.5,"phase":"watching\nit\u202e","done":1,"of":7}` + "\n"
	if err != nil || string(got) != want {
		t.Errorf("the line is %s (%v), want %s", got, err, want)
	}
}

func TestHostileNDJSONIsSound(t *testing.T) {
	t.Parallel()
	lines := strings.Count(written(t, NDJSON, gated(t)), "\n")
	for name, s := range merged(attacks, map[string]string{"injections": injections}) {
		report := written(t, NDJSON, spoiled(gated(t), s))
		harmless(t, name, strings.ReplaceAll(report, "\ufffd", "")) // which encoding/json puts for what is no UTF-8
		if got := strings.Count(report, "\n"); got != lines {
			t.Errorf("%s: there are %d lines, want %d", name, got, lines)
		}
		for line := range strings.Lines(report) {
			if lineOf[lineHead](t, line).Type != "result" {
				continue
			}
			got, want := lineOf[Result](t, line).Reason, strings.ToValidUTF8(s, "\ufffd")
			if !strings.HasSuffix(wordsOf(got), wordsOf(want)) {
				t.Errorf("%s: a reason reads %q, want its end to be %q", name, got, want)
			}
		}
	}
}

// wordsOf leaves out what stands for bytes that are no UTF-8, one or several of them.
func wordsOf(s string) string { return strings.ReplaceAll(s, "\ufffd", "") }
