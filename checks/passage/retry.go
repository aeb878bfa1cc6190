package passage

import (
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Refusal is a request that our origin read and closed the connection behind, without an answer.
type Refusal struct {
	Method     string
	End        string // "fin" or "reset"
	Connection string // of the hop to the origin: "fresh", or "reused" where it had brought another request before
	Times      int    // how often the request reached the origin
}

// RefusalOf returns what became of such a request; ok is false where it did not reach the origin.
func RefusalOf(x *wire.Exchange) (r Refusal, ok bool) {
	if len(x.Hits) == 0 || x.Case.Get("end") == "finish" {
		return Refusal{}, false
	}
	return Refusal{x.Case.Get("method"), x.Case.Get("end"), x.Case.Get("connection"), len(x.Hits)}, true
}

// Shunned returns for how long the hop did not ask the origin behind a refusal: from the first look at a plain request until one
// that reached the origin, or the last. It is 0 where each did.
func Shunned(xs []*wire.Exchange) time.Duration {
	var first *wire.Exchange
	for _, x := range xs {
		switch {
		case x.Case.Get("end") != "finish":
		case first == nil && len(x.Hits) == 0:
			first = x
		case first != nil:
			return x.Began.Sub(first.Began)
		}
	}
	return 0
}
