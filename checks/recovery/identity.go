package recovery

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/wire"
)

// An identity is what all events of one answer have in common and the next answer has otherwise: a member
// such as the id of a chat completion, or what their ids begin with.
type identity struct {
	path string // JSON path; empty for what the ids begin with
}

// identify looks for what tells the two undisturbed answers apart.
func (b *bench) identify() *identity {
	x, y := b.items(b.control), b.items(b.again())
	if b.steady || len(x) < 2 || len(y) < 2 {
		return nil
	}
	leaves := map[string]string{}
	if v, ok := parsed(x[0].data); ok {
		collect(v, "", leaves)
	}
	ids := &identity{}
	if v, ok := ids.of(x); ok {
		if w, ok := ids.of(y); ok && v != w {
			return ids
		}
	}
	for _, path := range slices.Sorted(maps.Keys(leaves)) {
		i := &identity{path}
		v, ok1 := i.of(x)
		w, ok2 := i.of(y)
		if ok1 && ok2 && v != w {
			return i
		}
	}
	return nil
}

// of returns the value that items have in common. ok is false where they have none.
func (i *identity) of(items []item) (value string, ok bool) {
	for n, it := range items {
		v, has := i.value(it)
		if !has || n > 0 && v != value {
			return "", false
		}
		value = v
	}
	return value, len(items) > 0
}

func (i *identity) value(it item) (string, bool) {
	if i.path != "" {
		return profile.Scalar(profile.Lookup(it.data, i.path))
	}
	prefix := strings.TrimRight(it.name, "0123456789")
	return prefix, prefix != "" && prefix != it.name && !isTime(prefix)
}

// isTime reports whether what ids begin with is a Unix time, in seconds to nanoseconds: nchan's are the time and a
// number, and a short look may see one second only.
func isTime(prefix string) bool {
	n, err := strconv.ParseInt(strings.TrimRight(prefix, "-:._/"), 10, 64)
	for ; err == nil && n > latestTime; n /= 1000 {
	}
	return err == nil && n >= earliestTime
}

// The times that are taken for such, in seconds: of the years 2001 and 2096.
const earliestTime, latestTime = 1_000_000_000, 4_000_000_000

// broughtTheAnswer begins the proof that an answer is another one.
const broughtTheAnswer = "connection 1 brought the answer"

// regenerated finds a connection on which another answer came than the one that was interrupted.
func (b *bench) regenerated(r *reading) (Anomaly, bool) {
	if b.identity == nil || len(r.pieces) == 0 {
		return Anomaly{}, false
	}
	first, ok := b.identity.of(r.pieces[0].items)
	if !ok {
		return Anomaly{}, false
	}
	for n, p := range r.pieces[1:] {
		other, ok := b.identity.of(p.items)
		if !ok || other == first || b.continues(r.pieces[0].items, p.items) {
			continue
		}
		a := Anomaly{Kind: Restarted, Oracle: SuffixAgreement,
			Witness: fmt.Sprintf(broughtTheAnswer+" %.40q, connection %d the answer %.40q", first, n+2, other)}
		a.point(p.items[0])
		return a, true
	}
	return Anomaly{}, false
}

// continues reports whether later events may follow earlier ones although what they have in common changed: it
// may belong to the connection rather than to the answer. Only what begins again, or ids that count anew behind
// another name, are another answer for sure.
func (b *bench) continues(before, items []item) bool {
	if b.identity.path != "" {
		return items[0].name == "" || items[0].name != before[0].name
	}
	x, y := counted(before[len(before)-1].name), counted(items[0].name)
	return y > x
}

// counted returns the number that a name ends with, or -1.
func counted(name string) int64 {
	digits := name[len(strings.TrimRight(name, "0123456789")):]
	n, err := strconv.ParseInt(digits, 10, 62)
	if err != nil {
		return -1
	}
	return n
}

// mixed finds events of another stream, which was open at the same time. That stream must be another one
// indeed: among its events there came one on the reader's connection that it did not have.
func (b *bench) mixed(r *reading) (Anomaly, bool) {
	for _, v := range r.beside {
		if v.Role != wire.Rival {
			continue
		}
		theirs := map[string]item{}
		for _, it := range b.items(v) {
			theirs[b.key(it)] = it
		}
		is := func(it item) bool { other, ok := theirs[b.key(it)]; return ok && it.name != "" && b.same(it, other) }
		for n, p := range r.pieces[min(1, len(r.pieces)):] {
			at := slices.IndexFunc(p.items, is)
			if at < 0 || slices.ContainsFunc(r.pieces[0].items, is) {
				continue
			}
			last := len(p.items) - 1
			for ; !is(p.items[last]); last-- {
			}
			own := slices.IndexFunc(p.items[at:last+1], func(it item) bool { return !is(it) })
			if own < 0 {
				continue
			}
			a := Anomaly{Kind: Foreign, Oracle: SuffixAgreement, Events: []string{p.items[at].name},
				Witness: fmt.Sprintf("event %s belongs to another stream, opened meanwhile, and came on connection %d", p.items[at].name, n+2)}
			a.point(p.items[at])
			return a, true
		}
	}
	return Anomaly{}, false
}
