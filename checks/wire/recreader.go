package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxLine bounds one line of a stored recording: a read is at most 64 KiB, and quoting at most
// quadruples it; the rest is for long bodies written by hand.
const maxLine = 256 << 20

// Decode reads a bundle that [Encode] wrote, or a person. Errors name the line.
func Decode(r io.Reader) (*Bundle, error) {
	d := &recReader{b: &Bundle{}}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 1<<16), maxLine)
	n := 0
	for in.Scan() {
		n++
		if err := d.line(in.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	if d.x != nil {
		return nil, fmt.Errorf("line %d: the last exchange has no end line", n)
	}
	return d.b, nil
}

type recReader struct {
	b        *Bundle
	targeted bool // the target's first line was read
	r        *Recording
	x        *Exchange // in progress: between its request line and its end line
	answered bool      // the first line of x's answer was read
	arena    []byte    // the bytes of x, so that chunks are neighbours and need no joining
	ends     []int     // where each of its chunks ends in the arena
}

func (d *recReader) line(l []byte) error {
	l = bytes.Trim(l, " \t\r")
	key, rest, _ := strings.Cut(string(head(l)), " ")
	switch {
	case key == "" || key[0] == '#':
		return nil
	case key == "want":
		d.b.Wants = append(d.b.Wants, string(l))
		return nil
	case key[0] == '+' || key[0] == '-' || key == "raw":
		return d.chunk(l)
	case key == "sent" || key == "upload":
		return d.passed(key, rest)
	case d.x != nil:
		return d.exchangeLine(key, rest)
	case key == ">":
		return d.open(rest)
	}
	return d.bundleLine(key, rest)
}

// head returns the line up to its quoted bytes, which are not copied, where it is one of a chunk.
func head(l []byte) []byte {
	if len(l) > 0 && (l[0] == '+' || l[0] == '-' || bytes.HasPrefix(l, []byte("raw "))) {
		if i := bytes.IndexByte(l, '"'); i >= 0 {
			return l[:i]
		}
	}
	return l
}

func (d *recReader) bundleLine(key, rest string) error {
	b := d.b
	switch key {
	case "rec":
		if rest != "1" {
			return fmt.Errorf("recording format %q is not known: this version reads format 1", rest)
		}
		return nil
	case "target":
		if d.targeted {
			return field(&b.Target.Header, rest)
		}
		d.targeted = true
		return request(&b.Target, rest)
	case "target=":
		return body(&b.Target.Body, rest)
	}
	w, err := words(rest)
	if err != nil {
		return err
	}
	switch key {
	case "trial", "demanded":
		return d.trial(key, w)
	case "noise":
		b.Noise, err = noise(w)
		return err
	case "pause":
		return d.pause(w)
	case "limit":
		return b.Limits.set(w)
	case "hop":
		if len(w) != 2 {
			return errors.New("hop is not: hop <name> <URL>")
		}
		b.Hops = append(b.Hops, Hop{w[0], w[1]})
		return nil
	case "gap", "moot":
		if len(w) == 1 && d.r != nil && d.r.Trial != nil {
			return d.trial(key, w)
		}
		if len(w) != 2 {
			return fmt.Errorf("%s is not: %s <scene> <reason, quoted>", key, key)
		}
		b.Gaps = append(b.Gaps, Gap{Scene: Scene(w[0]), Moot: key == "moot", Reason: w[1]})
		return nil
	case "command", "name", "profile", "promise", "origin", "credentials", "sequence", "clock", "heartbeat", "depth", "began", "duration", "requests", "seed", "scene":
		if len(w) != 1 {
			return fmt.Errorf("%s takes one value, quoted if it holds spaces", key)
		}
	default:
		return fmt.Errorf("%q is no line of a recording", key)
	}
	switch key {
	case "command":
		b.Command = w[0]
	case "name":
		b.Name = w[0]
	case "profile":
		b.Profile = w[0]
	case "promise":
		b.Promises = append(b.Promises, w[0])
	case "origin":
		b.Origin = w[0]
	case "credentials":
		if b.Include = w[0] == "include"; !b.Include {
			return fmt.Errorf("%q is no credentials mode that is kept: write include", w[0])
		}
	case "sequence":
		b.Sequence = w[0]
	case "clock":
		b.Clock = w[0]
	case "heartbeat":
		b.Heartbeat, err = duration(w[0])
	case "depth":
		b.Depth = w[0]
	case "began":
		b.Began, err = instant(w[0])
	case "duration":
		b.Duration, err = duration(w[0])
	case "requests":
		b.Requests, err = whole(w[0])
	case "seed":
		if b.Seed, err = strconv.ParseInt(w[0], 10, 64); err != nil {
			err = fmt.Errorf("%q is not a whole number", w[0])
		}
	case "scene":
		d.r = &Recording{Scene: Scene(w[0])}
		b.Recordings = append(b.Recordings, d.r)
	}
	return err
}

// trial reads what is said of a trial behind the line of its scene.
func (d *recReader) trial(key string, w []string) error {
	if d.r == nil {
		return fmt.Errorf("%s outside of a scene", key)
	}
	if key == "trial" {
		if len(w) != 4 {
			return errors.New("trial is not: trial <name> <schedule> <resume> <mode>")
		}
		d.r.Trial = &Trial{Name: w[0], Schedule: w[1], Resume: w[2], Mode: Mode(w[3])}
		return nil
	}
	t := d.r.Trial
	if t == nil {
		return fmt.Errorf("%s before the scene's trial", key)
	}
	if key == "demanded" {
		t.Demanded = true
		return nil
	}
	t.Gap, t.Moot = w[0], key == "moot"
	return nil
}

// set reads what limit says.
func (l *Limits) set(w []string) error {
	for _, n := range l.named() {
		if len(w) == 2 && w[0] == n.name {
			var err error
			*n.value, err = duration(w[1])
			return err
		}
	}
	return errors.New("limit is not: limit first-event|gap-p99|recovery <duration>")
}

func noise(w []string) (*Noise, error) {
	if len(w) != 2 {
		return nil, errors.New("noise is not: noise <p50> <p99>")
	}
	p50, err := duration(w[0])
	if err != nil {
		return nil, err
	}
	p99, err := duration(w[1])
	return &Noise{P50: p50, P99: p99}, err
}

func (d *recReader) pause(w []string) error {
	if d.b.Noise == nil || len(w) != 2 {
		return errors.New("pause is not: pause <from> <to>, behind the noise")
	}
	from, err := duration(w[0])
	if err != nil {
		return err
	}
	to, err := duration(w[1])
	d.b.Noise.Pauses = append(d.b.Noise.Pauses, Stretch{from, to})
	return err
}

// open begins an exchange.
func (d *recReader) open(rest string) error {
	if d.r == nil {
		return errors.New("a request outside of a scene")
	}
	d.x, d.answered = &Exchange{}, false
	return request(&d.x.Request, rest)
}

func (d *recReader) exchangeLine(key, rest string) error {
	x := d.x
	switch key {
	case ">":
		return field(&x.Request.Header, rest)
	case ">=":
		return body(&x.Request.Body, rest)
	case "<":
		if d.answered {
			return field(&x.Header, rest)
		}
		d.answered = true
		return status(x, rest)
	case "trailer":
		return field(&x.Trailer, rest)
	case "interim":
		return d.interim(rest)
	case "hit>":
		if x.Origin() == nil {
			return errors.New("a field outside of a hit")
		}
		return field(&x.Origin().Request.Header, rest)
	case "sent>":
		if x.Origin() == nil {
			return errors.New("a field outside of a hit")
		}
		return field(&x.Origin().Header, rest)
	case "case":
		x.Case = Case(strings.Join(strings.Fields(rest), " "))
		return nil
	}
	w, err := words(rest)
	if err != nil {
		return err
	}
	switch key {
	case "hit":
		return d.hit(w)
	case "sent-head", "written", "hit-end":
		return d.hitLine(key, w)
	case "began", "head":
		if len(w) != 1 {
			return fmt.Errorf("%s takes one value", key)
		}
		if key == "began" {
			x.Began, err = instant(w[0])
		} else {
			x.HeadAt, err = duration(w[0])
		}
	case "peer":
		if len(w) != 2 {
			return errors.New("peer is not: peer <address> <dial time>")
		}
		x.Address = w[0]
		x.Dial, err = duration(w[1])
	case "tls":
		if len(w) != 3 || !slices.Contains(closings, w[2]) {
			return errors.New("tls is not: tls <version> <alpn> " + strings.Join(closings, "|"))
		}
		x.TLS = &TLS{Version: w[0], ALPN: w[1], Closed: w[2] != tlsOpen, CloseNotify: w[2] == tlsNotified}
	case "frame":
		err = d.frame(w)
	case "fault":
		err = d.fault(w)
	case "role", "cursor":
		if len(w) != 1 {
			return fmt.Errorf("%s takes one value", key)
		}
		if key == "role" {
			x.Role = Role(w[0])
		} else {
			x.Cursor = w[0]
		}
	case "end":
		return d.end(w)
	default:
		return fmt.Errorf("%q is no line of an exchange (or its end line is missing)", key)
	}
	return err
}

// chunk reads "+12ms "…"" and "raw +12ms "…"".
func (d *recReader) chunk(l []byte) error {
	if d.x == nil {
		return errors.New("bytes outside of an exchange")
	}
	l, raw := bytes.CutPrefix(l, []byte("raw "))
	at, quoted, ok := bytes.Cut(bytes.TrimLeft(l, " "), []byte(" "))
	if !ok {
		return errors.New("bytes are not: [raw] +<moment> <quoted bytes>")
	}
	t, err := duration(string(at))
	if err != nil {
		return err
	}
	if d.arena, err = appendUnquoted(d.arena, bytes.TrimLeft(quoted, " ")); err != nil {
		return err
	}
	d.ends = append(d.ends, len(d.arena))
	if raw {
		d.x.Raw = append(d.x.Raw, Chunk{At: t})
	} else {
		d.x.Body = append(d.x.Body, Chunk{At: t})
	}
	return nil
}

// hit reads "hit +1ms GET /x HTTP/1.1".
func (d *recReader) hit(w []string) error {
	if len(w) != 4 {
		return errors.New("hit is not: hit +<moment> <method> <target> <protocol>")
	}
	h := &Hit{Request: Request{Method: w[1], URL: w[2], Proto: w[3]}}
	var err error
	h.At, err = duration(w[0])
	d.x.Hits = append(d.x.Hits, h)
	return err
}

// passed reads "sent +1ms "…"" and "upload +1ms "…"".
func (d *recReader) passed(key, rest string) error {
	if d.x == nil || d.x.Origin() == nil {
		return fmt.Errorf("%s outside of a hit", key)
	}
	at, quoted, ok := strings.Cut(rest, " ")
	if !ok {
		return fmt.Errorf("%s is not: %s +<moment> <quoted bytes>", key, key)
	}
	c := Chunk{}
	var err error
	if c.At, err = duration(at); err != nil {
		return err
	}
	if c.Data, err = appendUnquoted(nil, bytes.TrimLeft([]byte(quoted), " ")); err != nil {
		return err
	}
	h := d.x.Origin()
	if key == "sent" {
		h.Sent = append(h.Sent, c)
	} else {
		h.Upload = append(h.Upload, c)
	}
	return nil
}

// hitLine reads what else is said of a hit.
func (d *recReader) hitLine(key string, w []string) error {
	h := d.x.Origin()
	if h == nil {
		return fmt.Errorf("%s outside of a hit", key)
	}
	var err error
	switch {
	case key == "sent-head" && len(w) == 2:
		if h.Status, err = strconv.Atoi(w[0]); err == nil {
			h.HeadAt, err = duration(w[1])
		}
	case key == "written" && len(w) == 1:
		h.Written, err = strconv.ParseInt(w[0], 10, 64)
	case key == "hit-end" && len(w) == 2 && slices.Contains(hitEnds, HitEnd(w[0])):
		h.End = HitEnd(w[0])
		h.EndAt, err = duration(w[1])
	default:
		err = fmt.Errorf("%q is not what %s takes", w, key)
	}
	return err
}

// settle points the chunks at the arena, which moves while it grows.
func (d *recReader) settle(cs []Chunk) {
	lo := 0
	for i := range cs {
		cs[i].Data = d.arena[lo:d.ends[i]]
		lo = d.ends[i]
	}
}

// end closes the exchange.
func (d *recReader) end(w []string) error {
	x := d.x
	if len(w) < 2 || len(w) > 3 {
		return errors.New("end is not: end <kind> <moment> [<note>]")
	}
	k := slices.Index(endNames[:], w[0])
	if k <= 0 {
		return fmt.Errorf("%q is no way to end: %s", w[0], strings.Join(endNames[1:], ", "))
	}
	x.End.Kind = EndKind(k)
	if len(w) == 3 {
		x.End.Note = w[2]
	}
	var err error
	if x.End.At, err = duration(w[1]); err != nil {
		return err
	}
	if len(x.Raw) > 0 {
		if len(x.Body) > 0 || d.answered || len(x.Interim) > 0 || len(x.Trailer) > 0 || x.HeadAt != 0 {
			return errors.New("an exchange holds raw bytes and an answer beside them")
		}
		d.settle(x.Raw)
		x.Assemble()
	} else {
		d.settle(x.Body)
	}
	d.r.Exchanges = append(d.r.Exchanges, x)
	d.x, d.arena, d.ends = nil, nil, nil
	return nil
}

// interim reads "interim 103 +1ms", or a field of the last one.
func (d *recReader) interim(rest string) error {
	w, err := words(rest)
	if err == nil && len(w) == 2 {
		code, cerr := strconv.Atoi(w[0])
		at, terr := duration(w[1])
		if cerr == nil && terr == nil {
			d.x.Interim = append(d.x.Interim, Interim{Status: code, At: at})
			return nil
		}
	}
	if len(d.x.Interim) == 0 {
		return errors.New("interim is not: interim <status> <moment>")
	}
	return field(&d.x.Interim[len(d.x.Interim)-1].Header, rest)
}

func (d *recReader) frame(w []string) error {
	if len(w) < 2 {
		return errors.New("frame is not: frame <moment> <type> key=value…")
	}
	at, err := duration(w[0])
	if err != nil {
		return err
	}
	f := Frame{At: at, Type: w[1]}
	for _, kv := range w[2:] {
		if err := f.set(kv); err != nil {
			return fmt.Errorf("frame: %q %w", kv, err)
		}
	}
	d.x.Frames = append(d.x.Frames, f)
	return nil
}

// set reads key=value, or id:value of a setting.
func (f *Frame) set(kv string) error {
	if id, v, ok := strings.Cut(kv, ":"); ok {
		n, err := strconv.ParseUint(id, 10, 16)
		val, verr := strconv.ParseUint(v, 10, 32)
		if err != nil || verr != nil {
			return errors.New("is not a setting: <id>:<value>")
		}
		f.Settings = append(f.Settings, Setting{uint16(n), uint32(val)})
		return nil
	}
	key, v, _ := strings.Cut(kv, "=")
	bits := 32
	if key == "flags" {
		bits = 8
	}
	n, err := strconv.ParseUint(v, 0, bits)
	if err != nil {
		return fmt.Errorf("is not <key>=<number of at most %d bits>", bits)
	}
	switch key {
	case "stream":
		f.Stream = uint32(n)
	case "flags":
		f.Flags = uint8(n)
	case "length":
		f.Length = int(n)
	case "code":
		f.Code = uint32(n)
	case "last":
		f.Last = uint32(n)
	case "increment":
		f.Increment = uint32(n)
	default:
		return errors.New("has another key than stream, flags, length, code, last and increment")
	}
	return nil
}

func (d *recReader) fault(w []string) error {
	if len(w) < 3 || len(w) > 4 {
		return errors.New("fault is not: fault <kind> <aim> <landed> [<seen>]")
	}
	n, err := strconv.Atoi(w[2])
	if err != nil || n < -1 {
		return fmt.Errorf("%q is not a whole number, and not -1", w[2])
	}
	d.x.Fault = &Fault{Kind: FaultKind(w[0]), Aim: w[1], Landed: n}
	if len(w) == 4 {
		d.x.Fault.Seen = w[3]
	}
	return nil
}

func status(x *Exchange, rest string) error {
	w, err := words(rest)
	if err != nil {
		return err
	}
	if len(w) != 2 {
		return errors.New("an answer begins with: < <version> <status>")
	}
	x.Proto = w[0]
	x.Status, err = whole(w[1])
	return err
}

func request(r *Request, rest string) error {
	w, err := words(rest)
	if err != nil {
		return err
	}
	if len(w) < 2 || len(w) > 3 {
		return errors.New("a request begins with: <method> <url> [<version>]")
	}
	r.Method, r.URL = w[0], w[1]
	if len(w) == 3 {
		r.Proto = w[2]
	}
	return nil
}

// field reads "name: value", either part quoted if need be.
func field(h *Header, rest string) error {
	name, value, ok := "", "", false
	if strings.HasPrefix(rest, `"`) {
		q, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return fmt.Errorf("%q is not quoted well", rest)
		}
		name, _ = strconv.Unquote(q)
		value, ok = strings.CutPrefix(rest[len(q):], ":")
	} else {
		name, value, ok = strings.Cut(rest, ":")
		ok = ok && name != "" && !strings.Contains(name, " ")
	}
	if !ok {
		return fmt.Errorf("%q is not a field: <name>: <value>, the name quoted if it holds a space (or an end line is missing before)", rest)
	}
	value = strings.Trim(value, " \t")
	if strings.HasPrefix(value, `"`) {
		v, err := strconv.Unquote(value)
		if err != nil {
			return fmt.Errorf("the value of %s is not quoted well", name)
		}
		value = v
	}
	*h = append(*h, Field{name, value})
	return nil
}

func body(b *[]byte, rest string) error {
	q, err := appendUnquoted(nil, []byte(rest))
	*b = q
	return err
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 12ms or 1m30.5s", s)
	}
	return d, nil
}

func whole(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", s)
	}
	return n, nil
}

// instant reads a time. Years that would not be read again are refused.
func instant(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	t = t.UTC()
	if err != nil || t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("%q is not a time such as 2006-01-02T15:04:05Z", s)
	}
	return t, nil
}

// words divides a line at spaces; a word in quotes may hold any.
func words(s string) ([]string, error) {
	var out []string
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		if s[0] != '"' {
			w, rest, _ := strings.Cut(s, " ")
			out, s = append(out, w), rest
			continue
		}
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not quoted well", s)
		}
		w, err := strconv.Unquote(q)
		if err != nil {
			return nil, fmt.Errorf("%q is not quoted well", s)
		}
		out, s = append(out, w), s[len(q):]
	}
	return out, nil
}

// appendUnquoted appends the bytes that a double-quoted Go string stands for.
func appendUnquoted(dst, q []byte) ([]byte, error) {
	if len(q) < 2 || q[0] != '"' || q[len(q)-1] != '"' {
		return nil, errors.New("bytes are not in double quotes")
	}
	q = q[1 : len(q)-1]
	for len(q) > 0 {
		i := bytes.IndexByte(q, '\\')
		if i < 0 {
			i = len(q)
		}
		if bytes.IndexByte(q[:i], '"') >= 0 {
			return nil, errors.New("bytes are not quoted well: more follows the closing quote")
		}
		if i == len(q) {
			return append(dst, q...), nil
		}
		dst, q = append(dst, q[:i]...), q[i:]
		if len(q) > 1 && (q[1] == '"' || q[1] == 'n') { // by far the most frequent
			c := q[1]
			if c == 'n' {
				c = '\n'
			}
			dst, q = append(dst, c), q[2:]
			continue
		}
		// the longest escape has ten bytes
		r, wide, tail, err := strconv.UnquoteChar(string(q[:min(len(q), 10)]), '"')
		if err != nil {
			return nil, errors.New("bytes are not quoted well")
		}
		if wide {
			dst = utf8.AppendRune(dst, r)
		} else {
			dst = append(dst, byte(r))
		}
		q = q[min(len(q), 10)-len(tail):]
	}
	return dst, nil
}
