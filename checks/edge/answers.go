package edge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// judgeAnswers compares answers that were given to each, by turns on every route: each route with the one before it, then
// the last with the first.
func judgeAnswers(ev *checks.Evidence) checks.Outcome {
	if v := refused(ev); v != nil {
		return checks.Unseen("the route %s answered with status %d, so that no more was asked", v.Route(), v.Status)
	}
	all := steps(ev.Bundle)
	if len(all) > 1 {
		all = append(all, step{ev.Bundle.Hops[0], ev.Bundle.Hops[len(ev.Bundle.Hops)-1]})
	}
	pairs, open, least := 0, "", time.Duration(0)
	for i, s := range all {
		vs := route(ev, wire.EdgeAnswers, s.to.Name)
		c := passage.Against(answers(ev, s.to.Name), answers(ev, s.from.Name))
		switch c.State {
		case passage.Bunched:
			place := s.place(ev.Bundle)
			if i == len(all)-1 && i > 0 {
				place = "on the whole way"
			}
			return checks.Broke(pairs+c.Pairs, contrast(c, vs[0], place, s)).Shows(heldAnswer(ev, vs))
		case passage.Undecided:
			if open == "" {
				open = c.Why
			}
		}
		pairs, least = pairs+c.Pairs, max(least, c.Shorter)
	}
	if open != "" {
		return checks.Unseen("%s", open)
	}
	return checks.Held(pairs, "no wait over %v for something new was visible in %d pairs of answers by turns on %d routes, which came alike", checks.Brief(least), pairs, len(ev.Bundle.Hops))
}

// refused returns an answer that is no stream: the endpoint had enough of us.
func refused(ev *checks.Evidence) *checks.View {
	for _, v := range ev.Exhibit(wire.EdgeAnswers).Views {
		if v.Status != 200 && v.Status != 0 {
			return v
		}
	}
	return nil
}

// answers measures the answers of a route, in the order of the rounds.
func answers(ev *checks.Evidence, name string) []passage.Answer {
	vs := route(ev, wire.EdgeAnswers, name)
	slices.SortStableFunc(vs, func(a, b *checks.View) int { return a.Case.Int("round") - b.Case.Int("round") })
	var out []passage.Answer
	for _, v := range vs {
		out = append(out, passage.AnswerOf(v.Exchange))
	}
	return out
}

// contrast words how answers differ.
func contrast(c passage.Contrast, v *checks.View, place string, s step) checks.Finding {
	var names []string
	for _, m := range c.Metrics {
		names = append(names, passage.MetricNames[m])
	}
	return v.At(0, 0, fmt.Sprintf("%s answers are held: the reader waits up to %v for something new, and %s %v; %s differ in %d of %d pairs",
		place, checks.Brief(c.Waits[1]), s.before(), checks.Brief(c.Waits[0]), strings.Join(names, " and "), c.Pairs, c.Pairs))
}

// heldAnswer says what the bytes of answers show of how they were held.
func heldAnswer(ev *checks.Evidence, vs []*checks.View) remedy.Symptom {
	whole := true
	for _, v := range vs {
		whole = whole && passage.AnswerOf(v.Exchange).Flights <= 1
	}
	s := symptom(ev, vs, passage.Bunched)
	if whole {
		s.Class = remedy.HeldToEnd
	}
	return s
}
