package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
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

// The limits of a reader.
const (
	defaultReconnect = 500 * time.Millisecond // where the stream names no reconnection time; HTML 9.2.3 leaves it to the client
	mostReconnect    = 5 * time.Second        // a longer one is cut down to this: somebody waits for us
	mostAttempts     = 40
	mostRefusals     = 20 // of one span of refusals
	mostReturns      = 2  // how often a reader comes back by itself to a stream that ends too early
	enoughEvents     = 5  // of an endless stream that was taken up
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
	return nil
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

// attempt makes one connection, and notes what was done to it.
func (r *reader) attempt(ctx context.Context, step Step, resumed bool) ([]*wire.Exchange, error) {
	req := r.l.asEventSource()
	if resumed {
		var err error
		if req, err = r.request(ctx, req); err != nil {
			return nil, err
		}
	}
	version := r.l.version()
	if step.Kind == wire.Status || step.Kind == wire.WrongType {
		version = "HTTP/1.1"
	}
	a := ask{req: req, version: version, patience: r.watch(step)}
	if _, ok := r.turn(Address); ok {
		if err := r.another(ctx, &a); err != nil {
			return nil, err
		}
	}
	beside := func() {}
	if _, ok := r.turn(Together); ok && resumed {
		beside = r.beside(ctx, a, wire.Twin, 0)
	}
	if _, ok := r.turn(Another); ok && resumed {
		beside = r.beside(ctx, ask{req: r.l.asEventSource(), version: version, patience: a.patience}, wire.Rival, rivalEvents)
	}
	r.k.arm(step, version)
	hops := len(r.k.hops)
	xs, err := r.look(ctx, &r.l, a, step.Kind == "" || step.Kind.Shapes())
	defer beside()
	if err != nil && len(xs) == 0 {
		if x := r.disturbed(step, a, err); x != nil {
			x.Cursor = r.named
			r.rec.Exchanges = append(r.rec.Exchanges, x)
			return []*wire.Exchange{x}, nil
		}
		if resumed && errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("the server answered before and refuses connections now: %w", err)
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	x := xs[len(xs)-1]
	r.rec.Exchanges = append(r.rec.Exchanges, xs...)
	if r.heard = r.witness.heard(); resumed {
		x.Cursor = r.named
	}
	if step.Kind == wire.Status || step.Kind == wire.WrongType {
		r.l.purse.refund() // no request of the target's
	}
	if step.Kind != "" {
		x.Fault = r.fault(step, x, len(r.k.hops) > hops)
	}
	r.learn(x)
	if _, ok := r.turn(Twice); ok && resumed {
		return xs, r.ask(ctx, a, wire.Twin)
	}
	return xs, nil
}

// ask makes a request that is not the reader's own.
func (r *reader) ask(ctx context.Context, a ask, role wire.Role) error {
	xs, err := r.look(ctx, r.plain(), a, true)
	r.keep(xs, role)
	return err
}

// plain returns a lab for requests that are not disturbed.
func (r *reader) plain() *Lab {
	one := r.l
	one.link = nil
	return &one
}

// keep adds the exchanges of a request beside the reader's own.
func (r *reader) keep(xs []*wire.Exchange, role wire.Role) {
	for _, x := range xs {
		x.Role = role
		if role != wire.Rival {
			x.Cursor = r.named
		}
	}
	r.rec.Exchanges = append(r.rec.Exchanges, xs...)
}

// beside makes a request while the reader makes its own, and returns when that has brought so many events,
// or ended. The exchanges are kept when the function that is returned is called.
func (r *reader) beside(ctx context.Context, a ask, role wire.Role, events int) func() {
	one := r.plain()
	var xs []*wire.Exchange
	begun, done := make(chan struct{}), make(chan struct{})
	n := 0
	tell := sync.OnceFunc(func() { close(begun) })
	live := stream.NewReader(stream.EventStream, func(*stream.Event) {
		if n++; n == events {
			tell()
		}
	})
	one.Tap = func(p Progress) { live.Write(p.Body) }
	if r.l.endless() {
		a.enough = func() bool { return n >= events+enoughEvents }
	}
	if events == 0 {
		tell()
	}
	go func() {
		defer close(done)
		defer tell()
		xs, _ = one.record(ctx, a)
	}()
	<-begun
	return func() {
		<-done
		r.keep(xs, role)
	}
}

// rivalEvents are how many events another stream brings before the reader comes back to its own.
const rivalEvents = 2

// endless reports whether the control stream did not end while it was watched.
func (l *Lab) endless() bool {
	x := l.control()
	return x == nil || !x.End.Kind.ServerEnded()
}

// watch is how long one connection is watched.
func (r *reader) watch(step Step) patience {
	d := r.l.patience()
	p := whole(d)
	p.linger, p.behind = d, 0 // what follows the answer is looked for elsewhere
	if step.Kind == wire.Pause || step.Kind == wire.SlowClose {
		p.linger += step.For
	}
	if step.Spot.Where != "" || step.Kind.Shapes() {
		p.linger += r.l.watch()
	}
	return p
}

// look reads one answer. Of an endless stream that is left alone, a few events are enough.
func (r *reader) look(ctx context.Context, l *Lab, a ask, alone bool) ([]*wire.Exchange, error) {
	if alone && l.endless() {
		n := 0
		events := stream.NewReader(stream.EventStream, func(*stream.Event) { n++ })
		l.Tap = func(p Progress) { events.Write(p.Body) }
		a.enough = func() bool { return n >= enoughEvents }
		defer func() { l.Tap = nil }()
	}
	return l.record(ctx, a)
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
		return first, fmt.Errorf("nothing came that %s could ask with", r.t.Resume)
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
		r.cursor = s.ID
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

// fault says what was done to an exchange and how the reader saw it.
func (r *reader) fault(step Step, x *wire.Exchange, hopped bool) *wire.Fault {
	f := &wire.Fault{Kind: step.Kind, Aim: step.String(), Landed: -1}
	if step.Kind == wire.Status || step.Kind == wire.WrongType {
		f.Landed, f.Seen = 0, fmt.Sprintf("status %d", x.Status)
		return f
	}
	if !hopped {
		return f
	}
	h := r.k.hop()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.landed {
		return f
	}
	for _, c := range x.Body {
		f.Landed += len(c.Data)
	}
	f.Landed++ // from -1
	if (step.Kind == wire.Pause || step.Kind == wire.Duplicate) && h.carrier != nil {
		f.Landed, _ = h.carrier.place()
	}
	f.Seen = seen(step.Kind, x)
	return f
}

// seen says how the reader saw a fault.
func seen(kind wire.FaultKind, x *wire.Exchange) string {
	if !kind.Cuts() {
		return string(kind)
	}
	for _, f := range x.Frames {
		if f.Type == "GOAWAY" && kind == wire.GoAway || f.Type == "RST_STREAM" {
			return f.Type
		}
	}
	switch x.End.Kind {
	case wire.Complete:
		return "fin, taken for the end"
	case wire.Truncated:
		return "fin"
	case wire.Reset:
		if kind == wire.Flip {
			return x.End.Note
		}
		return "reset"
	}
	return "silence"
}

// disturbed makes an exchange of a connection that was kept from opening, or nil if it was not our doing.
func (r *reader) disturbed(step Step, a ask, err error) *wire.Exchange {
	switch step.Kind {
	case wire.Refuse, wire.DNSFail, wire.TLSFail:
	case wire.Flip:
		if h := r.k.hop(); h == nil || !h.landed {
			return nil
		}
	default:
		return nil
	}
	note := r.l.Secrets.Mask(err.Error())
	return &wire.Exchange{
		Request: r.l.stored(&a), Began: time.Now(),
		Fault: &wire.Fault{Kind: step.Kind, Aim: step.String(), Landed: 0, Seen: note},
		End:   wire.End{Kind: wire.Reset, Note: note},
	}
}

// another chooses another address of the target's name.
func (r *reader) another(ctx context.Context, a *ask) error {
	u, err := url.Parse(a.req.URL)
	if err != nil {
		return err
	}
	ips, err := r.l.lookup(ctx, u.Hostname())
	if err != nil || len(ips) < 2 {
		return moot("the target has one address")
	}
	a.address = ips[1]
	return nil
}
