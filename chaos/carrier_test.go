package chaos_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"pgregory.net/rapid"

	"github.com/ssespec/ssespec/chaos"
	sse "github.com/ssespec/ssespec/checks/stream"
)

// A message is an answer on the wire, and what it says.
type message struct {
	name     string
	protocol string
	raw      []byte
	body     []byte
	chunks   []int // offsets in the body where chunks begin; nil unless chunked
	ends     bool  // the message has an end of its own behind the last byte of the body, or the close
	split    func(raw []byte) (body []byte, frames string)
}

const head1 = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

// pieces cuts b at the offsets.
func pieces(b []byte, at []int) [][]byte {
	var out [][]byte
	lo := 0
	for _, hi := range at {
		out = append(out, b[lo:hi])
		lo = hi
	}
	return append(out, b[lo:])
}

func chunked(body []byte, at []int, trailer string) message {
	m := message{name: "chunked", protocol: "HTTP/1.1", body: body, ends: true, split: read1}
	var b bytes.Buffer
	b.WriteString(head1 + "Transfer-Encoding: chunked\r\n\r\n")
	lo := 0
	for i, p := range pieces(body, at) {
		if len(p) == 0 {
			continue
		}
		extension := []string{"", ";a=b", " "}[i%3]
		fmt.Fprintf(&b, "%X%s\r\n%s\r\n", len(p), extension, p)
		m.chunks = append(m.chunks, lo)
		lo += len(p)
	}
	b.WriteString("0\r\n" + trailer + "\r\n")
	m.raw = b.Bytes()
	return m
}

func sized(body []byte) message {
	raw := fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head1, len(body), body)
	return message{name: "sized", protocol: "HTTP/1.1", raw: []byte(raw), body: body, split: read1}
}

func untilClose(body []byte) message {
	raw := "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + head1 + "\r\n" + string(body)
	return message{name: "until close", protocol: "HTTP/1.1", raw: []byte(raw), body: body, ends: true, split: read1}
}

// read1 decodes what has come of an HTTP/1.1 answer.
func read1(raw []byte) (body []byte, frames string) {
	text := string(raw)
	var head string
	for ok := true; ok && (head == "" || strings.HasPrefix(head, "HTTP/1.1 1")); {
		if head, text, ok = strings.Cut(text, "\r\n\r\n"); !ok {
			return nil, ""
		}
	}
	if !strings.Contains(head, "chunked") {
		return []byte(text), ""
	}
	for {
		size, rest, ok := strings.Cut(text, "\r\n")
		digits, _, _ := strings.Cut(size, ";")
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 16, 64)
		if !ok || err != nil || n == 0 {
			return body, ""
		}
		body = append(body, rest[:min(int(n), len(rest))]...)
		if len(rest) < int(n)+2 {
			return body, ""
		}
		text = rest[n+2:]
	}
}

// framed is the body as HTTP/2 frames, some with padding if padded, the last with END_STREAM unless there
// is a trailer.
func framed(body []byte, at []int, padded func(i int) bool, trailer bool) message {
	m := message{name: "framed", protocol: "HTTP/2.0", body: body, ends: true, split: read2}
	var b, block bytes.Buffer
	fr := http2.NewFramer(&b, nil)
	enc := hpack.NewEncoder(&block)
	fields := func(kv ...string) []byte {
		block.Reset()
		for i := 0; i < len(kv); i += 2 {
			enc.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1]})
		}
		return bytes.Clone(block.Bytes())
	}
	fr.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 14})
	fr.WriteSettingsAck()
	fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fields(":status", "200", "content-type", "text/event-stream"), EndHeaders: true})
	all := pieces(body, at)
	for i, p := range all {
		end := i == len(all)-1 && !trailer
		if padded(i) {
			fr.WriteDataPadded(1, end, p, make([]byte, i%7))
		} else {
			fr.WriteData(1, end, p)
		}
		if i%3 == 1 {
			fr.WritePing(false, [8]byte{byte(i)})
		}
	}
	if trailer {
		fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fields("grpc-status", "0"), EndHeaders: true, EndStream: true})
	}
	m.raw = b.Bytes()
	return m
}

// read2 decodes what has come of an HTTP/2 answer. DATA frames in a row are written as one, and an empty one
// that ends nothing not at all: they say the same.
func read2(raw []byte) (body []byte, frames string) {
	fr := http2.NewFramer(nil, bytes.NewReader(raw))
	var out []string
	inData := false
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return body, strings.Join(out, " ")
		}
		d, isData := f.(*http2.DataFrame)
		if isData {
			body = append(body, d.Data()...)
			if len(d.Data()) > 0 && !inData {
				out, inData = append(out, "DATA"), true
			}
			if d.StreamEnded() {
				out = append(out, "END")
			}
			continue
		}
		inData = false
		out = append(out, fmt.Sprintf("%v", f))
	}
}

// weight returns how much of the windows whole frames take, padding included (RFC 9113, 6.9.1).
func weight(raw []byte) (n int) {
	for len(raw) > 9 {
		size := int(raw[0])<<16 | int(raw[1])<<8 | int(raw[2])
		if http2.FrameType(raw[3]) == http2.FrameData {
			n += size
		}
		raw = raw[9+size:]
	}
	return n
}

// lines are what bodies are made of.
var lines = []string{
	"id: 7", "id:7-3", "id", "id:", "id:  x", "idx: 9", "data: plain", "data:Grüße", "data", "data: 東京 🌊", "datax: é", "da", "d",
	"event: done", ": é", ": a comment", "retry: 30", "", "", "", "",
}

func drawBody(t *rapid.T, ends []string) []byte {
	var b bytes.Buffer
	b.WriteString(rapid.SampledFrom([]string{"", "", "", "\uFEFF"}).Draw(t, "mark"))
	for range rapid.IntRange(0, 30).Draw(t, "lines") {
		b.WriteString(rapid.SampledFrom(lines).Draw(t, "line"))
		b.WriteString(rapid.SampledFrom(ends).Draw(t, "end"))
	}
	b.WriteString(rapid.SampledFrom([]string{"", "data: unfinished", "id: 3"}).Draw(t, "rest"))
	return b.Bytes()
}

// endings are how lines may end in one stream.
var endings = map[string][]string{"LF": {"\n"}, "CRLF": {"\r\n"}, "CR": {"\r"}, "mixed": {"\n", "\r\n", "\r"}}

func drawCuts(t *rapid.T, n int, name string) []int {
	if n == 0 {
		return nil
	}
	if rapid.IntRange(0, 9).Draw(t, name+" everywhere") == 0 {
		return slices.Collect(func(yield func(int) bool) {
			for i := 1; i < n && yield(i); i++ {
			}
		})
	}
	cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, n), 0, min(n, 8), rapid.ID).Draw(t, name)
	slices.Sort(cuts)
	return cuts
}

// drawMessage puts a body into a message. Chunks and frames begin anywhere.
func drawMessage(t *rapid.T, body []byte) message {
	at := drawCuts(t, len(body), "frames")
	switch rapid.IntRange(0, 3).Draw(t, "framing") {
	case 0:
		return chunked(body, at, rapid.SampledFrom([]string{"", "X-Sum: 3\r\n"}).Draw(t, "trailer"))
	case 1:
		return sized(body)
	case 2:
		return untilClose(body)
	}
	padded := rapid.SliceOfN(rapid.Bool(), 3, 3).Draw(t, "padded")
	return framed(body, at, func(i int) bool { return padded[i%3] }, rapid.Bool().Draw(t, "trailer"))
}

// A carried is what became of a message on its way through a carrier.
type carried struct {
	before, behind []byte // all that came out before the place, and behind it
	reached        bool
	offset, events int
	repeated       []byte
}

func carryAll(c chaos.Carrier, raw []byte, cuts []int) carried {
	var out carried
	for _, p := range pieces(raw, cuts) {
		if len(p) == 0 {
			continue
		}
		before, reached, behind := c.Carry(bytes.Clone(p))
		if out.reached {
			out.behind = append(out.behind, before...)
			out.behind = append(out.behind, behind...)
			continue
		}
		out.before = append(out.before, before...)
		if reached {
			out.reached, out.behind, out.repeated = true, append(out.behind, behind...), bytes.Clone(c.Repeat())
		}
	}
	out.offset, out.events = c.Place()
	return out
}

// allSpots are the places to look for in a body with so many events.
func allSpots(s *sse.Stream) []chaos.Spot {
	var out []chaos.Spot
	for _, w := range chaos.Wheres {
		for n := range len(s.Events) + 3 {
			out = append(out, chaos.Spot{Where: w, N: n})
		}
	}
	for n, e := range s.Events {
		for plus := 1; e.Hi+plus <= len(s.Body) && plus < 12; plus++ {
			out = append(out, chaos.Spot{Where: chaos.AtEvent, N: n + 1, Plus: plus})
		}
	}
	for n := 0; n <= len(s.Body)+1; n++ {
		out = append(out, chaos.Spot{Where: chaos.AtByte, N: n})
	}
	return out
}

// border returns the offset behind the n-th event.
func border(s *sse.Stream, n int) int {
	if n <= 0 {
		return 0
	}
	if n > len(s.Events) {
		return len(s.Body) + 1
	}
	return s.Events[n-1].Hi
}

// wanted is where in the body a place is, by what a parser that has all of it says; -1 for nowhere.
func wanted(m message, s *sse.Stream, p chaos.Spot) int {
	from := border(s, p.N-1) // the block of the event, or what is behind it
	switch p.Where {
	case chaos.BeforeHead, chaos.AfterHead:
		return 0
	case chaos.AtByte:
		return within(s, p.N)
	case chaos.AtEvent:
		return within(s, border(s, p.N)+p.Plus)
	case chaos.BeforeEnd:
		if m.ends {
			return len(s.Body)
		}
	case chaos.InsideChunkSize:
		for _, lo := range m.chunks {
			if lo >= from {
				return lo
			}
		}
	case chaos.BeforeBlank:
		for _, l := range s.Lines {
			if slices.ContainsFunc(s.Events, func(e sse.Event) bool { return e.Hi == l.Hi }) && l.Lo >= from {
				return l.Lo
			}
		}
	default:
		for _, l := range s.Lines {
			if i := inLine(p.Where, l, string(s.Body[l.Lo:l.Hi-l.End.Len()])); i >= 0 && l.Lo >= from {
				return l.Lo + i
			}
		}
	}
	return -1
}

func within(s *sse.Stream, offset int) int {
	if offset > len(s.Body) {
		return -1
	}
	return offset
}

// inLine is where a place is within a line with that text, or -1.
func inLine(w chaos.Where, l sse.Line, text string) int {
	switch w {
	case chaos.InsideName:
		if strings.HasPrefix(text, "da") {
			return 2
		}
	case chaos.InsideID:
		if value, ok := strings.CutPrefix(text, "id:"); ok && strings.TrimLeft(value, " ") != "" {
			return len(text) - len(strings.TrimLeft(value, " ")) + 1
		}
	case chaos.InsideRune:
		if value, ok := strings.CutPrefix(text, "data:"); ok {
			if i := strings.IndexFunc(value, func(r rune) bool { return r > 127 }); i >= 0 {
				return len("data:") + i + 1
			}
		}
	case chaos.AfterID:
		if name, _, _ := strings.Cut(text, ":"); name == "id" && l.End != sse.None {
			return l.Hi - l.Lo
		}
	case chaos.InsideCRLF:
		if l.End == sse.CRLF {
			return l.Hi - l.Lo - 1
		}
	}
	return -1
}

// early returns where else the place may be found: if its line end came in two pieces, right behind the CR.
func early(s *sse.Stream, p chaos.Spot, want int) int {
	switch {
	case (p.Where == chaos.InsideCRLF || p.Where == chaos.InsideChunkSize) && p.N > 1:
		want = border(s, p.N-1) // the event before is taken to end at its CR, so this LF is the first byte behind it
	case p.Plus > 0 || p.Where != chaos.AtEvent && p.Where != chaos.AfterID:
		return -1
	}
	if want >= 2 && want <= len(s.Body) && string(s.Body[want-2:want]) == "\r\n" {
		return want - 1
	}
	return -1
}

func TestPlacesAreFoundWhereverTheInputIsSplit(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				m := drawMessage(t, drawBody(t, ends))
				s := sse.Parse(sse.EventStream, m.body)
				wholeBody, wholeFrames := m.split(m.raw)
				if !bytes.Equal(wholeBody, m.body) {
					t.Fatalf("the test's own decoder reads %q, want %q", wholeBody, m.body)
				}
				cuts := drawCuts(t, len(m.raw), "splits")
				spots := allSpots(s)
				for range 40 { // of some hundred: other messages have others
					p := rapid.SampledFrom(spots).Draw(t, "spot")
					c := chaos.NewCarrier(p, m.protocol, false)
					got := carryAll(c, m.raw, cuts)
					wantUnchanged(t, m, p, got, wholeFrames)
					if !got.reached && c.End() {
						got.reached = true
						got.offset, got.events = len(m.body), len(s.Events) // nothing tells where the end was: it was all
					}
					wantPlace(t, m, s, p, got)
				}
			})
		})
	}
}

// wantUnchanged demands that a carrier hands on what it was given.
func wantUnchanged(t *rapid.T, m message, p chaos.Spot, got carried, wholeFrames string) {
	all := slices.Concat(got.before, got.behind)
	if m.protocol == "HTTP/1.1" && !bytes.Equal(all, m.raw) {
		t.Fatalf("%v: handed on\n%q\nwant\n%q", p, all, m.raw)
	}
	if m.protocol == "HTTP/2.0" && weight(all) != weight(m.raw) {
		t.Fatalf("%v: what was handed on counts %d against the windows, want %d", p, weight(all), weight(m.raw))
	}
	if body, frames := m.split(all); !bytes.Equal(body, m.body) || frames != wholeFrames {
		t.Fatalf("%v: handed on %q as %s, want %q as %s", p, body, frames, m.body, wholeFrames)
	}
}

func wantPlace(t *rapid.T, m message, s *sse.Stream, p chaos.Spot, got carried) {
	want := wanted(m, s, p)
	if want < 0 && !got.reached {
		return
	}
	offset := -1
	if got.reached {
		offset = got.offset
	}
	if other := early(s, p, want); offset != want && (other < 0 || offset != other) {
		t.Fatalf("%s %v in %q (chunks %v): found at %d, want %d", m.name, p, m.body, m.chunks, offset, want)
	}
	before, _ := m.split(got.before)
	if len(before) != offset {
		t.Fatalf("%s %v in %q: %d bytes of the body were handed on before the place at %d", m.name, p, m.body, len(before), offset)
	}
	if m.protocol == "HTTP/1.1" && p.Where == chaos.BeforeHead && len(got.before) > 0 {
		t.Fatalf("%q was handed on before the head", got.before)
	}
	// Behind a CR an LF may follow: then the event is whole and not yet counted.
	if n := len(sse.Parse(sse.EventStream, m.body[:offset]).Events); got.events != n && !(got.events == n-1 && bytes.HasSuffix(m.body[:offset], []byte("\r"))) {
		t.Fatalf("%s %v in %q: got %d events before the place at %d, want %d", m.name, p, m.body, got.events, offset, n)
	}
}

func TestTheLastEventCanBeDeliveredTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t, drawBody(t, endings[rapid.SampledFrom([]string{"LF", "CRLF", "CR", "mixed"}).Draw(t, "ends")]))
		s := sse.Parse(sse.EventStream, m.body)
		cuts := drawCuts(t, len(m.raw), "splits")
		for n := 1; n <= len(s.Events); n++ {
			got := carryAll(chaos.NewCarrier(chaos.Spot{Where: chaos.AtEvent, N: n}, m.protocol, true), m.raw, cuts)
			hi := s.Events[n-1].Hi
			if got.repeated == nil {
				if m.name == "framed" || m.name == "until close" || m.name == "chunked" && slices.Contains(append(m.chunks, len(m.body)), hi) && got.offset == hi {
					t.Fatalf("%s: event %d of %q cannot be repeated", m.name, n, m.body)
				}
				continue
			}
			body, _ := m.split(slices.Concat(got.before, got.repeated, got.behind))
			twice := slices.Insert(slices.Clone(s.Events), n, s.Events[n-1])
			if a, b := told(sse.Parse(sse.EventStream, body).Events), told(twice); a != b {
				t.Fatalf("%s: event %d of %q: got\n%swant\n%s", m.name, n, m.body, a, b)
			}
		}
	})
}

func told(events []sse.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%q %q %q\n", e.ID, e.Type, e.Data)
	}
	return b.String()
}

// A body that is cut into chunks between CR and LF has the same events.
func TestChunksMayBeginBetweenCRAndLF(t *testing.T) {
	t.Parallel()
	wantAt(t, chunked([]byte("data: a\r\n\r\ndata: b\r\n\r\n"), []int{8, 18}, ""), chaos.Spot{Where: chaos.AtEvent, N: 1}, 11)
}

// A line that ends in CR, and a blank one that ends in CRLF.
func TestCRBeforeCRLF(t *testing.T) {
	t.Parallel()
	m := untilClose([]byte("data: a\r\r\ndata: b\n\n"))
	got := carryAll(chaos.NewCarrier(chaos.Spot{Where: chaos.AtEvent, N: 1}, m.protocol, false), m.raw, []int{len(m.raw) - len("\r\ndata: b\n\n")})
	if !got.reached || got.offset != 10 {
		t.Errorf("split behind the first CR, event:1 was found: %v, at %d, want 10", got.reached, got.offset)
	}
}

func TestChunkSizesMayBeginWithZero(t *testing.T) {
	t.Parallel()
	m := untilClose([]byte("data: a\n\n"))
	m.raw = []byte(head1 + "Transfer-Encoding: chunked\r\n\r\n009\r\ndata: a\n\n\r\n000\r\n\r\n")
	wantAt(t, m, chaos.Spot{Where: chaos.BeforeEnd}, 9)
}

func TestByteOrderMarkIsNoPartOfTheFirstLine(t *testing.T) {
	t.Parallel()
	wantAt(t, untilClose([]byte("\xEF\xBB\xBFdata: a\n\ndata: b\n\n")), chaos.Spot{Where: chaos.AtEvent, N: 1}, 12)
}

func TestPlaceBehindTheNextEvent(t *testing.T) {
	t.Parallel()
	wantAt(t, untilClose([]byte("data: a\n\ndata: b\n\ndata: c\n\n")), chaos.Spot{Where: chaos.AtEvent, N: 1, Plus: 12}, 21)
}

func TestPlacesInPaddedFrames(t *testing.T) {
	t.Parallel()
	m := framed([]byte("data: a\n\ndata: b\n\ndata: c\n\n"), []int{9, 18}, func(i int) bool { return i == 1 }, true)
	wantAt(t, m, chaos.Spot{Where: chaos.AtEvent, N: 2}, 18)
	wantAt(t, m, chaos.Spot{Where: chaos.AtByte, N: 20}, 20)
	wantAt(t, m, chaos.Spot{Where: chaos.BeforeEnd}, 27)
	m = framed([]byte("data: a\n\n"), nil, func(int) bool { return true }, false)
	wantAt(t, m, chaos.Spot{Where: chaos.BeforeEnd}, 9)
}

// An interim answer is not the answer.
func TestInterimHeadOverHTTP2(t *testing.T) {
	t.Parallel()
	var b, block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	fr := http2.NewFramer(&b, nil)
	for _, status := range []string{"103", "200"} {
		block.Reset()
		enc.WriteField(hpack.HeaderField{Name: ":status", Value: status})
		fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true})
	}
	want := b.Len()
	fr.WriteData(1, true, []byte("data: a\n\n"))
	got := carryAll(chaos.NewCarrier(chaos.Spot{Where: chaos.AfterHead}, "HTTP/2.0", false), b.Bytes(), nil)
	if len(got.before) != want {
		t.Errorf("the place behind the head is behind %d bytes, want %d, both heads", len(got.before), want)
	}
}

// A head may take CONTINUATION frames, and nothing may come between them (RFC 9113, 6.10).
func TestHeadInTwoFramesIsNotTornApart(t *testing.T) {
	t.Parallel()
	var b, block bytes.Buffer
	hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	fr := http2.NewFramer(&b, nil)
	fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: nil})
	fr.WriteContinuation(1, true, block.Bytes())
	want := b.Len()
	fr.WriteData(1, true, []byte("data: a\n\n"))
	got := carryAll(chaos.NewCarrier(chaos.Spot{Where: chaos.AfterHead}, "HTTP/2.0", false), b.Bytes(), nil)
	if len(got.before) != want {
		t.Errorf("the place behind the head is behind %d bytes, want %d, CONTINUATION included", len(got.before), want)
	}
}

// A hop that delivers an event twice does so behind it, not in the middle of the next one.
func TestOnlyWholeEventsAreRepeated(t *testing.T) {
	t.Parallel()
	m := untilClose([]byte("data: a\n\ndata: b\n\n"))
	for _, p := range []chaos.Spot{{Where: chaos.AtEvent, N: 1, Plus: 3}, {Where: chaos.AtByte, N: 12}, {Where: chaos.BeforeBlank, N: 2}} {
		got := carryAll(chaos.NewCarrier(p, m.protocol, true), m.raw, nil)
		if got.repeated != nil {
			body, _ := m.split(slices.Concat(got.before, got.repeated, got.behind))
			t.Errorf("%v makes %q of %q", p, body, m.body)
		}
	}
}

// What is to be delivered twice is still on its way when the next event comes.
func TestRepeatedEventDoesNotChangeLater(t *testing.T) {
	t.Parallel()
	m := untilClose([]byte("data: a\n\n"))
	c := chaos.NewCarrier(chaos.Spot{Where: chaos.AtEvent, N: 1}, m.protocol, true)
	c.Carry(m.raw)
	twice := c.Repeat()
	c.Carry([]byte("data: b\n\n"))
	if string(twice) != "data: a\n\n" {
		t.Errorf("got %q, want the first event", twice)
	}
}

func TestWirePlaceIsANumberOfBytes(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte("0123456789"), 10)
	for n := range 102 {
		for _, cuts := range [][]int{nil, {50}, {n % 100}, {n % 100, 100}} {
			got := carryAll(chaos.NewCarrier(chaos.Spot{Where: chaos.AtByte, N: n}, "TLS", false), raw, cuts)
			if !bytes.Equal(slices.Concat(got.before, got.behind), raw) || got.reached != (n <= len(raw)) || got.reached && len(got.before) != n {
				t.Fatalf("byte:%d of %d, split at %v: got %d bytes before it (reached: %v)", n, len(raw), cuts, len(got.before), got.reached)
			}
			if got.reached && got.offset != n {
				t.Fatalf("byte:%d, split at %v: the place is said to be %d", n, cuts, got.offset)
			}
		}
	}
}

// wantAt demands a place wherever the input is split once.
func wantAt(t *testing.T, m message, p chaos.Spot, place int) {
	t.Helper()
	for cut := range m.raw {
		want := place
		if came, _ := m.split(m.raw[:cut]); len(came) == place-1 && bytes.HasSuffix(m.body[:place], []byte("\r\n")) {
			want-- // split within the line end that ends the event, which a CR does too
		}
		c := chaos.NewCarrier(p, m.protocol, false)
		got := carryAll(c, m.raw, []int{cut})
		body, _ := m.split(got.before)
		if !got.reached || got.offset != want || len(body) != want {
			t.Errorf("split at %d: %v was found: %v, at %d (%d bytes before it), want %d", cut, p, got.reached, got.offset, len(body), want)
			return
		}
	}
}

// fuzzSpots are places to look for in what is no message.
var fuzzSpots = func() []chaos.Spot {
	var out []chaos.Spot
	for _, w := range chaos.Wheres {
		for n := range 4 {
			out = append(out, chaos.Spot{Where: w, N: n})
		}
	}
	return append(out, chaos.Spot{Where: chaos.AtEvent, N: 1, Plus: 3})
}()

func FuzzCarrier(f *testing.F) {
	body := []byte("id: 1\ndata: Grüße\n\nid: 2\r\ndata: b\r\n\r\n")
	for i, m := range []message{chunked(body, []int{3, 20}, ""), sized(body), untilClose(body), framed(body, []int{5}, func(i int) bool { return i == 0 }, true)} {
		f.Add(m.raw, uint8(i), uint(7*i+3))
		f.Add(m.raw[:len(m.raw)/2], uint8(20*i), uint(i))
	}
	f.Add([]byte(head1+"Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\ndata: x\n\n"), uint8(9), uint(60))
	f.Add([]byte(head1+"Content-Length: -9\r\n\r\ndata: x\n\n"), uint8(9), uint(60))
	f.Fuzz(func(t *testing.T, raw []byte, spot uint8, step uint) {
		p := fuzzSpots[int(spot)%len(fuzzSpots)]
		var cuts []int
		for at := int(step%64 + 1); at < len(raw); at += int(step%64 + 1) {
			cuts = append(cuts, at)
		}
		for _, repeats := range []bool{false, true} {
			got := carryAll(chaos.NewCarrier(p, "HTTP/1.1", repeats), raw, cuts)
			if !bytes.Equal(slices.Concat(got.before, got.behind), raw) {
				t.Errorf("%v: handed on\n%q\nwant\n%q", p, slices.Concat(got.before, got.behind), raw)
			}
			c := chaos.NewCarrier(p, "HTTP/2.0", repeats)
			carryAll(c, raw, cuts)
			c.End()
		}
	})
}
