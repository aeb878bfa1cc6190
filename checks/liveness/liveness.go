// Package liveness holds the checks on whether a stream stays alive and can be seen to.
//
// It imports checks, stream and wire.
package liveness

import "github.com/ssespec/ssespec/checks"

// Suite lists the family in reading order.
var Suite = checks.Suite{
	deadOpen,
}
