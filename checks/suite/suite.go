// Package suite lists every family in reading order: the table of contents of the judgments.
//
// It imports the families.
package suite

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/buffering"
	"github.com/ssespec/ssespec/checks/cors"
	"github.com/ssespec/ssespec/checks/edge"
	"github.com/ssespec/ssespec/checks/framing"
	"github.com/ssespec/ssespec/checks/headers"
	"github.com/ssespec/ssespec/checks/http"
	"github.com/ssespec/ssespec/checks/liveness"
	"github.com/ssespec/ssespec/checks/reconnect"
	"github.com/ssespec/ssespec/checks/resume"
	"github.com/ssespec/ssespec/checks/security"
	"github.com/ssespec/ssespec/checks/threshold"
)

// All returns every check of every family.
func All() checks.Suite { return slices.Concat(Undisturbed(), Disturbed(), Between()) }

// Undisturbed returns the checks that look at an endpoint left alone.
func Undisturbed() checks.Suite {
	return slices.Concat(headers.Suite, http.Suite, framing.Suite, liveness.Suite, reconnect.Suite, cors.Suite, security.Suite,
		buffering.Suite, threshold.Undisturbed)
}

// Between returns the checks that look at what stands between an origin and its reader.
func Between() checks.Suite { return slices.Clone(edge.Suite) }

// Disturbed returns the checks that look at interrupted answers.
func Disturbed() checks.Suite { return slices.Concat(resume.Suite, threshold.Disturbed) }
