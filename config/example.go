package config

import _ "embed" // for the example

// Example is a configuration to begin with: what ssespec init writes.
//
//go:embed example.yml
var Example string
