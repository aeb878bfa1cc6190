package suite

// bufferingRows are the rows of the group on what is held back on its way.
var bufferingRows = []Requirement{
	{ID: "buffering-headers-early", Rule: "buffering/headers-early"},
	{ID: "buffering-first-event", Rule: "liveness/dead-open"},
	{ID: "buffering-whole-response", Rule: "buffering/whole-response"},
	{ID: "buffering-coalescing", Rule: "buffering/coalescing"},
	{ID: "buffering-fixed-interval", Rule: "buffering/fixed-interval"},
	{ID: "buffering-one-event-late", Rule: "buffering/one-event-late"},
	{ID: "buffering-compressed-parity", Rule: "buffering/compressed-parity"},
	{ID: "buffering-edge-vs-origin", Rule: "edge/added-delay"},
	{ID: "buffering-payload-timestamp", Rule: "buffering/payload-timestamp"},
	{ID: "buffering-heartbeats-through", Rule: "buffering/heartbeats-through"},
	{ID: "buffering-small-events", Rule: "buffering/small-events"},
	{ID: "buffering-large-event", Rule: "edge/large-event"},
	{ID: "buffering-version-parity", Rule: "buffering/version-parity"},
	{ID: "buffering-method-parity", Reason: "a stream is opened with one method: what another one opens is another resource"},
	{ID: "buffering-useragent-parity", Rule: "buffering/useragent-parity"},
	{ID: "buffering-slow-reader", Rule: "edge/back-pressure"},
	{ID: "buffering-request-body", Rule: "edge/upload"},
}
