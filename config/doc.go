// Package config reads ssespec.yml, the file in which a gate is written down, and the two files beside it: the baseline and
// the waivers.
//
// It knows the keys and where each value is written, to the column; what a value may be is told to it by its caller, as
// [Forms]. All mistakes of a file are found at once, and each says what to write instead ([Error]).
//
// # What is read
//
// YAML of one document, up to 1 MiB, with anchors, aliases and merge keys, without tags. Keys of the file that begin with x-
// are the user's own, to hold what several targets share by an anchor.
//
// ${NAME} in a text under targets is taken from the environment, and $${ is ${ itself; header fields may have $NAME too, as
// on the command line. Names, groups, rules and thresholds stand for themselves. What came from the environment is never read as YAML, is
// in no message, and is listed in [File.Secrets].
//
// Paths are relative to the file in which they are written.
//
// The package imports nothing of this module.
package config
