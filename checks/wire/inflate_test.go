package wire

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// bare reads DEFLATE without anything around it, and tells errors as the inflater does.
func bare(r io.Reader) io.Reader { return newFlate(&input{r: r}) }

func deflated(t testing.TB, level int, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range parts {
		if i > 0 {
			w.Flush()
		}
		io.WriteString(w, p)
	}
	w.Close()
	return b.Bytes()
}

// A bitWriter writes DEFLATE by hand.
type bitWriter struct {
	b []byte
	n uint
}

// put writes a number, lowest bit first.
func (w *bitWriter) put(v, n uint) {
	for range n {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v&1) << (w.n % 8)
		v >>= 1
		w.n++
	}
}

// code writes a Huffman code, highest bit first.
func (w *bitWriter) code(v, n uint) {
	for n > 0 {
		n--
		w.put(v>>n, 1)
	}
}

// literal writes an ASCII byte in the fixed code.
func (w *bitWriter) literal(c byte) { w.code(0x30+uint(c), 8) }

func TestInflaterGivesEachLiteralOfAnOpenFixedBlockWithTheByteThatEndsIt(t *testing.T) {
	t.Parallel()
	text := "data: one\n\ndata: two\n\n"
	var w bitWriter
	w.put(1|1<<1, 3)
	var due []int // how many bytes of input each byte of output takes
	for _, c := range []byte(text) {
		w.literal(c)
		due = append(due, int(w.n+7)/8)
	}
	w.code(2, 7) // length 4
	w.code(1, 5) // distance 2
	four := len(text) + 4
	fourDue := int(w.n+7) / 8
	w.put(0, 40) // whatever comes next

	f := newInflater()
	var got []byte
	for i, b := range w.b[:fourDue] {
		f.feed(b)
		if err := f.run(); err != errStarved {
			t.Fatalf("after %d bytes: error %v, want starved", i+1, err)
		}
		p := make([]byte, 100)
		got = append(got, p[:f.take(p)]...)
		want := 0
		for want < len(due) && due[want] <= i+1 {
			want++
		}
		if i+1 == fourDue {
			want = four
		}
		if len(got) != want {
			t.Errorf("after %d bytes: %d bytes out, want %d", i+1, len(got), want)
		}
	}
	if want := text + "\n\n\n\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInflaterAgreesWithCompressFlate(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 6} {
		for size := 0; size < 100_000; size = size*3 + 1 {
			for _, alphabet := range []int{2, 16, 256} {
				text := make([]byte, size)
				for i := range text {
					text[i] = byte(rnd.IntN(alphabet))
					if i > 40_000 && rnd.IntN(3) > 0 {
						text[i] = text[i-1-rnd.IntN(2)*32_767]
					}
				}
				got, err := io.ReadAll(bare(bytes.NewReader(deflated(t, level, string(text)))))
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("level %d, %d bytes of %d kinds: %d bytes, %v", level, size, alphabet, len(got), err)
				}
			}
		}
	}
}

func TestInflaterGivesThePrefixOfCutInputAndTheErrorOnlyBehindIt(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("data: some words and some more words\n\n", 20)
	whole := deflated(t, 6, text)
	longest := 0
	for cut := range whole {
		r := bare(bytes.NewReader(whole[:cut]))
		var got []byte
		p := make([]byte, 7)
		for {
			n, err := r.Read(p)
			got = append(got, p[:n]...)
			if err == nil {
				continue
			}
			if n != 0 || err != io.ErrUnexpectedEOF {
				t.Errorf("cut at %d: Read = %d, %v", cut, n, err)
			}
			break
		}
		if !strings.HasPrefix(text, string(got)) || len(got) < longest {
			t.Errorf("cut at %d: got %q", cut, got)
		}
		longest = len(got)
	}
	if longest != len(text) {
		t.Errorf("without its last byte the input gives %d bytes, want %d", longest, len(text))
	}
}

func TestInflaterLeavesAloneWhatIsBehindTheData(t *testing.T) {
	t.Parallel()
	for _, level := range []int{0, 1, 9} {
		data := deflated(t, level, "data: x\n\n")
		in := &input{r: bytes.NewReader(append(data, 0xff, 0xff))}
		got, err := io.ReadAll(newFlate(in))
		if string(got) != "data: x\n\n" || err != errBehind || in.off != len(data)+1 {
			t.Errorf("level %d: %q, %v after %d bytes; want it at byte %d", level, got, err, in.off, len(data)+1)
		}
	}
}

func TestInflaterRefusesWhatRFC1951DoesNotAllow(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(w *bitWriter){
		"block type 3":            func(w *bitWriter) { w.put(1|3<<1, 3) },
		"stored length unlike":    func(w *bitWriter) { w.put(1, 8); w.put(5, 16); w.put(5, 16) },
		"287 literal codes":       func(w *bitWriter) { w.put(1|2<<1, 3); w.put(30, 5); w.put(0, 9) },
		"31 distance codes":       func(w *bitWriter) { w.put(1|2<<1, 3); w.put(0, 5); w.put(30, 5); w.put(0, 4) },
		"no code for the lengths": func(w *bitWriter) { w.put(1|2<<1, 3); w.put(0, 14); w.put(0, 40) },
		"symbol 286":              func(w *bitWriter) { w.put(1|1<<1, 3); w.code(0xc6, 8) },
		"distance 30":             func(w *bitWriter) { w.put(1|1<<1, 3); w.literal('a'); w.code(1, 7); w.code(30, 5) },
		"a match before the data": func(w *bitWriter) { w.put(1|1<<1, 3); w.literal('a'); w.code(1, 7); w.code(1, 5) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w bitWriter
			write(&w)
			if got, err := io.ReadAll(bare(bytes.NewReader(w.b))); err != errDeflate {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func FuzzInflater(f *testing.F) {
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
		f.Add(deflated(f, level, "data: one\n\n", "data: two\n\n", strings.Repeat("data: 123\n\n", 30)))
	}
	f.Add([]byte{0x4b, 0x04, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 1 << 20
		src := bytes.NewReader(b)
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(src), most))
		in := &input{r: bytes.NewReader(b[:len(b)-src.Len()])}
		if wantErr != nil {
			in.r = bytes.NewReader(b)
		}
		got, err := io.ReadAll(io.LimitReader(newFlate(in), most))
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err == nil && !bytes.Equal(got, want) || !bytes.HasPrefix(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	data := deflated(b, 6, strings.Repeat("data: {\"id\":123,\"text\":\"some words\"}\n\n", 100_000))
	for b.Loop() {
		n, err := io.Copy(io.Discard, bare(bytes.NewReader(data)))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}
