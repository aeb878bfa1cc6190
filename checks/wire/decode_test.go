package wire

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

type flusher interface {
	io.WriteCloser
	Flush() error
}

// encoders make a writer of each coding.
var encoders = map[string]func(io.Writer) flusher{
	"gzip":    func(w io.Writer) flusher { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) flusher { return zlib.NewWriter(w) },
	"br":      func(w io.Writer) flusher { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) flusher {
		e, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
		if err != nil {
			panic(err)
		}
		return e
	},
}

// flushed encodes each part and flushes; the last piece ends the coding.
func flushed(coding string, parts ...string) [][]byte {
	var b bytes.Buffer
	w := encoders[coding](&b)
	var out [][]byte
	for _, p := range parts {
		io.WriteString(w, p)
		w.Flush()
		out = append(out, bytes.Clone(b.Bytes()))
		b.Reset()
	}
	w.Close()
	return append(out, b.Bytes())
}

func encoded(coding string, text string) []byte {
	var b bytes.Buffer
	w := encoders[coding](&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

// exchange arrives piece by piece, one a second.
func exchange(coding string, pieces ...[]byte) *Exchange {
	x := &Exchange{Header: Header{{"Content-Encoding", coding}}}
	for i, p := range pieces {
		x.Body = append(x.Body, Chunk{time.Duration(i+1) * time.Second, p})
	}
	return x
}

func bytewise(b []byte) [][]byte {
	out := make([][]byte, len(b))
	for i := range b {
		out[i] = b[i : i+1]
	}
	return out
}

func events(n int) []string {
	rnd := rand.New(rand.NewPCG(3, 4))
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("id: %d\ndata: {\"token\":\"%x\"}\n\n", i, rnd.Int64())
	}
	return out
}

// arrived is how many bytes of the text had come by the n-th second.
func arrived(t Text, n int) int {
	came := 0
	t.Arrivals(func(at time.Duration, _, hi int) {
		if at <= time.Duration(n)*time.Second {
			came = hi
		}
	})
	return came
}

func TestDecodedStampsEachEventWithTheChunkOfItsFlush(t *testing.T) {
	t.Parallel()
	for coding := range encoders {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			all := events(300)
			got, err := exchange(coding, flushed(coding, all...)...).Decoded()
			if err != nil || string(got.Bytes) != strings.Join(all, "") {
				t.Fatalf("got %d bytes, %v", len(got.Bytes), err)
			}
			off := 0
			for i, e := range all {
				want := time.Duration(i+1) * time.Second
				if first, last := got.When(off), got.When(off+len(e)-1); first != want || last != want {
					t.Errorf("event %d came from %v to %v, want %v", i+1, first, last, want)
				}
				off += len(e)
			}
		})
	}
}

func TestDecodedByteByByteHasEachEventWithTheLastByteOfItsFlush(t *testing.T) {
	t.Parallel()
	for coding := range encoders {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			all := events(40)
			pieces := flushed(coding, all...)
			got, err := exchange(coding, bytewise(bytes.Join(pieces, nil))...).Decoded()
			if err != nil {
				t.Fatal(err)
			}
			coded, text := 0, 0
			for i, e := range all {
				coded += len(pieces[i])
				text += len(e)
				if n := arrived(got, coded); n != text {
					t.Errorf("after the flush of event %d: %d bytes, want %d", i+1, n, text)
				}
			}
		})
	}
}

// Literals of an open meta-block come out as their bits come in, as from the C decoder, though
// the encoder never flushed.
func TestBrotliWithholdsNothing(t *testing.T) {
	t.Parallel()
	text := strings.Join(events(400), "")
	coded := encoded("br", text)
	got, err := exchange("br", bytewise(coded)...).Decoded()
	if err != nil || string(got.Bytes) != text {
		t.Fatalf("got %d bytes, %v", len(got.Bytes), err)
	}
	quarter := len(coded) / 4 // the codes of the meta-block are written before that
	last, longest := arrived(got, quarter), 0
	for i := range len(coded) - quarter {
		n := arrived(got, quarter+1+i)
		longest = max(longest, n-last)
		last = n
	}
	if longest > 300 {
		t.Errorf("%d bytes of text came out at once; a match here is no longer than a few events", longest)
	}
	if n := arrived(got, len(coded)/2); n < len(text)/4 {
		t.Errorf("half of the input gave %d bytes of %d", n, len(text))
	}
}

// zstdRaw is a frame of one uncompressed block.
func zstdRaw(text string) []byte {
	n := len(text)
	b := []byte("\x28\xb5\x2f\xfd\x00\x58") // no size, no checksum, window 2 MiB
	b = append(b, byte(n<<3|1), byte(n>>5), byte(n>>13))
	return append(b, text...)
}

func TestZstdWithholdsNothing(t *testing.T) {
	t.Parallel()
	t.Run("an uncompressed block is given byte by byte", func(t *testing.T) {
		t.Parallel()
		text := "data: one\n\ndata: two\n\n"
		got, err := exchange("zstd", bytewise(zstdRaw(text))...).Decoded()
		if err != nil || string(got.Bytes) != text {
			t.Fatalf("got %q, %v", got.Bytes, err)
		}
		for i := range text {
			if at, want := got.When(i), time.Duration(9+i+1)*time.Second; at != want {
				t.Errorf("byte %d came at %v, want %v", i, at, want)
			}
		}
	})
	t.Run("the last block does not wait for the checksum", func(t *testing.T) {
		t.Parallel()
		coded := encoded("zstd", "data: one\n\n")
		body, sum := coded[:len(coded)-4], coded[len(coded)-4:]
		got, err := exchange("zstd", body, sum).Decoded()
		if err != nil || string(got.Bytes) != "data: one\n\n" || got.When(0) != time.Second {
			t.Errorf("got %q at %v, %v", got.Bytes, got.When(0), err)
		}
	})
	t.Run("the end of a block does not wait for the next one", func(t *testing.T) {
		t.Parallel()
		pieces := flushed("zstd", "data: one\n\n", "data: two\n\n")
		r, err := NewDecoder([]string{"zstd"}, io.MultiReader(bytes.NewReader(pieces[0]), iotest.ErrReader(errors.New("asked for more"))))
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, len("data: one\n\n"))
		if _, err := io.ReadFull(r, p); err != nil {
			t.Errorf("got %q, %v", p, err)
		}
	})
}

func TestDecodedOfACutBodyIsThePrefixAndErrCodedCut(t *testing.T) {
	t.Parallel()
	for coding := range encoders {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			all := strings.Join(events(20), "")
			whole := bytes.Join(flushed(coding, events(20)...), nil)
			for cut := 1; cut < len(whole); cut++ {
				got, err := exchange(coding, whole[:cut]).Decoded()
				if err != ErrCodedCut || !strings.HasPrefix(all, string(got.Bytes)) {
					t.Fatalf("cut at %d: %d bytes, %v", cut, len(got.Bytes), err)
				}
			}
			got, err := exchange(coding, whole[:len(whole)-1]).Decoded()
			if len(got.Bytes) != len(all) {
				t.Errorf("without the last byte: %d bytes, want %d (%v)", len(got.Bytes), len(all), err)
			}
		})
	}
}

func TestDecodedRemovesCodingsInReverseOrder(t *testing.T) {
	t.Parallel()
	text := strings.Join(events(10), "")
	for name, c := range map[string]struct {
		field string
		body  []byte
	}{
		"none at all":                 {"", []byte(text)},
		"identity":                    {"identity", []byte(text)},
		"x-gzip in capitals":          {"X-GZIP", encoded("gzip", text)},
		"gzip, then br":               {"gzip, identity, br", encoded("br", string(encoded("gzip", text)))},
		"br, then zstd, then deflate": {"br,zstd,deflate", encoded("deflate", string(encoded("zstd", string(encoded("br", text)))))},
		"deflate without zlib":        {"deflate", deflated(t, 6, text)},
		"gzip of two members":         {"gzip", append(encoded("gzip", text[:99]), encoded("gzip", text[99:])...)},
		"zstd of two frames":          {"zstd", append(encoded("zstd", text[:99]), encoded("zstd", text[99:])...)},
		"zstd after a skippable frame": {"zstd", append([]byte("\x5a\x2a\x4d\x18\x03\x00\x00\x00abc"),
			encoded("zstd", text)...)},
		"gzip with every optional part": {"gzip", gzipFull(t, text)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, x := range []*Exchange{exchange(c.field, c.body), exchange(c.field, bytewise(c.body)...)} {
				if got, err := x.Decoded(); err != nil || string(got.Bytes) != text {
					t.Errorf("got %q, %v", got.Bytes, err)
				}
			}
		})
	}
}

// gzipFull writes a header with extra field, name, comment and, by hand, its CRC.
func gzipFull(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Extra, w.Name, w.Comment = []byte("extra"), "name", "comment"
	io.WriteString(w, text)
	w.Close()
	n := 10 + 2 + len("extra") + len("name\x00comment\x00")
	out := bytes.Clone(b.Bytes())
	out[3] |= 2
	sum := crc32.ChecksumIEEE(out[:n])
	return append(append(bytes.Clone(out[:n]), byte(sum), byte(sum>>8)), out[n:]...)
}

func TestDecodedFindsBytesThatAreNotTheCoding(t *testing.T) {
	t.Parallel()
	text := "data: some words\n\n"
	gz, zl, br, zs := encoded("gzip", text), encoded("deflate", text), encoded("br", text), encoded("zstd", text)
	for name, c := range map[string]struct {
		coding string
		body   []byte
		off    int
		want   string
	}{
		"plain text called gzip":            {"gzip", []byte(text), 0, ""},
		"plain text called zstd":            {"zstd", []byte(text), 0, ""},
		"plain text called deflate":         {"deflate", []byte(text), 4, ""},
		"plain text called br":              {"br", []byte("\xff" + text), -1, ""},
		"gzip with another method":          {"gzip", []byte("\x1f\x8b\x07"), 2, ""},
		"gzip with a reserved flag":         {"gzip", flip(gz, 3, 0x80), 9, ""},
		"gzip with a wrong CRC":             {"gzip", flip(gz, len(gz)-8, 1), len(gz) - 1, text},
		"gzip with a wrong length":          {"gzip", flip(gz, len(gz)-1, 1), len(gz) - 1, text},
		"gzip with text behind it":          {"gzip", append(bytes.Clone(gz), 'x'), len(gz), text},
		"deflate with a wrong Adler-32":     {"deflate", flip(zl, len(zl)-1, 1), len(zl) - 1, text},
		"deflate with text behind it":       {"deflate", append(bytes.Clone(zl), 'x'), len(zl), text},
		"deflate with a preset dictionary":  {"deflate", []byte{0x78, 0xbb}, 1, ""},
		"br with a block that is too long":  {"br", []byte("\x8b\x14\x00\x00D7\xd7W\x92,$E\xee\xc1\xd6δ\xf0\x90\xcfs\x94Y$*\b̭\x14Eg"), -1, ""},
		"br with text behind it":            {"br", append(bytes.Clone(br), 'x'), len(br), text},
		"zstd with a wrong checksum":        {"zstd", flip(zs, len(zs)-1, 1), len(zs) - 1, text},
		"zstd with text behind it":          {"zstd", append(bytes.Clone(zs), 'x'), len(zs), text},
		"zstd with a window of 16 MiB":      {"zstd", []byte("\x28\xb5\x2f\xfd\x00\x70"), 5, ""},
		"zstd with a block type of its own": {"zstd", []byte("\x28\xb5\x2f\xfd\x00\x58\x0e\x00\x00"), 8, ""},
		"text called gzip within br":        {"gzip, br", encoded("br", text), -1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := exchange(c.coding, c.body).Decoded()
			var lie *CodingError
			if !errors.As(err, &lie) || c.off >= 0 && lie.Off != c.off || string(got.Bytes) != c.want {
				t.Errorf("got %q, %v", got.Bytes, err)
			}
		})
	}
}

func flip(b []byte, i int, bits byte) []byte {
	b = bytes.Clone(b)
	b[i] ^= bits
	return b
}

func TestDecodedOfAnUnknownCodingIsTheCodedBody(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"compress", "sdch, gzip", "gzip, exi"} {
		got, err := exchange(field, []byte("body")).Decoded()
		if !errors.Is(err, ErrUnknownCoding) || string(got.Bytes) != "body" {
			t.Errorf("%s: %q, %v", field, got.Bytes, err)
		}
	}
}

func TestDecodedOfNothingIsNothing(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"gzip", "deflate", "br", "zstd", "gzip, br"} {
		for _, x := range []*Exchange{exchange(field), exchange(field, nil, nil)} {
			if got, err := x.Decoded(); err != nil || len(got.Bytes) != 0 || got.When(0) != 0 {
				t.Errorf("%s: %q, %v", field, got.Bytes, err)
			}
		}
	}
}

func TestDecodedStopsAtItsLimits(t *testing.T) {
	t.Parallel()
	lines := strings.Repeat("\r\n", maxDecodedLines)
	zeros := strings.Repeat("\x00", 17<<20)
	for name, c := range map[string]struct {
		coding string
		body   []byte
		want   int
		err    error
	}{
		"as many lines as allowed":      {"gzip", encoded("gzip", lines), len(lines), nil},
		"one line more":                 {"gzip", encoded("gzip", lines+"\r\n"), len(lines), ErrDecodedLimit},
		"zeros in gzip":                 {"gzip", encoded("gzip", zeros), -1, ErrDecodedLimit},
		"zeros in br":                   {"br", encoded("br", zeros), -1, ErrDecodedLimit},
		"zeros in zstd":                 {"zstd", encoded("zstd", zeros), -1, ErrDecodedLimit},
		"zeros in gzip in gzip":         {"gzip, gzip", encoded("gzip", string(encoded("gzip", zeros))), -1, ErrDecodedLimit},
		"more codings than anyone has":  {strings.Repeat("gzip,", maxCodings+1), nil, 0, ErrDecodedLimit},
		"not the lines of a plain body": {"identity", []byte(lines + "\r\n"), len(lines) + 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := exchange(c.coding, c.body).Decoded()
			want := c.want
			if want < 0 {
				want = len(got.Bytes)
				if least, most := decodedBase, maxDecoded(len(c.body)); want < least || want > most {
					t.Errorf("%d bytes, want %d to %d", want, least, most)
				}
			}
			if !errors.Is(err, c.err) || len(got.Bytes) != want {
				t.Errorf("%d bytes, %v; want %d, %v", len(got.Bytes), err, want, c.err)
			}
		})
	}
}

func TestNewDecoderPassesOnWhyTheReaderFailed(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset")
	for coding := range encoders {
		first := flushed(coding, "data: one\n\n")[0]
		r, err := NewDecoder([]string{coding}, io.MultiReader(bytes.NewReader(first), iotest.ErrReader(reset)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != "data: one\n\n" || err != reset {
			t.Errorf("%s: %q, %v", coding, got, err)
		}
	}
}

func TestDecoderReadsOnOnlyWhenItHasNothingLeftToGive(t *testing.T) {
	t.Parallel()
	for _, codings := range [][]string{{"gzip"}, {"deflate"}, {"br"}, {"zstd"}, {"zstd", "gzip"}} {
		pieces := flushed(codings[len(codings)-1], "data: one\n\n", "data: two\n\n")
		if len(codings) == 2 {
			inner := flushed(codings[0], "data: one\n\n", "data: two\n\n")
			pieces = flushed(codings[1], string(inner[0]), string(inner[1]), string(inner[2]))
		}
		given := 0
		src := readerFunc(func(p []byte) (int, error) {
			if given == len(pieces) {
				return 0, io.EOF
			}
			given++
			return copy(p, pieces[given-1]), nil
		})
		r, err := NewDecoder(codings, src)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"data: one\n\n", "data: two\n\n"} {
			p := make([]byte, len(want))
			if _, err := io.ReadFull(r, p); err != nil || string(p) != want || given != i+1 {
				t.Errorf("%v: got %q after %d pieces, %v", codings, p, given, err)
			}
		}
		if n, err := r.Read(make([]byte, 9)); n != 0 || err != io.EOF {
			t.Errorf("%v: at the end: %d, %v", codings, n, err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestLooksCodedKnowsTheMagicNumbers(t *testing.T) {
	t.Parallel()
	for coding, want := range map[string]string{"gzip": "gzip", "zstd": "zstd", "deflate": "", "br": ""} {
		if got := LooksCoded(encoded(coding, "data: x\n\n")); got != want {
			t.Errorf("%s looks like %q", coding, got)
		}
	}
	if got := LooksCoded([]byte("data: x\n\n")) + LooksCoded(nil); got != "" {
		t.Errorf("text looks like %q", got)
	}
}

func FuzzDecoded(f *testing.F) {
	for coding := range encoders {
		f.Add(coding, bytes.Join(flushed(coding, events(5)...), nil), uint16(7))
		f.Add(coding+", gzip", encoded("gzip", string(encoded(coding, "data: x\n\n"))), uint16(1))
	}
	f.Add("zstd", zstdRaw("data: x\n\n"), uint16(2))
	f.Fuzz(func(t *testing.T, field string, body []byte, size uint16) {
		one, pieces := exchange(field, body), exchange(field)
		for i := 0; i < len(body); i += int(size) + 1 {
			piece := body[i:min(len(body), i+int(size)+1)]
			pieces.Body = append(pieces.Body, Chunk{time.Duration(i), piece})
		}
		got, err := pieces.Decoded()
		want, wantErr := one.Decoded()
		if errText(one, err) != errText(one, wantErr) {
			t.Errorf("in pieces: %v; in one: %v", err, wantErr)
		}
		if !errors.Is(err, ErrDecodedLimit) && !bytes.Equal(got.Bytes, want.Bytes) {
			t.Errorf("in pieces: %d bytes; in one: %d bytes", len(got.Bytes), len(want.Bytes))
		}
		if len(one.Codings()) > 0 && len(got.Bytes) > maxDecoded(len(body)) {
			t.Errorf("%d bytes from %d", len(got.Bytes), len(body))
		}
	})
}

// errText leaves out the offset where it depends on how far an outer coding was read.
func errText(x *Exchange, err error) string {
	var lie *CodingError
	if errors.As(err, &lie) && len(x.Codings()) > 1 {
		return lie.Coding + lie.Err.Error()
	}
	return fmt.Sprint(err)
}

func BenchmarkDecoded(b *testing.B) {
	text := strings.Join(events(100_000), "")
	b.Run("zstd, uncompressed", func(b *testing.B) {
		raw := zstdRaw(strings.Repeat("data: some words\n", 7_000))
		x := exchange("zstd", bytes.Repeat(raw, 40))
		b.SetBytes(int64(len(raw) * 40))
		for b.Loop() {
			if _, err := x.Decoded(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for coding := range encoders {
		b.Run(coding, func(b *testing.B) {
			x := exchange(coding, flushed(coding, text)...)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := x.Decoded(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
