// Package http holds the checks on what HTTP itself says of a stream: where a request leads and how it
// is answered, which methods and fields are understood, what caches do, and how messages are framed.
//
// It imports checks, stream and wire.
package http

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
)

// Suite lists the family in reading order.
var Suite = slices.Concat(semantics, messageChecks)

// semantics are the checks on what requests and answers mean, whatever carries them. What explains a
// failure stands before what it explains.
var semantics = checks.Suite{
	redirectPost,
	redirectUsable,
	redirectToPage,
	redirectResumeHeader,
	acceptSpecific,
	status200,
	statusOther2xx,
	status203,
	status206,
	status304,
	stop204,
	noContent204,
	noContent205,
	capacity503,
	rateLimit429,
	allow405,
	head,
	headPrompt,
	browserRequest,
	optionsPlain,
	acceptStar,
	acceptMismatch,
	noServerError,
	rangeIgnored,
	conditionalStream,
	versionParity,
	cacheReplay,
	authorizedSharedCache,
	cacheReuse,
}
