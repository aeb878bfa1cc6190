package wire

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reads makes one chunk of each text, a second apart.
func reads(texts ...string) []Chunk {
	var cs []Chunk
	for i, s := range texts {
		cs = append(cs, Chunk{time.Duration(i+1) * time.Second, []byte(s)})
	}
	return cs
}

func TestTextKnowsWhenEachByteCame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reads []Chunk
		want  []int // the second of each byte, then of the offset behind the last one and the one behind that
	}{
		"nothing was read":                         {nil, []int{0, 0}},
		"one read":                                 {reads("ab"), []int{1, 1, 1, 1}},
		"several reads":                            {reads("ab", "c", "de"), []int{1, 1, 2, 3, 3, 3, 3}},
		"a read that brought nothing":              {reads("a", "", "b"), []int{1, 3, 3, 3}},
		"the first read brought nothing":           {reads("", "a"), []int{2, 2, 2}},
		"the last read brought nothing":            {reads("a", "b", ""), []int{1, 2, 2, 2}},
		"no read brought anything":                 {reads("", ""), []int{2, 2}},
		"reads of a moment share it":               {[]Chunk{{5 * time.Second, []byte("a")}, {5 * time.Second, []byte("b")}}, []int{5, 5, 5, 5}},
		"what came at once came at second nothing": {[]Chunk{{0, []byte("a")}, {time.Second, []byte("b")}}, []int{0, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := NewText(c.reads)
			var got []int
			for off := range len(text.Bytes) + 2 {
				got = append(got, int(text.When(off)/time.Second))
			}
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
			if got, want := text.When(-1), time.Duration(0); got != want {
				t.Errorf("When(-1) = %v, want %v", got, want)
			}
		})
	}
}

func TestTextTellsItsReadsInOrder(t *testing.T) {
	t.Parallel()
	text := NewText(reads("ab", "", "cde"))
	var got []string
	text.Arrivals(func(at time.Duration, lo, hi int) {
		got = append(got, fmt.Sprintf("%v %q", at, text.Bytes[lo:hi]))
	})
	if diff := cmp.Diff(got, []string{`1s "ab"`, `2s ""`, `3s "cde"`}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	Text{}.Arrivals(func(time.Duration, int, int) { t.Error("a text of nothing has a read") })
}

func TestTextIsCutWhereTheReadsWere(t *testing.T) {
	t.Parallel()
	text := NewText(reads("ab", "", "cde", "f"))
	for name, c := range map[string]struct {
		in   []Extent
		want []Chunk
	}{
		"nothing":                    {nil, nil},
		"an empty range":             {[]Extent{{1, 1}}, nil},
		"all":                        {[]Extent{{0, 6}}, []Chunk{{1e9, []byte("ab")}, {3e9, []byte("cde")}, {4e9, []byte("f")}}},
		"within one read":            {[]Extent{{3, 4}}, []Chunk{{3e9, []byte("d")}}},
		"two ranges within one read": {[]Extent{{2, 3}, {4, 5}}, []Chunk{{3e9, []byte("c")}, {3e9, []byte("e")}}},
		"ranges across reads":        {[]Extent{{1, 3}, {4, 6}}, []Chunk{{1e9, []byte("b")}, {3e9, []byte("c")}, {3e9, []byte("e")}, {4e9, []byte("f")}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(text.slice(c.in), c.want); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
		})
	}
}
