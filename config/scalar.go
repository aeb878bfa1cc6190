package config

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// read takes a scalar.
func (v *Value[T]) read(r *reader, n node, f Field) {
	v.Written = n.text()
	if r.scalar(n, f, &v.V) {
		v.At = r.at(n)
	}
}

// scalar reads a value into what the pointer is for; it reports whether the value is right.
func (r *reader) scalar(n node, f Field, to any) (ok bool) {
	switch to := to.(type) {
	case *string:
		*to, ok = r.text(n, f)
	case *bool:
		*to, ok = strings.EqualFold(n.text(), "true"), r.is(n, f, isSwitch)
	case *time.Duration:
		*to, ok = r.duration(n, f)
	case *time.Time:
		*to, ok = r.date(n, f)
	case *int:
		var x int64
		x, ok = r.number(n, f)
		*to = int(x)
	case *int64:
		*to, ok = r.whole(n, f)
	case *float64:
		*to, ok = r.decimal(n, f)
	}
	return ok
}

// is reports whether a value is of a kind; where not, it says so.
func (r *reader) is(n node, f Field, want kind) bool {
	if n.kind() == want {
		return true
	}
	r.mistyped(n, f, want)
	return false
}

// text returns a text with the environment put in, if it is of the field's form.
func (r *reader) text(n node, f Field) (string, bool) {
	if !r.is(n, f, isText) {
		return "", false
	}
	at := r.at(n)
	text, ok := r.expand(n.text(), f.Tag.Get("env"), at)
	if !ok {
		return "", false
	}
	if text == "" {
		r.wrong(at, "%s is empty: write %s: %s, or take it out", f.Key, f.Key, f.sample(r.forms))
		return "", false
	}
	if !r.form(f.Tag.Get("form"), f.Key, Text{text, n.text(), at}) {
		return "", false
	}
	if f.Tag.Get("path") != "" {
		text = r.path(text)
	}
	return text, true
}

func (r *reader) duration(n node, f Field) (time.Duration, bool) {
	if n.kind() == isNumber {
		r.wrong(r.at(n), "%s wants a duration, and this number has no unit: write %s: %ss", f.Key, f.Key, n.text())
		return 0, false
	}
	text, ok := r.text(n, f)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.wrong(r.at(n), "%s has to be longer than 0 and shorter than 290 years: write %s: %s", f.Key, f.Key, f.sample(r.forms))
		return 0, false
	}
	return d, true
}

func (r *reader) date(n node, f Field) (time.Time, bool) {
	text, ok := r.text(n, f)
	if !ok {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.wrong(r.at(n), "%s is no day of the calendar: write a day such as %s", quote(n.text()), f.sample(r.forms))
		return time.Time{}, false
	}
	return day, true
}

// number returns a whole number that is not less than the field's least.
func (r *reader) number(n node, f Field) (int64, bool) {
	if !r.is(n, f, isNumber) {
		return 0, false
	}
	x, err := strconv.ParseInt(n.text(), 10, 64)
	least, limited := f.Tag.Lookup("min")
	low, _ := strconv.ParseInt(least, 10, 64)
	switch {
	case err != nil || int64(int(x)) != x:
		r.wrong(r.at(n), "%s cannot be %s: write a whole number in decimal digits, such as %s: %s", f.Key, clip(n.text(), mostQuoted), f.Key, f.sample(r.forms))
		return 0, false
	case limited && x < low:
		r.wrong(r.at(n), "%s cannot be %d: write %s or more", f.Key, x, least)
		return 0, false
	}
	return x, r.form(f.Tag.Get("form"), f.Key, Text{n.text(), n.text(), r.at(n)})
}

// whole returns a number, or a number of bytes with its unit.
func (r *reader) whole(n node, f Field) (int64, bool) {
	if f.Tag.Get("form") != "bytes" || n.kind() == isNumber {
		f.Tag = reflect.StructTag(strings.Replace(string(f.Tag), `form:"bytes"`, "", 1))
		return r.number(n, f)
	}
	text, ok := r.text(n, f)
	if !ok {
		return 0, false
	}
	return bytesOf(text), true
}

// bytesOf reads what has the form bytes.
func bytesOf(text string) int64 {
	unit := strings.TrimLeft(text, "0123456789")
	n, _ := strconv.ParseInt(strings.TrimSuffix(text, unit), 10, 64) // at most ten digits, says the form
	switch strings.TrimSpace(unit) {
	case "kB":
		return n * 1000
	case "KiB":
		return n << 10
	case "MB":
		return n * 1000 * 1000
	case "MiB":
		return n << 20
	case "GB":
		return n * 1000 * 1000 * 1000
	case "GiB":
		return n << 30
	}
	return n
}

// decimals are the numbers that JSON has; YAML knows more, such as .inf.
var decimals = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

func (r *reader) decimal(n node, f Field) (float64, bool) {
	if !r.is(n, f, isNumber) {
		return 0, false
	}
	x, err := strconv.ParseFloat(n.text(), 64)
	if err != nil || !decimals.MatchString(n.text()) {
		r.wrong(r.at(n), "%s cannot be %s: write a number such as 5 or 0.5", f.Key, clip(n.text(), mostQuoted))
		return 0, false
	}
	return x, true
}

// valueOf returns the value behind a pointer, to be set.
func valueOf(p any) reflect.Value { return reflect.ValueOf(p).Elem() }
