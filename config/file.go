package config

// A File is ssespec.yml: what a gate asks of which targets.
type File struct {
	// The version of the form of this file.
	Version Number `yaml:"version" form:"version"`
	// Failures at or above this level make the gate fail.
	FailOn Text `yaml:"fail-on" form:"fail-on" flag:"fail-on"`
	// Rules that have to be judged: where one is inconclusive, the gate exits with 4.
	Require []Text `yaml:"require" form:"rule-pattern" flag:"require"`
	// How many timing groups run at the same time.
	Parallel Number `yaml:"parallel" min:"1"`
	// Which rules are judged, and how severe they are.
	Rules Rules `yaml:"rules"`
	// How fast things have to be.
	Thresholds Thresholds `yaml:"thresholds"`
	// The file with the failures that are expected, written by ssespec baseline write.
	Baseline Text `yaml:"baseline" path:"yes"`
	// The failures that are waived for a time: a list, or the file that has it.
	Waivers Waivers `yaml:"waivers" or:"file"`
	// Rules that are run and shown, and never decide.
	KnownFlaky []*Flaky `yaml:"known-flaky"`
	// The endpoints.
	Targets []*Target `yaml:"targets" required:"yes" least:"one" env:"braces"`

	// Name is the name of the file as it was given.
	Name string `yaml:"-"`
	// Expected is what the baseline file has; Load reads it.
	Expected []*Expectation `yaml:"-"`
	// Secrets are the values that came from the environment, to be masked wherever something is shown.
	Secrets []string `yaml:"-"`
}

// Rules say which rules are judged, and how severe they are.
type Rules struct {
	// Judge only rules that match one of these patterns.
	Only []Text `yaml:"only" form:"rule-pattern" flag:"only"`
	// Leave out rules that match one of these patterns.
	Skip []Text `yaml:"skip" form:"rule-pattern" flag:"skip"`
	// The level of rules, in place of their own, by pattern; the last that matches decides.
	Level Pairs `yaml:"level" keys:"rule-pattern" form:"level"`
}

// Thresholds say how fast things have to be.
type Thresholds struct {
	// The first event comes at most so long after the request.
	FirstEvent Span `yaml:"first-event" form:"duration" flag:"first-event"`
	// 99 of 100 gaps between events are at most so long.
	GapP99 Span `yaml:"gap-p99" form:"duration" flag:"gap-p99"`
	// An interrupted stream goes on at most so long after it was cut.
	Recovery Span `yaml:"recovery" form:"duration" flag:"recovery"`
}

// A Flaky is a rule that is run and shown, and never decides.
type Flaky struct {
	// The rules, by pattern.
	Rule Text `yaml:"rule" form:"rule-pattern" required:"yes"`
	// The targets, by pattern; without it, all.
	Target Text `yaml:"target" form:"target-pattern"`
	// Why it is so.
	Reason Text `yaml:"reason"`

	// At is where the entry begins.
	At Position `yaml:"-"`
}

// Read reads a configuration alone, without the files that it names; where it is wrong, what could be
// read comes with the error.
func Read(name string, forms Forms) (*File, error) {
	r := newReader(name, forms)
	r.absent = "write one with ssespec init, or name another with -c"
	f := &File{Name: name}
	r.load(f)
	f.Secrets = r.secrets
	return f, r.err()
}

// Load reads a configuration and the baseline and waivers files that it names.
func Load(name string, forms Forms) (*File, error) {
	f, err := Read(name, forms)
	err = f.loadBeside(err, forms)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// loadBeside reads the files beside the configuration; it returns what was wrong before and what is wrong in them.
func (f *File) loadBeside(found error, forms Forms) error {
	var err error
	if f.Baseline.IsSet() {
		f.Expected, err = LoadBaseline(f.Baseline.V, forms)
		found = faults(found, err)
	}
	if f.Waivers.File.IsSet() {
		f.Waivers.List, err = LoadWaivers(f.Waivers.File.V, forms)
		found = faults(found, err)
	}
	return found
}

// Flags returns what the file says for all targets as flags of the command line; those of a target come behind them.
func (f *File) Flags() []Flag { return flagsOf(f) }

// check looks at the names of the targets.
func (f *File) check(r *reader, _ keys) {
	lines := map[string]int{}
	for _, t := range f.Targets {
		before, twice := lines[t.Name.V]
		switch {
		case !t.Name.IsSet():
		case twice:
			r.wrong(t.Name.At, "the target in line %d is called %s too: give each its own name", before, quote(t.Name.V))
		default:
			lines[t.Name.V] = t.Name.At.Line
		}
	}
}
