package suite

// livenessRows are the rows of the group on time, silence and parallel streams.
var livenessRows = []Requirement{
	{ID: "liveness-keepalive", Rule: "liveness/keepalive"},
	{ID: "liveness-heartbeat-form", Rule: "liveness/heartbeat-form"},
	{ID: "liveness-heartbeat-visible", Rule: "liveness/heartbeat-visible"},
	{ID: "liveness-idle-cut", Rule: "liveness/idle-cut"},
	{ID: "liveness-max-duration", Rule: "liveness/max-duration"},
	{ID: "liveness-half-open", Rule: "liveness/half-open"},
	{ID: "liveness-release", Rule: "liveness/release"},
	{ID: "liveness-disconnect-noticed", Reason: "whether the server stops its work after a disconnect is seen only at the origin"},
	{ID: "liveness-error-in-band", Reason: "it takes a request that is known to fail midway, which an outside observer cannot make up"},
	{ID: "liveness-terminal-marker", Rule: "liveness/terminal-marker"},
	{ID: "liveness-truncation-visible", Reason: "the origin would have to die midway while the edge is watched"},
	{ID: "liveness-connection-budget", Rule: "liveness/connection-budget"},
	{ID: "liveness-parallel-independence", Rule: "liveness/parallel-independence"},
	{ID: "liveness-connect-latency", Rule: "liveness/connect-latency"},
	{ID: "liveness-dead-open", Rule: "liveness/dead-open"},
	{ID: "liveness-date-progress", Rule: "liveness/date-progress"},
	{ID: "liveness-address-parity", Rule: "liveness/address-parity"},
	{ID: "liveness-graceful-restart", Reason: "nobody restarts the server while it is watched; http/h2-goaway judges one that is seen by chance"},
}
