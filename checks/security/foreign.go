package security

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// judgeForeignResume looks at another session that comes with an id of the first.
func judgeForeignResume(ev *checks.Evidence) checks.Outcome {
	if out, gone := absent(ev, wire.OtherSession); gone {
		return out
	}
	asked := visits(ev.Exhibit(wire.OtherSession))
	if len(asked) != 2 {
		return checks.Unseen("the other session could not be asked for twice")
	}
	f := foreign{ev: ev, alone: last(asked[0]), named: last(asked[1])}
	switch {
	case failing(f.alone):
		return checks.Unseen("the request of the other session %s", answered(f.alone))
	case failing(f.named):
		return checks.Unseen("the request of the other session with an id of the first %s", answered(f.named))
	case !f.named.OpenedEventStream():
		return refusal(f.ev, "the other session's request with an id of the first %s", answered(f.named))
	}
	return f.judge()
}

// A foreign is the other session: its own stream, and what it is given with an id of the first session.
type foreign struct {
	ev           *checks.Evidence
	alone, named *checks.View
}

func (f *foreign) judge() checks.Outcome {
	control := positions(f.ev.Control())
	taken := f.taken(control)
	proof := f.proof(taken)
	switch {
	case len(taken) > 0 && proof != "":
		return checks.Broke(1, f.named.At(taken[0].Lo, taken[0].Hi, fmt.Sprintf(
			"with Last-Event-ID: %.40s the other session is given events of the first (%d, the first one %.40q), %s",
			f.named.Request.Header.Get("Last-Event-ID"), len(taken), taken[0].ID, proof)))
	case f.sameForAll(control):
		return checks.Unconcerned("the other session alone is given the events of the first: the feed is the same for all")
	case len(taken) > 0:
		return checks.Unseen("with an id of the first session the other one is given its events, but whether the feed is the same for all was not seen")
	case len(f.ev.Control().Stream.Events) < 2:
		return checks.Unseen("the first session had no event behind its first id")
	}
	return checks.Held(1, "with an id of the first session the other one is given none of its events")
}

// taken returns the events of the first session that the other one is given with an id, and not without.
func (f *foreign) taken(control map[string]int) (taken []stream.Event) {
	own := positions(f.alone)
	for _, e := range f.named.Stream.Events {
		_, first := control[key(e)]
		_, mine := own[key(e)]
		if first && !mine {
			taken = append(taken, e)
		}
	}
	return taken
}

// sameForAll reports whether most of what the other session alone was given are events of the first: a greeting, or a
// mark at the end, may be alike in streams that are not.
func (f *foreign) sameForAll(control map[string]int) bool {
	common, ids := 0, 0
	for _, e := range f.alone.Stream.Events {
		if len(e.ID) == 0 {
			continue
		}
		ids++
		if _, first := control[key(e)]; first {
			common++
		}
	}
	return common > 0 && 2*common >= ids
}

// proof returns why the events that were taken are not for the other session, or "".
func (f *foreign) proof(taken []stream.Event) string {
	switch {
	case !f.alone.OpenedEventStream():
		return "though without an id its request " + answered(f.alone)
	case f.renumbered(taken):
		return "though its own stream has other events under these ids"
	case f.withheld(taken):
		return "which the first session is given anew without an id, and the other one is not"
	case f.single():
		return "though each request has a stream of its own: two at the same time have no event in common"
	}
	return ""
}

// renumbered reports whether the other session's own stream has other data under the ids of at least two of the events.
// It proves nothing where ids do not tell events apart.
func (f *foreign) renumbered(taken []stream.Event) bool {
	mine, ok := byID(f.alone)
	if _, first := byID(f.ev.Control()); !ok || !first {
		return false
	}
	n := 0
	for _, e := range taken {
		if data, has := mine[string(e.ID)]; has && data != string(e.Data) {
			n++
		}
	}
	return n >= fewestSame
}

// byID returns the data of each event by its id; ok is false where two events share one.
func byID(v *checks.View) (data map[string]string, ok bool) {
	data = map[string]string{}
	for _, e := range v.Stream.Events {
		if _, twice := data[string(e.ID)]; twice && len(e.ID) > 0 {
			return nil, false
		}
		data[string(e.ID)] = string(e.Data)
	}
	return data, true
}

// withheld reports whether the first session, asking again without an id, was given one of the events, and the other
// session was not although it was watched beyond that place. It asked earlier, so no store had forgotten it by then.
func (f *foreign) withheld(taken []stream.Event) bool {
	again := f.ev.View(wire.Again)
	if !again.OpenedEventStream() {
		return false
	}
	at := positions(again)
	for _, e := range taken {
		i, has := at[key(e)]
		if has && (len(f.alone.Stream.Events) > i || f.alone.End.Kind == wire.Complete) {
			return true
		}
	}
	return false
}

// fewestApart is how many events each of two streams must have for it to be no chance that none is in both.
const fewestApart = 3

// single reports whether two streams of the first session at the same time had nothing in common, nor the other
// session's with it: then no feed runs that all hear, but each request has an answer of its own.
func (f *foreign) single() bool {
	twins := f.ev.Exhibit(wire.Twins)
	if twins == nil || len(twins.Views) != 2 {
		return false
	}
	a, b := twins.Views[0], twins.Views[1]
	for _, v := range []*checks.View{a, b, f.alone} {
		if !v.OpenedEventStream() || len(v.Stream.Events) < fewestApart {
			return false
		}
	}
	return !overlap(a, b) && !overlap(f.alone, f.ev.Control())
}

// overlap reports whether two streams have data in common, whatever its id.
func overlap(a, b *checks.View) bool {
	has := map[string]bool{}
	for _, e := range a.Stream.Events {
		has[string(e.Data)] = true
	}
	for _, e := range b.Stream.Events {
		if has[string(e.Data)] {
			return true
		}
	}
	return false
}
