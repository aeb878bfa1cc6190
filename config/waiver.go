package config

import (
	"reflect"
	"time"
)

// A Waiver excuses failures for a time.
type Waiver struct {
	// The rules, by pattern.
	Rule Text `yaml:"rule" form:"rule-pattern" required:"yes"`
	// The targets, by pattern; without it, all.
	Target Text `yaml:"target" form:"target-pattern"`
	// Why the failure is excused.
	Reason Text `yaml:"reason" required:"yes"`
	// Who answers for it.
	Owner Text `yaml:"owner" required:"yes"`
	// The last day on which it counts.
	Until Value[time.Time] `yaml:"until" form:"date" required:"yes"`

	// At is where the entry begins.
	At Position `yaml:"-"`
}

// Waivers are the waivers of a configuration, or the file that has them.
type Waivers struct {
	File Text
	List []*Waiver
}

// A waiverFile is the file that has nothing but waivers.
type waiverFile struct {
	// The failures that are waived for a time.
	Waivers []*Waiver `yaml:"waivers" required:"yes"`
}

// LoadWaivers reads a waivers file.
func LoadWaivers(name string, forms Forms) ([]*Waiver, error) {
	var f waiverFile
	r := newReader(name, forms)
	r.absent = "write one (waivers: a list with rule, reason, owner and until), or take waivers out"
	r.load(&f)
	if err := r.err(); err != nil {
		return nil, err
	}
	return f.Waivers, nil
}

// read takes a list, or the name of a file.
func (w *Waivers) read(r *reader, n node, f Field) {
	if n.kind() == isText {
		f.Tag = `path:"yes"`
		w.File.read(r, n, f)
		return
	}
	f.Type = reflect.TypeOf(w.List)
	r.list(n, valueOf(&w.List), f)
}
