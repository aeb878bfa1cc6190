package main

import (
	"context"
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
	"github.com/ssespec/ssespec/checks/wire"
)

// repeats is how often a failure that may have come of a bad moment is asked for again, at most.
const repeats = 2

// confirm makes the run again for rules of time that fail and are not known to: once is no proof. It says whether the user
// interrupted it.
func (j *job) confirm(ctx context.Context, tell audience, b *wire.Bundle, results []checks.Result) (confirmed []checks.Result, cut bool) {
	var ids []string
	surprising := map[string]bool{}
	for _, r := range j.gate.book.Excuse(caseOf(b, results)) {
		if r.Verdict == checks.Fail && r.Timing && r.Level > checks.Fact {
			ids = append(ids, r.ID)
			surprising[r.ID] = true
		}
	}
	again := map[string][]checks.Result{}
	for n := 0; n < repeats && len(ids) > 0 && !cut; n++ {
		seen := j.again(ctx, tell, b, ids)
		ids = nil
		for _, r := range seen {
			again[r.ID] = append(again[r.ID], r)
			if r.Verdict != checks.Fail {
				ids = append(ids, r.ID)
			}
		}
		cut = ctx.Err() != nil && len(ids) > 0
	}
	out := slices.Clone(results)
	for i, r := range out {
		if surprising[r.ID] {
			out[i] = excuse.Confirm(r, again[r.ID])
		}
	}
	return out, cut
}

// again makes the run b once more for some rules. Where that cannot be, or may not be since each request may be billed, nothing
// comes of it.
func (j *job) again(ctx context.Context, tell audience, b *wire.Bundle, ids []string) []checks.Result {
	p, err := j.prepare(ctx, ids)
	if err != nil || !p.repeatable() {
		return nil
	}
	p.lab.Seed = b.Seed // the same cuts
	more, err := p.record(ctx, tell)
	if err != nil {
		return nil
	}
	return p.judgment.suite.Judge(checks.NewEvidence(more))
}

// repeatable reports whether the endpoint may be asked for the same again.
func (p *prepared) repeatable() bool {
	ours := p.judgment.c.String("listen") != ""
	return ours || p.lab.Repeat || p.lab.Target.Method == "GET" || p.lab.Target.Method == "HEAD"
}
