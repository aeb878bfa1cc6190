package config

import "embed"

// Declarations are the files whose comments describe the keys; package schema reads them.
//
//go:embed file.go target.go chaos.go edge.go waiver.go
var Declarations embed.FS
