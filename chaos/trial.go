package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Trial is an answer that is interrupted as a schedule says, by a reader that asks for the rest as the
// dialect prescribes.
type Trial struct {
	Name     string
	Schedule Schedule
	Resume   profile.Resume
	Seq      string // JSON path of the number that stands for an id where events have none
	Compare  bool   // ask for the answer from its first event once more, to know what it was
	Demanded bool   // the user asked for this very trial
}

// Requests returns how many requests the trial is likely to cost.
func (t *Trial) Requests() int {
	n := 1
	for _, s := range t.Schedule {
		switch {
		case t.Resume.Way == profile.NoResume:
		case s.Spot.Where != "", s.Turn == Twice, s.Turn == Together, s.Turn == Another, s.Turn == UseCursor && asksAfter(s.Arg):
			n++
		}
	}
	if t.Compare {
		n++
	}
	return n
}

// asksAfter reports whether a cursor is named by a request behind the reader's last one.
func asksAfter(cursor string) bool {
	return cursor == "first" || cursor == "last" || cursor == "terminal"
}

// try makes one trial. Where it could not be carried through the recording says why.
func (l *Lab) try(ctx context.Context, t *Trial, number int, w *witness) *wire.Recording {
	r := &reader{l: *l, t: t, witness: w, retry: -1,
		rec: &wire.Recording{Scene: scene(number), Trial: &wire.Trial{
			Name: t.Name, Schedule: t.Schedule.String(), Resume: t.Resume.String(), Mode: l.mode(t.Schedule), Demanded: t.Demanded}}}
	r.l.requests, r.l.Tap, r.l.Limits.Requests = 0, nil, 0
	for _, s := range t.Schedule {
		if s.Turn == UseCursor && asksAfter(s.Arg) {
			r.after = append(r.after, s.Arg)
		} else {
			r.rest = append(r.rest, s)
		}
	}
	if err := l.unfit(t.Schedule); err != nil {
		r.rec.Trial.Gap, r.rec.Trial.Moot = err.Error(), true
		return r.rec
	}
	k, err := l.newLink(r.rec.Trial.Mode, uint64(l.Seed)+uint64(number))
	if err == nil {
		r.k, r.l.link = k, k
		err = r.run(ctx)
		r.l.link = nil
		if err == nil {
			err = r.compare(ctx)
		}
		err = errors.Join(err, k.close())
	}
	if err != nil {
		var m *MootError
		r.rec.Trial.Gap, r.rec.Trial.Moot = l.Secrets.Mask(err.Error()), errors.As(err, &m)
	}
	return r.rec
}

// scene names the recording of a trial: its number keeps schedules that are tried twice apart.
func scene(number int) wire.Scene {
	return wire.Scene(fmt.Sprintf("trial-%d", number))
}

// mode says where the connections of a schedule are disturbed: below TLS, as a network does it, unless a place
// in the stream is to be found, which can be seen above TLS only.
func (l *Lab) mode(s Schedule) wire.Mode {
	switch {
	case len(s) > 0 && l.below(s[0]):
		return wire.WireMode
	case slices.ContainsFunc(s, func(step Step) bool { return step.Spot.Where != "" }):
		return wire.ExactMode
	}
	return wire.WireMode
}

// below reports whether a step is to happen below TLS.
func (l *Lab) below(s Step) bool {
	return s.Kind == wire.Flip && s.Spot.Where == AtByte && strings.HasPrefix(l.Target.URL, "https:")
}

// unfit says why a schedule makes no sense at this target, or returns nil.
func (l *Lab) unfit(s Schedule) error {
	if !strings.HasPrefix(l.Target.URL, "https:") {
		return nil
	}
	for i, step := range s {
		if step.Kind == wire.Flip && (i > 0 || !l.below(step)) || i > 0 && step.Spot.Where != "" && l.below(s[0]) {
			return moot("TLS lets nobody change a bit of the stream; below it one is changed by byte:N/flip, alone or first")
		}
	}
	return nil
}
