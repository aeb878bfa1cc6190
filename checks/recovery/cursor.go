package recovery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

// namedCursor returns which false place a schedule makes its reader name, or nothing.
func namedCursor(schedule string) string {
	for step := range strings.SplitSeq(schedule, ",") {
		kind, ok := strings.CutPrefix(step, "cursor:")
		if ok && kind != "first" && kind != "last" && kind != "terminal" {
			return kind
		}
	}
	return ""
}

// judgeCursor says what a reader is given that names a place which is not its own. Nothing prescribes the
// answer; what counts is whether the reader can tell that it has lost something.
func (b *bench) judgeCursor(j Judgment, r *reading, kind string) Judgment {
	v := r.last()
	if !v.OpenedEventStream() {
		if v.Status == 204 {
			return j.said(Refused, "the server answered 204: a reader stays away, and cannot tell why")
		}
		if v.Status == 410 || v.Status == 404 {
			return j.said(Expired, "the server answered %d: the reader knows that it has lost something", v.Status)
		}
		return b.refused(j, r)
	}
	items := b.items(v)
	if kind != "unknown" && kind != "expired" {
		return b.harmless(j, r, items, kind)
	}
	told := slices.ContainsFunc(v.Stream.Events, func(e stream.Event) bool { return saysSo(string(e.Type)) })
	switch {
	case told:
		return j.said(Expired, "the server said so in an event")
	case len(items) == 0:
		j.Anomalies = []Anomaly{{Kind: SilentLoss, Where: v.Span(0, 0), At: v.End.At,
			Witness: fmt.Sprintf("asked for what follows %.60q, the server answered 200 and sent no event in %v", v.Cursor, checks.Brief(v.End.At))}}
		return j.said(SilentLoss, "answered 200 with nothing: the reader cannot tell that it has lost something")
	case b.fresh(items):
		return j.said(Whole, "answered from the beginning: nothing is lost, and what was read comes again")
	}
	applied, found := b.compare(r)
	lost := slices.IndexFunc(found, func(a Anomaly) bool { return a.Kind == Lost || a.Kind == FalseEnd || a.Kind == SilentLoss })
	switch {
	case lost >= 0:
		a := found[lost]
		a.Kind = SilentLoss
		j.Anomalies, j.Oracle = []Anomaly{a}, a.Oracle
		return j.said(SilentLoss, "answered 200, and %s missing: the reader cannot tell", missing(a.Events))
	case len(applied) == 0:
		return j.unjudged("answered with events, and %s", b.noOracle(r))
	case slices.ContainsFunc(found, func(a Anomaly) bool { return a.Kind == Restarted || a.Kind == Duplicated }):
		return j.said(Whole, "answered from event %s on: nothing is lost, and what was read comes again", shown(items[0], "without id"))
	case len(found) > 0:
		j.Anomalies, j.Oracle = found, found[0].Oracle
		return j.said(found[0].Kind, "%s", b.tell(j, r))
	}
	j.Oracle = applied[0]
	return j.said(Whole, "answered with all that was missed")
}

// harmless says how a place was taken that no reader names by right: what is no id, the id of another stream
// of the same URL, or none at all. Whatever a server answers is no loss of a reader's.
func (b *bench) harmless(j Judgment, r *reading, items []item, kind string) Judgment {
	before := r.pieces[0].items
	switch {
	case kind == "foreign" && slices.ContainsFunc(before, func(it item) bool { return it.name == r.last().Cursor }), kind == "foreign" && b.steady:
		j.Moot = true
		return j.unjudged("ids mean the same on every stream of this URL")
	case len(items) == 0:
		return j.said(Whole, "ignored: no event came in %v", checks.Brief(r.last().End.At))
	}
	return j.said(Whole, "answered from event %s on", shown(items[0], "without id"))
}

// missing says that events are missing.
func missing(events []string) string {
	if len(events) == 1 {
		return Span(events) + " is"
	}
	return Span(events) + " are"
}

// fresh reports whether items begin where every undisturbed answer does.
func (b *bench) fresh(items []item) bool {
	own := b.items(b.control)
	return len(own) > 0 && (b.starts() || b.steady) && b.key(items[0]) == b.key(own[0]) && b.same(items[0], own[0])
}

// saysSo reports whether an event's type says that something is wrong.
func saysSo(typ string) bool {
	typ = strings.ToLower(typ)
	return slices.ContainsFunc([]string{"error", "expired", "reset", "gap", "gone", "resync", "truncated"}, func(w string) bool {
		return strings.Contains(typ, w)
	})
}

// article names a false place.
func article(kind string) string {
	return map[string]string{
		"unknown": "an id that was never given", "malformed": "an id that is no id", "expired": "an id from long ago", "future": "an id that is yet to come",
		"foreign": "the id of another stream", "long": "an id of 4 KB", "non-ascii": "an id that is not ASCII", "empty": "an empty id",
	}[kind]
}
