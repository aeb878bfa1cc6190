package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/reports"
)

// formatFlags say which formats are written, and where to.
func formatFlags() []cli.Flag {
	var out []cli.Flag
	for _, f := range reports.Formats {
		out = append(out, text(f.Name, "write `FILE`: "+f.Doc+"; alone, or with -, to standard output"))
	}
	return out
}

// An outputs is the files that a run writes for programs and browsers.
type outputs struct {
	stdout  io.Writer
	files   map[string]string // by format
	machine bool              // one of them is standard output
	summary string            // where GitHub wants Markdown, or empty
	live    *lines            // nil where nobody follows
}

// newOutputs finds out what is to be written, and whether it can be.
func newOutputs(c *cli.Context) (*outputs, error) {
	o := &outputs{stdout: c.App.Writer, files: map[string]string{}}
	for _, f := range reports.Formats {
		name := c.String(f.Name)
		switch {
		case name == "":
			continue
		case name == "-" && o.machine:
			return nil, usage("Give all but one of them a file: --"+f.Name+"=FILE.", "two formats cannot both be standard output")
		case name == "-":
			o.machine = true
		default:
			if err := o.free(name); err != nil {
				return nil, usage("", "--%s: %v", f.Name, err)
			}
		}
		o.files[f.Name] = name
	}
	if name := o.files["ndjson"]; name != "" {
		o.live = &lines{open: func() (io.WriteCloser, error) { return o.open(name) }, began: time.Now()}
	}
	return o, nil
}

// newRunOutputs are those of a run, which GitHub may want a summary of.
func newRunOutputs(c *cli.Context) (*outputs, error) {
	o, err := newOutputs(c)
	if err != nil {
		return nil, err
	}
	if o.summary = os.Getenv("GITHUB_STEP_SUMMARY"); o.summary == "" {
		return o, nil
	}
	if err := writable(o.summary); err != nil {
		return nil, usage("", "GITHUB_STEP_SUMMARY: %v", err)
	}
	return o, nil
}

// free makes sure that a file can be written, and that no other format is.
func (o *outputs) free(name string) error {
	for format, other := range o.files {
		if other != "-" && filepath.Clean(other) == filepath.Clean(name) {
			return fmt.Errorf("%s is the file of --%s: give each format its own", name, format)
		}
	}
	return writable(name)
}

// writable makes sure that a file can be written before anything is asked of anybody. It makes none: who is told of a mistake
// is not left an empty report.
func writable(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err = os.Stat(filepath.Dir(name)); err != nil {
		return fmt.Errorf("there is no directory %s: make it first", filepath.Dir(name))
	}
	return nil
}

// open returns the file of that name, emptied, or standard output.
func (o *outputs) open(name string) (io.WriteCloser, error) {
	if name == "-" {
		return unclosed{o.stdout}, nil
	}
	return os.Create(name)
}

// An unclosed writer stays open.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

// tell returns the audience that writes a line for each phase of a run; nil where nobody follows.
func (o *outputs) tell(target, run string) audience {
	if o == nil || o.live == nil {
		return nil
	}
	last := step{}
	return func(s step) {
		if s.detail = ""; s == last {
			return
		}
		last = s
		o.live.write(reports.Progress{Target: target, Run: run, Phase: s.phase, Done: s.done, Of: s.of})
	}
}

// write writes every file, and where GitHub wants a summary, that. One that cannot be written keeps none of the others.
func (o *outputs) write(rs []*reports.Report, kept *reports.Document) error {
	if len(o.files) == 0 && o.summary == "" {
		return nil
	}
	ds := documents(rs, kept)
	err := o.all(ds)
	if o.summary == "" {
		return err
	}
	f, open := os.OpenFile(o.summary, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o666)
	if open == nil {
		open = errors.Join(reports.Markdown(f, ds), f.Close())
	}
	if open != nil {
		return unwritten(err, "GITHUB_STEP_SUMMARY: %v", open)
	}
	return err
}

// all writes every file.
func (o *outputs) all(ds []*reports.Document) error {
	var wrong error
	for _, f := range reports.Formats {
		name := o.files[f.Name]
		if name == "" {
			continue
		}
		if err := o.format(f, name, ds); err != nil {
			wrong = unwritten(wrong, "--%s: %v", f.Name, err)
		}
	}
	return wrong
}

// unwritten adds to what could not be written. That is a matter of the user's disk.
func unwritten(before error, format string, a ...any) error {
	err := usage("", format, a...)
	if before != nil {
		err = usage("", "%v\n%v", before, err)
	}
	return err
}

// unkept says whose evidence could not be kept.
func unkept(lost []error) (wrong error) {
	for _, err := range lost {
		if err != nil {
			wrong = unwritten(wrong, "-o: %v", err)
		}
	}
	return wrong
}

// format writes one file; that of the lines may be open already.
func (o *outputs) format(f reports.Format, name string, ds []*reports.Document) error {
	open := func() (io.WriteCloser, error) { return o.open(name) }
	if f.Name == "ndjson" && o.live != nil {
		open = o.live.file
	}
	w, err := open()
	if err != nil {
		return err
	}
	return errors.Join(f.Write(w, ds), w.Close())
}

// A onceWriter leaves out what it was told before: what holds for all targets is said once.
type onceWriter struct {
	to   io.Writer
	said map[string]bool
	mu   sync.Mutex
}

func (o *onceWriter) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.said[string(b)] {
		return len(b), nil
	}
	o.said[string(b)] = true
	return o.to.Write(b)
}

// A lines is a file to which runs that go on at the same time write lines.
type lines struct {
	open  func() (io.WriteCloser, error)
	w     io.WriteCloser // nil until there is something to write
	began time.Time
	mu    sync.Mutex
	err   error // the first one; nothing is written behind it
}

// file returns the file, opened once.
func (l *lines) file() (io.WriteCloser, error) {
	if l.w == nil && l.err == nil {
		l.w, l.err = l.open()
	}
	return l.w, l.err
}

func (l *lines) write(p reports.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w, err := l.file()
	if err != nil {
		return
	}
	p.AtMS = float64(time.Since(l.began).Milliseconds())
	var b []byte
	if b, l.err = p.Line(); l.err == nil {
		_, l.err = w.Write(b)
	}
}

// writeFile writes to a file, or to standard output where it is named "-".
func writeFile(name string, stdout io.Writer, write func(io.Writer) error) error {
	if name == "-" {
		return write(stdout)
	}
	f, err := os.Create(name)
	if err != nil {
		return usage("", "%v", err)
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
