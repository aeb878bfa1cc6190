package config

import (
	"fmt"
	"time"
)

// A Position is a place in a file; columns count characters, and both counts begin with 1.
type Position struct {
	File         string
	Line, Column int
}

// String returns the place as editors and compilers write it: ssespec.yml:12:5.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Value is a scalar and the place where it is written.
type Value[T any] struct {
	V       T
	Written string   // as the file has it, before the environment is put in
	At      Position // zero where nothing is written
}

// IsSet reports whether the value is written in the file.
func (v Value[T]) IsSet() bool { return v.At.Line > 0 }

// The values that the file has.
type (
	// Text is any text.
	Text = Value[string]
	// Number is a whole number.
	Number = Value[int]
	// Switch is true or false.
	Switch = Value[bool]
	// Span is a duration with its unit.
	Span = Value[time.Duration]
)

// A Pair is an entry of a mapping whose keys are the user's own.
type Pair struct {
	Name, Value Text
}

// Pairs are the entries of a mapping whose keys are the user's own, in the order of the file.
type Pairs []Pair
