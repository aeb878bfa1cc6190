// Package headers holds the checks on the response's fields.
//
// It imports checks and wire.
package headers

import "github.com/ssespec/ssespec/checks"

// Suite lists the family in reading order.
var Suite = checks.Suite{
	contentTypePresent,
	contentTypeEssence,
}
