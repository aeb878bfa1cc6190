package passage_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestAFieldIsComparedAtBothEnds(t *testing.T) {
	t.Parallel()
	h := func(values ...string) (out wire.Header) {
		for _, v := range values {
			out = append(out, wire.Field{Name: "f", Value: v})
		}
		return out
	}
	for name, tt := range map[string]struct {
		before, behind              wire.Header
		dropped, added, same, keeps bool
	}{
		"as it was":             {h("a"), h("a"), false, false, true, true},
		"gone":                  {h("a"), h(), true, false, false, false},
		"new":                   {h(), h("a"), false, true, false, true},
		"never there":           {h(), h(), false, false, true, true},
		"added to":              {h("a"), h("b, A"), false, false, false, true},
		"in two lines":          {h("a, b"), h("a", "b"), false, false, false, true},
		"partly gone":           {h("a, b"), h("b"), false, false, false, false},
		"sent twice":            {h("*"), h("*", "*"), false, false, false, true},
		"another value":         {h("a"), h("c"), false, false, false, false},
		"an empty list is kept": {h(""), h("a"), false, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := &wire.Exchange{
				Request: wire.Request{Header: tt.before}, Header: tt.behind,
				Hits: []*wire.Hit{{Request: wire.Request{Header: tt.behind}, Header: tt.before}},
			}
			for _, f := range []passage.Field{passage.AskedField(x, "F"), passage.AnsweredField(x, "F")} {
				if f.Dropped() != tt.dropped || f.Added() != tt.added || f.Same() != tt.same || f.Keeps() != tt.keeps {
					t.Errorf("got dropped %v, added %v, same %v, keeps %v of %+v", f.Dropped(), f.Added(), f.Same(), f.Keeps(), f)
				}
			}
		})
	}
}
