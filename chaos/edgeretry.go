package chaos

import (
	"context"
	"fmt"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

var edgeRetry = &Experiment{
	Scene:    wire.EdgeRetry,
	Title:    "the origin closes before it answers",
	Doc:      "who asks again for what may have been done already has a generation paid twice",
	Requests: 17,
	From:     Standard,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		r := &refuser{l: l, rec: &wire.Recording{Scene: wire.EdgeRetry}}
		defer r.close()
		for _, f := range refusals {
			if err := r.ready(ctx, f.warm); err != nil || r.shunned {
				return r.rec, err
			}
			if err := r.refuse(ctx, f); err != nil {
				return r.rec, err
			}
		}
		wait(ctx, asksAgain)
		return r.rec, r.ready(ctx, false) // nobody is to find the origin taken out of service on our account
	},
}

const (
	asksAgain  = 300 * time.Millisecond // Envoy repeats after 25 to 250 ms
	refusedFor = 3 * time.Second        // how long a reader waits for what the hop makes of it
	recovers   = 11 * time.Second       // nginx has no peer for 10 seconds if the last one failed
)

// A refusal is a request that the origin reads and does not answer.
type refusal struct {
	method string
	end    origin.Ending
	warm   bool // behind an answer that left the hop's connection open
}

// refusals lists them; half are on connections that are fresh, and half on such that were used before. Those that matter
// most come first: a hop with several ways to the origin may lose one by each.
var refusals = []refusal{
	{"POST", origin.FIN, false}, {"POST", origin.FIN, true}, {"POST", origin.RST, false}, {"POST", origin.RST, true},
	{"GET", origin.FIN, false}, {"GET", origin.FIN, true}, {"GET", origin.RST, false}, {"GET", origin.RST, true},
}

// script refuses the first request. Another one is answered: one refusal shows who asks again, and more may have the
// origin taken out of service.
func (f refusal) script(n int) origin.Script {
	if n == 0 {
		return origin.Script{Mute: true, End: f.end}
	}
	return telltale()
}

func (f refusal) errand(v *origin.Visit) errand {
	e := errand{route: wire.Via, about: wire.Case(fmt.Sprintf("method=%s end=%s", f.method, f.end)), method: f.method,
		visit: v, patience: whole(refusedFor), behind: settles}
	if f.method == "POST" {
		e.body, e.fields = []byte(`{"prompt":"ssespec"}`), wire.Header{{Name: "Content-Type", Value: "application/json"}}
	}
	return e
}

// A refuser makes refusals. What a hop asks again may come late, so each visit is open until the last is over.
type refuser struct {
	l       *Lab
	rec     *wire.Recording
	visits  map[*wire.Exchange]*origin.Visit
	shunned bool // the hop did not ask the origin for a time
}

// refuse makes one.
func (r *refuser) refuse(ctx context.Context, f refusal) error {
	v := r.l.Edge.Origin.Expect(f.script)
	x, err := r.l.run(ctx, f.errand(v))
	if err != nil {
		v.Stop()
		return err
	}
	if r.visits == nil {
		r.visits = map[*wire.Exchange]*origin.Visit{}
	}
	r.visits[x] = v
	r.rec.Exchanges = append(r.rec.Exchanges, x)
	return nil
}

// close notes what came.
func (r *refuser) close() {
	for x, v := range r.visits {
		x.Hits = r.l.hits(v, x.Began)
		x.Case = x.Case.With("connection", connectionOf(v))
		v.Stop()
	}
}

func connectionOf(v *origin.Visit) string {
	if v.Reused() {
		return "reused"
	}
	return "fresh"
}

// ready sees to it that the way leads to the origin, and leaves the hop with an open connection to it, or without one.
// Where the hop has to be waited for, the first and the last look are kept.
func (r *refuser) ready(ctx context.Context, warm bool) error {
	x, err := r.look(ctx)
	if err == nil && len(x.Hits) == 0 {
		r.shunned = true
		r.rec.Exchanges = append(r.rec.Exchanges, x)
		for until := time.Now().Add(recovers); err == nil && len(x.Hits) == 0 && time.Now().Before(until); {
			wait(ctx, betweenLooks)
			x, err = r.look(ctx)
		}
		if err == nil {
			r.rec.Exchanges = append(r.rec.Exchanges, x)
		}
	}
	if err == nil && !warm {
		r.l.Edge.Origin.CloseIdle()
		wait(ctx, apart) // the hop is to notice
	}
	return err
}

// look asks for an answer that the origin gives.
func (r *refuser) look(ctx context.Context) (*wire.Exchange, error) {
	return r.l.run(ctx, errand{route: wire.Via, about: "method=GET end=finish", script: telltale(), patience: whole(refusedFor), behind: settles})
}
