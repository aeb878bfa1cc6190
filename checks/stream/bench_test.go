package stream

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// The corpora are those of the project's survey of other parsers. What to hold the figures
// against, in megabytes a CPU second there, with reads of 4 KiB:
//
//	                      chat  tiny   64k  crlf  multi
//	the fastest of them   1219   281  1527  1372    429
//	a sweep for LF        6132  1045 18303  6267   2125
//
// Machines differ, so compare the ratio to the sweep, which runs here too.

// A corpus is one input of the benchmarks.
type corpus struct {
	name   string
	body   []byte
	events int
}

// corpora returns the inputs a to e, each of about size bytes.
func corpora(size int) []corpus {
	return []corpus{
		makeCorpus("a-chat", size, func(w *bytes.Buffer, i int) { writeChat(w, i, "\n") }),
		makeCorpus("b-tiny", size, func(w *bytes.Buffer, i int) { fmt.Fprintf(w, "data: {\"t\":\"%04d\"}\n\n", i%10000) }),
		makeCorpus("c-64k", size, func(w *bytes.Buffer, i int) { writeBlob(w, i, 64<<10) }),
		makeCorpus("d-crlf", size, func(w *bytes.Buffer, i int) { writeChat(w, i, "\r\n") }),
		makeCorpus("e-multi", size, writeMulti),
	}
}

func makeCorpus(name string, size int, event func(w *bytes.Buffer, i int)) corpus {
	var w bytes.Buffer
	n := 0
	for ; w.Len() < size; n++ {
		event(&w, n)
	}
	return corpus{name, w.Bytes(), n}
}

// writeChat writes an event as OpenAI's chat completions have them.
func writeChat(w *bytes.Buffer, i int, nl string) {
	const format = `{"id":"chatcmpl-A1b2C3d4E5f6G7h8I9j0","object":"chat.completion.chunk","created":17%08d,` +
		`"model":"gpt-4o-mini-2024-07-18","system_fingerprint":"fp_0705bf87c0",` +
		`"choices":[{"index":0,"delta":{"content":"%s"},"logprobs":null,"finish_reason":null}]}`
	words := []string{" the", " stream", " of", " naïve", " 你好", " \\\"quoted\\\"", "\\n", "."}
	fmt.Fprintf(w, "id: %d%sdata: "+format+"%s%s", i, nl, i, words[i%len(words)], nl, nl)
}

func writeBlob(w *bytes.Buffer, i, size int) {
	fmt.Fprintf(w, "id: %d\nevent: blob\ndata: %s\n\n", i, strings.Repeat("0123456789abcdef", size/16))
}

// writeMulti writes a comment block and an event of 4 to 8 data lines with a comment among them.
func writeMulti(w *bytes.Buffer, i int) {
	fmt.Fprintf(w, ": keep-alive %d\n\nevent: update\nid: %d\nretry: 3000\n", i, i)
	for k := range 4 + i%5 {
		fmt.Fprintf(w, "data: line %d of event %d the stream\n", k, i)
		if k == 1 {
			w.WriteString(": a comment in the middle\n")
		}
	}
	w.WriteByte('\n')
}

// corpusSize is more than the caches next to a core hold.
const corpusSize = 4 << 20

func BenchmarkReader(b *testing.B) {
	for _, c := range corpora(corpusSize) {
		b.Run(c.name, func(b *testing.B) { benchReader(b, c, 4<<10) })
	}
}

// BenchmarkReaderOnHugeEvents gives about the same for small and large reads: a reader that searches
// an event again at each read would be some eight times slower with the small ones.
func BenchmarkReaderOnHugeEvents(b *testing.B) {
	c := makeCorpus("f-4m", 8<<20, func(w *bytes.Buffer, i int) { writeBlob(w, i, 4<<20) })
	for _, size := range []int{4 << 10, 32 << 10} {
		b.Run(fmt.Sprintf("%dk-reads", size>>10), func(b *testing.B) { benchReader(b, c, size) })
	}
}

func benchReader(b *testing.B, c corpus, size int) {
	events := 0
	r := NewReader(EventStream, func(*Event) { events++ })
	b.SetBytes(int64(len(c.body)))
	b.ReportAllocs()
	for b.Loop() {
		writeAll(r, c.body, size)
	}
	if events%c.events != 0 {
		b.Errorf("events: got %d, want a multiple of %d", events, c.events)
	}
}

// writeAll writes body in pieces of size bytes.
func writeAll(r *Reader, body []byte, size int) {
	for len(body) > 0 {
		n := min(size, len(body))
		r.Write(body[:n])
		body = body[n:]
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range corpora(corpusSize) {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				if s := Parse(EventStream, c.body); len(s.Events) != c.events {
					b.Fatalf("events: got %d, want %d", len(s.Events), c.events)
				}
			}
		})
	}
}

// BenchmarkSweep is a floor: it finds the LFs and does nothing with them.
func BenchmarkSweep(b *testing.B) {
	for _, c := range corpora(corpusSize) {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			for b.Loop() {
				for rest := c.body; len(rest) > 0; {
					rest = rest[bytes.IndexByte(rest, '\n')+1:]
				}
			}
		})
	}
}
