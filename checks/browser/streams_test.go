package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
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
	for q, n := range m.excused {
		t.Logf("in %d of them %s", n, q)
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
func (r reading) misses(s seen) string {
	wait := r.wait()
	switch {
	case !slices.Equal(s.events, r.events):
		return "events"
	case s.back && s.cursor != r.cursor:
		return "Last-Event-ID"
	case s.back && s.after < wait-slack, s.back && wait <= smallWait && s.after >= defaultWait, !s.back && wait <= patience:
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
	again := make([]string, len(m.disputes))
	each(4, m.disputes, func(i int, d dispute) {
		if again[i] = d.kind; d.kind == "reconnection time" {
			again[i] = m.kind(d.sent, patienceFor(d.sent))
		}
	})
	var left []dispute
	for i, d := range m.disputes {
		if d.err != nil || again[i] != "" {
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
func compare(s sent, seen seen) (kind string, excuses []string) {
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

// kind asks and compares.
func (m *match) kind(s sent, patience time.Duration) string {
	if !parse(s.body).equal(read(s)) {
		return ourselves // and nobody need be asked
	}
	seen, err := m.ask(s, patience)
	if err != nil {
		return ""
	}
	kind, _ := compare(s, seen)
	return kind
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
	each(atOnce, all, func(i int, s sent) {
		patience := patienceFor(s)
		if kind == "events" {
			patience = 0 // they have all come by then
		}
		is[i] = ctx.Err() == nil && m.kind(s, patience) == kind
	})
	if i := slices.Index(is, true); i >= 0 {
		return all[i], true
	}
	return sent{}, false
}

// A seen is what Chromium did with a stream.
type seen struct {
	events []event
	back   bool          // it asked again
	after  time.Duration // this long after the stream had ended, at least
	cursor string        // the Last-Event-ID field then, as its bytes were
}

func (s seen) String() string {
	if !s.back {
		return list(s.events) + " and no return"
	}
	return fmt.Sprintf("%s and %.200q after %v", list(s.events), s.cursor, s.after.Round(time.Millisecond))
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
func (m *match) ask(s sent, patience time.Duration) (seen, error) {
	v, url := m.sender.announce(s)
	events, err := run[[]event](m.page, askLimit, readStream, readArg{url, names(s.body), patience.Milliseconds()})
	if err != nil {
		return seen{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return seen{events: events, back: v.back, after: v.after, cursor: v.cursor}, nil
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

// A sender is a server that sends each event stream once: when the reader comes back it says 204 No Content, which
// tells an EventSource to stay away. It reads requests itself, since net/http trims the values of fields and
// refuses some that Chromium sends.
type sender struct {
	listeners []net.Listener
	wg        sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool // nil when closed
	visits map[string]*visit // by path
	next   int
}

// A visit is what happens to a stream.
type visit struct {
	sent
	mu     sync.Mutex
	begun  bool
	ended  time.Time
	back   bool
	after  time.Duration
	cursor string
}

// listen opens a sender that closes with the test.
func listen(t *testing.T) *sender {
	t.Helper()
	s := &sender{conns: map[net.Conn]bool{}, visits: map[string]*visit{}}
	t.Cleanup(s.close)
	for range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.listeners = append(s.listeners, l)
		s.wg.Go(func() { s.accept(l) })
	}
	return s
}

func (s *sender) close() {
	for _, l := range s.listeners {
		l.Close()
	}
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *sender) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.conns == nil {
			c.Close()
		} else {
			s.conns[c] = true
			s.wg.Go(func() { s.serve(c) })
		}
		s.mu.Unlock()
	}
}

// announce makes a stream available, and returns where.
func (s *sender) announce(what sent) (*visit, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	v := &visit{sent: what}
	path := fmt.Sprintf("/%d", s.next)
	s.visits[path] = v
	return v, fmt.Sprintf("http://%s%s", s.listeners[s.next%ports].Addr(), path)
}

func (s *sender) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		path, cursor, err := readRequest(r)
		if err != nil {
			return
		}
		s.mu.Lock()
		v := s.visits[path]
		s.mu.Unlock()
		if v == nil || v.answer(c, cursor) != nil {
			return
		}
	}
}

// readRequest reads the head of a GET, which has no body.
func readRequest(r *bufio.Reader) (path, cursor string, err error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", "", err
	}
	method, rest, _ := strings.Cut(line, " ")
	path, _, _ = strings.Cut(rest, " ")
	if method != "GET" {
		return "", "", fmt.Errorf("a preflight that Chromium was not known to make: %q", line)
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return path, cursor, err
		}
		if strings.HasPrefix(line, "Last-Event-ID:") {
			cursor = strings.TrimSuffix(line, "\r\n")
		}
	}
}

func (v *visit) answer(c net.Conn, cursor string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.begun {
		if !v.back {
			v.back, v.after, v.cursor = true, time.Since(v.ended), cursor
		}
		_, err := c.Write([]byte("HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n"))
		return err
	}
	v.begun = true
	return v.send(c)
}

// send sends the stream, each piece as a chunk and as a packet of its own.
func (v *visit) send(c net.Conn) error {
	_, err := c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
		"Access-Control-Allow-Origin: *\r\nTransfer-Encoding: chunked\r\n\r\n"))
	for _, piece := range v.pieces() {
		if err != nil {
			return err
		}
		if len(piece) == 0 {
			continue // it would end the body
		}
		if v.apart {
			time.Sleep(pause) // nothing waits for this; it only makes it likely that the piece is read alone
		}
		_, err = fmt.Fprintf(c, "%x\r\n%s\r\n", len(piece), piece)
	}
	v.sent, v.ended = sent{}, time.Now() // it is not sent again
	_, err = c.Write([]byte("0\r\n\r\n"))
	return err
}

// known returns the streams of the project's catalogue of requirements, part 13, and what the format tests of the
// web platform tests are about, part 6: each whole and byte by byte.
func known() (out []sent) {
	for _, b := range slices.Concat(vectors, formats) {
		out = append(out, sent{body: []byte(b)})
		if len(b) < 500 {
			s := sent{body: []byte(b), apart: true}
			for i := range len(b) {
				s.cuts = append(s.cuts, i)
			}
			out = append(out, s)
		}
	}
	return out
}

var vectors = []string{
	"data: a\n\n", "data:a\n\n", "data:  a\n\n", "data:\ta\n\n", "data: a\ndata: b\n\n", "data\n\ndata:\n\ndata: \n\n",
	"data\ndata\n\n", "\n\n: x\n\nevent: e\n\nid: 1\n\n", "event: e\n\ndata: a\n\n", "event: e\ndata: a\n\ndata: b\n\n",
	"event:\ndata: a\n\n", "data: a\r\rdata: b\r\n\r\ndata: c\n\n", "data: a\n\r\n", "data: a\r\n\n",
	"\uFEFFdata: a\n\n", "\uFEFF\uFEFFdata: a\n\ndata: b\n\n", "data: a\n\n\uFEFFdata: b\n\n",
	"Data: a\ndata : b\n data: c\ndata: d\n\n", "data: a\njunk\nx: y\ndata: b\n\n", "data: a:b: c\n\n", ":data: a\n\n",
	": c\ndata: a\n:\ndata: b\n\n", "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n",
	"data: a\n\nid: 9\ndata: b\n", "id: 9\n\n", "retry: 0500\n", "retry: 500\nretry: 1s\nretry:  7\nretry: 8 \n\n",
	"data: \x00\n\n", "data: \xC3(\n\n", "data: €\n\n", "data: a\u2028b\n\n", "data: " + strings.Repeat("x", 1<<20) + "\n\n",
	"id: 1\ndata: a\n\ndata: a\n\n",
}

var formats = []string{
	"\uFEFFdata: 1\n\n\uFEFFdata: 2\n\ndata: 3\n\n",
	"\uFEFF\uFEFFdata: 1\n\ndata: 2\n\ndata: 3\n\n",
	"data: 1\r:\x00\n:\r\ndata: 2\n:" + strings.Repeat("c", 2048) + "\rdata: 3\n:data: no\r:" + strings.Repeat("c", 2048) + "\ndata: 4\n\n",
	"retry: 400\ndata: 1\n\nid: lost\ndata: 2",
	"data:\n\ndata\ndata\n\ndata: x\n\n",
	"event: e\ndata: 1\n\ndata: 2\n\n", "event: \ndata: x\n\n",
	"id: …\nretry: 200\ndata: x\n\n", "id: …\nretry: 200\ndata: 1\n\ndata: 2\n\ndata: 3\n\n",
	"id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata: 3\n\nid:\ndata: 4\n\nid: 3\ndata: 5\n\nid\ndata: 6\n\n",
	"retry: 200\nid: \x00a\ndata: 1\n\n", "retry: 200\nid: a\x00\ndata: 1\n\n", "retry: 200\nid: a\x00b\ndata: 1\n\n",
	"data:\x00\ndata:  2\rData: 1\ndata\x00: 2\ndata: 1\r\x00data: 4\nda-ta: 3\rdata_5\ndata: 3\rdata: \r\n data: 32\ndata: 4\n\n",
	"retry: 03000\ndata: x\n\n", "retry: 300\nretry: 100x\ndata: x\n\n", "retry\ndata: x\n\n",
	"data: 1\n&\rdata\n data\nfoo: bar\rdata: 2\nno words\n\n", "data:\ta\rdata: b\ndata:  c\n\n",
	"data: 1\r\ndata: 2\ndata: 3\r\n\r\n", "data: \x00\n\n\n\n", "data: ok…\n\n",
	"data: 1\n\n: no data\n\nfoo\n\nData: x\n\ndata\n\ndata: end\n\n",
}

// A writer makes up an event stream.
type writer struct {
	*rand.Rand
	ends []string // of lines
}

// compose returns the stream of a number.
func compose(seed, n uint64) sent {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, n))}
	w.ends = pick(w, [][]string{{"\n"}, {"\n"}, {"\r"}, {"\r\n"}, {"\n", "\r\n"}, {"\n", "\r", "\r\n"}, {"\n", "\r", "\r\n"}})
	var lines []string
	for range 1 + w.IntN(8) {
		lines = append(lines, w.block()...)
	}
	if w.chance(85) { // or else Chromium comes back after three seconds only
		lines = slices.Insert(lines, w.IntN(len(lines)+1), "retry: 1"+w.end())
	}
	body := []byte(w.mark() + strings.Join(lines, "") + w.tail())
	if w.chance(20) {
		body = w.damage(body)
	}
	s := sent{body: body}
	s.cuts, s.apart = w.cut(body)
	return s
}

func pick[T any](w *writer, from []T) T { return from[w.IntN(len(from))] }

// chance is true in so many percent.
func (w *writer) chance(percent int) bool { return w.IntN(100) < percent }

func (w *writer) end() string { return pick(w, w.ends) }

// mark returns what may precede the first line.
func (w *writer) mark() string {
	if w.chance(70) {
		return ""
	}
	return pick(w, []string{"\uFEFF", "\uFEFF", "\uFEFF\uFEFF", "\uFEFF\uFEFF\uFEFF", "\uFEFF ", "\uFEFF:", "\uFEFF\n", "\uFEFF\r",
		"\uFEFF\r\n", "\n\uFEFF", "\xEF\xBB", "\xEF", "\xBB\xBF", "\xEF\xBB\xBE", "\xEF\xEF\xBB\xBF", "\xFE\xFF", "\xFF\xFE"})
}

// block returns the lines of a block, nearly always with a blank one at its end.
func (w *writer) block() (lines []string) {
	for range 1 + w.IntN(5) {
		lines = append(lines, w.line()+w.end())
	}
	switch n := w.IntN(1000); {
	case n < 3:
		lines = append(lines, w.huge())
	case n < 10:
		lines = append(lines, strings.Repeat(w.line()+w.end(), 100+w.IntN(2000)))
	}
	blanks := 1
	switch {
	case w.chance(10):
		blanks = 0
	case w.chance(10):
		blanks = 2 + w.IntN(3)
	}
	for range blanks {
		lines = append(lines, w.end())
	}
	return lines
}

// huge returns a line that no read brings whole.
func (w *writer) huge() string {
	value := strings.Repeat(pick(w, []string{"0123456789abcdef", "x", "é", "😀", "\x00", "a:b "}), 1<<10)
	return pick(w, []string{"data: ", "data:", ":", "event:", "x: ", ""}) + strings.Repeat(value, 4+w.IntN(124)) + w.end()
}

// line returns a line without its end.
func (w *writer) line() string {
	switch n := w.IntN(100); {
	case n < 50:
		return "data" + w.colon(w.value())
	case n < 62:
		if w.chance(70) {
			return "event" + w.colon(pick(w, types))
		}
		return "event" + w.colon(w.value())
	case n < 74:
		return "id" + w.colon(w.id())
	case n < 80:
		return "retry" + w.colon(pick(w, retries))
	case n < 86:
		return ":" + w.value()
	}
	return pick(w, nearMisses) + w.colon(pick(w, []string{w.value(), w.value(), pick(w, types), "1", ""}))
}

// colon returns what stands behind a name.
func (w *writer) colon(value string) string {
	switch n := w.IntN(100); {
	case n < 60:
		return ": " + value
	case n < 85:
		return ":" + value
	case n < 92:
		return ""
	}
	return pick(w, []string{":  ", ":\t", ": \t", ":\t ", "::", ": :", " :", " : ", ":\u00A0", ":\x00", ":\uFEFF", ":\v"}) + value
}

func (w *writer) value() string {
	var out strings.Builder
	for range w.IntN(5) {
		switch n := w.IntN(100); {
		case n < 50:
			out.WriteString(pick(w, words))
		case n < 75:
			out.WriteString(pick(w, characters))
		case n < 95:
			out.WriteString(pick(w, illFormed))
		default:
			out.WriteByte(byte(0x80 + w.IntN(0x80)))
		}
	}
	return out.String()
}

func (w *writer) id() string {
	switch n := w.IntN(100); {
	case n < 40:
		return strconv.Itoa(w.IntN(100))
	case n < 50:
		return ""
	case n < 60:
		return pick(w, []string{" 1", "1 ", " 1 ", "\t1", "1\t", "  ", "\t", "a b", "\x001", "1\x00", "1\x002", "\x00"})
	case n < 64:
		return strings.Repeat(pick(w, []string{"a", "é", "<", "\xFF", "1 "}), 100+w.IntN(3000))
	}
	return w.value()
}

// tail returns what is left behind the last block.
func (w *writer) tail() string {
	if w.chance(50) {
		return ""
	}
	return pick(w, []string{w.line(), w.line() + w.end(), w.line() + w.end() + w.line(), "data: x\n\r", "data: x\r\n\r", "data: x\r",
		"id: 9\n\n", "id: 9\ndata: x\n", "retry: 1", "retry: 7\n", "data: \xE2\x82", "\uFEFF", "\r", "\n\n\n", ":", "\x00"})
}

// damage changes a few bytes, wherever they are.
func (w *writer) damage(b []byte) []byte {
	for range 1 + w.IntN(4) {
		if len(b) == 0 {
			break
		}
		i := w.IntN(len(b))
		switch w.IntN(4) {
		case 0:
			b = slices.Delete(b, i, i+1)
		case 1:
			b = slices.Insert(b, i, pick(w, []byte("\r\n: \t\x00\v\xEF\xBB\xBF\x80\xC3\xFF")))
		case 2:
			b[i] = byte(w.IntN(256))
		case 3:
			j := min(len(b), i+1+w.IntN(8))
			b = slices.Insert(b, w.IntN(len(b)+1), slices.Clone(b[i:j])...)
		}
	}
	return b
}

// cut returns where to cut a body.
func (w *writer) cut(b []byte) (cuts []int, apart bool) {
	apart = w.chance(40)
	n := pick(w, []int{0, 0, 1, 2, 3, 8, len(b) / 4})
	for range min(n, 300) {
		cuts = append(cuts, w.IntN(len(b)+1))
	}
	if w.chance(10) && len(b) < 400 {
		for i := range len(b) {
			cuts = append(cuts, i)
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts), apart
}

var types = []string{"e", "update", "message", "Message", "error", "open", "", " x", "__proto__", "with space", "naïve", "a:b"}

// Those that are no numbers would keep Chromium away if they were.
var retries = []string{"1", "1", "1", "0", "007", "20", "0100", "500", "700", "2500", "02500", "9000", "", "", " ", "-1", "-9000", "+9000",
	"9000.5", "9e3", " 9000", "9000 ", "9000\t", "\t9000", "0x9000", "٩٠٠٠", "９０００", "9000s", "\x009000", "9000\x00", "9,000", "9_000",
	"2147483648", "4294967297", "9999999999", "9223372036854775807", "9223372036854775808", "18446744073709551615",
	"18446744073709551616", "36893488147419103233", "99999999999999999999999", "000000000000000000000000000001"}

var nearMisses = []string{"Data", "DATA", " data", "data ", "datax", "dat", "data\x00", "\x00data", "da-ta", "data_", "d\u00E4ta",
	"\uFEFFdata", "\xEF\xBBdata", "data\t", "\tdata", "data\v", "dat\xFF", "data\u2028", "data\uFEFF", "Event", "EVENT", " event", "event ",
	"events", "even", "ev\x00ent", "type", "ID", "Id", " id", "id ", "id\x00", "i", "idx", "lastEventId", "Retry", "retry ", " retry",
	"retr", "retryy", "", " ", "  ", "\t", "\v", "\f", "x", "junk", "{}", "\x00", "\uFEFF", "\xFF", "€", "\u0085", "\u2028", "/"}

var words = []string{"a", "b", "hello", "{\"x\":1}", "[DONE]", "0", "42", "the stream", "data: x", "id: 7", "event: e", "a:b", ":", "::",
	" ", "  ", "\t", "\\n", "<b>", "&"}

var characters = []string{"é", "ß", "€", "你好", "😀", "👩‍👩‍👧", "e\u0301", "\u2028", "\u2029", "\u0085", "\u00A0", "\v", "\f", "\x00",
	"\x01", "\b", "\x1B", "\x1E", "\x7F", "\u0080", "\u009F", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFEFF", "\uFFFD", "\uFFFE",
	"\uFFFF", "\U00010000", "\U0001FFFE", "\U0010FFFF"}

var illFormed = []string{"\x80", "\xBF", "\x80\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE0\xA0",
	"\xE2\x82", "\xE2", "\xE2(\xA1", "\xED\xA0\x80", "\xED\xBF\xBF", "\xED\xA0\xBD\xED\xB8\x80", "\xED\x9F", "\xF0\x80\x80\x80",
	"\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF0\x9F", "\xF0", "\xF0\x9F\xE2\x82\xAC", "\xF4\x90\x80\x80", "\xF4\x8F\xBF", "\xF5\x80\x80\x80",
	"\xF7\xBF\xBF\xBF", "\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80", "\xFE", "\xFF", "\xEF\xBB", "\xEF", "\xBB\xBF"}
