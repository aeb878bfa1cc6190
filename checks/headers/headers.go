// Package headers holds the checks on the response's fields.
//
// It imports checks, browser, stream and wire.
package headers

import "github.com/ssespec/ssespec/checks"

// Suite lists the family in reading order.
var Suite = checks.Suite{
	contentTypePresent,
	contentTypeEssence,
	contentTypeParams,
	charset,
	contentTypeSingle,
	contentTypeCase,
	errorContentType,
	cacheControl,
	cacheControlConflict,
	pragmaOnly,
	age,
	ageFresh,
	noTransform,
	contentEncodingTruthful,
	identityHonoured,
	varyAccept,
	contentLength,
	validators,
	acceptRanges,
	connectionH1,
	xAccelBuffering,
	retryAfter,
	wwwAuthenticate,
	date,
	setCookie,
	lineFolding,
	fieldBytes,
	duplicateSingletons,
	lastEventIDResponse,
}
