package browser_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

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
