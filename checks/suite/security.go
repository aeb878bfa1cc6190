package suite

// securityRows are the rows of the group on security.
var securityRows = []Requirement{
	{ID: "security-tls", Rule: "security/tls"},
	{ID: "security-redirect-downgrade", Rule: "security/redirect-downgrade"},
	{ID: "security-cors-reflection", Rule: "security/cors-reflection"},
	{ID: "security-cors-null", Rule: "security/cors-null"},
	{ID: "security-cors-matching", Rule: "security/cors-matching"},
	{ID: "security-star-behind-firewall", Rule: "security/star-behind-firewall"},
	{ID: "security-inject-lf", Rule: "security/inject-lf"},
	{ID: "security-inject-cr", Rule: "security/inject-cr"},
	{ID: "security-inject-id-event", Rule: "security/inject-id-event"},
	{ID: "security-resume-authorization", Rule: "security/resume-authorization"},
	{ID: "security-id-guessable", Rule: "security/id-guessable"},
	{ID: "security-token-in-url", Rule: "security/token-in-url"},
	{ID: "security-private-cache", Rule: "security/private-cache"},
	{ID: "security-nosniff", Rule: "security/nosniff"},
	{ID: "security-origin-check-local", Rule: "security/origin-check-local"},
	{ID: "security-error-leak", Rule: "security/error-leak"},
	{ID: "security-connection-limits", Rule: "http/503-capacity"},
	{ID: "security-client-exhaustion", Reason: "it is a law of the tool: cmd/ssespec/hostile_test.go holds it to its own limits on bytes, lines and time"},
	{ID: "security-mixed-secret-compression", Rule: "security/mixed-secret-compression"},
}
