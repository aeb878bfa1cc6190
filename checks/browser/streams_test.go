package browser_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
)

var (
	seed    = flag.Uint64("seed", 1, "what the generated event streams are derived from")
	streams = flag.Int("streams", 2000, "how many event streams to generate")
)

const (
	defaultWait = 3 * time.Second        // Chromium's reconnection time where none was set
	smallWait   = 500 * time.Millisecond // far enough below that a busy machine does not hide which it was
	slack       = 50 * time.Millisecond  // for what rounds a timer down
	patience    = 4 * time.Second        // for a return that must not come: more than the default
	returnLimit = 20 * time.Second       // for one that must
	askLimit    = time.Minute            // for all that one stream takes
	shrinkLimit = 2 * time.Minute        // to try smaller ones in, each of which may take three seconds
	atOnce      = 128                    // streams in the page: most wait, for our pauses or for Chromium's
	ports       = 24                     // Chromium opens six connections to each, and 256 in all
	pause       = 2 * time.Millisecond   // between pieces that are to arrive one by one
)

// TestReadersAgreeWithChromium sends event streams to EventSource and to our readers. All must dispatch the same
// events, come back with the same Last-Event-ID, and wait the same time before they do.
func TestReadersAgreeWithChromium(t *testing.T) {
	m := newMatch(t)
	all := known()
	for i := range *streams {
		all = append(all, compose(*seed, uint64(i)))
	}
	begin := time.Now()
	m.play(all)
	took := time.Since(begin)
	m.report(t)
	t.Logf("seed %d: %d streams, %d events, %s", *seed, len(all), m.events, outcome(m.disputes))
	t.Logf("%d returns, %d with an id; %v, %.0f streams a second", m.returns, m.cursors, took.Round(time.Second), float64(len(all))/took.Seconds())
	for departure, n := range m.excused {
		t.Logf("in %d of them %s", n, departure)
	}
	if m.events < len(all) || m.returns < len(all)/2 || m.cursors < len(all)/10 {
		t.Error("Chromium did too little for this to mean anything")
	}
}

func outcome(disputes []dispute) string {
	if len(disputes) == 0 {
		return "all equal"
	}
	return fmt.Sprintf("%d not equal", len(disputes))
}

// A departure is where Chromium does not do what the standard says, or says otherwise where it leaves something
// open. Chromium then does what the standard says about another body, which is all that is excused.
type departure struct {
	name     string
	body     string // the smallest
	standard reading
	chromium reading
	rewrite  func([]byte) []byte
}

var departures = []departure{
	{
		// Its parser looks for the mark at the byte behind it, and then no longer for a line end there. The standard's
		// decoder removes the mark before any line is looked for.
		name:     "a line end right behind the byte order mark ends no line",
		body:     "\uFEFF\ndata\n\n",
		standard: reading{events: []event{{"message", "", ""}}, retry: -1},
		chromium: reading{retry: -1},
		rewrite:  rewrite(`^\x{FEFF}[\r\n]`, "\uFEFFx"),
	},
	{
		// "Consists of only ASCII digits": the standard does not say whether that needs one.
		name:     "a retry without a value sets the default",
		body:     "retry:1\nretry\n",
		standard: reading{retry: 1},
		chromium: reading{retry: 3000},
		rewrite:  rewrite(`((?:^|^\x{FEFF}|[\r\n])retry)(?:: ?)?([\r\n])`, "${1}:3000$2"),
	},
	{
		// The standard knows no largest number.
		name:     "a retry that 64 bits cannot hold is no number",
		body:     "retry:1\nretry:18446744073709551616\n",
		standard: reading{retry: math.MaxInt64},
		chromium: reading{retry: 1},
		rewrite:  withoutHuge,
	},
}

var number = regexp.MustCompile(`(?:^|^\x{FEFF}|[\r\n])retry: ?([0-9]+)`)

// withoutHuge makes of each retry that 64 bits cannot hold one that is no number.
func withoutHuge(body []byte) []byte {
	return number.ReplaceAllFunc(body, func(line []byte) []byte {
		digits := number.FindSubmatch(line)[1]
		if _, err := strconv.ParseUint(string(digits), 10, 64); err == nil {
			return line
		}
		return append(bytes.TrimSuffix(bytes.Clone(line), digits), 'x')
	})
}

func TestWhereChromiumDeparts(t *testing.T) {
	m := newMatch(t)
	for _, d := range departures {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			body := []byte(d.body)
			if got := parse(body); !got.equal(d.standard) {
				t.Errorf("we read %q: got %v, want %v", body, got, d.standard)
			}
			if got := parse(d.rewrite(body)); !got.equal(d.chromium) {
				t.Errorf("rewritten %q: got %v, want %v", body, got, d.chromium)
			}
			seen, err := m.ask(sent{body: body}, returnLimit)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case d.standard.misses(seen) == "":
				t.Log("Chromium does what the standard says by now: the exception can go")
			case d.chromium.misses(seen) != "":
				t.Errorf("Chromium: got %v, want %v", seen, d.chromium)
			}
		})
	}
}

// TestTheStreamsTellReadersApart holds the generator to its purpose: a reader that makes a common mistake would
// read some stream otherwise. The mistake is made here by reading another body.
func TestTheStreamsTellReadersApart(t *testing.T) {
	t.Parallel()
	for name, mistake := range mistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range 2000 {
				body := compose(*seed, uint64(i)).body
				if !parse(body).equal(parse(mistake(body))) {
					return
				}
			}
			t.Error("no stream shows it")
		})
	}
}

var mistakes = map[string]func([]byte) []byte{
	"VT ends a line":                      replace("\v", "\n"),
	"FF ends a line":                      replace("\f", "\n"),
	"NEL ends a line":                     replace("\u0085", "\n"),
	"LINE SEPARATOR ends a line":          replace("\u2028", "\n"),
	"CRLF ends two lines":                 replace("\r\n", "\n\n"),
	"CR ends no line":                     replace("\r", ""),
	"a byte order mark stays":             rewrite(`^\x{FEFF}`, "\uFEFF\uFEFF"),
	"two byte order marks are removed":    rewrite(`^\x{FEFF}\x{FEFF}`, "\uFEFF"),
	"all byte order marks are removed":    replace("\uFEFF", ""),
	"part of a byte order mark is":        func(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xEF\xBB")) },
	"a tab after the colon is removed":    replace(":\t", ":"),
	"all spaces after the colon are":      replace(":  ", ":"),
	"a space before the colon is removed": replace("data :", "data:"),
	"a space before the name is removed":  rewrite(`([\r\n]) `, "$1"),
	"spaces after a value are removed":    rewrite(` +([\r\n])`, "$1"),
	"a second colon ends the value":       rewrite(`(data: ?[^:\r\n]*):[^\r\n]*`, "$1"),
	"capitals do not matter":              rewrite(`(?i)data`, "data"),
	"a name may be longer":                replace("datax", "data"),
	"NUL is removed":                      replace("\x00", ""),
	"NUL ends a value":                    rewrite(`\x00[^\r\n]*`, ""),
	"a name without colon is no field":    rewrite(`([\r\n])data([\r\n])`, "$1$2"),
	"an empty id is ignored":              rewrite(`([\r\n])id(: ?)?([\r\n])`, "$1:$3"),
	"an empty type is ignored":            rewrite(`([\r\n])event(: ?)?([\r\n])`, "$1:$3"),
	"comments end a block":                rewrite(`([\r\n]):`, "$1\n:"),
	"the end of a stream ends a block":    func(b []byte) []byte { return append(bytes.Clone(b), "\n\n"...) },
	"the end of a stream ends a line":     func(b []byte) []byte { return append(bytes.Clone(b), '\n') },
	"each overlong sequence is one":       replace("\xF0\x80\x80\x80", "\xFF"),
	"each byte of a cut sequence is one":  replace("\xF0\x9F\x98", "\xFF\xFF\xFF"),
	"a surrogate is one":                  replace("\xED\xA0\x80", "\xFF"),
	"a retry may have a sign":             rewrite(`retry: ?\+`, "retry:"),
	"a retry may have a fraction":         rewrite(`(retry: ?[0-9]+)\.[0-9]+`, "$1"),
	"a retry may have spaces around":      rewrite(`retry: +([0-9]+) *`, "retry:$1"),
	"a retry may have any digits":         replace("٩٠٠٠", "9000"),
	"a retry has 32 bits":                 replace("4294967297", "1"),
	"leading zeros make a retry octal":    replace("0100", "64"),
}

func replace(old, with string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(with)) }
}

func rewrite(pattern, with string) func([]byte) []byte {
	re := regexp.MustCompile(pattern)
	return func(b []byte) []byte { return re.ReplaceAll(b, []byte(with)) }
}

// A reading is what a reader makes of an event stream.
type reading struct {
	events []event
	cursor string // the Last-Event-ID field with which it comes back, "" if it has none
	retry  int64  // in milliseconds; -1 if never set
}

// An event is its type, its data and its last event id.
type event [3]string

func (r reading) equal(o reading) bool {
	return slices.Equal(r.events, o.events) && r.cursor == o.cursor && r.retry == o.retry
}

func (r reading) String() string {
	return fmt.Sprintf("%s and %.200q after %v", list(r.events), r.cursor, r.wait())
}

func list(events []event) string {
	var out strings.Builder
	for i, e := range events {
		if i == 10 {
			fmt.Fprintf(&out, "… %d events ", len(events))
			break
		}
		fmt.Fprintf(&out, "%.100q|%.400q|%.100q ", e[0], e[1], e[2])
	}
	return "[" + strings.TrimSuffix(out.String(), " ") + "]"
}

func (r reading) wait() time.Duration {
	if r.retry < 0 {
		return defaultWait
	}
	return time.Duration(min(r.retry, time.Hour.Milliseconds())) * time.Millisecond
}

// misses returns in what Chromium did not do what r says: "" if in nothing.
func (r reading) misses(c conduct) string {
	wait := r.wait()
	switch {
	case !slices.Equal(c.events, r.events):
		return "events"
	case c.back && c.cursor != r.cursor:
		return "Last-Event-ID"
	case c.back && c.after < wait-slack, c.back && wait <= smallWait && c.after >= defaultWait, !c.back && wait <= patience:
		return "reconnection time"
	}
	return ""
}

func parse(body []byte) reading {
	s := stream.Parse(stream.EventStream, body)
	r := reading{cursor: field(s.ID), retry: s.Retry}
	for _, e := range s.Events {
		r.events = append(r.events, eventOf(e))
	}
	return r
}

// read is parse by a Reader.
func read(s sent) (r reading) {
	reader := stream.NewReader(stream.EventStream, func(e *stream.Event) { r.events = append(r.events, eventOf(*e)) })
	for _, piece := range s.pieces() {
		reader.Write(piece)
	}
	reader.Close()
	r.cursor, r.retry = field(reader.ID()), reader.Retry()
	return r
}

// field returns the field that carries an id.
//
// https://fetch.spec.whatwg.org/#header-value: spaces and tabs around it are no part of a value, and an HTTP message
// cannot have them. So an id that has some comes back without them.
func field(id []byte) string {
	if len(id) == 0 {
		return ""
	}
	return "Last-Event-ID: " + strings.Trim(stream.Decode(id), " \t")
}

func eventOf(e stream.Event) event {
	return event{e.Name(), stream.Decode(e.Data), stream.Decode(e.ID)}
}

// A match sends streams to Chromium and keeps the score.
type match struct {
	page   page
	sender *sender

	mu       sync.Mutex
	events   int // that Chromium dispatched
	returns  int
	cursors  int // returns with a Last-Event-ID
	excused  map[string]int
	disputes []dispute
}

// A dispute is a stream that our readers read otherwise than Chromium, or than each other.
type dispute struct {
	sent
	kind string
	err  error // Chromium could not be asked
}

func newMatch(t *testing.T) *match {
	t.Helper()
	return &match{page: open(t, chromium(t), blank(t)), sender: listen(t), excused: map[string]int{}}
}

func (m *match) play(all []sent) {
	each(atOnce, all, func(_ int, s sent) { m.turn(s) })
	// A busy machine makes Chromium come back late. It is asked again with little else to do.
	again := make([]bool, len(m.disputes))
	each(4, m.disputes, func(i int, d dispute) {
		again[i] = d.kind != "reconnection time" || m.still(d.sent, d.kind)
	})
	var left []dispute
	for i, d := range m.disputes {
		if again[i] {
			left = append(left, d)
		}
	}
	m.disputes = left
}

// each calls f for each element, for some at once.
func each[T any](atOnce int, all []T, f func(int, T)) {
	var wg sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for i, x := range all {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			f(i, x)
		})
	}
	wg.Wait()
}

// turn compares one stream and counts.
func (m *match) turn(s sent) {
	seen, err := m.ask(s, patienceFor(s))
	kind, excuses := "", []string(nil)
	if err == nil {
		kind, excuses = compare(s, seen)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events += len(seen.events)
	if seen.back {
		m.returns++
	}
	if seen.cursor != "" {
		m.cursors++
	}
	for _, e := range excuses {
		m.excused[e]++
	}
	if err != nil || kind != "" {
		m.disputes = append(m.disputes, dispute{s, kind, err})
	}
}

// patienceFor returns how long to wait until Chromium comes back for more.
func patienceFor(s sent) time.Duration {
	if parse(s.body).wait() > patience {
		return patience
	}
	return returnLimit
}

// ourselves is the kind of dispute that is between Parse and Reader.
const ourselves = "Parse against Reader"

// compare returns in what a stream is in dispute, "" if in nothing, and the departures that excuse it.
func compare(s sent, seen conduct) (kind string, excuses []string) {
	ours := parse(s.body)
	if !ours.equal(read(s)) {
		return ourselves, nil
	}
	if kind = ours.misses(seen); kind == "" {
		return "", nil
	}
	for set := 1; set < 1<<len(departures); set++ {
		body, names := s.body, []string(nil)
		for i, d := range departures {
			if set&(1<<i) != 0 {
				body, names = d.rewrite(body), append(names, d.name)
			}
		}
		if parse(body).misses(seen) == "" {
			return "", names
		}
	}
	return kind, nil
}

// still reports whether a stream is disputed in some way.
func (m *match) still(s sent, kind string) bool {
	if split := !parse(s.body).equal(read(s)); split || kind == ourselves {
		return split && kind == ourselves // and nobody need be asked
	}
	patience := patienceFor(s)
	if kind == "events" {
		patience = 0 // they have all come by then
	}
	seen, err := m.ask(s, patience)
	if err != nil {
		return false
	}
	now, _ := compare(s, seen)
	return now == kind
}

// report reports the first disputes, as small as they become in the time.
func (m *match) report(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(m.page.ctx, shrinkLimit)
	defer cancel()
	slices.SortFunc(m.disputes, func(a, b dispute) int { return len(a.body) - len(b.body) })
	shown := min(len(m.disputes), 4)
	for _, d := range m.disputes[:shown] {
		t.Error(m.explain(ctx, d))
	}
	if more := len(m.disputes) - shown; more > 0 {
		t.Errorf("and %d more", more)
	}
}

// explain says what a dispute is about, on the smallest stream that is still disputed.
func (m *match) explain(ctx context.Context, d dispute) string {
	if d.err != nil {
		return fmt.Sprintf("%v: %v", d.sent, d.err)
	}
	small := m.shrink(ctx, d)
	seen, err := m.ask(small, patienceFor(small))
	return fmt.Sprintf("%s of %v:\nParse     %v\nReader    %v\nChromium  %v %v", d.kind, small, parse(small.body), read(small), seen, err)
}

// shrink removes what can be removed: bytes, larger pieces first, then cuts.
func (m *match) shrink(ctx context.Context, d dispute) sent {
	s := d.sent
	for size := len(s.body); size > 0 && ctx.Err() == nil; {
		if next, ok := m.first(ctx, s.smaller(size), d.kind); ok {
			s, size = next, min(size, len(next.body))
		} else {
			size /= 2
		}
	}
	for next, ok := s, true; ok; next, ok = m.first(ctx, s.lessCut(), d.kind) {
		s = next
	}
	return s
}

// first returns the first of some streams that is disputed in the same way.
func (m *match) first(ctx context.Context, all []sent, kind string) (sent, bool) {
	is := make([]bool, len(all))
	each(atOnce, all, func(i int, s sent) { is[i] = ctx.Err() == nil && m.still(s, kind) })
	if i := slices.Index(is, true); i >= 0 {
		return all[i], true
	}
	return sent{}, false
}

// A conduct is what Chromium did with a stream.
type conduct struct {
	events []event
	back   bool          // it asked again
	after  time.Duration // this long after the stream had ended, at least
	cursor string        // the Last-Event-ID field then, as its bytes were
}

func (c conduct) String() string {
	if !c.back {
		return list(c.events) + " and no return"
	}
	return fmt.Sprintf("%s and %.200q after %v", list(c.events), c.cursor, c.after.Round(time.Millisecond))
}

// readStream is the reader: it resolves with the events when the server has told it to stay away, or when it has
// waited long enough for Chromium to ask again. An event stream may have events named error, too.
const readStream = `({url, names, patience}) => new Promise((resolve, reject) => {
	const events = [];
	const source = new EventSource(url);
	const done = () => { source.close(); resolve(events); };
	for (const name of names) {
		source.addEventListener(name, e => {
			if (!(e instanceof MessageEvent)) return;
			const event = [e.type, e.data, e.lastEventId];
			if (!event.every(s => s.isWellFormed())) reject(new Error('a surrogate in an event'));
			events.push(event);
		});
	}
	source.addEventListener('error', e => {
		if (e instanceof MessageEvent) return;
		if (source.readyState === EventSource.CLOSED) done();
		else setTimeout(done, patience);
	});
})`

type readArg struct {
	URL      string   `json:"url"`
	Names    []string `json:"names"`
	Patience int64    `json:"patience"`
}

// ask has Chromium read a stream.
func (m *match) ask(s sent, patience time.Duration) (conduct, error) {
	v, url := m.sender.announce(s)
	events, err := run[[]event](m.page, askLimit, readStream, readArg{url, names(s.body), patience.Milliseconds()})
	if err != nil {
		return conduct{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return conduct{events: events, back: v.back, after: v.after, cursor: v.cursor}, nil
}

// names returns the types that Chromium is listened to for: those that we read, those that our generator likes,
// and whatever stands where one might be read by mistake.
func names(body []byte) []string {
	out := append([]string{"message", "error", "open"}, types...)
	for _, e := range parse(body).events {
		out = append(out, e[0])
	}
	for line := range bytes.FieldsFuncSeq(body, func(r rune) bool { return strings.ContainsRune("\r\n\v\f\x00\u0085\u2028", r) }) {
		if len(line) > 1000 {
			continue
		}
		_, value, _ := bytes.Cut(line, []byte{':'})
		for _, v := range [][]byte{line, value, bytes.TrimPrefix(value, []byte(" ")), bytes.TrimSpace(value)} {
			out = append(out, stream.Decode(v))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A sent is an event stream and how it is sent.
type sent struct {
	body  []byte
	cuts  []int // offsets, ascending
	apart bool  // the pieces arrive one by one
}

func (s sent) pieces() (out [][]byte) {
	at := 0
	for _, c := range s.cuts {
		out = append(out, s.body[at:c])
		at = c
	}
	return append(out, s.body[at:])
}

// smaller returns s without each piece of some size in turn.
func (s sent) smaller(size int) (out []sent) {
	for lo := 0; lo < len(s.body); lo += size {
		hi := min(lo+size, len(s.body))
		one := sent{body: slices.Concat(s.body[:lo], s.body[hi:]), apart: s.apart}
		for _, c := range s.cuts {
			one.cuts = append(one.cuts, min(c, max(lo, c-(hi-lo))))
		}
		one.cuts = slices.Compact(one.cuts)
		out = append(out, one)
	}
	return out
}

// lessCut returns s uncut, and without each cut in turn.
func (s sent) lessCut() (out []sent) {
	if len(s.cuts) > 0 {
		out = append(out, sent{body: s.body})
	}
	for i := range s.cuts {
		out = append(out, sent{s.body, slices.Concat(s.cuts[:i], s.cuts[i+1:]), s.apart})
	}
	return out
}

func (s sent) String() string {
	const most = 2000
	out := fmt.Sprintf("%q", s.body[:min(len(s.body), most)])
	if len(s.body) > most {
		out += fmt.Sprintf(" and %d bytes", len(s.body)-most)
	}
	if len(s.cuts) > 0 {
		out += fmt.Sprintf(", cut at %v", s.cuts)
	}
	return out
}
