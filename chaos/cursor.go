package chaos

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// compare asks, behind the reader's last request, for the answer from earlier places on.
func (r *reader) compare(ctx context.Context) error {
	after, ids := r.after, r.ids()
	if r.t.Compare && (len(ids) > 0 || r.t.Resume.Way == profile.FullReplay) {
		after = append(after, "first")
	}
	for _, name := range after {
		r.turns = nil
		i := map[string]int{"first": 0, "last": len(ids) - 2, "terminal": len(ids) - 1}[name]
		switch {
		case r.t.Resume.Way == profile.FullReplay:
		case i < 0 || i >= len(ids):
			return moot("too few events of the answer have an id")
		default:
			r.cursor = ids[i]
		}
		req, err := r.request(ctx, r.l.asEventSource())
		if err != nil {
			return err
		}
		if err := r.ask(ctx, ask{req: req, version: r.l.version(), patience: r.watch(Step{})}, wire.Replay); err != nil {
			return err
		}
	}
	return nil
}

// ids returns the last event ID strings that came with events, each once, in the order of first use.
func (r *reader) ids() [][]byte {
	var out [][]byte
	known := map[string]bool{}
	for _, s := range r.values {
		for _, e := range s.Events {
			if len(e.ID) > 0 && !known[string(e.ID)] {
				known[string(e.ID)] = true
				out = append(out, e.ID)
			}
		}
	}
	return out
}

// farAway is how far a number is moved to be one that was not given yet, or is no longer kept.
const farAway = 1_000_000

// longCursor is half of what servers usually allow all fields together to have.
const longCursor = 4096

// falseCursor returns a place that is not the reader's own.
func (r *reader) falseCursor(ctx context.Context, kind string) ([]byte, error) {
	id := string(r.cursor)
	if way := r.t.Resume; way.Way == profile.GetRoute && !strings.Contains(way.Name, "{last-event-id}") {
		return nil, moot("the place is not named by an id: %s", way)
	}
	if id == "" {
		return nil, moot("the events that came have no id")
	}
	switch kind {
	case "unknown":
		id := r.unknown(id)
		if id == "" {
			return nil, moot("no id was found that was never given")
		}
		return []byte(id), nil
	case "malformed":
		return []byte(`!"no'such;id<>`), nil
	case "expired", "future":
		by := int64(farAway)
		if kind == "expired" {
			by = -by
		}
		moved, ok := shifted(id, by)
		if !ok {
			return nil, moot("ids such as %.40q cannot be made %s", id, map[string]string{"expired": "older", "future": "newer"}[kind])
		}
		return []byte(moved), nil
	case "foreign":
		return r.foreign(ctx)
	case "long":
		return []byte(strings.Repeat(id, longCursor/len(id)+1)[:longCursor]), nil
	case "non-ascii":
		return []byte("größe-東京-" + id), nil
	}
	return nil, nil
}

// unknown returns an id that looks like the given one and was never given: digits stay digits, letters
// letters.
// It is empty where none is found.
func (r *reader) unknown(id string) string {
	if moved, ok := shifted(id, 7*farAway+1); ok && strings.Trim(id, "0123456789") == "" {
		return moved
	}
	given := r.ids()
	lot := rand.New(rand.NewPCG(uint64(r.l.Seed), 1))
	for range 100 {
		other := similar(lot, id)
		if other != id && !slices.ContainsFunc(given, func(g []byte) bool { return string(g) == other }) {
			return other
		}
	}
	return id + "-0"
}

// similar returns an id of the same form, drawn by lot.
func similar(lot *rand.Rand, id string) string {
	out := []byte(id)
	for i, c := range out {
		switch {
		case c >= '0' && c <= '9':
			out[i] = '0' + byte(lot.IntN(10))
		case c >= 'a' && c <= 'f':
			out[i] = 'a' + byte(lot.IntN(6))
		case c >= 'A' && c <= 'F':
			out[i] = 'A' + byte(lot.IntN(6))
		case c >= 'g' && c <= 'z':
			out[i] = 'g' + byte(lot.IntN(20))
		case c >= 'G' && c <= 'Z':
			out[i] = 'G' + byte(lot.IntN(20))
		}
	}
	return string(out)
}

// shifted returns the id with the number it begins with moved.
func shifted(id string, by int64) (string, bool) {
	digits := len(id) - len(strings.TrimLeft(id, "0123456789"))
	n, err := strconv.ParseInt(id[:digits], 10, 64)
	if err != nil || n+by <= 0 || by > 0 && n > math.MaxInt64-by || digits < len(id) && !strings.ContainsRune(":-.", rune(id[digits])) {
		return "", false
	}
	return strconv.FormatInt(n+by, 10) + id[digits:], true
}

// foreign opens another stream and returns the first id that it gives.
func (r *reader) foreign(ctx context.Context) ([]byte, error) {
	var id []byte
	live := stream.NewReader(stream.EventStream, func(e *stream.Event) {
		if id == nil && len(e.ID) > 0 {
			id = append([]byte(nil), e.ID...)
		}
	})
	one := r.plain()
	one.Tap = func(p Progress) { live.Write(p.Body) }
	a := ask{req: r.l.asEventSource(), version: r.l.version(), patience: r.watch(Step{}), enough: func() bool { return id != nil }}
	xs, err := one.record(ctx, a)
	r.keep(xs, wire.Rival)
	if err == nil && id == nil {
		err = moot("another stream gives no id at once")
	}
	return id, err
}
