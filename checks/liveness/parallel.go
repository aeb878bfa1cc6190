package liveness

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// shared is the condition of checks on a feed that is the same for all.
var shared = checks.Condition{
	Says:  "the feed was declared to be shared (--expect shared)",
	Else:  "the feed was not declared to be shared, so each client may have events of its own",
	Holds: func(ev *checks.Evidence) bool { return ev.Promised("shared") },
}

var parallelIndependence = &checks.Check{
	ID:      "liveness/parallel-independence",
	Title:   "Two streams at the same time should not take events from each other",
	Level:   checks.Advice,
	Promise: "shared",
	Clause:  checks.Practice(""),
	Since:   "0.1",
	Doc: `
Where all streams read from one queue, each event reaches one of them only: with a second tab open, a
page misses every other event. It is the classic mistake of a feed built on a work queue.

It takes proof: a stream that is alone has consecutive numbers as ids, two at a time have none in common, and
each lacks just what the other one has. Streams with other ids, or none, are not judged. Since one counter
for the ids of many private streams looks the same, it is asked only where the feed was declared to be shared.`,
	Fix:   "Give each stream a subscription of its own (publish and subscribe rather than a queue).",
	Good:  "(one stream: 1 2 3 4; the other: 1 2 3 4)",
	Bad:   "(one stream: 1 3 5; the other: 2 4 6)",
	Needs: []wire.Scene{wire.Control, wire.Twins},
	When:  []checks.Condition{checks.EventStream, checks.ViaGET, shared},
	Judge: judgeTwins,
}

func judgeTwins(ev *checks.Evidence) checks.Outcome {
	twins := streams(ev, wire.Twins)
	if len(twins) != 2 {
		return checks.Unseen("two streams at the same time were not opened")
	}
	a, b := twins[0], twins[1]
	if n := inCommon(a, b); n > 0 {
		return checks.Held(n, "two streams at the same time had %d events in common", n)
	}
	alone, ok := numbers(ev.Control())
	if !ok || !consecutive(alone) {
		return checks.Unseen("ids that are no consecutive numbers do not show whether two streams share their events")
	}
	as, okA := numbers(a)
	bs, okB := numbers(b)
	if !okA || !okB || len(as) < fewestEvents || len(bs) < fewestEvents {
		return checks.Unseen("too few numbered events came on two streams at the same time")
	}
	if consecutive(as) || consecutive(bs) || !consecutive(merged(as, bs)) {
		return checks.Unseen("two streams at the same time had no event in common, but none lacks what the other one has")
	}
	return checks.Broke(len(as)+len(bs), b.At(0, len(b.Text.Bytes), fmt.Sprintf(
		"two streams at the same time share out the events %d to %d: each one lacks what the other one has", min(as[0], bs[0]), max(as[len(as)-1], bs[len(bs)-1]))))
}

// inCommon counts the events of b that a has too, by id where there is one, else by data.
func inCommon(a, b *checks.View) (n int) {
	has := map[string]bool{}
	key := func(id, data []byte) string { return string(id) + "\x00" + string(data) }
	for _, e := range a.Stream.Events {
		has[key(e.ID, e.Data)] = true
	}
	for _, e := range b.Stream.Events {
		if has[key(e.ID, e.Data)] {
			n++
		}
	}
	return n
}

// numbers returns the ids of a stream's events; ok is false where one is no ascending number.
func numbers(v *checks.View) (ids []int64, ok bool) {
	var last []byte
	for _, e := range v.Stream.Events {
		if last != nil && bytes.Equal(e.ID, last) {
			continue // an event without an id of its own
		}
		last = e.ID
		n, err := strconv.ParseInt(string(e.ID), 10, 64)
		if err != nil || len(ids) > 0 && n <= ids[len(ids)-1] {
			return nil, false
		}
		ids = append(ids, n)
	}
	return ids, len(ids) > 0
}

// consecutive reports whether at least three ascending numbers have no hole.
func consecutive(n []int64) bool {
	return len(n) >= fewestEvents && n[len(n)-1]-n[0] == int64(len(n)-1)
}

// merged returns two ascending lists as one; a number in both appears twice.
func merged(a, b []int64) []int64 {
	var out []int64
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
