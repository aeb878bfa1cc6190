package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ssespec/ssespec/checks/recovery"
)

// JSON writes one document as an object, several as an array, and those of a gate always as an array. Timelines, which are for
// programs alone, stand on a line each.
func JSON(w io.Writer, ds []*Document) error {
	var b bytes.Buffer
	single := len(ds) == 1 && ds[0].Command != "gate"
	if !single {
		b.WriteString("[\n")
	}
	for i, d := range ds {
		if i > 0 {
			b.WriteString(",\n")
		}
		if err := d.encode(&b); err != nil {
			return err
		}
	}
	if !single {
		b.WriteString("\n]")
	}
	b.WriteByte('\n')
	_, err := w.Write(visibly(b.Bytes()))
	return err
}

// encode writes a document without a line end behind it.
func (d *Document) encode(b *bytes.Buffer) error {
	short := *d
	short.Timelines = nil
	text, err := marshal(short, "  ")
	if err != nil || len(d.Timelines) == 0 {
		b.Write(text)
		return err
	}
	b.Write(bytes.TrimSuffix(text, []byte("\n}")))
	b.WriteString(",\n  \"timelines\": [")
	for i, t := range d.Timelines {
		line, err := marshal(t, "")
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		b.Write(line)
	}
	b.WriteString("\n  ]\n}")
	return nil
}

// marshal encodes a value without a line end behind it, markup left as it is.
func marshal(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// visibly escapes what JSON lets stand in a string but a terminal may obey: DEL, the C1 controls, marks
// that turn text around. It means the same to every reader of JSON.
func visibly(b []byte) []byte {
	risky := func(r rune) bool { return r > '~' && !strconv.IsPrint(r) }
	if bytes.IndexFunc(b, risky) < 0 {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	for _, r := range string(b) {
		if !risky(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, u)
		}
	}
	return out
}

// largest bounds a JSON report that is read: what one run writes is far below.
const largest = 1 << 30

// Read reads what [JSON] wrote: one document or an array of them.
func Read(r io.Reader) ([]*Document, error) {
	b, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err != nil {
		return nil, err
	}
	if len(b) > largest {
		return nil, errors.New("it is too large for a report")
	}
	var ds []*Document
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		err = json.Unmarshal(b, &ds)
	} else {
		ds = []*Document{{}}
		err = json.Unmarshal(b, ds[0])
	}
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if err := d.known(); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

// known refuses what this program did not write, or wrote otherwise.
func (d *Document) known() error {
	switch {
	case d == nil || d.Tool.Name != "ssespec":
		return errors.New("it is no report of ssespec")
	case d.Schema != schema:
		return fmt.Errorf("its schema is %d, and this program knows %d", d.Schema, schema)
	case !slices.Contains(gravities, d.Exit):
		return fmt.Errorf("%d is no exit code of ssespec", d.Exit)
	case d.Results == nil: // or what was cut short would pass
		return errors.New("it has no results")
	}
	for _, x := range d.Results {
		if !slices.Contains(verdicts, x.Verdict) {
			return fmt.Errorf("%q is no verdict", x.Verdict)
		}
		if !slices.Contains(levelOrder, x.Level) {
			return fmt.Errorf("%q is no level", x.Level)
		}
	}
	for _, t := range d.Chaos {
		if !slices.Contains(recovery.Verdicts, recovery.Verdict(t.Verdict)) {
			return fmt.Errorf("%q is no verdict on an interrupted answer", t.Verdict)
		}
	}
	return nil
}
