package wire

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeaderComparesNamesWithoutCase(t *testing.T) {
	t.Parallel()
	h := Header{{"Date", "1"}, {"SET-COOKIE", "a"}, {"set-cookie", "b"}, {"Empty", ""}, {"\u017fet-Cookie", "c"}, {"\u212aeep-Alive", "d"}}
	for name, c := range map[string]struct {
		name   string
		first  string
		values []string
		index  int
	}{
		"in another case":                    {"date", "1", []string{"1"}, 0},
		"the first of several":               {"Set-Cookie", "a", []string{"a", "b"}, 1},
		"an empty value is there":            {"empty", "", []string{""}, 3},
		"absent":                             {"Host", "", nil, -1},
		"letters beyond ASCII are no others": {"Keep-Alive", "", nil, -1},
		"the beginning of a name is not it":  {"Dat", "", nil, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := h.Get(c.name); got != c.first {
				t.Errorf("Get(%q) = %q, want %q", c.name, got, c.first)
			}
			if got := h.Has(c.name); got != (c.index >= 0) {
				t.Errorf("Has(%q) = %t", c.name, got)
			}
			if got := h.Values(c.name); !cmp.Equal(got, c.values) {
				t.Errorf("Values(%q) = %q, want %q", c.name, got, c.values)
			}
			if got := h.Index(c.name); got != c.index {
				t.Errorf("Index(%q) = %d, want %d", c.name, got, c.index)
			}
		})
	}
}

func TestHeaderIsNotChangedInPlace(t *testing.T) {
	t.Parallel()
	h := Header{{"A", "1"}, {"B", "2"}, {"a", "3"}}
	got := [2]Header{h.Set("A", "4"), h.Without("A")}
	want := [2]Header{{{"B", "2"}, {"A", "4"}}, {{"B", "2"}}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if diff := cmp.Diff(h, Header{{"A", "1"}, {"B", "2"}, {"a", "3"}}); diff != "" {
		t.Errorf("the header itself changed, got - want +\n%s", diff)
	}
}

func TestHeaderTokensAreTheElementsOfAllFields(t *testing.T) {
	t.Parallel()
	h := Header{{"TE", " Gzip ,, x;q=1\t,"}, {"Other", "y"}, {"te", "CHUN\u212aED"}, {"te", ""}}
	if diff := cmp.Diff(h.Tokens("Te"), []string{"gzip", "x;q=1", "chun\u212aed"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

func TestBundleFindsARecordingByItsScene(t *testing.T) {
	t.Parallel()
	control := &Recording{Scene: Control, Exchanges: []*Exchange{{Status: 302}, {Status: 200}}}
	b := &Bundle{Recordings: []*Recording{{Scene: Head}, control}}
	if got := b.Recording(Control); got != control || got.Last().Status != 200 {
		t.Errorf("got %v, want the recording of control, and its last exchange the answer", got)
	}
	if got := b.Recording(Head); got.Last() != nil {
		t.Errorf("a recording without exchanges has %v as its last one", got.Last())
	}
	if got := b.Recording(Fetch); got != nil || got.Last() != nil {
		t.Errorf("got %v for a scene that was not recorded", got)
	}
}

func TestEndKindsHaveTheirWords(t *testing.T) {
	t.Parallel()
	for kind, want := range map[EndKind]struct {
		word   string
		server bool
		closed bool
	}{
		0:         {"", false, false},
		Complete:  {"complete", true, true},
		Truncated: {"truncated", true, true},
		Reset:     {"reset", true, false},
		Silent:    {"silent", false, false},
		HungUp:    {"hung-up", false, false},
		99:        {"", false, false},
	} {
		if kind.String() != want.word || kind.ServerEnded() != want.server || kind.closed() != want.closed {
			t.Errorf("%d: got %q, %t, %t; want %v", kind, kind, kind.ServerEnded(), kind.closed(), want)
		}
	}
}

func TestNeighboursAreJoinedWithoutACopy(t *testing.T) {
	t.Parallel()
	array := []byte("abcdef")
	chunk := func(lo, hi int) Chunk { return Chunk{Data: array[lo:hi]} }
	for name, c := range map[string]struct {
		in     []Chunk
		want   string
		copied bool
	}{
		"nothing":                         {nil, "", false},
		"empty chunks":                    {[]Chunk{{}, {Data: array[2:2]}}, "", false},
		"one chunk":                       {[]Chunk{chunk(1, 4)}, "bcd", false},
		"neighbours":                      {[]Chunk{chunk(0, 2), chunk(2, 3), chunk(3, 6)}, "abcdef", false},
		"neighbours with nothing between": {[]Chunk{chunk(0, 2), {}, chunk(2, 3)}, "abc", false},
		"a gap":                           {[]Chunk{chunk(0, 2), chunk(3, 6)}, "abdef", true},
		"another order":                   {[]Chunk{chunk(3, 6), chunk(0, 3)}, "defabc", true},
		"the same twice":                  {[]Chunk{chunk(0, 3), chunk(0, 3)}, "abcabc", true},
		"two arrays":                      {[]Chunk{chunk(0, 2), {Data: []byte("c")}}, "abc", true},
		"neighbours whose first one ends its capacity": {[]Chunk{{Data: array[0:2:2]}, chunk(2, 4)}, "abcd", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, got := range [][]byte{(&Exchange{Body: c.in}).BodyBytes(), (&Exchange{Raw: c.in}).RawBytes()} {
				if string(got) != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if len(got) > 0 && (&got[0] != &c.in[0].Data[0]) != c.copied {
					t.Errorf("copied: got %t, want %t", !c.copied, c.copied)
				}
			}
		})
	}
}

func TestMomentsAreOfOneClock(t *testing.T) {
	t.Parallel()
	began := time.Now()
	x := &Exchange{Began: began.Add(time.Second)}
	b := &Bundle{Began: began, Recordings: []*Recording{{Exchanges: []*Exchange{x, {}}}}}
	b.OneClock()
	if x.Began != began.Round(0).Add(time.Second) || b.Began != began.Round(0) || !b.Recordings[0].Exchanges[1].Began.IsZero() {
		t.Errorf("they began at %v and %v", b.Began, x.Began)
	}
}
