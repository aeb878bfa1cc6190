package suite

// headersRows are the rows on the response's fields.
var headersRows = []Requirement{
	{ID: "headers-content-type-present", Rule: "headers/content-type-present"},
	{ID: "headers-content-type-essence", Rule: "headers/content-type-essence"},
	{ID: "headers-content-type-params", Rule: "headers/content-type-params"},
	{ID: "headers-charset", Rule: "headers/charset"},
	{ID: "headers-content-type-single", Rule: "headers/content-type-single"},
	{ID: "headers-content-type-case", Rule: "headers/content-type-case"},
	{ID: "headers-error-content-type", Rule: "headers/error-content-type"},
	{ID: "headers-cache-control", Rule: "headers/cache-control"},
	{ID: "headers-cache-control-conflict", Rule: "headers/cache-control-conflict"},
	{ID: "headers-pragma-only", Rule: "headers/pragma-only"},
	{ID: "headers-age", Rule: "headers/age"}, // and headers/age-fresh, where the answer did not forbid its reuse
	{ID: "headers-no-transform", Rule: "headers/no-transform"},
	{ID: "headers-content-encoding-truthful", Rule: "headers/content-encoding-truthful"},
	{ID: "headers-identity-honoured", Rule: "headers/identity-honoured"},
	{ID: "headers-vary-accept", Rule: "headers/vary-accept"},
	{ID: "headers-content-length", Rule: "headers/content-length"},
	{ID: "headers-validators", Rule: "headers/validators"},
	{ID: "headers-accept-ranges", Rule: "headers/accept-ranges"},
	{ID: "headers-connection-h1", Rule: "headers/connection-h1"},
	{ID: "headers-x-accel-buffering", Rule: "headers/x-accel-buffering"},
	{ID: "headers-retry-after", Rule: "headers/retry-after"},
	{ID: "headers-www-authenticate", Rule: "headers/www-authenticate"},
	{ID: "headers-date", Rule: "headers/date"},
	{ID: "headers-set-cookie", Rule: "headers/set-cookie"},
	{ID: "headers-line-folding", Rule: "headers/line-folding"},
	{ID: "headers-field-bytes", Rule: "headers/field-bytes"},
	{ID: "headers-duplicate-singletons", Rule: "headers/duplicate-singletons"},
	{ID: "headers-last-event-id-response", Rule: "headers/last-event-id-response"},
}
