// Package suite lists every family in reading order: the table of contents of the judgments.
//
// It imports the families.
package suite

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/framing"
	"github.com/ssespec/ssespec/checks/headers"
	"github.com/ssespec/ssespec/checks/http"
	"github.com/ssespec/ssespec/checks/liveness"
)

// All returns every check of every family.
func All() checks.Suite {
	return slices.Concat(headers.Suite, http.Suite, framing.Suite, liveness.Suite)
}
