package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// The limits of a reader.
const (
	defaultReconnect = 500 * time.Millisecond // where the stream names no reconnection time; HTML 9.2.3 leaves it to the client
	mostReconnect    = 5 * time.Second        // a longer one is cut down to this: somebody waits for us
	mostAttempts     = 100                    // of one schedule
	mostRefusals     = 20                     // of one span of refusals
	mostReturns      = 2                      // how often a reader comes back by itself to a stream that ends too early
	enoughEvents     = 5                      // of an endless stream that was taken up
)

// defaultPatience is how long a stream that was taken up may bring no event, beside what the control
// stream needed: a model may have to be woken up.
const defaultPatience = 5 * time.Second

// A reader is one client that is interrupted.
type reader struct {
	l       Lab // its own copy
	t       *Trial
	k       *link
	rec     *wire.Recording
	rest    Schedule // steps to come
	after   []string // cursors to name behind the reader's last request
	cursor  []byte
	named   string           // the place that the next request names
	heard   int              // what the witness had heard when the reader was cut off
	retry   time.Duration    // -1 if never set
	values  []*stream.Stream // what came so far
	turns   []Step           // before the next connection
	cookies []string
	witness *witness
}

// run reads until the answer is there, or nothing more can be had.
func (r *reader) run(ctx context.Context) error {
	returns := 0
	for attempt := range mostAttempts {
		step := r.next()
		if attempt > 0 {
			if err := r.reconnectAfter(ctx, step); err != nil {
				return err
			}
		}
		if step.Kind == wire.Refuse && r.k.relented() {
			step = r.next()
		}
		xs, err := r.attempt(ctx, step, attempt > 0)
		if err != nil {
			return err
		}
		x := xs[len(xs)-1]
		if note := x.End.Note; note == wire.TimeSpent || note == wire.Interrupted {
			return errors.New(note)
		}
		switch landed := x.Fault != nil && x.Fault.Landed >= 0; {
		case step.Kind != "" && !landed:
			return r.missed(step, x)
		case step.Kind == wire.Refuse:
			r.rest = append(Schedule{step}, r.rest...)
		case landed && step.Kind.Cuts() && r.t.Resume.Way == profile.NoResume:
			return nil // there is nothing to come back with
		case landed && !step.Kind.Shapes() && step.Kind != wire.Pause && step.Kind != wire.Duplicate:
		case r.over(x), r.strayed():
			return nil
		case len(r.rest) > 0:
		case returns == mostReturns:
			return nil
		default:
			returns++
		}
	}
	return fmt.Errorf("the reader had come back %d times, and the schedule was not over", mostAttempts)
}

// next takes the steps up to the next one that disturbs a connection.
func (r *reader) next() Step {
	r.turns = nil
	for len(r.rest) > 0 {
		s := r.rest[0]
		r.rest = r.rest[1:]
		if s.Turn == "" {
			return s
		}
		r.turns = append(r.turns, s)
	}
	return Step{}
}

// strayed reports whether the connection was asked for with a place that is not the reader's own: what
// follows tells nothing about its answer.
func (r *reader) strayed() bool { _, ok := r.turn(UseCursor); return ok }

// turn returns the turn of that name before the next connection.
func (r *reader) turn(t Turn) (Step, bool) {
	for _, s := range r.turns {
		if s.Turn == t {
			return s, true
		}
	}
	return Step{}, false
}

// over reports whether nothing more is to be expected of the answer.
func (r *reader) over(x *wire.Exchange) bool {
	control := r.l.control()
	switch {
	case x.Status != 200, x.End.Kind == wire.HungUp, x.End.Kind == wire.Silent, x.End.Kind == wire.Reset:
		return true
	case control == nil || !control.End.Kind.ServerEnded():
		return false
	}
	end, last := lastEvent(control), lastEvent(x)
	return end == nil || last != nil && bytes.Equal(last.Type, end.Type) && (len(end.Type) > 0 || bytes.Equal(last.Data, end.Data))
}

func lastEvent(x *wire.Exchange) *stream.Event {
	text, _ := x.Decoded()
	if s := stream.Parse(stream.EventStream, text.Bytes); len(s.Events) > 0 {
		return &s.Events[len(s.Events)-1]
	}
	return nil
}

// missed says why a fault did not happen.
func (r *reader) missed(s Step, x *wire.Exchange) error {
	switch h := r.k.hop(); {
	case h != nil && h.fizzled != "":
		return moot("%s", h.fizzled)
	case x.Status != 200:
		return fmt.Errorf("the answer with status %d has no place for %s", x.Status, s)
	case s.Spot.byMeaning() && x.Status == 200:
		return moot("the stream has no such place: %s", s.Spot)
	case x.End.Kind.ServerEnded():
		return fmt.Errorf("the answer ended before %s was reached", s.Spot)
	}
	return fmt.Errorf("%s was not reached in %v", s.Spot, x.End.At.Round(time.Millisecond))
}

// byMeaning reports whether a stream may have no such place however long it is.
func (p Spot) byMeaning() bool { return p.Where != AtEvent && p.Where != AtByte }

// reconnectAfter waits as the stream has asked its readers to (HTML 9.2.3), and as the schedule says.
func (r *reader) reconnectAfter(ctx context.Context, step Step) error {
	d := r.retry
	if d < 0 {
		d = defaultReconnect
	}
	d = min(d, mostReconnect)
	if step.Kind == wire.Refuse && !r.k.refused.IsZero() {
		d = max(d, step.For/mostRefusals)
	}
	if s, ok := r.turn(Wait); ok {
		d += s.For
	}
	if !wait(ctx, d) {
		return stopped(ctx)
	}
	return r.witness.due(ctx, r.heard, r.l.patience())
}

// patience is how long a stream may bring nothing new before it counts as hung.
func (l *Lab) patience() time.Duration {
	d := l.Patience
	if d <= 0 {
		d = defaultPatience
	}
	x := l.control()
	if x == nil {
		return d
	}
	if x.End.Kind.ServerEnded() {
		return d + 2*x.End.At
	}
	return d + 3*longestGap(x)
}

// longestGap is how long the control stream was silent at most.
func longestGap(x *wire.Exchange) time.Duration {
	var gap, last time.Duration
	for _, c := range x.Body {
		gap, last = max(gap, c.At-last), c.At
	}
	return max(gap, x.End.At-last)
}

// request returns what asks for the rest.
func (r *reader) request(ctx context.Context, first wire.Request) (wire.Request, error) {
	cursor := r.cursor
	if s, ok := r.turn(UseCursor); ok {
		var err error
		if cursor, err = r.falseCursor(ctx, s.Arg); err != nil {
			return first, err
		}
	}
	if len(cursor) == 0 && r.t.Resume.Way != profile.LastEventID && r.t.Resume.Cursor() && r.t.Resume.Way != profile.GetRoute && r.read() {
		return first, moot("the events that came have no id, and no number is known (--seq)")
	}
	if r.named = string(cursor); !r.t.Resume.Cursor() {
		r.named = ""
	}
	next, ok := r.t.Resume.Next(first, profile.Place{Cursor: cursor, Values: r.value})
	if !ok && r.t.Resume.Way == profile.NoResume && first.Method == "GET" {
		next, ok = first, true // all that the reader of a stream can do that ended too early
	}
	if !ok {
		return first, moot("nothing had come that tells where the rest is: %s", r.t.Resume)
	}
	if s, ok := r.turn(UseCursor); ok && s.Arg == "empty" {
		next.Header = next.Header.Set("Last-Event-ID", "")
	}
	if _, ok := r.turn(Lowercase); ok {
		for i, f := range next.Header {
			if strings.EqualFold(f.Name, "Last-Event-ID") {
				next.Header[i].Name = "last-event-id"
			}
		}
	}
	if _, ok := r.turn(Cookies); ok {
		if len(r.cookies) == 0 {
			return first, moot("the answer sets no cookies")
		}
		next.Header = append(next.Header, wire.Field{Name: "Cookie", Value: strings.Join(r.cookies, "; ")})
	}
	return next, nil
}

// read reports whether events came.
func (r *reader) read() bool {
	return slices.ContainsFunc(r.values, func(s *stream.Stream) bool { return len(s.Events) > 0 })
}

// value returns the latest value of a JSON path.
func (r *reader) value(path string) any {
	for i := len(r.values) - 1; i >= 0; i-- {
		for j := len(r.values[i].Events) - 1; j >= 0; j-- {
			if v := profile.Lookup(r.values[i].Events[j].Data, path); v != nil {
				return v
			}
		}
	}
	return nil
}

// learn takes from an answer what a reader remembers: the last event ID string of what was dispatched, the
// reconnection time, cookies.
func (r *reader) learn(x *wire.Exchange) {
	for _, c := range x.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(c, ";")
		name, _, _ := strings.Cut(pair, "=")
		r.cookies = slices.DeleteFunc(r.cookies, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		r.cookies = append(r.cookies, pair)
	}
	if x.Status != 200 || stream.SyntaxOf(x.Header.MediaType().Essence) != stream.EventStream {
		return
	}
	text, _ := x.Decoded()
	s := stream.Parse(stream.EventStream, text.Bytes)
	r.values = append(r.values, s)
	if s.ID != nil {
		r.cursor = []byte(stream.Decode(s.ID)) // as a browser does, which decodes before it reads
	}
	if s.Retry >= 0 {
		r.retry = time.Duration(min(s.Retry, int64(time.Hour/time.Millisecond))) * time.Millisecond
	}
	if r.t.Seq != "" && s.ID == nil {
		if v, ok := profile.Scalar(r.value(r.t.Seq)); ok {
			r.cursor = []byte(v)
		}
	}
}
