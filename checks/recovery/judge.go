package recovery

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/wire"
)

// Judge returns a verdict for every trial of the evidence, in order.
func Judge(ev *checks.Evidence) []Judgment {
	return ev.Learn(judgments{}, func() any { return judge(ev) }).([]Judgment)
}

// judgments is the key of what was judged before.
type judgments struct{}

func judge(ev *checks.Evidence) []Judgment {
	b := benchOf(ev)
	var out []Judgment
	for _, r := range ev.Bundle.Recordings {
		if r.Trial != nil {
			out = append(out, b.judge(r))
		}
	}
	settle(b, out)
	return out
}

// judge returns the verdict on one trial, as far as it can be told from that trial alone.
func (b *bench) judge(rec *wire.Recording) Judgment {
	j := Judgment{Recording: rec}
	r := b.reading(rec)
	if len(r.own) == 0 || rec.Trial.Gap != "" {
		j.Moot = rec.Trial.Moot
		return j.unjudged("%s", orElse(rec.Trial.Gap, "nothing was observed"))
	}
	j.Cuts, j.Recovery = r.cuts(), r.recovery()
	if note := r.last().End.Note; note == wire.TimeSpent || note == wire.RequestsSpent || note == wire.Interrupted || strings.Contains(note, "limit of") {
		return j.unjudged("the answer was not read to its end: %s", note)
	}
	j.Takes, j.Complete = b.takes(r), b.had(r)
	if kind := namedCursor(rec.Trial.Schedule); kind != "" {
		return b.judgeCursor(j, r, kind)
	}
	if slices.ContainsFunc(j.Cuts, unnoticed) {
		return j.said(Unsupported, "a bit was changed on the way and nothing noticed it: HTTP without TLS cannot")
	}
	switch cut := slices.ContainsFunc(j.Cuts, func(c Cut) bool { return c.Fault.Kind.Cuts() }); {
	case cut && r.resume.Way == profile.NoResume:
		return b.unsupported(j, r)
	case !r.last().OpenedEventStream() && !(r.last().Status == 204 && b.complete(r)):
		return b.refused(j, r)
	case slices.ContainsFunc(j.Cuts, func(c Cut) bool { return c.Fault.Kind == wire.Duplicate }) && !b.ids:
		return j.said(Unsupported, "the events carry no id, so that a reader cannot tell what a hop delivers twice")
	case r.resume.Way == profile.FullReplay:
		return b.judgeReplay(j, r)
	default:
		return b.judgePieces(j, r, cut)
	}
}

// unnoticed reports whether a changed bit ended nothing.
func unnoticed(c Cut) bool {
	return c.Fault.Kind == wire.Flip && (c.Fault.Seen == wire.SeenAsEnd || c.Fault.Seen == wire.SeenSilence && c.busy)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (j Judgment) unjudged(format string, a ...any) Judgment {
	j.Verdict, j.Reason = Inconclusive, fmt.Sprintf(format, a...)
	return j
}

func (j Judgment) said(v Verdict, format string, a ...any) Judgment {
	j.Verdict, j.Reason = v, fmt.Sprintf(format, a...)
	return j
}

// unsupported says what a reader without a way back is left with.
func (b *bench) unsupported(j Judgment, r *reading) Judgment {
	why := "the events carry no id, so a reader cannot say where it stopped"
	if b.ids {
		why = "no way back was to be used"
	}
	for _, c := range j.Cuts {
		if c.Fault.Seen == wire.SeenAsEnd {
			return j.said(Unsupported, "%s; and the cut cannot be told from the end of the answer", why)
		}
	}
	return j.said(Unsupported, "%s; that the answer was cut can be seen", why)
}

// refused says how a server answered a reader that came back.
func (b *bench) refused(j Judgment, r *reading) Judgment {
	v := r.last()
	switch {
	case v.Fault != nil && v.Fault.Landed >= 0:
		return j.unjudged("the reader was kept from coming back")
	case v.Status == 410:
		return j.said(Expired, "the server answered 410: it no longer has the answer")
	case v.Status == 204 && !b.finite():
		return j.unjudged("the server answered 204, and nothing tells whether the answer was complete")
	case v.Status == 204:
		return j.said(Refused, "the server answered 204, which tells a reader to stay away, though the answer was not complete")
	case v.Status == 0 && b.restless(v.End.At):
		return j.unjudged("no answer came, on a machine that is too restless to blame the server for it")
	case v.Status == 0:
		return j.said(Refused, "the server did not answer: %s", orElse(v.End.Note, v.End.Kind.String()))
	case v.Status == 200:
		return j.said(Refused, "the server answered with %s in place of a stream", orElse(v.Type.Essence, "no media type"))
	}
	return j.said(Refused, "the server answered %d: an EventSource gives up for good", v.Status)
}

// complete reports whether the reader has the end of the answer.
func (b *bench) complete(r *reading) bool {
	return slices.ContainsFunc(r.all(), b.final)
}

// had reports whether the reader had the end of the answer before its last connection.
func (b *bench) had(r *reading) bool {
	for i, p := range r.pieces {
		if i < len(r.pieces)-1 || p.view != r.last() {
			if slices.ContainsFunc(p.items, b.final) {
				return true
			}
		}
	}
	return false
}

// judgePieces puts what a reader was given beside every truth there is.
func (b *bench) judgePieces(j Judgment, r *reading, cut bool) Judgment {
	if b.finite() && !r.ended() && !b.idle(r) {
		return j.unjudged("events were still coming when patience ended after %v (--patience)", checks.Brief(r.last().End.At))
	}
	if cut && !b.finite() && !r.ended() && len(b.items(r.last())) == 0 {
		return b.judgeSilence(j, r)
	}
	applied, found := b.compare(r)
	if len(found) > 0 && found[0].Kind == Hung && b.restless(r.last().End.At) {
		return j.unjudged("the answer did not come to its end, on a machine that is too restless to blame the server for it")
	}
	if len(found) > 0 {
		j.Anomalies = found
		j.Verdict, j.Oracle = found[0].Kind, found[0].Oracle
		j.Reason = b.tell(j, r)
		return j
	}
	switch {
	case len(applied) == 0:
		return j.unjudged("%s", b.noOracle(r))
	case cut && !b.exercised(r):
		return j.unjudged("nothing was due between the two connections, so that nothing could be lost")
	}
	j.Oracle = applied[0]
	return j.said(Whole, "%s", b.wholly(j, r, cut))
}

// judgeSilence judges a stream without end that was taken up and says nothing: only where others were told
// something meanwhile is that wrong.
func (b *bench) judgeSilence(j Judgment, r *reading) Judgment {
	v := r.last()
	from, to := v.Began, v.Began.Add(v.End.At-lag)
	missed := slices.IndexFunc(b.witness, func(it item) bool { at := arrived(it); return at.After(from) && at.Before(to) })
	if missed < 0 || b.witnessed(r) == nil || b.restless(v.End.At) {
		return j.unjudged("the stream that was taken up brought no event in %v", checks.Brief(v.End.At))
	}
	a := Anomaly{Kind: Hung, Oracle: WitnessStream, Events: []string{b.witness[missed].name}, Where: v.Span(0, 0), At: v.End.At,
		Witness: fmt.Sprintf("connection %d was open for %v and brought no event, while another brought event %s", len(r.own), checks.Brief(v.End.At), b.witness[missed].name)}
	j.Anomalies, j.Oracle = []Anomaly{a}, a.Oracle
	j.Takes = v.Cursor != "" // who names no place is told something
	return j.said(Hung, "the stream was taken up and says nothing: %s", a.Witness)
}

// lag is how much later an event may come on one connection than on another.
const lag = time.Second

// idle reports whether a stream that we left had long brought no event.
func (b *bench) idle(r *reading) bool {
	v := r.last()
	items := b.items(v)
	if len(items) == 0 {
		return true
	}
	last := items[len(items)-1]
	return v.Text.When(v.Stream.Events[last.event].Hi-1) < v.End.At/2
}

// compare applies every oracle, and returns those that could be applied, the strongest first, and what
// they show, the worst first. What numbers and texts let suspect counts only where no truth says otherwise.
func (b *bench) compare(r *reading) (applied []Oracle, found []Anomaly) {
	var known, guessed []Anomaly
	truths := 0
	if a, ok := b.mixed(r); ok {
		return nil, []Anomaly{a}
	}
	if a, ok := b.regenerated(r); ok {
		return nil, []Anomaly{a}
	}
	if c := b.numbers(r); c != nil {
		applied = append(applied, c.oracle)
		guessed = append(guessed, b.anomalies(c)...)
	}
	if a, ok := b.doneText(r); ok {
		applied = append(applied, DoneText)
		if len(guessed) == 0 {
			guessed = append(guessed, a...)
		}
	}
	for _, t := range b.truths(r) {
		c := b.against(t, r.pieces, r.ended())
		if c == nil {
			continue
		}
		truths++
		applied = append(applied, t.oracle)
		known = append(known, b.anomalies(c)...)
		known = append(known, b.besides(t, r)...)
	}
	slices.SortStableFunc(applied, func(x, y Oracle) int { return slices.Index(oracles, x) - slices.Index(oracles, y) })
	if truths > 0 && b.sequence == "" {
		guessed = slices.DeleteFunc(guessed, func(g Anomaly) bool {
			return !slices.ContainsFunc(known, func(k Anomaly) bool { return k.Kind == g.Kind })
		})
	}
	return applied, strongest(append(guessed, known...))
}

// strongest keeps one anomaly of each kind: the one that says most, under the name of the strongest oracle
// that shows it. It sorts by weight.
func strongest(all []Anomaly) []Anomaly {
	var out []Anomaly
	slices.SortStableFunc(all, func(x, y Anomaly) int { return slices.Index(oracles, x.Oracle) - slices.Index(oracles, y.Oracle) })
	for _, a := range all {
		i := slices.IndexFunc(out, func(x Anomaly) bool { return x.Kind == a.Kind })
		switch {
		case i < 0:
			out = append(out, a)
		case len(a.Events) >= len(out[i].Events): // a truth knows more of it than a number
			a.Oracle = out[i].Oracle
			out[i] = a
		}
	}
	slices.SortStableFunc(out, func(x, y Anomaly) int { return gravity(x.Kind) - gravity(y.Kind) })
	return out
}

// besides judges the requests that were made beside the reader's own: whoever names a place is to be given
// what follows it.
func (b *bench) besides(t *truth, r *reading) []Anomaly {
	var out []Anomaly
	for _, v := range r.beside {
		i, known := t.index[v.Cursor]
		if v.Role == wire.Rival || !known || !v.OpenedEventStream() || !t.final {
			continue
		}
		c := b.against(t, []piece{{v, t.items[:i+1]}, {v, b.items(v)}}, v.End.Kind.ServerEnded())
		if c == nil {
			continue
		}
		if i == len(t.items)-1 && !v.End.Kind.ServerEnded() && len(b.items(v)) == 0 {
			out = append(out, Anomaly{Kind: Hung, Oracle: t.oracle, At: v.End.At, Where: v.Span(0, 0), Events: []string{c.label(i)},
				Witness: fmt.Sprintf("asked for what follows the last event %s, the stream was still open after %v", c.label(i), checks.Brief(v.End.At))})
		}
		out = append(out, b.anomalies(c)...)
	}
	return out
}

// doneText compares the text of all pieces with the one that the end of the answer repeats.
func (b *bench) doneText(r *reading) (found []Anomaly, ok bool) {
	if b.done == nil {
		return nil, false
	}
	items := r.all()
	pieces, whole, ok := b.done.compare(items)
	if !ok || pieces == whole {
		return nil, ok
	}
	a := Anomaly{Kind: Corrupted, Oracle: DoneText}
	last := r.pieces[len(r.pieces)-1].items
	own, _, again := b.done.compare(last)
	switch {
	case again && own == whole && len(r.pieces) > 1:
		a.Kind = Restarted
		a.Witness = fmt.Sprintf("the last event repeats only what connection %d brought: another answer was generated", len(r.pieces))
	case len(pieces) < len(whole):
		a.Kind = Lost
		a.Witness = fmt.Sprintf("the pieces have %d bytes of text, the last event says %d", len(pieces), len(whole))
	case len(pieces) > len(whole):
		a.Kind = Duplicated
		a.Witness = fmt.Sprintf("the pieces have %d bytes of text, the last event says %d", len(pieces), len(whole))
	default:
		a.Witness = "the pieces have another text than the last event says"
	}
	a.point(items[len(items)-1])
	return []Anomaly{a}, true
}

// exercised reports whether something was due while the reader was away.
func (b *bench) exercised(r *reading) bool {
	if b.finite() || b.starts() {
		return true
	}
	for i, v := range r.own[:len(r.own)-1] {
		if v.Stream.Tail < len(v.Text.Bytes) && half(v.Stream) {
			return true
		}
		from, to := v.Began.Add(v.End.At), r.own[i+1].Began
		if slices.ContainsFunc(b.witness, func(it item) bool { at := arrived(it); return at.After(from) && at.Before(to) }) {
			return true
		}
	}
	return false
}

// arrived returns when an item came.
func arrived(it item) time.Time {
	v := it.view
	return v.Began.Add(v.Text.When(v.Stream.Events[it.event].Hi - 1))
}

// takes reports whether the server took up a place that the reader named: what it sent then begins behind
// the place, and not where every answer begins.
func (b *bench) takes(r *reading) bool {
	for i, p := range r.pieces {
		if i == 0 || p.view.Cursor == "" {
			continue
		}
		before := r.pieces[i-1].items
		if len(p.items) == 0 || len(before) == 0 {
			continue
		}
		next := b.next(before[len(before)-1], p.items[0])
		switch own := b.items(b.control); {
		case next && (b.finite() || b.exercised(r)):
			return true
		case b.steady && !b.same(own[0], p.items[0]):
			return true
		}
	}
	return false
}

// next reports whether an item follows another one directly: by their numbers, or in a stream that was left alone.
func (b *bench) next(x, y item) bool {
	if x.number >= 0 && y.number >= 0 {
		return y.number == x.number+1
	}
	for _, known := range [][]item{b.witness, b.items(b.control)} {
		if i := b.behind(known, x); i > 0 && i < len(known) && b.key(known[i]) == b.key(y) {
			return true
		}
	}
	prefix := strings.TrimRight(x.name, "0123456789") // ids of one answer that count behind its name: 7-3, 7-4
	return prefix != "" && prefix != x.name && consecutive([]string{x.name, y.name})
}

// noOracle says why nothing can be compared.
func (b *bench) noOracle(r *reading) string {
	switch {
	case b.control == nil || !b.control.OpenedEventStream():
		return "the undisturbed answer is no event stream, so that there is nothing to compare with"
	case len(b.items(b.control)) == 0:
		return "the undisturbed answer has no event, so that there is nothing to compare with"
	case b.polled:
		return "no oracle applies: each answer is a few events of a feed that is asked for again and again, and what is due is not known"
	case completed(b.control) && !b.finite():
		return "no oracle applies: the answer is another one each time, and its end cannot be told from its other events"
	case !b.finite() && len(b.witness) == 0:
		return "no oracle applies: nobody knows what an endless stream should have said (numbers in its events would tell: --seq)"
	case !b.finite() && len(r.pieces) > 1 && len(r.pieces[0].items) == 0:
		return "nothing was read before the cut, so that the reader had no place to come back to"
	case !b.finite():
		return "no oracle applies: the stream that was left alone said other things than the one that was cut"
	}
	return "no oracle applies: the answer is another one each time, and does not say how many events it has (--seq names a number that it has)"
}
