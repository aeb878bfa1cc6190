package config

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A Form says what a value may be.
type Form struct {
	Words   []string                // the only values, unless it is empty
	Pattern string                  // a regular expression that the value matches, unless it is empty
	Check   func(text string) error // says what is wrong with a value, and what to write instead
	Says    string                  // what the value is, to stand after "it has to be"
	Example string                  // a value that is right
}

// Forms are the forms by the names that the tags of the fields have: rule-pattern, level, fail-on, promise, profile, resume,
// origin, url, field (a header field, "Name: value"), schedule, fault, product. A form that is not among them is not
// checked, except duration, date, bytes, name, address, http, depth and run, which this package knows itself.
type Forms map[string]Form

// Of returns the form of a name: the caller's, or the package's own.
func (f Forms) Of(name string) Form {
	if form, ok := f[name]; ok {
		return form
	}
	return ownForm(name)
}

// ownForm returns a form that needs no knowledge of the rest of the program.
func ownForm(name string) Form {
	switch name {
	case "duration":
		return Form{Pattern: `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`, Says: "a number and its unit", Example: "15s"}
	case "date":
		return Form{Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, Says: "a day, as year, month and day", Example: "2026-12-31"}
	case "bytes":
		return Form{Pattern: `^[1-9][0-9]{0,9} ?(B|kB|KiB|MB|MiB|GB|GiB)$`, Says: "a number of bytes, or a number and its unit", Example: "8MiB"}
	case "name":
		return Form{Pattern: `^[\p{L}\p{N}._-]([\p{L}\p{N}._ -]{0,98}[\p{L}\p{N}._-])?$`, Says: "at most 100 letters, digits, '.', '_', '-', and spaces between them", Example: "chat"}
	case "address":
		return Form{Pattern: `^(https?://)?[^/ ]*:[0-9]{1,5}$`, Says: "an address and its port", Example: "127.0.0.1:9000"}
	case "http":
		return Form{Words: []string{"1.1", "2"}, Example: `"1.1"`}
	case "depth":
		return Form{Words: []string{"quick", "standard", "deep"}}
	case "run":
		return Form{Words: []string{"check", "chaos", "edge"}}
	case "url":
		return Form{Says: "a URL", Example: "http://localhost:8080/stream"}
	case "version":
		return Form{Words: []string{"1"}}
	case "target-pattern":
		return Form{Check: isPattern, Says: "the name of a target, or a pattern", Example: "chat"}
	}
	return Form{}
}

func isPattern(text string) error {
	if _, err := path.Match(text, ""); err != nil {
		return fmt.Errorf("%s is no pattern: close the [, or write \\[ where the sign itself is meant", quote(text))
	}
	return nil
}

// example returns a value that is right, to be shown.
func (f Form) example() string {
	if f.Example == "" && len(f.Words) > 0 {
		return f.Words[0]
	}
	return f.Example
}

// fault says what is wrong with the text of a key, or nothing. Where the environment was put in, the text is not to be
// shown, and so the caller's words, which may quote it, are not either.
func (f Form) fault(key, text, written string) string {
	cannot := key + " cannot be " + quote(written)
	if text != written {
		cannot += " with what the environment has"
	}
	switch {
	case len(f.Words) > 0:
		if slices.Contains(f.Words, text) {
			return ""
		}
		return cannot + ": " + suggest(written, f.Words)
	case f.Pattern != "" && !regexp.MustCompile(f.Pattern).MatchString(text):
		return cannot + f.hint()
	case f.Check == nil:
		return ""
	}
	err := f.Check(text)
	switch {
	case err == nil:
		return ""
	case text != written:
		return cannot + f.hint()
	}
	return err.Error()
}

// hint says what the value is, behind a sentence that says what it is not.
func (f Form) hint() string {
	var b strings.Builder
	if f.Says != "" {
		fmt.Fprintf(&b, ": it has to be %s", f.Says)
	}
	switch e := f.example(); {
	case e != "" && f.Says != "":
		b.WriteString(", such as " + e)
	case e != "":
		b.WriteString(": write it as " + e)
	}
	return b.String()
}
