package recovery

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// judgeReplay judges a reader that is given the answer from the beginning whenever it asks, and skips what
// it has. Its events need no names: what counts is their order.
func (b *bench) judgeReplay(j Judgment, r *reading) Judgment {
	want, oracle := b.items(b.control), ControlAnswer
	for _, v := range r.beside {
		if v.Role == wire.Replay && v.End.Kind == wire.Complete {
			want, oracle = b.items(v), SecondReplay
		}
	}
	if oracle == ControlAnswer && !b.steady || len(want) == 0 {
		return j.unjudged("%s", b.noOracle(r))
	}
	if !r.ended() && !b.idle(r) {
		return j.unjudged("events were still coming when patience ended after %v (--patience)", checks.Brief(r.last().End.At))
	}
	j.Oracle = oracle
	for n, p := range r.pieces {
		last := n == len(r.pieces)-1
		for i, it := range p.items {
			if i < len(want) && b.same(it, want[i]) {
				continue
			}
			a := Anomaly{Kind: Restarted, Oracle: oracle, Witness: fmt.Sprintf("event %d of connection %d is %s, and another time %s", i+1, n+1, quote(it.data), quote(nth(want, i).data))}
			a.point(it)
			j.Anomalies = []Anomaly{a}
			return j.said(Restarted, "another answer was generated: %s", a.Witness)
		}
		if !last || len(p.items) == len(want) {
			continue
		}
		a := Anomaly{Kind: Lost, Oracle: oracle, Witness: fmt.Sprintf("connection %d ended behind event %d of %d", n+1, len(p.items), len(want))}
		if !r.ended() {
			a.Kind, a.Witness = Hung, fmt.Sprintf("connection %d stayed open and said no more, behind event %d of %d", n+1, len(p.items), len(want))
		}
		for i := len(p.items); i < len(want) && len(a.Events) < maxEvents; i++ {
			a.Events = append(a.Events, label(want, i))
		}
		a.Where = p.view.Span(0, 0)
		j.Anomalies = []Anomaly{a}
		return j.said(a.Kind, "the replay is not whole: %s", a.Witness)
	}
	return j.said(Whole, "replayed from the beginning, the same to the last event")
}

func nth(items []item, i int) item {
	if i < len(items) {
		return items[i]
	}
	return item{}
}
