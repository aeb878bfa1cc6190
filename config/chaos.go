package config

// A Chaos says how answers are interrupted.
type Chaos struct {
	// Where to cut: sweep, random, or places such as event:5/rst.
	Cuts []Text `yaml:"cuts" form:"schedule" flag:"cuts"`
	// Only these kinds of faults.
	Faults []Text `yaml:"faults" form:"fault" flag:"faults"`
	// Make each trial so many times; of random cuts, draw so many schedules.
	Runs Number `yaml:"runs" flag:"runs" min:"1"`
	// Draw by lot from this number.
	Seed Value[int64] `yaml:"seed" flag:"seed"`
	// Do what this printed schedule says, and nothing else.
	Replay Text `yaml:"replay" flag:"replay"`
	// The host of the target, which is not loopback, may be disturbed.
	MayBreak Switch `yaml:"i-may-break"`
	// Make so many trials at the same time.
	Parallel Number `yaml:"parallel" flag:"parallel" min:"1"`
	// Send at most so many requests a second; 0 is no limit.
	Rate Value[float64] `yaml:"rate" flag:"rate" min:"0"`
	// How long a stream that was taken up may bring nothing new before it counts as hung.
	Patience Span `yaml:"patience" form:"duration" flag:"patience"`
	// Also come back only after these durations.
	StayAway []Span `yaml:"stay-away" form:"duration" flag:"stay-away"`

	// At is where the plan is written.
	At Position `yaml:"-"`
}

// Flags returns what is written as flags of the command line.
func (c *Chaos) Flags() []Flag { return flagsOf(c) }
