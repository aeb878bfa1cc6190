package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// gravities are exit codes in the order in which one outweighs another.
var gravities = []int{130, 70, 2, 3, 1, 4, 0}

// A runEnd is what came of a run, in one word.
type runEnd struct {
	Word string
	Tone string // good, bad, warn or fault
	Many string // of several runs: how many …
}

// endings has a word for each exit code.
var endings = map[int]runEnd{
	0:   {"PASS", "good", "passed"},
	1:   {"FAIL", "bad", "failed"},
	2:   {"MISTAKE", "bad", "asked for wrongly"},
	3:   {"NO STREAM", "bad", "without a stream"},
	4:   {"INCONCLUSIVE", "warn", "inconclusive"},
	70:  {"BROKEN", "fault", "broken"},
	130: {"INTERRUPTED", "warn", "interrupted"},
}

// endOf returns what came of a run, by its exit code.
func endOf(exit int) runEnd {
	if e, ok := endings[exit]; ok {
		return e
	}
	return endings[1]
}

// gravest returns the document by which the end of all is told, or nil.
func gravest(ds []*Document) *Document {
	if len(ds) == 0 {
		return nil
	}
	return slices.MinFunc(ds, func(a, b *Document) int {
		return cmp.Compare(slices.Index(gravities, a.Exit), slices.Index(gravities, b.Exit))
	})
}

// apart tells runs from what a gate says of its own files, which is no run, and says why it does not let that pass.
func apart(ds []*Document) (runs []*Document, files []string) {
	for _, d := range ds {
		switch {
		case d.Run != "gate":
			runs = append(runs, d)
		case d.Exit != 0:
			files = append(files, d.Why)
		}
	}
	return runs, files
}

// tally counts runs by how they ended, the gravest first.
func tally(runs []*Document, word func(exit int) string) []string {
	var out []string
	for _, exit := range gravities {
		n := 0
		for _, d := range runs {
			if d.Exit == exit {
				n++
			}
		}
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, word(exit)))
		}
	}
	return out
}

// beginning returns when the first of some documents began; zero where none says so.
func beginning(ds []*Document) time.Time {
	var first time.Time
	for _, d := range ds {
		if t, err := time.Parse(time.RFC3339Nano, d.Began); err == nil && (first.IsZero() || t.Before(first)) {
			first = t.UTC()
		}
	}
	return first
}
