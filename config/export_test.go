package config

// The tests of the schema share these with those of the reader; they stand outside of the package, which the schema imports.
const SoundTarget = target

var (
	TestForms = forms
	Parse     = parse
	In        = in
	Mistakes  = mistakes
)
