package chaos

import "sync/atomic"

// A purse is the budget of requests that trials share which are made at the same time.
type purse struct {
	limit int64 // 0 for none
	spent atomic.Int64
}

// take spends a request, if there is one left. Where nobody shares, the lab counts for itself.
func (p *purse) take() bool {
	if p == nil {
		return true
	}
	if n := p.spent.Add(1); p.limit > 0 && n > p.limit {
		p.spent.Add(-1)
		return false
	}
	return true
}

// refund takes back a request that did not reach the target.
func (p *purse) refund() {
	if p != nil {
		p.spent.Add(-1)
	}
}

// empty reports whether no request is left.
func (p *purse) empty() bool { return p.limit > 0 && p.spent.Load() >= p.limit }
